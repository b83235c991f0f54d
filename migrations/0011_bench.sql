-- Prints are packed otherwise from now on; those that are there could not be read, and go. What a look-up costs is mostly
-- the number of indexes that it asks, so a partition of keys or prints holds five days: the window has four of them.

DROP TABLE near_keys, near_prints;
CREATE TABLE near_keys (
    article_id bigint NOT NULL,
    key        integer NOT NULL,
    -- Days since 1 January 1970, UTC.
    day        integer NOT NULL
) PARTITION BY RANGE (day);
CREATE INDEX near_keys_by_key ON near_keys (key);
CREATE TABLE near_prints (
    article_id bigint NOT NULL,
    -- When this text was seen: for a revision later than the article.
    seen_at    timestamptz NOT NULL,
    day        integer NOT NULL,
    -- Its first byte is the version of the rules that made it.
    print      bytea NOT NULL,
    PRIMARY KEY (article_id, day)
) PARTITION BY RANGE (day);
DELETE FROM hot_keys;

-- Opens the partition of a day; with the first row of a partition those go that have left the window. It is made apart
-- and attached, because that waits for no reader, and a dump reads for hours. A drop has to wait for readers, so it soon
-- gives up: the next partition tries again.
-- The answer is whether it was not open yet.
CREATE FUNCTION open_days(parent text, today integer, keep integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = wiresift, pg_catalog AS $$
DECLARE
    span CONSTANT integer := 5;
    first CONSTANT integer := floor(today::numeric / span) * span;
    opened CONSTANT text := parent || '_' || first;
    patience text := current_setting('lock_timeout');
    old text;
BEGIN
    IF to_regclass(format('%I', opened)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE %I)', opened, parent);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, opened, first, first + span);
    FOR old IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = parent::regclass AND substring(c.relname FROM '-?[0-9]+$')::integer + span <= today - keep
    LOOP
        BEGIN
            PERFORM set_config('lock_timeout', '50ms', true);
            EXECUTE format('DROP TABLE %I', old);
        EXCEPTION WHEN lock_not_available THEN
            EXIT;
        END;
    END LOOP;
    PERFORM set_config('lock_timeout', patience, true);
    RETURN true;
END
$$;

-- Whoever is at the bench keeps the others waiting, and planning a look-up takes as long as the look-up. What is asked there
-- is asked the same way every time, so its statements are planned once.
CREATE OR REPLACE FUNCTION take_bench(days integer[], keep integer) RETURNS void
LANGUAGE plpgsql SET search_path = wiresift, pg_catalog AS $$
DECLARE
    today integer;
BEGIN
    PERFORM set_config('idle_in_transaction_session_timeout', '15s', true), set_config('lock_timeout', '60s', true),
            set_config('plan_cache_mode', 'force_generic_plan', true);
    PERFORM pg_advisory_xact_lock(1463898705, 1);
    FOREACH today IN ARRAY days LOOP
        IF open_days('near_keys', today, keep) THEN
            PERFORM open_days('near_prints', today, keep);
            DELETE FROM hot_keys WHERE day < today - keep;
        END IF;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION open_days(text, integer, integer) FROM PUBLIC;
