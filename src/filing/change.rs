//! The kinds of change that consumers are told of.

/// A kind of change, in the words of `news.changes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// An original is on file that was not there, or was a copy before.
    New,
    /// An article has another text.
    Revised,
    /// An article is a copy of another one.
    Copy,
    /// A copy has another original.
    Merged,
    /// An article is gone.
    Deleted,
}

impl ChangeKind {
    /// The word that the database uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Revised => "revised",
            Self::Copy => "copy",
            Self::Merged => "merged",
            Self::Deleted => "deleted",
        }
    }
}
