//! Bodies, pages and rules that are large in memory and small on the wire.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use wiresift::budget::{Budget, Reservation};
use wiresift::http::HttpSettings;
use wiresift::pipeline::{Step, shares};

use crate::harness::hostile::{self, Web};
use crate::harness::newsroom::{Newsroom, page, prose};
use crate::harness::process::{EACH_PAGE, Home, Process};
use crate::harness::stub::{Reply, Seen, Stub};

/// A page of some hundred kilobytes, with its own text.
fn large(number: u32) -> String {
    let paragraphs: Vec<String> = (0..200).flat_map(|at| prose(1000 * number + at)).collect();
    page(&format!("Large {number}"), &paragraphs)
}

/// A task with a small budget for all of them.
fn starts(budget: &Budget, claim: u64) -> Arc<Reservation> {
    Arc::new(budget.try_reserve(16 * 1024, claim).expect("memory to start with"))
}

#[tokio::test]
async fn pages_beyond_the_budget_wait_and_all_are_filed() {
    let room = Newsroom::new().await;
    let mut items = Vec::new();
    for number in 0..12 {
        let site = room.stub.site(&format!("large{number}"));
        site.serves("/page", Reply::ok(large(number)).gzip());
        items.push(site.url("/page"));
    }
    let small = room.stub.site("small");
    small.serves("/page", Reply::ok(page("Small", &prose(7))));
    items.push(small.url("/page"));
    let rss: String = items
        .iter()
        .enumerate()
        .map(|(at, link)| format!("<item><title>News {at}</title><link>{link}</link></item>"))
        .collect();
    room.stub.serves("/feed.xml", Reply::ok(format!("<rss><channel>{rss}</channel></rss>")));
    room.lists(&[&room.stub.url("/feed.xml")]).await;
    room.poll_due().await;

    // Room for one large page and a few small ones at a time.
    let claim = 12 << 20;
    let budget = Budget::new(16 << 20);
    let mut filed = 0;
    while filed < items.len() {
        let leases = room.steps.read.lease(100).await.unwrap();
        let reads = leases.into_iter().map(|lease| {
            let memory = starts(&budget, claim);
            let steps = Arc::clone(&room.steps);
            async move {
                let filing = steps.read.read(lease, &memory).await;
                steps.filer.file(std::slice::from_ref(&filing)).await;
            }
        });
        let most = join_all(reads);
        most.await;
        assert_eq!(budget.reserved(), 0, "all memory is given back");
        filed = room.count("SELECT count(*) FROM news.all_articles").await as usize;
        room.clock.advance(Duration::from_mins(1));
    }
}

/// The most resident memory that an attack may cause, in MB.
const MOST: u64 = 400;

/// Runs a daemon against a web until it has said something so many times.
async fn attacked(web: Web, words: &str, times: usize) -> (Home, Process) {
    let port = Arc::new(OnceLock::new());
    let known = Arc::clone(&port);
    let answer = move |seen: &Seen| Some(web(seen, *known.get().unwrap()));
    let stub = Stub::answering(Box::new(answer)).await;
    port.set(stub.port()).unwrap();
    let home = Home::new("");
    home.lists(&[stub.url("/feed.xml")]);
    let mut daemon = home.start(&["run"], &[EACH_PAGE]);
    let begun = Instant::now();
    while daemon.said().matches(words).count() < times {
        let is_late = begun.elapsed() > Duration::from_mins(30);
        assert!(daemon.runs() && !is_late, "{}", daemon.said());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    (home, daemon)
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn many_large_pages_are_filed_in_bounded_memory() {
    let (_home, daemon) = attacked(hostile::pages(20), " filed", 20).await;
    let (peak, said) = (daemon.memory("VmHWM"), daemon.said());
    assert!(peak < MOST, "{peak} MB");
    assert!(!said.contains("lease lost"), "{said}");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn many_large_robots_files_are_kept_in_bounded_memory() {
    let (_home, daemon) = attacked(hostile::robots(100), "page refused", 100).await;
    let peak = daemon.memory("VmHWM");
    assert!(peak < MOST, "{peak} MB");
}

#[tokio::test]
#[ignore = "takes minutes"]
async fn a_web_of_all_attacks_leaves_memory_bounded() {
    let (_home, daemon) = attacked(hostile::mixed(), " filed", 400).await;
    let peak = daemon.memory("VmHWM");
    assert!(peak < MOST, "{peak} MB");
}

#[test]
fn a_budget_below_the_largest_document_is_refused() {
    let http = HttpSettings::default();
    let floor = shares(1 << 20, &http).unwrap_err().floor;
    assert!(shares(floor, &http).is_ok());
    let lower = HttpSettings { max_body_bytes: 2_000_000, max_wire_bytes: 1_000_000, ..http };
    assert!(shares(1 << 20, &lower).unwrap_err().floor < floor);
}
