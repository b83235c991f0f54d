//! A line of a text without markup, and what can be said of it alone.

use wiresift_text::prose::is_cut;
use wiresift_text::shingles::tokens;

use crate::feature::text::{TextMeasure, has_caption_shape};
use crate::metadata::date::{read_date, style};
use crate::phrases::mark::{Marks, marks};
use crate::phrases::{Boilerplate, Kind, boilerplate};

/// Least weight of a line of prose.
const PROSE_WEIGHT: f32 = 70.0;

/// A longer line is no dateline, in letters.
const DATE_WEIGHT: f32 = 110.0;

/// How many words of a line are compared with other lines.
const WORDS: usize = 400;

/// The measures of one line.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a measure of its own")]
pub(crate) struct Line<'a> {
    pub(crate) text: &'a str,
    pub(crate) measure: TextMeasure,
    pub(crate) marks: Marks,
    /// The kind of boilerplate, by its words.
    pub(crate) boilerplate: Option<Boilerplate>,
    /// Hashed words.
    pub(crate) words: Vec<u32>,
    /// Long, with the end of a sentence.
    pub(crate) is_prose: bool,
    /// Short, with a date that can be read.
    pub(crate) is_dated: bool,
    pub(crate) has_caption_shape: bool,
    pub(crate) has_address: bool,
    /// It breaks off in dots.
    pub(crate) is_cut: bool,
    pub(crate) starts_lower: bool,
    pub(crate) starts_digit: bool,
    pub(crate) ends_letter: bool,
    /// Words that begin with a capital; below, with a small letter.
    pub(crate) capitals: f32,
    pub(crate) smalls: f32,
    pub(crate) quotes: f32,
}

impl<'a> Line<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let measure = TextMeasure::of(text);
        let (mut capitals, mut smalls) = (0.0, 0.0);
        for first in text.split_whitespace().filter_map(|word| word.chars().next()) {
            if first.is_uppercase() {
                capitals += 1.0;
            } else if first.is_lowercase() {
                smalls += 1.0;
            }
        }
        let (first, last) = (text.chars().next(), text.chars().next_back());
        let mut words = tokens(text);
        words.truncate(WORDS);
        let has_day = measure.weight <= DATE_WEIGHT && measure.digits >= 2.0;
        Self {
            marks: marks(text),
            boilerplate: boilerplate(text),
            is_prose: measure.weight >= PROSE_WEIGHT
                && (measure.sentences > 0.0 || measure.commas >= 2.0),
            is_dated: has_day && read_date(text, style(None)).is_some(),
            has_caption_shape: has_caption_shape(text),
            has_address: text.contains('@') || text.contains("://") || text.contains("www."),
            is_cut: is_cut(text),
            starts_lower: first.is_some_and(char::is_lowercase),
            starts_digit: first.is_some_and(char::is_numeric),
            ends_letter: last.is_some_and(char::is_alphanumeric),
            quotes: text.chars().filter(|c| matches!(c, '"' | '“' | '”' | '„' | '«' | '»')).count()
                as f32,
            text,
            measure,
            words,
            capitals,
            smalls,
        }
    }

    /// Weight of the line if it is prose, else 0.
    pub(crate) fn mass(&self) -> f32 {
        if self.is_prose { self.measure.weight } else { 0.0 }
    }

    /// A short line that is boilerplate by all its words.
    pub(crate) fn is_boilerplate(&self) -> bool {
        self.boilerplate.is_some_and(|known| known.is_sure)
    }

    /// Whether such a line in front of other lines ends the article.
    pub(crate) fn ends_article(&self) -> bool {
        self.boilerplate.is_some_and(|known| known.is_sure && known.kind.ends_article())
    }

    /// Whether such a line announces other articles.
    pub(crate) fn is_related(&self) -> bool {
        self.boilerplate.is_some_and(|known| known.is_sure && known.kind == Kind::Related)
    }

    /// Short, without the end of a sentence.
    pub(crate) fn is_label(&self) -> bool {
        self.measure.weight < PROSE_WEIGHT && !self.measure.ends_sentence
    }
}
