//! robots.txt as RFC 9309 has it: whether a path may be fetched by us.
//!
//! Pure and total: any text is a set of rules, and deciding takes time linear in the rules and the path, because a
//! pattern is matched by greedy segments and never by backtracking. Where the RFC leaves room we do as the large
//! crawlers do, since that is what webmasters test against: misspelt keys are read, the longest pattern wins, `Allow`
//! wins a tie, and an answer of 429 counts as "cannot be had now", not as "no rules".
//!
//! Pattern and path are brought to one spelling before they are compared (2.2.2): escapes of characters that need
//! none are undone, everything outside printable ASCII is escaped. Literal `*` and `$` in a path become `%2A` and
//! `%24`, which is how a rule writes them (2.2.3).

mod sitemaps;

use std::time::Duration;

pub use sitemaps::news_sitemaps;

/// How much of a robots.txt is read: 2.5 asks for at least 500 kibibytes.
pub const MAX_BYTES: usize = 500 * 1024;

/// The longest crawl delay that is believed; more says "go away", which `Disallow` says better.
const LONGEST_DELAY: f64 = 3600.0;

/// The rules of one site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Robots {
    groups: Vec<Group>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Group {
    /// Product tokens in lower case; `*` is anybody.
    agents: Vec<String>,
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    allow: bool,
    pattern: Pattern,
}

/// What asking for a site's robots.txt has told (2.3.1).
#[derive(Debug, Clone, PartialEq)]
pub enum RobotsAnswer {
    /// There are rules.
    Rules(Robots),
    /// "Unavailable": there is no such file, so everything may be fetched.
    AllowAll,
    /// "Unreachable": the server or the network failed, so nothing may be fetched until it answers.
    DisallowAll,
}

impl RobotsAnswer {
    /// The answer that an HTTP status and body stand for. Redirects are the caller's to follow, at least five of
    /// them (2.3.1.2); what is left of a longer chain is a 3xx here, and means that there is no file.
    #[must_use]
    pub fn of_status(status: u16, body: &str) -> Self {
        match status {
            200..=299 => RobotsAnswer::Rules(Robots::parse(body)),
            429 => RobotsAnswer::DisallowAll,
            300..=499 => RobotsAnswer::AllowAll,
            _ => RobotsAnswer::DisallowAll,
        }
    }

    /// Whether `product` may fetch `path_and_query`.
    #[must_use]
    pub fn allows(&self, product: &str, path_and_query: &str) -> bool {
        match self {
            RobotsAnswer::Rules(robots) => robots.allows(product, path_and_query),
            RobotsAnswer::AllowAll => true,
            RobotsAnswer::DisallowAll => false,
        }
    }

    /// The spacing that the site asks of `product`.
    #[must_use]
    pub fn crawl_delay(&self, product: &str) -> Option<Duration> {
        match self {
            RobotsAnswer::Rules(robots) => robots.crawl_delay(product),
            _ => None,
        }
    }
}

impl Robots {
    /// Reads the rules. Lines that make no sense are skipped, as 2.2 wants it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut robots = Robots::default();
        // Whether the group at the end is still collecting its user agents.
        let mut open = false;
        for line in up_to_the_cap(text).split(['\r', '\n']) {
            let Some((key, value)) = key_and_value(line) else { continue };
            match Key::of(key) {
                Key::UserAgent => {
                    if !open {
                        robots.groups.push(Group::default());
                        open = true;
                    }
                    if let (Some(group), Some(agent)) =
                        (robots.groups.last_mut(), product_token(value))
                    {
                        group.agents.push(agent);
                    }
                }
                Key::Rule { allow } => {
                    open = false;
                    if let (Some(group), Some(pattern)) =
                        (robots.groups.last_mut(), Pattern::of(value))
                    {
                        group.rules.push(Rule { allow, pattern });
                    }
                }
                // Not in the RFC, so it must not end a group (2.2.4).
                Key::CrawlDelay => {
                    if let (Some(group), Some(delay)) = (robots.groups.last_mut(), seconds(value)) {
                        group.delay = Some(group.delay.map_or(delay, |longest| longest.max(delay)));
                    }
                }
                Key::Other => {}
            }
        }
        robots
    }

    /// Whether `product` ("wiresift", or "wiresift/1.0") may fetch `path_and_query` ("/a?b=c").
    #[must_use]
    pub fn allows(&self, product: &str, path_and_query: &str) -> bool {
        if path_and_query == "/robots.txt" {
            return true;
        }
        let path = Spelling::of_path(path_and_query);
        let mut best = (0, true);
        for rule in self.groups_of(product).flat_map(|group| &group.rules) {
            let rank = (rule.pattern.octets(), rule.allow);
            if rank > best && rule.pattern.matches(&path) {
                best = rank;
            }
        }
        best.1
    }

    /// The `Crawl-delay` for `product`; the longest, where several groups name one. At most an hour.
    #[must_use]
    pub fn crawl_delay(&self, product: &str) -> Option<Duration> {
        self.groups_of(product).filter_map(|group| group.delay).max()
    }

    /// Every group that names `product`, or else every group for anybody (2.2.1).
    fn groups_of(&self, product: &str) -> impl Iterator<Item = &Group> {
        let token = product_token(product).unwrap_or_default();
        let named = self.groups.iter().any(|group| group.agents.contains(&token));
        let wanted = if named { token } else { "*".to_owned() };
        self.groups.iter().filter(move |group| group.agents.contains(&wanted))
    }
}

enum Key {
    UserAgent,
    Rule { allow: bool },
    CrawlDelay,
    Other,
}

impl Key {
    /// Misspellings that are common enough for large crawlers to read them.
    fn of(key: &str) -> Key {
        match key.to_ascii_lowercase().as_str() {
            "user-agent" | "useragent" | "user agent" => Key::UserAgent,
            "disallow" | "dissallow" | "dissalow" | "disalow" | "diasllow" | "disallaw" => {
                Key::Rule { allow: false }
            }
            "allow" => Key::Rule { allow: true },
            "crawl-delay" | "crawldelay" => Key::CrawlDelay,
            _ => Key::Other,
        }
    }
}

/// A line that the cap cuts in two is dropped: half of `Disallow: /private` forbids the whole site.
fn up_to_the_cap(text: &str) -> &str {
    if text.len() <= MAX_BYTES {
        return text;
    }
    let end = text.floor_char_boundary(MAX_BYTES);
    let kept = text.get(..end).unwrap_or_default();
    kept.rfind(['\r', '\n']).and_then(|end| kept.get(..end)).unwrap_or_default()
}

fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let line = line.split('#').next().unwrap_or_default().trim();
    // Some forget the colon.
    let (key, value) = line.split_once(':').or_else(|| line.split_once(char::is_whitespace))?;
    Some((key.trim(), value.trim()))
}

/// The letters, `-` and `_` that a user agent begins with, in lower case (2.2.1), or `*`.
fn product_token(value: &str) -> Option<String> {
    if value.starts_with('*') {
        return Some("*".to_owned());
    }
    let token: String =
        value.chars().take_while(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_')).collect();
    (!token.is_empty()).then(|| token.to_ascii_lowercase())
}

fn seconds(value: &str) -> Option<Duration> {
    let seconds = value.parse().ok().filter(|seconds: &f64| seconds.is_finite())?;
    Duration::try_from_secs_f64(seconds.min(LONGEST_DELAY)).ok()
}

#[derive(Debug, Clone, PartialEq)]
struct Pattern {
    spelling: Spelling,
    /// Ends in `$`: the path must end with it.
    anchored: bool,
}

impl Pattern {
    fn of(value: &str) -> Option<Self> {
        // A pattern that can begin no path matches none; an empty one is no rule at all.
        if !value.starts_with(['/', '*']) {
            return None;
        }
        let (value, anchored) = match value.strip_suffix('$') {
            Some(start) => (start, true),
            None => (value, false),
        };
        Some(Self { spelling: Spelling::of_pattern(value), anchored })
    }

    /// The most specific pattern is the one with the most octets (2.2.2).
    fn octets(&self) -> usize {
        self.spelling.plain.len() + usize::from(self.anchored)
    }

    fn matches(&self, path: &Spelling) -> bool {
        let matches = |pattern: &str, path: &str| segments_match(pattern, self.anchored, path);
        matches(&self.spelling.plain, &path.plain)
            || match (&self.spelling.escaped_query, &path.escaped_query) {
                (Some(pattern), Some(path)) => matches(pattern, path),
                _ => false,
            }
    }
}

/// The text between the stars, each found at its leftmost place after the one before. For `*` that is as good as
/// trying them all, so the time is linear.
fn segments_match(pattern: &str, anchored: bool, path: &str) -> bool {
    let mut segments = pattern.split('*');
    let Some(mut rest) = segments.next().and_then(|first| path.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = segments.next_back() else { return !anchored || rest.is_empty() };
    for segment in segments {
        let Some((_, after)) = rest.split_once(segment) else { return false };
        rest = after;
    }
    if anchored { rest.ends_with(last) } else { rest.contains(last) }
}

/// A path or pattern in the spelling that is compared.
#[derive(Debug, Clone, PartialEq)]
struct Spelling {
    plain: String,
    /// The same with the reserved characters of its query escaped, if it has a query: the RFC's table has
    /// `?baz=https://foo.bar` match `?baz=https%3A%2F%2Ffoo.bar`.
    escaped_query: Option<String>,
}

impl Spelling {
    fn of_path(path: &str) -> Self {
        Self::of(path, false)
    }

    fn of_pattern(pattern: &str) -> Self {
        Self::of(pattern, true)
    }

    fn of(text: &str, stars: bool) -> Self {
        let plain = normalised(text, stars);
        let escaped_query = plain.split_once('?').map(|(path, query)| {
            let mut escaped = format!("{path}?");
            for byte in query.bytes() {
                push(&mut escaped, byte, b":/?#[]@".contains(&byte));
            }
            escaped
        });
        Self { plain, escaped_query }
    }
}

fn normalised(text: &str, stars: bool) -> String {
    let mut spelling = String::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match after {
            [high, low, tail @ ..]
                if byte == b'%' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let octet = hex_digit(*high) << 4 | hex_digit(*low);
                push(&mut spelling, octet, !is_unreserved(octet));
                rest = tail;
            }
            _ if byte == b'*' => push(&mut spelling, byte, !stars),
            _ => push(&mut spelling, byte, byte == b'$' || !byte.is_ascii_graphic()),
        }
    }
    spelling
}

fn hex_digit(digit: u8) -> u8 {
    char::from(digit).to_digit(16).unwrap_or_default() as u8
}

/// RFC 3986, 2.3.
fn is_unreserved(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"-._~".contains(&octet)
}

fn push(to: &mut String, byte: u8, escape: bool) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    if escape {
        to.push('%');
        to.extend(DIGITS.get(usize::from(byte >> 4)));
        to.extend(DIGITS.get(usize::from(byte & 15)));
    } else {
        to.push(char::from(byte));
    }
}

#[cfg(test)]
mod tests;
