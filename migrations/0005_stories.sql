-- Stories: different texts about one event. What they are found and compared by, and why an article is in one.

CREATE TABLE stories (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    language    text NOT NULL,
    -- The article in the middle of it: its headline speaks for the story.
    headline_id bigint NOT NULL REFERENCES articles,
    begun_at    timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL
);
CREATE INDEX articles_by_story ON articles (story_id, id) WHERE story_id IS NOT NULL;

-- Live tellings and the words that lead to them, by the day of arrival (days since 1 January 1970, UTC): what has left
-- the window goes with its partition.
CREATE TABLE story_prints (
    article_id bigint NOT NULL,
    day        integer NOT NULL,
    told_at    timestamptz NOT NULL,
    -- Its first byte is the version of the rules that made it.
    print      bytea NOT NULL,
    PRIMARY KEY (article_id, day)
) PARTITION BY LIST (day);
CREATE TABLE story_keys (
    language   text NOT NULL,
    key        integer NOT NULL,
    article_id bigint NOT NULL,
    day        integer NOT NULL
) PARTITION BY LIST (day);
CREATE INDEX story_keys_by_key ON story_keys (language, key, article_id);
CREATE INDEX story_keys_by_article ON story_keys (article_id);

-- How many articles of a language have a word, fading: a count holds for its day.
CREATE TABLE story_words (
    language text NOT NULL,
    word     integer NOT NULL,
    articles real NOT NULL,
    day      integer NOT NULL,
    PRIMARY KEY (language, word)
) WITH (fillfactor = 70);
CREATE TABLE story_languages (
    language text PRIMARY KEY,
    articles real NOT NULL,
    day      integer NOT NULL
) WITH (fillfactor = 50);

-- Why an article is where it is: the members that it was compared with, strongest first.
CREATE TABLE story_ties (
    article_id bigint PRIMARY KEY REFERENCES articles,
    judged_at  timestamptz NOT NULL,
    -- The rules that judged: the version of the prints.
    rule       smallint NOT NULL,
    ties       jsonb NOT NULL
);

-- Articles whose story is to be looked for. Rows are only ever added and taken away, so that whoever files never waits.
CREATE TABLE story_queue (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    article_id bigint NOT NULL
);

-- However an article came to be or to change (filed, revised, found to be a copy, parted by hand): it is looked at again.
CREATE FUNCTION queue_story() RETURNS trigger
LANGUAGE plpgsql SET search_path = wiresift, pg_catalog AS $$
BEGIN
    INSERT INTO story_queue (article_id) VALUES (NEW.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER articles_new_telling AFTER INSERT ON articles
    FOR EACH ROW EXECUTE FUNCTION queue_story();
CREATE TRIGGER articles_other_telling AFTER UPDATE OF title, digest, copy_of, language ON articles
    FOR EACH ROW WHEN ((OLD.title, OLD.digest, OLD.copy_of, OLD.language)
                       IS DISTINCT FROM (NEW.title, NEW.digest, NEW.copy_of, NEW.language))
    EXECUTE FUNCTION queue_story();

-- Opens a day, and drops what is older than is kept.
CREATE FUNCTION open_story_day(today integer, keep integer) RETURNS void
LANGUAGE plpgsql SET search_path = wiresift, pg_catalog AS $$
BEGIN
    IF to_regclass(format('%I', 'story_prints_' || today)) IS NULL THEN
        PERFORM open_day('story_keys', today, keep), open_day('story_prints', today, keep);
        -- Words that hardly anybody uses any more: a name of last season counts as new when it returns.
        DELETE FROM story_words WHERE articles * power(0.5, (today - day) / 30.0) < 0.1;
    END IF;
END
$$;

CREATE OR REPLACE VIEW news.stories AS
    SELECT s.id, h.title, m.articles, m.sources, m.first_published_at, m.last_published_at,
           s.language, s.headline_id, s.changed_at AS updated_at
    FROM wiresift.stories s
    JOIN wiresift.articles h ON h.id = s.headline_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS articles, count(DISTINCT a.host) AS sources,
               min(a.published_at) AS first_published_at, max(a.published_at) AS last_published_at
        FROM wiresift.articles a WHERE a.story_id = s.id AND a.copy_of IS NULL
    ) AS m;

REVOKE ALL ON FUNCTION queue_story() FROM PUBLIC;
REVOKE ALL ON FUNCTION open_story_day(integer, integer) FROM PUBLIC;
INSERT INTO story_queue (article_id)
    SELECT id FROM articles WHERE first_seen_at > now() - interval '7 days' ORDER BY id;
