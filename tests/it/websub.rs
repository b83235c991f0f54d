//! WebSub: what a feed names is subscribed to, what its hub delivers is filed, and a hub that falls silent is found out.

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;
use wiresift::clock::Clock as _;
use wiresift::pipeline::Step as _;
use wiresift::store::ListedFeed;
use wiresift_feed::parse;

use crate::harness::hub::{Ask, Pressroom, settings_at, sign};
use crate::harness::newsroom::{listed, page, prose, rss, steps_with};
use crate::harness::process::Home;
use crate::harness::stub::{Gate, Reply, Stub};

const DAY: Duration = Duration::from_hours(24);
const ONE: (&str, &str) = ("/a", "One");
const TWO: (&str, &str) = ("/b", "Two");

fn standing(state: &str, trust: &str) -> Vec<(String, String)> {
    vec![(state.to_owned(), trust.to_owned())]
}

async fn next_poll_at(press: &Pressroom) -> DateTime<Utc> {
    sqlx::query_scalar("SELECT next_poll_at FROM wiresift.feeds")
        .fetch_one(&press.room.pool)
        .await
        .unwrap()
}

/// Subscribed, polled once more, and relied upon since a delivery brought something new.
async fn relied_upon() -> (Pressroom, Ask) {
    let press = Pressroom::new().await;
    let ask = press.subscribes(&[ONE]).await;
    press.room.clock.advance(Duration::from_hours(1));
    assert_eq!(press.room.poll_due().await, 1);
    assert_eq!(ask.push(&press.document(&[TWO, ONE]), "sha256").await, 202);
    assert_eq!(press.standing().await, standing("active", "proven"));
    press.shows(&[TWO, ONE]);
    press.room.clock.advance(Duration::from_hours(1));
    assert_eq!(press.room.poll_due().await, 1);
    (press, ask)
}

#[test]
fn documents_name_their_hub_in_every_dialect() {
    let base = Url::parse("https://paper.example/feed").unwrap();
    let now = DateTime::UNIX_EPOCH;
    for text in [
        "<rss><channel><atom:link rel='hub' href='https://hub.example/'/><atom:link rel='self' href='/all'/>\
         <item><guid>1</guid><atom:link rel='hub' href='https://no.example/'/></item></channel></rss>",
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='/x/'><link rel='HUB' href='https://hub.example'/>\
         <link rel='self' href='../all'/><entry><id>1</id></entry></feed>",
        r#"{"version": "https://jsonfeed.org/version/1.1", "feed_url": "/all", "items": [{"id": "1"}],
            "hubs": [{"type": "rssCloud", "url": "https://no.example/"}, {"type": "WebSub", "url": "https://hub.example/"}]}"#,
    ] {
        let feed = parse(text.as_bytes(), None, &base, now).unwrap();
        let named = feed.links.offer(&base).unwrap();
        assert_eq!(
            named.hubs.iter().map(Url::as_str).collect::<Vec<_>>(),
            ["https://hub.example/"],
            "{text}"
        );
        assert_eq!(named.topic, "https://paper.example/all");
        assert_eq!(feed.entries.len(), 1);
    }
}

#[tokio::test]
async fn a_hub_is_asked_for_what_the_feed_names_and_only_that_is_confirmed() {
    let press = Pressroom::new().await;
    press.shows(&[ONE]);
    press.room.lists(&[&press.feed_url()]).await;
    press.room.poll_due().await;

    let ask = press.ask_due().await.remove(0);
    assert_eq!((ask.mode.as_str(), ask.topic.as_str()), ("subscribe", press.feed_url().as_str()));
    assert_eq!(ask.lease.as_deref(), Some("864000"));
    let (base, token) = ask.callback.rsplit_once('/').unwrap();
    assert!(base.ends_with("/websub") && token.len() == 64);
    assert_eq!(ask.secret.as_ref().map(String::len), Some(64));
    assert_ne!(ask.secret.as_deref(), Some(token));

    let elsewhere = Ask { topic: "http://other.example/".to_owned(), ..ask.clone() };
    assert_eq!(elsewhere.verify(60).await.0, 404);
    let other_way = Ask { mode: "unsubscribe".to_owned(), ..ask.clone() };
    assert_eq!(other_way.verify(60).await.0, 404);
    let guessed = Ask { callback: ask.callback.replace(token, &"0".repeat(64)), ..ask.clone() };
    assert_eq!(guessed.verify(60).await.0, 404);
    assert_eq!(guessed.push("<rss/>", "sha256").await, 410);
    assert_eq!(ask.call(&[("hub.mode", "subscribe")]).await.0, 400);
    assert_eq!(press.standing().await, standing("requested", "unproven"));

    assert_eq!(ask.verify(864_000).await, (200, "ch<all>enge".to_owned()));
    assert_eq!(press.standing().await, standing("active", "unproven"));
    // The same question again, because the answer was lost; and a day later, when nobody has asked.
    assert_eq!(ask.verify(864_000).await.0, 200);
    press.room.clock.advance(DAY);
    assert_eq!(ask.verify(864_000).await.0, 404);
    assert!(press.ask_due().await.is_empty());
}

#[tokio::test]
async fn headers_come_before_the_document() {
    let press = Pressroom::new().await;
    let link = format!("<{}>; rel=\"hub\"", press.room.stub.site("other").url("/hub"));
    let reply = Reply::ok(press.document(&[ONE])).header("Link", &link);
    press.room.stub.serves("/feed.xml", reply);
    press.room.lists(&[&press.feed_url()]).await;
    press.room.poll_due().await;
    assert_eq!(press.ask_due().await.len(), 1);
    let hosts: Vec<String> = press.room.stub.requests().into_iter().map(|seen| seen.host).collect();
    assert!(
        hosts.contains(&"other.localhost".to_owned())
            && !hosts.contains(&"hub.localhost".to_owned())
    );
}

#[tokio::test]
async fn a_hub_may_call_before_it_answers() {
    let press = Pressroom::new().await;
    press.shows(&[ONE]);
    press.room.lists(&[&press.feed_url()]).await;
    press.room.poll_due().await;
    let gate = Gate::new();
    press.room.stub.serves("/hub", Reply::status(500).behind(&gate));
    let calls = async {
        press.room.stub.has_seen(2).await;
        assert_eq!(press.asks()[0].verify(864_000).await.0, 200);
        gate.open();
    };
    tokio::join!(press.ask_due(), calls);
    assert_eq!(press.standing().await, standing("active", "unproven"));
}

/// A denial is not signed: anybody who has seen the callback's address can send one.
#[tokio::test]
async fn a_denial_makes_us_ask_the_hub_and_poll_and_ends_nothing() {
    let (press, ask) = relied_upon().await;
    assert!(next_poll_at(&press).await > press.room.clock.now() + Duration::from_hours(5));
    press.room.clock.advance(Duration::from_mins(1));
    let denied = [
        ("hub.mode", "denied"),
        ("hub.topic", ask.topic.as_str()),
        ("hub.reason", "no such topic"),
    ];
    assert_eq!(ask.call(&[denied[0], ("hub.topic", "http://other.example/")]).await.0, 404);
    for _ in 0..3 {
        assert_eq!(ask.call(&denied).await.0, 202);
    }
    assert_eq!(press.standing().await, standing("active", "proven"));
    assert_eq!(press.events("hub-denied").await, 1);
    assert_eq!(press.room.poll_due().await, 1);
    let error: Option<String> = sqlx::query_scalar("SELECT last_error FROM news.subscriptions")
        .fetch_one(&press.room.pool)
        .await
        .unwrap();
    assert_eq!(error.as_deref(), Some("no such topic"));
    // The hub is asked at once, and knows of nothing.
    let again = press.ask_due().await.remove(0);
    assert_eq!(ask.call(&denied).await.0, 202);
    assert!(press.ask_due().await.is_empty());
    assert_eq!(again.verify(864_000).await.0, 200);
    assert_eq!(press.standing().await, standing("active", "proven"));
    // If it meant it, the subscription ends with its lease, and the feed is polled as before.
    press.room.clock.advance(Duration::from_hours(2));
    assert_eq!(ask.call(&denied).await.0, 202);
    assert_eq!(press.ask_due().await.len(), 1);
    press.room.clock.advance(11 * DAY);
    assert_eq!(ask.call(&denied).await.0, 202);
    assert_eq!(press.standing().await, standing("denied", "proven"));
    assert_eq!(press.room.poll_due().await, 1);
    // It is asked again, days later.
    assert!(press.ask_due().await.is_empty());
    press.room.clock.advance(3 * DAY);
    assert_eq!(press.ask_due().await.len(), 1);
}

#[tokio::test]
async fn a_hub_that_refuses_is_asked_less_and_less_and_a_redirect_is_followed() {
    let press = Pressroom::new().await;
    let there = press.room.stub.site("there").url("/new");
    let replies = [
        Reply::status(503).header("Retry-After", "7200"),
        Reply::redirect(302, &there),
        Reply::redirect(308, &there),
    ];
    press.room.stub.script("/hub", replies);
    press.room.stub.serves("/new", Reply::status(202));
    press.shows(&[ONE]);
    press.room.lists(&[&press.feed_url()]).await;
    press.room.poll_due().await;
    assert_eq!(press.ask_due().await.len(), 1);
    assert_eq!(press.standing().await, standing("denied", "unproven"));
    press.room.clock.advance(Duration::from_hours(1));
    assert!(press.ask_due().await.is_empty());
    press.room.clock.advance(Duration::from_hours(2));
    // What would make a GET of it is no redirect for a request like this.
    assert_eq!(press.ask_due().await.len(), 1);
    assert_eq!(press.standing().await, standing("denied", "unproven"));
    press.room.clock.advance(DAY);
    assert_eq!(press.ask_due().await.len(), 1);
    let ask = press.ask_due().await.remove(0);
    assert_eq!(press.room.stub.requests_to("/new").len(), 1);
    assert_eq!(ask.verify(864_000).await.0, 200);
    assert_eq!(press.standing().await, standing("active", "unproven"));
}

#[tokio::test]
async fn a_hub_that_is_not_on_the_internet_is_not_asked() {
    let press = Pressroom::new().await;
    let document = press.document(&[ONE]).replace(&press.hub_url(), "http://10.1.2.3/hub");
    press.room.stub.serves("/feed.xml", Reply::ok(document));
    press.room.lists(&[&press.feed_url()]).await;
    press.room.poll_due().await;
    assert!(press.ask_due().await.is_empty());
    let error: Option<String> = sqlx::query_scalar("SELECT last_error FROM news.subscriptions")
        .fetch_one(&press.room.pool)
        .await
        .unwrap();
    assert!(error.unwrap().contains("not on the public internet"));
    // Nobody was asked, so nobody is told when it ends.
    press.room.lists(&[]).await;
    press.room.store.unsubscribe_paused(press.room.clock.now()).await.unwrap();
    assert_eq!(press.standing().await, []);
}

#[tokio::test]
async fn a_lease_is_renewed_before_it_ends() {
    let press = Pressroom::new().await;
    let first = press.subscribes(&[ONE]).await;
    press.room.clock.advance(6 * DAY);
    assert!(press.ask_due().await.is_empty());
    press.room.clock.advance(2 * DAY + Duration::from_hours(1));
    let revisit = press.ask_due().await.remove(0);
    assert_eq!((&revisit.callback, &revisit.secret), (&first.callback, &first.secret));
    assert_eq!(press.standing().await, standing("renewing", "unproven"));
    // It delivers all the while.
    assert_eq!(first.push(&press.document(&[TWO]), "sha256").await, 202);
    assert_eq!(press.standing().await, standing("renewing", "proven"));
    assert_eq!(revisit.verify(864_000).await.0, 200);
    assert_eq!(press.standing().await, standing("active", "proven"));
    press.room.clock.advance(6 * DAY);
    assert!(press.ask_due().await.is_empty());
}

#[tokio::test]
async fn only_what_the_hub_signed_is_filed() {
    let press = Pressroom::new().await;
    let reply = Reply::ok(press.document(&[ONE])).header("ETag", "\"one\"").conditional();
    let ask = press.subscribes(&[ONE]).await;
    press.room.stub.serves("/feed.xml", reply);
    press.room.clock.advance(Duration::from_hours(1));
    press.room.poll_due().await;

    let forged = press.document(&[("/forged", "Forged")]);
    let secret = ask.secret.as_deref().unwrap();
    let other_body = sign(secret, "sha256", b"else").unwrap();
    let other_key = sign("guessed", "sha256", forged.as_bytes()).unwrap();
    for signature in
        [None, Some(other_body.as_str()), Some(&other_key), Some("md5=00"), Some("sha256")]
    {
        assert_eq!(ask.push_signed(&forged, signature).await, 202);
    }
    assert_eq!(ask.push("<html><body>no feed</body></html>", "sha1").await, 202);
    assert_eq!(press.room.count("SELECT count(*) FROM wiresift.entries").await, 1);
    assert_eq!(press.room.count("SELECT dropped FROM news.subscriptions").await, 6);

    for (number, method) in ["sha1", "sha256", "sha384", "sha512"].into_iter().enumerate() {
        let path = format!("/{method}");
        assert_eq!(ask.push(&press.document(&[(&path, method)]), method).await, 202);
        let entries = press.room.count("SELECT count(*) FROM wiresift.entries").await;
        assert_eq!(entries, i64::try_from(number).unwrap() + 2);
    }
    assert_eq!(press.room.count("SELECT deliveries FROM news.subscriptions").await, 4);
    // Counted like a poll's, and the feed's validators are those of its polls.
    press.room.reconciled().await;
    press.room.clock.advance(Duration::from_hours(1));
    press.room.poll_due().await;
    let polls = press.room.stub.requests_to("/feed.xml");
    assert_eq!(polls.last().unwrap().header("if-none-match"), Some("\"one\""));
}

#[tokio::test]
async fn a_delivery_is_read_like_a_polled_entry_and_a_replay_brings_nothing() {
    let press = Pressroom::new().await;
    let ask = press.subscribes(&[]).await;
    press.room.serves_page("/a", "One", &prose(1));
    let document = press.document(&[ONE]);
    let woken = press.entries.notified();
    assert_eq!(ask.push(&document, "sha256").await, 202);
    woken.await;
    press.room.run_until_idle().await;
    assert_eq!(
        press.room.accounting().await,
        [("filed".to_owned(), "new-from-page".to_owned(), 1)]
    );
    let head = press.room.store.head().await.unwrap();

    for _ in 0..3 {
        assert_eq!(ask.push(&document, "sha256").await, 202);
        press.room.clock.advance(Duration::from_mins(1));
    }
    press.shows(&[ONE]);
    press.room.clock.advance(Duration::from_hours(1));
    press.room.run_until_idle().await;
    assert_eq!(press.room.stub.requests_to("/a").len(), 1);
    assert_eq!(press.room.store.head().await.unwrap(), head);
    press.room.reconciled().await;
}

#[tokio::test]
async fn a_delivery_has_a_limit() {
    let press = Pressroom::with(|settings| settings.max_body_bytes = 2000).await;
    let ask = press.subscribes(&[ONE]).await;
    let long = press.document(&[TWO]) + &" ".repeat(2000);
    assert_eq!(ask.push(&long, "sha256").await, 413);
    assert_eq!(ask.push(&press.document(&[TWO]), "sha256").await, 202);
    assert_eq!(press.room.count("SELECT count(*) FROM wiresift.entries").await, 2);
    assert_eq!(press.room.count("SELECT dropped FROM news.subscriptions").await, 1);
}

#[tokio::test]
async fn a_delivery_that_killed_its_readers_is_left_alone_for_a_day() {
    let press = Pressroom::new().await;
    let ask = press.subscribes(&[ONE]).await;
    for _ in 0..5 {
        let id = sqlx::query_scalar("SELECT id FROM wiresift.subscriptions")
            .fetch_one(&press.room.pool)
            .await;
        assert!(
            press.room.store.begin_delivery(id.unwrap(), press.room.clock.now()).await.unwrap()
        );
    }
    assert_eq!(ask.push(&press.document(&[TWO]), "sha256").await, 503);
    press.room.clock.advance(DAY);
    assert_eq!(ask.push(&press.document(&[TWO]), "sha256").await, 202);
    assert_eq!(press.room.count("SELECT count(*) FROM wiresift.entries").await, 2);
}

#[tokio::test]
async fn a_hub_that_falls_silent_is_found_out_by_a_poll() {
    let (press, _) = relied_upon().await;
    // Polled less often: nothing is due for hours.
    press.room.clock.advance(Duration::from_hours(5));
    assert_eq!(press.room.poll_due().await, 0);
    press.shows(&[("/c", "Three"), TWO, ONE]);
    press.room.clock.advance(Duration::from_hours(2));
    assert_eq!(press.room.poll_due().await, 1);
    assert_eq!(press.standing().await, standing("active", "suspected"));
    assert!(next_poll_at(&press).await < press.room.clock.now() + Duration::from_hours(1));

    press.room.clock.advance(Duration::from_hours(1));
    assert_eq!(press.room.poll_due().await, 1);
    assert_eq!(press.standing().await, standing("active", "distrusted"));
    assert_eq!(press.events("hub-distrusted").await, 1);
    // As often as any feed, which is more often than a safety poll.
    press.room.clock.advance(Duration::from_hours(4));
    assert_eq!(press.room.poll_due().await, 1);
}

#[tokio::test]
async fn a_hub_that_is_merely_later_than_a_poll_keeps_its_trust() {
    let (press, ask) = relied_upon().await;
    let document = [("/c", "Three"), TWO, ONE];
    press.shows(&document);
    press.room.clock.advance(Duration::from_hours(7));
    assert_eq!(press.room.poll_due().await, 1);
    assert_eq!(press.standing().await, standing("active", "suspected"));
    press.room.clock.advance(Duration::from_mins(1));
    assert_eq!(ask.push(&press.document(&document), "sha256").await, 202);
    assert_eq!(press.standing().await, standing("active", "proven"));
    press.room.clock.advance(Duration::from_hours(1));
    assert_eq!(press.room.poll_due().await, 1);
    assert_eq!(press.standing().await, standing("active", "proven"));
    assert!(next_poll_at(&press).await > press.room.clock.now() + Duration::from_hours(5));
    assert_eq!(press.events("hub-distrusted").await, 0);
}

#[tokio::test]
async fn an_interval_that_the_list_fixes_stays() {
    let (press, _) = relied_upon().await;
    let fixed = ListedFeed { every_s: Some(1800), ..listed(&press.feed_url()) };
    press.room.store.sync_feeds(&[fixed], press.room.clock.now()).await.unwrap();
    press.room.clock.advance(Duration::from_mins(1));
    assert_eq!(press.room.poll_due().await, 1);
    assert_eq!(press.standing().await, standing("active", "proven"));
    assert!(next_poll_at(&press).await < press.room.clock.now() + Duration::from_hours(1));
}

#[tokio::test]
async fn a_safety_poll_comes_before_the_lease_ends() {
    let (press, ask) = relied_upon().await;
    press.room.clock.advance(8 * DAY);
    assert_eq!(press.ask_due().await.len(), 1);
    assert_eq!(ask.verify(14_400).await.0, 200);
    assert_eq!(press.room.poll_due().await, 1);
    let next = next_poll_at(&press).await;
    assert!(next <= press.room.clock.now() + Duration::from_hours(4), "{next}");
    assert!(next > press.room.clock.now() + Duration::from_hours(3), "{next}");
}

#[tokio::test]
async fn deliveries_and_polls_that_meet_count_each_entry_once() {
    let press = Pressroom::new().await;
    let ask = press.subscribes(&[]).await;
    for round in 0..5 {
        let paths: Vec<String> = (0..20).map(|n| format!("/{round}/{n}")).collect();
        let items: Vec<(&str, &str)> =
            paths.iter().map(|path| (path.as_str(), "Headline")).collect();
        press.shows(&items);
        press.room.clock.advance(DAY);
        let document = press.document(&items);
        let pushes = futures_util::future::join_all((0..4).map(|_| ask.push(&document, "sha256")));
        let (answers, polls) = tokio::join!(pushes, press.room.poll_due());
        // A lease passes over a feed that a delivery has in hand; its turn comes again at once.
        let polls = if polls == 0 { press.room.poll_due().await } else { polls };
        assert_eq!((answers, polls), (vec![202; 4], 1));
    }
    assert_eq!(press.room.reconciled().await.entries, 100);
}

#[tokio::test]
async fn a_restart_keeps_subscriptions_and_daemons_share_them() {
    let mut press = Pressroom::new().await;
    let ask = press.subscribes(&[ONE]).await;
    press.restarts().await;
    assert!(press.ask_due().await.is_empty());
    assert_eq!(ask.push(&press.document(&[TWO]), "sha256").await, 202);
    assert_eq!(press.room.count("SELECT count(*) FROM wiresift.entries").await, 2);

    press.room.clock.advance(9 * DAY);
    let second = steps_with(
        &press.room.store,
        &press.room.clock,
        settings_at("127.0.0.1:1".parse().unwrap()),
    );
    let (ours, theirs) =
        tokio::join!(press.room.steps.subscribe.lease(10), second.subscribe.lease(10));
    assert_eq!(ours.unwrap().len() + theirs.unwrap().len(), 1);
    // Whoever has it in hand dies; its lease runs out, and the other asks.
    press.room.clock.advance(Duration::from_mins(3));
    assert_eq!(press.ask_due().await.len(), 1);
    assert_eq!(press.asks().len(), 2);
}

#[tokio::test]
async fn a_feed_that_leaves_the_list_is_unsubscribed() {
    let press = Pressroom::new().await;
    let ask = press.subscribes(&[ONE]).await;
    press.room.lists(&[]).await;
    assert_eq!(press.room.store.unsubscribe_paused(press.room.clock.now()).await.unwrap(), 1);
    press.room.clock.advance(Duration::from_mins(1));
    let farewell = press.ask_due().await.remove(0);
    assert_eq!((farewell.mode.as_str(), farewell.secret), ("unsubscribe", None));
    assert_eq!(ask.push(&press.document(&[TWO]), "sha256").await, 410);
    assert_eq!(ask.verify(864_000).await.0, 404);
    let farewell = Ask { mode: farewell.mode, ..ask.clone() };
    assert_eq!(farewell.verify(0).await, (200, "ch<all>enge".to_owned()));
    assert_eq!(press.standing().await, []);
    assert_eq!(ask.push(&press.document(&[TWO]), "sha256").await, 410);
    assert_eq!(press.room.count("SELECT count(*) FROM wiresift.entries").await, 1);
}

#[tokio::test]
async fn a_feed_that_names_another_hub_is_subscribed_there() {
    let press = Pressroom::new().await;
    let ask = press.subscribes(&[ONE]).await;
    let other = press.room.stub.site("other").url("/hub");
    let moved = press.document(&[ONE]).replace(&press.hub_url(), &other);
    press.room.stub.serves("/feed.xml", Reply::ok(moved));
    press.room.clock.advance(Duration::from_hours(1));
    press.room.poll_due().await;
    // Not yet: some feeds name another at each poll.
    assert!(press.ask_due().await.is_empty());
    press.room.clock.advance(DAY);
    press
        .room
        .stub
        .serves("/feed.xml", Reply::ok(press.document(&[TWO]).replace(&press.hub_url(), &other)));
    press.room.poll_due().await;
    let asks = press.ask_due().await;
    let mut modes: Vec<&str> = asks.iter().map(|ask| ask.mode.as_str()).collect();
    modes.sort_unstable();
    assert_eq!(modes, ["subscribe", "unsubscribe"]);
    let new = asks.iter().find(|ask| ask.mode == "subscribe").unwrap();
    assert!(new.callback != ask.callback && new.secret != ask.secret);
}

#[tokio::test]
async fn the_daemon_subscribes_and_reads_what_is_delivered() {
    let stub = Stub::start().await;
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let listen = free.local_addr().unwrap();
    drop(free);
    let hub =
        format!("<channel><atom:link rel=\"hub\" href=\"{}\"/>", stub.site("hub").url("/hub"));
    let document = |items: &[(&str, &str)]| rss(&stub.url(""), items).replace("<channel>", &hub);
    stub.serves("/feed.xml", Reply::ok(document(&[])));
    stub.serves("/hub", Reply::status(202));
    let home = Home::new(&format!(
        "[websub]\nlisten = \"{listen}\"\ncallback = \"http://{listen}/some/where/\"\n"
    ));
    home.lists(&[stub.url("/feed.xml")]);
    let mut daemon = home.start(&["run"], &[("WIRESIFT__LOG__LEVEL", "debug")]);
    daemon.says("the hub will call back", 1).await;
    let ask = Ask::of(&stub.requests().into_iter().find(|seen| seen.method == "POST").unwrap());
    assert_eq!(ask.verify(3600).await.0, 200);
    let page = page("One", &prose(1));
    stub.serves("/a", Reply::ok(page).header("Content-Type", "text/html"));
    assert_eq!(ask.push(&document(&[ONE]), "sha256").await, 202);
    daemon.says("filed", 1).await;
    let said = daemon.said();
    assert!(!said.contains(ask.secret.as_deref().unwrap()), "the secret is in the log");
    assert!(!said.contains(ask.callback.rsplit('/').next().unwrap()), "the callback is in the log");
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    assert!(daemon.ended().await.0.success());
}
