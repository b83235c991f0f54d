//! Any bytes as a robots.txt, with a user agent and a path.

use std::time::Duration;

use wiresift::polling::robots::{MAX_BYTES, Robots, RobotsAnswer, news_sitemaps};
use wiresift_feed::address::is_lawful;

use crate::arguments;

/// The rules of one crawler alone decide like the whole file, and with the same pause. Their size
/// is bounded by that of the text. A single rule matches as the definition says. Sitemaps are
/// lawful addresses without user information.
pub fn robots(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let ([product, path], text) = arguments(text);
    let product = if product.is_empty() { "wiresift" } else { product };
    let path = &format!("/{path}");
    let whole = RobotsAnswer::Rules(Robots::parse(text));
    let own = whole.clone().only_for(product);
    assert_eq!(own, own.clone().only_for(product));
    let delay = whole.crawl_delay(product);
    assert_eq!(own.crawl_delay(product), delay);
    assert!(delay.is_none_or(|delay| delay <= Duration::from_hours(1)));
    for path in paths(path, text) {
        let is_allowed = whole.allows(product, &path);
        assert_eq!(own.allows(product, &path), is_allowed, "{path}");
        // An escape of what needs none changes nothing.
        assert_eq!(own.allows(product, &escaped_letters(&path)), is_allowed, "{path}");
    }
    assert!(whole.allows(product, "/robots.txt"));
    // A rule takes at most this, with three bytes for one in each of its two forms.
    let most = text.len().min(MAX_BYTES) * 24 + 1_024;
    assert!(own.bytes() <= most, "{} of {}", own.bytes(), text.len());
    assert!(whole.bytes() >= own.bytes().saturating_sub(1_024));
    check_lone_rules(text, path);
    let sitemaps = news_sitemaps(text);
    assert!(sitemaps.len() <= 20);
    for url in sitemaps {
        assert!(is_lawful(&url) && url.username().is_empty() && url.password().is_none(), "{url}");
    }
}

/// The given path, and some that the text names.
fn paths(path: &str, text: &str) -> Vec<String> {
    let named = text.lines().filter_map(|line| line.find('/').map(|at| line[at..].trim()));
    let named = named.take(4).map(|path| path.replace('*', "x"));
    let mut paths: Vec<String> = named.collect();
    paths.extend([path.to_owned(), "/".to_owned()]);
    paths
}

/// Letters outside escapes, escaped.
fn escaped_letters(path: &str) -> String {
    if path.contains('%') || path == "/robots.txt" {
        return path.to_owned();
    }
    path.chars().map(|c| if c == 'a' { "%61".to_owned() } else { c.to_string() }).collect()
}

/// Each line of plain characters as the only rule.
fn check_lone_rules(text: &str, path: &str) {
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'/');
    if !is_plain(path) || path == "/robots.txt" {
        return;
    }
    for line in text.lines().take(4) {
        let Some((_, rule)) = line.split_once(':') else { continue };
        let (open, is_anchored) = rule.strip_suffix('$').map_or((rule, false), |open| (open, true));
        if !rule.starts_with('/') || rule.len() > 200 || !is_plain(&open.replace('*', "")) {
            continue;
        }
        let file = format!("User-agent: *\nDisallow: {rule}");
        let is_allowed = Robots::parse(&file).allows("wiresift", path);
        assert_eq!(!is_allowed, matches(open, is_anchored, path), "{rule} {path}");
    }
}

/// Whether a pattern matches, by the definition: the ends that each prefix of it can have.
fn matches(pattern: &str, is_anchored: bool, path: &str) -> bool {
    let path = path.as_bytes();
    let mut ends: Vec<bool> = (0..=path.len()).map(|end| end == 0).collect();
    for byte in pattern.bytes() {
        let next = |end: usize| match byte {
            b'*' => ends[..=end].contains(&true),
            _ => end > 0 && ends[end - 1] && path[end - 1] == byte,
        };
        ends = (0..=path.len()).map(next).collect();
    }
    if is_anchored { ends[path.len()] } else { ends.contains(&true) }
}
