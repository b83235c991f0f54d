//! The names of elements: class, id and the like, as one text and as groups of words.

use foldhash::HashMap;

use crate::phrases::markup::{self, Groups};
use crate::tree::Element;

/// Longest class, id and role text that is read, in bytes.
const CLASS_BYTES: usize = 300;

/// Attributes that name an element's purpose.
const NAMING: [&str; 6] = ["class", "id", "data-testid", "data-component", "itemprop", "role"];

/// The names that a page has used so far. Elements with equal names have equal numbers.
#[derive(Debug, Default)]
pub(super) struct Names {
    known: HashMap<String, (u32, Groups)>,
    /// Buffer for the names of one element.
    text: String,
}

impl Names {
    /// The number and the groups of an element's names; 0 for none.
    pub(super) fn of(&mut self, element: &Element) -> (u32, Groups) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        let mut values = [None; NAMING.len()];
        for (name, value) in element.attrs() {
            let slot = NAMING.iter().position(|naming| *naming == name);
            if let Some(slot) = slot.and_then(|slot| values.get_mut(slot)) {
                *slot = Some(value);
            }
        }
        for value in values.into_iter().flatten() {
            let room = CLASS_BYTES.saturating_sub(text.len());
            split_words(&mut text, value, room);
        }
        let found = match self.known.get(&text) {
            _ if text.is_empty() => (0, Groups::default()),
            Some(known) => *known,
            None => {
                let found = (self.known.len() as u32 + 1, markup::groups(&text));
                self.known.insert(text.clone(), found);
                found
            }
        };
        self.text = text;
        found
    }
}

/// Appends names in lower case, words separated by hyphens: `articleBody` and `article_body` become
/// equal.
fn split_words(out: &mut String, value: &str, most: usize) {
    let mut before = ' ';
    for c in value.chars().take(most) {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push('-');
        }
        out.push(if c == '_' { '-' } else { c.to_ascii_lowercase() });
        before = c;
    }
    out.push(' ');
}
