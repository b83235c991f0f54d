//! The entities that a DOCTYPE declares as short plain texts: `<!ENTITY paper "Harbour Gazette">`.
//!
//! Only a text without markup and references is expanded, and only so much in one document. So an
//! entity of entities, and one from elsewhere, stay as they are written.

use std::borrow::Cow;

/// Most entities of a document, longest text of one, and most bytes that all expansions add.
const MAX_ENTITIES: usize = 64;
const MAX_TEXT: usize = 256;
const MAX_ADDED: usize = 64 * 1024;

/// The entities of a document.
#[derive(Default)]
pub(crate) struct Declared<'a> {
    /// References with their sign and semicolon are looked for by these names.
    entities: Vec<(&'a str, &'a str)>,
    added: usize,
}

impl<'a> Declared<'a> {
    /// Notes the entities of a DOCTYPE.
    pub(crate) fn note(&mut self, doctype: &'a str) {
        for rest in doctype.split("<!ENTITY").skip(1) {
            if let Some(entity) = entity(rest).filter(|_| self.entities.len() < MAX_ENTITIES) {
                self.entities.push(entity);
            }
        }
    }

    /// A text with its references to these entities expanded.
    pub(crate) fn expand<'t>(&mut self, text: &'t str) -> Cow<'t, str> {
        if self.entities.is_empty() || !text.contains('&') {
            return Cow::Borrowed(text);
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, from)) = rest.find('&').map(|at| rest.split_at(at)) {
            out.push_str(before);
            let body = from.get(1..).unwrap_or_default();
            let known = self.entities.iter().find_map(|(name, text)| {
                let after = body.strip_prefix(name)?.strip_prefix(';')?;
                Some((*text, after)).filter(|_| self.added + text.len() <= MAX_ADDED)
            });
            rest = if let Some((text, after)) = known {
                self.added += text.len();
                out.push_str(text);
                after
            } else {
                out.push('&');
                body
            };
        }
        out.push_str(rest);
        Cow::Owned(out)
    }
}

/// The name and the text of a declaration that begins after `<!ENTITY`.
fn entity(rest: &str) -> Option<(&str, &str)> {
    let rest = rest.strip_prefix(char::is_whitespace)?.trim_start();
    let (name, rest) = rest.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (text, _) = rest.get(1..)?.split_once(quote)?;
    let is_name =
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "._-:".contains(c));
    let is_plain = text.len() <= MAX_TEXT && !text.contains(['<', '&', '%']);
    (is_name && is_plain).then_some((name, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_texts_are_expanded_and_nothing_else() {
        let mut declared = Declared::default();
        declared.note(
            "<!DOCTYPE rss [<!ENTITY paper \"Harbour Gazette\"> <!ENTITY a '&paper;'>\
             <!ENTITY b SYSTEM \"file:///x\"> <!ENTITY % c 'x'> <!ENTITY d '<b>'>]>",
        );
        for (text, expanded) in [
            ("News of &paper;!", "News of Harbour Gazette!"),
            ("&paper &amp; &a;&b;&c;&d;&", "&paper &amp; &a;&b;&c;&d;&"),
            ("none", "none"),
        ] {
            assert_eq!(declared.expand(text), expanded);
        }
    }

    #[test]
    fn expansion_is_bounded() {
        let mut declared = Declared::default();
        let doctype = format!("<!ENTITY a \"{}\">", "x".repeat(MAX_TEXT));
        declared.note(&doctype);
        let text = "&a;".repeat(10_000);
        assert!(declared.expand(&text).len() <= text.len() + MAX_ADDED);
    }
}
