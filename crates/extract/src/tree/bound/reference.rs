//! Character references that need no tokenizer: `&nbsp;`, `&#8217;`, and the `&` of addresses.
//!
//! HTML knows names without a semicolon, and numbers that mean something else. These are left to the
//! tokenizer.

use html5ever::data::NAMED_ENTITIES;

/// Longest name or number.
const MOST_BYTES: usize = 32;

/// Where a reference stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within {
    Text,
    /// The value of an attribute: there a name without a semicolon is none if `=` or a letter
    /// follows.
    Value,
}

/// A text with its references resolved; `None` if that is the tokenizer's task.
pub(super) fn resolved(text: &str, within: Within) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, reference)) = rest.split_once('&') {
        out.push_str(before);
        rest = reference;
        let end = reference.bytes().take(MOST_BYTES).position(|byte| !byte.is_ascii_alphanumeric());
        let name = reference.get(..end.unwrap_or(reference.len()))?;
        let after = reference.get(name.len()..)?;
        match after.as_bytes().first() {
            Some(b'#') if name.is_empty() => {
                let (number, after) = after.get(1..)?.split_once(';')?;
                out.push(numbered(number)?);
                rest = after;
            }
            _ if name.is_empty() => out.push('&'),
            Some(b';') => {
                let (first, second) = named(reference.get(..=name.len())?)?;
                out.push(first);
                out.extend(second);
                rest = after.get(1..)?;
            }
            Some(b'=') if within == Within::Value => out.push('&'),
            _ if within == Within::Value && name.len() < MOST_BYTES && named(name).is_none() => {
                out.push('&');
            }
            _ => return None,
        }
    }
    out.push_str(rest);
    Some(out)
}

/// The characters of a name. The table also holds every beginning of a name, with no character.
fn named(name: &str) -> Option<(char, Option<char>)> {
    let (first, second) = *NAMED_ENTITIES.get(name)?;
    let character = |code| char::from_u32(code).filter(|c| *c != '\0');
    Some((character(first)?, character(second)))
}

/// The character of a number that stands for itself.
fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix(['x', 'X']) {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if digits.len() > 7 || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let character = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    (!character.is_control()).then_some(character)
}
