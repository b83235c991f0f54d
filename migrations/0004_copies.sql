-- Near-duplicates: what texts are found by, what they are compared by, and what joined whom.

-- Of a copy: the share of its original that it kept, and the share of itself that the original has not.
ALTER TABLE articles ADD COLUMN kept real, ADD COLUMN added real;

-- Keys lead to the prints of a day; prints are compared. Both are partitioned by the day of arrival (days since
-- 1 January 1970, UTC), so that what has left the window goes without a trace, and a look-up reads the days it asks for.
CREATE TABLE near_keys (
    article_id bigint NOT NULL,
    key        integer NOT NULL,
    day        integer NOT NULL
) PARTITION BY LIST (day);
CREATE INDEX near_keys_by_key ON near_keys (key);
CREATE TABLE near_prints (
    article_id bigint NOT NULL,
    -- When this text was seen: for a revision later than the article.
    seen_at    timestamptz NOT NULL,
    day        integer NOT NULL,
    -- Its first byte is the version of the rules that made it.
    print      bytea NOT NULL,
    PRIMARY KEY (article_id, day)
) PARTITION BY LIST (day);

-- Keys that led to too many prints on that day: on half of all pages, and no help.
CREATE TABLE hot_keys (
    key integer PRIMARY KEY,
    day integer NOT NULL
);

-- What joined an article to another's cluster. The edges of a cluster are a tree: cutting one parts it in two.
CREATE TABLE copy_edges (
    article_id bigint NOT NULL REFERENCES articles,
    other_id   bigint NOT NULL REFERENCES articles,
    joined_at  timestamptz NOT NULL,
    -- The rule that judged; 0 is the exact digest.
    rule       smallint NOT NULL,
    strength   real NOT NULL,
    evidence   jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (article_id, other_id)
);
-- The exact digest is for ever, also that of a text which is somebody's near-copy.
CREATE INDEX articles_copy_digest ON articles (digest) WHERE copy_of IS NOT NULL;
CREATE INDEX copy_edges_by_other ON copy_edges (other_id);
INSERT INTO copy_edges (article_id, other_id, joined_at, rule, strength)
    SELECT id, copy_of, first_seen_at, 0, 1 FROM articles WHERE copy_of IS NOT NULL;

-- Pairs that were parted by hand; their clusters are never merged again.
CREATE TABLE copies_apart (
    one_id    bigint NOT NULL REFERENCES articles,
    other_id  bigint NOT NULL REFERENCES articles,
    parted_at timestamptz NOT NULL,
    -- The edge that was cut.
    edge      jsonb NOT NULL,
    PRIMARY KEY (one_id, other_id)
);

-- Opens the partition of a day; with the first row of a day those go that have left the window. A partition is made
-- apart and attached, because that waits for no reader, and a dump reads for hours. A drop has to wait for readers, so it
-- soon gives up: the next day tries again.
CREATE FUNCTION open_day(parent text, today integer, keep integer) RETURNS void
LANGUAGE plpgsql SET search_path = wiresift, pg_catalog AS $$
DECLARE
    opened text := parent || '_' || today;
    patience text := current_setting('lock_timeout');
    old text;
BEGIN
    IF to_regclass(format('%I', opened)) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I)', opened, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%s)', parent, opened, today);
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = parent::regclass AND substring(c.relname FROM '-?[0-9]+$')::integer < today - keep
    LOOP
        BEGIN
            PERFORM set_config('lock_timeout', '50ms', true);
            EXECUTE format('DROP TABLE %I', old);
        EXCEPTION WHEN lock_not_available THEN
            EXIT;
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', patience, true);
END
$$;

-- Takes the bench: whoever judges what an article is to others holds it until the commit, so that of two who judge one
-- text at the same moment the second sees what the first has filed. Whoever stalls there is thrown out after fifteen
-- seconds, and whoever waits has patience for several of those. Opens the days that are to be written.
CREATE FUNCTION take_bench(days integer[], keep integer) RETURNS void
LANGUAGE plpgsql SET search_path = wiresift, pg_catalog AS $$
DECLARE
    today integer;
BEGIN
    PERFORM set_config('idle_in_transaction_session_timeout', '15s', true), set_config('lock_timeout', '60s', true);
    PERFORM pg_advisory_xact_lock(1463898705, 1);
    FOREACH today IN ARRAY days LOOP
        CONTINUE WHEN to_regclass(format('%I', 'near_keys_' || today)) IS NOT NULL;
        PERFORM open_day('near_keys', today, keep), open_day('near_prints', today, keep);
        DELETE FROM hot_keys WHERE day < today - keep;
    END LOOP;
END
$$;

-- Who ran a text first, and what each made of it.
CREATE VIEW news.lineage AS
    SELECT coalesce(a.copy_of, a.id) AS original_id,
           row_number() OVER (PARTITION BY coalesce(a.copy_of, a.id) ORDER BY a.first_seen_at, a.id) AS place,
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

REVOKE ALL ON FUNCTION take_bench(integer[], integer), open_day(text, integer, integer) FROM PUBLIC;
DO $$
BEGIN
    GRANT SELECT ON news.lineage TO news_reader;
EXCEPTION WHEN undefined_object THEN NULL;
END
$$;
