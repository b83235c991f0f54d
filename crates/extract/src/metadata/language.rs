//! The language: detected from the body if that is long enough, else as declared. Detection comes
//! first because many templates declare the language of their developer.

use std::sync::LazyLock;

use whatlang::{Lang, Script, detect};

use crate::Hints;
use crate::metadata::head::Head;
use crate::provenance::{Evidence, Source};

/// Shortest body for detection, in letters.
const LETTERS: usize = 120;

/// How much of a body is used for frequent words and for detection, in characters.
const GLANCE: usize = 1_000;
const SAMPLE: usize = 4_000;

/// Frequent words that other languages do not use. If they are frequent and nothing else is
/// declared, detection is skipped: it costs more than all other metadata together.
const WORDS: [(&str, &[&str]); 7] = [
    ("en", &["the", "and", "of", "to", "with", "was", "for", "that", "from"]),
    ("de", &["der", "die", "und", "das", "den", "mit", "ist", "nicht", "auf", "sich", "eine"]),
    ("fr", &["les", "des", "est", "une", "dans", "pour", "qui", "sur", "pas", "du"]),
    ("es", &["el", "los", "las", "una", "del", "con", "por", "y"]),
    ("it", &["di", "che", "il", "della", "per", "gli", "è", "sono", "nel"]),
    ("nl", &["het", "een", "van", "dat", "zijn", "niet", "voor", "op"]),
    ("pl", &["się", "nie", "że", "jest", "przez", "oraz", "dla", "na"]),
];

/// These words by their length in bytes, each with the place of its language.
static BY_LENGTH: LazyLock<Vec<Vec<(usize, &str)>>> = LazyLock::new(|| {
    let mut by_length = Vec::new();
    for (place, (_, words)) in WORDS.iter().enumerate() {
        for word in *words {
            by_length.resize_with(by_length.len().max(word.len() + 1), Vec::new);
            if let Some(list) = by_length.get_mut(word.len()) {
                list.push((place, *word));
            }
        }
    }
    by_length
});

/// One in this many words must be one of those.
const RATE: usize = 8;

/// The language of a text with enough of its frequent words.
fn spoken(text: &str) -> Option<&'static str> {
    let mut counts = [0_usize; WORDS.len()];
    let mut all = 0;
    for word in text.split_whitespace() {
        all += 1;
        let known = BY_LENGTH.get(word.len()).into_iter().flatten();
        // The first letter rules out most of them at once.
        let first = word.bytes().next().map(|letter| letter.to_ascii_lowercase());
        let is_same = |(_, known): &&(usize, &str)| {
            known.bytes().next() == first && word.eq_ignore_ascii_case(known)
        };
        for (place, _) in known.filter(is_same) {
            if let Some(count) = counts.get_mut(*place) {
                *count += 1;
            }
        }
    }
    let frequent = WORDS.iter().zip(counts).filter(|(_, count)| *count * RATE >= all);
    let mut languages = frequent.map(|((language, _), _)| *language);
    let first = languages.next().filter(|_| all >= 20)?;
    languages.next().is_none().then_some(first)
}

/// The language of an article.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Language {
    /// BCP 47 tag of the text.
    pub(crate) tag: Option<String>,
    /// BCP 47 tag that the page declares.
    pub(crate) declared: Option<String>,
    pub(crate) evidence: Option<Evidence>,
}

/// The language of `body`, and the declared one.
pub(crate) fn language(head: &Head, hints: &Hints, body: &str) -> Language {
    let stated = [
        (head.facts.article.language.as_deref(), Source::JsonLd),
        (head.language.as_deref(), Source::Lang),
        (head.meta_of(&["og:locale", "content-language", "language", "dc.language"]), Source::Meta),
        (hints.language.as_deref(), Source::Feed),
    ];
    let declared = stated.into_iter().find_map(|(value, source)| Some((tag(value?)?, source)));
    let declared_tag = declared.as_ref().map(|(tag, _)| tag.clone());
    let is_enough = body.chars().filter(|c| c.is_alphabetic()).take(LETTERS).count() == LETTERS;
    let spoken = is_enough.then(|| spoken(beginning(body, GLANCE))).flatten();
    match (&declared_tag, spoken) {
        (Some(tag), Some(language)) if primary(tag) == language => {
            let evidence = Some(Evidence::new(Source::Text, 0.99));
            return Language { tag: declared_tag.clone(), declared: declared_tag, evidence };
        }
        (None, Some(language)) => {
            let evidence = Some(Evidence::new(Source::Text, 0.9));
            return Language { tag: Some(language.to_owned()), declared: None, evidence };
        }
        _ => {}
    }
    let found = is_enough.then(|| detect(beginning(body, SAMPLE))).flatten();
    let believed = declared
        .as_ref()
        .filter(|(tag, _)| found.as_ref().is_none_or(|info| is_written_in(tag, info.script())));
    let (value, evidence) = match (believed, found) {
        // If both agree on the language, the declared tag has more detail (`pt-BR`). Serbian,
        // Croatian and Bosnian differ by declaration alone; so do the forms of Norwegian.
        (Some((tag, _)), Some(info)) if agree(&primary(tag), two_letters(info.lang())) => {
            (Some(tag.clone()), Some(Evidence::new(Source::Text, 0.99)))
        }
        (_, Some(info)) if info.is_reliable() => {
            (Some(two_letters(info.lang()).to_owned()), Some(Evidence::new(Source::Text, 0.9)))
        }
        (Some((tag, source)), _) => (Some(tag.clone()), Some(Evidence::new(*source, 0.7))),
        (None, Some(info)) => {
            (Some(two_letters(info.lang()).to_owned()), Some(Evidence::new(Source::Text, 0.5)))
        }
        (None, None) => (None, None),
    };
    Language { tag: value, declared: declared.map(|(tag, _)| tag), evidence }
}

/// Whether a language is written in a script. Languages that detection does not know, or with two
/// scripts, pass.
fn is_written_in(tag: &str, script: Script) -> bool {
    const TWO_SCRIPTS: &[&str] =
        &["sr", "az", "uz", "tk", "kk", "mn", "tg", "ku", "pa", "ja", "ms", "bs", "hr"];
    let primary = primary(tag);
    let is_known = Lang::all().iter().any(|lang| two_letters(*lang) == primary);
    !is_known
        || TWO_SCRIPTS.contains(&primary.as_str())
        || script.langs().iter().any(|lang| two_letters(*lang) == primary)
}

fn agree(declared: &str, detected: &str) -> bool {
    declared == detected || same_family(declared, detected)
}

fn beginning(text: &str, chars: usize) -> &str {
    text.char_indices().nth(chars).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

fn primary(tag: &str) -> String {
    tag.split('-').next().unwrap_or_default().to_owned()
}

fn same_family(declared: &str, detected: &str) -> bool {
    const FAMILIES: &[&[&str]] =
        &[&["hr", "sr", "bs", "sh", "me"], &["no", "nb", "nn", "da"], &["id", "ms"], &["fa", "ps"]];
    FAMILIES.iter().any(|family| family.contains(&declared) && family.contains(&detected))
}

/// A declared value as a BCP 47 tag: `en_US` becomes `en-US`. `None` if it is not one.
fn tag(value: &str) -> Option<String> {
    let mut parts = value.split([',', ';', ' ']).next()?.split(['-', '_']);
    let primary = parts.next()?.to_ascii_lowercase();
    if !(2..=3).contains(&primary.len()) || !primary.bytes().all(|b| b.is_ascii_lowercase()) {
        return None;
    }
    let mut out = primary;
    for part in parts.take(2).filter(|p| p.bytes().all(|b| b.is_ascii_alphanumeric())) {
        out.push('-');
        match part.len() {
            2 => out.push_str(&part.to_ascii_uppercase()),
            4 => {
                let (first, rest) = part.split_at(1);
                out.push_str(&first.to_ascii_uppercase());
                out.push_str(&rest.to_ascii_lowercase());
            }
            3 => out.push_str(part),
            _ => {
                out.pop();
            }
        }
    }
    Some(out)
}

/// The two-letter code (ISO 639-1) of a detected language.
fn two_letters(lang: Lang) -> &'static str {
    match lang.code() {
        "eng" => "en",
        "deu" => "de",
        "fra" => "fr",
        "spa" => "es",
        "por" => "pt",
        "ita" => "it",
        "nld" => "nl",
        "swe" => "sv",
        "dan" => "da",
        "nob" => "nb",
        "fin" => "fi",
        "est" => "et",
        "lav" => "lv",
        "lit" => "lt",
        "pol" => "pl",
        "ces" => "cs",
        "slk" => "sk",
        "slv" => "sl",
        "hrv" => "hr",
        "srp" => "sr",
        "mkd" => "mk",
        "bul" => "bg",
        "rus" => "ru",
        "ukr" => "uk",
        "bel" => "be",
        "ell" => "el",
        "tur" => "tr",
        "aze" => "az",
        "tuk" => "tk",
        "uzb" => "uz",
        "hun" => "hu",
        "ron" => "ro",
        "cat" => "ca",
        "lat" => "la",
        "epo" => "eo",
        "ara" => "ar",
        "heb" => "he",
        "pes" => "fa",
        "urd" => "ur",
        "yid" => "yi",
        "hin" => "hi",
        "ben" => "bn",
        "guj" => "gu",
        "pan" => "pa",
        "mar" => "mr",
        "nep" => "ne",
        "ori" => "or",
        "kan" => "kn",
        "tel" => "te",
        "tam" => "ta",
        "mal" => "ml",
        "sin" => "si",
        "khm" => "km",
        "tha" => "th",
        "mya" => "my",
        "vie" => "vi",
        "ind" => "id",
        "jav" => "jv",
        "tgl" => "tl",
        "cmn" => "zh",
        "jpn" => "ja",
        "kor" => "ko",
        "kat" => "ka",
        "hye" => "hy",
        "amh" => "am",
        "zul" => "zu",
        "sna" => "sn",
        "aka" => "ak",
        "afr" => "af",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_corrects_the_template() {
        let body = "Die Brücke über den Fluss bleibt bis zum Ende der Woche gesperrt, weil das Wasser nach dem Regen der \
                    vergangenen Tage weiter steigt und die Pfeiler erst geprüft werden müssen.";
        let greek = "Η γέφυρα πάνω από τον ποταμό παραμένει κλειστή έως το τέλος της εβδομάδας, επειδή η στάθμη του νερού \
                     συνεχίζει να ανεβαίνει μετά τις βροχές των τελευταίων ημερών στην περιοχή.";
        // Declared, body, language, source.
        for (declared, body, wanted, source) in [
            (Some("en-US"), body, Some("de"), Some(Source::Text)),
            (Some("de_ch"), body, Some("de-CH"), Some(Source::Text)),
            (None, body, Some("de"), Some(Source::Text)),
            (Some("en-US"), "Kurz.", Some("en-US"), Some(Source::Lang)),
            (Some("en"), greek, Some("el"), Some(Source::Text)),
            (None, "Kurz.", None, None),
        ] {
            let head = Head { language: declared.map(str::to_owned), ..Head::default() };
            let found = language(&head, &Hints::default(), body);
            assert_eq!(found.tag.as_deref(), wanted);
            assert_eq!(found.evidence.map(|evidence| evidence.source), source);
            assert_eq!(found.declared, declared.and_then(tag));
        }
    }

    #[test]
    fn tags_are_put_in_order() {
        assert_eq!(tag("zh_hant_TW").as_deref(), Some("zh-Hant-TW"));
        assert_eq!(tag("english"), None);
    }
}
