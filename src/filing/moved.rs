//! Stories that have moved within their site.
//!
//! Editors rewrite a headline, and the publishing system gives the story another address. The feed
//! then shows an entry with another id and link in the place of the old one. If such an entry has
//! most of the text of an article that its feeds no longer show, it is that article with a new
//! headline, and not a copy of it.
//!
//! Two addresses that are shown at the same time stay two articles: each of them would otherwise
//! revise the text of the other one whenever it is read.

use chrono::DateTime;
use wiresift_dedup::cluster::Member;
use wiresift_dedup::copy::Agreement;
use wiresift_dedup::index::SeenText;
use wiresift_feed::domain::same_site;

use crate::filing::judge::Known;
use crate::filing::plan::Planner;
use crate::filing::records::ReadText;

/// The share of the shorter text that a rewritten story has, and that of the longer one, since a
/// story grows.
const KEPT: (f64, f64) = (0.8, 0.3);

impl Planner<'_> {
    /// The article that was at another address of this site until now.
    pub(super) fn moved_from(&self, text: ReadText<'_>) -> Option<&Known> {
        if self.on_file.left.is_empty() {
            return None;
        }
        let fingerprinted = text.lookup.fingerprinted.as_ref()?;
        let no_article = Member {
            article: 0,
            original: 0,
            first_seen_at: DateTime::UNIX_EPOCH,
            published_at: None,
        };
        let seen = SeenText { member: no_article, fingerprinted, at: text.at };
        let duplicates = &self.on_file.duplicates;
        let edges = duplicates.versions(&seen, &duplicates.find(&seen).candidates);
        let edges = edges.iter().filter(|edge| keeps_most(&edge.agreement));
        let edges = edges.filter(|edge| self.on_file.left.contains(&edge.other));
        let found = edges.filter_map(|edge| Some((edge, self.on_file.articles.get(&edge.other)?)));
        let found = found.filter(|(_, known)| same_site(&known.host, &text.lookup.host));
        let strength = |agreement: &Agreement| agreement.strength();
        found
            .max_by(|(one, _), (other, _)| {
                strength(&one.agreement).total_cmp(&strength(&other.agreement))
            })
            .map(|(_, known)| known)
    }
}

fn keeps_most(agreement: &Agreement) -> bool {
    agreement.of_smaller >= KEPT.0 && agreement.of_bigger >= KEPT.1
}
