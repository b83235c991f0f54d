-- What the page says of an article beside its text, with the source and the confidence of each value. What consumers
-- filter by are columns of their own; those that follow from `rights` are computed from it, so they cannot differ.

ALTER TABLE articles
    ADD COLUMN section           text,
    -- BCP 47, as the page declares it; `language` is what the text is written in.
    ADD COLUMN declared_language text,
    -- {"title": {"source": "heading", "confidence": 0.95}, ...}
    ADD COLUMN provenance        jsonb NOT NULL DEFAULT '{}',
    -- Minutes east of Greenwich of the publication's clock, where the page tells it.
    ADD COLUMN published_offset  smallint CHECK (published_offset BETWEEN -840 AND 840),
    ADD COLUMN is_paywalled      boolean NOT NULL
        GENERATED ALWAYS AS (coalesce((rights ->> 'paywalled')::boolean, false)) STORED,
    ADD COLUMN no_ai             boolean NOT NULL
        GENERATED ALWAYS AS (coalesce((rights ->> 'no_ai')::boolean, false)) STORED,
    ADD COLUMN licence           text GENERATED ALWAYS AS (rights ->> 'licence') STORED;

CREATE OR REPLACE VIEW news.all_articles AS
    SELECT id, url, host, title, body, summary, body_html, byline, language, published_at, modified_at,
           published_source, first_seen_at, updated_at, image_url, tags, word_count, revision, story_id,
           copies, quality, rights, copy_of, similarity,
           site_name, section, declared_language, published_offset, is_paywalled, no_ai, licence, provenance
    FROM wiresift.articles;

CREATE OR REPLACE VIEW news.articles AS
    SELECT id, url, host, title, body, summary, body_html, byline, language, published_at, modified_at,
           published_source, first_seen_at, updated_at, image_url, tags, word_count, revision, story_id,
           copies, quality, rights,
           site_name, section, declared_language, published_offset, is_paywalled, no_ai, licence, provenance
    FROM wiresift.articles
    WHERE copy_of IS NULL;
