-- Schema news: what other programs may rely on. It has views and functions only. Columns are added,
-- never changed. Role news_reader may read this schema and nothing else.

CREATE SCHEMA IF NOT EXISTS news;


-- Full-text search -------------------------------------------------------------------------------

-- Text is stemmed in the article's own language where the server knows it.
--
-- The bodies of these two functions are parsed here and not at each call, so no search_path and no
-- object of a caller has an effect on what they mean. A SET clause would do the same, but then the
-- planner could not inline them.
CREATE FUNCTION text_config(language text) RETURNS regconfig
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE split_part(language, '-', 1)
    WHEN 'ar' THEN 'pg_catalog.arabic'::regconfig
    WHEN 'da' THEN 'pg_catalog.danish'::regconfig
    WHEN 'de' THEN 'pg_catalog.german'::regconfig
    WHEN 'el' THEN 'pg_catalog.greek'::regconfig
    WHEN 'en' THEN 'pg_catalog.english'::regconfig
    WHEN 'es' THEN 'pg_catalog.spanish'::regconfig
    WHEN 'fi' THEN 'pg_catalog.finnish'::regconfig
    WHEN 'fr' THEN 'pg_catalog.french'::regconfig
    WHEN 'hu' THEN 'pg_catalog.hungarian'::regconfig
    WHEN 'id' THEN 'pg_catalog.indonesian'::regconfig
    WHEN 'it' THEN 'pg_catalog.italian'::regconfig
    WHEN 'lt' THEN 'pg_catalog.lithuanian'::regconfig
    WHEN 'nl' THEN 'pg_catalog.dutch'::regconfig
    WHEN 'no' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'nb' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'pt' THEN 'pg_catalog.portuguese'::regconfig
    WHEN 'ro' THEN 'pg_catalog.romanian'::regconfig
    WHEN 'ru' THEN 'pg_catalog.russian'::regconfig
    WHEN 'sv' THEN 'pg_catalog.swedish'::regconfig
    WHEN 'tr' THEN 'pg_catalog.turkish'::regconfig
    ELSE 'pg_catalog.simple'::regconfig
END;

-- The text is cut: a tsvector may hold one megabyte, and a page on which no word repeats must still
-- be filed.
CREATE FUNCTION text_vector(language text, title text, body text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(to_tsvector(text_config(language), left(title, 1000)), 'A')
    || setweight(to_tsvector(text_config(language), left(body, 100000)), 'B');

ALTER TABLE articles ADD COLUMN search tsvector NOT NULL
    GENERATED ALWAYS AS (text_vector(language, title, body)) STORED;
CREATE INDEX articles_search ON articles USING gin (search) WHERE copy_of IS NULL;


-- Views ------------------------------------------------------------------------------------------

-- Originals and copies.
CREATE VIEW news.all_articles AS
    SELECT id, url, host, title, body, summary, body_html, byline, language, published_at,
           modified_at, published_source, first_seen_at, updated_at, image_url, tags, word_count,
           revision, story_id, copies, quality, rights, copy_of, similarity, site_name, section,
           declared_language, published_offset, is_paywalled, no_ai, licence, provenance, kind,
           agency, has_page
    FROM wiresift.articles;

-- Originals only.
CREATE VIEW news.articles AS
    SELECT id, url, host, title, body, summary, body_html, byline, language, published_at,
           modified_at, published_source, first_seen_at, updated_at, image_url, tags, word_count,
           revision, story_id, copies, quality, rights, site_name, section, declared_language,
           published_offset, is_paywalled, no_ai, licence, provenance, kind,
           agency, has_page
    FROM wiresift.articles
    WHERE copy_of IS NULL;

-- Which feeds showed an article, and what they said of it.
CREATE VIEW news.sightings AS
    SELECT e.article_id, f.url AS feed_url, e.guid AS entry_guid, e.url AS entry_url, e.title,
           e.summary, e.first_seen_at, e.last_seen_at
    FROM wiresift.entries e JOIN wiresift.feeds f ON f.id = e.feed_id
    WHERE e.article_id IS NOT NULL;

CREATE VIEW news.revisions AS
    SELECT r.article_id, r.revision, r.kind::text AS kind, r.reason::text AS reason,
           coalesce(r.title, a.title) AS title, coalesce(r.body, a.body) AS body, r.seen_at
    FROM wiresift.revisions r JOIN wiresift.articles a ON a.id = r.article_id;

-- Blocks of the page that were left out of the body, with the reason.
CREATE VIEW news.removed AS
    SELECT r.article_id, r.revision, b.position, b.text, b.reason
    FROM wiresift.revisions r,
         LATERAL jsonb_to_recordset(r.removed) AS b (position integer, text text, reason text);

-- Each original with its copies: position 1 is the article that was seen first.
CREATE VIEW news.lineage AS
    SELECT coalesce(a.copy_of, a.id) AS original_id,
           row_number() OVER (PARTITION BY coalesce(a.copy_of, a.id)
                              ORDER BY a.first_seen_at, a.id) AS position,
           a.id AS article_id, a.url, a.host, a.title, a.published_at, a.first_seen_at,
           coalesce(a.similarity, 1::real) AS similarity, coalesce(a.kept, 1::real) AS kept,
           coalesce(a.added, 0::real) AS added,
           e.other_id AS joined_to, e.joined_at, e.evidence
    FROM wiresift.articles a
    LEFT JOIN LATERAL (
        SELECT other_id, joined_at, evidence FROM wiresift.copy_edges
        WHERE article_id = a.id ORDER BY strength DESC, other_id LIMIT 1
    ) AS e ON true
    WHERE a.copy_of IS NOT NULL OR a.copies > 0;

-- The counts leave copies out.
CREATE VIEW news.stories AS
    SELECT s.id, h.title, m.articles, m.sources, m.first_published_at, m.last_published_at,
           s.language, s.headline_id, s.updated_at
    FROM wiresift.stories s
    JOIN wiresift.articles h ON h.id = s.headline_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS articles, count(DISTINCT a.host) AS sources,
               min(a.published_at) AS first_published_at, max(a.published_at) AS last_published_at
        FROM wiresift.articles a WHERE a.story_id = s.id AND a.copy_of IS NULL
    ) AS m;

CREATE VIEW news.feeds AS
    SELECT f.url, coalesce(f.name, f.title) AS name, f.tags, f.state::text AS state, f.last_poll_at,
           f.last_success_at, f.next_poll_at,
           -- The interval that the feed list fixes; "interval" is the present one.
           make_interval(secs => f.every_s) AS every,
           f.last_status, f.last_error, f.entries_seen AS entries,
           (SELECT count(*) FROM wiresift.entries e
            WHERE e.feed_id = f.id AND e.first_seen_at > now() - interval '7 days'
              AND e.state IN ('filed', 'revision')) AS articles_7d,
           -- Share of late polls that still found an entry of the poll before.
           (f.habits #>> '{continuity,coverage}')::real AS coverage,
           coalesce((f.habits #>> '{continuity,gaps}')::integer, 0) AS gaps,
           make_interval(secs => (f.habits ->> 'interval')::double precision) AS "interval",
           (f.habits #>> '{silence,last_at}')::timestamptz AS last_entry_at,
           f.moved_to, f.defects
    FROM wiresift.feeds f;

CREATE VIEW news.subscriptions AS
    SELECT f.url AS feed_url, s.hub, s.topic, s.state, s.trust, s.lease_ends_at, s.last_delivery_at,
           s.deliveries, s.dropped, s.last_error
    FROM wiresift.subscriptions s JOIN wiresift.feeds f ON f.id = s.feed_id;

CREATE VIEW news.events AS
    SELECT e.at, e.kind, f.url AS feed_url, e.host, e.detail
    FROM wiresift.events e LEFT JOIN wiresift.feeds f ON f.id = e.feed_id;

-- Every entry ever seen, by what became of it.
CREATE VIEW news.accounting AS
    SELECT state::text AS state, cause, count(*) AS entries
    FROM wiresift.entries GROUP BY state, cause
    UNION ALL
    SELECT 'forgotten', 'forgotten', entries FROM wiresift.forgotten WHERE entries > 0;


-- Functions --------------------------------------------------------------------------------------

-- They run with the rights of their owner, since news_reader may not use schema wiresift. Their
-- search_path ends with pg_temp. Where pg_temp is not named, Postgres looks there first for tables
-- and types, and a caller could put objects of its own in the place of ours.

-- The end of the log. "generation" changes when the database goes back to an earlier state, as far
-- as the server can see that. "token" is to be handed back to news.changes together with "seq".
CREATE FUNCTION news.head() RETURNS TABLE (generation integer, seq bigint, token text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT wiresift.present_generation(h), h.seq, h.token || '/' || h.seq || '/' || h.token
    FROM wiresift.change_head h
$$;

CREATE FUNCTION news.generation() RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT wiresift.present_generation(h) FROM wiresift.change_head h
$$;

-- The changes after a number. A consumer keeps "seq" and "token" of the last row that it has
-- handled, and hands both back. The token tells whether the log still is the one that the consumer
-- has read. It goes back to an earlier state when a backup is restored, a snapshot of the machine
-- is put back, or a standby that lags takes over; and then other changes may get the same numbers.
--
-- A token has three parts: the token of the row, and number and token of the end of the log at the
-- time of the call. The latter two are there for the articles that a consumer reads in the same
-- statement: they may have changes already that the log reports in later rows.
CREATE FUNCTION news.changes(after bigint, at_most integer DEFAULT 1000,
                             after_token text DEFAULT NULL)
RETURNS TABLE (seq bigint, at timestamptz, kind text, article_id bigint, revision integer,
               other_id bigint, token text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    head wiresift.change_head;
    seen_end CONSTANT text := split_part(after_token, '/', 2);
    known boolean;
BEGIN
    SELECT * INTO STRICT head FROM wiresift.change_head;
    IF after IS NULL OR after < head.kept_from - 1 THEN
        RAISE EXCEPTION 'cursor_too_old: changes after % are asked for, the oldest kept is %',
            coalesce(after::text, 'nothing'), head.kept_from
            USING ERRCODE = 'WS001',
                  HINT = 'Read news.head(), then news.all_articles in one REPEATABLE READ '
                         'transaction, and go on from that seq and token.';
    END IF;
    IF after > head.seq THEN
        RAISE EXCEPTION 'cursor_ahead: changes after % are asked for, the newest is %',
            after, head.seq
            USING ERRCODE = 'WS002',
                  HINT = 'The database was restored to an earlier state. Read news.head(), then '
                         'news.all_articles in one REPEATABLE READ transaction, and go on from '
                         'that seq and token.';
    END IF;
    IF after_token IS NOT NULL THEN
        known := after_token ~ '^[^/]+/[0-9]{1,18}/[^/]+$'
            AND wiresift.token_at(head, after) = split_part(after_token, '/', 1)
            AND wiresift.token_at(head, seen_end::bigint) = split_part(after_token, '/', 3);
        IF known IS NOT TRUE THEN
            RAISE EXCEPTION 'another_history: change % is not the one that this token came with',
                after
                USING ERRCODE = 'WS003',
                      HINT = 'The database was restored to an earlier state, or this is another '
                             'copy of it. Read news.head(), then news.all_articles in one '
                             'REPEATABLE READ transaction, and go on from that seq and token.';
        END IF;
    END IF;
    RETURN QUERY
        SELECT c.seq, c.at, c.kind::text, c.article_id, c.revision, c.other_id,
               c.token || '/' || head.seq || '/' || head.token
        FROM wiresift.changes c
        WHERE c.seq > after
        ORDER BY c.seq
        LIMIT at_most;
END
$$;

-- Reports how far a consumer has read the change log, so that the operator sees one that is behind:
-- wiresift_consumer_behind_seconds in /metrics. It is up to the consumer to call it. There is one
-- position for each role. A report that is ahead of the log, or empty, is left out.
CREATE FUNCTION news.report_position(seq bigint) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO wiresift.consumers AS c (name, seq, at)
    SELECT session_user, report_position.seq, now() FROM wiresift.change_head h
    WHERE report_position.seq BETWEEN 0 AND h.seq
    ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, at = excluded.at
$$;

-- Full-text search, best match first: 50 articles, or at_most, up to 1000.
--
-- Without a language the query is stemmed in each of them, and each stemming is compared only with
-- articles in that language. '' stands for all languages that the server does not know.
CREATE FUNCTION news.search(query text, language text DEFAULT NULL, at_most integer DEFAULT 50)
RETURNS TABLE (article_id bigint, url text, title text, published_at timestamptz, rank real,
               highlight text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH asked AS (
        SELECT lang, websearch_to_tsquery(wiresift.text_config(lang), query) AS q
        FROM (SELECT DISTINCT l AS lang FROM unnest(
            CASE WHEN search.language IS NOT NULL
                 THEN ARRAY[lower(split_part(search.language, '-', 1))]
                 ELSE ARRAY['ar','da','de','el','en','es','fi','fr','hu','id',
                            'it','lt','nl','no','pt','ro','ru','sv','tr','']
            END) AS l) AS languages
    ), found AS (
        SELECT a.id, a.url, a.title, a.published_at, a.language, a.body, asked.q,
               ts_rank_cd(a.search, asked.q) AS rank
        FROM asked
        JOIN wiresift.articles a
          ON a.search @@ asked.q
         AND wiresift.text_config(a.language) = wiresift.text_config(asked.lang)
        WHERE a.copy_of IS NULL
          AND (search.language IS NULL OR split_part(a.language, '-', 1) = asked.lang)
        ORDER BY rank DESC, a.id DESC
        -- Each row found is highlighted, which costs far more than finding it.
        LIMIT least(greatest(coalesce(search.at_most, 50), 0), 1000)
    )
    SELECT id, url, title, published_at, rank,
           ts_headline(wiresift.text_config(found.language), left(body, 100000), q,
                       'StartSel=**, StopSel=**, MaxFragments=2, MaxWords=30, MinWords=10')
    FROM found ORDER BY rank DESC, id DESC
$$;


-- Rights -----------------------------------------------------------------------------------------

-- Postgres lets everybody execute a new function. This takes that back, also for 0001_schema.sql.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA wiresift FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA news FROM PUBLIC;

-- Nobody needs temporary objects in this database, and without them there is one way less to put
-- something in the place of ours. Only the owner of the database can do this; for other roles it is
-- a warning at most.
DO $$
BEGIN
    EXECUTE format('REVOKE CREATE, TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
EXCEPTION WHEN insufficient_privilege THEN NULL;
END
$$;

-- A role belongs to the whole server. It may exist already, another database may be creating it at
-- this moment, or we may not have the right to create it. None of these stops the migration.
DO $$
BEGIN
    CREATE ROLE news_reader NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
    WHEN insufficient_privilege THEN
        RAISE WARNING 'role news_reader could not be created: let an administrator create it and '
            'grant it USAGE on schema news, SELECT on its views and EXECUTE on its functions';
END
$$;
DO $$
BEGIN
    GRANT USAGE ON SCHEMA news TO news_reader;
    GRANT SELECT ON ALL TABLES IN SCHEMA news TO news_reader;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA news TO news_reader;
EXCEPTION WHEN undefined_object THEN NULL;
END
$$;
