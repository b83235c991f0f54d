//! Defects that were repaired in a feed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use wiresift_text::entities::decode_xml;

/// A defect of a feed that did not stop the parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Defect {
    /// The bytes were not in the declared encoding.
    Encoding,
    /// Control characters were dropped.
    ControlCharacter,
    /// There was text or markup before the root element.
    JunkBeforeRoot,
    /// A DOCTYPE was dropped. Of the entities that it declares, only short plain texts are
    /// expanded.
    Doctype,
    /// HTML's named character references in XML.
    HtmlEntity,
    /// `&` that starts no reference.
    BareAmpersand,
    /// `<` that starts no tag.
    BareLessThan,
    /// An attribute without value or quotes, or given twice.
    Attribute,
    /// A tag without its end, or an end without its tag.
    Unbalanced,
    /// An entry started before the previous one had ended.
    NestedEntry,
    /// The document ended before its root element did.
    Truncated,
    /// Invalid JSON.
    Json,
    /// An entry was left out: it has neither id, link, title nor text, or cannot be read.
    EmptyEntry,
    /// Several entries have one id but lead to different pages; their ids are not used.
    SharedId,
    /// An entry was there twice.
    DuplicateEntry,
    /// A link is not an `http` or `https` address.
    BadLink,
    /// A date cannot be read.
    BadDate,
    /// A date is in the future.
    FutureDate,
    /// There were more entries than the limit.
    TooManyEntries,
    /// A text was longer than the limit.
    TextCut,
}

impl Defect {
    /// The stable name, for logs and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Encoding => "encoding",
            Self::ControlCharacter => "control-character",
            Self::JunkBeforeRoot => "junk-before-root",
            Self::Doctype => "doctype",
            Self::HtmlEntity => "html-entity",
            Self::BareAmpersand => "bare-ampersand",
            Self::BareLessThan => "bare-less-than",
            Self::Attribute => "attribute",
            Self::Unbalanced => "unbalanced",
            Self::NestedEntry => "nested-entry",
            Self::Truncated => "truncated",
            Self::Json => "json",
            Self::EmptyEntry => "empty-entry",
            Self::SharedId => "shared-id",
            Self::DuplicateEntry => "duplicate-entry",
            Self::BadLink => "bad-link",
            Self::BadDate => "bad-date",
            Self::FutureDate => "future-date",
            Self::TooManyEntries => "too-many-entries",
            Self::TextCut => "text-cut",
        }
    }

    /// Returns the defect with this stable name.
    #[must_use]
    pub fn from_stored(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|defect| defect.as_str() == name)
    }

    /// What the reader left out because of the defect; `None` if nothing was lost.
    #[must_use]
    pub fn left_out(self) -> Option<&'static str> {
        match self {
            Self::Truncated => Some("what came after the place where the document breaks off"),
            Self::EmptyEntry => Some("entries with neither id, link, title nor text"),
            Self::DuplicateEntry => Some("entries that are there twice"),
            Self::BadLink => Some("links that are no http or https addresses"),
            Self::TooManyEntries => Some("entries after the first 20,000"),
            Self::TextCut => Some("the ends of texts that are longer than the limit"),
            _ => None,
        }
    }

    const ALL: [Self; 20] = [
        Self::Encoding,
        Self::ControlCharacter,
        Self::JunkBeforeRoot,
        Self::Doctype,
        Self::HtmlEntity,
        Self::BareAmpersand,
        Self::BareLessThan,
        Self::Attribute,
        Self::Unbalanced,
        Self::NestedEntry,
        Self::Truncated,
        Self::Json,
        Self::EmptyEntry,
        Self::SharedId,
        Self::DuplicateEntry,
        Self::BadLink,
        Self::BadDate,
        Self::FutureDate,
        Self::TooManyEntries,
        Self::TextCut,
    ];
}

/// The defects found so far, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Defects(BTreeSet<Defect>);

impl Defects {
    pub(crate) fn note(&mut self, defect: Defect) {
        self.0.insert(defect);
    }

    /// Resolves the character references of a text and notes their errors.
    pub(crate) fn resolve<'a>(&mut self, text: &'a str) -> Cow<'a, str> {
        let (text, faults) = decode_xml(text);
        if faults.html_name {
            self.note(Defect::HtmlEntity);
        }
        if faults.bare_ampersand {
            self.note(Defect::BareAmpersand);
        }
        text
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.0.extend(&other.0);
    }

    pub(crate) fn list(&self) -> Vec<Defect> {
        self.0.iter().copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_their_defects() {
        for defect in Defect::ALL {
            assert_eq!(Defect::from_stored(defect.as_str()), Some(defect));
        }
    }

    #[test]
    fn references_are_noted_by_their_fault() {
        let mut defects = Defects::default();
        assert_eq!(defects.resolve("&amp;&eacute;"), "&é");
        assert_eq!(defects.list(), [Defect::HtmlEntity]);
        assert_eq!(defects.resolve("AT&T"), "AT&T");
        assert_eq!(defects.list(), [Defect::HtmlEntity, Defect::BareAmpersand]);
    }
}
