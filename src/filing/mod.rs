//! Filing: what an article is to the articles on file, and what follows.

pub mod judge;
pub mod publication;
pub mod revisit;
mod story_settings;

pub use story_settings::StorySettings;
