//! WebSub (W3C Recommendation, 23 January 2018): a feed names a hub, and the hub delivers new
//! entries.
//!
//! All pure: the links in a feed ([`Links`]), the hub's callback ([`Verification`]), the state of a
//! subscription ([`Subscription`]), the signature of a delivery ([`Secret`]), and whether the hub
//! is reliable ([`HubTrust`]).
//!
//! Push makes news faster and polling cheaper, but it never replaces polling. Hubs stop delivering
//! without notice: a publisher forgets to ping them, a lease runs out, or a firewall blocks them.
//! So polling goes on, less often, and a hub that did not deliver what a poll finds loses our
//! trust.

mod hub_trust;
mod secret;
mod settings;
mod subscription;
mod verification;

pub use hub_trust::{HubTrust, MissedEntry};
pub use secret::{Secret, SignatureFault};
pub use settings::{SettingFault, WebsubSettings};
pub use subscription::{RequestResult, Subscription, SubscriptionState};
pub use verification::{Mode, Verification};
pub use wiresift_feed::hub::{HubOffer, Links};
