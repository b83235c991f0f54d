//! What a site's other pages teach, and what they must not.

mod bounds;
mod drift;
mod feed;
mod glued;
mod poison;
mod site;
mod spots;
mod teasers;
