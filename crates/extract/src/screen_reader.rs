//! Words inside a line that are only for screen readers, such as "(opens in a new tab)".
//!
//! They are not the article's words, and sighted readers never see them: a site puts them in an
//! inline element that its style sheet moves off the screen (WCAG 2.2 technique C7), or warns that
//! a link opens a window (technique G201). Style sheets are not read here, so the usual class names
//! stand in for them.

use aho_corasick::AhoCorasick;

/// Longest notice, in bytes.
const NOTICE_BYTES: usize = 80;

/// Class words of elements that are off the screen, as used by Bootstrap, `WordPress` and their
/// derivatives.
pub(super) const OFF_SCREEN: [&str; 8] = [
    "sr-only",
    "visually-hidden",
    "visuallyhidden",
    "screen-reader",
    "screenreader",
    "hidden-visually",
    "hide-visually",
    "offscreen",
];

/// Notices of links that open a new window, in lower case without brackets.
const NOTICES: [&str; 24] = [
    "opens in new tab",
    "opens in a new tab",
    "opens in new window",
    "opens in a new window",
    "opens a new window",
    "opens new window",
    "link opens in a new tab",
    "link opens in a new window",
    "external link",
    "öffnet in neuem tab",
    "öffnet in neuem fenster",
    "öffnet im neuen fenster",
    "öffnet in einem neuen tab",
    "öffnet in einem neuen fenster",
    "link wird in einem neuen tab geöffnet",
    "externer link",
    "nouvelle fenêtre",
    "ouvre une nouvelle fenêtre",
    "s'ouvre dans une nouvelle fenêtre",
    "se abre en una ventana nueva",
    "se abre en nueva ventana",
    "si apre in una nuova finestra",
    "abre em nova janela",
    "opent in nieuw venster",
];

/// Finds class words in any case, with hyphens or underscores.
pub(crate) fn parts(words: &[&str]) -> Option<AhoCorasick> {
    let both = words.iter().flat_map(|word| [(*word).to_owned(), word.replace('-', "_")]);
    AhoCorasick::builder().ascii_case_insensitive(true).build(both).ok()
}

/// Whether the class of an inline element moves it off the screen.
pub(super) fn is_off_screen(class: &str) -> bool {
    class.split_ascii_whitespace().any(|word| {
        let word = word.to_ascii_lowercase().replace('_', "-");
        // "not-sr-only" and "sr-only-focusable" undo it or show it again.
        !word.contains("not-")
            && !word.contains("focus")
            && OFF_SCREEN.iter().any(|name| word.contains(name))
    })
}

/// Whether the text of a link only warns that the link opens a window.
pub(super) fn is_window_notice(text: &str) -> bool {
    let bare = text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '.' | ',')
    });
    bare.len() <= NOTICE_BYTES && bare.len() > 10 && {
        if bare.is_ascii() {
            return NOTICES.iter().any(|notice| notice.eq_ignore_ascii_case(bare));
        }
        let bare = bare.to_lowercase().replace('’', "'");
        NOTICES.contains(&bare.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn off_screen_class_names() {
        for class in ["sr-only", "a u-visuallyHidden", "screen_reader-text b", "is-sr-only"] {
            assert!(is_off_screen(class), "{class}");
        }
        for class in ["", "reader", "not-sr-only", "sr-only-focusable", "hidden-print"] {
            assert!(!is_off_screen(class), "{class}");
        }
    }

    #[test]
    fn window_notices_are_whole_texts() {
        assert!(is_window_notice(" (Opens in a new tab) "));
        assert!(is_window_notice("(öffnet im neuen Fenster)"));
        assert!(!is_window_notice("The shop opens in a new tab of the market"));
    }
}
