//! A line by itself: sizes, punctuation, first and last character, words of boilerplate, copies,
//! similarity to the title and to the subject of the text.

use crate::feature::grid::{Grid, flag};
use crate::flat::line::Line;
use crate::flat::view::View;
use crate::phrases::mark::Mark;

pub(super) fn columns(grid: &mut Grid, view: &View<'_>) {
    let mut of = |word, value: fn(&Line<'_>) -> f32| {
        grid.column(word, |at| view.lines.get(at).map_or(0.0, value));
    };
    of("letters", |l| l.measure.letters.ln_1p());
    of("weight", |l| l.measure.weight.ln_1p());
    of("words", |l| l.measure.tokens.ln_1p());
    of("sentences", |l| l.measure.sentences.min(20.0));
    of("sentence_rate", |l| l.measure.sentences / l.measure.tokens.max(1.0));
    of("commas", |l| l.measure.commas.min(30.0));
    of("comma_rate", |l| l.measure.commas / l.measure.tokens.max(1.0));
    of("upper", |l| l.measure.upper / l.measure.letters.max(1.0));
    of("digits", |l| l.measure.digits / l.measure.letters.max(1.0));
    of("word_length", |l| l.measure.letters / l.measure.tokens.max(1.0));
    of("dates", |l| l.measure.dates);
    of("separators", |l| l.measure.separators);
    of("capitals", |l| l.capitals / (l.capitals + l.smalls).max(1.0));
    of("smalls", |l| l.smalls.min(40.0));
    of("quotes", |l| l.quotes.min(10.0));
    of("starts_upper", |l| flag(l.measure.starts_upper));
    of("starts_lower", |l| flag(l.starts_lower));
    of("starts_digit", |l| flag(l.starts_digit));
    of("starts_quote", |l| flag(l.measure.starts_quote));
    of("starts_bullet", |l| flag(l.measure.starts_bullet));
    of("ends_sentence", |l| flag(l.measure.ends_sentence));
    of("ends_colon", |l| flag(l.measure.ends_colon));
    of("ends_question", |l| flag(l.measure.ends_question));
    of("ends_letter", |l| flag(l.ends_letter));
    of("cut", |l| flag(l.is_cut));
    of("prose", |l| flag(l.is_prose));
    of("dated", |l| flag(l.is_dated));
    of("address", |l| flag(l.has_address));
    of("caption", |l| flag(l.has_caption_shape));
    of("boilerplate", |l| l.boilerplate.map_or(0.0, |known| f32::from(known.kind as u8) + 1.0));
    of("surely_boilerplate", |l| l.boilerplate.map_or(0.0, |known| 1.0 + flag(known.is_sure)));
    for mark in Mark::ALL {
        grid.column(mark.as_str(), |at| {
            view.lines.get(at).map_or(0.0, |line| flag(line.marks.has(mark)))
        });
    }
    copies(grid, view);
}

/// Copies and likenesses.
fn copies(grid: &mut Grid, view: &View<'_>) {
    let copies = |at: usize| view.copies.get(at).copied().unwrap_or_default();
    grid.column("copies", |at| copies(at).0.min(20) as f32);
    grid.column("copies_before", |at| copies(at).1.min(20) as f32);
    grid.list("repeated", &view.repeated);
    grid.list("repeated_before", &view.repeated_before);
    grid.list("topic", &view.topic);
    grid.list("topic_rare", &view.topic_rare);
    grid.list("title_likeness", &view.title_likeness);
    grid.list("title_cover", &view.title_cover);
    grid.list("described", &view.described);
}
