-- Schema wiresift: everything the daemon knows. Only the daemon reads and writes it; other programs
-- use schema news (0002_contract.sql).
--
-- A crash at any instant must need no repair. So every fact that a restart needs is a row. A lease
-- is a token with an expiry beside the row's state, and never a state of its own: while it runs,
-- the row's next due time is the lease's expiry, and a row whose worker died becomes due by itself.
--
-- Every transaction takes its locks in this order:
--   1. the filing lock, the story lock or the feed list's lock (rows of the table locks)
--   2. entries by id
--   3. articles and their keys
--   4. sites by host
--   5. change_head
-- Only the statements that take leases go the other way, sites first. They skip rows that are
-- locked, so they never wait for a feed or an entry.
--
-- Large tables are vacuumed when a twentieth of their rows is dead. Usually it is a fifth, and so much
-- room would lie idle where old articles are deleted.
--
-- In tables with a row for each article, columns of a fixed size come first. Between texts most of
-- them would leave bytes unused, for their alignment.
--
-- Tables whose rows are updated often have a fillfactor below 100. The free space lets an update
-- stay on the page of its row and leave the indexes alone, as long as no indexed column changes. All
-- updates of entries change one, so these have little free space.

CREATE TYPE feed_state AS ENUM ('active', 'failing', 'silent', 'blocked', 'gone', 'paused');
CREATE TYPE entry_state AS ENUM ('pending', 'filed', 'copy', 'revision', 'skipped', 'abandoned', 'expired');
CREATE TYPE revision_kind AS ENUM ('first', 'cosmetic', 'correction', 'growth', 'retraction');
CREATE TYPE revision_reason AS ENUM ('page', 'feed', 'rules', 'memory');
CREATE TYPE change_kind AS ENUM ('new', 'revised', 'copy', 'merged', 'deleted', 'story', 'linked', 'unlinked');


-- Locks ------------------------------------------------------------------------------------------

-- A lock is a row that a transaction locks FOR UPDATE. Not an advisory lock: any role that connects
-- to the database may take any advisory lock, and hold it for as long as it likes. These rows are
-- out of reach of other roles.
CREATE TABLE locks (
    name text PRIMARY KEY
);
INSERT INTO locks VALUES ('filing'), ('stories'), ('feed-list');


-- Sites ------------------------------------------------------------------------------------------

-- A site is a host. Its row limits the requests of all instances together: a request holds a slot
-- until its lease ends, and the next request may start at next_request_at.
CREATE TABLE sites (
    host              text PRIMARY KEY,
    -- Registrable domain, by the public suffix list.
    domain            text,
    first_seen_at     timestamptz NOT NULL,

    -- Expiry of each request under way. Slots in the past belong to dead workers and count as free.
    slots             timestamptz[] NOT NULL DEFAULT '{}',
    -- When the last byte of the last answer arrived. NULL: never asked.
    asked_at          timestamptz,
    -- The later of our spacing and the site's Retry-After. NULL: at once.
    next_request_at   timestamptz,
    -- Why next_request_at is later than the spacing requires, such as "429, Retry-After".
    hold_reason       text,
    -- Pause between requests that the site asks for (Crawl-delay).
    crawl_delay_ms    integer,
    -- Lower bounds: no feed of this site is due before poll_at and no entry before read_at.
    -- NULL: nothing waits.
    poll_at           timestamptz,
    read_at           timestamptz,

    -- What a rate limit of this site applies to (an address, the host or the domain), and the
    -- evidence for that: the last feed that got a good answer, and the last that was throttled.
    limits            jsonb,
    ok_at             timestamptz,
    ok_feed           bigint,
    throttled_at      timestamptz,
    throttled_feed    bigint,

    -- robots.txt as fetched. The verdict is 'rules', 'allow-all' or 'disallow-all' (RFC 9309,
    -- 2.3.1).
    robots            text,
    robots_verdict    text,
    robots_fetched_at timestamptz,
    -- Where robots.txt has moved to while its redirects are followed, and how many there were.
    robots_moved_to   text,
    robots_hops       integer NOT NULL DEFAULT 0,
    -- Set when robots.txt could not be fetched: the last known rules hold until then.
    robots_retry_at   timestamptz
) WITH (fillfactor = 70);
CREATE INDEX sites_to_poll ON sites (poll_at) WHERE poll_at IS NOT NULL;
CREATE INDEX sites_to_read ON sites (read_at) WHERE read_at IS NOT NULL;
CREATE INDEX sites_by_domain ON sites (domain) WHERE domain IS NOT NULL;


-- Feeds ------------------------------------------------------------------------------------------

CREATE TABLE feeds (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    url              text NOT NULL UNIQUE,
    -- The sitemap index that lists this sitemap. A sitemap index is a feed too; it adds its
    -- sitemaps as feeds of their own and pauses those that it no longer lists.
    parent_id        bigint REFERENCES feeds,
    state            feed_state NOT NULL DEFAULT 'active',
    first_seen_at    timestamptz NOT NULL,

    -- From the feed list: a name, tags, a fixed poll interval, and bounds of an interval that
    -- adapts.
    name             text,
    tags             text[] NOT NULL DEFAULT '{}',
    every_s          integer,
    min_every_s      integer,
    max_every_s      integer,

    -- From the feed itself.
    title            text,
    home_url         text,
    language         text,

    -- Where the next request goes: url, moved_to, the target of a redirect, or a page of a
    -- backfill.
    fetch_url        text NOT NULL,
    host             text NOT NULL,
    -- The redirects that led there, and the cookies that they have set.
    hops             integer NOT NULL DEFAULT 0,
    hop_cookies      text,
    -- What was repaired in the last document: names of wiresift_feed::Defect.
    defects          text[] NOT NULL DEFAULT '{}',
    -- The address that is polled in place of url, after permanent redirects have led there for
    -- days.
    moved_to         text,
    -- Progress through the feed's older pages, which are read when entries may have been missed.
    backfill         jsonb,
    next_poll_at     timestamptz NOT NULL,

    -- Opaque validators (RFC 9110, 8.8). They are stored together with the entries that came with
    -- them: alone they would turn those entries into "not modified" for ever.
    etag             text,
    last_modified    text,
    -- SHA-256 of the entries of the last document.
    entries_digest   bytea,
    -- Hashed keys of the entries that the feed last showed. If the next document shows none of
    -- them, entries may have come and gone unseen.
    window_keys      bigint[] NOT NULL DEFAULT '{}',
    -- When the feed's entries were last compared with ours. An entry is still in the feed if it was
    -- seen since then, to the hour. Such an entry must be kept, however old it is: if it were
    -- deleted, the next poll would find it new.
    last_sighting_at timestamptz,
    -- How entries are recognised. Goes from 'id' towards 'title' when ids turn out to be
    -- unreliable, and never back.
    key_policy       text NOT NULL DEFAULT 'id'
                     CHECK (key_policy IN ('id', 'link', 'link-date', 'title')),

    -- What polls have taught about this feed. One document, because only the scheduler reads it and
    -- it changes shape without a migration. news.feeds shows the parts that matter to operators.
    habits           jsonb NOT NULL DEFAULT '{}',
    last_poll_at     timestamptz,
    last_success_at  timestamptz,
    last_status      integer,
    last_error       text,
    failures         integer NOT NULL DEFAULT 0,
    entries_seen     bigint NOT NULL DEFAULT 0,

    lease_token      uuid,
    lease_expires_at timestamptz,
    -- Leases since the last recorded outcome. More than one means that a worker died on this feed.
    lease_attempts   integer NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
-- Without next_poll_at, which each lease and each poll changes: Postgres then writes such a change
-- into the row's own page and into no index.
CREATE INDEX feeds_by_host ON feeds (host) WHERE state <> 'paused';
CREATE INDEX feeds_by_parent ON feeds (parent_id) WHERE parent_id IS NOT NULL;


-- Entries ----------------------------------------------------------------------------------------

-- One item of one feed, and the queue of pages to read.
CREATE TABLE entries (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed_id            bigint NOT NULL REFERENCES feeds,
    first_seen_at      timestamptz NOT NULL,
    -- To the hour.
    last_seen_at       timestamptz NOT NULL,
    -- When the feed no longer showed it, although it showed older entries. NULL: it is shown, or its
    -- time was over.
    left_at            timestamptz,

    -- Its foreign key is added below, after articles.
    article_id         bigint,
    ended_at           timestamptz,
    -- An entry that has ended may be due as well: its page is then read again for changes, and the
    -- entry keeps its state meanwhile.
    next_try_at        timestamptz,
    state              entry_state NOT NULL DEFAULT 'pending',
    failures           integer NOT NULL DEFAULT 0,
    -- How many times in a row the page was missing since the article was read.
    missing            integer NOT NULL DEFAULT 0,
    hops               integer NOT NULL DEFAULT 0,
    lease_attempts     integer NOT NULL DEFAULT 0,
    cause              text NOT NULL,

    -- What the feed's key_policy recognises it by.
    key                text NOT NULL,
    guid               text,
    url                text,
    -- url in identity form: see article_keys.
    identity           text,

    -- What the feed says of the article.
    title              text,
    summary            text,
    -- Full text from the feed. Kept only while the entry waits to be read.
    content            text,
    -- NULL: none. An empty array would take 13 bytes.
    authors            text[],
    tags               text[],
    language           text,
    published_at       timestamptz,
    updated_at         timestamptz,
    -- Digest of title, summary and content as last seen, 16 bytes. NULL: unknown.
    fields_digest      bytea,

    -- Where the next request goes.
    fetch_url          text,
    host               text NOT NULL,
    hop_cookies        text,
    -- Validators of the page as last read (RFC 9110, 8.8), opaque.
    page_etag          text,
    page_last_modified text,

    lease_token        uuid,
    lease_expires_at   timestamptz,

    UNIQUE (feed_id, key),
    CONSTRAINT entries_pending_is_scheduled CHECK (state <> 'pending' OR next_try_at IS NOT NULL),
    CONSTRAINT entries_filed_has_article
        CHECK (state NOT IN ('filed', 'copy', 'revision') OR article_id IS NOT NULL)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);
-- With the id, because all new entries of a document are due at one moment.
CREATE INDEX entries_due ON entries (host, next_try_at, id) WHERE state = 'pending';
-- An index of its own, because entries that were never read go before those that are read again.
CREATE INDEX entries_to_revisit ON entries (host, next_try_at)
    WHERE state <> 'pending' AND next_try_at IS NOT NULL;
-- Entries that were deleted for their age.
CREATE TABLE forgotten (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    entries  bigint NOT NULL DEFAULT 0
);
INSERT INTO forgotten DEFAULT VALUES;

-- Addresses are long, and are only compared for equality. A hash index holds four bytes of each.
CREATE INDEX entries_by_identity ON entries USING hash (identity) WHERE identity IS NOT NULL;
-- Thousands of entries may have one address, and few of them are pending, or tombstones.
CREATE INDEX entries_pending_at ON entries (identity) WHERE state = 'pending';
CREATE INDEX entries_expired ON entries (identity) WHERE state = 'expired';
CREATE INDEX entries_by_article ON entries (article_id) WHERE article_id IS NOT NULL;
CREATE INDEX entries_by_feed ON entries (feed_id, first_seen_at);
-- Entries that may be forgotten.
CREATE INDEX entries_without_article ON entries (last_seen_at)
    WHERE article_id IS NULL AND state <> 'pending';


-- Articles ---------------------------------------------------------------------------------------

-- What changes after filing is in other tables, or in columns without an index: a new version of a row
-- needs new entries in all indexes if one indexed column has changed, and the index of the full text
-- has hundreds of entries for each article.
--
-- 0002_contract.sql adds the indexes of the full text, with the functions that they are computed by.
CREATE TABLE articles (
    -- Drawn from the sequence before the insert, since a batch refers to its own new articles.
    id                bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    published_at      timestamptz,
    modified_at       timestamptz,
    first_seen_at     timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    -- When its page was found to be gone for good. The text stays.
    retracted_at      timestamptz,

    -- A copy has an original, which is never a copy itself. kept is the share of the original that
    -- the copy has; added is the share of the copy that the original does not have.
    copy_of           bigint REFERENCES articles,
    similarity        real,
    kept              real,
    added             real,
    -- How many copies an original has.
    copies            integer NOT NULL DEFAULT 0,

    revision          integer NOT NULL DEFAULT 1,
    word_count        integer NOT NULL,
    quality           real NOT NULL,
    -- Minutes east of UTC on the publisher's clock, where the page states them.
    published_offset  smallint CHECK (published_offset BETWEEN -840 AND 840),
    -- Whether there is a page at url. If not, url is that of the feed, with the entry's id as the
    -- fragment.
    has_page          boolean NOT NULL DEFAULT true,

    url               text NOT NULL,
    host              text NOT NULL,
    -- The page it was read from: article, live-blog, gallery, video or paywall-stub.
    kind              text NOT NULL DEFAULT 'article',
    title             text NOT NULL,
    body              text NOT NULL,
    -- What the function body_html needs besides the body. NULL: the body has only paragraphs.
    markup            text,
    -- Where the body was read: page, json-ld or feed.
    body_source       text NOT NULL,
    -- 16 bytes. Longer ones would be stored apart from the row, since it is above its target.
    digest            bytea NOT NULL,
    -- In which respects the text is so unlike the other articles of its site that it may be something
    -- else, in words. NULL: none.
    doubt             text,

    summary           text,
    -- The people and the organisations that are named as authors. Few articles name an
    -- organisation: NULL stands for none, since an empty array would take 13 bytes.
    byline            text[] NOT NULL DEFAULT '{}',
    agency            text[],
    -- What the text is written in, and what the page declares (BCP 47).
    language          text,
    declared_language text,
    published_source  text NOT NULL DEFAULT 'none',
    image_url         text,
    tags              text[] NOT NULL DEFAULT '{}',
    site_name         text,
    section           text,
    -- Source and confidence of each value: {"title": {"source": "heading", "confidence": 0.95},
    -- ...}
    provenance        jsonb NOT NULL DEFAULT '{}',
    -- Without no_index, no_archive, no_ai and paywalled where they are false. The views add them.
    rights            jsonb NOT NULL DEFAULT '{}',
    -- Columns that consumers filter by. They are generated, so they cannot disagree with rights.
    is_paywalled      boolean NOT NULL
        GENERATED ALWAYS AS (coalesce((rights ->> 'paywalled')::boolean, false)) STORED,
    no_ai             boolean NOT NULL
        GENERATED ALWAYS AS (coalesce((rights ->> 'no_ai')::boolean, false)) STORED,
    licence           text GENERATED ALWAYS AS (rights ->> 'licence') STORED,

    CONSTRAINT articles_copy_has_similarity CHECK ((copy_of IS NULL) = (similarity IS NULL)),
    CONSTRAINT articles_not_copy_of_itself CHECK (copy_of IS DISTINCT FROM id)
) WITH (fillfactor = 85, toast_tuple_target = 512, autovacuum_vacuum_scale_factor = 0.05);
-- All but the body stays in the row, compressed. Postgres looks at a row only if it has more than
-- 2,032 bytes with its body, and then by default only until it is that short.
ALTER TABLE articles
    ALTER COLUMN url SET STORAGE MAIN, ALTER COLUMN host SET STORAGE MAIN,
    ALTER COLUMN title SET STORAGE MAIN, ALTER COLUMN markup SET STORAGE MAIN,
    ALTER COLUMN summary SET STORAGE MAIN, ALTER COLUMN byline SET STORAGE MAIN,
    ALTER COLUMN agency SET STORAGE MAIN, ALTER COLUMN image_url SET STORAGE MAIN,
    ALTER COLUMN tags SET STORAGE MAIN, ALTER COLUMN provenance SET STORAGE MAIN,
    ALTER COLUMN rights SET STORAGE MAIN, ALTER COLUMN doubt SET STORAGE MAIN,
    ALTER COLUMN site_name SET STORAGE MAIN, ALTER COLUMN section SET STORAGE MAIN,
    ALTER COLUMN licence SET STORAGE MAIN, ALTER COLUMN language SET STORAGE MAIN,
    ALTER COLUMN declared_language SET STORAGE MAIN;
-- Of the articles with the same text only one may be an original, whatever two instances decide at
-- the same moment: the second transaction fails here and is decided again.
CREATE UNIQUE INDEX articles_original_digest ON articles (digest) WHERE copy_of IS NULL;
-- The text of a copy must be found too: the next article with that text is a copy as well.
CREATE INDEX articles_copy_digest ON articles (digest, id) WHERE copy_of IS NOT NULL;
CREATE INDEX articles_copies ON articles (copy_of) WHERE copy_of IS NOT NULL;
-- Without the id: Postgres sorts the few articles of one moment by itself, and a third of the room is
-- saved.
CREATE INDEX articles_by_first_seen ON articles (first_seen_at);
-- Their earlier revisions may be deleted by age.
CREATE INDEX articles_revised ON articles (id) WHERE revision > 1;
-- What consumers ask first.
CREATE INDEX articles_by_published ON articles (published_at DESC NULLS LAST, id DESC)
    WHERE copy_of IS NULL;
CREATE INDEX articles_by_updated ON articles (updated_at);
CREATE INDEX articles_by_host ON articles (host, published_at DESC NULLS LAST, id DESC)
    WHERE copy_of IS NULL;
CREATE INDEX articles_by_language ON articles (language, published_at DESC NULLS LAST, id DESC)
    WHERE copy_of IS NULL;
CREATE INDEX articles_by_tag ON articles USING gin (tags) WHERE copy_of IS NULL;

ALTER TABLE entries ADD FOREIGN KEY (article_id) REFERENCES articles;


-- Article keys -----------------------------------------------------------------------------------

-- Every address of an article in identity form: without scheme, tracking parameters or AMP.
CREATE TABLE article_keys (
    article_id bigint NOT NULL REFERENCES articles,
    -- The article was not read at this address. The page names it as canonical, or the feed moved
    -- the entry there. It leads to the article only if the texts agree: a new entry with this
    -- address is read, and not taken for known.
    claimed    boolean NOT NULL DEFAULT false,
    key        text PRIMARY KEY
);
CREATE INDEX article_keys_by_article ON article_keys (article_id);

-- Which URL parameters of a site have no effect on the article. One article under several values of
-- a parameter is evidence that the parameter can be ignored. Two articles whose addresses differ
-- only in that parameter are evidence against it.
CREATE TABLE parameter_evidence (
    site      text NOT NULL,
    name      text NOT NULL,
    -- Counted once for each address, not once for each value.
    same      bigint NOT NULL DEFAULT 0,
    different bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (site, name)
);
CREATE TABLE parameter_observations (
    -- An address without the parameter, and the article that was read at key, the same address with
    -- the parameter.
    rest       text NOT NULL,
    name       text NOT NULL,
    site       text NOT NULL,
    key        text NOT NULL,
    article_id bigint NOT NULL REFERENCES articles,
    -- The article was also read under another value, and parameter_evidence has counted it.
    varied     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (rest, name)
);
CREATE INDEX parameter_observations_by_article ON parameter_observations (article_id);


-- Pages ------------------------------------------------------------------------------------------

-- Pages that others are compressed with: the pages of a site have most of their markup in common. A
-- row never changes. The one with the highest id is in use for new pages of its source.
CREATE TABLE page_dictionaries (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The host.
    source  text NOT NULL,
    made_at timestamptz NOT NULL,
    -- The beginning of a page, compressed with zstd.
    body    bytea NOT NULL
);
ALTER TABLE page_dictionaries ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX page_dictionaries_by_source ON page_dictionaries (source, id);

-- What an article was read from, so that better rules and a site memory can read it again.
CREATE TABLE pages (
    -- Drawn from the sequence before the insert, like that of an article.
    id            bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    entry_id      bigint NOT NULL REFERENCES entries,
    url           text NOT NULL,
    fetched_at    timestamptz NOT NULL,
    content_type  text,
    -- The bytes of the page. NULL: the text is that of the feed, and context has it.
    body          bytea,
    -- What the body is compressed with. NULL: nothing. No foreign key: a dictionary that is missing
    -- must not keep an article from being filed.
    dictionary_id bigint,
    -- What else decided the result: what the feed said of the entry, and the headers that reserve
    -- rights. JSON.
    context       bytea NOT NULL
);
-- Both are compressed with zstd. EXTERNAL, so that Postgres does not try to compress them again.
ALTER TABLE pages ALTER COLUMN body SET STORAGE EXTERNAL, ALTER COLUMN context SET STORAGE EXTERNAL;
CREATE INDEX pages_by_entry ON pages (entry_id);
CREATE INDEX pages_by_age ON pages (fetched_at);
CREATE INDEX pages_by_dictionary ON pages (dictionary_id) WHERE dictionary_id IS NOT NULL;


-- Revisions --------------------------------------------------------------------------------------

CREATE TABLE revisions (
    article_id bigint NOT NULL REFERENCES articles,
    seen_at    timestamptz NOT NULL,
    revision   integer NOT NULL,
    kind       revision_kind NOT NULL,
    reason     revision_reason NOT NULL,
    -- NULL in the newest revision: the text is that of the article.
    title      text,
    body       text,
    -- Blocks of the page that are not in the body, see removed_blocks in 0002_contract.sql. NULL:
    -- none. These are a sixth of a database. As JSON they would take a quarter more room.
    removed    text,
    -- No foreign key: pages are deleted by age, and site memories too.
    page_id    bigint,
    -- The site memory that the text was extracted with. NULL: none.
    memory_id  bigint,
    PRIMARY KEY (article_id, revision)
) WITH (toast_tuple_target = 128, autovacuum_vacuum_scale_factor = 0.05);
-- Compressed in the row, see articles.
ALTER TABLE revisions ALTER COLUMN removed SET STORAGE MAIN;
-- What was revised since a time.
CREATE INDEX revisions_by_time ON revisions (seen_at, article_id) WHERE revision > 1;
-- Old removed blocks are deleted by age.
CREATE INDEX revisions_with_removed ON revisions (seen_at) WHERE removed IS NOT NULL;


-- Site memory ------------------------------------------------------------------------------------

-- What the articles of one source taught: blocks that are on many of them, and are no part of them.
-- A source is a host, or 'feed:' and an id for the texts that a feed carries itself. A row never
-- changes, so an extraction can be repeated. The row with the highest id is in use.
CREATE TABLE site_memories (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source   text NOT NULL,
    made_at  timestamptz NOT NULL,
    -- Distinct articles that it was learned from, and blocks that it knows.
    articles integer NOT NULL,
    blocks   integer NOT NULL,
    -- In the format of the extractor.
    memory   bytea NOT NULL
);
CREATE INDEX site_memories_by_source ON site_memories (source, id);

-- What single articles say about their source. Only the newest of each source are kept.
CREATE TABLE site_traces (
    source    text NOT NULL,
    -- No foreign key: entries are deleted by age.
    entry_id  bigint NOT NULL,
    seen_at   timestamptz NOT NULL,
    -- In the format of the extractor: hashes, no text.
    trace     bytea NOT NULL,
    -- The memory that its text on file was extracted with. NULL: none.
    memory_id bigint,
    -- It is unlike the other articles of its source.
    unlike    boolean NOT NULL DEFAULT false,
    -- false: the page has no article, where the feed has announced one.
    article   boolean NOT NULL DEFAULT true,
    -- A memory was learned with it.
    learned   boolean NOT NULL DEFAULT false,
    -- How many times its page was extracted again because of a new memory.
    rereads   smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (source, entry_id)
);
ALTER TABLE site_traces ALTER COLUMN trace SET STORAGE EXTERNAL;
CREATE INDEX site_traces_new ON site_traces (source) WHERE NOT learned;

-- How well extraction goes on a source, from its newest articles.
CREATE TABLE site_health (
    source     text PRIMARY KEY,
    judged_at  timestamptz NOT NULL,
    articles   integer NOT NULL,
    -- How well the texts agree with what the feeds announced, 0 to 1: that of the middle article.
    -- NULL: the feeds say too little.
    agreement  real,
    -- Articles that are so unlike the others that they may be something else.
    doubtful   integer NOT NULL,
    -- When the site was last found to have changed its pages.
    changed_at timestamptz
);

-- Texts that a person wants kept in the articles of a source, whatever is learned.
CREATE TABLE site_exceptions (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source   text NOT NULL,
    text     text NOT NULL,
    added_at timestamptz NOT NULL
);
CREATE INDEX site_exceptions_by_source ON site_exceptions (source);


-- Changes ----------------------------------------------------------------------------------------

-- The change log, in commit order. A transaction takes its numbers from change_head in its last
-- statement that can wait for another transaction, and keeps that row locked until it commits. So
-- numbers become visible in order, and a rollback gives them back: there are no gaps. A sequence
-- could do neither.
CREATE TABLE changes (
    seq        bigint PRIMARY KEY,
    at         timestamptz NOT NULL,
    article_id bigint NOT NULL,
    kind       change_kind NOT NULL,
    revision   integer NOT NULL,
    other_id   bigint,
    -- Of kind story: the story that the article is in now.
    story_id   bigint,
    -- Random, one for each writing transaction. When the database is restored to an earlier state,
    -- numbers are given again, but tokens are not. So a number with its token identifies the log up
    -- to there.
    token      uuid NOT NULL
);
CREATE TABLE change_head (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    generation integer NOT NULL DEFAULT 1,
    seq        bigint NOT NULL DEFAULT 0,
    -- The token of seq.
    token      uuid NOT NULL,
    -- Oldest seq that is still kept. Older cursors are refused.
    kept_from  bigint NOT NULL DEFAULT 1,
    -- The token of kept_from - 1, the oldest cursor that is not refused.
    kept_token uuid NOT NULL,
    -- The server history that the log was written in, see present_generation. NULL until the first
    -- change.
    origin     text,
    -- The system identifier of the cluster, if it could be read.
    system     bigint
) WITH (fillfactor = 10);

-- How far consumers have read, by their own reports (news.report_position). Nothing depends on it
-- but the figures for the operator: a consumer keeps its own position.
CREATE TABLE consumers (
    -- The role that reported.
    name name PRIMARY KEY,
    seq  bigint NOT NULL,
    at   timestamptz NOT NULL
);
INSERT INTO change_head (token, kept_token)
SELECT token, token FROM (SELECT gen_random_uuid() AS token OFFSET 0) AS start;

-- The token of a number that is kept, or of the number before those. NULL for others.
CREATE FUNCTION token_at(head change_head, number bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = wiresift, pg_catalog, pg_temp AS $$
BEGIN
    RETURN CASE number WHEN head.seq THEN head.token WHEN head.kept_from - 1 THEN head.kept_token
        ELSE (SELECT c.token FROM changes c WHERE c.seq = number) END;
END
$$;

-- What of the present server history a transaction can see at no cost: the timeline, which a
-- promotion or a recovery to a point in time changes, and the identities of the database and of
-- change_head, which a restored dump changes. NULL on a standby, where nothing is written.
-- In plpgsql, which keeps its plans. Functions in SQL would be planned at each call.
CREATE FUNCTION present_origin() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = wiresift, pg_catalog, pg_temp AS $$
BEGIN
    IF pg_is_in_recovery() THEN
        RETURN NULL;
    END IF;
    RETURN substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) || '/'
        || (SELECT oid FROM pg_database WHERE datname = current_database()) || '/'
        || 'wiresift.change_head'::regclass::oid;
END
$$;

-- The system identifier of the cluster. NULL if this role may not read it.
CREATE FUNCTION present_system() RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = wiresift, pg_catalog, pg_temp AS $$
BEGIN
    IF has_function_privilege('pg_control_system()', 'EXECUTE') THEN
        RETURN (SELECT system_identifier FROM pg_control_system());
    END IF;
    RETURN NULL;
END
$$;

-- The generation of the log: the stored one, or the next one if the stored history is not the
-- present one. The next append stores it. So a consumer sees it at once after a restore.
CREATE FUNCTION present_generation(head change_head) RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = wiresift, pg_catalog, pg_temp AS $$
BEGIN
    RETURN head.generation
        + (coalesce(head.origin <> present_origin(), false)
           OR coalesce(head.system <> present_system(), false))::integer;
END
$$;


-- Events -----------------------------------------------------------------------------------------

-- What an operator or a curator should know.
CREATE TABLE events (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    kind    text NOT NULL,
    feed_id bigint REFERENCES feeds,
    host    text,
    detail  jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX events_by_time ON events (at);
CREATE INDEX events_by_feed ON events (feed_id, at) WHERE feed_id IS NOT NULL;


-- Counters by the hour ---------------------------------------------------------------------------

-- What the console shows over time. To count rows of entries and articles for each page would take
-- longer the more there are.

-- Entries that were read, by what became of them. Only filing transactions write it, one at a time
-- and anyhow: they hold the filing lock.
CREATE TABLE outcome_hours (
    -- The beginning of the hour.
    hour    timestamptz NOT NULL,
    -- new, revision, copy, same, skipped or abandoned.
    outcome text NOT NULL,
    -- Of those without an article; '' for the others.
    cause   text NOT NULL,
    entries bigint NOT NULL,
    PRIMARY KEY (hour, outcome, cause)
) WITH (fillfactor = 50);

-- What a feed did in an hour. Only transactions that hold the feed's row write it, so no two wait
-- for each other.
CREATE TABLE feed_hours (
    feed_id  bigint NOT NULL REFERENCES feeds,
    hour     timestamptz NOT NULL,
    polls    integer NOT NULL DEFAULT 0,
    -- Polls that failed.
    failures integer NOT NULL DEFAULT 0,
    -- New entries, and those of them that ended at once because their article is known, was
    -- deleted for its age, or because they have neither a link nor a text.
    entries  integer NOT NULL DEFAULT 0,
    ended    integer NOT NULL DEFAULT 0,
    PRIMARY KEY (feed_id, hour)
) WITH (fillfactor = 50);
CREATE INDEX feed_hours_by_hour ON feed_hours (hour);


-- Partitions by day ------------------------------------------------------------------------------

-- Fingerprints and story data count for some days only. Their tables are partitioned by the day of
-- arrival (days since 1 January 1970, UTC), and old data goes by dropping a partition.
--
-- Opens the partition of a day, which holds span days. Returns whether it had to be created; if so,
-- the two oldest partitions are dropped if all their days are older than keep days. Never more: a
-- clock that is years ahead for a moment would drop all. The rows of partitions that lie ahead move
-- to today, because they were written while a clock was ahead. Of two rows of a day with one identity
-- the one of today stays.
CREATE FUNCTION open_partition(
    parent text, today integer, keep integer, span integer, identity text DEFAULT 'article_id')
RETURNS boolean
LANGUAGE plpgsql SET search_path = wiresift, pg_catalog, pg_temp AS $$
DECLARE
    first_day CONSTANT integer := floor(today::numeric / span) * span;
    opened CONSTANT text := parent || '_' || first_day;
    bounds CONSTANT text := format('FROM (%s) TO (%s)', first_day, first_day + span);
    usual_timeout CONSTANT text := current_setting('lock_timeout');
    old text;
BEGIN
    IF to_regclass(format('%I', opened)) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Created alone and then attached. CREATE TABLE ... PARTITION OF would wait for every reader of
    -- the parent, and pg_dump reads for hours. ATTACH waits for no reader.
    EXECUTE format('CREATE TABLE %I (LIKE %I)', opened, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES %s', parent, opened, bounds);
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = parent::regclass
          AND (substring(c.relname FROM '-?[0-9]+$')::integer + span <= today - keep
               OR substring(c.relname FROM '-?[0-9]+$')::integer > today::bigint + 2 * span)
        ORDER BY substring(c.relname FROM '-?[0-9]+$')::integer > today,
                 substring(c.relname FROM '-?[0-9]+$')::integer LIMIT 2
    LOOP
        IF substring(old FROM '-?[0-9]+$')::integer > today THEN
            EXECUTE format('DELETE FROM %I AS ahead WHERE EXISTS (
                SELECT FROM %I AS now WHERE now.%I = ahead.%I AND now.day = $1)',
                old, parent, identity, identity) USING today;
            EXECUTE format('UPDATE %I SET day = $1 WHERE day >= $2', parent)
                USING today, substring(old FROM '-?[0-9]+$')::integer;
        END IF;
        -- DROP does wait for readers, so it gives up soon. The next new partition tries again.
        BEGIN
            PERFORM set_config('lock_timeout', '50ms', true);
            EXECUTE format('DROP TABLE %I', old);
        EXCEPTION WHEN lock_not_available THEN
            EXIT;
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', usual_timeout, true);
    RETURN true;
END
$$;


-- Fingerprints -----------------------------------------------------------------------------------

-- Near-duplicates are found in two steps: keys lead to fingerprints, and fingerprints are compared.
CREATE TABLE fingerprint_keys (
    article_id bigint NOT NULL,
    key        integer NOT NULL,
    day        integer NOT NULL
) PARTITION BY RANGE (day);
-- With all columns, so that the older partitions, which do not change, are read in the index alone.
-- The day comes first for the alignment: after a key of four bytes an id would leave four unused.
CREATE INDEX fingerprint_keys_by_key ON fingerprint_keys (key) INCLUDE (day, article_id);
CREATE TABLE fingerprints (
    article_id  bigint NOT NULL,
    -- When this text was seen. For a revision this is later than the article.
    seen_at     timestamptz NOT NULL,
    day         integer NOT NULL,
    -- The first byte is the version of the rules that computed it.
    fingerprint bytea NOT NULL,
    PRIMARY KEY (article_id, day)
) PARTITION BY RANGE (day);

-- Keys that led to too many fingerprints on that day. They come from text that many pages share,
-- and look-ups pass them over.
CREATE TABLE stop_keys (
    key integer PRIMARY KEY,
    day integer NOT NULL
);

-- Takes the filing lock until the end of the transaction, and opens the partitions of these days.
--
-- A transaction that decides what an article is to other articles holds this lock until it commits.
-- So of two that decide about one text at the same moment, the second sees what the first has
-- filed.
CREATE FUNCTION acquire_filing_lock(days integer[], keep integer) RETURNS void
LANGUAGE plpgsql SET search_path = wiresift, pg_catalog, pg_temp AS $$
DECLARE
    -- A look-up costs about as much as the number of indexes it visits. With five days in a
    -- partition, the two weeks that it covers are in four of them.
    span CONSTANT integer := 5;
    today integer;
BEGIN
    -- A holder that stalls is disconnected after 15 seconds. Those that wait outlast several of
    -- these.
    PERFORM set_config('idle_in_transaction_session_timeout', '15s', true),
            set_config('lock_timeout', '60s', true),
            -- Planning a look-up takes as long as running it, and everybody waits meanwhile. The
            -- statements under this lock are always the same, so they are planned once. As long as
            -- the table is small, all indexes look alike to the planner. A plan from that time would
            -- read a whole index, so nothing is kept then.
            set_config('plan_cache_mode', CASE
                WHEN pg_relation_size('articles') < 8 * 1024 * 1024 THEN 'force_custom_plan'
                ELSE 'force_generic_plan' END, true),
            -- All of them look rows up by keys. A plan that reads a whole table is one that was made
            -- when the table was small.
            set_config('enable_seqscan', 'off', true);
    PERFORM FROM locks WHERE name = 'filing' FOR UPDATE;
    IF NOT FOUND THEN
        RAISE 'the table wiresift.locks has lost its row ''filing'': insert it again';
    END IF;
    FOREACH today IN ARRAY days LOOP
        IF open_partition('fingerprint_keys', today, keep, span) THEN
            PERFORM open_partition('fingerprints', today, keep, span);
            DELETE FROM stop_keys WHERE day < today - keep;
        END IF;
    END LOOP;
END
$$;


-- Clusters ---------------------------------------------------------------------------------------

-- A cluster is an original with its copies. An edge is what joined an article to another of its
-- cluster. The edges of a cluster form a tree, so cutting one splits the cluster in two.
CREATE TABLE copy_edges (
    article_id bigint NOT NULL REFERENCES articles,
    other_id   bigint NOT NULL REFERENCES articles,
    joined_at  timestamptz NOT NULL,
    -- Version of the rules that found it. 0: the texts have the same digest.
    rule       smallint NOT NULL,
    strength   real NOT NULL,
    evidence   jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (article_id, other_id)
);
CREATE INDEX copy_edges_by_other ON copy_edges (other_id);

-- Pairs that an operator has split. Their clusters are never merged again.
CREATE TABLE cluster_splits (
    one_id   bigint NOT NULL REFERENCES articles,
    other_id bigint NOT NULL REFERENCES articles,
    split_at timestamptz NOT NULL,
    -- The edge that was cut.
    edge     jsonb NOT NULL,
    PRIMARY KEY (one_id, other_id)
);


-- Stories ----------------------------------------------------------------------------------------

-- Different texts about one event.
CREATE TABLE stories (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    language    text NOT NULL,
    -- The most central article. Its title is the story's.
    headline_id bigint NOT NULL REFERENCES articles,
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL
);
CREATE INDEX stories_by_headline ON stories (headline_id);
-- What has changed last.
CREATE INDEX stories_by_updated ON stories (updated_at);
-- The articles of stories, and their copies.
CREATE TABLE story_articles (
    article_id bigint PRIMARY KEY REFERENCES articles,
    story_id   bigint NOT NULL REFERENCES stories ON DELETE CASCADE
);
CREATE INDEX story_articles_by_story ON story_articles (story_id, article_id);

-- Articles of the last days are found by the words that lead to them. Each fingerprint has a number,
-- in the order in which articles are assigned; an article that is assigned again has a new one.
CREATE SEQUENCE story_numbers;
CREATE TABLE story_fingerprints (
    number      bigint NOT NULL,
    article_id  bigint NOT NULL,
    day         integer NOT NULL,
    language    text NOT NULL,
    -- When the article was published, or else first seen.
    dated_at    timestamptz NOT NULL,
    -- Whether the words count. They do once for each article.
    is_counted  boolean NOT NULL,
    -- The first byte is the version of the rules that computed it.
    fingerprint bytea NOT NULL,
    -- The words that lead to it, four bytes each: those of its language, and those in the form that
    -- all languages share.
    keys        bytea NOT NULL,
    shared_keys bytea NOT NULL,
    PRIMARY KEY (number, day)
) PARTITION BY RANGE (day);
CREATE INDEX story_fingerprints_by_article ON story_fingerprints (article_id);

-- The newest fingerprints to which a word of a language leads, oldest first, once for each
-- partition: its day is the first one of the partition. Numbers that no longer exist stay. Each is
-- stored as its lowest 48 bits. Words in the form that all languages share are those of the language
-- 'mul'; the last 16 bits are the article's language then, and the others the lowest 32 of the
-- number.
CREATE TABLE story_keys (
    key     bigint NOT NULL,
    day     integer NOT NULL,
    entries bytea NOT NULL,
    PRIMARY KEY (key, day)
) PARTITION BY RANGE (day);
-- The keys of a fingerprint are added to story_keys in steps, a part of all keys at each. This is
-- the last step. The newest fingerprints are in some of the lists only, or in none.
CREATE TABLE story_key_step (
    step bigint NOT NULL
);
INSERT INTO story_key_step VALUES (0);

-- How many articles of a language contain each word, as of a fingerprint and a day. The language
-- 'mul' has the words of all languages in the form that they share. A process that
-- assigns stories goes on counting in memory from here.
CREATE TABLE story_words (
    language text PRIMARY KEY,
    upto     bigint NOT NULL,
    day      integer NOT NULL,
    counts   bytea NOT NULL
);

-- The days in a partition of the story tables. A look-up visits all partitions, so there are few.
CREATE FUNCTION story_span() RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS 'SELECT 4';

-- The day of a key that is used on a day: the first one of its partition.
CREATE FUNCTION story_key_day(today integer) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = wiresift, pg_catalog, pg_temp AS $$
    SELECT (floor(today::numeric / story_span()) * story_span())::integer
$$;

-- Opens the partitions of a day, and drops those that are older than keep days.
CREATE FUNCTION open_story_partitions(today integer, keep integer) RETURNS void
LANGUAGE plpgsql SET search_path = wiresift, pg_catalog, pg_temp AS $$
BEGIN
    IF open_partition('story_keys', today, keep, story_span(), 'key') THEN
        PERFORM open_partition('story_fingerprints', today, keep, story_span(), 'number');
    END IF;
END
$$;

-- Why an article is in its story: the articles it was compared with, best score first.
CREATE TABLE story_pair_scores (
    article_id bigint PRIMARY KEY REFERENCES articles,
    judged_at  timestamptz NOT NULL,
    -- Version of the rules, which is that of the fingerprints.
    rule       smallint NOT NULL,
    scores     jsonb NOT NULL
);

-- Articles of two languages that are about one event. The first of the two was compared with the
-- other.
CREATE TABLE story_links (
    article_id bigint NOT NULL REFERENCES articles,
    other_id   bigint NOT NULL REFERENCES articles,
    likeness   real NOT NULL,
    linked_at  timestamptz NOT NULL,
    PRIMARY KEY (article_id, other_id)
);
CREATE INDEX story_links_by_other ON story_links (other_id);

-- Articles that wait for a story. An article may be queued more than once; the reader takes each
-- once.
CREATE TABLE story_queue (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    article_id bigint NOT NULL,
    -- How many times a worker has begun with it. It is still in the queue, so each of them failed or
    -- died. After the first it is tried alone and after the others, and in the end set aside.
    attempts   smallint NOT NULL DEFAULT 0
);
CREATE INDEX story_queue_by_attempts ON story_queue (attempts, id);

-- Queues an article whenever it is new or has another text, language or original, whatever the
-- cause: filing, a revision, a merge or a split by hand. It only inserts, and article_id is not
-- unique: a unique key would make filing wait for the transaction that is taking the same article
-- off the queue.
CREATE FUNCTION queue_story() RETURNS trigger
LANGUAGE plpgsql SET search_path = wiresift, pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO story_queue (article_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER articles_story_insert AFTER INSERT ON articles
    FOR EACH ROW EXECUTE FUNCTION queue_story();
CREATE TRIGGER articles_story_update AFTER UPDATE OF title, digest, copy_of, language ON articles
    FOR EACH ROW WHEN ((OLD.title, OLD.digest, OLD.copy_of, OLD.language)
                       IS DISTINCT FROM (NEW.title, NEW.digest, NEW.copy_of, NEW.language))
    EXECUTE FUNCTION queue_story();


-- Discovery --------------------------------------------------------------------------------------

-- Searches for replacements of dead feeds, on their home pages. One row for each feed that was ever
-- searched for.
CREATE TABLE feed_discoveries (
    feed_id          bigint PRIMARY KEY REFERENCES feeds,
    -- Progress, and the site of the next request. NULL: no search is under way.
    discovery        jsonb,
    host             text,
    next_action_at   timestamptz,
    -- When the last search ended.
    finished_at      timestamptz,
    lease_token      uuid,
    lease_expires_at timestamptz,
    lease_attempts   integer NOT NULL DEFAULT 0
);
CREATE INDEX feed_discoveries_due ON feed_discoveries (next_action_at)
    WHERE next_action_at IS NOT NULL;


-- Subscriptions ----------------------------------------------------------------------------------

-- Subscriptions to hubs (WebSub).
CREATE TABLE subscriptions (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed_id          bigint NOT NULL REFERENCES feeds,
    hub              text NOT NULL,
    topic            text NOT NULL,
    created_at       timestamptz NOT NULL,
    -- Where the next request goes (hub, or the target of its redirects), and the site of that.
    endpoint         text NOT NULL,
    host             text NOT NULL,
    hops             integer NOT NULL DEFAULT 0,
    -- The part of the callback URL that nobody can guess, and the key of the hub's signatures.
    -- Neither is ever logged.
    token            text NOT NULL UNIQUE,
    secret           text NOT NULL,

    state            text NOT NULL DEFAULT 'wanted' CHECK (state IN
                     ('wanted', 'requested', 'active', 'renewing', 'denied', 'unsubscribing')),
    requested_at     timestamptz,
    -- When the hub's lease ends, not ours.
    lease_ends_at    timestamptz,
    next_action_at   timestamptz NOT NULL,
    failures         integer NOT NULL DEFAULT 0,
    last_error       text,

    -- Whether the hub can be relied upon. trust_at is the time since which it is suspected, or the
    -- time until which it is distrusted. missed_key is the entry that it has not delivered.
    trust            text NOT NULL DEFAULT 'unproven'
                     CHECK (trust IN ('unproven', 'proven', 'suspected', 'distrusted')),
    trust_at         timestamptz,
    missed_key       text,
    -- The first poll after the hub began to deliver. What later polls find first, the hub has
    -- missed.
    watched_since    timestamptz,

    deliveries       bigint NOT NULL DEFAULT 0,
    dropped          bigint NOT NULL DEFAULT 0,
    last_delivery_at timestamptz,
    -- Deliveries that are being parsed, including those on which a worker died, and when the last
    -- of them began.
    in_progress      integer NOT NULL DEFAULT 0,
    in_progress_at   timestamptz,

    lease_token      uuid,
    lease_expires_at timestamptz,
    lease_attempts   integer NOT NULL DEFAULT 0,

    CONSTRAINT subscriptions_suspected_has_missed_key
        CHECK ((trust = 'suspected') = (missed_key IS NOT NULL)),
    CONSTRAINT subscriptions_trust_has_time
        CHECK ((trust IN ('suspected', 'distrusted')) = (trust_at IS NOT NULL))
) WITH (fillfactor = 70);
-- One for each feed, besides those that are being given up.
CREATE UNIQUE INDEX subscriptions_by_feed ON subscriptions (feed_id) WHERE state <> 'unsubscribing';
CREATE INDEX subscriptions_due ON subscriptions (next_action_at);


-- Lengths ----------------------------------------------------------------------------------------

-- Texts from outside are cut or refused where they come in, by the limits in crates/text/limits.rs.
-- These are the same limits, in bytes; a test compares them. What is in an index is short enough for
-- a row of a B-tree. Partitioned tables have none, because each partition would have to repeat them.
ALTER TABLE sites
    ADD CHECK (octet_length(host) <= 259),
    ADD CHECK (octet_length(domain) <= 253),
    ADD CHECK (octet_length(hold_reason) <= 2048),
    ADD CHECK (octet_length(robots_moved_to) <= 8000);
ALTER TABLE feeds
    ADD CHECK (octet_length(url) <= 2048),
    ADD CHECK (octet_length(host) <= 259),
    ADD CHECK (octet_length(fetch_url) <= 8000),
    ADD CHECK (octet_length(hop_cookies) <= 16000),
    ADD CHECK (octet_length(moved_to) <= 8000),
    ADD CHECK (octet_length(home_url) <= 8000),
    ADD CHECK (octet_length(name) <= 512),
    ADD CHECK (octet_length(title) <= 4096),
    ADD CHECK (octet_length(language) <= 64),
    ADD CHECK (octet_length(etag) <= 2048),
    ADD CHECK (octet_length(last_modified) <= 2048),
    ADD CHECK (octet_length(last_error) <= 2048);
ALTER TABLE entries
    ADD CHECK (octet_length(key) <= 512),
    ADD CHECK (octet_length(identity) <= 512),
    ADD CHECK (octet_length(guid) <= 2048),
    ADD CHECK (octet_length(url) <= 8000),
    ADD CHECK (octet_length(fetch_url) <= 8000),
    ADD CHECK (octet_length(hop_cookies) <= 16000),
    ADD CHECK (octet_length(host) <= 259),
    ADD CHECK (octet_length(title) <= 4096),
    ADD CHECK (octet_length(summary) <= 65536),
    ADD CHECK (octet_length(language) <= 64),
    ADD CHECK (octet_length(page_etag) <= 2048),
    ADD CHECK (octet_length(page_last_modified) <= 2048);
ALTER TABLE articles
    ADD CHECK (octet_length(url) <= 8000),
    ADD CHECK (octet_length(host) <= 259),
    ADD CHECK (octet_length(title) <= 4096),
    ADD CHECK (octet_length(summary) <= 65536),
    ADD CHECK (octet_length(language) <= 64),
    ADD CHECK (octet_length(declared_language) <= 64),
    ADD CHECK (octet_length(image_url) <= 8000),
    ADD CHECK (octet_length(site_name) <= 512),
    ADD CHECK (octet_length(doubt) <= 2048),
    ADD CHECK (octet_length(section) <= 512);
ALTER TABLE article_keys
    ADD CHECK (octet_length(key) <= 512);
ALTER TABLE parameter_evidence
    ADD CHECK (octet_length(site) <= 512),
    ADD CHECK (octet_length(name) <= 512);
ALTER TABLE parameter_observations
    ADD CHECK (octet_length(rest) <= 512),
    ADD CHECK (octet_length(name) <= 512),
    ADD CHECK (octet_length(site) <= 512),
    ADD CHECK (octet_length(key) <= 512);
ALTER TABLE pages
    ADD CHECK (octet_length(url) <= 8000),
    ADD CHECK (octet_length(content_type) <= 255);
ALTER TABLE page_dictionaries
    ADD CHECK (octet_length(source) <= 259);
ALTER TABLE site_memories
    ADD CHECK (octet_length(source) <= 259);
ALTER TABLE site_traces
    ADD CHECK (octet_length(source) <= 259);
ALTER TABLE site_health
    ADD CHECK (octet_length(source) <= 259);
ALTER TABLE site_exceptions
    ADD CHECK (octet_length(source) <= 259);
ALTER TABLE events
    ADD CHECK (octet_length(host) <= 259);
ALTER TABLE stories
    ADD CHECK (octet_length(language) <= 64);
ALTER TABLE story_words
    ADD CHECK (octet_length(language) <= 64);
ALTER TABLE feed_discoveries
    ADD CHECK (octet_length(host) <= 259);
ALTER TABLE subscriptions
    ADD CHECK (octet_length(hub) <= 2048),
    ADD CHECK (octet_length(topic) <= 2048),
    ADD CHECK (octet_length(endpoint) <= 8000),
    ADD CHECK (octet_length(host) <= 259),
    ADD CHECK (octet_length(missed_key) <= 512),
    ADD CHECK (octet_length(last_error) <= 2048);
