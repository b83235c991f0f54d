//! wiresift: a daemon that polls news feeds, reads the pages they link to, keeps only the article
//! of each page, recognises what it already has, and files the result in Postgres for other
//! programs to consume.
//!
//! # The journey
//!
//! [`daemon`] starts one worker loop for each step. A step leases work from the [`store`], does it,
//! and records the outcome in one transaction. All hand-over between steps goes through Postgres,
//! so a crash loses nothing.
//!
//! 1. **Poll** (`pipeline/poll/`): fetch a due feed, parse it with `wiresift-feed`, and recognise
//!    its entries. [`polling`] decides which entries are new and when the next poll is due.
//! 2. **Read** (`pipeline/read/`): fetch the page of a pending entry, and let `wiresift-extract`
//!    find the article in it: bytes and feed hints in; an article, and a reason for every block,
//!    out.
//! 3. **File** (`pipeline/file.rs`): compare articles with those on file. [`filing`] plans what
//!    each of them is (new, known, a revision, a copy) and what follows; the store writes articles,
//!    revisions, entry states and changes in one transaction per batch.
//! 4. **Assign stories** (`pipeline/assign_stories.rs`): compare each new article with recent ones,
//!    with `wiresift-dedup`, and group those about one event.
//! 5. **Subscribe** (`pipeline/subscribe/`): ask the hub of a feed to deliver new entries. [`server`]
//!    receives the deliveries and passes them on to the end of step 1.
//! 6. **Learn** (`pipeline/learn.rs`): find the blocks that several articles of a site have, and
//!    extract the articles again that have one and were read before.
//! 7. **Discover** (`pipeline/discover.rs`): look for the replacement of a dead feed on the home
//!    page of its site.
//!
//! [`console`] shows all of it to people, in a browser.
//!
//! Consumers read the views of the schema `news`, and follow `news.changes`, a log in commit order
//! without gaps.
//!
//! # Glossary
//!
//! - **Site**: A host. Limits on requests hold for a site.
//! - **Feed**: A document that lists new pages: RSS, Atom, JSON Feed or a sitemap.
//! - **Poll**: One request for a feed, with all that it found out.
//! - **Entry**: One item of one feed: an id, a link, a title, sometimes the text.
//! - **Key policy**: What identifies the entries of a feed: the id, the link, link and date, or the
//!   title.
//! - **Match key**: One part of an entry (id, link, title and date) that can recognise it when its
//!   key has changed.
//! - **Sighting**: A feed showed an entry that is this article.
//! - **Rhythm**: At which hours, and how often, a feed has had new entries.
//! - **Window**: The entries that a feed shows at one time.
//! - **Gap**: The window was replaced between two polls, so entries may have come and gone unseen.
//! - **Backfill**: Reading older pages of a feed, or a news sitemap of its site, to close a gap.
//! - **Outcome**: What a step came to, for example of one poll or of one read.
//! - **Cause**: The reason for an outcome or for the state of an entry: one fixed word.
//! - **Politeness**: How requests to one site are spaced, and how many run at once.
//! - **Slot**: The right to have one request to a site in progress. It comes with a lease.
//! - **Site limit**: Until when a site gets no request, and why: `Retry-After`, throttling,
//!   failures.
//! - **Permit**: The right of a task to run: so many at once for a step, for parsing, for suspects.
//! - **Budget**: The memory of the process that depends on what the web sends, in bytes.
//! - **Control socket**: Where a command asks the running daemon to read its feed lists again.
//! - **Lease**: The right to work on a feed or an entry until an instant. If the worker dies, it
//!   expires.
//! - **Suspect**: A feed or an entry that was leased when a daemon died, twice or more. Suspects
//!   run one at a time.
//! - **Quarantine**: The end of a suspect at which further daemons died. It is not parsed again.
//! - **Page**: The document that an entry links to: bytes, a URL after redirects, a content type.
//! - **Block**: A piece of text of a page: a paragraph, a heading, a list item, a caption.
//! - **Boilerplate**: Blocks that are not the article: navigation, advertisements, teasers.
//! - **Site memory**: The blocks that several articles of a site have, and that are boilerplate
//!   therefore.
//! - **Trace**: What is kept of a page to learn a site memory from.
//! - **Source**: What a site memory belongs to: a host, or the texts that a feed carries itself.
//! - **Reread**: Extracting a stored page again.
//! - **Site rule**: CSS selectors from a feed list that override extraction on one site.
//! - **Article**: Title, text and metadata that were extracted from a page, or from the feed's own
//!   text.
//! - **Revision**: One version of an article. The first is revision 1.
//! - **Revisit**: Reading a page again, to find corrections.
//! - **Fingerprint**: A digest of the exact text, and a sketch that similar texts share parts of.
//! - **Lookup key**: A value under which the planner looks for articles on file: an address, a
//!   digest, a part of a sketch.
//! - **Stop key**: A part of a sketch that too many articles share, so that looking it up is of no
//!   use.
//! - **Copy**: An article with the text of another one, unchanged or edited.
//! - **Original**: The article of a cluster that was first.
//! - **Edge**: A copy and the article it was recognised by, with their similarity.
//! - **Cluster**: An original and its copies: a tree of edges.
//! - **Planner**: The pure function of [`filing`] that turns articles and what is on file into
//!   records to write.
//! - **Placement**: Where an article goes in a cluster, and which articles move because of it.
//! - **Pair score**: How likely two articles in different words are about one event.
//! - **Story**: Articles in different words about one event.
//! - **Change**: A row of `news.changes`: an article is new, has a new revision, or has another
//!   original.
//! - **Look**: One transaction in which a page of the console reads.
//! - **Hub**: A WebSub server that delivers the new entries of a feed.
//! - **Subscription**: The agreement with a hub about one feed. It ends if it is not renewed.
//! - **Discovery**: The search for feeds on the home page of a dead feed's site.
//! - **Replacement feed**: The feed that discovery found in place of a dead one.
//!
//! # Imports
//!
//! Imports go down only. `tests/it/imports.rs` reads this table and compares the sources with it:
//!
//! ```text
//! main       commands
//! commands   daemon, config, console, pipeline, store, http, notices, feed_list, filing, polling, budget, telemetry, clock
//! daemon     config, console, server, pipeline, store, http, notices, feed_list, budget, clock
//! config     console, pipeline, store, http, notices, feed_list, filing, polling, budget, telemetry
//! console    server, pipeline, store, notices, feed_list, filing, polling, budget, clock
//! server     pipeline, store, polling, budget, clock
//! pipeline   store, http, filing, polling, lease, feed_list, budget, clock
//! store      filing, polling, lease
//! http       feed_list, polling, budget
//! filing     polling, lease
//! feed_list  polling
//! polling    nothing
//! lease      nothing
//! budget     nothing
//! notices    nothing
//! telemetry  nothing
//! clock      nothing
//! units      nothing, and every module may import it
//! ```
//!
//! Of the modules below it, `config` imports the settings structs and what feed lists turn into.
//! `wiresift_extract`, `wiresift_feed`, `wiresift_dedup` and `wiresift_text` are pure and may be
//! imported anywhere; `wiresift_demo_world` only by `commands::demo`. Only `http` uses reqwest,
//! only `server` and `console` axum, only `store` sqlx.

pub mod polling;

pub mod filing;

pub mod lease;

pub mod feed_list;

pub mod pipeline;

pub mod http;

pub mod store;

pub mod server;

pub mod console;

pub mod daemon;

pub mod commands;

pub mod config;

pub mod notices;

pub mod telemetry;

pub mod budget;

pub mod clock;

pub mod units;
