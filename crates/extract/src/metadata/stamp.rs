//! Elements with a date: `time`, microdata, and elements whose class speaks of a date.

use html5ever::{Attribute, local_name};

use crate::metadata::head::{ENTRIES, Head, bounded};
use crate::tree::{Element, NodeId, Tree, attribute};
use crate::whitespace::collapse_whitespace;

/// Longest text of an element that is dated by its class, in bytes.
const DATE_BYTES: usize = 140;

/// Attributes with a date.
const DATA: [&str; 3] = ["data-timestamp", "data-datetime", "data-date"];

/// An element with a date: `time`, microdata, or by its class.
#[derive(Debug, Clone)]
pub(crate) struct Stamp {
    pub(crate) node: NodeId,
    pub(crate) value: String,
    /// `itemprop`, `pubdate` and class words, lower case.
    pub(crate) label: String,
    /// By its element, property or attribute, not by its class.
    pub(crate) is_exact: bool,
}

impl Head {
    /// Keeps the element if it has a date. `is_named`: its class or id says so.
    pub(super) fn stamp(&mut self, tree: &Tree, id: NodeId, element: &Element, is_named: bool) {
        let is_time = element.name.local == local_name!("time");
        let may_date = |attribute: &Attribute| match attribute.name.local {
            local_name!("itemprop") => true,
            local_name!("class") | local_name!("id") | local_name!("href") => false,
            ref name => DATA.contains(&&**name),
        };
        let may_be_dated = is_time || is_named || element.attrs.iter().any(may_date);
        if !may_be_dated || self.stamps.len() >= ENTRIES {
            return;
        }
        let property = attribute(element, "itemprop").unwrap_or_default().to_ascii_lowercase();
        let is_dated =
            is_time || property.contains("datepublished") || property.contains("datemodified");
        let data = DATA.iter().find_map(|name| attribute(element, name));
        let is_named = !is_dated && (data.is_some() || is_named);
        if !is_dated && !is_named {
            return;
        }
        let title = attribute(element, "title").filter(|title| has_digits(title));
        let stated =
            attribute(element, "datetime").or_else(|| attribute(element, "content")).or(data);
        let stated = stated.or(title.filter(|_| is_named || is_time));
        let value = match stated {
            Some(value) => bounded(value),
            None => {
                collapse_whitespace(&tree.text(id, if is_dated { 200 } else { DATE_BYTES + 1 }))
            }
        };
        if !is_dated && (value.len() > DATE_BYTES || !has_digits(&value)) {
            return;
        }
        let class = attribute(element, "class").unwrap_or_default();
        let pubdate = if attribute(element, "pubdate").is_some() { "pubdate" } else { "" };
        let label = bounded(&format!("{property} {pubdate} {class}")).to_ascii_lowercase();
        let is_exact = is_dated || stated.is_some();
        self.stamps.push(Stamp { node: id, value, label, is_exact });
    }
}

/// A text that can be a date: it has two digits at least.
fn has_digits(text: &str) -> bool {
    text.chars().filter(|c| c.is_numeric()).nth(1).is_some()
}
