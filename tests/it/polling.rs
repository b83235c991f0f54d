//! What the schedule makes of a feed's answers, against the ledger and a web that lies.

use std::time::Duration;

use url::Url;
use wiresift::clock::Clock as _;
use wiresift::pipeline::{Ending, Step as _};
use wiresift::store::{ListedFeed, Return};

use crate::harness::newsroom::{Newsroom, listed, rss};
use crate::harness::steps::memory;
use crate::harness::stub::Reply;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// A feed of numbered entries, newest first, with more in its head.
fn feed(room: &Newsroom, numbers: std::ops::RangeInclusive<u32>, head: &str) -> String {
    let items: Vec<(String, String)> =
        numbers.rev().map(|number| (format!("/{number}"), format!("Entry {number}"))).collect();
    let items: Vec<(&str, &str)> =
        items.iter().map(|(path, title)| (path.as_str(), title.as_str())).collect();
    rss(&room.stub.url(""), &items).replacen(
        "<title>Stub</title>",
        &format!("<title>Stub</title>{head}"),
        1,
    )
}

/// Polls once after so much time.
async fn poll_after(room: &Newsroom, pause: Duration) -> usize {
    room.clock.advance(pause);
    room.poll_due().await
}

async fn state(room: &Newsroom) -> String {
    sqlx::query_scalar("SELECT state FROM news.feeds ORDER BY url LIMIT 1")
        .fetch_one(&room.pool)
        .await
        .unwrap()
}

async fn events(room: &Newsroom, kind: &str) -> Vec<serde_json::Value> {
    sqlx::query_scalar("SELECT detail FROM news.events WHERE kind = $1 ORDER BY at")
        .bind(kind)
        .fetch_all(&room.pool)
        .await
        .unwrap()
}

fn counted(room: &Newsroom, outcome: &'static str) -> u64 {
    room.steps.pipeline.metrics.polls.get_or_create(&Ending { outcome }).get()
}

#[tokio::test]
async fn a_window_without_known_entries_is_a_gap() {
    let room = Newsroom::new().await;
    let url = room.stub.url("/feed.xml");
    room.stub.serves("/feed.xml", Reply::ok(feed(&room, 1..=20, "")));
    room.lists(&[&url]).await;
    room.poll_due().await;
    room.stub.serves("/feed.xml", Reply::ok(feed(&room, 5..=24, "")));
    poll_after(&room, HOUR).await;
    assert_eq!(events(&room, "gap").await.len(), 0);

    room.stub.serves("/feed.xml", Reply::ok(feed(&room, 60..=79, "")));
    poll_after(&room, HOUR).await;
    assert_eq!(events(&room, "gap").await.len(), 1);
    let (gaps, coverage, seconds): (i32, f32, f64) = sqlx::query_as(
        "SELECT gaps, coverage, extract(epoch FROM interval)::float8 FROM news.feeds",
    )
    .fetch_one(&room.pool)
    .await
    .unwrap();
    assert!(gaps == 1 && coverage < 1.0 && seconds <= 900.0, "{gaps} {coverage} {seconds}");
    room.reconciled().await;
}

#[tokio::test]
async fn a_gap_is_closed_from_the_archive_that_the_feed_names() {
    let room = Newsroom::new().await;
    let older = |path: &str| {
        format!(
            "<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"prev-archive\" href=\"{path}\"/>"
        )
    };
    room.stub.serves("/feed.xml", Reply::ok(feed(&room, 1..=10, "")).header("ETag", "\"1\""));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.poll_due().await;
    room.stub.serves(
        "/feed.xml",
        Reply::ok(feed(&room, 31..=40, &older("/b.xml"))).header("ETag", "\"2\""),
    );
    room.stub.serves("/b.xml", Reply::ok(feed(&room, 21..=30, &older("/a.xml"))));
    room.stub.serves("/a.xml", Reply::ok(feed(&room, 8..=20, &older("/never.xml"))));
    poll_after(&room, HOUR).await;
    assert_eq!(room.poll_due().await, 0, "the page waits for the site's turn");
    for path in ["/b.xml", "/a.xml"] {
        assert_eq!(poll_after(&room, Duration::from_secs(1)).await, 1, "{path}");
        assert_eq!(room.stub.requests_to(path)[0].header("if-none-match"), None);
    }
    assert_eq!(poll_after(&room, Duration::from_secs(1)).await, 0);
    assert_eq!(room.count("SELECT count(*) FROM wiresift.entries").await, 40);
    assert_eq!(
        events(&room, "backfill").await,
        [serde_json::json!({ "pages": 2, "closed": true })]
    );
    poll_after(&room, HOUR).await;
    let last = room.stub.requests_to("/feed.xml").pop().unwrap();
    assert_eq!(
        last.header("if-none-match"),
        Some("\"2\""),
        "the feed's own validators are still its own"
    );
    room.reconciled().await;
}

#[tokio::test]
async fn a_blog_feed_is_asked_for_its_second_page_and_one_that_has_none_is_found_out() {
    for (second, entries, closed) in [(8..=20, 30, true), (21..=30, 20, false)] {
        let room = Newsroom::new().await;
        room.stub.serves("/feed/", Reply::ok(feed(&room, 1..=10, "")));
        room.lists(&[&room.stub.url("/feed/")]).await;
        room.poll_due().await;
        room.stub.serves("/feed/", Reply::ok(feed(&room, 21..=30, "")));
        room.stub.serves("/feed/?paged=2", Reply::ok(feed(&room, second, "")));
        poll_after(&room, HOUR).await;
        assert_eq!(poll_after(&room, Duration::from_secs(1)).await, 1);
        assert_eq!(poll_after(&room, Duration::from_secs(1)).await, 0);
        assert_eq!(room.count("SELECT count(*) FROM wiresift.entries").await, entries);
        assert_eq!(
            events(&room, "backfill").await,
            [serde_json::json!({ "pages": 1, "closed": closed })]
        );
    }
}

#[tokio::test]
async fn an_archive_that_cannot_be_had_is_no_failure_of_the_feed() {
    let room = Newsroom::new().await;
    room.stub.serves("/feed/", Reply::ok(feed(&room, 1..=10, "")));
    room.stub.serves("/feed/?paged=2", Reply::status(500));
    room.lists(&[&room.stub.url("/feed/")]).await;
    room.poll_due().await;
    room.stub.serves("/feed/", Reply::ok(feed(&room, 21..=30, "")));
    poll_after(&room, HOUR).await;
    poll_after(&room, Duration::from_secs(1)).await;
    assert_eq!(state(&room).await, "active");
    poll_after(&room, HOUR).await;
    assert_eq!(room.stub.requests_to("/feed/").len(), 3);
}

#[tokio::test]
async fn validators_that_lie_are_found_out_within_days_and_no_longer_sent() {
    let room = Newsroom::new().await;
    let reply =
        |numbers| Reply::ok(feed(&room, numbers, "")).header("ETag", "\"always\"").conditional();
    room.stub.serves("/feed.xml", reply(1..=10));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.poll_due().await;
    room.stub.serves("/feed.xml", reply(4..=13));
    for _ in 0..30 {
        poll_after(&room, HOUR).await;
    }
    assert_eq!(room.count("SELECT count(*) FROM wiresift.entries").await, 13);
    assert_eq!(events(&room, "validators-distrusted").await.len(), 1);
    room.stub.serves("/feed.xml", reply(6..=15));
    for _ in 0..6 {
        poll_after(&room, HOUR).await;
    }
    assert_eq!(room.count("SELECT count(*) FROM wiresift.entries").await, 15);
    assert_eq!(room.stub.requests_to("/feed.xml").pop().unwrap().header("if-none-match"), None);
}

#[tokio::test]
async fn a_new_build_date_is_no_change() {
    let room = Newsroom::new().await;
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    for minute in 10..15 {
        let head = format!("<lastBuildDate>Mon, 02 Nov 2026 12:{minute}:00 GMT</lastBuildDate>");
        room.stub.serves("/feed.xml", Reply::ok(feed(&room, 1..=10, &head)));
        poll_after(&room, HOUR).await;
    }
    assert_eq!((counted(&room, "parsed"), counted(&room, "unchanged")), (1, 4));
}

#[tokio::test]
async fn validators_of_an_answer_that_was_cut_short_are_not_kept() {
    let room = Newsroom::new().await;
    let whole = feed(&room, 1..=10, "");
    let cut = whole.len() / 2;
    room.stub.script(
        "/feed.xml",
        [
            Reply::ok(whole.clone()).header("ETag", "\"a\"").truncated(cut),
            Reply::ok(whole).header("ETag", "\"a\""),
        ],
    );
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.poll_due().await;
    poll_after(&room, HOUR).await;
    assert_eq!(room.stub.requests_to("/feed.xml")[1].header("if-none-match"), None);
    assert_eq!(room.count("SELECT count(*) FROM wiresift.entries").await, 10);
}

#[tokio::test]
async fn a_permanent_redirect_is_adopted_after_days_and_given_up_when_the_new_place_fails() {
    let room = Newsroom::new().await;
    let (old, new) = (room.stub.site("old"), room.stub.site("new"));
    let content = feed(&room, 1..=10, "");
    old.serves("/feed.xml", Reply::ok(content.clone()));
    room.lists(&[&old.url("/feed.xml")]).await;
    room.poll_due().await;
    old.serves("/feed.xml", Reply::redirect(308, &new.url("/feed.xml")));
    new.serves("/feed.xml", Reply::ok(content.clone()));
    for _ in 0..5 {
        poll_after(&room, DAY).await;
        room.poll_due().await;
    }
    let asked =
        |host: &str| room.stub.requests().iter().filter(|seen| seen.host.starts_with(host)).count();
    assert_eq!((asked("old"), asked("new")), (6, 5));
    let moved = events(&room, "moved").await;
    assert_eq!(
        moved.iter().map(|event| event["adopted"].as_bool()).collect::<Vec<_>>(),
        [Some(false), Some(true)]
    );
    poll_after(&room, DAY).await;
    assert_eq!((asked("old"), asked("new")), (6, 6), "asked at its new address alone");
    assert_eq!(room.count("SELECT count(*) FROM news.feeds WHERE moved_to IS NOT NULL").await, 1);

    new.serves("/feed.xml", Reply::status(404));
    old.serves("/feed.xml", Reply::ok(content));
    for _ in 0..4 {
        poll_after(&room, DAY).await;
    }
    assert_eq!(asked("old"), 7);
    assert_eq!(state(&room).await, "active");
    assert_eq!(room.count("SELECT count(*) FROM news.feeds WHERE moved_to IS NULL").await, 1);
    assert_eq!(events(&room, "moved").await.pop().unwrap()["returned"], true);
    assert_eq!(room.count("SELECT count(*) FROM wiresift.entries").await, 10);
}

#[tokio::test]
async fn a_feed_returns_by_hand_for_good_even_while_it_is_polled() {
    let room = Newsroom::new().await;
    let (old, new) = (room.stub.site("old"), room.stub.site("new"));
    old.serves("/feed.xml", Reply::redirect(308, &new.url("/feed.xml")));
    new.serves("/feed.xml", Reply::ok(feed(&room, 1..=10, "")).header("ETag", "\"new\""));
    room.lists(&[&old.url("/feed.xml")]).await;
    // Longer than the longest, whatever is drawn on top of it. The second poll follows the redirect.
    let pause = DAY * 2;
    let polls = async |count| {
        for _ in 0..count {
            poll_after(&room, pause).await;
            room.poll_due().await;
        }
    };
    let url = Url::parse(&old.url("/feed.xml")).unwrap();
    let return_feed = async || room.store.return_feed(&url, room.clock.now()).await.unwrap();
    assert_eq!(return_feed().await, Return::NotMoved);
    polls(5).await;
    room.clock.advance(pause);
    let lease = room.steps.poll.lease(10).await.unwrap().remove(0);
    assert_eq!(lease.item.fetch_url, new.url("/feed.xml"));
    assert_eq!(return_feed().await, Return::From(new.url("/feed.xml")));
    assert!(
        room.steps.poll.poll(lease, &memory()).await.is_none(),
        "what the poll would write back is dropped"
    );
    assert_eq!(return_feed().await, Return::NotMoved);
    let never = Url::parse("https://never.example/").unwrap();
    assert_eq!(room.store.return_feed(&never, room.clock.now()).await.unwrap(), Return::Unknown);

    let asked = || room.stub.requests().iter().filter(|seen| seen.host.starts_with("old")).count();
    let before = asked();
    polls(12).await;
    assert_eq!(asked() - before, 12, "every poll begins at the listed address");
    assert_eq!(room.count("SELECT count(*) FROM news.feeds WHERE moved_to IS NULL").await, 1);
    let moved = events(&room, "moved").await;
    assert_eq!(moved.len(), 3, "{moved:?}");
    assert_eq!(
        moved[2],
        serde_json::json!({ "from": new.url("/feed.xml"), "to": url, "returned": true })
    );
    assert_eq!(room.count("SELECT count(*) FROM wiresift.entries").await, 10);
    room.reconciled().await;
}

#[tokio::test]
async fn a_temporary_redirect_is_followed_and_never_adopted() {
    let room = Newsroom::new().await;
    room.stub.serves("/feed.xml", Reply::redirect(302, &room.stub.url("/today.xml")));
    room.stub.serves("/today.xml", Reply::ok(feed(&room, 1..=10, "")));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    for _ in 0..10 {
        poll_after(&room, DAY).await;
        poll_after(&room, Duration::from_secs(1)).await;
    }
    assert_eq!(room.stub.requests_to("/feed.xml").len(), 10);
    assert_eq!(events(&room, "moved").await.len(), 0);
}

#[tokio::test]
async fn a_wall_before_a_feed_is_a_state_of_its_own() {
    let wall = "<!doctype html><html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1>\
                <p>Please enable JavaScript and cookies to continue</p><script src=\"/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1\"></script></body></html>";
    for reply in [
        Reply::status(403).header("cf-mitigated", "challenge"),
        Reply::ok(wall).header("Content-Type", "text/html"),
    ] {
        let room = Newsroom::new().await;
        room.stub.script("/feed.xml", [reply.clone(), reply, Reply::ok(feed(&room, 1..=3, ""))]);
        room.lists(&[&room.stub.url("/feed.xml")]).await;
        room.poll_due().await;
        assert_eq!(state(&room).await, "blocked");
        assert_eq!(poll_after(&room, Duration::from_mins(50)).await, 0, "it is not asked often");
        poll_after(&room, DAY).await;
        assert_eq!(events(&room, "blocked").await.len(), 1);
        poll_after(&room, DAY).await;
        assert_eq!(state(&room).await, "active");
        assert!(
            room.stub
                .requests()
                .iter()
                .all(|seen| seen.header("user-agent").unwrap().starts_with("wiresift/"))
        );
    }
}

/// Polls what is due, again and again, for so many minutes.
async fn for_minutes(room: &Newsroom, minutes: u64) {
    for _ in 0..minutes * 12 {
        room.poll_due().await;
        room.clock.advance(Duration::from_secs(5));
    }
}

#[tokio::test]
async fn a_limit_that_means_one_address_is_learned_to_mean_it() {
    let room = Newsroom::new().await;
    let (limited, fine) = (room.stub.url("/limited.xml"), room.stub.url("/fine.xml"));
    room.stub.serves("/limited.xml", Reply::status(429).header("Retry-After", "3600"));
    room.stub.serves("/fine.xml", Reply::ok(feed(&room, 1..=3, "")));
    let every = |url: &str, minutes: i64| ListedFeed { every_s: Some(minutes * 60), ..listed(url) };
    room.store.sync_feeds(&[every(&limited, 5), every(&fine, 5)], room.clock.now()).await.unwrap();
    let asked =
        || (room.stub.requests_to("/limited.xml").len(), room.stub.requests_to("/fine.xml").len());
    let mut by_hour = Vec::new();
    for _ in 0..6 {
        let before = asked();
        for_minutes(&room, 65).await;
        by_hour.push((asked().0 - before.0, asked().1 - before.1));
    }
    assert!(by_hour[0].1 <= 2, "the host is left alone at first: {by_hour:?}");
    assert!(by_hour[5].1 >= 10, "and later only the address: {by_hour:?}");
    assert!(asked().0 <= 7, "which is never asked within its window: {by_hour:?}");
    assert_eq!(state(&room).await, "active");
}

#[tokio::test]
async fn a_limit_over_a_domain_is_learned_to_mean_all_its_hosts() {
    let room = Newsroom::new().await;
    let (one, two) = (room.stub.site("one.blogs"), room.stub.site("two.blogs"));
    let other = room.stub.site("other");
    for site in [&one, &two] {
        site.serves("/feed.xml", Reply::status(429).header("Retry-After", "1800"));
    }
    other.serves("/feed.xml", Reply::ok(feed(&room, 1..=3, "")));
    room.lists(&[&one.url("/feed.xml"), &two.url("/feed.xml"), &other.url("/feed.xml")]).await;
    for_minutes(&room, 120).await;
    let held = "SELECT count(*) FROM wiresift.sites WHERE hold_reason IS NOT NULL AND domain = 'blogs.localhost'";
    let wide = "SELECT count(*) FROM wiresift.sites WHERE limits ->> 'scope' = 'domain'";
    assert!(room.count(wide).await >= 1);
    assert_eq!(room.count(held).await, 2);
    assert_eq!(
        room.count("SELECT count(*) FROM wiresift.sites WHERE hold_reason IS NOT NULL").await,
        2
    );
}

#[tokio::test]
async fn a_host_of_many_feeds_holds_nobody_up() {
    let room = Newsroom::new().await;
    let crowd = room.stub.site("crowd");
    let mut list: Vec<ListedFeed> =
        (0..3000).map(|n| listed(&crowd.url(&format!("/{n}.xml")))).collect();
    for n in 0..60 {
        let site = room.stub.site(&format!("small{n}"));
        site.serves("/feed.xml", Reply::ok(feed(&room, 1..=3, "")));
        list.push(listed(&site.url("/feed.xml")));
    }
    room.store.sync_feeds(&list, room.clock.now()).await.unwrap();
    assert_eq!(room.poll_due().await, 61, "one of each site");
    let served: usize = room.stub.requests_to("/feed.xml").len();
    assert_eq!(served, 60);
    for _ in 0..20 {
        assert_eq!(poll_after(&room, Duration::from_secs(1)).await, 1, "the crowd takes its turns");
    }
}

#[tokio::test]
async fn the_list_bounds_the_pause_of_single_feeds() {
    let room = Newsroom::new().await;
    room.serves_feed(&[("/a", "One")]);
    let url = room.stub.url("/feed.xml");
    let hours = |hours: i64| Some(hours * 3600);
    let pause = "SELECT extract(epoch FROM next_poll_at - last_poll_at)::bigint FROM news.feeds";
    room.store
        .sync_feeds(&[ListedFeed { min_every_s: hours(3), ..listed(&url) }], room.clock.now())
        .await
        .unwrap();
    room.poll_due().await;
    assert!(room.count(pause).await >= 3 * 3600);
    room.store
        .sync_feeds(&[ListedFeed { every_s: hours(9), ..listed(&url) }], room.clock.now())
        .await
        .unwrap();
    assert_eq!(
        poll_after(&room, Duration::from_secs(2)).await,
        1,
        "a change of the list holds at once"
    );
    assert!((8 * 3600..=10 * 3600).contains(&room.count(pause).await));
}

#[tokio::test]
async fn a_feed_quieter_than_it_ever_is_is_said_to_be_silent() {
    let room = Newsroom::new().await;
    let dated = |day: u32| {
        let (day, month) = if day > 31 { (day - 31, "Nov") } else { (day, "Oct") };
        let date = format!("{day} {month} 2026 09:00:00 GMT");
        format!(
            "<item><guid>{date}</guid><title>News of {date}</title><pubDate>{date}</pubDate></item>"
        )
    };
    let items: String = (13..=32).map(dated).collect();
    let text = format!("<rss version=\"2.0\"><channel><title>Daily</title>{items}</channel></rss>");
    room.stub.serves("/feed.xml", Reply::ok(text));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.poll_due().await;
    assert_eq!(state(&room).await, "active");
    poll_after(&room, DAY).await;
    assert_eq!(state(&room).await, "silent");
    poll_after(&room, DAY).await;
    assert_eq!(events(&room, "silent").await.len(), 1);
}
