use proptest::prelude::*;

use super::*;

fn allows(text: &str, agent: &str, path: &str) -> bool {
    Robots::parse(text).allows(agent, path)
}

/// Whether a lone `Disallow: pattern` matches `path`.
fn forbids(pattern: &str, path: &str) -> bool {
    !allows(&format!("user-agent: *\ndisallow: {pattern}"), "wiresift", path)
}

/// The example of RFC 9309, 5.1, with other values.
const SIMPLE: &str = "User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
";

#[test]
fn the_simple_example_of_the_rfc() {
    for (agent, path, allowed) in [
        ("wiresift", "/", true),
        ("wiresift", "/example/page.html", false),
        ("wiresift", "/a/picture.gif", false),
        ("wiresift", "/a/picture.gif?size=1", true),
        ("wiresift", "/publications/1.html", true),
        ("foobot", "/", false),
        ("foobot", "/example/page.html", true),
        ("foobot", "/example/allowed.gif", true),
        ("foobot", "/example/other.html", false),
        ("barbot", "/example/page.html", false),
        ("bazbot", "/example/page.html", false),
        ("bazbot", "/example/other.html", true),
        ("quxbot", "/example/page.html", true),
    ] {
        assert_eq!(allows(SIMPLE, agent, path), allowed, "{agent} {path}");
    }
}

#[test]
fn the_longest_match_wins_and_allow_wins_a_tie() {
    let text = "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif";
    assert!(!allows(text, "foobot", "/example/page/disallowed.gif"));
    assert!(allows(text, "foobot", "/example/page/"));
    let tie = "User-agent: *\nDisallow: /folder\nAllow: /folder";
    assert!(allows(tie, "wiresift", "/folder/page"));
    assert!(!allows("User-agent: *\nAllow: /page\nDisallow: /*.htm", "wiresift", "/page.htm"));
}

#[test]
fn groups_of_one_agent_are_merged() {
    let text =
        "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: *\ndisallow: /\n
        user-agent: examplebot\ndisallow: /baz";
    for (path, allowed) in [("/foo", false), ("/bar", false), ("/baz", false), ("/boo", true)] {
        assert_eq!(allows(text, "EXAMPLEBOT/2.1", path), allowed, "{path}");
    }
    assert!(!allows(text, "otherbot", "/boo"));
}

#[test]
fn agents_are_whole_tokens_whatever_the_case_and_version() {
    let text = "User-agent: WireSift/9.9 (news)\nDisallow: /a\n\nUser-agent: *\nDisallow: /b";
    assert!(!allows(text, "wiresift", "/a"));
    assert!(allows(text, "wiresift/0.1", "/b"));
    assert!(allows(text, "wire", "/a"));
    assert!(allows(text, "wiresift-images", "/a"));
    assert!(!allows("User-agent: * # all\nDisallow: /", "", "/a"));
}

#[test]
fn spelling_is_normalised_as_in_the_table_of_the_rfc() {
    for (pattern, path) in [
        ("/foo/bar?baz=quz", "/foo/bar?baz=quz"),
        ("/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https%3A%2F%2Ffoo.bar"),
        ("/foo/bar?baz=https%3a%2f%2ffoo.bar", "/foo/bar?baz=https://foo.bar"),
        ("/foo/bar/ツ", "/foo/bar/%E3%83%84"),
        ("/foo/bar/%E3%83%84", "/foo/bar/%e3%83%84"),
        ("/foo/bar/%62%61%7A", "/foo/bar/baz"),
        ("/foo/bar/baz", "/foo/bar/%62%61%7A"),
        ("/*=https%3A%2F%2F", "/go?to=https%3A%2F%2Felsewhere"),
        ("/*=https://", "/go?to=https://elsewhere"),
        ("/path/file-with-a-%2A.html", "/path/file-with-a-*.html"),
        ("/path/foo-%24", "/path/foo-$"),
        ("/100%", "/100%/more"),
    ] {
        assert!(forbids(pattern, path), "{pattern} should match {path}");
    }
    assert!(!forbids("/a%2Fb", "/a/b"), "a reserved character and its escape differ in a path");
    assert!(!forbids("/path/file-with-a-%2A.html", "/path/file-with-a-b.html"));
}

#[test]
fn special_characters() {
    for (pattern, path, matches) in [
        ("/fish", "/fish.html", true),
        ("/fish", "/Fish.asp", false),
        ("/fish*", "/fishheads/yummy.html", true),
        ("/fish/", "/fish", false),
        ("/*.php", "/folder/filename.php?parameters", true),
        ("/*.php", "/windows.PHP", false),
        ("/*.php$", "/filename.php", true),
        ("/*.php$", "/filename.php/", false),
        ("/*.php$", "/a.php.php", true),
        ("/fish*.php", "/fishheads/catfish.php?parameters", true),
        ("/$", "/", true),
        ("/$", "/index", false),
        ("/a$b", "/a$b/c", true),
        ("/a*$", "/anything", true),
        ("*", "/anything", true),
        ("/**a", "/xa", true),
        ("/ab*ab$", "/ab", false),
        ("/ab*ab$", "/abab", true),
        ("fish", "/fish", false),
        ("", "/fish", false),
    ] {
        assert_eq!(forbids(pattern, path), matches, "{pattern} {path}");
    }
}

#[test]
fn layout_and_misspellings() {
    for text in [
        "\u{feff}User-agent: *\nDisallow: /x",
        "User-agent: *\r\nDisallow: /x\r\n",
        "User-agent: *\rDisallow: /x\r",
        "  USER-AGENT :*  # us\n\n\n  disallow\t:\t/x # there",
        "useragent: *\ndissallow: /x",
        "user-agent *\ndisallow /x",
        "Disallow: /y\nnonsense\nUser-agent: *\n<html>\nDisallow: /x",
        "User-agent: *\nSitemap: https://example.org/s.xml\nUser-agent: other\nDisallow: /x",
    ] {
        assert!(!allows(text, "wiresift", "/x/y"), "{text:?}");
        assert!(allows(text, "wiresift", "/y"), "{text:?}");
        assert!(allows(text, "wiresift", "/robots.txt"));
    }
}

#[test]
fn what_is_no_robots_file_forbids_nothing() {
    for text in
        ["", "\u{0}\u{1}", "<!doctype html><title>404</title><p>Disallow: /</p>", "Disallow: /"]
    {
        assert!(allows(text, "wiresift", "/"), "{text:?}");
    }
}

#[test]
fn crawl_delay() {
    let text = "User-agent: *\nCrawl-delay: 7.5\nDisallow: /a\n
        User-agent: slow\nCrawl-delay: 99999999999\n
        User-agent: odd\nCrawl-delay: -1\nUser-agent: none\nCrawl-delay: NaN\nDisallow: /";
    let robots = Robots::parse(text);
    assert_eq!(robots.crawl_delay("wiresift"), Some(Duration::from_millis(7500)));
    assert_eq!(robots.crawl_delay("slow"), Some(Duration::from_hours(1)));
    // Crawl-delay is not in the RFC and ends no group: all three agents share one.
    assert!(!robots.allows("slow", "/x"));
    let nonsense =
        Robots::parse("User-agent: *\nCrawl-delay: -1\nCrawl-delay: NaN\nCrawl-delay: soon");
    assert_eq!(nonsense.crawl_delay("wiresift"), None);
}

#[test]
fn statuses_of_robots_txt() {
    let forbidding = "User-agent: *\nDisallow: /";
    for (status, allowed) in [
        (200, false),
        (301, true),
        (401, true),
        (403, true),
        (404, true),
        (410, true),
        (429, false),
        (500, false),
    ] {
        assert_eq!(
            RobotsAnswer::of_status(status, forbidding).allows("wiresift", "/x"),
            allowed,
            "{status}"
        );
    }
    assert_eq!(RobotsAnswer::DisallowAll.crawl_delay("wiresift"), None);
}

#[test]
fn a_huge_file_is_cut_at_a_line() {
    let padded_to = |length: usize| {
        let head = "User-agent: *\n#";
        format!("{head}{}\n", "x".repeat(length - head.len() - 1))
    };
    let cut = padded_to(MAX_BYTES - "Disallow: /".len()) + "Disallow: /private\n";
    assert!(allows(&cut, "wiresift", "/public"), "half a rule must not forbid the site");
    assert!(allows(&(padded_to(MAX_BYTES) + "Disallow: /\n"), "wiresift", "/"));
    let within =
        padded_to(MAX_BYTES - "Disallow: /\n".len()) + "Disallow: /\n" + &"x".repeat(MAX_BYTES);
    assert!(!allows(&within, "wiresift", "/"));
}

/// The definition of a match, without regard for time.
fn naive(pattern: &[u8], path: &[u8]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, _) => true,
        (Some((b'$', [])), _) => path.is_empty(),
        (Some((b'*', more)), None) => naive(more, path),
        (Some((b'*', more)), Some((_, after))) => naive(more, path) || naive(pattern, after),
        (Some((p, more)), Some((c, after))) => p == c && naive(more, after),
        (Some(_), None) => false,
    }
}

proptest! {
    #[test]
    fn matching_agrees_with_the_definition(pattern in "/[ab/*]{0,8}\\$?", path in "/[ab/]{0,10}") {
        prop_assert_eq!(forbids(&pattern, &path), naive(pattern.as_bytes(), path.as_bytes()));
    }

    #[test]
    fn a_path_matches_itself_however_it_is_escaped(path in "/[a-zA-Z0-9/?=&ü:.~*$%-]{0,30}") {
        let escaped: String = path.chars().map(|c| match c {
            'a'..='m' => format!("%{:02x}", c as u32),
            c => c.to_string(),
        }).collect();
        let pattern = path.replace('*', "%2A").replace('$', "%24");
        prop_assert!(forbids(&pattern, &path));
        if !path.contains('%') {
            prop_assert!(forbids(&pattern, &escaped));
        }
    }

    #[test]
    fn any_text_is_answered(text in ".*", path in ".*", agent in ".*") {
        let robots = Robots::parse(&text);
        let _ = (robots.allows(&agent, &path), robots.crawl_delay(&agent));
    }
}

/// Would take longer than the age of the universe with a backtracking matcher.
#[test]
fn stars_do_not_blow_up() {
    let pattern = "/".to_owned() + &"*a".repeat(5_000) + "b";
    assert!(!forbids(&pattern, &("/".to_owned() + &"a".repeat(20_000))));
}
