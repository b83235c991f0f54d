//! A block's own text: sizes, punctuation, first and last character, boilerplate words.

use crate::feature::grid::flag;
use crate::feature::row::{Rows, View};
use crate::feature::{Feature, text};
use crate::phrases::mark::Mark;

pub(super) fn columns(rows: &mut Rows, view: &View<'_>) {
    let blocks = &view.features.blocks;
    let mut of = |word, value: fn(&Feature) -> f32| {
        rows.column(word, |at| blocks.get(at).map_or(0.0, value));
    };
    of("letters", |f| f.text.letters.ln_1p());
    of("weight", |f| f.text.weight.ln_1p());
    of("words", |f| f.text.tokens.ln_1p());
    of("links", |f| f.link_share);
    of("sentences", |f| f.text.sentences);
    of("sentence_rate", |f| f.text.sentences / f.text.tokens.max(1.0));
    of("commas", |f| f.text.commas.min(30.0));
    of("comma_rate", |f| f.text.commas / f.text.tokens.max(1.0));
    of("upper", |f| f.text.upper / f.text.letters.max(1.0));
    of("digits", |f| f.text.digits / f.text.letters.max(1.0));
    of("word_length", |f| f.text.letters / f.text.tokens.max(1.0));
    of("bold", |f| f.bold_share);
    of("time", |f| f.time_share);
    of("dates", |f| f.text.dates);
    of("separators", |f| f.text.separators);
    of("starts_upper", |f| flag(f.text.starts_upper));
    of("starts_quote", |f| flag(f.text.starts_quote));
    of("starts_bullet", |f| flag(f.text.starts_bullet));
    of("ends_sentence", |f| flag(f.text.ends_sentence));
    of("ends_colon", |f| flag(f.text.ends_colon));
    of("ends_question", |f| flag(f.text.ends_question));
    of("good", |f| flag(f.is_good));
    of("furniture", |f| f.boilerplate.map_or(0.0, |known| f32::from(known.kind as u8) + 1.0));
    of("surely_furniture", |f| f.boilerplate.map_or(0.0, |known| 1.0 + flag(known.is_sure)));
    of("copies", |f| (f.copies as f32).ln_1p());
    rows.column("link_count", |at| view.page.blocks.get(at).map_or(0.0, |b| b.links as f32));
    rows.column("caption_shape", |at| {
        view.page.blocks.get(at).map_or(0.0, |b| flag(text::has_caption_shape(view.page.text(b))))
    });
    rows.column("first_style", |at| {
        let Some(block) = view.page.blocks.get(at) else { return 0.0 };
        let style = view.page.runs(block).next().map(|(_, style)| style).unwrap_or_default();
        flag(style.link.is_some()) + 2.0 * flag(style.strong) + 4.0 * flag(style.em)
    });
    for mark in Mark::ALL {
        rows.column(mark.as_str(), |at| flag(view.marks(at).has(mark)));
    }
    rows.column("marks", |at| view.marks(at).count());
}
