//! The articles on file that a batch may concern. An index loads them before the batch is planned.

use std::collections::{BTreeMap, BTreeSet};

use wiresift_dedup::fingerprint::{ExactDigest, Key};
use wiresift_dedup::index::{DuplicateIndex, day};
use wiresift_dedup::key_index::FingerprintId;

use crate::filing::judge::Known;
use crate::filing::lookup::link_key;
use crate::filing::plan::Submission;
use crate::filing::{LookupKeys, keys_of_batch};

/// The part of the articles on file that a batch is compared with.
#[derive(Debug, Default)]
pub struct OnFile {
    /// Articles by id.
    pub articles: BTreeMap<i64, Known>,
    /// Address keys and their articles.
    pub by_key: BTreeMap<String, Address>,
    /// Digests and their articles: the original with the digest, or else the first copy.
    pub by_digest: BTreeMap<ExactDigest, i64>,
    /// The articles with the texts of the batch, or texts that resemble them, that have left all
    /// feeds before their time.
    pub left: BTreeSet<i64>,
    /// The edges of the copies that may be revised.
    pub edges: Vec<(i64, i64)>,
    /// Fingerprints, their keys, and the clusters of their articles.
    pub duplicates: DuplicateIndex,
    /// Keys that turned out to be stop keys when they were followed, with the day.
    pub new_stop_keys: BTreeMap<Key, i32>,
}

/// The article that an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    pub article: i64,
    /// The article was not read there. A page or a feed only says that it is there.
    pub is_claimed: bool,
}

impl OnFile {
    /// The article with the digest of a text.
    #[must_use]
    pub fn by_digest(&self, digest: ExactDigest) -> Option<&Known> {
        self.articles.get(self.by_digest.get(&digest)?)
    }

    /// The article at an address. If `claimed` is true, a claim is enough.
    pub(super) fn at(&self, key: &str, claimed: bool) -> Option<&Known> {
        let address = self.by_key.get(key).filter(|address| claimed || !address.is_claimed)?;
        self.articles.get(&address.article)
    }

    /// The copies that a batch may revise: those at its addresses, those that were read again, and
    /// those that may have moved.
    #[must_use]
    pub fn copies_that_may_change(&self, submissions: &[Submission<'_>]) -> BTreeSet<i64> {
        let keys = submissions.iter().filter_map(|one| one.lookup).flat_map(LookupKeys::keys);
        let by_address = keys.filter_map(|key| self.by_key.get(key)).map(|address| address.article);
        let left = self.left.iter().copied();
        let may_change = by_address.chain(revisited(submissions)).chain(left);
        let is_copy = |id: &i64| self.articles.get(id).is_some_and(|known| known.copy_of.is_some());
        may_change.filter(is_copy).collect()
    }

    /// The anchors of copies: their originals, and the articles at both ends of their edges. A
    /// revised copy is compared with its anchors, to see whether it still belongs to its cluster.
    #[must_use]
    pub fn anchors_of(&self, copies: &BTreeSet<i64>) -> BTreeSet<i64> {
        if copies.is_empty() {
            return BTreeSet::new();
        }
        let originals = copies.iter().filter_map(|id| self.articles.get(id)?.copy_of);
        originals.chain(self.edges.iter().flat_map(|(one, other)| [*one, *other])).collect()
    }

    /// The fingerprints to which the keys of a batch lead.
    #[must_use]
    pub fn candidates(&self, submissions: &[Submission<'_>]) -> BTreeSet<FingerprintId> {
        let texts = submissions
            .iter()
            .filter_map(|one| Some((one.at, one.lookup?.fingerprinted.as_ref()?)));
        let found = texts.map(|(at, text)| self.duplicates.keys.find(&text.keys, day(at)));
        found.flat_map(|found| found.candidates).collect()
    }
}

/// The address keys that the plan of a batch looks up, sorted, each once: those of its articles,
/// and those of the entries that were read again.
#[must_use]
pub(crate) fn keys_to_load(submissions: &[Submission<'_>]) -> Vec<String> {
    let read_again = submissions.iter().filter(|one| one.entry.revisit.is_some());
    let mut keys = keys_of_batch(submissions.iter().filter_map(|one| one.lookup));
    keys.extend(read_again.map(|one| link_key(one.entry)));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The articles of a batch that have entries which were read again.
pub(crate) fn revisited<'a>(
    submissions: &'a [Submission<'_>],
) -> impl Iterator<Item = i64> + use<'a> {
    submissions.iter().filter_map(|one| one.entry.revisit.as_ref()).map(|revisit| revisit.article)
}
