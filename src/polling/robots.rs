//! Parses robots.txt by RFC 9309 and says whether we may fetch a path.
//!
//! Every text parses to some rules. A decision takes time linear in the rules and the path, because
//! a pattern is matched by greedy segments, never by backtracking. Where the RFC leaves room, this
//! follows the large crawlers, since webmasters test against those: misspelt keys are read, the
//! longest pattern wins, `Allow` wins a tie, and a 429 for robots.txt counts as "unreachable", not
//! as "no rules".
//!
//! Pattern and path are normalised before they are compared (2.2.2): needless escapes are undone,
//! and everything outside printable ASCII is escaped. A literal `*` or `$` in a path becomes `%2A`
//! or `%24`, which is how a rule writes them (2.2.3).

mod sitemaps;

use std::time::Duration;

pub use sitemaps::news_sitemaps;

/// Bytes of a robots.txt that are read; 2.5 asks for at least 500 KiB.
pub const MAX_BYTES: usize = 500 * 1024;

/// The longest crawl delay that is obeyed, in seconds. A longer one means "stay away", which
/// `Disallow` states better.
const LONGEST_DELAY: f64 = 3600.0;

/// The rules of one site.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Robots {
    groups: Vec<Group>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Group {
    /// Product tokens in lower case; `*` stands for every crawler.
    agents: Vec<String>,
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

impl Group {
    fn bytes(&self) -> usize {
        let texts: usize = self.rules.iter().map(|rule| rule.pattern.path.bytes()).sum();
        size_of::<Self>() + self.rules.len() * size_of::<Rule>() + texts
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    allow: bool,
    pattern: Pattern,
}

/// The result of a request for robots.txt (2.3.1).
#[derive(Debug, Clone, PartialEq)]
pub enum RobotsAnswer {
    /// The file has rules.
    Rules(Robots),
    /// "Unavailable": there is no such file, so everything may be fetched.
    AllowAll,
    /// "Unreachable": the server or the network failed, so nothing may be fetched until it
    /// responds.
    DisallowAll,
}

impl RobotsAnswer {
    /// The result that an HTTP status and body stand for. The caller follows redirects, at least
    /// five of them (2.3.1.2). A 3xx here is the end of a longer chain and means that there is no
    /// file.
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

    /// The same answer with the rules for `product` alone. Files with rules for hundreds of
    /// crawlers are common.
    #[must_use]
    pub fn only_for(self, product: &str) -> Self {
        match self {
            RobotsAnswer::Rules(robots) => RobotsAnswer::Rules(robots.only_for(product)),
            other => other,
        }
    }

    /// Bytes of memory that the rules take, estimated from above.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            RobotsAnswer::Rules(robots) => robots.groups.iter().map(Group::bytes).sum(),
            RobotsAnswer::AllowAll | RobotsAnswer::DisallowAll => 0,
        }
    }

    /// The crawl delay that the site asks of `product`.
    #[must_use]
    pub fn crawl_delay(&self, product: &str) -> Option<Duration> {
        match self {
            RobotsAnswer::Rules(robots) => robots.crawl_delay(product),
            _ => None,
        }
    }
}

impl Robots {
    /// Reads the rules. Lines that make no sense are skipped (2.2).
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut robots = Robots::default();
        // Whether the last group still collects user agents.
        let mut open = false;
        for line in within_size_limit(text).split(['\r', '\n']) {
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
                // `Crawl-delay` is not in the RFC, so it must not end a group (2.2.4).
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
        let path = NormalisedPath::of_path(path_and_query);
        let mut best = (0, true);
        for rule in self.groups_of(product).flat_map(|group| &group.rules) {
            let rank = (rule.pattern.octets(), rule.allow);
            if rank > best && rule.pattern.matches(&path) {
                best = rank;
            }
        }
        best.1
    }

    /// The `Crawl-delay` for `product`, at most an hour; the longest if several groups state one.
    #[must_use]
    pub fn crawl_delay(&self, product: &str) -> Option<Duration> {
        self.groups_of(product).filter_map(|group| group.delay).max()
    }

    fn only_for(self, product: &str) -> Self {
        let mut group = Group { agents: vec!["*".to_owned()], ..Group::default() };
        for one in self.groups_of(product) {
            group.rules.extend(one.rules.iter().cloned());
            group.delay = group.delay.max(one.delay);
        }
        // The order of rules has no meaning.
        group.rules.sort_unstable();
        group.rules.dedup();
        group.rules.shrink_to_fit();
        Self { groups: vec![group] }
    }

    /// Every group that names `product`, else every group for `*` (2.2.1).
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
    /// Includes misspellings that are common enough for large crawlers to accept.
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

/// The part of the text that is read. A line that the limit cuts in two is dropped: half of
/// `Disallow: /private` would forbid the whole site.
fn within_size_limit(text: &str) -> &str {
    if text.len() <= MAX_BYTES {
        return text;
    }
    let end = text.floor_char_boundary(MAX_BYTES);
    let kept = text.get(..end).unwrap_or_default();
    kept.rfind(['\r', '\n']).and_then(|end| kept.get(..end)).unwrap_or_default()
}

fn key_and_value(line: &str) -> Option<(&str, &str)> {
    let line = line.split('#').next().unwrap_or_default().trim();
    // Some files lack the colon.
    let (key, value) = line.split_once(':').or_else(|| line.split_once(char::is_whitespace))?;
    Some((key.trim(), value.trim()))
}

/// The letters, `-` and `_` at the start of a user agent, in lower case (2.2.1), or `*`.
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

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Pattern {
    path: NormalisedPath,
    /// The pattern ended in `$`: it must match to the end of the path.
    anchored: bool,
}

impl Pattern {
    fn of(value: &str) -> Option<Self> {
        // A pattern with another first character matches no path; an empty one is no rule.
        if !value.starts_with(['/', '*']) {
            return None;
        }
        let (value, anchored) = match value.strip_suffix('$') {
            Some(start) => (start, true),
            None => (value, false),
        };
        Some(Self { path: NormalisedPath::of_pattern(value), anchored })
    }

    /// The most specific pattern has the most octets (2.2.2).
    fn octets(&self) -> usize {
        self.path.plain.len() + usize::from(self.anchored)
    }

    fn matches(&self, path: &NormalisedPath) -> bool {
        let matches = |pattern: &str, path: &str| segments_match(pattern, self.anchored, path);
        matches(&self.path.plain, &path.plain)
            || match (&self.path.escaped_query, &path.escaped_query) {
                (Some(pattern), Some(path)) => matches(pattern, path),
                _ => false,
            }
    }
}

/// Finds each segment between the stars at its leftmost position after the one before. For `*` this
/// finds every match that trying all positions would, so the time is linear.
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

/// A path or pattern in its normalised form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct NormalisedPath {
    plain: Box<str>,
    /// With the reserved characters of the query escaped too, if there is a query. In the RFC's
    /// table `?baz=https://foo.bar` matches `?baz=https%3A%2F%2Ffoo.bar`.
    escaped_query: Option<Box<str>>,
}

/// What the allocator takes for a short text besides its bytes.
const TEXT_OVERHEAD: usize = 32;

impl NormalisedPath {
    fn of_path(path: &str) -> Self {
        Self::of(path, false)
    }

    fn of_pattern(pattern: &str) -> Self {
        Self::of(pattern, true)
    }

    fn of(text: &str, stars: bool) -> Self {
        let plain = normalise(text, stars);
        let escaped_query = plain.split_once('?').map(|(path, query)| {
            let mut escaped = format!("{path}?");
            for byte in query.bytes() {
                push(&mut escaped, byte, b":/?#[]@".contains(&byte));
            }
            escaped.into_boxed_str()
        });
        Self { plain: plain.into_boxed_str(), escaped_query }
    }

    fn bytes(&self) -> usize {
        let texts = std::iter::once(&self.plain).chain(&self.escaped_query);
        texts.map(|text| text.len() + TEXT_OVERHEAD).sum()
    }
}

fn normalise(text: &str, stars: bool) -> String {
    let mut path = String::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match after {
            [high, low, tail @ ..]
                if byte == b'%' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let octet = hex_digit(*high) << 4 | hex_digit(*low);
                push(&mut path, octet, !is_unreserved(octet));
                rest = tail;
            }
            _ if byte == b'*' => push(&mut path, byte, !stars),
            _ => push(&mut path, byte, byte == b'$' || !byte.is_ascii_graphic()),
        }
    }
    path
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
