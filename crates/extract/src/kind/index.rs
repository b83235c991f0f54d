//! A page that leads to articles and is none: a front page, a topic, an archive, search results.
//!
//! Its text is teasers: each paragraph follows a line that is all link and leads elsewhere. An article may have
//! many such lines beside it, but its own paragraphs follow each other.

use crate::feature::Feature;
use crate::kind::View;

/// Least teasers of an index.
const TEASERS: usize = 5;

/// Least teasers where the page itself says that it is one.
const STATED_TEASERS: usize = 3;

/// Share of the body that is teasers.
const MOST: f32 = 0.6;

/// A body of this weight in one piece, no title between, is an article, whatever else is on the page.
const ONE_PIECE: f32 = 1_200.0;

/// Blocks between a teaser's title and its text: a date, a name.
const GAP: usize = 2;

const STATED: [&str; 3] = ["CollectionPage", "SearchResultsPage", "ItemList"];

/// Whether the page only leads to articles.
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
    // A list of headlines with no text of its own.
    let is_bare_list = is_stated && found.titles >= 4 * TEASERS && body < 400.0;
    is_made_of_teasers || is_bare_list
}

/// What of the kept text is teasers.
#[derive(Debug, Default)]
struct Teasers {
    /// Lines that are all link, long enough for a headline.
    titles: usize,
    /// Kept paragraphs that follow one.
    paragraphs: usize,
    /// Their weight, and that of all that is kept.
    weight: f32,
    kept: f32,
    /// Weight of the longest run of kept text without such a line in it.
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

/// Whether a block is a headline that leads elsewhere.
fn is_title(feature: &Feature) -> bool {
    let is_line = (3.0..=30.0).contains(&feature.text.tokens) && feature.text.weight >= 15.0;
    feature.link_share > 0.85 && is_line
}
