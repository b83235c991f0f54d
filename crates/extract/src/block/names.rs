//! The names of elements: class, id and the like, as one text and as groups of words.

use foldhash::{HashMap, HashMapExt as _};
use html5ever::local_name;

use crate::phrases::markup::{self, Groups};
use crate::tree::Element;

/// Longest class, id and role text that is read, in bytes.
const CLASS_BYTES: usize = 300;

/// Names that many pages have.
const USUAL: usize = 400;

/// The attributes of an element that the walk reads, found in one pass.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attributes<'a> {
    pub(super) class: Option<&'a str>,
    id: Option<&'a str>,
    test_id: Option<&'a str>,
    component: Option<&'a str>,
    pub(super) property: Option<&'a str>,
    pub(super) role: Option<&'a str>,
    pub(super) style: Option<&'a str>,
    pub(super) hidden: Option<&'a str>,
    pub(super) aria_hidden: Option<&'a str>,
    pub(super) href: Option<&'a str>,
}

impl<'a> Attributes<'a> {
    pub(super) fn of(element: &'a Element) -> Self {
        let mut all = Self::default();
        for attribute in &element.attrs {
            let place = match attribute.name.local {
                local_name!("class") => &mut all.class,
                local_name!("id") => &mut all.id,
                local_name!("itemprop") => &mut all.property,
                local_name!("role") => &mut all.role,
                local_name!("style") => &mut all.style,
                local_name!("hidden") => &mut all.hidden,
                local_name!("aria-hidden") => &mut all.aria_hidden,
                local_name!("href") => &mut all.href,
                local_name!("src") | local_name!("alt") | local_name!("title") => continue,
                ref other => match &**other {
                    "data-testid" => &mut all.test_id,
                    "data-component" => &mut all.component,
                    _ => continue,
                },
            };
            *place = Some(&*attribute.value);
        }
        all
    }

    /// The attributes that name an element's purpose.
    fn names(self) -> impl Iterator<Item = &'a str> {
        [self.class, self.id, self.test_id, self.component, self.property, self.role]
            .into_iter()
            .flatten()
    }

    /// The class, if no other attribute names the element.
    fn only_class(self) -> Option<&'a str> {
        self.class.filter(|_| self.names().nth(1).is_none())
    }
}

/// The names that a page has used so far. Elements with equal names have equal numbers.
#[derive(Debug)]
pub(super) struct Names<'a> {
    known: HashMap<String, (u32, Groups)>,
    /// The same for elements that have only a class, as it stands in the page.
    classes: HashMap<&'a str, (u32, Groups)>,
    /// Buffer for the names of one element.
    text: String,
}

impl Default for Names<'_> {
    fn default() -> Self {
        Self {
            known: HashMap::with_capacity(USUAL),
            classes: HashMap::with_capacity(USUAL),
            text: String::new(),
        }
    }
}

impl<'a> Names<'a> {
    /// The number and the groups of an element's names; 0 for none.
    pub(super) fn of(&mut self, attributes: Attributes<'a>) -> (u32, Groups) {
        let class = attributes.only_class();
        if let Some(known) = class.and_then(|class| self.classes.get(class)) {
            return *known;
        }
        let found = self.read(attributes);
        if let Some(class) = class {
            self.classes.insert(class, found);
        }
        found
    }

    fn read(&mut self, attributes: Attributes<'_>) -> (u32, Groups) {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        for value in attributes.names() {
            let room = CLASS_BYTES.saturating_sub(text.len());
            split_words(&mut text, value, room);
        }
        let found = match self.known.get(&text) {
            _ if text.is_empty() => (0, Groups::default()),
            Some(known) => *known,
            None => {
                // No group needs two words, so the words need not be looked at one by one.
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
