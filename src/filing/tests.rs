//! Tests of the planner over an index in memory: single articles, and properties of random batches.

mod properties;
mod sites;
mod world;

use wiresift_dedup::revision::RevisionKind;

use crate::filing::judge::{Evidence, Verdict};
use crate::filing::tests::world::{Page, World, prose};
use crate::filing::{
    ChangeKind, EntryCause, EntryState, MemoryIndex, Outcome, PlanError, Recorded, Submission,
};

const NEW: ChangeKind = ChangeKind::New;

fn verdict(recorded: &Recorded) -> Verdict {
    match recorded {
        Recorded::Judged { verdict, .. } => *verdict,
        other => panic!("not judged: {other:?}"),
    }
}

fn changes(index: &MemoryIndex) -> Vec<(ChangeKind, i64, Option<i64>)> {
    index.changes().iter().map(|one| (one.kind, one.article, one.other)).collect()
}

fn ends(index: &MemoryIndex) -> Vec<(EntryState, EntryCause)> {
    index.entries().map(|entry| (entry.state, entry.cause)).collect()
}

#[test]
fn a_new_article_is_filed_and_its_page_is_read_again() {
    let mut world = World::default();
    world.reads(&Page::at("one.example/1", prose(1, 90)));
    assert_eq!(changes(&world.index), [(NEW, 1, None)]);
    let entry = world.index.entries().next().unwrap();
    assert_eq!(entry.state, EntryState::Filed);
    assert_eq!(entry.cause.as_str(), "new-from-page");
    assert!(entry.next_try_at.is_some() && !entry.keeps_content);
}

#[test]
fn the_same_address_is_a_sighting_or_a_revision() {
    let mut world = World::default();
    world.reads(&Page::at("one.example/1", prose(1, 90)));
    let same = world.reads(&Page::at("www.one.example/1", prose(1, 90)));
    let evidence = Evidence::Address;
    assert_eq!(verdict(&same), Verdict::Same { article: 1, evidence });
    let longer = format!("{} {}", prose(1, 90), prose(2, 40));
    let revised = world.reads(&Page::at("one.example/1", longer));
    let kind = RevisionKind::Growth;
    assert_eq!(verdict(&revised), Verdict::Revision { article: 1, kind, evidence });
    assert_eq!(changes(&world.index), [(NEW, 1, None), (ChangeKind::Revised, 1, None)]);
    assert_eq!(ends(&world.index)[2], (EntryState::Revision, EntryCause::Revised(kind)));
}

#[test]
fn the_same_text_elsewhere_is_a_copy_and_on_the_same_site_a_sighting() {
    let mut world = World::default();
    world.reads(&Page::at("one.example/1", prose(1, 90)));
    let copy = world.reads(&Page::at("two.example/1", prose(1, 90)));
    assert_eq!(verdict(&copy), Verdict::Copy { of: 1, whole: true });
    let other = world.reads(&Page::at("m.one.example/other", prose(1, 90)));
    assert_eq!(verdict(&other), Verdict::Same { article: 1, evidence: Evidence::Text });
    assert_eq!(world.index.edges().collect::<Vec<_>>(), [(2, 1)]);
}

#[test]
fn a_text_that_was_edited_is_a_copy() {
    let mut world = World::default();
    world.reads(&Page::at("one.example/1", prose(1, 120)));
    let edited = prose(1, 120).replacen(' ', " new ", 1);
    let copy = world.reads(&Page::at("two.example/1", edited));
    assert_eq!(verdict(&copy), Verdict::Copy { of: 1, whole: false });
    assert_eq!(ends(&world.index)[1], (EntryState::Copy, EntryCause::SimilarText));
}

#[test]
fn of_two_seen_together_the_earlier_publication_is_the_original() {
    let mut world = World::default();
    world.reads(&Page { published: Some(-30), ..Page::at("one.example/1", prose(1, 90)) });
    let earlier =
        world.reads(&Page { published: Some(-90), ..Page::at("two.example/1", prose(1, 90)) });
    // It is filed as a copy first. It becomes the original when the other one moves.
    assert_eq!(verdict(&earlier), Verdict::New);
    assert_eq!(world.index.original_of(1), 2);
    let expected = [(NEW, 1, None), (NEW, 2, None), (ChangeKind::Copy, 1, Some(2))];
    assert_eq!(changes(&world.index), expected);
}

#[test]
fn a_canonical_link_is_believed_on_its_own_site_and_if_the_texts_agree() {
    let canonical = Some("https://one.example/story");
    let mut world = World::default();
    world.reads(&Page::at("one.example/story", prose(1, 90)));
    let edition = world.reads(&Page { canonical, ..Page::at("one.example/amp/1", prose(1, 90)) });
    assert_eq!(verdict(&edition), Verdict::Same { article: 1, evidence: Evidence::Canonical });
    let other = world.reads(&Page { canonical, ..Page::at("one.example/2", prose(2, 90)) });
    assert_eq!(verdict(&other), Verdict::New);
    let foreign = world.reads(&Page { canonical, ..Page::at("two.example/1", prose(1, 90)) });
    assert_eq!(verdict(&foreign), Verdict::Copy { of: 1, whole: true });
}

#[test]
fn a_text_that_resembles_two_clusters_merges_them() {
    let mut world = World::default();
    let (one, other) = (prose(1, 100), prose(2, 100));
    world.reads(&Page::at("one.example/1", one.clone()));
    world.reads(&Page::at("two.example/1", other.clone()));
    world.reads(&Page::at("three.example/1", other.clone()));
    let bridge = world.reads(&Page::at("four.example/1", format!("{one} {other}")));
    assert_eq!(verdict(&bridge), Verdict::Copy { of: 1, whole: false });
    assert_eq!([2, 3, 4].map(|id| world.index.original_of(id)), [1, 1, 1]);
    let moved = [(ChangeKind::Copy, 2, Some(1)), (ChangeKind::Merged, 3, Some(1))];
    assert_eq!(changes(&world.index)[4..], moved);
}

#[test]
fn a_copy_that_is_rewritten_leaves_its_cluster() {
    let mut world = World::default();
    world.reads(&Page::at("one.example/1", prose(1, 90)));
    world.reads(&Page::at("two.example/1", prose(1, 90)));
    world.reads(&Page::at("two.example/1", prose(3, 90)));
    assert_eq!(world.index.original_of(2), 2);
    assert_eq!(world.index.edges().count(), 0);
    let expected = [(ChangeKind::Revised, 2, None), (NEW, 2, None)];
    assert_eq!(changes(&world.index)[2..], expected);
}

#[test]
fn a_copy_leaves_its_cluster_in_the_batch_that_finds_its_address() {
    let mut world = World::default();
    world.reads(&Page::at("one.example/1", prose(1, 90)));
    world.reads(&Page::at("two.example/1", prose(1, 90)));
    // The original is cut, so only the copy has the whole text now.
    let cut = Page::at("one.example/1", prose(1, 60));
    world.visits_again(0, cut.outcome(world.now()));
    world.advance(1);
    let pages = [prose(1, 90), prose(2, 90)].map(|text| Page::at("two.example/2", text));
    let now = world.now();
    let batch = pages.map(|page| (world.entry(page.address), page.outcome(now)));
    let recorded = world.files(&batch);
    let evidence = Evidence::Text;
    assert_eq!(verdict(&recorded[0]), Verdict::Same { article: 2, evidence });
    assert!(matches!(verdict(&recorded[1]), Verdict::Revision { article: 2, .. }));
    assert_eq!(world.index.original_of(2), 2);
    assert_eq!(world.index.edges().count(), 0);
}

#[test]
fn a_copy_stays_with_the_article_that_joined_it() {
    let mut world = World::default();
    let (whole, cut) = (prose(0, 80), prose(0, 60));
    world.reads(&Page::at("one.example/1", prose(1, 80)));
    world.reads(&Page::at("two.example/1", prose(1, 80)));
    world.reads(&Page::at("three.example/1", cut.clone()));
    world.reads(&Page::at("one.example/1", prose(1, 60)));
    world.reads(&Page::at("four.example/1", whole.clone()));
    world.reads(&Page::at("four.example/1", prose(1, 80)));
    // The second article has two edges now, so it stays when its text becomes that of the third,
    // and both clusters become one.
    world.reads(&Page::at("two.example/1", cut));
    assert_eq!([2, 3, 4].map(|id| world.index.original_of(id)), [1, 1, 1]);
    assert!(world.index.edges().any(|edge| edge == (2, 3)));
    world.reads(&Page::at("three.example/1", whole));
    assert_eq!(world.index.original_of(3), 1);
}

#[test]
fn an_article_that_its_feed_shows_again_has_not_moved() {
    let rewritten = || Page::at("one.example/9", format!("{} {}", prose(1, 90), prose(2, 10)));
    let files = |pages: Vec<Page>| {
        let mut world = World::default();
        world.reads(&Page::at("one.example/1", prose(1, 90)));
        world.index.leave_feed(0);
        world.advance(1);
        let now = world.now();
        let batch: Vec<_> =
            pages.iter().map(|page| (world.entry(page.address), page.outcome(now))).collect();
        world.files(&batch).last().map(verdict)
    };
    let moved = files(vec![rewritten()]);
    assert!(matches!(moved, Some(Verdict::Revision { article: 1, .. })), "{moved:?}");
    let again = files(vec![Page::at("one.example/1", prose(1, 90)), rewritten()]);
    assert_eq!(again, Some(Verdict::Copy { of: 1, whole: false }));
}

#[test]
fn a_page_that_is_missing_three_times_is_retracted_once() {
    let mut world = World::default();
    world.reads(&Page::at("one.example/1", prose(1, 90)));
    for _ in 0..3 {
        world.visits_again(0, Outcome::Missing);
    }
    let entry = world.index.entries().next().unwrap();
    assert_eq!((entry.missing, entry.next_try_at), (3, None));
    assert_eq!(changes(&world.index), [(NEW, 1, None), (ChangeKind::Revised, 1, None)]);
    let back = Page::at("one.example/1", prose(1, 90)).outcome(world.now());
    let back = world.visits_again(0, back);
    assert!(matches!(verdict(&back), Verdict::Revision { kind: RevisionKind::Correction, .. }));
}

#[test]
fn outcomes_without_an_article_end_or_delay_the_entry() {
    let mut world = World::default();
    let later = Outcome::Later { at: world.now(), cause: EntryCause::Robots, failed: true };
    let moved =
        Outcome::Moved { to: "https://b.example/".into(), host: "b.example".into(), cookies: None };
    world.ends("one.example/1", Outcome::Skipped { cause: EntryCause::Robots });
    world.ends("one.example/2", Outcome::Abandoned { cause: EntryCause::NoText, trace: None });
    world.ends("one.example/3", later);
    world.ends("one.example/4", moved);
    let expected = [
        (EntryState::Skipped, EntryCause::Robots),
        (EntryState::Abandoned, EntryCause::NoText),
        (EntryState::Pending, EntryCause::Robots),
        (EntryState::Pending, EntryCause::Moved),
    ];
    assert_eq!(ends(&world.index), expected);
    let moved = world.index.entries().last().unwrap();
    assert_eq!((moved.host.as_str(), moved.hops), ("b.example", 1));
}

#[test]
fn input_that_contradicts_itself_is_an_error() {
    let mut world = World::default();
    let entry = world.entry("one.example/1");
    let submission = |outcome, is_held| Submission {
        entry: &entry,
        at: world.now(),
        outcome,
        next_visit: None,
        lookup: None,
        is_held,
    };
    let mut index = MemoryIndex::default();
    let never = PlanError::NeverRead(entry.id);
    assert_eq!(index.file(&[submission(&Outcome::Unchanged, true)]), Err(never));
    let article = Page::at("one.example/1", prose(1, 90)).outcome(world.now());
    let no_lookup = PlanError::NoLookup(entry.id);
    assert_eq!(index.file(&[submission(&article, true)]), Err(no_lookup));
    assert_eq!(index.file(&[submission(&article, false)]), Ok(vec![Recorded::LeaseLost]));
}
