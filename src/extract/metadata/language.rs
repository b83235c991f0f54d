//! Which language is it in? Detected from the body where that is long enough to be sure, else as declared: many
//! templates declare the language of their maker.

use whatlang::{Lang, detect};

use crate::extract::Hints;
use crate::extract::metadata::head::Head;

/// Least letters of a body that detection is asked about.
const LETTERS: usize = 120;

/// How much of a body is looked at for its frequent words, and to detect the language, in characters.
const GLANCE: usize = 1_000;
const SAMPLE: usize = 4_000;

/// Frequent words that other languages do not use, for languages that many pages are in: where they are frequent and
/// nothing else is declared, no detection is needed, which costs more than all the rest of the metadata.
const WORDS: [(&str, &[&str]); 7] = [
    ("en", &["the", "and", "of", "to", "with", "was", "for", "that", "from"]),
    ("de", &["der", "die", "und", "das", "den", "mit", "ist", "nicht", "auf", "sich", "eine"]),
    ("fr", &["les", "des", "est", "une", "dans", "pour", "qui", "sur", "pas", "du"]),
    ("es", &["el", "los", "las", "una", "del", "con", "por", "y"]),
    ("it", &["di", "che", "il", "della", "per", "gli", "è", "sono", "nel"]),
    ("nl", &["het", "een", "van", "dat", "zijn", "niet", "voor", "op"]),
    ("pl", &["się", "nie", "że", "jest", "przez", "oraz", "dla", "na"]),
];

/// One in how many words is one of those.
const RATE: usize = 8;

/// The language that a text is in beyond doubt.
fn spoken(text: &str) -> Option<&'static str> {
    let mut counts = [0_usize; WORDS.len()];
    let mut all = 0;
    for word in text.split_whitespace() {
        all += 1;
        for (count, (_, words)) in counts.iter_mut().zip(WORDS) {
            *count += usize::from(words.iter().any(|known| word.eq_ignore_ascii_case(known)));
        }
    }
    let frequent = WORDS.iter().zip(counts).filter(|(_, count)| *count * RATE >= all);
    let mut languages = frequent.map(|((language, _), _)| *language);
    let first = languages.next().filter(|_| all >= 20)?;
    languages.next().is_none().then_some(first)
}

/// The BCP 47 tag of the article.
pub(crate) fn language(head: &Head, hints: &Hints, body: &str) -> Option<String> {
    let declared = [
        head.facts.article.language.as_deref(),
        head.language.as_deref(),
        head.meta_of(&["og:locale", "content-language", "language", "dc.language"]),
        hints.language.as_deref(),
    ];
    let declared = declared.into_iter().flatten().find_map(tag);
    if body.chars().filter(|c| c.is_alphabetic()).take(LETTERS).count() < LETTERS {
        return declared;
    }
    let spoken = spoken(beginning(body, GLANCE));
    match (&declared, spoken) {
        (Some(tag), Some(language)) if primary(tag) == language => return declared,
        (None, Some(language)) => return Some(language.to_owned()),
        _ => {}
    }
    let Some(found) = detect(beginning(body, SAMPLE)) else { return declared };
    let code = two_letters(found.lang());
    match declared {
        // The declared tag says more (`pt-BR`) where both agree on the language.
        Some(declared) if primary(&declared) == code || !found.is_reliable() => Some(declared),
        // Serbian, Croatian and Bosnian are told apart by declaration alone; so are the Norwegians.
        Some(declared) if same_family(&primary(&declared), code) => Some(declared),
        _ if found.is_reliable() => Some(code.to_owned()),
        other => other,
    }
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

/// A declared value as a BCP 47 tag: `en_US` becomes `en-US`. `None` where it is none.
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
        let english = Head { language: Some("en-US".into()), ..Head::default() };
        assert_eq!(language(&english, &Hints::default(), body).as_deref(), Some("de"));
        let swiss = Head { language: Some("de_ch".into()), ..Head::default() };
        assert_eq!(language(&swiss, &Hints::default(), body).as_deref(), Some("de-CH"));
        assert_eq!(language(&english, &Hints::default(), "Kurz.").as_deref(), Some("en-US"));
        assert_eq!(language(&Head::default(), &Hints::default(), "Kurz."), None);
    }

    #[test]
    fn tags_are_put_in_order() {
        assert_eq!(tag("zh_hant_TW").as_deref(), Some("zh-Hant-TW"));
        assert_eq!(tag("english"), None);
    }
}
