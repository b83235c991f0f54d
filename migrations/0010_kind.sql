-- What kind of page an article was read from: article, live-blog, gallery, video, paywall-stub. Consumers filter by it.

ALTER TABLE articles ADD COLUMN kind text NOT NULL DEFAULT 'article';

CREATE OR REPLACE VIEW news.all_articles AS
    SELECT id, url, host, title, body, summary, body_html, byline, language, published_at, modified_at,
           published_source, first_seen_at, updated_at, image_url, tags, word_count, revision, story_id,
           copies, quality, rights, copy_of, similarity,
           site_name, section, declared_language, published_offset, is_paywalled, no_ai, licence, provenance, kind
    FROM wiresift.articles;

CREATE OR REPLACE VIEW news.articles AS
    SELECT id, url, host, title, body, summary, body_html, byline, language, published_at, modified_at,
           published_source, first_seen_at, updated_at, image_url, tags, word_count, revision, story_id,
           copies, quality, rights,
           site_name, section, declared_language, published_offset, is_paywalled, no_ai, licence, provenance, kind
    FROM wiresift.articles
    WHERE copy_of IS NULL;
