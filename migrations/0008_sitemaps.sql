-- A list of sitemaps as a feed: its sitemaps are feeds of their own, which the list adds and takes away.

ALTER TABLE feeds ADD COLUMN parent_id bigint REFERENCES feeds;
CREATE INDEX feeds_by_parent ON feeds (parent_id) WHERE parent_id IS NOT NULL;
