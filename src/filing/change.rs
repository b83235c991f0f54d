//! The kinds of change in the change log.

/// A kind of change, as in `news.changes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// An article was filed as an original, or a copy became an original.
    New,
    /// An article has a new text.
    Revised,
    /// An article was filed as a copy, or an original became a copy.
    Copy,
    /// A copy has another original.
    Merged,
    /// An article was deleted.
    Deleted,
    /// An article is in another story, or is the headline of its story now.
    Story,
    /// An article and one of another language are about one event.
    Linked,
    /// The two are no longer linked.
    Unlinked,
}

impl ChangeKind {
    /// The value in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Revised => "revised",
            Self::Copy => "copy",
            Self::Merged => "merged",
            Self::Deleted => "deleted",
            Self::Story => "story",
            Self::Linked => "linked",
            Self::Unlinked => "unlinked",
        }
    }
}
