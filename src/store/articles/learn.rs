//! The part of the plan for addresses.

use crate::store::articles::identity::Identity;
use crate::store::articles::plan::{Address, Planner};
use crate::store::parameters::readings;

impl Planner {
    /// Remembers the addresses under which the article is known from now on: those where it was read for a fact, the one
    /// that its page calls canonical as a claim, for another article may turn out to live there.
    /// An address that was claimed by another article goes to the one that was read there.
    pub(super) fn learn_keys(&mut self, identity: &Identity, article: i64) {
        if let Some(link) = identity.addresses.first() {
            self.plan.writes.readings.extend(readings(link, article));
        }
        let read =
            identity.addresses.iter().map(|key| (key, Address { article, is_claimed: false }));
        let said =
            identity.canonical.iter().map(|key| (key, Address { article, is_claimed: true }));
        for (key, address) in read.chain(said) {
            let before = self.on_file.by_key.get(key);
            if before.is_none_or(|before| before.is_claimed && !address.is_claimed) {
                if let Some(claimant) =
                    before.map(|before| before.article).filter(|other| *other != article)
                {
                    self.plan.writes.displaced.insert(claimant, identity.read_url.clone());
                }
                self.on_file.by_key.insert(key.clone(), address);
                self.plan.writes.keys.insert(key.clone(), address);
            }
        }
    }

    /// Whether an address is known as another article's.
    pub(super) fn is_anothers(&self, key: Option<&String>, article: i64) -> bool {
        key.and_then(|key| self.on_file.by_key.get(key))
            .is_some_and(|address| address.article != article)
    }
}
