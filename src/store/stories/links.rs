//! Links between articles of different languages, for a batch.
//!
//! The words that all languages share have keys like those of one language, see
//! [`postings`](RecentKeys::postings). Most articles to which they lead are in the language of the article
//! itself and do not count, so a number carries its language, and only the rest is loaded.
//! While all articles are in one language, nothing of this is done.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use crate::filing::ChangeKind;
use crate::store::StoreError;
use crate::store::changes::ChangeRow;
use crate::store::stories::fingerprint_cache::FingerprintCache;
use crate::store::stories::read::{self, Known};
use crate::store::stories::recent_keys::{LANGUAGE_BITS, RecentKeys};
use wiresift_dedup::story::{
    ALL_LANGUAGES, Abroad, FEWEST_SHARED, Incoming, LinkIndex, MOST_ABROAD, Rarity, StoryKey,
    UNKNOWN_LANGUAGE, language_tag,
};

/// The most articles of other languages that are loaded for an article. Some of them may no longer
/// be there.
const MOST_LOADED: usize = MOST_ABROAD + MOST_ABROAD / 2;

/// What links the articles of a batch to those of other languages.
#[derive(Default)]
pub(super) struct Languages {
    are_several: bool,
    /// The keys of the articles, by their numbers.
    pub(super) keys: BTreeMap<i64, Vec<StoryKey>>,
    /// An article, one of another language, and how alike they are. No two are linked twice.
    links: Vec<(i64, i64, f32)>,
}

/// Whether there are articles in several languages.
pub(super) async fn are_several(
    connection: &mut PgConnection,
    languages: &[String],
) -> Result<bool, StoreError> {
    let known: Vec<&String> =
        languages.iter().filter(|language| *language != UNKNOWN_LANGUAGE).collect();
    match known.as_slice() {
        [] => Ok(false),
        [one] => Ok(sqlx::query_scalar(
            "/* are_several */
             SELECT EXISTS (SELECT FROM story_words WHERE language NOT IN ($1, $2, $3))",
        )
        .bind(one)
        .bind(ALL_LANGUAGES)
        .bind(UNKNOWN_LANGUAGE)
        .fetch_one(connection)
        .await?),
        _ => Ok(true),
    }
}

/// Finds the links of a batch.
pub(super) struct LinkFinder {
    index: LinkIndex,
    window: TimeDelta,
}

impl LinkFinder {
    pub(super) fn new(rarity: Rarity, window: TimeDelta) -> Self {
        Self { index: LinkIndex::new(rarity), window }
    }

    /// The weights of words, with those of the batch counted.
    pub(super) fn into_rarity(self) -> Rarity {
        self.index.rarity
    }

    /// Loads what the articles may be linked to, and places them one after another. Numbers below
    /// `first` have left the window.
    pub(super) async fn find(
        &mut self,
        connection: &mut PgConnection,
        (recent, fingerprints): (&RecentKeys, &mut FingerprintCache),
        articles: &[&Incoming],
        first: i64,
    ) -> Result<Languages, StoreError> {
        let candidates = self.load(connection, (recent, fingerprints), articles, first).await?;
        let mut found = Languages { are_several: true, ..Languages::default() };
        let mut linked = BTreeSet::new();
        for (article, candidates) in articles.iter().zip(candidates) {
            let linking = self.index.place(article, &candidates, self.window);
            let keys = linking.keys.into_iter().map(StoryKey::of_all_languages);
            found.keys.insert(article.number, keys.collect());
            // The other may be in the batch, too, and have found this one as it was before.
            let links = linking.links.into_iter();
            let links = links.filter(|link| linked.insert(pair((article.article, link.article))));
            found.links.extend(links.map(|link| (article.article, link.article, link.likeness)));
        }
        Ok(found)
    }

    /// The articles to which the words of each article lead, with the number of its words.
    async fn load(
        &mut self,
        connection: &mut PgConnection,
        (recent, fingerprints): (&RecentKeys, &mut FingerprintCache),
        articles: &[&Incoming],
        first: i64,
    ) -> Result<Vec<Vec<(i64, usize)>>, StoreError> {
        let keys: BTreeSet<StoryKey> = articles.iter().flat_map(|article| keys(article)).collect();
        let keys: Vec<StoryKey> = keys.into_iter().collect();
        let postings = recent.postings(connection, &keys, first << LANGUAGE_BITS).await?;
        let found: Vec<Vec<(i64, usize)>> =
            articles.iter().map(|article| most_shared(article, &postings)).collect();
        let numbers: BTreeSet<i64> = found.iter().flatten().map(|(number, _)| *number).collect();
        let rows =
            read::known_numbers(connection, &numbers.iter().copied().collect::<Vec<_>>()).await?;
        let known = fingerprints.get(connection, &numbers).await?;
        let by_number: HashMap<i64, Known> =
            rows.into_iter().map(|row| (row.number, row)).collect();
        for (number, row) in &by_number {
            let Some(fingerprint) = known.get(number) else { continue };
            let (article, language) = (row.article_id, row.language.clone());
            let bridge = fingerprint.bridge.clone();
            self.index.load(*number, Abroad { article, language, bridge });
        }
        let candidates = articles.iter().zip(found).map(|(article, found)| {
            found
                .into_iter()
                .filter_map(|(number, shared)| Some((by_number.get(&number)?.article_id, shared)))
                .filter(|(other, _)| *other != article.article)
                .collect()
        });
        Ok(candidates.collect())
    }
}

fn keys(article: &Incoming) -> impl Iterator<Item = StoryKey> {
    article.fingerprint.bridge.terms.iter().map(|term| StoryKey::of_all_languages(*term))
}

/// The numbers of other languages to which the most words of an article lead, of these the newest.
fn most_shared(article: &Incoming, postings: &HashMap<StoryKey, Vec<i64>>) -> Vec<(i64, usize)> {
    let own = i64::from(language_tag(&article.language));
    let mut shared: HashMap<i64, usize> = HashMap::new();
    for tagged in keys(article).filter_map(|key| postings.get(&key)).flatten() {
        if tagged & ((1 << LANGUAGE_BITS) - 1) != own {
            *shared.entry(tagged >> LANGUAGE_BITS).or_default() += 1;
        }
    }
    let mut shared: Vec<(i64, usize)> =
        shared.into_iter().filter(|(_, count)| *count >= FEWEST_SHARED).collect();
    shared.sort_unstable_by_key(|(number, count)| std::cmp::Reverse((*count, *number)));
    shared.truncate(MOST_LOADED);
    shared
}

impl Languages {
    /// Replaces the links of the articles that were `judged`. Returns the rows of the change log.
    pub(super) async fn record(
        &self,
        connection: &mut PgConnection,
        judged: &[i64],
        now: DateTime<Utc>,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        if !self.are_several {
            return Ok(Vec::new());
        }
        let before: Vec<(i64, i64)> = sqlx::query_as(
            "/* remove_links */ DELETE FROM story_links
             WHERE article_id = ANY($1) OR other_id = ANY($1) RETURNING article_id, other_id",
        )
        .bind(judged)
        .fetch_all(&mut *connection)
        .await?;
        if self.links.is_empty() && before.is_empty() {
            return Ok(Vec::new());
        }
        let after: Vec<(i64, i64, i32)> = sqlx::query_as(
            "/* insert_links */
             WITH found AS (
                 SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::real[])
                     AS l (article_id, other_id, likeness)
             ), inserted AS (
                 INSERT INTO story_links (article_id, other_id, likeness, linked_at)
                 SELECT article_id, other_id, likeness, $4 FROM found
             )
             SELECT article_id, other_id, a.revision
             FROM found JOIN articles a ON a.id = found.article_id ORDER BY 1, 2",
        )
        .bind(self.links.iter().map(|(article, _, _)| *article).collect::<Vec<_>>())
        .bind(self.links.iter().map(|(_, other, _)| *other).collect::<Vec<_>>())
        .bind(self.links.iter().map(|(_, _, likeness)| *likeness).collect::<Vec<_>>())
        .bind(now)
        .fetch_all(&mut *connection)
        .await?;
        let ended = ended(&before, &after);
        let revisions = revisions(connection, &ended).await?;
        Ok(changes(&before, &after, &ended, &revisions))
    }
}

/// A link without its direction.
fn pair((one, other): (i64, i64)) -> (i64, i64) {
    (one.min(other), one.max(other))
}

/// The links that are no longer there.
fn ended(before: &[(i64, i64)], after: &[(i64, i64, i32)]) -> Vec<(i64, i64)> {
    let after: BTreeSet<(i64, i64)> =
        after.iter().map(|(article, other, _)| pair((*article, *other))).collect();
    before.iter().copied().filter(|link| !after.contains(&pair(*link))).collect()
}

async fn revisions(
    connection: &mut PgConnection,
    links: &[(i64, i64)],
) -> Result<BTreeMap<i64, i32>, StoreError> {
    if links.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(i64, i32)> =
        sqlx::query_as("/* ended_links */ SELECT id, revision FROM articles WHERE id = ANY($1)")
            .bind(links.iter().map(|(article, _)| *article).collect::<Vec<_>>())
            .fetch_all(connection)
            .await?;
    Ok(rows.into_iter().collect())
}

/// The rows of the change log: links that have ended, then those that are new.
fn changes(
    before: &[(i64, i64)],
    after: &[(i64, i64, i32)],
    ended: &[(i64, i64)],
    revisions: &BTreeMap<i64, i32>,
) -> Vec<ChangeRow> {
    let known: BTreeSet<(i64, i64)> = before.iter().copied().map(pair).collect();
    let ended = ended.iter().map(|(article, other)| {
        let revision = revisions.get(article).copied().unwrap_or(1);
        ChangeRow::of_link(ChangeKind::Unlinked, *article, revision, *other)
    });
    let new = after.iter().filter(|(article, other, _)| !known.contains(&pair((*article, *other))));
    let new = new.map(|(article, other, revision)| {
        ChangeRow::of_link(ChangeKind::Linked, *article, *revision, *other)
    });
    ended.chain(new).collect()
}
