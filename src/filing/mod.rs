//! Filing: what an article is to the articles on file, and what follows.

mod entry;
pub mod judge;
mod outcome;
pub mod publication;
pub mod revisit;
mod state;
mod story_settings;

pub use entry::{FeedFields, PendingEntry, Revisit};
pub use outcome::{Filed, Outcome, RawPage, Recorded};
pub use state::{EntryCause, EntryState};
pub use story_settings::StorySettings;
