//! Bytes to text.
//!
//! Order of belief: byte order mark, then the look of UTF-16, then "it is valid UTF-8", then what the document
//! declares, what HTTP declares, and last a statistical guess. Valid UTF-8 beats a declaration because text in another
//! encoding is hardly ever valid UTF-8 by chance, while false declarations are common; the exception is ISO-2022-JP,
//! which is ASCII to the eye. Damaged UTF-8 is mended byte by byte: a page that mixes in windows-1252 quotes keeps its
//! other letters.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::defect::{Defect, Defects};
use crate::references::is_forbidden;

/// Where a declaration can be: the XML declaration is at the very start, but junk may precede it.
const DECLARATION_BYTES: usize = 4096;

/// Decodes a document; never fails, since a wrong letter is better than a lost poll. Control characters are dropped.
///
/// `host` is who sent it: the guess knows what is usual in a country.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    host: Option<&str>,
    defects: &mut Defects,
) -> Cow<'a, str> {
    let text = to_text(bytes, content_type, host, defects);
    if !text.contains(is_forbidden) {
        return text;
    }
    defects.note(Defect::ControlCharacter);
    Cow::Owned(text.chars().filter(|c| !is_forbidden(*c)).collect())
}

fn to_text<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    host: Option<&str>,
    defects: &mut Defects,
) -> Cow<'a, str> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let bytes = bytes.get(length..).unwrap_or_default();
        return if encoding == UTF_8 {
            utf8(bytes, defects)
        } else {
            encoding.decode_without_bom_handling(bytes).0
        };
    }
    if let Some(encoding) = utf16_by_look(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    let declared = declared_in_document(bytes).or_else(|| declared_by_http(content_type));
    if let Ok(text) = std::str::from_utf8(bytes) {
        if declared == Some(ISO_2022_JP) && text.contains("\u{1b}$") {
            return ISO_2022_JP.decode_without_bom_handling(bytes).0;
        }
        return Cow::Borrowed(text);
    }
    if is_mostly_utf8(bytes) {
        return utf8(bytes, defects);
    }
    let http = declared_by_http(content_type);
    for encoding in [declared, http].into_iter().flatten().filter(|encoding| *encoding != UTF_8) {
        let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
        if !had_errors {
            return text;
        }
    }
    defects.note(Defect::Encoding);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let country = host.and_then(|host| host.rsplit('.').next()).map(str::as_bytes);
    // The detector accepts lower-case letters only.
    let country = country.filter(|country| country.iter().all(u8::is_ascii_lowercase));
    detector.guess(country, Utf8Detection::Deny).decode_without_bom_handling(bytes).0
}

/// `<` or `{` beside a NUL byte: markup in UTF-16 without its mark.
fn utf16_by_look(bytes: &[u8]) -> Option<&'static Encoding> {
    let is_start = |byte: u8| matches!(byte, b'<' | b'{' | b' ' | b'\n' | b'\r' | b'\t');
    match *bytes.first_chunk::<4>()? {
        [0, first, 0, _] if is_start(first) => Some(UTF_16BE),
        [first, 0, _, 0] if is_start(first) => Some(UTF_16LE),
        _ => None,
    }
}

/// More letters of several bytes than damaged places, so the damage is the exception. A tail cut off in mid-letter counts as
/// one such place.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut whole, mut damaged) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        damaged += usize::from(!chunk.invalid().is_empty());
    }
    whole > damaged
}

fn utf8<'a>(bytes: &'a [u8], defects: &mut Defects) -> Cow<'a, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    defects.note(Defect::Encoding);
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    Cow::Owned(text)
}

/// The `encoding="…"` of the XML declaration.
fn declared_in_document(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..DECLARATION_BYTES).unwrap_or(bytes);
    let head = String::from_utf8_lossy(head);
    let start = head.find("<?xml")?;
    let declaration = head.get(start..)?.split('>').next()?;
    label_after(declaration, "encoding")
}

fn declared_by_http(content_type: Option<&str>) -> Option<&'static Encoding> {
    label_after(&content_type?.to_ascii_lowercase(), "charset")
}

fn label_after(text: &str, word: &str) -> Option<&'static Encoding> {
    let (_, value) = text.split_once(word)?;
    let value = value.trim_start().strip_prefix('=')?.trim_start_matches([' ', '"', '\'']);
    let label = value.split(['"', '\'', ';', '?', ' ']).next()?;
    Encoding::for_label_no_replacement(label.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{EUC_JP, WINDOWS_1251};

    fn text(bytes: &[u8], content_type: Option<&str>) -> String {
        decode(bytes, content_type, None, &mut Defects::default()).into_owned()
    }

    #[test]
    fn each_source_of_belief() {
        let russian = "Новости дня: правительство обсудило новый бюджет страны";
        let bytes = WINDOWS_1251.encode(russian).0;
        assert_eq!(text("\u{feff}<a>é</a>".as_bytes(), None), "<a>é</a>");
        assert_eq!(text(&bytes, Some("text/xml; charset=\"windows-1251\"")), russian);
        assert_eq!(text(&bytes, None), russian);
        let declared = format!("<?xml version='1.0' encoding='windows-1251'?><a>{russian}</a>");
        assert_eq!(
            text(&WINDOWS_1251.encode(&declared).0, Some("text/xml; charset=utf-8")),
            declared
        );
        assert_eq!(
            text("<?xml encoding='iso-8859-1'?>é".as_bytes(), None),
            "<?xml encoding='iso-8859-1'?>é"
        );
        let japanese = "<?xml version='1.0' encoding='EUC-JP'?><a>ニュース</a>";
        assert_eq!(text(&EUC_JP.encode(japanese).0, None), japanese);
        let japanese = "<?xml version='1.0' encoding='ISO-2022-JP'?><a>ニュース</a>";
        assert_eq!(text(&ISO_2022_JP.encode(japanese).0, None), japanese);
    }

    #[test]
    fn utf16_with_and_without_mark() {
        for mark in ["", "\u{feff}"] {
            let given = format!("{mark}<?xml version='1.0' encoding='UTF-16'?><a>й</a>");
            let plain = given.trim_start_matches('\u{feff}');
            let little: Vec<u8> = given.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = given.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(text(&little, None), plain);
            assert_eq!(text(&big, None), plain);
        }
    }

    #[test]
    fn damage_stays_where_it_is() {
        assert_eq!(text(b"caf\xc3\xa9 d\xc3\xa9j\xc3\xa0 \x93vu\x94", None), "café déjà “vu”");
        assert_eq!(text(b"a\x00b\x01\x1fc", None), "abc");
    }
}
