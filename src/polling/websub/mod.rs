//! WebSub (W3C Recommendation, 23 January 2018): a feed names a hub, and the hub brings what is new.
//!
//! Pure: what a feed names ([`Links`]), what a hub may ask of us ([`Verification`]), how a subscription lives
//! ([`Subscription`]), whether a delivery is the hub's ([`Secret`]), and whether the hub may be relied upon ([`Trust`]).
//!
//! Push makes news faster and polling cheaper, and is never the only way in: hubs fall silent without a word, because
//! a publisher forgot to tell them, a lease ran out, or a firewall came up. So polling goes on, less often, and a hub
//! that did not bring what a poll finds loses our trust (see [`trust`](Trust)).

mod secret;
mod settings;
mod subscription;
mod trust;
mod verification;

pub use secret::{Secret, SignatureFault};
pub use settings::{SettingFault, WebsubSettings};
pub use subscription::{Answer, State, Subscription};
pub use trust::{Missed, Trust};
pub use verification::{Mode, Verification};
pub use wiresift_feed::hub::{Links, Named};
