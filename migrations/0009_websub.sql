-- Subscriptions to hubs (WebSub). Work like any other: a turn, a lease beside the state, and one recorded outcome, so
-- that daemons share it and a death repairs itself.

CREATE TABLE subscriptions (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    feed_id          bigint NOT NULL REFERENCES feeds,
    hub              text NOT NULL,
    topic            text NOT NULL,
    -- Where the next request goes: hub, or where its redirects have led so far, and the site of that.
    endpoint         text NOT NULL,
    host             text NOT NULL,
    hops             integer NOT NULL DEFAULT 0,
    -- The unguessable part of the callback's address, and the key of the hub's signatures. Never logged.
    token            text NOT NULL UNIQUE,
    secret           text NOT NULL,
    state            text NOT NULL DEFAULT 'wanted'
                     CHECK (state IN ('wanted', 'asked', 'active', 'renewing', 'refused', 'leaving')),
    asked_at         timestamptz,
    lease_ends_at    timestamptz,
    failures         integer NOT NULL DEFAULT 0,
    -- While a lease of ours runs this is its end.
    next_action_at   timestamptz NOT NULL,
    last_error       text,
    -- Whether the hub may be relied upon; trust_at is since when it is suspected, or until when distrusted.
    trust            text NOT NULL DEFAULT 'unproven'
                     CHECK (trust IN ('unproven', 'proven', 'suspected', 'distrusted')),
    trust_at         timestamptz,
    missed_key       text,
    -- The first poll since the hub delivers: what later polls find first, it missed.
    watched_since    timestamptz,
    deliveries       bigint NOT NULL DEFAULT 0,
    dropped          bigint NOT NULL DEFAULT 0,
    last_delivery_at timestamptz,
    -- Deliveries that are being parsed, or whose parser died, and when the last of them began.
    in_hand          integer NOT NULL DEFAULT 0,
    in_hand_at       timestamptz,
    lease_token      uuid,
    lease_expires_at timestamptz,
    lease_attempts   integer NOT NULL DEFAULT 0,
    created_at       timestamptz NOT NULL,
    CHECK ((trust = 'suspected') = (missed_key IS NOT NULL)),
    CHECK ((trust IN ('suspected', 'distrusted')) = (trust_at IS NOT NULL))
) WITH (fillfactor = 70);
-- A feed has one, besides those that are given up.
CREATE UNIQUE INDEX subscriptions_by_feed ON subscriptions (feed_id) WHERE state <> 'leaving';
CREATE INDEX subscriptions_by_turn ON subscriptions (next_action_at);

CREATE VIEW news.subscriptions AS
    SELECT f.url AS feed_url, s.hub, s.topic, s.state, s.trust, s.lease_ends_at, s.last_delivery_at, s.deliveries,
           s.dropped, s.last_error
    FROM wiresift.subscriptions s JOIN wiresift.feeds f ON f.id = s.feed_id;

DO $$
BEGIN
    GRANT SELECT ON news.subscriptions TO news_reader;
EXCEPTION WHEN undefined_object THEN NULL;
END
$$;
