//! The log that an operator reads: a working day of fifty feeds at the level info.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::TimeDelta;
use tempfile::TempDir;
use tracing_subscriber::filter::LevelFilter;
use wiresift::clock::Clock as _;
use wiresift::daemon::monitor::Monitor;
use wiresift::notices::NotifySettings;
use wiresift::pipeline::assign_stories::AssignStoriesStep;
use wiresift::server::figures::Figures;
use wiresift::store::{Assigned, ListedFeed};

use crate::harness::newsroom::{Newsroom, listed, page, prose, rss};
use crate::harness::stub::{Reply, Site};

const FEEDS: u32 = 50;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Takes the log of this thread, as the daemon writes it.
    fn start(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::INFO)
            .with_ansi(false)
            .with_target(false)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn lines(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }
}

/// The feed of a site at some hour: an article each second hour.
fn publishes(site: &Site<'_>, number: u32, hour: u32) {
    let articles: Vec<u32> = (0..=hour / 2).rev().take(10).collect();
    let names: Vec<(String, String)> = articles
        .iter()
        .map(|article| (format!("/{article}"), format!("Article {article} of site {number}")))
        .collect();
    let items: Vec<(&str, &str)> =
        names.iter().map(|(path, title)| (path.as_str(), title.as_str())).collect();
    site.serves("/feed.xml", Reply::ok(rss(&site.url(""), &items)));
    if let (Some(article), Some((path, title))) = (articles.first(), items.first()) {
        let text = page(title, &prose(number * 100 + article));
        site.serves(path, Reply::ok(text).header("Content-Type", "text/html"));
    }
}

/// Two sites are down from the sixth to the tenth hour, and one is always.
fn is_down(number: u32, hour: u32) -> bool {
    number == 0 || (number <= 2 && (6..10).contains(&hour))
}

async fn minute(room: &Newsroom) {
    for _ in 0..3 {
        let worked = room.poll_due().await + room.read_due().await.len();
        room.clock.advance(Duration::from_secs(2));
        if worked == 0 {
            break;
        }
    }
}

/// The log of a machine whose network comes after the daemon, goes, and comes back.
#[tokio::test]
async fn a_network_that_is_away_is_one_line_and_one_when_it_is_back() {
    let (mut room, dir, log) = (Newsroom::new().await, TempDir::new().unwrap(), Log::default());
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _log = log.start();
    let pipeline = Arc::clone(&room.steps.pipeline);
    let figures = Figures::new(Arc::clone(&pipeline), dir.path().to_owned());
    let mut monitor = Monitor::new(pipeline, figures, NotifySettings::default(), dir.path());
    let names: Vec<String> = (0..48).map(|number| format!("n{number}")).collect();
    let urls: Vec<String> =
        names.iter().map(|name| room.stub.site(name).url("/feed.xml")).collect();
    let hourly = |url: &String| ListedFeed { max_every_s: Some(3600), ..listed(url) };
    let feeds: Vec<ListedFeed> = urls.iter().map(hourly).collect();
    room.store.sync_feeds(&feeds, room.clock.now()).await.unwrap();
    // One of them is broken, whatever becomes of the network.
    room.stub.site("n0").serves("/feed.xml", Reply::status(404));
    for name in &names[1..] {
        let site = room.stub.site(name);
        site.serves("/feed.xml", Reply::ok(rss(&site.url(""), &[])));
    }

    room.stub.goes_away().await;
    hours(&room, &mut monitor, 2).await;
    let told = log.lines();
    assert_eq!(told.len(), 1, "{told:#?}");
    let words = ["WARN", "the network seems to be away", "does not accept", "http.proxy"];
    assert!(words.iter().all(|word| told[0].contains(word)), "{told:#?}");
    let open = wiresift::notices::file::load(&wiresift::notices::file::path(dir.path())).unwrap();
    assert_eq!(open.open.keys().collect::<Vec<_>>(), ["polls"], "an operator is told");

    room.stub.comes_back().await;
    hours(&room, &mut monitor, 3).await;
    let told = log.lines().split_off(1);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("INFO the network is back after"), "{told:#?}");
    assert!(told[1].contains("feed fails") && told[1].contains("//n0."), "{told:#?}");

    // Once more, when all of them have worked before.
    room.stub.goes_away().await;
    hours(&room, &mut monitor, 5).await;
    room.stub.comes_back().await;
    hours(&room, &mut monitor, 5).await;
    let told = log.lines().split_off(3);
    assert_eq!(told.len(), 2, "{told:#?}");
    assert!(told[0].contains("the network seems to be away"), "{told:#?}");
    assert!(told[1].contains("the network is back after"), "{told:#?}");
}

async fn hours(room: &Newsroom, monitor: &mut Monitor, hours: u32) {
    for _ in 0..hours * 20 {
        minute(room).await;
        monitor.turn(&|| {}).await;
        room.clock.advance(Duration::from_secs(174));
    }
}

#[tokio::test]
async fn a_working_day_of_fifty_feeds_is_a_page_to_read() {
    let (room, dir, log) = (Newsroom::new().await, TempDir::new().unwrap(), Log::default());
    // With a single subscriber, what another thread logs first would stay off for this one too.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _log = log.start();
    let pipeline = Arc::clone(&room.steps.pipeline);
    let figures = Figures::new(Arc::clone(&pipeline), dir.path().to_owned());
    let mut monitor = Monitor::new(pipeline, figures, NotifySettings::default(), dir.path());
    let names: Vec<String> = (0..FEEDS).map(|number| format!("s{number}")).collect();
    let sites: Vec<Site<'_>> = names.iter().map(|name| room.stub.site(name)).collect();
    let urls: Vec<String> = sites.iter().map(|site| site.url("/feed.xml")).collect();
    // At most an hour between two polls, so that each outage is noticed and each end of one.
    let hourly = |url: &String| ListedFeed { max_every_s: Some(3600), ..listed(url) };
    let feeds: Vec<ListedFeed> = urls.iter().map(hourly).collect();
    room.store.sync_feeds(&feeds, room.clock.now()).await.unwrap();
    let stories = AssignStoriesStep::new(&room.steps.pipeline, TimeDelta::days(7));
    for hour in 0..24 {
        for (number, site) in (0..).zip(&sites) {
            if is_down(number, hour) {
                site.serves("/feed.xml", Reply::status(503));
            } else {
                publishes(site, number, hour);
            }
        }
        for _ in 0..20 {
            minute(&room).await;
            while stories.assign().await.unwrap() != Assigned::Nothing {}
            monitor.turn(&|| {}).await;
            room.clock.advance(Duration::from_secs(174));
        }
    }
    let filed = room.count("SELECT count(*) FROM news.all_articles").await;
    assert!(filed > 500, "the day was worked through: {filed} articles");
    let lines = log.lines();
    let text = lines.join("\n");
    assert!(lines.len() < 200, "{} lines:\n{text}", lines.len());
    // One line when a feed starts to fail, and one when it heals.
    assert_eq!(text.matches("feed fails").count(), 3, "{text}");
    assert_eq!(text.matches("feed works again").count(), 2, "{text}");
    assert!(text.contains("new in the last hour"), "{text}");
    assert!(!text.contains("ERROR"), "nobody has to act on such a day: {text}");
    let words = ["Notice", "Silent {", "Some(", "noticed", "quiet:"];
    assert!(!words.iter().any(|word| text.contains(word)), "{text}");
    println!("{} lines for {filed} articles", lines.len());
}
