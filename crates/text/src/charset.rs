//! Bytes to text: which charset is a document in?
//!
//! Declarations lie more often than bytes do, so the order of belief is: byte order mark; the look of UTF-16; bytes
//! that are UTF-8; bytes that are UTF-8 but for some damage; what the document and HTTP declare; and last a guess
//! from the bytes and the country of the host. Text in another charset is hardly ever valid UTF-8 by chance, but
//! for ISO-2022-JP, which is ASCII to the eye. A declared charset in which the bytes make errors loses to one in
//! which they make fewer, and one for Latin letters loses to words of another script.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    Encoding, ISO_2022_JP, ISO_8859_2, ISO_8859_15, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250,
    WINDOWS_1252, WINDOWS_1254, WINDOWS_1257,
};

/// How far into a document a declaration is looked for. HTML says 1024 bytes; browsers and pages stretch it, and
/// junk may precede an XML declaration.
const DECLARATION_BYTES: usize = 4096;

/// How many bytes the guess looks at, from the first one that is not ASCII.
const GUESS_BYTES: usize = 256 * 1024;

/// Bytes that are not ASCII for each error that a declared charset may make.
const BYTES_FOR_AN_ERROR: usize = 50;

/// Letters of a word, and least words, that show another script.
const WORD_BYTES: usize = 4;
const LEAST_WORDS: usize = 5;

/// The byte with which ISO-2022-JP begins and ends letters that are not Latin.
const SHIFT: u8 = 0x1b;

/// What kind of document it is. Pages and feeds differ in three things, each for a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Document {
    /// HTML. HTTP is believed before the page, as the HTML standard says; `meta` elements declare. A damaged place
    /// becomes U+FFFD: a page is read by its shape, and a wrong letter would pass for text.
    Page,
    /// XML or JSON. The document is believed before HTTP, because servers send feeds with a default for all files.
    /// Text in a feed may quote `meta` elements, so they declare nothing. A damaged place is read as windows-1252:
    /// publishing systems mix its quotation marks into UTF-8, and a title should keep them.
    Feed,
}

/// A document as it came.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    pub document: Document,
    pub bytes: &'a [u8],
    /// The header `Content-Type`.
    pub content_type: Option<&'a str>,
    /// The host that sent it: the guess knows which charsets are usual in its country.
    pub host: Option<&'a str>,
}

/// A document as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    pub text: Cow<'a, str>,
    /// The charset it was read in.
    pub encoding: &'static Encoding,
    /// Some bytes were not in that charset.
    pub is_damaged: bool,
    /// Nothing that was declared fits.
    pub is_guessed: bool,
}

/// Decodes a document. Never fails: a wrong letter is better than a lost document.
#[must_use]
pub fn decode(source: Source<'_>) -> Decoded<'_> {
    let Source { document, bytes, host, .. } = source;
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        let bytes = bytes.get(length..).unwrap_or_default();
        return if encoding == UTF_8 { utf8(bytes, document) } else { decoded(encoding, bytes) };
    }
    if let Some(encoding) = utf16_by_look(bytes) {
        return decoded(encoding, bytes);
    }
    // Whole UTF-8 wins over every declaration but that of a charset that shifts with this byte.
    if memchr::memchr(SHIFT, bytes).is_none()
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return whole_utf8(Cow::Borrowed(text));
    }
    let declared = declared(source);
    if is_mostly_utf8(bytes) {
        let shifted = declared.contains(&ISO_2022_JP) && bytes.contains(&SHIFT);
        let japanese = shifted.then(|| decoded(ISO_2022_JP, bytes)).filter(|text| !text.is_damaged);
        return japanese.unwrap_or_else(|| utf8(bytes, document));
    }
    let others = declared.into_iter().filter(|encoding| *encoding != UTF_8);
    best(others, bytes)
        .filter(|decoded| !(is_latin(decoded.encoding) && is_another_script(bytes)))
        .unwrap_or_else(|| Decoded { is_guessed: true, ..decoded(guess(bytes, host), bytes) })
}

fn decoded<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Decoded<'a> {
    let (text, is_damaged) = encoding.decode_without_bom_handling(bytes);
    Decoded { text, encoding, is_damaged, is_guessed: false }
}

/// The text in the charset that makes fewest errors, if they are few.
fn best<'a>(
    encodings: impl Iterator<Item = &'static Encoding>,
    bytes: &'a [u8],
) -> Option<Decoded<'a>> {
    let mut best: Option<(usize, Decoded<'a>)> = None;
    for encoding in encodings {
        let decoded = decoded(encoding, bytes);
        if !decoded.is_damaged {
            return Some(decoded);
        }
        let errors = decoded.text.matches('\u{fffd}').count();
        if best.as_ref().is_none_or(|(fewest, _)| errors < *fewest) {
            best = Some((errors, decoded));
        }
    }
    let foreign = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    best.filter(|(errors, _)| errors * BYTES_FOR_AN_ERROR <= foreign).map(|(_, decoded)| decoded)
}

/// Whether an encoding is of a language in Latin letters. Nearly every byte has a meaning in these, so a wrong label makes
/// no errors.
fn is_latin(encoding: &'static Encoding) -> bool {
    [WINDOWS_1252, ISO_8859_15, WINDOWS_1250, ISO_8859_2, WINDOWS_1254, WINDOWS_1257]
        .contains(&encoding)
}

/// Whether whole words are made of letters that in Latin encodings are accented ones: such words do not exist.
fn is_another_script(bytes: &[u8]) -> bool {
    let runs = bytes.split(|byte| *byte < 0xc0).filter(|run| !run.is_empty());
    let (mut all, mut words) = (0_usize, 0_usize);
    for run in runs {
        all += 1;
        words += usize::from(run.len() >= WORD_BYTES);
    }
    words >= LEAST_WORDS && words * 2 >= all
}

/// Two-byte text without its mark: every other byte is zero in the markup, brace or blanks that it begins with.
fn utf16_by_look(bytes: &[u8]) -> Option<&'static Encoding> {
    let is_start = |byte: u8| matches!(byte, b'<' | b'{' | b' ' | b'\n' | b'\r' | b'\t');
    match *bytes.first_chunk::<4>()? {
        [0, first, 0, next] if is_start(first) && next.is_ascii() => Some(UTF_16BE),
        [first, 0, next, 0] if is_start(first) && next.is_ascii() => Some(UTF_16LE),
        _ => None,
    }
}

/// All ASCII, or more letters of several bytes than damaged places: then the damage is the exception. A letter that is
/// cut off at the end counts as such a place.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    if std::str::from_utf8(bytes).is_ok() {
        return true;
    }
    let (mut whole, mut damaged) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        damaged += usize::from(!chunk.invalid().is_empty());
    }
    damaged == 0 || whole > damaged
}

/// UTF-8 with its damage mended. A letter that is cut off at the end is left out.
fn utf8(bytes: &[u8], document: Document) -> Decoded<'_> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return whole_utf8(Cow::Borrowed(text)),
        Err(error) => error,
    };
    let whole = bytes.get(..error.valid_up_to()).unwrap_or_default();
    let text = match std::str::from_utf8(whole) {
        Ok(text) if error.error_len().is_none() => Cow::Borrowed(text),
        _ => Cow::Owned(mended(bytes, document)),
    };
    Decoded { is_damaged: true, ..whole_utf8(text) }
}

fn whole_utf8(text: Cow<'_, str>) -> Decoded<'_> {
    Decoded { text, encoding: UTF_8, is_damaged: false, is_guessed: false }
}

fn mended(bytes: &[u8], document: Document) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        at += chunk.valid().len() + chunk.invalid().len();
        let is_cut_off = at == bytes.len()
            && std::str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
        match document {
            _ if is_cut_off || chunk.invalid().is_empty() => {}
            Document::Page => text.push('\u{fffd}'),
            Document::Feed => {
                text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
            }
        }
    }
    text
}

/// The charsets that HTTP and the document declare, the more trusted first, without repeats.
fn declared(source: Source<'_>) -> Vec<&'static Encoding> {
    let Source { document, bytes, content_type, .. } = source;
    let head = bytes.get(..DECLARATION_BYTES).unwrap_or(bytes).to_ascii_lowercase();
    let header = content_type.unwrap_or_default().to_ascii_lowercase();
    let http = label_after(header.as_bytes(), b"charset", 0).and_then(|(encoding, _)| encoding);
    let http = http.filter(|encoding| !is_utf16(encoding) || bytes.contains(&0));
    let xml = xml_declaration(&head).and_then(|xml| label_after(xml, b"encoding", 0)?.0);
    let all = match document {
        Document::Page => [http].into_iter().chain(metas(&head)).chain([xml]).collect(),
        Document::Feed => vec![xml, http],
    };
    let mut found: Vec<&'static Encoding> = Vec::new();
    for encoding in all.into_iter().flatten() {
        // A document that could be read far enough to say so is not in UTF-16.
        let encoding = if is_utf16(encoding) && Some(encoding) != http { UTF_8 } else { encoding };
        if !found.contains(&encoding) {
            found.push(encoding);
        }
    }
    found
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// What stands in `<?xml …>`.
fn xml_declaration(head: &[u8]) -> Option<&[u8]> {
    let start = head.windows(5).position(|window| window == b"<?xml")?;
    head.get(start..)?.split(|byte| *byte == b'>').next()
}

/// What stands after each `charset`, in `meta` elements of both kinds.
fn metas(head: &[u8]) -> impl Iterator<Item = Option<&'static Encoding>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let (encoding, end) = label_after(head, b"charset", from)?;
        from = end;
        Some(encoding)
    })
}

/// The charset named after `key` and an equals sign, and where the key ended. All lower case.
fn label_after(text: &[u8], key: &[u8], from: usize) -> Option<(Option<&'static Encoding>, usize)> {
    let rest = text.get(from..)?;
    let at = rest.windows(key.len()).position(|window| window == key)?;
    let value = rest.get(at + key.len()..)?;
    let label: Vec<u8> = value
        .iter()
        .copied()
        .skip_while(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'"' | b'\''))
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'))
        .take(40)
        .collect();
    Some((Encoding::for_label_no_replacement(&label), from + at + key.len()))
}

/// The most likely charset of bytes that are not UTF-8, helped by the country of the host.
fn guess(bytes: &[u8], host: Option<&str>) -> &'static Encoding {
    let from = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(0);
    let bytes = bytes.get(from.saturating_sub(16)..).unwrap_or(bytes);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..GUESS_BYTES).unwrap_or(bytes), true);
    let country = host.and_then(|host| host.rsplit('.').next());
    // The detector takes lower-case letters only.
    let is_label = |name: &&str| {
        (1..=24).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase())
    };
    detector.guess(country.filter(is_label).map(str::as_bytes), Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_JP, GBK, SHIFT_JIS, WINDOWS_1251};
    use proptest::prelude::*;

    use super::*;

    fn page(bytes: &[u8], content_type: Option<&str>, host: Option<&str>) -> String {
        decode(Source { document: Document::Page, bytes, content_type, host }).text.into_owned()
    }

    fn feed(bytes: &[u8], content_type: Option<&str>) -> String {
        decode(Source { document: Document::Feed, bytes, content_type, host: None })
            .text
            .into_owned()
    }

    fn html(encoding: &'static Encoding, head: &str, text: &str) -> Vec<u8> {
        encoding.encode(&format!("<html><head>{head}</head><p>{text}</p>")).0.into_owned()
    }

    #[test]
    fn bytes_that_are_utf8_beat_a_declaration() {
        let bytes = "<meta charset=windows-1251><p>Привет, мир".as_bytes();
        assert!(page(bytes, Some("text/html; charset=ISO-8859-1"), None).ends_with("Привет, мир"));
        let declared = "<?xml encoding='iso-8859-1'?>é";
        assert_eq!(feed(declared.as_bytes(), None), declared);
    }

    #[test]
    fn a_page_declares_in_many_ways() {
        let text = "漢字とかなの文章です。";
        for head in [
            "<meta charset=shift_jis>",
            "<meta http-equiv='Content-Type' content='text/html; charset=Shift_JIS'>",
            "<META CONTENT=\"text/html;CHARSET = sjis\">",
        ] {
            assert!(page(&html(SHIFT_JIS, head, text), None, None).contains(text), "{head}");
        }
        let xml = format!("<?xml version='1.0' encoding='Shift_JIS'?><p>{text}");
        assert!(page(&SHIFT_JIS.encode(&xml).0, None, None).contains(text));
    }

    #[test]
    fn a_header_that_makes_errors_loses_to_the_page() {
        let bytes = html(GBK, "<meta charset=gb2312>", "新华社北京电，这是一个例子。");
        assert!(page(&bytes, Some("text/html; charset=utf-8"), None).contains("新华社北京电"));
        assert!(page(&bytes, Some("text/html; charset=shift_jis"), None).contains("新华社北京电"));
    }

    #[test]
    fn nothing_declared_is_guessed() {
        let text =
            "Президент России заявил, что переговоры продолжатся на следующей неделе в Москве.";
        let bytes = html(WINDOWS_1251, "", text);
        assert!(page(&bytes, None, Some("www.example.ru")).contains(text));
        let late = [" ".repeat(300 * 1024).into_bytes(), bytes].concat();
        let source =
            Source { document: Document::Page, bytes: &late, content_type: None, host: None };
        let decoded = decode(source);
        assert!(decoded.is_guessed && decoded.text.contains(text));
    }

    #[test]
    fn a_latin_label_on_another_script_is_not_believed() {
        let cyrillic = "Президент заявил, что переговоры продолжатся на следующей неделе в Москве.";
        for label in ["iso-8859-1", "windows-1252", "iso-8859-2"] {
            let head = format!("<meta charset={label}>");
            let bytes = html(WINDOWS_1251, &head, cyrillic);
            assert!(page(&bytes, None, None).contains(cyrillic), "{label}");
        }
        let german =
            "Äußerungen über größere Straßenbäume hörten wir öfter, für Ölöfen übrigens auch.";
        let bytes = html(WINDOWS_1252, "<meta charset=iso-8859-1>", german);
        assert!(page(&bytes, None, None).contains(german));
    }

    #[test]
    fn each_source_that_a_feed_is_believed_by() {
        let russian = "Новости дня: правительство обсудило новый бюджет страны";
        let bytes = WINDOWS_1251.encode(russian).0;
        assert_eq!(feed("\u{feff}<a>é</a>".as_bytes(), None), "<a>é</a>");
        assert_eq!(feed(&bytes, Some("text/xml; charset=\"windows-1251\"")), russian);
        assert_eq!(feed(&bytes, None), russian);
        let declared = format!("<?xml version='1.0' encoding='windows-1251'?><a>{russian}</a>");
        let encoded = WINDOWS_1251.encode(&declared).0;
        assert_eq!(feed(&encoded, Some("text/xml; charset=utf-8")), declared);
        assert_eq!(feed(&encoded, Some("text/xml; charset=koi8-r")), declared);
        for encoding in [EUC_JP, ISO_2022_JP] {
            let japanese =
                format!("<?xml version='1.0' encoding='{}'?><a>ニュース</a>", encoding.name());
            assert_eq!(feed(&encoding.encode(&japanese).0, None), japanese);
        }
    }

    #[test]
    fn utf16_with_and_without_mark() {
        for mark in ["", "\u{feff}"] {
            for plain in [
                "<?xml version='1.0' encoding='UTF-16'?><a>й</a>",
                "<p>sixteen bits</p>",
                " {\"a\": 1}",
            ] {
                let given = format!("{mark}{plain}");
                let little: Vec<u8> = given.encode_utf16().flat_map(u16::to_le_bytes).collect();
                let big: Vec<u8> = given.encode_utf16().flat_map(u16::to_be_bytes).collect();
                for bytes in [little, big] {
                    assert_eq!(feed(&bytes, None), plain);
                    assert_eq!(page(&bytes, None, None), plain);
                }
            }
        }
    }

    #[test]
    fn utf16_that_cannot_be_is_not_believed() {
        let bytes = b"<?xml version='1.0' encoding='UTF-16'?><a>caf\xe9 noir</a>";
        assert!(feed(bytes, None).contains("café noir"));
        assert!(page(bytes, Some("text/html; charset=utf-16"), None).contains("café noir"));
    }

    #[test]
    fn damage_stays_where_it_is() {
        let damaged = b"caf\xc3\xa9 d\xc3\xa9j\xc3\xa0 \x93vu\x94";
        assert_eq!(feed(damaged, None), "café déjà “vu”");
        assert_eq!(page(damaged, None, None), "café déjà \u{fffd}vu\u{fffd}");
        let source =
            |bytes| Source { document: Document::Feed, bytes, content_type: None, host: None };
        assert!(decode(source(damaged)).is_damaged);
        assert!(!decode(source("café".as_bytes())).is_damaged);
    }

    #[test]
    fn one_broken_byte_in_a_declared_page_stays_one() {
        let mut bytes = html(UTF_8, "<meta charset=utf-8>", &"é".repeat(200));
        bytes.push(0xff);
        bytes.extend_from_slice(b"end");
        assert_eq!(page(&bytes, None, None).matches('\u{fffd}').count(), 1);
    }

    #[test]
    fn a_character_cut_off_at_the_end_does_not_change_the_charset() {
        let cut = "<p>déjà vu là à".as_bytes().split_last().unwrap().1;
        assert_eq!(page(cut, None, None), "<p>déjà vu là ");
        assert_eq!(feed(cut, None), "<p>déjà vu là ");
        assert_eq!(feed(&[b"\x93", cut].concat(), None), "“<p>déjà vu là ");
        // In ASCII it is a letter of another charset.
        assert_eq!(page(b"<p>caf\xe9", None, None), "<p>café");
    }

    #[test]
    fn text_that_says_charset_does_not_declare_a_feed() {
        let text = "<a>&lt;meta charset=koi8-r&gt; déjà vu à la carte</a>";
        assert_eq!(feed(&WINDOWS_1252.encode(text).0, None), text);
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded(bytes in prop::collection::vec(any::<u8>(), 0..200), is_page: bool) {
            let document = if is_page { Document::Page } else { Document::Feed };
            let _ = decode(Source { document, bytes: &bytes, content_type: None, host: Some("example.jp") });
        }

        #[test]
        fn utf8_comes_through_whole(text in "[^\0]{0,80}", is_page: bool) {
            let document = if is_page { Document::Page } else { Document::Feed };
            let source = Source { document, bytes: text.as_bytes(), content_type: None, host: None };
            prop_assert_eq!(decode(source).text, text.strip_prefix('\u{feff}').unwrap_or(&text));
        }
    }
}
