-- Whoever is at the bench keeps the others waiting, and planning a look-up over the partitions of two weeks takes as long as
-- the look-up. What is asked there is asked the same way every time, so its statements are planned once.
CREATE OR REPLACE FUNCTION take_bench(days integer[], keep integer) RETURNS void
LANGUAGE plpgsql SET search_path = wiresift, pg_catalog AS $$
DECLARE
    today integer;
BEGIN
    PERFORM set_config('idle_in_transaction_session_timeout', '15s', true), set_config('lock_timeout', '60s', true),
            set_config('plan_cache_mode', 'force_generic_plan', true);
    PERFORM pg_advisory_xact_lock(1463898705, 1);
    FOREACH today IN ARRAY days LOOP
        CONTINUE WHEN to_regclass(format('%I', 'near_keys_' || today)) IS NOT NULL;
        PERFORM open_day('near_keys', today, keep), open_day('near_prints', today, keep);
        DELETE FROM hot_keys WHERE day < today - keep;
    END LOOP;
END
$$;
