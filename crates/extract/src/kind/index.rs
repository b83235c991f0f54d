//! A page of links to articles: a front page, a topic, an archive, search results.
//!
//! Its text is teasers: each paragraph follows a line that is all link. An article may have many
//! such lines beside it, but its own paragraphs follow each other.

use crate::feature::Feature;
use crate::kind::View;

/// Least teasers of an index.
const TEASERS: usize = 5;

/// Least teasers if the page says that it is an index.
const STATED_TEASERS: usize = 3;

/// Least share of the body that is teasers.
const MOST: f32 = 0.6;

/// A body of this weight in one run, without a teaser's title in between, is an article.
const ONE_PIECE: f32 = 1_200.0;

/// Most blocks between a teaser's title and its text, such as a date or a name.
const GAP: usize = 2;

const STATED: [&str; 3] = ["CollectionPage", "SearchResultsPage", "ItemList"];

/// Whether the page only links to articles.
pub(super) fn is_index(view: &View<'_>, body: f32) -> bool {
    if view.is_stated_article() {
        return false;
    }
    let found = Teasers::of(view);
    let is_stated = view.is_stated(&STATED) || view.features.headline.is_none();
    let least = if is_stated { STATED_TEASERS } else { TEASERS };
    if found.longest >= ONE_PIECE {
        return false;
    }
    let is_made_of_teasers = found.paragraphs >= least && found.weight >= MOST * found.kept;
    // A list of headlines without text.
    let is_bare_list = is_stated && found.titles >= 4 * TEASERS && body < 400.0;
    // No text at all, on a page that does not call itself an article.
    let is_website = view.is_stated(&STATED) || view.og_type() == "website";
    let has_only_titles = is_website && body <= 0.0 && found.titles >= TEASERS;
    is_made_of_teasers || is_bare_list || has_only_titles
}

/// The teasers among the kept text.
#[derive(Debug, Default)]
struct Teasers {
    /// Lines that are all link, long enough for a headline.
    titles: usize,
    /// Kept paragraphs that follow such a line.
    paragraphs: usize,
    /// Their weight; below, that of all kept text.
    weight: f32,
    kept: f32,
    /// Weight of the longest run of kept text without such a line.
    longest: f32,
}

impl Teasers {
    fn of(view: &View<'_>) -> Self {
        let (mut found, mut run, mut since) = (Self::default(), 0.0_f32, usize::MAX);
        for (at, feature) in view.features.blocks.iter().enumerate() {
            let is_kept = view.reasons.get(at).is_some_and(|reason| reason.is_kept());
            if is_title(feature) {
                (found.titles, since, run) = (found.titles + 1, 0, 0.0);
                continue;
            }
            since = since.saturating_add(1);
            if !is_kept {
                continue;
            }
            found.kept += feature.text.weight;
            run += feature.text.weight;
            found.longest = found.longest.max(run);
            if since <= GAP + 1 {
                found.paragraphs += 1;
                found.weight += feature.text.weight;
                since = usize::MAX;
            }
        }
        found
    }
}

/// Whether a block is a headline that links elsewhere.
fn is_title(feature: &Feature) -> bool {
    let is_line = (3.0..=30.0).contains(&feature.text.tokens) && feature.text.weight >= 15.0;
    feature.link_share > 0.85 && is_line
}
