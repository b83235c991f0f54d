//! The hostile web: scripts in `tests/web/*.case`, each a few lines of what sites answer over time and what is
//! expected of the daemon. README.md beside them has the language.
//!
//! A case has a database, a web server and a clock of its own. The daemon is stepped from one thing that is due to the
//! next, so a week of polling takes as long as its requests do. `CASE=word cargo test --test it cases` plays those
//! that have the word in their name or place.

mod check;
mod document;
mod reply;
mod script;
mod stage;
mod texts;
mod words;

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Cases played at once: more than cores, because a case waits for its sockets and its database most of the time.
const AT_ONCE: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_holds() {
    let cases = script::all().unwrap_or_else(|error| panic!("{error}"));
    let wanted = std::env::var("CASE").unwrap_or_default();
    let chosen: Vec<_> = cases
        .into_iter()
        .filter(|case| format!("{} {}", case.name, case.place).contains(&wanted))
        .collect();
    assert!(!chosen.is_empty(), "no case has `{wanted}` in its name");
    let count = chosen.len();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut playing = JoinSet::new();
    for case in chosen {
        let room = Arc::clone(&room);
        playing.spawn(async move {
            let _place = room.acquire().await.unwrap();
            let begun = std::time::Instant::now();
            let end = stage::play(&case).await;
            println!("{:>6} ms  {}", begun.elapsed().as_millis(), case.name);
            end
        });
    }
    let ends = playing.join_all().await;
    let faults: Vec<String> = ends.into_iter().filter_map(Result::err).collect();
    assert!(
        faults.is_empty(),
        "{} of {count} cases fail:\n\n{}\n",
        faults.len(),
        faults.join("\n\n")
    );
}

#[test]
fn what_a_script_does_not_understand_is_an_error_with_its_place() {
    for (line, complaint) in [
        ("feeed paper/feed", "unknown word `feeed`"),
        ("paper/feed = rrs 1", "no answer is said by `rrs 1`"),
        ("paper/feed = rss 1 giud=x", "an item has no `giud=x`"),
        ("paper/1 = page 1 corected", "a page has no `corected`"),
        ("paper/feed = rss 1 | conditionl", "unknown word `conditionl`"),
        ("at 20 minuts", "no duration"),
        ("expect artikles 1", "unknown expectation `artikles 1`"),
        ("expect articles one", "`one` is no number"),
        ("paper/feed = rss \"1", "left open"),
    ] {
        let error = script::parse("x.case", &format!("case one\n\n{line}\n")).unwrap_err();
        assert!(error.starts_with("x.case:3: ") && error.contains(complaint), "{line}: {error}");
    }
    assert!(script::parse("x.case", "feed paper/feed").unwrap_err().starts_with("x.case:1: "));
}

#[test]
fn articles_are_unlike_each_other() {
    let text = |number| texts::paragraphs(number).join(" ");
    let (one, other) = (text(1), text(2));
    assert_eq!(one, text(1));
    assert!(wiresift_text::similarity::containment(&one, &other) < 0.1, "{one}\n{other}");
}
