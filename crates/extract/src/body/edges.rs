//! Lines at both ends of a body that are about the article and not part of it: date, author,
//! agency, first publication, correction, copyright.
//!
//! Only the first and last lines are inspected, and only as long as each is of that kind. Inside
//! the text such lines belong there: a name alone on a line is the speaker in an interview, a date
//! is part of a chronicle.

use std::sync::LazyLock;

use regex::Regex;
use wiresift_text::shingles::tokens;

use crate::block::Blocks;
use crate::body::Reason;
use crate::body::rules::SURE;
use crate::feature::{Feature, Features};
use crate::phrases::mark::{self, Mark};

/// Most blocks that are removed at either end.
const EDGE_BLOCKS: usize = 4;

/// Blocks that stay in any case.
const LEAST_BLOCKS: usize = 3;

/// Longest note, in weight.
const NOTE_WEIGHT: f32 = 600.0;

/// Longest line that is a date with a place or a name beside it, in words.
const DATE_TOKENS: f32 = 14.0;

/// Longest line that only names authors or agencies, in weight.
const NAMES_WEIGHT: f32 = 60.0;

/// Codes of news agencies at the end of articles, alone or with the letters of a desk or a writer:
/// "dpa", "(AFP)", "SDA/sep", "dpa/AFP, mks".
static AGENCIES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let agency = "(?i:dpa|afp|apa|ap|sda|ats|reuters|rtr|kna|epd|sid|ntb|tt|ritzau|stt|anp|belga|ansa|agi|adnkronos|efe|europa press|lusa|pap|čtk|ctk|tasr|mti|tass|тасс|риа новости|интерфакс|xinhua|新华社|kyodo|共同|jiji|yonhap|anadolu|aa|pti|ani|ians|aap|upi|afx|bloomberg|getty)";
    let desk = r"[\p{L}.]{1,8}";
    Regex::new(&format!(r"^[\[(]?\s*{agency}(?:\s*[/,;+&-]\s*(?:{agency}|{desk}))*\s*[\])]?\.?$"))
        .ok()
});

/// Removes such lines at both ends.
pub(super) fn trim(page: &Blocks, features: &Features, chances: &[f32], reasons: &mut [Reason]) {
    let kept = reasons.iter().filter(|reason| reason.is_kept()).count();
    let most = kept.saturating_sub(LEAST_BLOCKS).min(EDGE_BLOCKS);
    let judge = |at: usize, find: fn(&Features, &Feature, &str, bool) -> Option<Reason>| {
        let (block, feature) = (page.blocks.get(at)?, features.blocks.get(at)?);
        find(
            features,
            feature,
            page.text(block),
            chances.get(at).is_some_and(|chance| *chance >= SURE),
        )
    };
    let opening = reasons.iter_mut().enumerate().filter(|(_, reason)| reason.is_kept());
    for (at, reason) in opening.take(most) {
        let Some(found) = judge(at, opening_line) else { break };
        *reason = found;
    }
    let tail = reasons.iter_mut().enumerate().rev().filter(|(_, reason)| reason.is_kept());
    for (at, reason) in tail.take(most) {
        let Some(found) = judge(at, closing_line) else { break };
        *reason = found;
    }
}

/// A line before the first paragraph with the date or the author.
fn opening_line(
    features: &Features,
    feature: &Feature,
    text: &str,
    is_sure: bool,
) -> Option<Reason> {
    let is_dated = feature.text.dates > 0.0 && feature.text.tokens <= DATE_TOKENS;
    // "by Our Correspondent" is not a person's name, so the page's metadata does not have it.
    let is_byline = mark::marks(text).has(Mark::Byline) && feature.text.weight <= NAMES_WEIGHT;
    let is_line =
        (is_dated || is_byline) && !feature.text.ends_sentence && !feature.tag.is_heading();
    ((is_line && !is_sure) || is_signature(features, feature, text)).then_some(Reason::Byline)
}

/// A line after the last paragraph about the article.
fn closing_line(
    features: &Features,
    feature: &Feature,
    text: &str,
    is_sure: bool,
) -> Option<Reason> {
    if is_signature(features, feature, text) {
        return Some(Reason::Byline);
    }
    if is_sure || feature.text.weight >= NOTE_WEIGHT {
        return None;
    }
    let boilerplate = feature.boilerplate.map(|boilerplate| boilerplate.kind.as_str());
    let note = mark::marks(text).has(Mark::Note).then(|| Mark::Note.as_str());
    boilerplate.or(note).map(Reason::Phrase)
}

/// Whether a line only names the known authors or agencies.
fn is_signature(features: &Features, feature: &Feature, text: &str) -> bool {
    if feature.text.weight > NAMES_WEIGHT || feature.tag.is_heading() {
        return false;
    }
    let words = tokens(text);
    let names_authors =
        !words.is_empty() && words.iter().all(|word| features.authors.contains(word));
    names_authors || AGENCIES.as_ref().is_some_and(|agencies| agencies.is_match(text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agency_codes_are_signatures() {
        let agencies = AGENCIES.as_ref().unwrap();
        for line in
            ["dpa", "(AFP)", "SDA/sep", "dpa/AFP, mks", "[Reuters]", "新华社", "AP / Reuters."]
        {
            assert!(agencies.is_match(line), "{line}");
        }
        for line in ["", "AP reported it first", "Apa", "sep", "The AFP, again"] {
            assert_eq!(agencies.is_match(line), line == "Apa", "{line}");
        }
    }
}
