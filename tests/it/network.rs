//! A network to the database that is cut. Nobody is told: connections stay open, and bytes do not arrive.

use std::time::Duration;

use wiresift::store::{ANSWER_LIMIT, Filing, Recorded, Store, StoreError, answer_within};

use crate::harness::desk::{Desk, WIDE, verdict};
use crate::harness::newsroom::prose;
use crate::harness::process::Home;
use crate::harness::relay::{Network, Relay};

const LINKS: [&str; 2] = ["http://a.example/1", "http://a.example/2"];

async fn batch(desk: &Desk) -> Vec<Filing> {
    let leases = desk.leased(&LINKS).await;
    let texts = [prose(1), prose(2)];
    leases.iter().zip(texts).map(|(lease, text)| desk.article(lease, "Harbour", &text)).collect()
}

/// Files a batch over a network that breaks when `text` is sent, and gives up.
async fn gives_up(relay: &Relay, text: &'static str, network: Network, batch: &[Filing]) -> Store {
    let store = Store::new(relay.options.clone(), 2);
    relay.breaks_at(text, network);
    let soon = Duration::from_secs(2);
    let answer = answer_within(soon, store.file(batch, &WIDE)).await;
    assert!(matches!(answer, Err(StoreError::NoAnswer { .. })), "{answer:?}");
    store
}

/// Another daemon takes over. The locks of the one that is cut off are freed by the server, which ends a transaction
/// that says nothing.
async fn takes_over(desk: &Desk, batch: &[Filing]) -> Vec<Recorded> {
    loop {
        match answer_within(ANSWER_LIMIT, desk.store.file(batch, &WIDE)).await {
            Ok(recorded) => return recorded,
            Err(error) => assert!(error.is_passing(), "{error}"),
        }
    }
}

async fn all_is_filed_once(desk: &Desk) {
    assert_eq!(desk.count("SELECT count(*) FROM news.articles").await, 2);
    assert_eq!(desk.count("SELECT count(*) FROM news.changes(0)").await, 2);
    assert_eq!(desk.count("SELECT max(seq) FROM news.changes(0)").await, 2);
    desk.states().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_cut_off_in_the_middle_leaves_nothing() {
    let desk = Desk::new().await;
    let batch = batch(&desk).await;
    let relay = Relay::to(&desk.options).await;
    let cut_off = gives_up(&relay, "append_changes", Network::Down, &batch).await;
    assert_eq!(desk.count("SELECT count(*) FROM news.all_articles").await, 0);
    let recorded = takes_over(&desk, &batch).await;
    assert_eq!(recorded.iter().map(verdict).collect::<Vec<_>>(), ["new", "new"]);
    // What was held back arrives now, and finds that its transaction is over.
    relay.is(Network::Up);
    cut_off.ping().await.unwrap();
    all_is_filed_once(&desk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_without_an_answer_is_not_repeated() {
    let desk = Desk::new().await;
    let batch = batch(&desk).await;
    let relay = Relay::to(&desk.options).await;
    let cut_off = gives_up(&relay, "COMMIT", Network::AnswersLost, &batch).await;
    assert_eq!(desk.count("SELECT count(*) FROM news.all_articles").await, 2, "it was carried out");
    let recorded = takes_over(&desk, &batch).await;
    assert_eq!(recorded.iter().map(verdict).collect::<Vec<_>>(), ["LeaseLost", "LeaseLost"]);
    relay.is(Network::Up);
    cut_off.ping().await.unwrap();
    all_is_filed_once(&desk).await;
}

/// The pool lends its connections again when the network is back, whatever they were doing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_goes_and_comes_costs_no_connection() {
    let desk = Desk::new().await;
    let relay = Relay::to(&desk.options).await;
    let store = Store::new(relay.options.clone(), 2);
    for network in [Network::Down, Network::AnswersLost, Network::Down] {
        store.ping().await.unwrap();
        relay.is(network);
        let soon = Duration::from_millis(300);
        let calls = (0..4).map(|_| answer_within(soon, store.ping()));
        for answer in futures_util::future::join_all(calls).await {
            assert!(answer.is_err_and(|error| error.is_passing()));
        }
        relay.is(Network::Up);
        for answer in futures_util::future::join_all((0..4).map(|_| store.ping())).await {
            answer.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_says_that_the_database_does_not_answer() {
    let desk = Desk::new().await;
    let relay = Relay::to(&desk.options).await;
    relay.is(Network::Down);
    let (user, database) = (relay.options.get_username(), relay.options.get_database().unwrap());
    let url = format!("postgres://{user}@127.0.0.1:{}/{database}", relay.options.get_port());
    let home = Home::new("");
    let status = home.start(&["status"], &[("DATABASE_URL", &url)]);
    let (ended, said) = status.ended().await;
    assert_eq!(ended.code(), Some(1), "{said}");
    let words =
        ["the database cannot be reached: no connection within 10 s", "database.connections"];
    assert!(words.iter().all(|words| said.contains(words)), "{said}");
}
