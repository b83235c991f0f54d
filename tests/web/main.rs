//! The hostile web: scripts in `*.case`, each a few lines of what sites answer over time and what is expected of the
//! daemon. README.md beside them has the language.
//!
//! Each case is a test of its own, named after its file and its title, and has a database, a web server and a clock of
//! its own. The daemon is stepped from one thing that is due to the next, so a week of polling takes as long as its
//! requests do.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail loudly"
)]

mod check;
mod document;
#[expect(dead_code, reason = "the other integration tests use the rest")]
#[path = "../harness/mod.rs"]
mod harness;
mod reply;
mod script;
mod stage;
mod texts;
mod words;

use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;

use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::{Builder, Runtime};

use crate::script::Case;

/// Cases played at once for each core: a case waits for its sockets and its database most of the time.
const FOR_EACH_CORE: usize = 3;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert_with(threads);
    let runtime = Arc::new(Builder::new_multi_thread().enable_all().build().unwrap());
    let cases = script::all().unwrap_or_else(|error| panic!("{error}"));
    let mut trials: Vec<Trial> = cases.into_iter().map(|case| trial(case, &runtime)).collect();
    trials.push(Trial::test(
        "script::what_it_does_not_understand_is_an_error_with_its_place",
        || {
            what_a_script_does_not_understand_is_an_error_with_its_place();
            Ok(())
        },
    ));
    trials.push(Trial::test("texts::articles_are_unlike_each_other", || {
        articles_are_unlike_each_other();
        Ok(())
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// `RUST_TEST_THREADS`, as everywhere else, or else more than cores.
fn threads() -> usize {
    let stated = std::env::var("RUST_TEST_THREADS").ok().and_then(|count| count.parse().ok());
    stated.unwrap_or(FOR_EACH_CORE * available_parallelism().map_or(1, usize::from))
}

/// `updates::a corrected page is a revision` for that case of `updates.case`.
fn trial(case: Case, runtime: &Arc<Runtime>) -> Trial {
    let runtime = Arc::clone(runtime);
    let name = format!("{}::{}", case.file, case.name);
    Trial::test(name, move || runtime.block_on(stage::play(&case)).map_err(Failed::from))
}

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

fn articles_are_unlike_each_other() {
    let text = |number| texts::paragraphs(number).join(" ");
    let (one, other) = (text(1), text(2));
    assert_eq!(one, text(1));
    assert!(wiresift_text::similarity::containment(&one, &other) < 0.1, "{one}\n{other}");
}
