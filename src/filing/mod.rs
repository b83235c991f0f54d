//! Filing: what an article is to the articles on file, and what follows.
//!
//! Everything here is pure. An index loads what a batch may be about ([`OnFile`]), [`plan`] decides, and the index
//! applies the [`Records`]. There are two indexes: the database (`store`), and memory ([`MemoryIndex`]), which
//! `wiresift dedupe` and the tests use. Both run the same planner, so they judge alike.
//!
//! 1. [`LookupKeys`] says what an article is looked up by.
//! 2. [`judge`] compares it with the articles on file: new, the same, a revision, or a copy.
//! 3. `placement` finds its place in a cluster of copies, and what moves because of it.
//! 4. `revisit_plan` plans what reading a page again means.
//! 5. [`records`] has what must be written.

mod addresses;
mod change;
mod entry;
pub mod judge;
mod lookup;
mod memory;
mod on_file;
mod outcome;
mod placement;
mod plan;
pub mod publication;
pub mod records;
pub mod revisit;
mod revisit_plan;
mod state;
pub(crate) mod storable;
mod story_settings;
#[cfg(test)]
mod tests;

pub use change::ChangeKind;
pub use entry::{FeedFields, PendingEntry, Revisit};
pub use lookup::{LookupKeys, keys_of_batch};
pub use memory::MemoryIndex;
pub(crate) use on_file::revisited;
pub use on_file::{Address, OnFile};
pub use outcome::{Outcome, RawPage, ReadArticle, Recorded};
pub use plan::{Plan, PlanError, Submission, plan};
pub use records::{Change, Records};
pub use state::{EntryCause, EntryState};
pub use story_settings::StorySettings;
