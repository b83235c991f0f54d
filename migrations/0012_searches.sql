-- Searches of the home pages of dead feeds: one row for each feed that was ever searched for.
CREATE TABLE feed_searches (
    feed_id          bigint PRIMARY KEY REFERENCES feeds,
    -- Where it stands, and the site of the next request. None: it is over.
    search           jsonb,
    host             text,
    -- Of the next request; while a lease runs this is the lease's end.
    next_action_at   timestamptz,
    -- When it was last over.
    searched_at      timestamptz,
    lease_token      uuid,
    lease_expires_at timestamptz,
    -- Leases since the last recorded outcome: more than one means that somebody died on it.
    lease_attempts   integer NOT NULL DEFAULT 0
);
CREATE INDEX feed_searches_by_turn ON feed_searches (next_action_at) WHERE next_action_at IS NOT NULL;
