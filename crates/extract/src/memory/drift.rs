//! Notices when a site has changed its pages, and when extraction no longer works there.
//!
//! After a relaunch the extraction may keep a menu in place of the article. A new layout alone says
//! nothing of this: sites have several, and most new ones are read as well as the old ones. So a
//! page is doubtful only if its *content* speaks against it as well: the feed's summary or title is
//! no longer found, or little text is left. If the feed's summary is in the body, the body is right
//! whatever else has changed.

use std::fmt;

use crate::memory::layout::{Outcome, Profile, Usual};
use crate::memory::{Evidence, Known, SiteMemory, Spread, Trace, spot};

/// Articles that say what is usual, at the least.
const LEAST_ARTICLES: u16 = 5;

/// A measure speaks for an article only where most articles reach this, in percent.
const TELLING: u32 = 40;

/// This share of the usual value is still a usual one.
const STILL_USUAL: f32 = 0.5;

/// The same for the letters of a text: short news are frequent.
const STILL_LONG: f32 = 0.25;

/// Points by which the kept share of a page differs, at the least.
const OTHER_SHARE: u32 = 20;

/// What nearly all articles have.
const NEARLY_ALL: f32 = 0.8;

/// Lines that nearly all articles have, at the least, for their lack to say something. More are not
/// counted.
const LEAST_STANDING: u16 = 3;
const MOST_STANDING: usize = 100;

/// Weight of what is unlike the other articles from which a page is doubtful.
const DOUBTFUL: u32 = 3;

/// The last articles that tell of a change, and how many of them have to be doubtful, or in the same
/// new place, or without all standing lines.
const LAST: usize = 5;
const DOUBTFUL_OF_LAST: usize = 3;
const MOVED_OF_LAST: usize = 4;

/// A respect in which a page is unlike the other articles of its site. Shares are in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Respect {
    /// The page has no article: it is an index, or nothing.
    Article {
        /// Pages with an article.
        known: u16,
        /// All pages.
        of: u16,
    },
    /// The body stands in an element that no other article has it in.
    Place {
        /// Articles with the body in known elements.
        known: u16,
        /// All articles.
        of: u16,
    },
    /// The page has none of the lines that nearly all articles have, in menus and at its foot.
    Standing {
        /// These lines.
        of: u16,
    },
    /// Less of the feed's summary is in the body.
    Summary {
        /// On this page.
        here: u8,
        /// On half of the articles at least.
        usual: u32,
    },
    /// The page's title is not the feed's.
    Title {
        /// On this page.
        here: u8,
        /// On half of the articles at least.
        usual: u32,
    },
    /// The text is much shorter.
    Letters {
        /// On this page.
        here: u32,
        /// On half of the articles at least.
        usual: u32,
    },
    /// Much more or much less of the page was kept.
    Kept {
        /// On this page.
        here: u8,
        /// On half of the articles at least.
        usual: u32,
    },
    /// No author was found.
    Byline {
        /// Articles with one.
        known: u16,
        /// All articles.
        of: u16,
    },
    /// The page has no date.
    Date {
        /// Articles with one.
        known: u16,
        /// All articles.
        of: u16,
    },
}

impl Respect {
    /// How much it says about the content of the body.
    fn content(self) -> u32 {
        match self {
            Self::Article { .. } => DOUBTFUL,
            Self::Summary { .. } | Self::Title { .. } => 2,
            Self::Letters { .. } => 1,
            Self::Place { .. }
            | Self::Standing { .. }
            | Self::Kept { .. }
            | Self::Byline { .. }
            | Self::Date { .. } => 0,
        }
    }

    fn weight(self) -> u32 {
        match self {
            // It says the same as a new place: that the layout is another one.
            Self::Standing { .. } => 0,
            other => other.content().max(1),
        }
    }
}

impl fmt::Display for Respect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Article { known, of } => {
                write!(f, "the page has no article, but {known} of {of} pages have one")
            }
            Self::Place { known, of } => {
                write!(f, "the body is in another element than on {known} of {of} articles")
            }
            Self::Standing { of } => {
                write!(f, "the page has none of {of} lines that nearly all articles have")
            }
            Self::Summary { here, usual } => {
                write!(f, "{here} % of the feed's summary is in the text, usually {usual} %")
            }
            Self::Title { here, usual } => {
                write!(f, "{here} % of the feed's title is in the page's, usually {usual} %")
            }
            Self::Letters { here, usual } => {
                write!(f, "the text has {here} letters, usually {usual}")
            }
            Self::Kept { here, usual } => {
                write!(f, "{here} % of the page was kept, usually {usual} %")
            }
            Self::Byline { known, of } => {
                write!(f, "no author was found, but on {known} of {of} articles")
            }
            Self::Date { known, of } => {
                write!(f, "the page has no date, but {known} of {of} articles have one")
            }
        }
    }
}

/// How unlike the other articles of its site a page is. The text says in which respects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doubt {
    /// What is unlike, in a fixed order.
    pub respects: Vec<Respect>,
    /// Where the body stands.
    place: u64,
    /// The body has the feed's summary.
    is_confirmed: bool,
}

impl Doubt {
    /// Whether the body may be something else than the article.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        let sum =
            |weight: fn(Respect) -> u32| self.respects.iter().copied().map(weight).sum::<u32>();
        !self.is_confirmed && sum(Respect::content) > 0 && sum(Respect::weight) >= DOUBTFUL
    }

    /// Whether there is anything that is unlike.
    #[must_use]
    pub fn is_unlike(&self) -> bool {
        !self.respects.is_empty()
    }

    /// Whether the page has none of the lines that nearly all articles have.
    fn lacks_standing(&self) -> bool {
        self.respects.iter().any(|respect| matches!(respect, Respect::Standing { .. }))
    }

    /// The place of the body, if no other article has it there.
    fn new_place(&self) -> Option<u64> {
        let is_new = |respect: &Respect| matches!(respect, Respect::Place { .. });
        self.respects.iter().any(is_new).then_some(self.place)
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, respect) in self.respects.iter().enumerate() {
            write!(f, "{}{respect}", if at == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

/// What has changed on a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// Several of the last articles are doubtful: extraction may no longer work.
    Content,
    /// The articles are in a new layout, and nothing speaks against their texts.
    Layout,
}

impl Drift {
    /// From the doubts about the last articles, in the order in which they were seen, by a memory
    /// that was learned before them.
    #[must_use]
    pub fn of(doubts: &[Doubt]) -> Option<Self> {
        let last = doubts.get(doubts.len().saturating_sub(LAST)..).unwrap_or_default();
        let doubtful = last.iter().filter(|doubt| doubt.is_doubtful()).count();
        let moved = |place: u64| last.iter().filter(|one| one.new_place() == Some(place)).count();
        let lacking = last.iter().filter(|one| one.lacks_standing()).count();
        let is_new = last.iter().filter_map(Doubt::new_place).any(|at| moved(at) >= MOVED_OF_LAST);
        if doubtful >= DOUBTFUL_OF_LAST {
            Some(Self::Content)
        } else if is_new || lacking >= MOVED_OF_LAST {
            Some(Self::Layout)
        } else {
            None
        }
    }

    /// From the traces of a site's pages, in the order in which they were seen: the last articles
    /// are compared with those before.
    #[must_use]
    pub fn among(traces: &[Trace]) -> Option<Self> {
        let (before, last) = traces.split_at_checked(traces.len().saturating_sub(LAST))?;
        let memory = SiteMemory::learn(before, Spread::Unknown);
        Self::of(&last.iter().map(|trace| memory.doubt(trace)).collect::<Vec<_>>())
    }
}

/// Whether a site has changed, from the doubts about its last articles: see [`Drift::of`].
#[must_use]
pub fn drifted(doubts: &[Doubt]) -> bool {
    Drift::of(doubts).is_some()
}

impl SiteMemory {
    /// In which respects a page is unlike the articles that were learned from.
    #[must_use]
    pub fn doubt(&self, trace: &Trace) -> Doubt {
        let mut doubt = self.profile.doubt(&trace.outcome);
        doubt.respects.extend(self.standing(trace));
        doubt
    }

    /// Whether a page has none of the lines that nearly all articles have.
    fn standing(&self, trace: &Trace) -> Option<Respect> {
        // A text without markup has no menu and no foot.
        let has_markup = trace.blocks.iter().any(|seen| seen.spot != spot::NONE);
        if self.profile.articles < LEAST_ARTICLES || !has_markup {
            return None;
        }
        let is_standing = |known: &&Known| {
            let Evidence { articles, of, .. } = known.evidence;
            f32::from(articles) >= NEARLY_ALL * f32::from(of) && articles >= LEAST_ARTICLES
        };
        let of = self.chrome.values().filter(is_standing).take(MOST_STANDING).count();
        let is_here = |key: u64| self.chrome.get(&key).as_ref().is_some_and(is_standing);
        let lacks = || !trace.blocks.iter().flat_map(|seen| seen.keys.all()).any(is_here);
        let of = u16::try_from(of).ok().filter(|of| *of >= LEAST_STANDING)?;
        lacks().then_some(Respect::Standing { of })
    }
}

impl Trace {
    /// How well the body agrees with what the feed has announced, 0 to 1. `None`: the feed says too
    /// little.
    #[must_use]
    pub fn quality(&self) -> Option<f32> {
        let Outcome { title, summary, .. } = self.outcome;
        let share = |percent: u8| f32::from(percent) / 100.0;
        match (summary.map(share), title.map(share)) {
            // Summaries are often written anew: half of the words is much.
            (Some(summary), Some(title)) => Some(0.7 * (2.0 * summary).min(1.0) + 0.3 * title),
            (Some(summary), None) => Some((2.0 * summary).min(1.0)),
            (None, title) => title,
        }
    }
}

impl Profile {
    /// The profile of a site, from its outcomes in the order in which they were seen. What is
    /// unlike the older half says nothing of what is usual, until it is itself the larger part.
    pub(super) fn learned(outcomes: &[Outcome]) -> Self {
        let older = Self::of(outcomes.get(..outcomes.len() / 2).unwrap_or_default());
        let usual = outcomes.iter().filter(|outcome| !older.doubt(outcome).is_doubtful());
        let usual: Vec<Outcome> = usual.copied().collect();
        Self::of(if 2 * usual.len() >= outcomes.len() { &usual } else { outcomes })
    }

    fn doubt(&self, outcome: &Outcome) -> Doubt {
        let place = outcome.place;
        if self.articles < LEAST_ARTICLES {
            return Doubt { place, ..Doubt::default() };
        }
        if outcome.lacks_article {
            return Doubt { respects: self.lacks().into_iter().collect(), ..Doubt::default() };
        }
        let summary = self.summary(outcome);
        let is_confirmed =
            outcome.summary.is_some() && is_telling(self.summary) && summary.is_none();
        let of_text = [summary, self.letters(outcome), self.kept(outcome)];
        let of_text = of_text.into_iter().chain(self.missing(outcome)).flatten();
        let of_text = of_text.filter(|_| outcome.is_text && self.texts >= LEAST_ARTICLES);
        let of_page = [self.place(outcome), self.title(outcome)].into_iter().flatten();
        Doubt { respects: of_page.chain(of_text).collect(), place, is_confirmed }
    }

    /// Only where nearly all pages have an article: some feeds announce videos and lists, too.
    fn lacks(&self) -> Option<Respect> {
        let known = self.pages.saturating_sub(self.lacking);
        let is_usual = f32::from(known) >= NEARLY_ALL * f32::from(self.pages);
        is_usual.then_some(Respect::Article { known, of: self.pages })
    }

    /// Only where the other articles have few places: on some sites each page looks different.
    fn place(&self, outcome: &Outcome) -> Option<Respect> {
        let places = self.places.iter().filter(|(_, number)| *number > 1);
        let known = places.clone().map(|(_, number)| number).sum();
        let is_new = self.places.iter().all(|(place, _)| *place != outcome.place);
        let is_settled = f32::from(known) >= NEARLY_ALL * f32::from(self.articles);
        (is_new && is_settled && outcome.is_text)
            .then_some(Respect::Place { known, of: self.articles })
    }

    fn summary(&self, outcome: &Outcome) -> Option<Respect> {
        let (here, usual) = (outcome.summary?, self.summary);
        let is_less = is_telling(usual) && is_below(u32::from(here), usual, STILL_USUAL);
        is_less.then_some(Respect::Summary { here, usual: usual.median })
    }

    fn title(&self, outcome: &Outcome) -> Option<Respect> {
        let (here, usual) = (outcome.title?, self.title);
        let is_less = is_telling(usual) && is_below(u32::from(here), usual, STILL_USUAL);
        is_less.then_some(Respect::Title { here, usual: usual.median })
    }

    fn letters(&self, outcome: &Outcome) -> Option<Respect> {
        let (here, usual) = (outcome.letters, self.letters);
        is_below(here, usual, STILL_LONG).then_some(Respect::Letters { here, usual: usual.median })
    }

    fn kept(&self, outcome: &Outcome) -> Option<Respect> {
        let (here, usual) = (outcome.kept, self.kept);
        let lost = 100 - u32::from(here);
        let left_out =
            Usual { median: 100 - usual.median.min(100), low: 100 - usual.high.min(100), ..usual };
        let is_other =
            is_below(u32::from(here), usual, STILL_USUAL) || is_below(lost, left_out, STILL_USUAL);
        let is_far = u32::from(here).abs_diff(usual.median) >= OTHER_SHARE;
        (is_other && is_far).then_some(Respect::Kept { here, usual: usual.median })
    }

    fn missing(&self, outcome: &Outcome) -> [Option<Respect>; 2] {
        let of = self.texts;
        let is_usual = |known: u16| f32::from(known) >= NEARLY_ALL * f32::from(of);
        let (byline, date) = (self.bylines, self.dates);
        [
            (!outcome.has_byline && is_usual(byline))
                .then_some(Respect::Byline { known: byline, of }),
            (!outcome.has_date && is_usual(date)).then_some(Respect::Date { known: date, of }),
        ]
    }
}

/// Whether most articles have so much that little says something.
fn is_telling(usual: Usual) -> bool {
    usual.of >= LEAST_ARTICLES && usual.low >= TELLING
}

/// Whether a value is far below both the usual ones and the low ones.
fn is_below(here: u32, usual: Usual, share: f32) -> bool {
    let here = here as f32;
    here < share * usual.median as f32 && here < usual.low as f32
}
