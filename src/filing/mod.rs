//! Filing: decides what an incoming article is (new, known, a revision or a copy) and what follows.
//!
//! Everything here is pure. An index loads the articles on file that a batch may concern
//! ([`OnFile`]), [`plan()`] decides, and the index applies the [`Records`]. There are two indexes:
//! the database (`store`), and memory ([`MemoryIndex`]), which `wiresift dedupe` and the tests use.
//! Both run the same planner, so their judgement is the same.
//!
//! 1. [`LookupKeys`] are the keys by which an article is looked up.
//! 2. [`judge`] compares the article with those on file: it is new, the same, a revision, or a
//!    copy.
//! 3. `placement` finds its place in a cluster of copies, and the originals that move because of
//!    it.
//! 4. `revisit_plan` plans what follows when a page was read again, and `reread_plan` when a stored
//!    page was extracted again.
//! 5. [`records`] has the values that must be written.

mod addresses;
mod change;
mod entry;
pub mod feed_text;
pub mod judge;
mod lookup;
mod memory;
mod moved;
mod on_file;
mod outcome;
mod placement;
mod plan;
pub mod publication;
pub mod records;
mod reread_plan;
pub mod revisit;
mod revisit_plan;
mod state;
pub(crate) mod storable;
mod story_settings;
#[cfg(test)]
mod tests;
pub mod words;

pub use change::ChangeKind;
pub use entry::{FeedFields, PendingEntry, Revisit};
pub use lookup::{LookupKeys, keys_of_batch};
pub use memory::MemoryIndex;
pub use on_file::{Address, OnFile};
pub(crate) use on_file::{keys_to_load, revisited};
pub use outcome::{Origin, Outcome, RawPage, ReadArticle, Recorded, SourceTrace, source_of_feed};
pub use plan::{Plan, PlanError, Submission, plan};
pub use records::{Change, Records};
pub use state::{EntryCause, EntryState};
pub use story_settings::StorySettings;
