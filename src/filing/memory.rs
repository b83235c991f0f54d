//! An index in memory: everything that filing needs of the articles on file, without a database.
//!
//! `wiresift dedupe`, the benchmarks and the tests file into it. It loads and applies the same data
//! as the database, with the same limits. It leaves out what the judgement does not need: raw pages
//! and the limits of sites.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use wiresift_dedup::cluster::Member;
use wiresift_dedup::copy::WINDOW_DAYS;
use wiresift_dedup::fingerprint::{ExactDigest, Fingerprint, Key};
use wiresift_dedup::index::{DuplicateIndex, day};
use wiresift_dedup::key_index::{FingerprintId, PROBES, STOP_KEY_COUNT};

use crate::filing::judge::Known;
use crate::filing::on_file::{keys_to_load, revisited};
use crate::filing::plan::{PlanError, Submission, plan};
use crate::filing::publication::trusted;
use crate::filing::records::{ArticleRecord, Change, EntryRecord, Move, Records};
use crate::filing::{Address, OnFile, Recorded};

/// Articles, clusters, entries and changes.
#[derive(Debug, Default)]
pub struct MemoryIndex {
    articles: BTreeMap<i64, Stored>,
    by_key: HashMap<String, Address>,
    /// The articles that have each text.
    by_digest: HashMap<ExactDigest, BTreeSet<i64>>,
    /// The copies of each original.
    copies: HashMap<i64, BTreeSet<i64>>,
    edges: BTreeSet<(i64, i64)>,
    fingerprints: HashMap<i64, BTreeMap<i32, (DateTime<Utc>, Fingerprint)>>,
    postings: HashMap<Key, Vec<FingerprintId>>,
    stop_keys: HashMap<Key, i32>,
    entries: BTreeMap<i64, EntryRecord>,
    /// The entries that their feeds no longer show.
    left_entries: BTreeSet<i64>,
    changes: Vec<Change>,
}

#[derive(Debug, Clone)]
struct Stored {
    known: Known,
    member: Member,
}

impl MemoryIndex {
    /// Files a batch. Returns one result for each submission.
    pub fn file(&mut self, submissions: &[Submission<'_>]) -> Result<Vec<Recorded>, PlanError> {
        let mut recorded = Vec::with_capacity(submissions.len());
        while let Some(rest) = submissions.get(recorded.len()..).filter(|rest| !rest.is_empty()) {
            let first = self.articles.last_key_value().map_or(1, |(id, _)| id + 1);
            let count = i64::try_from(rest.len()).unwrap_or(i64::MAX);
            let planned =
                plan(rest, self.load(rest), (first..first.saturating_add(count)).collect())?;
            self.apply(planned.records);
            recorded.extend(planned.recorded);
        }
        Ok(recorded)
    }

    /// Notes that an entry has left its feed before its time.
    pub fn leave_feed(&mut self, entry: i64) {
        self.left_entries.insert(entry);
    }

    /// Returns the original of an article's cluster, or the article itself if it is no copy.
    #[must_use]
    pub fn original_of(&self, article: i64) -> i64 {
        self.articles.get(&article).and_then(|one| one.known.copy_of).unwrap_or(article)
    }

    /// Returns an article, unless it is a copy.
    #[must_use]
    pub fn original(&self, article: i64) -> Option<&Known> {
        self.articles.get(&article).map(|one| &one.known).filter(|known| known.copy_of.is_none())
    }

    /// All articles with their originals, in the order of ids.
    pub fn articles(&self) -> impl Iterator<Item = (&Known, i64)> {
        self.articles.values().map(|one| (&one.known, one.known.copy_of.unwrap_or(one.known.id)))
    }

    /// The edges of all clusters.
    pub fn edges(&self) -> impl Iterator<Item = (i64, i64)> {
        self.edges.iter().copied()
    }

    pub fn entries(&self) -> impl Iterator<Item = &EntryRecord> {
        self.entries.values()
    }

    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    fn load(&self, submissions: &[Submission<'_>]) -> OnFile {
        let lookups = || submissions.iter().filter_map(|one| one.lookup);
        let mut on_file = OnFile::default();
        for key in keys_to_load(submissions) {
            if let Some(address) = self.by_key.get(&key) {
                on_file.by_key.insert(key, *address);
            }
        }
        let by_address = on_file.by_key.values().map(|address| address.article);
        let mut ids: BTreeSet<i64> = by_address.chain(revisited(submissions)).collect();
        ids.extend(lookups().filter_map(|lookup| self.holder_of(lookup.digest)));
        ids.extend(ids.clone().into_iter().filter_map(|id| self.articles.get(&id)?.known.copy_of));
        for id in ids {
            self.load_article(id, &mut on_file);
        }
        self.follow_keys(submissions, &mut on_file);
        self.load_left(submissions, &mut on_file);
        self.load_fingerprints(submissions, &mut on_file);
        on_file
    }

    /// The original with a text, or else the first copy with this text.
    fn holder_of(&self, digest: ExactDigest) -> Option<i64> {
        let holders = self.by_digest.get(&digest)?;
        let is_original =
            |id: &&i64| self.articles.get(id).is_some_and(|one| one.known.copy_of.is_none());
        holders.iter().find(is_original).or_else(|| holders.first()).copied()
    }

    fn load_article(&self, id: i64, on_file: &mut OnFile) {
        let Some(one) = self.articles.get(&id) else { return };
        self.enter(id, &mut on_file.duplicates);
        let digest = one.known.digest;
        if one.known.copy_of.is_none() {
            on_file.by_digest.insert(digest, id);
        } else {
            on_file.by_digest.entry(digest).or_insert(id);
        }
        on_file.articles.insert(id, one.known.clone());
    }

    fn enter(&self, id: i64, duplicates: &mut DuplicateIndex) {
        let Some(one) = self.articles.get(&id) else { return };
        if one.known.copy_of.is_some() {
            duplicates.clusters.enter_copy(one.member);
        } else {
            duplicates.clusters.enter(one.member, self.size(id));
        }
    }

    /// The number of members of an original's cluster.
    fn size(&self, original: i64) -> usize {
        1 + self.copies.get(&original).map_or(0, BTreeSet::len)
    }

    /// Makes an article a copy of `original`, or an original if there is none.
    fn set_original(&mut self, id: i64, original: Option<i64>) {
        let Some(one) = self.articles.get_mut(&id) else { return };
        if let Some(copies) = one.known.copy_of.and_then(|before| self.copies.get_mut(&before)) {
            copies.remove(&id);
        }
        one.known.copy_of = original;
        one.member.original = original.unwrap_or(id);
        if let Some(original) = original {
            self.copies.entry(original).or_default().insert(id);
        }
    }

    /// Loads the postings of the batch's keys. If a key has become a stop key, the text's next key
    /// is followed instead.
    fn follow_keys(&self, submissions: &[Submission<'_>], on_file: &mut OnFile) {
        let texts = submissions
            .iter()
            .filter_map(|one| Some((day(one.at), one.lookup?.fingerprinted.as_ref()?)));
        let texts: Vec<_> = texts.collect();
        let days = texts.iter().map(|(day, _)| *day);
        let Some((first, last)) = days.clone().min().zip(days.max()) else { return };
        let key_index = &mut on_file.duplicates.keys;
        let keys = texts.iter().flat_map(|(_, text)| &text.keys);
        let known = keys.filter_map(|key| Some((*key, *self.stop_keys.get(key)?)));
        let mut stop_keys: HashMap<Key, i32> =
            known.filter(|(_, since)| *since >= first - WINDOW_DAYS).collect();
        for (key, since) in &stop_keys {
            key_index.mark_stop_key(*key, *since);
        }
        let mut loaded = BTreeSet::new();
        loop {
            let followed: BTreeSet<Key> = texts
                .iter()
                .flat_map(|(_, text)| {
                    text.keys.iter().filter(|key| !stop_keys.contains_key(key)).take(PROBES)
                })
                .filter(|key| !loaded.contains(*key))
                .copied()
                .collect();
            if followed.is_empty() {
                return;
            }
            for key in followed {
                loaded.insert(key);
                let postings = self.postings.get(&key).into_iter().flatten();
                let window = first - WINDOW_DAYS..=last;
                let postings = postings.filter(|posting| window.contains(&posting.day));
                let postings: Vec<_> = postings.take(STOP_KEY_COUNT).collect();
                if postings.len() >= STOP_KEY_COUNT {
                    key_index.mark_stop_key(key, last);
                    stop_keys.insert(key, last);
                    on_file.new_stop_keys.insert(key, last);
                } else {
                    for posting in postings {
                        key_index.post(key, *posting);
                    }
                }
            }
        }
    }

    /// Of the articles with the texts of the batch, and those that resemble these, loads those that
    /// no feed shows any more.
    fn load_left(&self, submissions: &[Submission<'_>], on_file: &mut OnFile) {
        if self.left_entries.is_empty() {
            return;
        }
        let mut is_left: BTreeMap<i64, bool> = BTreeMap::new();
        for (id, article) in
            self.entries.values().filter_map(|entry| Some((entry.id, entry.article_id?)))
        {
            *is_left.entry(article).or_insert(true) &= self.left_entries.contains(&id);
        }
        let candidates = on_file.candidates(submissions).into_iter().map(|id| id.article);
        let ids: BTreeSet<i64> = candidates.chain(on_file.by_digest.values().copied()).collect();
        for id in ids.into_iter().filter(|id| is_left.get(id).copied().unwrap_or_default()) {
            on_file.left.insert(id);
            if on_file.articles.contains_key(&id) {
                continue;
            }
            self.load_article(id, on_file);
            if let Some(original) = self.articles.get(&id).and_then(|one| one.known.copy_of) {
                self.load_article(original, on_file);
            }
        }
    }

    fn load_fingerprints(&self, submissions: &[Submission<'_>], on_file: &mut OnFile) {
        let copies = on_file.copies_that_may_change(submissions);
        let touches = |(one, other): &(i64, i64)| copies.contains(one) || copies.contains(other);
        if !copies.is_empty() {
            on_file.edges = self.edges.iter().copied().filter(touches).collect();
        }
        let newest = |id: i64| {
            let (day, _) = self.fingerprints.get(&id)?.last_key_value()?;
            Some(FingerprintId { article: id, day: *day })
        };
        let anchors = on_file.anchors_of(&copies).into_iter().filter_map(newest);
        for id in on_file.candidates(submissions).into_iter().chain(anchors).collect::<Vec<_>>() {
            let by_day = self.fingerprints.get(&id.article);
            let Some((seen_at, fingerprint)) = by_day.and_then(|by_day| by_day.get(&id.day)) else {
                continue;
            };
            let duplicates = &mut on_file.duplicates;
            self.enter(id.article, duplicates);
            self.enter(self.original_of(id.article), duplicates);
            duplicates.fingerprints.insert(id, (fingerprint.clone(), *seen_at));
        }
    }

    fn apply(&mut self, records: Records<'_>) {
        records.updates.iter().for_each(|record| self.put(record));
        for article in records.retracted.keys() {
            if let Some(one) = self.articles.get_mut(article) {
                (one.known.revision, one.known.is_retracted) = (one.known.revision + 1, true);
            }
        }
        records.articles.iter().for_each(|record| self.put(record));
        for article in &records.left {
            self.fingerprints.remove(article);
            self.edges.retain(|(one, other)| one != article && other != article);
        }
        for (id, seen) in records.fingerprints {
            self.fingerprints.entry(id.article).or_default().insert(id.day, seen);
        }
        for (key, id) in records.fingerprint_keys {
            self.postings.entry(key).or_default().push(id);
        }
        self.stop_keys.extend(records.stop_keys);
        self.edges.extend(records.edges.iter().map(|one| (one.article, one.edge.other)));
        self.changes.extend(records.changes);
        records.moves.iter().for_each(|one| self.move_cluster(one));
        self.by_key.extend(records.addresses);
        self.entries.extend(records.entries.into_iter().map(|entry| (entry.id, entry)));
    }

    fn put(&mut self, record: &ArticleRecord<'_>) {
        let (id, text, lookup) = (record.id, record.text, record.text.lookup);
        let before = self.articles.get(&id);
        let stays = before.filter(|_| !record.moves);
        let host = stays.map_or(&lookup.host, |one| &one.known.host).clone();
        let mut member = before.map_or_else(
            || Member { article: id, original: id, first_seen_at: text.at, published_at: None },
            |one| one.member,
        );
        let is_dated = before.is_some_and(|one| one.known.is_dated);
        if !is_dated {
            member.published_at = trusted(text.published(), member.first_seen_at);
        }
        if let Some(holders) = before.and_then(|one| self.by_digest.get_mut(&one.known.digest)) {
            holders.remove(&id);
        }
        self.by_digest.entry(lookup.digest).or_default().insert(id);
        let known = Known {
            id,
            copy_of: before.and_then(|one| one.known.copy_of),
            host,
            revision: record.revision,
            title: lookup.title.clone(),
            body: lookup.body.clone(),
            digest: lookup.digest,
            is_retracted: false,
            is_dated: is_dated || text.published().is_some(),
        };
        self.articles.insert(id, Stored { known, member });
        self.set_original(id, record.copy_of.map(|copy| copy.original));
    }

    /// Moves an original and its copies to another original.
    fn move_cluster(&mut self, one: &Move) {
        let copies = self.copies.get(&one.from).into_iter().flatten().copied();
        // The change of the original comes first in the change log.
        let moved: Vec<i64> =
            [one.from].into_iter().chain(copies).filter(|id| *id != one.to).collect();
        for id in &moved {
            self.set_original(*id, Some(one.to));
        }
        self.set_original(one.to, None);
        let revisions = moved
            .into_iter()
            .filter_map(|id| Some(one.change_of(id, self.articles.get(&id)?.known.revision)));
        self.changes.extend(revisions.collect::<Vec<_>>());
    }
}
