//! The ledger alone: feeds that show what a test says, and outcomes that a test makes up. No web, no daemon.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use url::Url;
use wiresift::polling::schedule::Plan;
use wiresift::store::{
    Filing, Lease, NextRequest, Origin, Outcome, PendingEntry, Politeness, PollRecord, ReadArticle,
    Recorded, Recording, SiteStep, Store,
};
use wiresift_extract::article::{Article, Piece};

use crate::harness::database::TestDb;
use crate::harness::newsroom::{listed, noon};
use crate::harness::steps::permit;

/// A ledger with a clock.
pub(crate) struct Desk {
    pub(crate) pool: PgPool,
    pub(crate) options: PgConnectOptions,
    pub(crate) store: Store,
    now: Mutex<DateTime<Utc>>,
    feeds: Mutex<Vec<String>>,
}

/// No waiting between requests, and any number of them at once: what is tested is not courtesy.
pub(crate) const WIDE: Politeness =
    Politeness { spacing: Duration::ZERO, concurrency: 10_000, lease: Duration::from_secs(90) };

impl Desk {
    pub(crate) async fn new() -> Self {
        let db = TestDb::new().await;
        Self::over(db.pool, db.options)
    }

    /// Over a database that is there already, with the schema applied.
    pub(crate) fn over(pool: PgPool, options: PgConnectOptions) -> Self {
        let store = Store::new(options.clone(), 8);
        Self { pool, options, store, now: Mutex::new(noon()), feeds: Mutex::default() }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }

    pub(crate) fn advance(&self, by: Duration) {
        *self.now.lock().unwrap() += by;
    }

    /// Lets a feed show RSS items of (address, title); a day goes by.
    pub(crate) async fn shows(&self, feed_url: &str, items: &[(&str, &str)]) -> PollRecord {
        self.shows_document(feed_url, rss(items).as_bytes()).await
    }

    /// The same, without a day going by.
    pub(crate) async fn shows_at_once(&self, feed_url: &str, items: &[(&str, &str)]) -> PollRecord {
        self.poll(feed_url, rss(items).as_bytes()).await
    }

    /// Lets a feed show any document; a day goes by.
    pub(crate) async fn shows_document(&self, feed_url: &str, document: &[u8]) -> PollRecord {
        self.advance(Duration::from_hours(24));
        self.poll(feed_url, document).await
    }

    async fn poll(&self, feed_url: &str, document: &[u8]) -> PollRecord {
        let now = self.now();
        let feeds = {
            let mut feeds = self.feeds.lock().unwrap();
            if !feeds.iter().any(|url| url == feed_url) {
                feeds.push(feed_url.to_owned());
            }
            feeds.clone()
        };
        let list: Vec<_> = feeds.iter().map(|url| listed(url)).collect();
        self.store.sync_feeds(&list, now).await.unwrap();
        let parsed =
            wiresift_feed::parse(document, None, &Url::parse(feed_url).unwrap(), now).unwrap();
        let mut record = None;
        loop {
            let leases = self.store.lease_feeds(now, 100, permit(), &WIDE).await.unwrap();
            if leases.is_empty() {
                return record.unwrap();
            }
            for lease in leases {
                let validators = wiresift_feed::Validators::default();
                let shown = lease.item.url == feed_url;
                let change = if shown {
                    wiresift::store::FeedChange::Parsed {
                        feed: &parsed,
                        validators: &validators,
                        digest: b"d",
                    }
                } else {
                    wiresift::store::FeedChange::Unchanged { validators: &validators }
                };
                let plan = Plan::unchanged(&lease.item.history);
                let next = NextRequest {
                    at: now + Duration::from_hours(1),
                    url: lease.item.url.clone(),
                    host: lease.item.host.clone(),
                    hops: 0,
                    cookies: None,
                };
                let recording = Recording {
                    at: now,
                    status: Some(200),
                    plan: &plan,
                    next,
                    change,
                    site: SiteStep::default(),
                };
                let recorded = self.store.record_poll(&lease, &recording, &WIDE).await.unwrap();
                if shown {
                    record = Some(recorded);
                }
            }
        }
    }

    /// Leases all entries that are due, by their address.
    pub(crate) async fn lease_all(&self) -> BTreeMap<String, Lease<PendingEntry>> {
        let mut all = BTreeMap::new();
        loop {
            let leases = self.store.lease_entries(self.now(), 100, permit(), &WIDE).await.unwrap();
            if leases.is_empty() {
                return all;
            }
            all.extend(
                leases.into_iter().map(|lease| (lease.item.url.clone().unwrap_or_default(), lease)),
            );
        }
    }

    /// One entry for each address, in one feed, leased, in the order of the addresses given.
    pub(crate) async fn leased(&self, links: &[&str]) -> Vec<Lease<PendingEntry>> {
        let items: Vec<(&str, &str)> = links.iter().map(|link| (*link, "A headline")).collect();
        self.shows(&format!("http://feeds.example/{}", self.now().timestamp()), &items).await;
        let mut leases = self.lease_all().await;
        links
            .iter()
            .map(|link| leases.remove(*link).unwrap_or_else(|| panic!("{link} is not leased")))
            .collect()
    }

    /// An outcome for a lease.
    pub(crate) fn filing(&self, lease: &Lease<PendingEntry>, outcome: Outcome) -> Filing {
        Filing {
            lease: lease.clone(),
            at: self.now(),
            outcome,
            site: SiteStep::default(),
            next_visit: None,
        }
    }

    /// An article for a lease.
    pub(crate) fn article(
        &self,
        lease: &Lease<PendingEntry>,
        title: &str,
        paragraphs: &[String],
    ) -> Filing {
        self.filing(lease, Outcome::Article(Box::new(article(lease, title, paragraphs))))
    }

    pub(crate) async fn file(&self, batch: &[Filing]) -> Vec<Recorded> {
        self.store.file(batch, &WIDE).await.unwrap()
    }

    /// Reads one address once, whatever is due besides.
    pub(crate) async fn reads(&self, link: &str, title: &str, paragraphs: &[String]) -> Recorded {
        let lease = self.leased(&[link]).await.remove(0);
        self.file(&[self.article(&lease, title, paragraphs)]).await.remove(0)
    }

    /// The sums, which must agree, and every entry's state.
    pub(crate) async fn states(&self) -> Vec<(String, String, i64)> {
        let sums = self.store.reconcile().await.unwrap();
        assert_eq!(sums.faults(), Vec::<String>::new());
        self.clusters_are_trees().await;
        sqlx::query_as("SELECT state, cause, entries FROM news.accounting ORDER BY state, cause")
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// The edges of each cluster lead from every member to every other, by one way.
    async fn clusters_are_trees(&self) {
        let articles: Vec<(i64, i64)> =
            sqlx::query_as("SELECT id, coalesce(copy_of, id) FROM wiresift.articles")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        let edges: Vec<(i64, i64)> =
            sqlx::query_as("SELECT article_id, other_id FROM wiresift.copy_edges")
                .fetch_all(&self.pool)
                .await
                .unwrap();
        let mut joined: BTreeMap<i64, i64> = articles.iter().map(|(id, _)| (*id, *id)).collect();
        for (one, other) in edges {
            assert_ne!(joined[&one], joined[&other], "{one} and {other} are joined twice");
            let (from, to) = (joined[&one], joined[&other]);
            joined.values_mut().filter(|root| **root == from).for_each(|root| *root = to);
        }
        for (id, original) in articles {
            assert_eq!(
                joined[&id], joined[&original],
                "{id} is not joined to its original {original}"
            );
        }
    }

    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }
}

fn rss(items: &[(&str, &str)]) -> String {
    let mut text = "<rss version=\"2.0\"><channel><title>F</title>".to_owned();
    for (link, title) in items {
        let link = link.replace('&', "&amp;");
        let item =
            format!("<item><title>{title}</title><link>{link}</link><guid>{link}</guid></item>");
        text.push_str(&item);
    }
    text + "</channel></rss>"
}

/// What reading a page would have given.
pub(crate) fn article(
    lease: &Lease<PendingEntry>,
    title: &str,
    paragraphs: &[String],
) -> ReadArticle {
    let body: Vec<Piece> = paragraphs.iter().map(|text| Piece::paragraph(text)).collect();
    let body_html = wiresift_extract::render::html(&body);
    ReadArticle {
        article: Article { title: title.to_owned(), body, quality: 0.9, ..Article::default() },
        body_html,
        removed: Vec::new(),
        fetched_url: lease.item.fetch_url.as_deref().and_then(|url| Url::parse(url).ok()),
        page: None,
        validators: wiresift_feed::Validators::default(),
        memory: None,
        trace: None,
        doubt: None,
        origin: Origin::Source,
    }
}

/// The article id of a filing that was judged.
pub(crate) fn id(recorded: &Recorded) -> i64 {
    match recorded {
        Recorded::Judged { article, .. } => *article,
        other => panic!("not judged: {other:?}"),
    }
}

/// The verdict of a filing that was judged, in a word.
pub(crate) fn verdict(recorded: &Recorded) -> String {
    match recorded {
        Recorded::Judged { verdict, .. } => {
            let text = format!("{verdict:?}");
            text.split([' ', '{']).next().unwrap_or_default().to_lowercase()
        }
        other => format!("{other:?}"),
    }
}
