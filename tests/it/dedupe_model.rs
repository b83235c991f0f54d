//! The database and the index in memory judge alike: random batches are filed into both.
//!
//! `wiresift dedupe` and the properties of the planner use the index in memory. What they say holds for the daemon only
//! if both load the same articles for a batch and write the same records.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use url::Url;
use wiresift::filing::judge::{Known, Verdict};
use wiresift::filing::records::EntryRecord;
use wiresift::filing::{Change, LookupKeys, MemoryIndex, Submission};
use wiresift::store::{Filing, Lease, Outcome, PendingEntry, Recorded};
use wiresift_extract::article::{DateSource, Dated};

use crate::harness::desk::{Desk, WIDE, article};
use crate::harness::games;
use crate::harness::newsroom::prose;
use crate::harness::steps::permit;

const ROUNDS: u32 = 6;

/// New entries in a round.
const ITEMS: u32 = 10;

/// One of eight addresses at four sites.
fn place(chance: &mut StdRng) -> String {
    let place = chance.random_range(0..8);
    format!("http://s{}.example/{place}", place % 4)
}

/// One of four texts, or a version of one, or most of two.
fn text(chance: &mut StdRng) -> Vec<String> {
    let seed = chance.random_range(0..4);
    let mut text = prose(seed);
    match chance.random_range(0..6) {
        0 => text.truncate(3),
        1 => text.push(format!("Desk {} adds a sentence of its own.", chance.random_range(0..3))),
        2 => text.extend(prose((seed + 1) % 4)),
        _ => {}
    }
    text
}

fn page(desk: &Desk, lease: &mut Lease<PendingEntry>, chance: &mut StdRng) -> Outcome {
    let mut read = article(lease, "Headline", &text(chance));
    if chance.random_bool(0.6) {
        read.fetched_url = Url::parse(&place(chance)).ok();
        lease.item.hops = 1;
    }
    if chance.random_bool(0.25) {
        read.article.canonical = Url::parse(&place(chance)).ok();
    }
    if chance.random_bool(0.3) {
        let at = desk.now() - TimeDelta::minutes(chance.random_range(1..600));
        read.article.published = Some(Dated { at, zone: None, source: DateSource::Meta });
    }
    Outcome::Article(Box::new(read))
}

/// What reading an entry may give.
fn filing(desk: &Desk, mut lease: Lease<PendingEntry>, chance: &mut StdRng) -> Filing {
    let is_known = lease.item.revisit.is_some();
    let outcome = match chance.random_range(0..10) {
        0..3 if is_known => Outcome::Missing,
        3 if is_known => Outcome::Unchanged,
        _ => page(desk, &mut lease, chance),
    };
    let next_visit = Some(desk.now() + Duration::from_hours(1));
    Filing { next_visit, ..desk.filing(&lease, outcome) }
}

async fn leases(desk: &Desk) -> Vec<Lease<PendingEntry>> {
    let mut all = Vec::new();
    loop {
        let leases = desk.store.lease_entries(desk.now(), 100, permit(), &WIDE).await.unwrap();
        if leases.is_empty() {
            all.sort_by_key(|lease: &Lease<PendingEntry>| lease.item.id);
            return all;
        }
        all.extend(leases);
    }
}

/// Id, original, host, revision, body, whether it is retracted.
type ArticleRow = (i64, i64, String, i32, String, bool);

/// Id, state, cause, article, next visit.
type EntryRow = (i64, String, String, Option<i64>, Option<DateTime<Utc>>);

/// Kind, article, revision, other article.
type ChangeRow = (String, i64, i32, Option<i64>);

/// The index in memory, and its articles by their ids in the database.
#[derive(Default)]
struct Model {
    index: MemoryIndex,
    ids: BTreeMap<i64, i64>,
}

impl Model {
    /// Files the same batch, and compares the results.
    fn file(&mut self, batch: &[Filing], recorded: &[Recorded]) {
        let lookups: Vec<_> =
            batch.iter().map(|one| LookupKeys::of_outcome(&one.lease.item, &one.outcome)).collect();
        // In the database the article of an entry that was read before has another id.
        let entries: Vec<PendingEntry> =
            batch.iter().map(|one| self.known(&one.lease.item)).collect();
        let submissions: Vec<Submission<'_>> = batch
            .iter()
            .zip(&entries)
            .zip(&lookups)
            .map(|((one, entry), lookup)| Submission {
                entry,
                at: one.at,
                outcome: &one.outcome,
                next_visit: one.next_visit,
                lookup: lookup.as_ref(),
                is_held: true,
            })
            .collect();
        let expected = self.index.file(&submissions).unwrap();
        assert_eq!(expected.len(), recorded.len());
        for (recorded, expected) in recorded.iter().zip(expected) {
            assert_eq!(self.translated(recorded, &expected), expected);
        }
    }

    fn known(&self, entry: &PendingEntry) -> PendingEntry {
        let mut entry = entry.clone();
        if let Some(revisit) = &mut entry.revisit {
            revisit.article = self.ids[&revisit.article];
        }
        entry
    }

    /// A result of the database with the ids of the model. An article that is new in both is one.
    fn translated(&mut self, recorded: &Recorded, expected: &Recorded) -> Recorded {
        let Recorded::Judged { article, verdict } = *recorded else { return recorded.clone() };
        if let Recorded::Judged { article: same, .. } = expected {
            self.ids.entry(article).or_insert(*same);
        }
        let id = |id: i64| self.ids.get(&id).copied().unwrap_or(-id);
        let verdict = match verdict {
            Verdict::New => Verdict::New,
            Verdict::Same { article, evidence } => Verdict::Same { article: id(article), evidence },
            Verdict::Revision { article, kind, evidence } => {
                Verdict::Revision { article: id(article), kind, evidence }
            }
            Verdict::Copy { of, whole } => Verdict::Copy { of: id(of), whole },
        };
        Recorded::Judged { article: id(article), verdict }
    }

    /// Compares all that is on file.
    async fn compare(&self, desk: &Desk) {
        assert_eq!(self.articles(desk).await, self.expected_articles());
        assert_eq!(self.edges(desk).await, self.index.edges().collect());
        assert_eq!(self.entries(desk).await, self.expected_entries());
        assert_eq!(self.changes(desk).await, self.expected_changes());
    }

    async fn articles(&self, desk: &Desk) -> Vec<ArticleRow> {
        let rows: Vec<ArticleRow> = sqlx::query_as(
            "SELECT id, coalesce(copy_of, id), host, revision, body, retracted_at IS NOT NULL
             FROM wiresift.articles ORDER BY id",
        )
        .fetch_all(&desk.pool)
        .await
        .unwrap();
        rows.into_iter()
            .map(|(id, original, host, revision, body, is_retracted)| {
                (self.ids[&id], self.ids[&original], host, revision, body, is_retracted)
            })
            .collect()
    }

    fn expected_articles(&self) -> Vec<ArticleRow> {
        let row = |(one, original): (&Known, i64)| {
            let (host, body) = (one.host.clone(), one.body.clone());
            (one.id, original, host, one.revision, body, one.is_retracted)
        };
        self.index.articles().map(row).collect()
    }

    async fn edges(&self, desk: &Desk) -> BTreeSet<(i64, i64)> {
        let rows: Vec<(i64, i64)> =
            sqlx::query_as("SELECT article_id, other_id FROM wiresift.copy_edges")
                .fetch_all(&desk.pool)
                .await
                .unwrap();
        rows.into_iter().map(|(one, other)| (self.ids[&one], self.ids[&other])).collect()
    }

    async fn entries(&self, desk: &Desk) -> Vec<EntryRow> {
        let rows: Vec<EntryRow> = sqlx::query_as(
            "SELECT id, state::text, cause, article_id, next_try_at FROM wiresift.entries ORDER BY id",
        )
        .fetch_all(&desk.pool)
        .await
        .unwrap();
        rows.into_iter()
            .map(|(id, state, cause, article, next)| {
                (id, state, cause, article.map(|article| self.ids[&article]), next)
            })
            .collect()
    }

    fn expected_entries(&self) -> Vec<EntryRow> {
        let row = |one: &EntryRecord| {
            let (state, cause) = (one.state.as_str().to_owned(), one.cause.as_str().to_owned());
            (one.id, state, cause, one.article_id, one.next_try_at)
        };
        self.index.entries().map(row).collect()
    }

    async fn changes(&self, desk: &Desk) -> Vec<ChangeRow> {
        let rows: Vec<ChangeRow> = sqlx::query_as(
            "SELECT kind::text, article_id, revision, other_id FROM wiresift.changes ORDER BY seq",
        )
        .fetch_all(&desk.pool)
        .await
        .unwrap();
        // An article that loses a claimed address is told of once more, with its other address. The
        // index in memory has no addresses to show.
        let mut revised = BTreeSet::new();
        let is_of_text = |(kind, article, revision, _): &ChangeRow| {
            kind != "revised" || (*revision > 1 && revised.insert((*article, *revision)))
        };
        rows.into_iter()
            .filter(is_of_text)
            .map(|(kind, article, revision, other)| {
                (kind, self.ids[&article], revision, other.map(|other| self.ids[&other]))
            })
            .collect()
    }

    fn expected_changes(&self) -> Vec<ChangeRow> {
        let row =
            |one: &Change| (one.kind.as_str().to_owned(), one.article, one.revision, one.other);
        self.index.changes().iter().map(row).collect()
    }
}

/// `WIRESIFT_TEST_SEED` plays one game again, and `WIRESIFT_TEST_GAMES` plays more of them.
#[tokio::test]
async fn random_batches_give_the_same_in_the_database_and_in_memory() {
    for chance in games(3) {
        play(chance).await;
    }
}

async fn play(mut chance: StdRng) {
    let desk = Desk::new().await;
    let mut model = Model::default();
    let mut ended: Vec<i64> = Vec::new();
    for round in 0..ROUNDS {
        // A poll files an entry at a known address without a look at the page, so all links are new
        // and redirect to known addresses.
        let links: Vec<String> =
            (0..ITEMS).map(|item| format!("http://s{}.example/{round}/{item}", item % 4)).collect();
        let items: Vec<(&str, &str)> = links.iter().map(|link| (&**link, "Headline")).collect();
        desk.shows(&format!("http://s{}.example/feeds/{round}", round % 4), &items).await;
        if let Some(entry) = ended.choose(&mut chance) {
            sqlx::query("UPDATE wiresift.entries SET left_at = $1 WHERE id = $2")
                .bind(desk.now())
                .bind(entry)
                .execute(&desk.pool)
                .await
                .unwrap();
            model.index.leave_feed(*entry);
        }
        let filings: Vec<Filing> = leases(&desk)
            .await
            .into_iter()
            .map(|lease| filing(&desk, lease, &mut chance))
            .collect();
        let size = chance.random_range(1..8);
        for batch in filings.chunks(size) {
            let recorded = desk.file(batch).await;
            model.file(batch, &recorded);
            ended.extend(batch.iter().map(|one| one.lease.item.id));
        }
        model.compare(&desk).await;
    }
}
