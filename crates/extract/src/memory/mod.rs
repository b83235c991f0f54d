//! What the other pages of a site say about a block.
//!
//! A single page cannot tell an appeal to its readers from the last paragraph of an article. Several
//! pages of the site can: the appeal is on all of them. A [`SiteMemory`] holds the blocks that are
//! known in this way, with the evidence for each. It is a value that never changes, so the result of
//! an extraction depends on the page, the hints and the memory alone.
//!
//! Earlier systems went wrong in known ways, and the rules of [`learn`] and [`mod@recall`] answer them:
//!
//! - A block counts once for each *article*, and pages that share most of their text are one article.
//!   So a wall that answers every request teaches nothing, and neither does one article under many
//!   addresses.
//! - It counts *distinct days*, so one page or one day teaches nothing.
//! - Where a block stands counts. Between the paragraphs of articles, a block has to be on nearly all
//!   pages: a quotation, the introduction of a series and a dateline return, but not everywhere.
//! - So has a block at their end: reports on one matter end with the same background. A list of
//!   teasers has a different choice on each page ([`list`]), so there a block may be on few.
//! - The title of another article of the site is a teaser, also on a page or two. But it goes only
//!   beside blocks that several pages have, because an article may have a heading of the same words.
//! - What stands in one element with such blocks, apart from the text, goes with them ([`region`]).
//! - Where a block stands in the page's elements tells of what no other page has ([`spot`]): a list of
//!   teasers stands in the same elements on all pages, and so do the articles' own texts.
//! - The teaser of an article may be its first paragraph: it is known from outside of bodies, and
//!   does not go where a body begins, or if the page's description has it.
//! - A sentence at the start or the end of blocks that differ otherwise has to be on most pages, and on
//!   more days ([`edge`]).
//! - A page on which the memory would remove most of the text is left as it is.
//!
//! A memory also holds what extraction usually gives on the site ([`layout`]). So it tells when an
//! article is unlike the others, and when the site was relaunched ([`drift`], [`era`]).

mod drift;
mod edge;
mod era;
mod key;
mod layout;
mod learn;
mod list;
mod part;
mod recall;
mod region;
mod spot;
mod stored;
mod trace;

pub use drift::{Doubt, Drift, Respect, drifted};
pub(crate) use edge::Cut;
pub use layout::Outcome;
pub use learn::Spread;
pub(crate) use recall::{Cuts, recall};
pub use spot::Spot;
pub(crate) use spot::spots;
pub use stored::Damaged;
pub use trace::Trace;

use std::fmt;

use foldhash::{HashMap, HashSet};

use crate::memory::edge::short;
use crate::memory::key::Keys;
use crate::memory::layout::Profile;
use crate::memory::trace::{Edge, Seen};

/// Traces that are learned from; older ones fade. The pages of a site are of one layout for weeks,
/// and thirty tell a rare block from a frequent one.
pub const WINDOW: usize = 32;

/// The most articles that have a teaser, as a share. What is on more says nothing of the blocks around:
/// a short article may have more standing lines than paragraphs.
const MOST_SHARE: f32 = 0.6;

/// How often a block was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// Distinct articles that had it.
    pub articles: u16,
    /// Distinct articles that it could have been on.
    pub of: u16,
    /// Distinct days on which these articles were seen.
    pub days: u16,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { articles, of, days } = self;
        let unit = if *days == 1 { "day" } else { "days" };
        write!(f, "seen on {articles} of {of} articles over {days} {unit}")
    }
}

/// What is known of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    evidence: Evidence,
    place: Place,
    /// It stands where the articles have their own text on one of them at most.
    is_apart: bool,
}

impl Known {
    /// Whether it is on some pages and not on all, as teasers are. The title of another article may be
    /// on one.
    fn is_on_some(self) -> bool {
        let Evidence { articles, of, .. } = self.evidence;
        self.place != Place::Title && f32::from(articles) <= MOST_SHARE * f32::from(of)
    }
}

/// Where a block stands mostly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In bodies, before the text of the articles.
    Before,
    /// Between their paragraphs.
    Inside,
    /// After them.
    After,
    /// Outside of bodies.
    Outside,
    /// Before the text, in a list of which each page has a different part.
    ListBefore,
    /// The same after the text.
    ListAfter,
    /// The title of another article, on few pages. It says something only beside others.
    Title,
}

/// Texts that are not to be removed from the articles of a site, whatever is learned.
#[derive(Debug, Clone, Default)]
pub struct Exceptions(HashSet<u64>);

impl Exceptions {
    /// The exceptions for blocks with these texts. A text also stands for what is like it but for
    /// its numbers, or for what follows its label.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(texts.into_iter().filter_map(Keys::of).flat_map(Keys::all).collect())
    }
}

/// The blocks of a site, and parts of blocks, that are not part of its articles, and how extraction
/// usually goes on them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SiteMemory {
    chrome: HashMap<u64, Known>,
    /// The same for parts at the edges of blocks.
    edges: HashMap<u32, Evidence>,
    /// What stands in which elements.
    spots: HashMap<u32, Spot>,
    /// Blocks that stay whatever is known of those around.
    excepted: HashSet<u64>,
    profile: Profile,
}

impl SiteMemory {
    /// The evidence that a block, or a part at the edge of one, with this text is not part of an article.
    #[must_use]
    pub fn evidence(&self, text: &str) -> Option<Evidence> {
        let of_part = || self.edges.get(&edge::key(text)?).copied();
        self.known(text).map(|known| known.evidence).or_else(of_part)
    }

    /// This memory without what is excepted.
    #[must_use]
    pub fn except(mut self, exceptions: &Exceptions) -> Self {
        let parts: HashSet<u32> = exceptions.0.iter().copied().map(short).collect();
        self.chrome.retain(|key, _| !exceptions.0.contains(key));
        self.edges.retain(|key, _| !parts.contains(key));
        self.excepted.clone_from(&exceptions.0);
        self
    }

    /// Whether it knows the same blocks as another one. The evidence may differ.
    #[must_use]
    pub fn knows_the_same(&self, other: &Self) -> bool {
        self.chrome.len() == other.chrome.len()
            && self.edges.len() == other.edges.len()
            && self.chrome.keys().all(|key| other.chrome.contains_key(key))
            && self.edges.keys().all(|key| other.edges.contains_key(key))
            && self.excepted == other.excepted
            && self.lists().eq(other.lists())
    }

    /// Whether the body of a page has a block that only one of the two memories knows. If not, the
    /// page need not be extracted again.
    #[must_use]
    pub fn differs_on(&self, trace: &Trace, other: &Self) -> bool {
        let knows =
            |memory: &Self, keys: Keys| keys.all().any(|key| memory.chrome.contains_key(&key));
        let mut kept = trace.blocks.iter().filter(|seen| seen.kept);
        let is_edge =
            |edge: &Edge| self.edges.contains_key(&edge.key) != other.edges.contains_key(&edge.key);
        let has_list =
            |memory: &Self, spot: u32| memory.spots.get(&spot).is_some_and(|spot| !spot.is_text());
        let differs = |seen: &Seen| {
            knows(self, seen.keys) != knows(other, seen.keys)
                || has_list(self, seen.spot) != has_list(other, seen.spot)
        };
        kept.any(differs) || trace.edges.iter().any(is_edge)
    }

    /// What usually stands in a spot: see [`crate::Measures::spot`].
    #[must_use]
    pub fn spot(&self, spot: u32) -> Option<Spot> {
        self.spots.get(&spot).copied()
    }

    /// The spots with lists, in order.
    fn lists(&self) -> impl Iterator<Item = u32> + use<> {
        let lists = self.spots.iter().filter(|(_, spot)| !spot.is_text());
        let mut lists: Vec<u32> = lists.map(|(key, _)| *key).collect();
        lists.sort_unstable();
        lists.into_iter()
    }

    fn known(&self, text: &str) -> Option<Known> {
        let keys = Keys::of(text)?;
        keys.all().find_map(|key| self.chrome.get(&key)).copied()
    }

    fn is_excepted(&self, text: &str) -> bool {
        !self.excepted.is_empty()
            && Keys::of(text).is_some_and(|keys| keys.all().any(|key| self.excepted.contains(&key)))
    }

    /// The number of blocks, of parts of blocks, and of lists that are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.chrome.len() + self.edges.len() + self.lists().count()
    }

    /// Whether no block and no part of one is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
