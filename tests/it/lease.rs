//! Leases: who dies is not missed, who is late does no harm, who kills is found, and sites are asked in turn,
//! by however many daemons.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::{Connection as _, PgConnection};
use tokio::sync::Barrier;
use wiresift::clock::Clock as _;
use wiresift::pipeline::Step as _;
use wiresift::polling::schedule::Plan;
use wiresift::store::{
    DueFeed, FeedChange, Filing, Lease, NextRequest, PendingEntry, Politeness, PollRecord,
    Recording, SiteStep, Store, StoreError, UnchangedPoll,
};
use wiresift_feed::Validators;

use crate::harness::desk::{Desk, WIDE, id, verdict};
use crate::harness::newsroom::{self, Newsroom, prose, rss};
use crate::harness::steps::{Steps, memory, permit};
use crate::harness::stub::{Gate, Reply};

/// Sessions of this database that wait for a lock.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

const NARROW: Politeness = Politeness { concurrency: 1, spacing: Duration::from_secs(1), ..WIDE };

#[tokio::test]
async fn an_entry_falls_back_when_its_holder_is_gone() {
    let desk = Desk::new().await;
    let first = desk.leased(&["http://a.example/1"]).await.remove(0);
    desk.advance(Duration::from_secs(89));
    assert!(desk.lease_all().await.is_empty());
    desk.advance(Duration::from_secs(3));
    let second = desk.lease_all().await.remove("http://a.example/1").unwrap();
    assert_ne!(first.token, second.token);
    assert_eq!((first.attempts, second.attempts), (1, 2));
    // Late and early, in this order: the late one changes nothing.
    let late = desk.file(&[desk.article(&first, "Late", &prose(1))]).await;
    assert_eq!(verdict(&late[0]), "LeaseLost");
    assert_eq!(desk.count("SELECT count(*) FROM news.all_articles").await, 0);
    let filed = desk.file(&[desk.article(&second, "In time", &prose(1))]).await;
    id(&filed[0]);
    let revisit = desk.file(&[desk.article(&second, "Twice", &prose(2))]).await;
    assert_eq!(verdict(&revisit[0]), "LeaseLost");
    desk.states().await;
}

/// The record of a poll that found nothing new.
fn unchanged<'a>(
    desk: &Desk,
    lease: &'a Lease<DueFeed>,
    plan: &'a Plan,
    validators: &'a Validators,
) -> Recording<'a> {
    let feed = &lease.item;
    Recording {
        at: desk.now(),
        status: Some(304),
        plan,
        next: NextRequest {
            at: desk.now() + Duration::from_mins(15),
            url: feed.url.clone(),
            host: feed.host.clone(),
            hops: 0,
            cookies: None,
        },
        change: FeedChange::Unchanged { validators },
        site: SiteStep { asked_at: Some(desk.now()), hold: None },
    }
}

async fn record_unchanged(desk: &Desk, lease: &Lease<DueFeed>) -> Result<PollRecord, StoreError> {
    let (plan, validators) = (Plan::unchanged(&lease.item.history), Validators::default());
    let recording = unchanged(desk, lease, &plan, &validators);
    desk.store.record_poll(lease, &recording, &WIDE).await
}

/// Feeds and sites, with all that a poll may change.
const POLLED: &str = "SELECT json_build_array(
    (SELECT json_agg(f ORDER BY f.url) FROM wiresift.feeds f),
    (SELECT json_agg(s ORDER BY s.host) FROM wiresift.sites s))";

#[tokio::test]
async fn polls_recorded_together_are_recorded_as_each_alone() {
    let (together, alone) = (Desk::new().await, Desk::new().await);
    let urls =
        ["http://f.example/1", "http://f.example/2", "http://g.example/", "http://h.example/"];
    let mut states = Vec::new();
    for (desk, is_together) in [(&together, true), (&alone, false)] {
        let list: Vec<_> = urls.iter().map(|url| newsroom::listed(url)).collect();
        desk.store.sync_feeds(&list, desk.now()).await.unwrap();
        let mut leases = desk.store.lease_feeds(desk.now(), 9, permit(), &WIDE).await.unwrap();
        leases.extend(desk.store.lease_feeds(desk.now(), 9, permit(), &WIDE).await.unwrap());
        assert_eq!(leases.len(), 4);
        let late = leases.iter().position(|lease| lease.item.host == "h.example").unwrap();
        leases[late].token = leases[late - 1].token;
        desk.advance(Duration::from_secs(1));
        let validators = Validators { etag: Some("\"1\"".to_owned()), last_modified: None };
        let plans: Vec<Plan> =
            leases.iter().map(|lease| Plan::unchanged(&lease.item.history)).collect();
        let recordings = leases.iter().zip(&plans);
        let recordings: Vec<(&Lease<DueFeed>, Recording<'_>)> = recordings
            .map(|(lease, plan)| (lease, unchanged(desk, lease, plan, &validators)))
            .collect();
        if is_together {
            let polls = recordings.iter().map(|(lease, recording)| {
                UnchangedPoll::of(lease, recording, &WIDE).expect("it changes nothing else")
            });
            let held = desk.store.record_unchanged(polls.collect()).await.unwrap();
            assert_eq!(held.len(), 3, "one has lost its lease");
        } else {
            for (lease, recording) in &recordings {
                let record = desk.store.record_poll(lease, recording, &WIDE).await;
                assert_eq!(record.is_ok(), lease.item.host != "h.example");
            }
        }
        let state: serde_json::Value =
            sqlx::query_scalar(POLLED).fetch_one(&desk.pool).await.unwrap();
        states.push(state);
    }
    for (together, alone) in rows(&states[0]).zip(rows(&states[1])) {
        for (name, value) in together {
            let is_random =
                ["lease_token", "lease_expires_at", "slots", "poll_at"].contains(&name.as_str());
            let is_lost = together["host"] == "h.example";
            if !(is_random || is_lost && name == "next_poll_at") {
                assert_eq!(value, &alone[name], "{name} of {}", together["host"]);
            }
        }
    }
}

/// The rows of all tables of a state.
fn rows(
    state: &serde_json::Value,
) -> impl Iterator<Item = &serde_json::Map<String, serde_json::Value>> {
    let tables = state.as_array().unwrap().iter();
    tables.flat_map(|table| table.as_array().unwrap()).map(|row| row.as_object().unwrap())
}

#[tokio::test]
async fn a_worker_knows_when_the_next_site_opens() {
    let desk = Desk::new().await;
    let first = desk.leased(&["http://a.example/1", "http://a.example/2"]).await.remove(0);
    let spaced = Politeness { spacing: Duration::from_millis(70), ..WIDE };
    let asked = Filing {
        site: SiteStep { asked_at: Some(desk.now()), hold: None },
        ..desk.article(&first, "First", &prose(1))
    };
    desk.store.file(&[asked], &spaced).await.unwrap();
    sqlx::query(
        "WITH due AS (UPDATE wiresift.entries SET next_try_at = $1, lease_token = NULL,
                      lease_expires_at = NULL WHERE state = 'pending')
         UPDATE wiresift.sites SET read_at = $1, slots = '{}' WHERE host = 'a.example'",
    )
    .bind(desk.now())
    .execute(&desk.pool)
    .await
    .unwrap();
    let most = Duration::from_millis(200);
    let until = |by: u64| {
        let now = desk.now() + Duration::from_millis(by);
        let store = &desk.store;
        async move { store.until_entries_open(now, most, &spaced).await }
    };
    assert_eq!(until(0).await, Duration::from_millis(70));
    assert_eq!(until(30).await, Duration::from_millis(40));
    assert_eq!(until(70).await, most, "it is open now");
    let rare = Politeness { spacing: Duration::from_secs(9), ..WIDE };
    assert_eq!(desk.store.until_feeds_open(desk.now(), most, &rare).await, most, "no feed is due");
}

#[tokio::test]
async fn a_feed_falls_back_when_its_holder_is_gone() {
    let desk = Desk::new().await;
    desk.store.sync_feeds(&[newsroom::listed("http://f.example/")], desk.now()).await.unwrap();
    let first = desk.store.lease_feeds(desk.now(), 9, permit(), &WIDE).await.unwrap().remove(0);
    assert!(desk.store.lease_feeds(desk.now(), 9, permit(), &WIDE).await.unwrap().is_empty());
    desk.advance(WIDE.lease + Duration::from_secs(2));
    let second = desk.store.lease_feeds(desk.now(), 9, permit(), &WIDE).await.unwrap().remove(0);
    let late = record_unchanged(&desk, &first).await;
    assert!(matches!(late, Err(StoreError::LeaseLost { what: "feed", .. })), "{late:?}");
    record_unchanged(&desk, &second).await.unwrap();
    desk.advance(Duration::from_secs(899));
    assert!(desk.store.lease_feeds(desk.now(), 9, permit(), &WIDE).await.unwrap().is_empty());
    desk.advance(Duration::from_secs(1));
    assert_eq!(desk.store.lease_feeds(desk.now(), 9, permit(), &WIDE).await.unwrap().len(), 1);
}

#[tokio::test]
async fn at_one_moment_one_of_many_gets_the_turn() {
    let desk = Desk::new().await;
    desk.shows(
        "http://f.example/",
        &[("http://a.example/1", "1"), ("http://a.example/2", "2"), ("http://b.example/1", "3")],
    )
    .await;
    let barrier = Arc::new(Barrier::new(8));
    let tries = (0..8).map(|_| {
        let (store, barrier, now) =
            (Store::new(desk.options.clone(), 1), Arc::clone(&barrier), desk.now());
        tokio::spawn(async move {
            store.ping().await.unwrap();
            barrier.wait().await;
            store.lease_entries(now, 10, permit(), &NARROW).await.unwrap()
        })
    });
    let leases: Vec<Lease<PendingEntry>> =
        join_all(tries).await.into_iter().flat_map(Result::unwrap).collect();
    let mut hosts: Vec<&str> = leases.iter().map(|lease| lease.item.host.as_str()).collect();
    hosts.sort_unstable();
    // Skipping a locked site may leave it for the next turn, never give it twice.
    hosts.dedup();
    assert_eq!(hosts.len(), leases.len());
    desk.advance(Duration::from_secs(5));
    assert!(
        desk.store.lease_entries(desk.now(), 10, permit(), &NARROW).await.unwrap().len()
            + leases.len()
            <= 2
    );
}

/// A site that allows two requests at once gets two and no third, whichever way the turns are taken.
#[tokio::test]
async fn slots_are_counted_one_by_one() {
    let desk = Desk::new().await;
    let two = Politeness { concurrency: 2, ..WIDE };
    let now = desk.now();
    let first = desk.store.acquire_slot("a.example", now, &two).await.unwrap().unwrap();
    let second = desk.store.acquire_slot("a.example", now, &two).await.unwrap().unwrap();
    assert_ne!(first, second, "the slot is known by its instant");
    assert_eq!(desk.store.acquire_slot("a.example", now, &two).await.unwrap(), None);
    desk.store.release_slot("a.example", first, &SiteStep::default(), &two, now).await.unwrap();
    assert!(desk.store.acquire_slot("a.example", now, &two).await.unwrap().is_some());
    assert_eq!(desk.store.acquire_slot("a.example", now, &two).await.unwrap(), None);
    // Entries and feeds of the site count as well.
    desk.shows(
        "http://f.example/",
        &[("http://a.example/1", "1"), ("http://a.example/2", "2"), ("http://a.example/3", "3")],
    )
    .await;
    let now = desk.now();
    let turn = desk.store.acquire_slot("a.example", now, &two).await.unwrap().unwrap();
    let leased = desk.store.lease_entries(now, 9, permit(), &two).await.unwrap();
    assert_eq!(leased.len(), 1);
    assert!(desk.store.lease_entries(now, 9, permit(), &two).await.unwrap().is_empty());
    desk.store.release_slot("a.example", turn, &SiteStep::default(), &two, now).await.unwrap();
    assert_eq!(desk.store.lease_entries(now, 9, permit(), &two).await.unwrap().len(), 1);
    // A site that wants to be left alone is, for as long as it says.
    let hold =
        SiteStep { asked_at: Some(now), hold: Some((Duration::from_mins(5), "429".to_owned())) };
    desk.store.release_slot("a.example", leased[0].expires_at, &hold, &two, now).await.unwrap();
    desk.advance(Duration::from_secs(299));
    assert!(desk.store.lease_entries(desk.now(), 9, permit(), &two).await.unwrap().is_empty());
    desk.advance(Duration::from_secs(1));
    assert!(!desk.store.lease_entries(desk.now(), 9, permit(), &two).await.unwrap().is_empty());
}

/// Two daemons, one database: the site is asked by one at a time, a second apart, and for each page once.
#[tokio::test]
async fn two_daemons_ask_a_site_in_turn() {
    let room = Newsroom::new().await;
    let other = newsroom::steps(&Store::new(room.options.clone(), 4), &room.clock);
    let pages: Vec<(String, String)> =
        (0..6).map(|n| (format!("/p{n}"), format!("Story {n}"))).collect();
    let items: Vec<(&str, &str)> =
        pages.iter().map(|(path, title)| (path.as_str(), title.as_str())).collect();
    room.serves_feed(&items);
    for ((path, title), n) in pages.iter().zip(0..) {
        room.serves_page(path, title, &prose(n));
    }
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    let mut asked_at = Vec::new();
    for tick in 0..120 {
        let before = room.stub.requests().len();
        Box::pin(futures_util::future::join(turn(&room.steps), turn(&other))).await;
        let asked = room.stub.requests().len() - before;
        assert!(asked <= 1, "{asked} requests in one moment");
        if asked == 1 {
            asked_at.push(tick);
        }
        room.clock.advance(Duration::from_millis(250));
    }
    assert!(asked_at.windows(2).all(|two| two[1] - two[0] >= 4), "{asked_at:?}");
    let requests = room.stub.requests();
    assert!(requests.iter().all(|seen| seen.in_flight_at_host == 1));
    for (path, _) in &pages {
        assert_eq!(room.stub.requests_to(path).len(), 1, "{path}");
    }
    assert_eq!(room.count("SELECT count(*) FROM news.articles").await, 6);
    room.reconciled().await;
}

/// One turn of both cranks of a daemon.
async fn turn(steps: &Arc<Steps>) {
    for lease in steps.poll.lease(10).await.unwrap() {
        steps.poll.poll(lease, &memory()).await;
    }
    let mut filings = Vec::new();
    for lease in steps.read.lease(10).await.unwrap() {
        filings.push(steps.read.read(lease, &memory()).await);
    }
    steps.filer.file(&filings).await;
}

/// While one daemon waits for a slow answer, the other leaves the site alone, whatever it finds due there.
#[tokio::test]
async fn a_request_under_way_holds_the_site() {
    let room = Newsroom::new().await;
    let other = newsroom::steps(&Store::new(room.options.clone(), 4), &room.clock);
    room.serves_feed(&[("/slow", "Slow"), ("/next", "Next")]);
    let gate = Gate::new();
    room.stub.serves(
        "/slow",
        Reply::ok(newsroom::page("Slow", &prose(1)))
            .header("Content-Type", "text/html")
            .behind(&gate),
    );
    room.serves_page("/next", "Next", &prose(2));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    assert_eq!(room.poll_due().await, 1);
    room.clock.advance(Duration::from_secs(1));
    room.read_due().await; // robots.txt
    room.clock.advance(Duration::from_secs(2));
    let lease = room.steps.read.lease(9).await.unwrap().remove(0);
    assert!(lease.item.url.as_deref().is_some_and(|url| url.ends_with("/slow")));
    let seen = room.stub.requests().len();
    let steps = Arc::clone(&room.steps);
    let reading = tokio::spawn(async move { steps.read.read(lease, &memory()).await });
    room.stub.has_seen(seen + 1).await;
    for _ in 0..5 {
        room.clock.advance(Duration::from_secs(3));
        assert!(other.read.lease(9).await.unwrap().is_empty());
    }
    gate.open();
    let filing = reading.await.unwrap();
    room.steps.filer.file(&[filing]).await;
    assert!(
        other.read.lease(9).await.unwrap().is_empty(),
        "spacing counts from the end of the answer"
    );
    room.clock.advance(Duration::from_secs(1));
    assert_eq!(other.read.lease(9).await.unwrap().len(), 1);
}

/// Entries that arrive while a lease statement has looked, and has not committed, are not forgotten.
#[tokio::test]
async fn work_that_arrives_during_a_lease_is_not_forgotten() {
    let desk = Desk::new().await;
    desk.shows("http://f.example/", &[("http://a.example/1", "1")]).await;
    // The lease stops in its gate update: the site is locked, the entries have been looked at.
    sqlx::raw_sql(
        "CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN
             IF NEW.host = 'a.example' AND cardinality(NEW.slots) > cardinality(OLD.slots) THEN PERFORM pg_advisory_xact_lock_shared(7); END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER hold BEFORE UPDATE ON wiresift.sites FOR EACH ROW EXECUTE FUNCTION public.hold()",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    let mut holder = PgConnection::connect_with(&desk.options).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(7)").execute(&mut holder).await.unwrap();
    let (store, now) = (Store::new(desk.options.clone(), 1), desk.now());
    let leasing = tokio::spawn(async move { store.lease_entries(now, 9, permit(), &WIDE).await });
    while desk.count(WAITING).await < 1 {
        tokio::task::yield_now().await;
    }
    // Another feed's poll adds an entry of the same site, and stops at the site's row.
    let desk = Arc::new(desk);
    let polling = tokio::spawn({
        let desk = Arc::clone(&desk);
        async move { desk.shows_at_once("http://g.example/", &[("http://a.example/2", "2")]).await }
    });
    while desk.count(WAITING).await < 2 {
        tokio::task::yield_now().await;
    }
    sqlx::query("SELECT pg_advisory_unlock(7)").execute(&mut holder).await.unwrap();
    assert_eq!(leasing.await.unwrap().unwrap().len(), 1);
    polling.await.unwrap();
    let leases = desk.store.lease_entries(desk.now(), 9, permit(), &WIDE).await.unwrap();
    assert_eq!(leases.len(), 1, "the second entry is due now, and its site must know");
}

/// A filing has locked an entry that waits under its address, and comes for the site later; a lease has the site and
/// comes for the entry. The lease passes it over, so neither waits for the other.
#[tokio::test]
async fn a_lease_passes_over_what_a_filing_has_locked() {
    let desk = Desk::new().await;
    desk.shows("http://f.example/", &[("http://a.example/1", "T")]).await;
    desk.shows("http://g.example/", &[("http://a.example/1", "T")]).await;
    let first = desk.store.lease_entries(desk.now(), 9, permit(), &WIDE).await.unwrap().remove(0);
    sqlx::raw_sql(
        "CREATE FUNCTION public.hold() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN PERFORM pg_advisory_xact_lock_shared(7); RETURN NULL; END $$;
         CREATE TRIGGER hold AFTER INSERT ON wiresift.articles EXECUTE FUNCTION public.hold()",
    )
    .execute(&desk.pool)
    .await
    .unwrap();
    let mut holder = PgConnection::connect_with(&desk.options).await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(7)").execute(&mut holder).await.unwrap();
    let (store, batch) =
        (Store::new(desk.options.clone(), 1), [desk.article(&first, "T", &prose(1))]);
    let filing = tokio::spawn(async move { store.file(&batch, &WIDE).await });
    while desk.count(WAITING).await < 1 {
        tokio::task::yield_now().await;
    }
    assert!(desk.store.lease_entries(desk.now(), 9, permit(), &WIDE).await.unwrap().is_empty());
    let open =
        "SELECT count(*) FROM wiresift.sites WHERE host = 'a.example' AND read_at IS NOT NULL";
    assert_eq!(desk.count(open).await, 1, "the entry still waits, and its site knows");
    sqlx::query("SELECT pg_advisory_unlock(7)").execute(&mut holder).await.unwrap();
    assert_eq!(verdict(&filing.await.unwrap().unwrap()[0]), "new");
    assert_eq!(
        desk.states().await,
        [("filed".into(), "known-address".into(), 1), ("filed".into(), "new-from-page".into(), 1)]
    );
}

/// A reload has changed feeds and comes for their sites; a lease has the sites and comes for the feeds.
#[tokio::test]
async fn a_reload_during_leases_is_applied() {
    let desk = Desk::new().await;
    let list: Vec<_> =
        (0..20).map(|n| newsroom::listed(&format!("http://f{n}.example/"))).collect();
    desk.store.sync_feeds(&list, desk.now()).await.unwrap();
    // Somebody has a site, as a lease does between its two statements.
    let mut holder = PgConnection::connect_with(&desk.options).await.unwrap();
    let mut lease = holder.begin().await.unwrap();
    sqlx::query("SELECT FROM wiresift.sites WHERE host = 'f3.example' FOR UPDATE")
        .execute(&mut *lease)
        .await
        .unwrap();
    let renamed: Vec<_> = list
        .into_iter()
        .map(|feed| wiresift::store::ListedFeed {
            name: Some("New".to_owned()),
            every_s: Some(60),
            ..feed
        })
        .collect();
    let (store, now) = (Store::new(desk.options.clone(), 1), desk.now() + Duration::from_secs(1));
    // Lowers the bound of every site, so that it has to write them all.
    sqlx::query("UPDATE wiresift.sites SET poll_at = now() + interval '99 years' WHERE host <> 'f3.example'")
        .execute(&desk.pool)
        .await
        .unwrap();
    sqlx::query(
        "UPDATE wiresift.sites SET poll_at = now() + interval '99 years' WHERE host = 'f3.example'",
    )
    .execute(&mut *lease)
    .await
    .unwrap();
    let reload = tokio::spawn(async move { store.sync_feeds(&renamed, now).await });
    while desk.count(WAITING).await < 1 {
        tokio::task::yield_now().await;
    }
    // The second statement of the lease: what is free, and no waiting for what is not.
    let free: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM wiresift.feeds WHERE host = 'f3.example' FOR UPDATE SKIP LOCKED",
    )
    .fetch_all(&mut *lease)
    .await
    .unwrap();
    assert!(free.is_empty());
    sqlx::query("UPDATE wiresift.feeds SET hops = 0 WHERE false")
        .execute(&mut *lease)
        .await
        .unwrap();
    lease.commit().await.unwrap();
    let report = reload.await.unwrap().unwrap();
    assert_eq!(report.changed.len(), 20);
    let leased = desk.store.lease_feeds(now, 99, permit(), &WIDE).await.unwrap().len();
    assert_eq!(leased, 20, "every feed keeps its turn");
}

/// Plays a daemon whose process dies whenever a certain page is being read. The dead one's leases are taken back by
/// the next one, as the embedded database allows.
async fn lives_and_deaths(room: &Newsroom, killer: &str, parses: bool) -> usize {
    let mut deaths = 0;
    'life: loop {
        let steps = newsroom::steps(&room.store, &room.clock);
        room.store.break_leases(room.clock.now(), &steps.pipeline.politeness).await.unwrap();
        let mut idle = 0;
        while idle < 8 {
            room.clock.advance(Duration::from_secs(1));
            let leases = steps.read.lease(100).await.unwrap();
            idle = if leases.is_empty() { idle + 1 } else { 0 };
            let killing = leases.iter().find(|lease| lease.item.url.as_deref() == Some(killer));
            if let Some(lease) = killing.filter(|lease| !lease.is_quarantined()) {
                if parses {
                    room.store.begin_parsing_entry(lease).await.unwrap();
                }
                deaths += 1;
                assert!(deaths < 40, "nobody finds out who kills");
                continue 'life;
            }
            let mut filings = Vec::new();
            for lease in leases {
                filings.push(steps.read.read(lease, &memory()).await);
            }
            steps.filer.file(&filings).await;
        }
        return deaths;
    }
}

#[tokio::test]
async fn the_page_that_kills_is_found_and_the_bystanders_are_cleared() {
    killer_is_found(true).await;
}

/// Whoever dies while the answer is awaited is given up too, but much later: chance does not do that so often.
#[tokio::test]
async fn the_page_that_kills_before_it_is_parsed_is_found_too() {
    killer_is_found(false).await;
}

async fn killer_is_found(parses: bool) {
    let room = Newsroom::new().await;
    let sites = ["a", "b", "c", "d", "e"];
    let links: Vec<String> = sites.iter().map(|name| room.stub.site(name).url("/story")).collect();
    for (name, n) in sites.iter().zip(0..) {
        room.stub.site(name).serves(
            "/story",
            Reply::ok(newsroom::page("A story", &prose(n))).header("Content-Type", "text/html"),
        );
    }
    let items: Vec<(String, String)> =
        links.iter().map(|link| (link.clone(), "A story".to_owned())).collect();
    let items: Vec<(&str, &str)> =
        items.iter().map(|(link, title)| (link.as_str(), title.as_str())).collect();
    room.stub.serves("/feed.xml", Reply::ok(rss("", &items)));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    assert_eq!(room.poll_due().await, 1);
    let deaths = lives_and_deaths(&room, &links[2], parses).await;
    assert_eq!(deaths, if parses { 7 } else { 20 });
    assert_eq!(
        room.accounting().await,
        [
            ("abandoned".into(), "quarantined".into(), 1),
            ("filed".into(), "new-from-page".into(), 4)
        ]
    );
    room.reconciled().await;
}

#[tokio::test]
async fn suspects_are_leased_one_at_a_time() {
    let room = Newsroom::new().await;
    let links: Vec<String> =
        ["a", "b", "c"].iter().map(|name| room.stub.site(name).url("/story")).collect();
    let items: Vec<(&str, &str)> = links.iter().map(|link| (link.as_str(), "T")).collect();
    room.stub.serves("/feed.xml", Reply::ok(rss("", &items)));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.poll_due().await;
    for _ in 0..2 {
        assert_eq!(room.steps.read.lease(9).await.unwrap().len(), 3);
        room.clock.advance(Duration::from_secs(3));
        room.store.break_leases(room.clock.now(), &room.steps.pipeline.politeness).await.unwrap();
        room.clock.advance(Duration::from_secs(3));
    }
    // All three are suspects now. One is leased, and no other until it has been dealt with.
    let first = room.steps.read.lease(9).await.unwrap();
    assert_eq!(first.len(), 1);
    assert!(
        room.steps.read.lease(9).await.unwrap().is_empty(),
        "a second suspect beside the first"
    );
    for lease in first {
        let filing = room.steps.read.read(lease, &memory()).await;
        room.steps.filer.file(&[filing]).await;
    }
    room.clock.advance(Duration::from_secs(3));
    assert!(!room.steps.read.lease(9).await.unwrap().is_empty(), "the next suspect's turn");
}

/// The same for feeds: who shares the process with a feed that kills is not counted as failing.
#[tokio::test]
async fn the_feed_that_kills_is_found_and_the_bystanders_are_cleared() {
    let room = Newsroom::new().await;
    let sites = ["a", "b", "c", "d", "e"];
    let urls: Vec<String> =
        sites.iter().map(|name| room.stub.site(name).url("/feed.xml")).collect();
    room.stub.serves("/feed.xml", Reply::ok(rss("http://x.example", &[])));
    room.lists(&urls.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut deaths = 0;
    'life: loop {
        let steps = newsroom::steps(&room.store, &room.clock);
        room.store.break_leases(room.clock.now(), &steps.pipeline.politeness).await.unwrap();
        for _ in 0..12 {
            room.clock.advance(Duration::from_secs(1));
            let leases = steps.poll.lease(100).await.unwrap();
            let killing = leases.iter().find(|lease| lease.item.url == urls[1]);
            if let Some(lease) = killing.filter(|lease| !lease.is_quarantined()) {
                room.store.begin_parsing_feed(lease).await.unwrap();
                deaths += 1;
                assert!(deaths < 40, "nobody finds out who kills");
                continue 'life;
            }
            for lease in leases {
                steps.poll.poll(lease, &memory()).await;
            }
        }
        break;
    }
    assert_eq!(deaths, 7);
    let feeds: Vec<(String, i32, Option<i32>)> =
        sqlx::query_as("SELECT url, failures, last_status FROM wiresift.feeds ORDER BY url")
            .fetch_all(&room.pool)
            .await
            .unwrap();
    for (url, failures, status) in feeds {
        let expected = if url == urls[1] { (1, None) } else { (0, Some(200)) };
        assert_eq!((failures, status), expected, "{url}");
    }
}

#[tokio::test]
async fn leases_of_the_dead_are_broken_and_spacing_is_kept() {
    let desk = Desk::new().await;
    let leases = desk.leased(&["http://a.example/1", "http://b.example/1"]).await;
    desk.file(&[desk.article(&leases[1], "T", &prose(1))]).await;
    assert_eq!(desk.store.break_leases(desk.now(), &NARROW).await.unwrap(), 1);
    assert_eq!(desk.store.break_leases(desk.now(), &NARROW).await.unwrap(), 0);
    let slots: BTreeMap<String, i32> =
        sqlx::query_as("SELECT host, cardinality(slots) FROM wiresift.sites")
            .fetch_all(&desk.pool)
            .await
            .unwrap()
            .into_iter()
            .collect();
    assert_eq!(slots["a.example"], 0);
    // The dead one may have asked just now.
    assert!(desk.store.lease_entries(desk.now(), 9, permit(), &NARROW).await.unwrap().is_empty());
    desk.advance(NARROW.spacing);
    let revisit = desk.store.lease_entries(desk.now(), 9, permit(), &NARROW).await.unwrap();
    assert_eq!(revisit.len(), 1);
    assert_eq!(revisit[0].attempts, 2, "a death is remembered");
    let late = desk.file(&[desk.article(&leases[0], "Late", &prose(2))]).await;
    assert_eq!(verdict(&late[0]), "LeaseLost");
}
