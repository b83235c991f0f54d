-- What the views, columns and functions of schema news mean: units, what NULL stands for, an
-- example. Tools that show a schema show these comments.

COMMENT ON SCHEMA news IS 'Clean, deduplicated news articles. Other programs read this schema and nothing else. Columns are added, never changed.';

-- Articles ---------------------------------------------------------------------------------------

COMMENT ON VIEW news.articles IS 'Originals with their newest text. Copies are in news.all_articles.';
COMMENT ON COLUMN news.articles.id IS 'Stays the same through all revisions. Example: 1234';
COMMENT ON COLUMN news.articles.url IS 'Canonical address. If has_page is false, the address of the feed with the entry''s id as the fragment. Example: https://paper.example/news/harbour-hall';
COMMENT ON COLUMN news.articles.host IS 'The site, without www. Example: paper.example';
COMMENT ON COLUMN news.articles.title IS 'Headline as plain text, at most 1,000 bytes.';
COMMENT ON COLUMN news.articles.body IS 'Text of the article alone, with an empty line between paragraphs.';
COMMENT ON COLUMN news.articles.summary IS 'Teaser of the page or of the feed, plain text. NULL: there is none.';
COMMENT ON COLUMN news.articles.body_html IS 'The body as simple, safe HTML: paragraphs, headings, lists, quotations, tables, links.';
COMMENT ON COLUMN news.articles.byline IS 'Names of the authors, without agencies. Empty: none is named. Example: {"Ada Lind"}';
COMMENT ON COLUMN news.articles.language IS 'BCP 47 tag, detected from the text. NULL: not recognised. Example: en';
COMMENT ON COLUMN news.articles.published_at IS 'First publication, never in the future. NULL: unknown.';
COMMENT ON COLUMN news.articles.modified_at IS 'Last change as the page states it. NULL: the page does not state it.';
COMMENT ON COLUMN news.articles.published_source IS 'Where published_at was found: json-ld, meta, time, url, feed or none.';
COMMENT ON COLUMN news.articles.first_seen_at IS 'When the article was filed.';
COMMENT ON COLUMN news.articles.updated_at IS 'When the newest revision was filed. To follow changes, use news.changes.';
COMMENT ON COLUMN news.articles.image_url IS 'Main image. NULL: there is none.';
COMMENT ON COLUMN news.articles.tags IS 'Keywords of the page and of the feed, and the tags of the feed. Example: {local,harbour}';
COMMENT ON COLUMN news.articles.word_count IS 'Words of the body.';
COMMENT ON COLUMN news.articles.revision IS 'Number of the newest revision, from 1.';
COMMENT ON COLUMN news.articles.story_id IS 'The story, news.stories.id. NULL: no other article tells of the event.';
COMMENT ON COLUMN news.articles.copies IS 'Number of copies of this original. 0 for a copy.';
COMMENT ON COLUMN news.articles.quality IS 'Estimated probability, 0 to 1, that the body is what a person would have copied from the page.';
COMMENT ON COLUMN news.articles.rights IS 'What page and headers declare about use. Example: {"paywalled": true, "no_ai": true}';
COMMENT ON COLUMN news.articles.site_name IS 'Name of the site as the page states it. NULL: not stated. Example: The Paper';
COMMENT ON COLUMN news.articles.section IS 'Section as the page states it. NULL: not stated. Example: Business';
COMMENT ON COLUMN news.articles.declared_language IS 'BCP 47 tag that the page or the feed declares. NULL: none. Example: en-GB';
COMMENT ON COLUMN news.articles.published_offset IS 'Publisher''s time zone at published_at, in minutes east of UTC. NULL: the page does not state it. Example: 120';
COMMENT ON COLUMN news.articles.doubt IS 'In which respects the text is so unlike the other articles of its site that it may be something else, such as a menu. NULL: none. Example: 2 % of the feed''s summary are in the text, usually 90 %';
COMMENT ON COLUMN news.articles.is_paywalled IS 'The page declares a paywall.';
COMMENT ON COLUMN news.articles.no_ai IS 'The page or its headers declare that it must not be used to train models.';
COMMENT ON COLUMN news.articles.licence IS 'Address of the licence that the page declares. NULL: none.';
COMMENT ON COLUMN news.articles.provenance IS 'Source and confidence (0 to 1) of each value. Example: {"title": {"source": "heading", "confidence": 0.95}}';
COMMENT ON COLUMN news.articles.kind IS 'article, live-blog, gallery, video or paywall-stub (only the beginning could be read).';
COMMENT ON COLUMN news.articles.agency IS 'Organisations named as authors. Example: {Reuters}';
COMMENT ON COLUMN news.articles.has_page IS 'Whether there is a page at url. False: the article is in the feed only.';

COMMENT ON VIEW news.all_articles IS 'Originals and copies with their newest text.';
COMMENT ON COLUMN news.all_articles.copy_of IS 'The original, news.articles.id. NULL: this is an original.';
COMMENT ON COLUMN news.all_articles.similarity IS 'Common runs of words as a share of all runs of copy and original, 0 to 1. NULL: this is an original.';
-- The other columns are those of news.articles.
DO $$
DECLARE
    same record;
BEGIN
    FOR same IN
        SELECT a.attname, col_description(a.attrelid, a.attnum) AS said
        FROM pg_attribute a
        WHERE a.attrelid = 'news.articles'::regclass AND a.attnum > 0 AND NOT a.attisdropped
    LOOP
        EXECUTE format('COMMENT ON COLUMN news.all_articles.%I IS %L', same.attname, same.said);
    END LOOP;
END
$$;

-- What belongs to articles -----------------------------------------------------------------------

COMMENT ON VIEW news.sightings IS 'Which feeds showed an article, and what they said of it.';
COMMENT ON COLUMN news.sightings.article_id IS 'The article, news.all_articles.id.';
COMMENT ON COLUMN news.sightings.feed_url IS 'Address of the feed as listed.';
COMMENT ON COLUMN news.sightings.entry_guid IS 'The feed''s own id of the entry. NULL: it has none.';
COMMENT ON COLUMN news.sightings.entry_url IS 'Address that the feed gives. NULL: it gives none.';
COMMENT ON COLUMN news.sightings.title IS 'Headline in the feed. NULL: it has none.';
COMMENT ON COLUMN news.sightings.summary IS 'Description in the feed as plain text. NULL: it has none.';
COMMENT ON COLUMN news.sightings.first_seen_at IS 'When the feed first showed the entry.';
COMMENT ON COLUMN news.sightings.last_seen_at IS 'When the feed last showed the entry, to the hour.';

COMMENT ON VIEW news.revisions IS 'Each version of an article. Revision 1 is the first that was read.';
COMMENT ON COLUMN news.revisions.article_id IS 'The article, news.all_articles.id.';
COMMENT ON COLUMN news.revisions.revision IS 'Number, from 1.';
COMMENT ON COLUMN news.revisions.kind IS 'first, correction, growth (at least 20 words were added and hardly any removed) or retraction.';
COMMENT ON COLUMN news.revisions.reason IS 'Where the text comes from: page or feed.';
COMMENT ON COLUMN news.revisions.title IS 'Headline of this version.';
COMMENT ON COLUMN news.revisions.body IS 'Text of this version.';
COMMENT ON COLUMN news.revisions.seen_at IS 'When this version was read.';

COMMENT ON VIEW news.sites IS 'What was learned about the sites whose articles were read, and how well extraction goes on their newest articles.';
COMMENT ON COLUMN news.sites.site IS 'The host; for texts that a feed carries itself, feed: and a number.';
COMMENT ON COLUMN news.sites.articles IS 'Articles that were looked at, the newest ones.';
COMMENT ON COLUMN news.sites.agreement IS 'How well the texts agree with the titles and summaries of their feeds, 0 to 1: that of the middle article. NULL: the feeds say too little.';
COMMENT ON COLUMN news.sites.doubtful IS 'Of the newest pages, those so unlike the others that their text may be something else, and those without an article.';
COMMENT ON COLUMN news.sites.changed_at IS 'When the site was last found to have changed its pages. NULL: never.';
COMMENT ON COLUMN news.sites.judged_at IS 'When these articles were looked at.';
COMMENT ON COLUMN news.sites.known_blocks IS 'Blocks that are left out of its articles because many of them have them.';
COMMENT ON COLUMN news.sites.learned_at IS 'When these blocks were learned. NULL: nothing was learned.';
COMMENT ON VIEW news.removed IS 'Blocks of the page that are not in the body, with the reason. They are kept for keep.removed.';
COMMENT ON COLUMN news.removed.article_id IS 'The article, news.all_articles.id.';
COMMENT ON COLUMN news.removed.revision IS 'The revision whose page had the block.';
COMMENT ON COLUMN news.removed.position IS 'Place of the block in the page, from 0.';
COMMENT ON COLUMN news.removed.text IS 'Text of the block.';
COMMENT ON COLUMN news.removed.reason IS 'Why it was left out. Example: boilerplate';

COMMENT ON VIEW news.lineage IS 'Each original with its copies, in the order in which they were seen.';
COMMENT ON COLUMN news.lineage.original_id IS 'The original, news.articles.id.';
COMMENT ON COLUMN news.lineage.position IS '1 is the original.';
COMMENT ON COLUMN news.lineage.article_id IS 'The article, news.all_articles.id.';
COMMENT ON COLUMN news.lineage.url IS 'Its address.';
COMMENT ON COLUMN news.lineage.host IS 'Its site.';
COMMENT ON COLUMN news.lineage.title IS 'Its headline.';
COMMENT ON COLUMN news.lineage.published_at IS 'Its first publication. NULL: unknown.';
COMMENT ON COLUMN news.lineage.first_seen_at IS 'When it was filed.';
COMMENT ON COLUMN news.lineage.similarity IS 'Common runs of words as a share of all runs, 0 to 1. 1 for the original.';
COMMENT ON COLUMN news.lineage.kept IS 'Share of the original that the copy has, 0 to 1. 1 for the original.';
COMMENT ON COLUMN news.lineage.added IS 'Share of the copy that the original does not have, 0 to 1. 0 for the original.';
COMMENT ON COLUMN news.lineage.joined_to IS 'The member of the cluster that it was recognised by. NULL for the original.';
COMMENT ON COLUMN news.lineage.joined_at IS 'When it was recognised. NULL for the original.';
COMMENT ON COLUMN news.lineage.evidence IS 'What the two texts have in common. NULL for the original.';

COMMENT ON VIEW news.links IS 'Articles of two languages about one event, in both directions. Example: SELECT a.title FROM news.links l JOIN news.articles a ON a.id = l.other_id WHERE l.article_id = 81234';
COMMENT ON COLUMN news.links.article_id IS 'An original, news.articles.id.';
COMMENT ON COLUMN news.links.other_id IS 'An original in another language, news.articles.id.';
COMMENT ON COLUMN news.links.other_language IS 'BCP 47 tag of the other article. Example: de';
COMMENT ON COLUMN news.links.other_story_id IS 'The story of the other article, news.stories.id. NULL: no article in its language tells of the event.';
COMMENT ON COLUMN news.links.likeness IS 'Cosine similarity of names, numbers and words that both languages share, 0.075 to 1. Three of four links are right.';
COMMENT ON COLUMN news.links.linked_at IS 'When the two were compared.';
COMMENT ON VIEW news.stories IS 'Events that several articles report.';
COMMENT ON COLUMN news.stories.id IS 'Example: 77';
COMMENT ON COLUMN news.stories.title IS 'Headline of the most central article.';
COMMENT ON COLUMN news.stories.articles IS 'Number of originals.';
COMMENT ON COLUMN news.stories.sources IS 'Number of sites.';
COMMENT ON COLUMN news.stories.first_published_at IS 'First publication of its articles. NULL: unknown.';
COMMENT ON COLUMN news.stories.last_published_at IS 'Last publication of its articles. NULL: unknown.';
COMMENT ON COLUMN news.stories.language IS 'BCP 47 tag of its articles.';
COMMENT ON COLUMN news.stories.headline_id IS 'The most central article, news.articles.id.';
COMMENT ON COLUMN news.stories.updated_at IS 'When its articles last changed.';

-- Feeds and operation ----------------------------------------------------------------------------

COMMENT ON VIEW news.feeds IS 'The feeds and their states.';
COMMENT ON COLUMN news.feeds.url IS 'Address as listed.';
COMMENT ON COLUMN news.feeds.name IS 'Name in the list, or else the feed''s title. NULL: neither is there.';
COMMENT ON COLUMN news.feeds.tags IS 'Tags in the list. Example: {local}';
COMMENT ON COLUMN news.feeds.state IS 'active, failing, silent, blocked, gone or paused.';
COMMENT ON COLUMN news.feeds.last_poll_at IS 'Last request. NULL: never polled.';
COMMENT ON COLUMN news.feeds.last_success_at IS 'Last request with a usable answer. NULL: none yet.';
COMMENT ON COLUMN news.feeds.next_poll_at IS 'When the next request is due.';
COMMENT ON COLUMN news.feeds.every IS 'Interval that the list fixes. NULL: the daemon decides.';
COMMENT ON COLUMN news.feeds.last_status IS 'HTTP status of the last answer. NULL: there was no answer. Example: 304';
COMMENT ON COLUMN news.feeds.last_error IS 'What was wrong with the last answer. NULL: nothing.';
COMMENT ON COLUMN news.feeds.entries IS 'Number of entries ever seen.';
COMMENT ON COLUMN news.feeds.articles_7d IS 'Number of entries of the last seven days that became articles.';
COMMENT ON COLUMN news.feeds.coverage IS 'Share of late polls that still found an entry of the poll before, 0 to 1. NULL: too few polls.';
COMMENT ON COLUMN news.feeds.gaps IS 'How often entries may have been missed.';
COMMENT ON COLUMN news.feeds."interval" IS 'Present interval between polls. NULL: not decided yet.';
COMMENT ON COLUMN news.feeds.last_entry_at IS 'When the last new entry was seen. NULL: none yet.';
COMMENT ON COLUMN news.feeds.moved_to IS 'Address that is polled in place of url. NULL: the feed has not moved.';
COMMENT ON COLUMN news.feeds.defects IS 'What was repaired in the last document. Example: {bare-ampersand}';

COMMENT ON VIEW news.subscriptions IS 'Subscriptions to WebSub hubs.';
COMMENT ON COLUMN news.subscriptions.feed_url IS 'Address of the feed as listed.';
COMMENT ON COLUMN news.subscriptions.hub IS 'Address of the hub.';
COMMENT ON COLUMN news.subscriptions.topic IS 'Address that is subscribed to.';
COMMENT ON COLUMN news.subscriptions.state IS 'State of the subscription.';
COMMENT ON COLUMN news.subscriptions.trust IS 'Whether the hub has proved to deliver everything.';
COMMENT ON COLUMN news.subscriptions.lease_ends_at IS 'When the subscription ends unless it is renewed. NULL: not confirmed.';
COMMENT ON COLUMN news.subscriptions.last_delivery_at IS 'Last delivery. NULL: none yet.';
COMMENT ON COLUMN news.subscriptions.deliveries IS 'Number of deliveries.';
COMMENT ON COLUMN news.subscriptions.dropped IS 'Number of deliveries that could not be used.';
COMMENT ON COLUMN news.subscriptions.last_error IS 'What the hub did wrong last. NULL: nothing.';

COMMENT ON VIEW news.events IS 'What an operator or a curator should know: gaps, moves, silent feeds.';
COMMENT ON COLUMN news.events.at IS 'When it was noticed.';
COMMENT ON COLUMN news.events.kind IS 'Example: gap';
COMMENT ON COLUMN news.events.feed_url IS 'The feed. NULL: it concerns no single feed.';
COMMENT ON COLUMN news.events.host IS 'The site. NULL: it concerns no single site.';
COMMENT ON COLUMN news.events.detail IS 'What is known of it. Example: {"shown": 20, "known": 0}';

COMMENT ON VIEW news.accounting IS 'Every entry ever seen, by what became of it.';
COMMENT ON COLUMN news.accounting.state IS 'pending, filed, copy, revision, skipped, abandoned, expired (its article was deleted for its age) or forgotten (the entry was deleted for its age).';
COMMENT ON COLUMN news.accounting.cause IS 'Why. Example: no-link';
COMMENT ON COLUMN news.accounting.entries IS 'Number of entries.';

-- Functions --------------------------------------------------------------------------------------

COMMENT ON FUNCTION news.head() IS 'End of the change log: generation, seq, and the token to hand to news.changes.';
COMMENT ON FUNCTION news.generation() IS 'Changes when the database goes back to an earlier state, as far as the server can see that.';
COMMENT ON FUNCTION news.changes(bigint, integer, text) IS 'The changes after a number, in commit order and without gaps: seq, at, kind (new, revised, copy, merged, deleted, story, linked, unlinked), article_id, revision, other_id (the original; of kind linked and unlinked: the article of another language), token, story_id (of kind story: the story that the article is in now; null: none). Fails with WS001 cursor_too_old, WS002 cursor_ahead or WS003 another_history. Example: SELECT * FROM news.changes(1234, 1000, after_token => ''...'')';
COMMENT ON FUNCTION news.report_position(bigint) IS 'A consumer tells how far it has read, so that the metrics show its lag. Nothing else depends on it. Example: SELECT news.report_position(1234)';
COMMENT ON FUNCTION news.search_titles(text, text, integer) IS 'The same as news.search, in titles only. Example: SELECT title FROM news.search_titles(''harbour'', ''en'')';
COMMENT ON FUNCTION news.search(text, text, integer) IS 'Full-text search among originals: of the newest that match, the best match first; 50, or at_most, up to 1000. For a phrase the newest 10,000 articles that have its words are read; a notice (search_incomplete) tells that there are more. Example: SELECT title, highlight FROM news.search(''"harbour board" ferry -strike'', ''en'')';
