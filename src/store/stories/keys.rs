//! The lists of the keys in the database, and the keys of articles that are not in them yet.

use std::collections::HashMap;

use sqlx::{FromRow, PgConnection};

use crate::store::StoreError;
use crate::store::stories::recent_keys::{
    ENTRY, Entry, LANGUAGE_BITS, RecentKeys, from_stored, to_stored,
};
use wiresift_dedup::story::{MOST_ON_A_KEY, StoryKey, Term, language_tag};

/// The keys of an article, as they are stored with its fingerprint.
#[derive(Debug, FromRow)]
struct KeysRow {
    number: i64,
    language: String,
    keys: Vec<u8>,
    shared_keys: Vec<u8>,
}

/// The number of an article with the tag of its language.
pub(super) fn tagged(number: i64, language: &str) -> Entry {
    (number << LANGUAGE_BITS) | i64::from(language_tag(language))
}

/// The stored form of the keys of an article.
pub(super) fn stored_keys(keys: &[StoryKey]) -> Vec<u8> {
    keys.iter().flat_map(|key| key.term().to_le_bytes()).collect()
}

fn terms(stored: &[u8]) -> impl Iterator<Item = Term> {
    let (terms, _) = stored.as_chunks::<{ size_of::<Term>() }>();
    terms.iter().map(|term| Term::from_le_bytes(*term))
}

impl RecentKeys {
    /// Learns which articles other processes have added, and what they have written.
    pub(super) async fn catch_up(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        let step = step(connection).await?;
        // After nothing, or in a database that was restored to an earlier state.
        if self.upto() == 0 || step < self.step() {
            *self = Self::after(step);
        }
        self.take(step);
        let upto = self.upto().max(Self::after(step).upto());
        for row in since(connection, upto).await? {
            for term in terms(&row.keys) {
                self.add(StoryKey::of(&row.language, term), row.number);
            }
            let entry = tagged(row.number, &row.language);
            for term in terms(&row.shared_keys) {
                self.add(StoryKey::of_all_languages(term), entry);
            }
            self.seen(row.number);
        }
        Ok(())
    }

    /// The newest entries of each key, newest first, of those whose numbers are at least `first`.
    pub(super) async fn postings(
        &self,
        connection: &mut PgConnection,
        keys: &[StoryKey],
        first: Entry,
    ) -> Result<HashMap<StoryKey, Vec<Entry>>, StoreError> {
        let mut postings: HashMap<StoryKey, Vec<Entry>> = HashMap::with_capacity(keys.len());
        for key in keys {
            let recent = self.of(*key);
            if !recent.is_empty() {
                postings.insert(*key, recent.to_vec());
            }
        }
        let is_full = |key: &StoryKey| {
            postings.get(key).is_some_and(|entries| entries.len() >= MOST_ON_A_KEY)
        };
        let wanted: Vec<i64> = keys.iter().filter(|key| !is_full(key)).map(|key| key.0).collect();
        for (key, stored) in lists(connection, &wanted).await? {
            let key = StoryKey(key);
            let entries = from_stored(key, &stored, self.highest_written());
            postings.entry(key).or_default().extend(entries);
        }
        for entries in postings.values_mut() {
            entries.retain(|entry| *entry >= first);
            entries.sort_unstable_by(|one, other| other.cmp(one));
            entries.truncate(MOST_ON_A_KEY);
        }
        Ok(postings)
    }

    /// Writes the parts that are due.
    pub(super) async fn write_due(
        &mut self,
        connection: &mut PgConnection,
        today: i32,
    ) -> Result<(), StoreError> {
        let step = self.due();
        if step == self.step() {
            return Ok(());
        }
        let mut due = self.take(step);
        due.sort_unstable_by_key(|(key, _)| *key);
        append(connection, &due, today).await?;
        set_step(connection, step).await
    }
}

/// The last step that was taken.
async fn step(connection: &mut PgConnection) -> Result<i64, StoreError> {
    let statement = "/* story_key_step */ SELECT step FROM story_key_step";
    Ok(sqlx::query_scalar(statement).fetch_one(connection).await?)
}

async fn set_step(connection: &mut PgConnection, step: i64) -> Result<(), StoreError> {
    sqlx::query("/* set_story_key_step */ UPDATE story_key_step SET step = $1")
        .bind(step)
        .execute(connection)
        .await?;
    Ok(())
}

/// The keys of the articles with higher numbers.
async fn since(connection: &mut PgConnection, number: i64) -> Result<Vec<KeysRow>, StoreError> {
    let rows = sqlx::query_as(
        "/* recent_keys */ SELECT number, language, keys, shared_keys FROM story_fingerprints
         WHERE number > $1 ORDER BY number",
    )
    .bind(number)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

async fn lists(
    connection: &mut PgConnection,
    keys: &[i64],
) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    let rows = sqlx::query_as(
        "/* story_postings */ SELECT key, entries FROM story_keys WHERE key = ANY($1)",
    )
    .bind(keys)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// Adds new entries to the lists, which keep the newest.
async fn append(
    connection: &mut PgConnection,
    lists: &[(StoryKey, Vec<Entry>)],
    today: i32,
) -> Result<(), StoreError> {
    if lists.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "/* append_keys */
         INSERT INTO story_keys AS k (key, day, entries)
         SELECT key, story_key_day($1), entries
         FROM unnest($2::bigint[], $3::bytea[]) AS n (key, entries)
         ON CONFLICT (key, day) DO UPDATE
         SET entries = substr(k.entries || excluded.entries,
             greatest(length(k.entries) + length(excluded.entries) - $4, 0) + 1)",
    )
    .bind(today)
    .bind(lists.iter().map(|(key, _)| key.0).collect::<Vec<_>>())
    .bind(lists.iter().map(|(_, entries)| to_stored(entries)).collect::<Vec<_>>())
    .bind(i32::try_from(ENTRY * MOST_ON_A_KEY).unwrap_or(i32::MAX))
    .execute(connection)
    .await?;
    Ok(())
}
