-- Polling by each feed's own habits. What polls have taught is one document a feed: only the scheduler reads it, and it
-- grows without migrations; what operators read of it is in news.feeds.

ALTER TABLE feeds
    -- Bounds of the feed list for this feed alone.
    ADD COLUMN min_every_s  integer,
    ADD COLUMN max_every_s  integer,
    -- news::schedule::Habits.
    ADD COLUMN habits       jsonb NOT NULL DEFAULT '{}',
    -- What the last look showed, as marks of its entries (news::schedule::Window).
    ADD COLUMN window_marks bigint[] NOT NULL DEFAULT '{}',
    -- The address that it is asked at in place of url, since permanent redirects led there for days.
    ADD COLUMN moved_to     text,
    -- A walk through older pages because of a gap (news::schedule::Backfill); fetch_url is its next page.
    ADD COLUMN backfill     jsonb;
-- From now on of the entries, not of the bytes.
COMMENT ON COLUMN feeds.body_digest IS 'SHA-256 of the entries last seen';

ALTER TABLE sites
    -- Registrable domain, by the public suffix list.
    ADD COLUMN domain          text,
    -- Whom a rate limit of this site means (news::throttle::Limits).
    ADD COLUMN limits          jsonb,
    -- The last feed that was answered well, and the last that was throttled.
    ADD COLUMN fine_at         timestamptz,
    ADD COLUMN fine_feed       bigint,
    ADD COLUMN throttled_at    timestamptz,
    ADD COLUMN throttled_feed  bigint,
    -- robots.txt could not be had; until then the last known rules hold.
    ADD COLUMN robots_retry_at timestamptz;
CREATE INDEX sites_by_domain ON sites (domain) WHERE domain IS NOT NULL;

CREATE OR REPLACE VIEW news.feeds AS
    SELECT f.url, coalesce(f.name, f.title) AS name, f.tags, f.state::text AS state, f.last_poll_at,
           f.last_success_at, f.next_poll_at, make_interval(secs => f.every_s) AS every, f.last_status,
           f.last_error, f.entries_seen AS entries,
           (SELECT count(*) FROM wiresift.entries e
            WHERE e.feed_id = f.id AND e.first_seen_at > now() - interval '7 days'
              AND e.state IN ('filed', 'revision')) AS articles_7d,
           -- Share of late looks that hung together with the one before.
           (f.habits #>> '{continuity,coverage}')::real AS coverage,
           coalesce((f.habits #>> '{continuity,gaps}')::integer, 0) AS gaps,
           -- The pause between polls at present; `every` is one that the list fixes.
           make_interval(secs => (f.habits ->> 'interval')::double precision) AS "interval",
           -- When its newest entry came.
           (f.habits #>> '{silence,last_at}')::timestamptz AS last_entry_at,
           f.moved_to
    FROM wiresift.feeds f;
