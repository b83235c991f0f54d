-- Identity over time, and articles that are read again.

-- What the entries of a feed are known by; goes down by itself where ids lie, and never up.
ALTER TABLE feeds
    ADD COLUMN key_policy text NOT NULL DEFAULT 'id' CHECK (key_policy IN ('id', 'link', 'link-date', 'title')),
    -- When a document was last read entry by entry: an entry stands in the feed if it was seen since, to the hour. For as
    -- long as it stands there it must be kept, however old it is, or it would be new again.
    ADD COLUMN shown_at   timestamptz;

ALTER TABLE entries
    -- Digest of what the feed last said of it: headline, summary, content. NULL: not known.
    ADD COLUMN shown_digest       bytea,
    -- Validators of the page as last read (RFC 9110, 8.8), opaque.
    ADD COLUMN page_etag          text,
    ADD COLUMN page_last_modified text,
    -- How often in a row the page was missing since the article was read.
    ADD COLUMN missing            integer NOT NULL DEFAULT 0;

-- An entry that has ended may have a turn too: its page is then read again, and the entry stays ended meanwhile.
ALTER TABLE entries DROP CONSTRAINT entries_check;
ALTER TABLE entries ADD CONSTRAINT entries_pending_have_a_turn CHECK (state <> 'pending' OR next_try_at IS NOT NULL);
CREATE INDEX entries_to_read_again ON entries (host, next_try_at)
    WHERE state <> 'pending' AND next_try_at IS NOT NULL;

-- Addresses that somebody only says are the article's: its page's canonical link, or its feed after a move. They find
-- the article when the texts agree, and answer no entry unread.
ALTER TABLE article_keys ADD COLUMN claimed boolean NOT NULL DEFAULT false;

-- Since when the page is gone for good; the text stays.
ALTER TABLE articles ADD COLUMN retracted_at timestamptz;

-- Parameters of addresses: an article that stays the same under several values is a lesson (`same`, counted once for each
-- address), two articles whose addresses differ in nothing else are one too.
CREATE TABLE parameters (
    site      text NOT NULL,
    name      text NOT NULL,
    same      bigint NOT NULL DEFAULT 0,
    different bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (site, name)
);
CREATE TABLE parameter_readings (
    -- An address without the parameter, and the article that was read at `key`, which has it.
    rest       text NOT NULL,
    name       text NOT NULL,
    site       text NOT NULL,
    key        text NOT NULL,
    article_id bigint NOT NULL REFERENCES articles,
    varied     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (rest, name)
);
