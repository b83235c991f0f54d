//! Bytes to text, with a note of what was wrong.

use std::borrow::Cow;

use wiresift_text::charset::{self, Document, Source};
use wiresift_text::entities::{is_forbidden, meant};

use crate::defect::{Defect, Defects};

/// Decodes a document. Never fails, because a wrong letter is better than a lost feed. Control
/// characters that stand for letters of windows-1252 become these, and others are dropped.
///
/// `host` is the server's; the guess knows which charsets are usual in its country.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    content_type: Option<&'a str>,
    host: Option<&'a str>,
    defects: &mut Defects,
) -> Cow<'a, str> {
    let decoded = charset::decode(Source { document: Document::Feed, bytes, content_type, host });
    if decoded.is_damaged || decoded.is_guessed {
        defects.note(Defect::Encoding);
    }
    if !decoded.text.contains(is_forbidden) {
        return decoded.text;
    }
    defects.note(Defect::ControlCharacter);
    let meant = |c: char| if is_forbidden(c) { meant(c) } else { Some(c) };
    Cow::Owned(decoded.text.chars().filter_map(meant).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wrong_is_noted() {
        for (bytes, text, noted) in [
            (&b"plain"[..], "plain", &[][..]),
            (b"caf\xc3\xa9 d\xc3\xa9j\xc3\xa0 \x93vu\x94", "café déjà “vu”", &[Defect::Encoding]),
            (
                b"<?xml version='1.0' encoding='latin1'?>\xe9",
                "<?xml version='1.0' encoding='latin1'?>é",
                &[],
            ),
            (b"a\x00b\x01\x1fc", "abc", &[Defect::ControlCharacter]),
            (b"don\xc2\x92t\xc2\x81", "don\u{2019}t", &[Defect::ControlCharacter]),
        ] {
            let mut defects = Defects::default();
            assert_eq!(decode(bytes, None, None, &mut defects), text);
            assert_eq!(defects.list(), noted, "{text}");
        }
    }
}
