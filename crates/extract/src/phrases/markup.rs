//! What class names, ids and roles say about an element: groups of words, matched as parts of
//! words.

use std::sync::LazyLock;

use crate::phrases::sections::Sections;

/// A set of [`Group`]s.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Groups(u32);

impl Groups {
    /// The union of two sets.
    #[must_use]
    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn has(self, group: Group) -> bool {
        self.0 & (1 << group as u32) != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// What an element holds, by its names. The order is that of the sections of `markup.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Group {
    Content,
    Article,
    Comment,
    Related,
    Share,
    Ad,
    Nav,
    Footer,
    Header,
    Author,
    Newsletter,
    Caption,
    Date,
    Tag,
    Lead,
    Title,
    Side,
    Hidden,
    Embed,
    List,
    Live,
}

impl Group {
    /// Every group, in order.
    pub(crate) const ALL: [Self; 21] = [
        Self::Content,
        Self::Article,
        Self::Comment,
        Self::Related,
        Self::Share,
        Self::Ad,
        Self::Nav,
        Self::Footer,
        Self::Header,
        Self::Author,
        Self::Newsletter,
        Self::Caption,
        Self::Date,
        Self::Tag,
        Self::Lead,
        Self::Title,
        Self::Side,
        Self::Hidden,
        Self::Embed,
        Self::List,
        Self::Live,
    ];

    /// The word for it in reasons.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Article => "article",
            Self::Comment => "comments",
            Self::Related => "related",
            Self::Share => "share",
            Self::Ad => "advertising",
            Self::Nav => "navigation",
            Self::Footer => "footer",
            Self::Header => "header",
            Self::Author => "author",
            Self::Newsletter => "newsletter",
            Self::Caption => "caption",
            Self::Date => "date",
            Self::Tag => "tags",
            Self::Lead => "lead",
            Self::Title => "title",
            Self::Side => "sidebar",
            Self::Hidden => "overlay",
            Self::Embed => "embed",
            Self::List => "list",
            Self::Live => "live",
        }
    }
}

const FILE: &str = include_str!("markup.txt");

static SECTIONS: LazyLock<Sections> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the program and a test reads it")]
    Sections::read(FILE).expect("markup.txt holds simple expressions")
});

/// The groups of an element's class, id and role text, in lower case.
pub(crate) fn groups(text: &str) -> Groups {
    Groups(SECTIONS.find(text))
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;
    use crate::phrases::sections::expressions;

    #[test]
    fn the_file_has_a_section_for_every_group_in_order() {
        let sections: Vec<&str> = FILE
            .lines()
            .filter_map(|l| l.strip_prefix('[').and_then(|l| l.strip_suffix(']')))
            .collect();
        let words: Vec<&str> = Group::ALL.iter().map(|g| g.as_str()).collect();
        assert_eq!(sections, words);
    }

    #[test]
    fn names_have_the_groups_of_the_regular_expressions() {
        let regexes: Vec<(Regex, u32)> = expressions(FILE)
            .into_iter()
            .map(|(line, group)| (Regex::new(line).unwrap(), group))
            .collect();
        let words = FILE.split(|c: char| !c.is_alphanumeric() && c != '-');
        for word in words.flat_map(|w| [w.to_owned(), format!("x{w}"), format!("td-{w}-x{w}")]) {
            let found = regexes.iter().filter(|(regex, _)| regex.is_match(&word));
            let wanted = found.fold(0, |all, (_, group)| all | 1 << group);
            assert_eq!(groups(&word), Groups(wanted), "{word}");
        }
    }

    #[test]
    fn some_parts_of_words_count() {
        assert!(groups("td-post-content").has(Group::Content));
        assert!(groups("ad-slot").has(Group::Ad));
        assert!(!groups("shadow header").has(Group::Ad));
        assert!(groups("wp-block-related-posts").has(Group::Related));
        assert!(groups("kommentare").has(Group::Comment));
    }
}
