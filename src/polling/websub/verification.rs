//! Verification of intent (WebSub, section 5.3): the hub checks that we made a request, or denies
//! it.

use std::time::Duration;

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To receive deliveries.
    Subscribe,
    /// To receive no more deliveries.
    Unsubscribe,
}

impl Mode {
    /// The value of `hub.mode`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
        }
    }
}

/// A call of a hub to the callback URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verification {
    /// The hub asks whether we made the request. We confirm it by sending the challenge back.
    Intent {
        mode: Mode,
        /// The topic URL.
        topic: String,
        /// To be sent back.
        challenge: String,
        /// The granted lease. Hubs from before 2018 may leave it out.
        lease: Option<Duration>,
    },
    /// The hub denies the subscription, or ends it.
    Denied {
        /// The topic URL.
        topic: String,
        /// The hub's reason, in words.
        reason: Option<String>,
    },
}

/// Longest reason that is kept, in characters.
const MAX_REASON: usize = 300;

impl Verification {
    /// Reads the query parameters; `None` if they are not a WebSub call. The first of repeated
    /// names counts.
    #[must_use]
    pub fn read(parameters: &[(&str, &str)]) -> Option<Self> {
        let text = |name: &str| {
            let found = parameters.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let topic = text("hub.topic")?;
        let mode = match text("hub.mode")?.as_str() {
            "subscribe" => Mode::Subscribe,
            "unsubscribe" => Mode::Unsubscribe,
            "denied" => {
                let reason =
                    text("hub.reason").map(|reason| reason.chars().take(MAX_REASON).collect());
                return Some(Self::Denied { topic, reason });
            }
            _ => return None,
        };
        let challenge = text("hub.challenge").filter(|challenge| !challenge.is_empty())?;
        let lease = text("hub.lease_seconds").and_then(|seconds| seconds.trim().parse().ok());
        Some(Self::Intent { mode, topic, challenge, lease: lease.map(Duration::from_secs) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Option<Verification> {
        Verification::read(pairs)
    }

    #[test]
    fn calls_of_hubs_are_read() {
        let topic = ("hub.topic", "https://paper.example/feed");
        let intent = read(&[
            ("hub.mode", "subscribe"),
            topic,
            ("hub.challenge", "abc"),
            ("hub.lease_seconds", "864000"),
            ("hub.challenge", "second"),
        ]);
        let lease = Some(Duration::from_hours(240));
        let (topic_text, challenge) = (topic.1.to_owned(), "abc".to_owned());
        assert_eq!(
            intent,
            Some(Verification::Intent {
                mode: Mode::Subscribe,
                topic: topic_text.clone(),
                challenge,
                lease
            })
        );
        let reason = ("hub.reason", "no\u{0}such topic");
        assert_eq!(
            read(&[topic, ("hub.mode", "denied"), reason]),
            Some(Verification::Denied { topic: topic_text, reason: Some(reason.1.to_owned()) })
        );
        for nothing in [
            &[topic, ("hub.challenge", "abc")][..],
            &[topic, ("hub.mode", "subscribe")],
            &[topic, ("hub.mode", "subscribe"), ("hub.challenge", "")],
            &[topic, ("hub.mode", "publish"), ("hub.challenge", "abc")],
            &[("hub.mode", "subscribe"), ("hub.challenge", "abc")],
        ] {
            assert_eq!(read(nothing), None, "{nothing:?}");
        }
    }
}
