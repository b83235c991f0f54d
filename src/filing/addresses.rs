//! The part of a plan that concerns addresses.

use wiresift_feed::address::{site_of, without_each};

use crate::filing::plan::Planner;
use crate::filing::records::ParameterObservation;
use crate::filing::{Address, LookupKeys};

impl Planner<'_> {
    /// Records the addresses under which an article is known from now on. An address at which it
    /// was read is a fact. The address that its page calls canonical is a claim, because another
    /// article may turn out to be there. A claimed address is given to the article that is read
    /// there.
    pub(super) fn learn_addresses(&mut self, lookup: &LookupKeys, article: i64) {
        if let Some(link) = lookup.addresses.first() {
            self.plan.records.observations.extend(observations(link, article));
        }
        let fact = Address { article, is_claimed: false };
        let claim = Address { article, is_claimed: true };
        let facts = lookup.addresses.iter().map(|key| (key, fact));
        let claims = lookup.canonical.iter().map(|key| (key, claim));
        for (key, address) in facts.chain(claims) {
            self.learn_address(key, address, &lookup.read_url);
        }
    }

    fn learn_address(&mut self, key: &str, address: Address, read_url: &str) {
        let before = self.on_file.by_key.get(key).copied();
        if before.is_some_and(|before| !before.is_claimed || address.is_claimed) {
            return;
        }
        let claimant =
            before.map(|before| before.article).filter(|other| *other != address.article);
        if let Some(claimant) = claimant {
            self.plan.records.displaced.insert(claimant, read_url.to_owned());
            // Its host may change with its address, and whether a text is a copy depends on the host.
            let digest = self.on_file.articles.get(&claimant).map(|known| known.digest);
            self.moved_texts.extend(digest);
        }
        self.on_file.by_key.insert(key.to_owned(), address);
        // What a revision of a copy needs was loaded only for articles that were at an address of the
        // batch before.
        self.touched.insert(address.article);
        self.plan.records.addresses.insert(key.to_owned(), address);
    }

    /// Whether an address is known as the address of another article.
    pub(super) fn belongs_to_another(&self, key: Option<&String>, article: i64) -> bool {
        let address = key.and_then(|key| self.on_file.by_key.get(key));
        address.is_some_and(|address| address.article != article)
    }
}

/// Evidence about the parameters of a site: the address at which an article was read, without each
/// of its parameters in turn.
fn observations(key: &str, article_id: i64) -> impl Iterator<Item = ParameterObservation> {
    without_each(key).into_iter().map(move |without| ParameterObservation {
        site: site_of(key).to_owned(),
        name: without.name,
        rest: without.rest,
        key: key.to_owned(),
        article_id,
    })
}
