//! An HTTP response: bytes in the outlet's charset, validators, and the response to a conditional
//! request (RFC 9110).

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDateTime, Utc};
use sha2::{Digest, Sha256};

use super::markup::Charset;

#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type", media_type.to_owned())], body: body.into() }
    }

    /// An error page like those of real sites.
    pub(super) fn refusal(status: u16, words: &str) -> Self {
        let page = format!(
            "<html><head><title>{words}</title></head><body><h1>{words}</h1></body></html>"
        );
        Self::new(status, "text/html; charset=utf-8", page)
    }

    pub(super) fn redirect(status: u16, to: &str) -> Self {
        Self::refusal(status, "Moved").with("location", to)
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Adds `ETag` and `Last-Modified`, and responds with 304 if nothing changed. An entity tag in
    /// the request takes precedence over its date.
    pub(super) fn validated(
        self,
        changed: DateTime<Utc>,
        if_none_match: Option<&str>,
        if_modified_since: Option<&str>,
    ) -> Self {
        let tag = entity_tag(&self.body);
        let unchanged = match (if_none_match, if_modified_since) {
            (Some(tags), _) => {
                tags.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)
            }
            (None, Some(date)) => {
                parse_http_date(date).is_some_and(|since| changed.timestamp() <= since.timestamp())
            }
            (None, None) => false,
        };
        let reply = if unchanged {
            Self { status: 304, headers: Vec::new(), body: Vec::new() }
        } else {
            self
        };
        reply.with("etag", &tag).with("last-modified", &http_date(changed))
    }
}

fn entity_tag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    digest.iter().take(8).fold("\"".to_owned(), |mut tag, byte| {
        let _ = write!(tag, "{byte:02x}");
        tag
    }) + "\""
}

/// The preferred form of RFC 9110, section 5.6.7.
pub(super) fn http_date(at: DateTime<Utc>) -> String {
    at.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn parse_http_date(text: &str) -> Option<DateTime<Utc>> {
    NaiveDateTime::parse_from_str(text, "%a, %d %b %Y %H:%M:%S GMT").ok().map(|at| at.and_utc())
}

/// The text in a charset. Missing characters become numeric references, as in old systems.
pub(super) fn encode(html: &str, charset: Charset) -> Vec<u8> {
    if charset == Charset::Utf8 {
        return html.as_bytes().to_vec();
    }
    let mut bytes = Vec::with_capacity(html.len());
    for letter in html.chars() {
        match single_byte(letter, charset) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(format!("&#{};", u32::from(letter)).as_bytes()),
        }
    }
    bytes
}

fn single_byte(letter: char, charset: Charset) -> Option<u8> {
    let code = u32::from(letter);
    match (letter, charset) {
        ('…', _) => Some(0x85),
        ('‘', _) => Some(0x91),
        ('’', _) => Some(0x92),
        ('“', _) => Some(0x93),
        ('”', _) => Some(0x94),
        ('–', _) => Some(0x96),
        ('—', _) => Some(0x97),
        ('€', Charset::Windows1252) => Some(0x80),
        ('\0'..='\x7f' | '\u{a0}' | '©' | '«' | '»', _)
        | ('\u{a1}'..='\u{ff}', Charset::Windows1252) => u8::try_from(code).ok(),
        ('ё', Charset::Windows1251) => Some(0xb8),
        ('Ё', Charset::Windows1251) => Some(0xa8),
        ('№', Charset::Windows1251) => Some(0xb9),
        ('А'..='я', Charset::Windows1251) => u8::try_from(code - 0x410 + 0xc0).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_tag_outranks_a_date() {
        let changed = DateTime::UNIX_EPOCH;
        let reply = || Reply::new(200, "text/plain", "x");
        let tag = entity_tag(b"x");
        let late = http_date(changed);
        let status = |tag, date| reply().validated(changed, tag, date).status;
        assert_eq!(status(None, None), 200);
        assert_eq!(status(Some(tag.as_str()), None), 304);
        assert_eq!(status(None, Some(late.as_str())), 304);
        assert_eq!(status(Some("\"other\""), Some(late.as_str())), 200);
        assert_eq!(status(None, Some("yesterday")), 200);
    }

    #[test]
    fn the_old_charsets_agree_with_the_standard() {
        for (charset, label, text) in [
            (Charset::Windows1252, "windows-1252", "“Café” – 85p © £ € …"),
            (Charset::Windows1251, "windows-1251", "«Ёлка» — № 7, лёд… Я"),
        ] {
            let encoding =
                encoding_rs::Encoding::for_label(label.as_bytes()).expect("a known label");
            assert_eq!(encode(text, charset), encoding.encode(text).0.into_owned());
        }
        assert_eq!(encode("港", Charset::Windows1252), b"&#28207;");
    }
}
