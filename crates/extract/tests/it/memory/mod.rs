//! What a site's other pages teach, and what they must not.

mod drift;
mod glued;
mod poison;
mod site;
