//! A daemon taken apart: its own database, a scriptable web and a clock by hand, so that a test turns the crank
//! itself and nothing sleeps.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeZone as _, Utc};
use ipnet::IpNet;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use wiresift::clock::{Clock, ManualClock};
use wiresift::filing::revisit::RevisitSettings;
use wiresift::http::{HttpClient, HttpSettings};
use wiresift::pipeline::{Dependencies, ExtractSettings, RawSettings, SiteSettings, Step as _};
use wiresift::polling::schedule::PollSettings;
use wiresift::polling::websub::WebsubSettings;
use wiresift::store::{KeepSettings, ListedFeed, Reconciliation, Recorded, Store};
use wiresift_feed::address::Host;

use crate::harness::database::TestDb;
use crate::harness::steps::{Steps, memory};
use crate::harness::stub::{Reply, Stub};

/// One daemon's worth of parts.
pub(crate) struct Newsroom {
    pub(crate) stub: Stub,
    pub(crate) clock: ManualClock,
    pub(crate) steps: Arc<Steps>,
    pub(crate) store: Store,
    pub(crate) pool: PgPool,
    /// For further connections and stores.
    pub(crate) options: PgConnectOptions,
    /// The database, for another process.
    pub(crate) url: String,
}

/// Noon of some day.
pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 12, 0, 0).unwrap()
}

/// A second daemon on the same database, web and clock.
pub(crate) fn steps(store: &Store, clock: &ManualClock) -> Arc<Steps> {
    steps_with(store, clock, WebsubSettings::default())
}

/// The same, subscribed to hubs.
pub(crate) fn steps_with(store: &Store, clock: &ManualClock, websub: WebsubSettings) -> Arc<Steps> {
    steps_keeping(store, clock, websub, KeepSettings::default())
}

fn steps_keeping(
    store: &Store,
    clock: &ManualClock,
    websub: WebsubSettings,
    keep: KeepSettings,
) -> Arc<Steps> {
    let loopback: IpNet = "127.0.0.0/8".parse().unwrap();
    let http = HttpSettings { allow_networks: vec![loopback], ..HttpSettings::default() };
    Arc::new(Steps::new(Dependencies {
        store: store.clone(),
        web: HttpClient::new(&http).unwrap(),
        clock: Arc::new(clock.clone()),
        site: SiteSettings::default(),
        poll: PollSettings::default(),
        raw: RawSettings::default(),
        keep,
        revisit: RevisitSettings::never(),
        websub,
        extract: ExtractSettings::default(),
        request_timeout: Duration::from_secs(30),
        memory: wiresift::config::Config::default().shares().unwrap(),
    }))
}

impl Newsroom {
    pub(crate) async fn new() -> Self {
        Self::keeping(KeepSettings::default()).await
    }

    /// The same, keeping other things.
    pub(crate) async fn keeping(keep: KeepSettings) -> Self {
        let db = TestDb::new().await;
        let store = Store::new(db.options.clone(), 8);
        let clock = ManualClock::at(noon());
        let steps = steps_keeping(&store, &clock, WebsubSettings::default(), keep);
        let stub = Stub::start().await;
        Self { stub, clock, steps, pool: db.pool, options: db.options, url: db.url, store }
    }

    /// Puts feeds on the list, by path on the stub.
    pub(crate) async fn lists(&self, urls: &[&str]) {
        let listed: Vec<ListedFeed> = urls.iter().map(|url| listed(url)).collect();
        self.store.sync_feeds(&listed, self.clock.now()).await.unwrap();
    }

    /// A feed at `/feed.xml` whose items lead to pages of the same site.
    pub(crate) fn serves_feed(&self, items: &[(&str, &str)]) {
        self.stub.serves("/feed.xml", Reply::ok(rss(&self.stub.url(""), items)));
    }

    /// A page with an article.
    pub(crate) fn serves_page(&self, path: &str, title: &str, paragraphs: &[String]) {
        self.stub
            .serves(path, Reply::ok(page(title, paragraphs)).header("Content-Type", "text/html"));
    }

    /// Polls every feed that is due now.
    pub(crate) async fn poll_due(&self) -> usize {
        let leases = self.steps.poll.lease(100).await.unwrap();
        let count = leases.len();
        for lease in leases {
            self.steps.poll.poll(lease, &memory()).await;
        }
        count
    }

    /// Reads every entry that is due now, and files what that gives.
    pub(crate) async fn read_due(&self) -> Vec<Recorded> {
        let mut filings = Vec::new();
        for lease in self.steps.read.lease(100).await.unwrap() {
            filings.push(self.steps.read.read(lease, &memory()).await);
        }
        self.steps.filer.file(&filings).await
    }

    /// Turns the crank, a second at a time, until nothing is due within a minute.
    pub(crate) async fn run_until_idle(&self) {
        let mut idle = 0;
        while idle < 60 {
            let worked = self.poll_due().await + self.read_due().await.len();
            idle = if worked == 0 { idle + 1 } else { 0 };
            self.clock.advance(Duration::from_secs(1));
        }
    }

    /// Entry states with their causes and counts.
    pub(crate) async fn accounting(&self) -> Vec<(String, String, i64)> {
        sqlx::query_as("SELECT state, cause, entries FROM news.accounting ORDER BY state, cause")
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }

    /// One number.
    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }

    /// The sums, which must agree.
    pub(crate) async fn reconciled(&self) -> Reconciliation {
        let sums = self.store.reconcile().await.unwrap();
        assert_eq!(sums.faults(), Vec::<String>::new());
        sums
    }
}

/// A feed as the list has it.
pub(crate) fn listed(url: &str) -> ListedFeed {
    let parsed = url::Url::parse(url).unwrap();
    let host = Host::of(&parsed).unwrap().as_str().to_owned();
    ListedFeed {
        url: url.to_owned(),
        host,
        name: None,
        tags: Vec::new(),
        every_s: None,
        min_every_s: None,
        max_every_s: None,
    }
}

/// RSS 2.0 with items of (path, title).
pub(crate) fn rss(base: &str, items: &[(&str, &str)]) -> String {
    let items: String = items
        .iter()
        .map(|(path, title)| {
            format!("<item><title>{title}</title><link>{base}{path}</link><guid>{base}{path}</guid></item>")
        })
        .collect();
    format!(
        r#"<?xml version="1.0"?><rss version="2.0"><channel><title>Stub</title><link>{base}/</link>{items}</channel></rss>"#
    )
}

/// A plain page with an article and some chrome.
pub(crate) fn page(title: &str, paragraphs: &[String]) -> String {
    let body: String = paragraphs.iter().map(|text| format!("<p>{text}</p>\n")).collect();
    format!(
        "<!doctype html><html lang=en><head><title>{title}</title></head><body>\
         <nav><a href=/>Home</a> <a href=/world>World</a></nav>\
         <article><h1>{title}</h1>{body}</article>\
         <aside><h3>Popular Articles</h3><ul><li><a href=/x>Something else entirely</a></li></ul></aside>\
         <footer>Copyright Stub</footer></body></html>"
    )
}

/// Paragraphs that are a different text for each seed.
pub(crate) fn prose(seed: u32) -> Vec<String> {
    const WHO: [&str; 7] = [
        "The harbour board",
        "A school in the hills",
        "The bus company",
        "The town library",
        "A farmers' market",
        "The rowing club",
        "The night ferry",
    ];
    const WHAT: [&str; 7] = [
        "will open a second hall",
        "has asked for more money",
        "closes its oldest building",
        "hired forty people",
        "moved its yearly feast",
        "sold two boats",
        "lost a court case",
    ];
    (0..4u32)
        .map(|part| {
            let pick = |list: [&'static str; 7], step: u32| list[((seed * 5 + part * step) % 7) as usize];
            format!(
                "{} {} in week {}, a spokeswoman said, and {} people came to the meeting where it was announced. \
                 The decision number {} follows a report of {} pages, which the council had ordered, \
                 and nobody expects the work to end before the autumn.",
                pick(WHO, 3),
                pick(WHAT, 2),
                seed % 50 + part,
                seed * 13 + part * 7 + 11,
                seed * 101 + part,
                seed + part * 3 + 20,
            )
        })
        .collect()
}
