//! Bytes to text: which encoding is this page in?
//!
//! Declarations lie more often than bytes do. Text that is valid UTF-8 beyond ASCII is UTF-8 whatever anyone
//! says; everything else follows the order of the HTML standard (byte order mark, HTTP header, the first
//! kilobytes of the page) with one change: a declared encoding in which the bytes make errors loses to one in
//! which they make fewer, and to a guess from the bytes when nothing declared fits.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};

/// How far into the page a declaration is looked for. The standard says 1024 bytes; browsers and pages stretch it.
const DECLARATION_BYTES: usize = 4096;

/// How many bytes the guess looks at; the script of a page shows early.
const GUESS_BYTES: usize = 256 * 1024;

/// Decodes a page. Never fails: what cannot be decoded becomes U+FFFD.
pub(crate) fn decode<'a>(
    bytes: &'a [u8],
    content_type: Option<&str>,
    host: Option<&str>,
) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(bytes.get(mark..).unwrap_or_default()).0;
    }
    if let Some(encoding) = sniff_utf16(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    let declared = declared(bytes, content_type);
    if let Some(text) = as_utf8(bytes) {
        let shifts = declared.contains(&ISO_2022_JP) && bytes.contains(&0x1b);
        if !shifts {
            return Cow::Borrowed(text);
        }
    }
    let mut best: Option<(usize, Cow<'a, str>)> = None;
    for encoding in declared {
        let (text, had_errors) = encoding.decode_without_bom_handling(bytes);
        if !had_errors {
            return text;
        }
        let errors = text.matches('\u{fffd}').count();
        if best.as_ref().is_none_or(|(fewest, _)| errors < *fewest) {
            best = Some((errors, text));
        }
    }
    // A few broken characters do not make a declaration wrong; many do.
    if let Some((errors, text)) = best
        && errors * 50 <= bytes.iter().filter(|b| !b.is_ascii()).count()
    {
        return text;
    }
    guess(bytes, host).decode_without_bom_handling(bytes).0
}

/// The text if it is valid UTF-8, but for a character cut off at the end.
fn as_utf8(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()
        }
        Err(_) => None,
    }
}

/// Two-byte text without a byte order mark: every other byte of a tag is zero.
fn sniff_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.get(..4)? {
        [b'<', 0, second, 0] if second.is_ascii() => Some(UTF_16LE),
        [0, b'<', 0, second] if second.is_ascii() => Some(UTF_16BE),
        _ => None,
    }
}

/// The encodings that header and page declare, the more trusted first, without repeats.
fn declared(bytes: &[u8], content_type: Option<&str>) -> Vec<&'static Encoding> {
    let head = bytes.get(..DECLARATION_BYTES).unwrap_or(bytes).to_ascii_lowercase();
    let mut found = Vec::new();
    let header =
        content_type.and_then(|value| after(value.to_ascii_lowercase().as_bytes(), b"charset=", 0));
    let mut add = |encoding: Option<&'static Encoding>, from_page: bool| {
        // A page that could be read far enough to say so is not in UTF-16.
        let encoding = match encoding {
            Some(e) if from_page && (e == UTF_16LE || e == UTF_16BE) => Some(UTF_8),
            other => other,
        };
        if let Some(encoding) = encoding
            && !found.contains(&encoding)
        {
            found.push(encoding);
        }
    };
    add(header.and_then(|(encoding, _)| encoding), false);
    let mut from = 0;
    while let Some((encoding, end)) = after(&head, b"charset", from) {
        add(encoding, true);
        from = end;
    }
    if head.trim_ascii_start().starts_with(b"<?xml") {
        add(after(&head, b"encoding", 0).and_then(|(encoding, _)| encoding), true);
    }
    found
}

/// The encoding named after `key` and an equals sign, and where the key ended.
fn after(text: &[u8], key: &[u8], from: usize) -> Option<(Option<&'static Encoding>, usize)> {
    let rest = text.get(from..)?;
    let at = rest.windows(key.len()).position(|window| window == key)?;
    let value = rest.get(at + key.len()..)?;
    let name: Vec<u8> = value
        .iter()
        .copied()
        .skip_while(|b| b.is_ascii_whitespace() || matches!(b, b'=' | b'"' | b'\''))
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.'))
        .take(40)
        .collect();
    Some((Encoding::for_label(&name), from + at + key.len()))
}

/// The most likely encoding of these bytes, helped by the country of the host.
fn guess(bytes: &[u8], host: Option<&str>) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..GUESS_BYTES).unwrap_or(bytes), true);
    let tld = host.and_then(|host| host.rsplit('.').next()).filter(|tld| {
        !tld.is_empty() && tld.bytes().all(|b| b.is_ascii_lowercase()) && tld.len() <= 24
    });
    detector.guess(tld.map(str::as_bytes), Utf8Detection::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{GBK, SHIFT_JIS, WINDOWS_1251};

    fn page(encoding: &'static Encoding, head: &str, text: &str) -> Vec<u8> {
        encoding.encode(&format!("<html><head>{head}</head><p>{text}</p>")).0.into_owned()
    }

    #[test]
    fn bytes_that_are_utf8_beat_a_declaration() {
        let bytes = "<meta charset=windows-1251><p>Привет, мир".as_bytes();
        assert!(
            decode(bytes, Some("text/html; charset=ISO-8859-1"), None).ends_with("Привет, мир")
        );
    }

    #[test]
    fn the_page_declares_in_many_ways() {
        let text = "漢字とかなの文章です。";
        for head in [
            "<meta charset=shift_jis>",
            "<meta http-equiv='Content-Type' content='text/html; charset=Shift_JIS'>",
            "<META CONTENT=\"text/html;CHARSET = sjis\">",
        ] {
            assert!(decode(&page(SHIFT_JIS, head, text), None, None).contains(text), "{head}");
        }
        let xml = SHIFT_JIS
            .encode(&format!("<?xml version='1.0' encoding='Shift_JIS'?><p>{text}"))
            .0
            .into_owned();
        assert!(decode(&xml, None, None).contains(text));
    }

    #[test]
    fn a_header_that_makes_errors_loses_to_the_page() {
        let bytes = page(GBK, "<meta charset=gb2312>", "新华社北京电，这是一个例子。");
        assert!(decode(&bytes, Some("text/html; charset=utf-8"), None).contains("新华社北京电"));
    }

    #[test]
    fn nothing_declared_is_guessed() {
        let text =
            "Президент России заявил, что переговоры продолжатся на следующей неделе в Москве.";
        assert!(decode(&page(WINDOWS_1251, "", text), None, Some("www.example.ru")).contains(text));
    }

    #[test]
    fn utf16_with_and_without_mark() {
        let text = "<p>sixteen bits</p>";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> =
            [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&le, None, None), text);
        assert_eq!(decode(&be, None, None), text);
    }

    #[test]
    fn a_character_cut_off_at_the_end_does_not_change_the_encoding() {
        let bytes = "<p>déjà vu à".as_bytes();
        let cut = bytes.get(..bytes.len() - 1).unwrap();
        assert_eq!(decode(cut, None, None), "<p>déjà vu ");
    }

    #[test]
    fn one_broken_byte_in_a_declared_page_stays_one() {
        let mut bytes = page(UTF_8, "<meta charset=utf-8>", &"é".repeat(200));
        bytes.push(0xff);
        bytes.extend_from_slice(b"end");
        let text = decode(&bytes, None, None);
        assert_eq!(text.matches('\u{fffd}').count(), 1);
    }
}
