//! One site cannot speak for another, in whatever order pages and feeds are read.
//!
//! The honest site has two pages with texts that agree, and corrects them. The other site does all
//! that a site can do: it copies these texts and changes them, names the honest pages canonical,
//! redirects to them and stops doing so, and its feed claims texts, links and moved links.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use url::Url;
use wiresift_extract::article::BodySource;
use wiresift_feed::domain::same_site;

use crate::filing::tests::world::{Page, World, prose};
use crate::filing::{EntryCause, Outcome, PendingEntry, Recorded};

const HONEST: &str = "news.harbour.co.uk";
const EVIL: &str = "evil.co.uk";

/// The pages of both sites, and a page of the honest site that does not exist.
const LINKS: [&str; 5] = [
    "news.harbour.co.uk/1",
    "news.harbour.co.uk/2",
    "news.harbour.co.uk/gone",
    "evil.co.uk/1",
    "evil.co.uk/2",
];
const HONEST_PAGES: usize = 2;
const FIRST_EVIL: usize = 3;

/// What an address of the other site answers.
#[derive(Debug, Clone)]
enum Answer {
    Page { text: String, canonical: Option<&'static str> },
    Redirect(usize),
    Gone,
}

#[derive(Debug, Clone)]
enum Step {
    /// The honest feed shows a page of its site, and the page is read.
    Honest(usize),
    /// The honest page gets another text.
    Corrects(usize),
    /// The other feed shows any link, and the page is read.
    Lists(usize),
    /// The same, with a text of the feed in place of that of the page.
    ListsText(usize, String),
    /// The other feed gives another link for an earlier entry.
    Moves(usize, usize),
    /// An address of the other site answers this from now on.
    Answers(usize, Answer),
    /// An earlier entry is read again.
    Revisit(usize),
}

fn honest_text(page: usize, version: u32) -> String {
    let page = u32::try_from(page).unwrap();
    let own = prose(100 + page, 20);
    format!("{} {own} {}", prose(1, 80), prose(200 + 50 * page + version, 12))
}

fn evil_text() -> impl Strategy<Value = String> {
    (0..HONEST_PAGES, 0_u32..3, any::<bool>(), any::<bool>()).prop_map(
        |(page, version, copies, exactly)| match (copies, exactly) {
            (true, true) => honest_text(page, version),
            (true, false) => format!("{} {}", honest_text(page, version), prose(400 + version, 25)),
            _ => prose(500 + version, 90),
        },
    )
}

fn answer() -> impl Strategy<Value = Answer> {
    let canonical = prop::option::of(prop::sample::select(vec![
        "https://news.harbour.co.uk/1",
        "https://news.harbour.co.uk/2",
        "https://evil.co.uk/1",
    ]));
    prop_oneof![
        3 => (evil_text(), canonical).prop_map(|(text, canonical)| Answer::Page { text, canonical }),
        2 => (0..HONEST_PAGES).prop_map(Answer::Redirect),
        1 => Just(Answer::Gone),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..HONEST_PAGES).prop_map(Step::Honest),
        1 => (0..HONEST_PAGES).prop_map(Step::Corrects),
        3 => (0..LINKS.len()).prop_map(Step::Lists),
        1 => (0..LINKS.len(), evil_text()).prop_map(|(link, text)| Step::ListsText(link, text)),
        2 => (0_usize..24, 0..LINKS.len())
            .prop_map(|(entry, link)| Step::Moves(entry, link)),
        2 => (FIRST_EVIL..LINKS.len(), answer()).prop_map(|(at, answer)| Step::Answers(at, answer)),
        4 => (0_usize..24).prop_map(Step::Revisit),
    ]
}

/// Both sites, what was read, and what was filed.
#[derive(Default)]
struct Stage {
    world: World,
    versions: [u32; HONEST_PAGES],
    answers: BTreeMap<usize, Answer>,
    /// The texts that were read at each honest page.
    read: [BTreeSet<String>; HONEST_PAGES],
    /// The honest pages that their own feed has shown.
    shown: [bool; HONEST_PAGES],
    /// The texts of the other site.
    of_evil: BTreeSet<String>,
}

impl Stage {
    fn play(&mut self, step: &Step) {
        self.world.advance(1);
        match step {
            Step::Honest(page) => {
                let entry = self.world.entry(LINKS[*page]);
                let recorded = self.reads(entry);
                let Recorded::Judged { article, .. } = recorded else { panic!("{recorded:?}") };
                let filed = self.world.index.articles().find(|(known, _)| known.id == article);
                assert!(same_site(&filed.unwrap().0.host, HONEST), "filed as {filed:?}");
                self.shown[*page] = true;
            }
            Step::Corrects(page) => self.versions[*page] += 1,
            Step::Lists(link) => {
                let entry = self.evil_entry(*link);
                self.reads(entry);
            }
            Step::ListsText(link, text) => {
                let entry = self.evil_entry(*link);
                self.of_evil.insert(text.clone());
                self.files(entry, feed_text(text));
            }
            Step::Moves(entry, link) => {
                let evil = self.world.entries.iter_mut();
                let mut evil: Vec<_> =
                    evil.filter(|entry| !entry.has_feed_of_site(HONEST)).collect();
                if !evil.is_empty() {
                    let at = entry % evil.len();
                    evil[at].url = Some(format!("https://{}", LINKS[*link]));
                }
            }
            Step::Answers(at, answer) => {
                self.answers.insert(*at, answer.clone());
            }
            Step::Revisit(number) if !self.world.entries.is_empty() => {
                let entry = self.world.revisited(number % self.world.entries.len());
                self.reads(entry);
            }
            Step::Revisit(_) => {}
        }
    }

    fn evil_entry(&mut self, link: usize) -> PendingEntry {
        let entry = self.world.entry(LINKS[link]);
        let own = self.world.entries.last_mut().unwrap();
        own.feed_urls = vec![Url::parse("https://evil.co.uk/feed").unwrap()];
        PendingEntry { feed_urls: own.feed_urls.clone(), ..entry }
    }

    /// Reads the page of an entry, after its redirects.
    fn reads(&mut self, mut entry: PendingEntry) -> Recorded {
        let url = entry.url.clone().unwrap();
        let link = LINKS.iter().position(|link| url.ends_with(link)).unwrap();
        let (link, hops) = match self.answers.get(&link) {
            Some(Answer::Redirect(page)) => (*page, 1),
            _ => (link, 0),
        };
        entry.hops = hops;
        let is_revisit = entry.revisit.is_some();
        let page = match self.answers.get(&link) {
            _ if link < HONEST_PAGES => {
                let text = honest_text(link, self.versions[link]);
                self.read[link].insert(text.clone());
                Some(Page::at(LINKS[link], text))
            }
            Some(Answer::Page { text, canonical }) => {
                self.of_evil.insert(text.clone());
                Some(Page { canonical: *canonical, ..Page::at(LINKS[link], text.clone()) })
            }
            _ => None,
        };
        let outcome = match page {
            Some(page) => read_at(&page, self.world.now()),
            None if is_revisit => Outcome::Missing,
            None => Outcome::Abandoned { cause: EntryCause::NoText, trace: None },
        };
        self.files(entry, outcome)
    }

    fn files(&mut self, entry: PendingEntry, outcome: Outcome) -> Recorded {
        self.world.files(&[(entry, outcome)]).remove(0)
    }

    fn check(&self) {
        let mut articles = [0; HONEST_PAGES];
        for (article, _) in self.world.index.articles() {
            if same_site(&article.host, HONEST) {
                assert!(!article.is_retracted, "{article:?}");
                let page = self.read.iter().position(|texts| texts.contains(&article.body));
                articles[page.unwrap_or_else(|| panic!("{article:?}"))] += 1;
            } else {
                assert!(same_site(&article.host, EVIL), "{article:?}");
                assert!(self.of_evil.contains(&article.body), "{article:?}");
            }
        }
        // Each honest page is one article, at the latest when its own feed has shown it.
        for (count, is_shown) in articles.into_iter().zip(self.shown) {
            assert!(count == 1 || (count == 0 && !is_shown), "{articles:?}");
        }
    }
}

fn read_at(page: &Page, now: chrono::DateTime<chrono::Utc>) -> Outcome {
    let Outcome::Article(mut read) = page.outcome(now) else { unreachable!() };
    read.fetched_url = Some(Url::parse(&format!("https://{}", page.address)).unwrap());
    Outcome::Article(read)
}

/// The text of a feed, in place of that of a page that could not be read.
fn feed_text(text: &str) -> Outcome {
    let page = Page::at("evil.co.uk/feed", text.to_owned());
    let Outcome::Article(mut read) = page.outcome(World::default().now()) else { unreachable!() };
    read.article.source = BodySource::Feed;
    Outcome::Article(read)
}

fn play(steps: &[Step]) {
    let mut stage = Stage::default();
    for step in steps {
        stage.play(step);
        stage.check();
    }
}

#[test]
fn a_redirect_that_ends_does_not_leave_the_article_to_its_site() {
    let copy = || Answer::Page { text: prose(500, 90), canonical: None };
    play(&[
        Step::Answers(3, Answer::Redirect(0)),
        Step::Lists(3),
        Step::Honest(0),
        Step::Answers(3, copy()),
        Step::Revisit(0),
        Step::Lists(3),
        Step::Answers(3, Answer::Gone),
        Step::Revisit(0),
        Step::Revisit(0),
        Step::Revisit(0),
    ]);
}

#[test]
fn a_page_that_later_redirects_does_not_get_the_other_page() {
    let text = honest_text(0, 0);
    play(&[
        Step::Answers(3, Answer::Page { text, canonical: Some("https://news.harbour.co.uk/1") }),
        Step::Lists(3),
        Step::Answers(3, Answer::Redirect(0)),
        Step::Revisit(0),
        Step::Lists(3),
        Step::Honest(0),
    ]);
}

#[test]
fn a_feed_does_not_move_the_articles_of_another_site() {
    play(&[
        Step::Lists(0),
        Step::Moves(0, 1),
        Step::Revisit(0),
        Step::Honest(1),
        Step::Honest(0),
        Step::Moves(0, 2),
        Step::Revisit(0),
        Step::Revisit(0),
        Step::Revisit(0),
    ]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn the_text_under_a_host_was_read_there(steps in prop::collection::vec(step(), 1..24)) {
        play(&steps);
    }
}
