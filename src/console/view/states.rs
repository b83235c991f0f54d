//! The states of feeds in words, and the class that paints each.

/// What a state of a feed means.
pub(crate) fn explained(state: &str) -> &'static str {
    match state {
        "active" => "answers and brings entries",
        "failing" => "the last polls failed",
        "silent" => "has been quiet for longer than ever before",
        "blocked" => "a bot wall or a consent wall answers in its place",
        "gone" => "its server says that it is gone for good",
        "paused" => "its list says not to poll it",
        _ => "",
    }
}

/// The states in the order of the pages: those in trouble first.
pub(crate) const ALL: [&str; 6] = ["blocked", "gone", "failing", "silent", "active", "paused"];

/// Whether a feed in this state brings nothing, and a person may change that.
pub(crate) fn is_trouble(state: &str) -> bool {
    matches!(state, "blocked" | "gone" | "failing")
}

/// The class of a state, from a closed set.
pub(crate) fn class(state: &str) -> &'static str {
    match state {
        "active" => "s-active",
        "failing" => "s-failing",
        "silent" => "s-silent",
        "blocked" => "s-blocked",
        "gone" => "s-gone",
        _ => "s-paused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_words_and_a_class_of_its_own() {
        let classes: std::collections::BTreeSet<&str> = ALL.into_iter().map(class).collect();
        assert_eq!(classes.len(), ALL.len());
        assert!(ALL.iter().all(|state| !explained(state).is_empty()));
    }
}
