//! The promise: whatever a host sends, a request ends in bounded time and memory with one outcome, and no address
//! off the public internet is ever connected to.

use std::time::Duration;

use chrono::{TimeZone, Utc};
use url::Url;
use wiresift::feed_list::parse_access;
use wiresift::http::{
    Accept, Accesses, Conditional, FetchError, FetchErrorKind, FetchOutcome, HttpClient,
    HttpSettings, Request, Response, RetryAfter,
};
use wiresift::polling::failure::{Cause, FailureClass};

use crate::harness::newsroom::{page as page_of, prose};
use crate::harness::process::Home;
use crate::harness::steps::memory;
use crate::harness::stub::{Gate, Reply, Stub};

/// Settings that let the stub through and nothing else.
fn settings() -> HttpSettings {
    HttpSettings { allow_networks: vec!["127.0.0.0/8".parse().unwrap()], ..HttpSettings::default() }
}

async fn fetch(web: &HttpClient, accept: Accept, url: &str) -> Result<Response, FetchError> {
    let url = Url::parse(url).unwrap();
    web.get(&Request {
        url: &url,
        conditional: Conditional::default(),
        accept,
        cookies: None,
        memory: &memory(),
    })
    .await
}

async fn page(settings: &HttpSettings, url: &str) -> Result<Response, FetchError> {
    fetch(&HttpClient::new(settings).unwrap(), Accept::Page, url).await
}

async fn feed(settings: &HttpSettings, url: &str) -> Result<Response, FetchError> {
    fetch(&HttpClient::new(settings).unwrap(), Accept::Feed, url).await
}

fn whole(bytes: impl Into<Vec<u8>>) -> FetchOutcome {
    FetchOutcome::Body { bytes: bytes.into(), complete: true }
}

fn partial(bytes: impl Into<Vec<u8>>) -> FetchOutcome {
    FetchOutcome::Body { bytes: bytes.into(), complete: false }
}

fn kind(answer: Result<Response, FetchError>) -> FetchErrorKind {
    answer.unwrap_err().kind
}

#[tokio::test]
async fn an_answer_is_told_whole() {
    let stub = Stub::start().await;
    let reply = Reply::ok("<rss/>")
        .header("ETag", "W/\"a b\"")
        .header("Last-Modified", "yesterday, more or less")
        .header("Content-Type", "application/rss+xml; charset=utf-8")
        .header("Content-Language", "de")
        .header("Cache-Control", "max-age=300")
        .header("Expires", "0")
        .header("Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT")
        .header("X-Robots-Tag", "noai")
        .header("X-Robots-Tag", "otherbot: noindex")
        .header("TDM-Reservation", "1")
        .header("TDM-Policy", "https://example.org/tdm.json");
    stub.serves("/feed.xml", reply);
    let response = feed(&settings(), &stub.url("/feed.xml")).await.unwrap();
    assert_eq!((response.status, response.outcome), (200, whole("<rss/>")));
    assert_eq!(response.etag.as_deref(), Some("W/\"a b\""));
    assert_eq!(response.last_modified.as_deref(), Some("yesterday, more or less"));
    assert_eq!(response.content_type.as_deref(), Some("application/rss+xml; charset=utf-8"));
    assert_eq!(response.content_language.as_deref(), Some("de"));
    assert_eq!(response.cache_control.as_deref(), Some("max-age=300"));
    assert_eq!(response.expires.as_deref(), Some("0"));
    let century = Utc.with_ymd_and_hms(1999, 12, 31, 23, 59, 59).unwrap();
    assert_eq!(response.retry_after, Some(RetryAfter::At(century)));
    assert_eq!(response.rights.robots_tags, ["noai", "otherbot: noindex"]);
    assert_eq!(response.rights.tdm_reservation.as_deref(), Some("1"));
    assert_eq!(response.rights.tdm_policy.as_deref(), Some("https://example.org/tdm.json"));
    assert!(!response.challenged);
}

#[tokio::test]
async fn we_say_who_we_are_and_what_we_want() {
    let stub = Stub::start().await;
    stub.serves("/", Reply::ok("x"));
    let settings = HttpSettings {
        contact: Some("https://example.org/bot".to_owned()),
        timeout: Duration::from_mins(1),
        ..settings()
    };
    let web = HttpClient::new(&settings).unwrap();
    assert_eq!(web.product(), "wiresift");
    for accept in [Accept::Feed, Accept::Page, Accept::Text] {
        fetch(&web, accept, &stub.site("paper").url("/")).await.unwrap();
    }
    let seen = stub.requests();
    let agent = format!("wiresift/{} (+https://example.org/bot)", env!("CARGO_PKG_VERSION"));
    for (seen, wanted) in seen.iter().zip(["application/atom+xml", "text/html", "text/plain"]) {
        assert_eq!((seen.method.as_str(), seen.host.as_str()), ("GET", "paper.localhost"));
        assert_eq!(seen.header("user-agent"), Some(agent.as_str()));
        assert_eq!(seen.header("accept-encoding"), Some("gzip, br, zstd, deflate"));
        assert!(seen.header("accept").unwrap().starts_with(wanted));
        for unwanted in ["if-none-match", "if-modified-since", "cookie", "referer"] {
            assert_eq!(seen.header(unwanted), None, "{unwanted}");
        }
    }
    assert!(seen.is_sorted_by_key(|seen| seen.at));
    assert_eq!(seen.len(), 3);
}

#[tokio::test]
async fn validators_go_out_as_they_came_in() {
    let stub = Stub::start().await;
    stub.serves("/etag", Reply::ok("new").header("ETag", "no quotes, no ASCII: ü").conditional());
    stub.serves("/date", Reply::ok("new").header("Last-Modified", "Sunday-ish").conditional());
    stub.serves("/liar", Reply::status(304));
    let web = HttpClient::new(&settings()).unwrap();
    let get = async |path: &str, etag, last_modified| {
        let url = Url::parse(&stub.url(path)).unwrap();
        let conditional = Conditional { etag, last_modified };
        web.get(&Request {
            url: &url,
            conditional,
            accept: Accept::Feed,
            cookies: None,
            memory: &memory(),
        })
        .await
        .unwrap()
        .outcome
    };
    assert_eq!(get("/etag", Some("no quotes, no ASCII: ü"), None).await, FetchOutcome::NotModified);
    assert_eq!(get("/etag", Some("another"), None).await, whole("new"));
    assert_eq!(get("/date", None, Some("Sunday-ish")).await, FetchOutcome::NotModified);
    assert_eq!(get("/date", Some("with\r\nInjected: header"), None).await, whole("new"));
    assert!(stub.requests().iter().all(|seen| seen.header("injected").is_none()));
    assert_eq!(
        get("/liar", None, None).await,
        FetchOutcome::Refused(304),
        "we have nothing that could be current"
    );
}

#[tokio::test]
async fn what_a_feed_wants_goes_to_it_and_nowhere_else() {
    let (stub, proxy) = (Stub::start().await, Stub::start().await);
    stub.serves("/feed", Reply::ok("the feed"));
    stub.serves("/other", Reply::ok("another"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cookie"), "session=1\n").unwrap();
    let (feed, proxied) = (stub.url("/feed"), stub.url("/proxied"));
    // A proxy is asked by the whole address (RFC 9112, 3.2.2).
    proxy.serves(&proxied, Reply::ok("by proxy"));
    let list = format!(
        "[[access]]\nurl = \"{feed}\"\ncookie_file = \"cookie\"\nuser_agent = \"paperboy/2\"\nplain_http = true\n\
         [[access]]\nurl = \"{proxied}\"\nproxy = \"{}\"\n",
        proxy.url("/")
    );
    let file = folder.path().join("feeds.toml").display().to_string();
    let web = HttpClient::new(&settings()).unwrap();
    web.set_accesses(Accesses::load(&parse_access(&file, &list).unwrap(), None).unwrap()).unwrap();
    for (url, expected) in
        [(feed, "the feed"), (stub.url("/other"), "another"), (proxied, "by proxy")]
    {
        assert_eq!(fetch(&web, Accept::Feed, &url).await.unwrap().outcome, whole(expected));
    }
    let seen = stub.requests();
    let sent: Vec<_> =
        seen.iter().map(|seen| (seen.header("cookie"), seen.header("user-agent"))).collect();
    let usual = settings().sent_user_agent();
    assert_eq!(sent, [(Some("session=1"), Some("paperboy/2")), (None, Some(usual.as_str()))]);
    assert_eq!(proxy.requests().len(), 1);
    // A reload takes it back.
    web.set_accesses(Accesses::default()).unwrap();
    assert_eq!(
        fetch(&web, Accept::Feed, &stub.url("/feed")).await.unwrap().outcome,
        whole("the feed")
    );
    assert_eq!(stub.requests()[2].header("cookie"), None);
}

#[tokio::test]
async fn refusals_carry_their_judgement() {
    let stub = Stub::start().await;
    let now = Utc.with_ymd_and_hms(2026, 11, 21, 12, 0, 0).unwrap();
    let asked =
        |seconds| FailureClass::Transient { retry_after: Some(Duration::from_secs(seconds)) };
    for (reply, cause, failure) in [
        (Reply::status(404), Cause::Missing, FailureClass::Soft),
        (Reply::status(410), Cause::Gone, FailureClass::Permanent),
        (Reply::status(500), Cause::Unavailable, FailureClass::Transient { retry_after: None }),
        (Reply::status(503).header("Retry-After", "120"), Cause::Throttled, asked(120)),
        (
            Reply::status(429).header("Retry-After", "Sat, 21 Nov 2026 12:01:00 GMT"),
            Cause::Throttled,
            asked(60),
        ),
        (
            Reply::status(403).header("cf-mitigated", "challenge"),
            Cause::Forbidden,
            FailureClass::Soft,
        ),
        (Reply::status(204), Cause::Refused, FailureClass::Soft),
        (Reply::status(301), Cause::Redirect, FailureClass::Soft),
        (Reply::status(300).header("Location", "/x"), Cause::Redirect, FailureClass::Soft),
    ] {
        let status_line = format!("{reply:?}");
        stub.serves("/", reply.body(vec![b'x'; 100_000]));
        let response = page(&settings(), &stub.url("/")).await.unwrap();
        assert_eq!(response.outcome, FetchOutcome::Refused(response.status), "{status_line}");
        assert_eq!(
            (response.cause(), response.failure(now)),
            (Some(cause), Some(failure)),
            "{status_line}"
        );
        assert_eq!(response.challenged, response.status == 403);
    }
}

#[tokio::test]
async fn redirects_are_handed_back_and_not_followed() {
    let stub = Stub::start().await;
    let web = HttpClient::new(&settings()).unwrap();
    let base = stub.site("paper").url("/a/b");
    let port = stub.port();
    for (status, location, to, permanent) in [
        (301, "/moved".to_owned(), stub.site("paper").url("/moved"), true),
        (308, "next?x=1".to_owned(), stub.site("paper").url("/a/next?x=1"), true),
        (302, format!("http://other.localhost:{port}/"), stub.site("other").url("/"), false),
        (303, format!("//third.localhost:{port}/x"), stub.site("third").url("/x"), false),
        (307, "/stra\u{df}e".to_owned(), stub.site("paper").url("/stra%C3%9Fe"), false),
    ] {
        stub.serves("/a/b", Reply::redirect(status, &location));
        let response = fetch(&web, Accept::Page, &base).await.unwrap();
        let to = Url::parse(&to).unwrap();
        assert_eq!(
            response.outcome,
            FetchOutcome::Redirect { to, permanent, downgrade: false },
            "{status}"
        );
        assert_eq!((response.cause(), response.status), (None, status));
    }
    assert_eq!(stub.requests().len(), 5);
}

#[tokio::test]
async fn redirects_to_private_addresses_and_other_schemes_are_refused() {
    let stub = Stub::start().await;
    let web = HttpClient::new(&settings()).unwrap();
    for (location, refused) in [
        ("http://10.0.0.1/", FetchErrorKind::Address),
        ("http://[::1]/", FetchErrorKind::Address),
        ("http://169.254.169.254/latest/meta-data/", FetchErrorKind::Address),
        ("//3232235777/", FetchErrorKind::Address),
        ("file:///etc/passwd", FetchErrorKind::Scheme),
        ("javascript:alert(1)", FetchErrorKind::Scheme),
        ("http://[not an address", FetchErrorKind::Location),
        ("https://", FetchErrorKind::Location),
    ] {
        stub.serves("/", Reply::redirect(302, location));
        let error = fetch(&web, Accept::Page, &stub.url("/")).await.unwrap_err();
        assert_eq!(error.kind, refused, "{location}");
    }
    stub.serves("/", Reply::redirect(302, "http://user:pw@example.org/a"));
    let outcome = fetch(&web, Accept::Page, &stub.url("/")).await.unwrap().outcome;
    let FetchOutcome::Redirect { to, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(to.as_str(), "http://example.org/a");
}

/// The stub listens, and must not be asked by any of these names.
#[tokio::test]
async fn nothing_private_is_connected_to() {
    let stub = Stub::start().await;
    stub.serves("/", Reply::ok("secret"));
    let web = HttpClient::new(&HttpSettings::default()).unwrap();
    let port = stub.port();
    for host in [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "0",
        "localhost",
        "LOCALHOST.",
        "paper.localhost",
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
    ] {
        let error = fetch(&web, Accept::Page, &format!("http://{host}:{port}/")).await.unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Address, "{host}");
        assert_eq!(error.failure(), FailureClass::Permanent);
    }
    let secret = fetch(&web, Accept::Page, &format!("http://me:secret@127.0.0.1:{port}/"))
        .await
        .unwrap_err();
    assert_eq!(secret.kind, FetchErrorKind::Credentials);
    assert!(!secret.to_string().contains("secret"), "{secret}");
    assert_eq!(kind(fetch(&web, Accept::Page, "file:///etc/passwd").await), FetchErrorKind::Scheme);
    assert_eq!(stub.requests().len(), 0);
    // The same stub is reached once its network is let through, so the refusals above mean something.
    assert_eq!(page(&settings(), &stub.url("/")).await.unwrap().outcome, whole("secret"));
}

/// A name passes through the resolver, where only the last check before the connection can refuse it.
#[tokio::test]
async fn a_name_is_refused_by_the_resolver_too() {
    let stub = Stub::start().await;
    stub.serves("/", Reply::ok("secret"));
    // IPv6 loopback is let through, so the check of the address passes; but the stub's 127.0.0.1 is not among what
    // the resolver may answer, and nobody listens on [::1].
    let settings = HttpSettings {
        allow_networks: vec!["::1/128".parse().unwrap()],
        ..HttpSettings::default()
    };
    let answer = page(&settings, &stub.site("paper").url("/")).await;
    assert_eq!(kind(answer), FetchErrorKind::Connect);
    assert_eq!(stub.requests().len(), 0);
}

#[tokio::test]
async fn packed_bodies_are_unpacked_whatever_they_are_called() {
    let stub = Stub::start().await;
    let text = "<p>news</p>".repeat(1000);
    let packed = Reply::ok(text.clone()).gzip();
    stub.serves("/packed", packed.clone());
    stub.serves("/chunked", packed.chunked(7));
    stub.serves("/lie", Reply::ok(text.clone()).header("Content-Encoding", "gzip"));
    stub.serves("/unknown", Reply::ok(text.clone()).header("Content-Encoding", "utf-8"));
    stub.serves("/list", Reply::ok(text.clone()).gzip().header("Content-Encoding", "identity"));
    for path in ["/packed", "/chunked", "/lie", "/unknown", "/list"] {
        assert_eq!(
            page(&settings(), &stub.url(path)).await.unwrap().outcome,
            whole(text.clone()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn damaged_packing_is_an_error_for_pages_and_half_a_feed_for_feeds() {
    let stub = Stub::start().await;
    stub.serves("/none", Reply::ok([0x1f, 0x8b, 8, 0, 1]));
    assert_eq!(kind(page(&settings(), &stub.url("/none")).await), FetchErrorKind::Damaged);
    let text: String = (0..20_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_string()).collect();
    let packed = Reply::ok(text.clone()).gzip();
    stub.serves("/half", packed.truncated(40_000));
    let FetchOutcome::Body { bytes, complete } =
        feed(&settings(), &stub.url("/half")).await.unwrap().outcome
    else {
        panic!("a body was expected");
    };
    assert!(!complete && bytes.len() > 10_000 && text.as_bytes().starts_with(&bytes));
    assert_eq!(kind(page(&settings(), &stub.url("/half")).await), FetchErrorKind::Truncated);
}

#[tokio::test]
async fn bodies_are_capped_on_the_wire_and_unpacked() {
    let stub = Stub::start().await;
    let settings = HttpSettings {
        max_wire_bytes: 50_000,
        max_body_bytes: 200_000,
        max_ratio: 20,
        ..settings()
    };
    stub.serves("/fits", Reply::ok(vec![b'x'; 50_000]));
    stub.serves("/long", Reply::ok(vec![b'x'; 50_001]));
    stub.serves("/chunked", Reply::ok(vec![b'x'; 60_000]).chunked(1000));
    stub.serves("/endless", Reply::ok(vec![b'x'; 1000]).endless());
    stub.serves("/packed", Reply::ok(vec![b'x'; 300_000]).gzip());
    let wire = FetchErrorKind::WireTooLarge { limit: 50_000 };
    for (path, refused) in [
        ("/long", wire.clone()),
        ("/chunked", wire.clone()),
        ("/endless", wire),
        ("/packed", FetchErrorKind::BodyTooLarge { limit: 200_000 }),
    ] {
        let error = feed(&settings, &stub.url(path)).await.unwrap_err();
        assert_eq!((&error.kind, error.cause()), (&refused, Cause::TooLarge), "{path}");
    }
    assert_eq!(
        page(&settings, &stub.url("/fits")).await.unwrap().outcome,
        whole(vec![b'x'; 50_000])
    );
    let roomy = HttpSettings { max_body_bytes: 100_000_000, ..settings };
    stub.serves("/bomb", Reply::ok(vec![0; 4_000_000]).gzip());
    assert_eq!(kind(feed(&roomy, &stub.url("/bomb")).await), FetchErrorKind::Bomb { ratio: 20 });
}

#[tokio::test]
async fn a_robots_txt_is_cut_where_the_rules_may_end() {
    let stub = Stub::start().await;
    let web = HttpClient::new(&settings()).unwrap();
    stub.serves("/small", Reply::ok("User-agent: *"));
    stub.serves("/large", Reply::ok(vec![b'#'; 600 * 1024]));
    stub.serves("/packed", Reply::ok(vec![b'#'; 600 * 1024]).gzip());
    stub.serves("/endless", Reply::ok(vec![b'#'; 1024]).endless());
    let cut = partial(vec![b'#'; 500 * 1024]);
    for (path, outcome) in [
        ("/small", whole("User-agent: *")),
        ("/large", cut.clone()),
        ("/packed", cut.clone()),
        ("/endless", cut),
    ] {
        assert_eq!(
            fetch(&web, Accept::Text, &stub.url(path)).await.unwrap().outcome,
            outcome,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_body_that_ends_early_is_half_a_feed_and_no_page() {
    let stub = Stub::start().await;
    let body = "<rss><item>one</item><item>two</item></rss>";
    stub.serves("/truncated", Reply::ok(body).truncated(21));
    stub.serves("/reset", Reply::ok(body).reset(21));
    stub.serves(
        "/chunked",
        Reply::raw(format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n{}\r\n",
            &body[..21]
        )),
    );
    for path in ["/truncated", "/reset", "/chunked"] {
        assert_eq!(
            kind(page(&settings(), &stub.url(path)).await),
            FetchErrorKind::Truncated,
            "{path}"
        );
        let outcome = feed(&settings(), &stub.url(path)).await.unwrap().outcome;
        assert_eq!(outcome, partial("<rss><item>one</item>"), "{path}");
    }
    stub.serves("/nothing", Reply::ok(body).truncated(0));
    assert_eq!(kind(feed(&settings(), &stub.url("/nothing")).await), FetchErrorKind::Interrupted);
    // A length that promises too little hides the rest.
    stub.serves("/short", Reply::ok(body).header("Content-Length", "5"));
    assert_eq!(page(&settings(), &stub.url("/short")).await.unwrap().outcome, whole("<rss>"));
}

#[tokio::test]
async fn silence_and_dripping_come_to_an_end() {
    let stub = Stub::start().await;
    stub.serves("/silence", Reply::silence());
    stub.serves("/stalls", Reply::ok("ab").drip(Duration::from_hours(1)));
    stub.serves("/drips", Reply::ok(vec![b'x'; 1_000_000]).drip(Duration::from_millis(10)));
    let impatient = HttpSettings { stall_timeout: Duration::from_millis(200), ..settings() };
    for path in ["/silence", "/stalls"] {
        let error = feed(&impatient, &stub.url(path)).await.unwrap_err();
        assert_eq!(
            (&error.kind, error.cause()),
            (&FetchErrorKind::Stalled, Cause::Timeout),
            "{path}"
        );
    }
    let limit = Duration::from_millis(300);
    let brief = HttpSettings { timeout: limit, ..settings() };
    assert_eq!(kind(feed(&brief, &stub.url("/drips")).await), FetchErrorKind::Timeout(limit));
    assert_eq!(kind(feed(&brief, &stub.url("/silence")).await), FetchErrorKind::Timeout(limit));
}

/// A refusal's body is not waited for either.
#[tokio::test]
async fn the_body_of_a_refusal_costs_little() {
    let stub = Stub::start().await;
    stub.serves("/endless", Reply::status(404).body(vec![b'x'; 1000]).endless());
    stub.serves("/stalls", Reply::status(404).body("ab").drip(Duration::from_hours(1)));
    for path in ["/endless", "/stalls"] {
        assert_eq!(
            page(&settings(), &stub.url(path)).await.unwrap().outcome,
            FetchOutcome::Refused(404),
            "{path}"
        );
    }
}

#[tokio::test]
async fn what_is_no_http_is_an_error() {
    let stub = Stub::start().await;
    let many = "X: y\r\n".repeat(5000);
    let long = format!("X: {}\r\n", "y".repeat(2_000_000));
    for (name, bytes) in [
        ("empty", Vec::new()),
        ("garbage", b"\x16\x03\x01 what is this\r\n\r\n".to_vec()),
        ("many", format!("HTTP/1.1 200 OK\r\n{many}Content-Length: 1\r\n\r\nx").into_bytes()),
        ("long", format!("HTTP/1.1 200 OK\r\n{long}Content-Length: 1\r\n\r\nx").into_bytes()),
        ("length", b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx".to_vec()),
    ] {
        stub.serves("/", Reply::raw(bytes));
        let error = page(&settings(), &stub.url("/")).await.unwrap_err();
        assert_eq!(
            (&error.kind, error.cause()),
            (&FetchErrorKind::Interrupted, Cause::Interrupted),
            "{name}"
        );
    }
}

#[tokio::test]
async fn sloppy_headers_are_put_up_with() {
    let stub = Stub::start().await;
    let head = "HTTP/1.1 200\r\nContent-Length : 4\r\nX-Folded: a\r\n  b\r\nB@d (name): x\r\nETag: \"\u{e9}\"\r\n\r\n";
    stub.serves("/", Reply::raw(format!("{head}news")));
    let response = page(&settings(), &stub.url("/")).await.unwrap();
    assert_eq!((response.outcome, response.etag.as_deref()), (whole("news"), Some("\"\u{e9}\"")));
}

#[tokio::test]
async fn what_is_plainly_no_text_is_not_begun() {
    let stub = Stub::start().await;
    for media in ["video/mp4", "AUDIO/mpeg; x=y", "image/jpeg", "application/pdf"] {
        stub.serves("/", Reply::ok(vec![0; 1000]).header("Content-Type", media).endless());
        let error = page(&settings(), &stub.url("/")).await.unwrap_err();
        assert_eq!(error.cause(), Cause::MediaType, "{media}");
    }
    for text in ["text/html", "application/octet-stream", "image/svg+xml", "nonsense"] {
        stub.serves("/", Reply::ok("news").header("Content-Type", text));
        assert_eq!(
            page(&settings(), &stub.url("/")).await.unwrap().outcome,
            whole("news"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn failures_to_connect_are_told_apart() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = page(&settings(), &format!("http://{free}/")).await.unwrap_err();
    assert_eq!(
        (&refused.kind, refused.failure()),
        (&FetchErrorKind::Connect, FailureClass::Transient { retry_after: None })
    );
    let stub = Stub::start().await;
    let tls = page(&settings(), &stub.url("/").replace("http:", "https:")).await.unwrap_err();
    assert_eq!((&tls.kind, tls.failure()), (&FetchErrorKind::Tls, FailureClass::Soft));
    // RFC 6761, 6.4: no resolver knows a name under .invalid.
    let unknown = page(&settings(), "http://nobody.invalid/").await.unwrap_err();
    assert_eq!((&unknown.kind, unknown.cause()), (&FetchErrorKind::Dns, Cause::Dns));
    assert!(
        unknown.to_string().starts_with("http://nobody.invalid/: the host name does not resolve")
    );
}

#[tokio::test]
async fn requests_run_side_by_side() {
    let stub = Stub::start().await;
    let gate = Gate::new();
    stub.serves("/", Reply::ok("x").behind(&gate));
    let web = HttpClient::new(&settings()).unwrap();
    let (one, two) = (stub.site("one").url("/"), stub.site("two").url("/"));
    let ((), first, second, third) = tokio::join!(
        async {
            stub.has_seen(3).await;
            gate.open();
        },
        fetch(&web, Accept::Page, &one),
        fetch(&web, Accept::Page, &one),
        fetch(&web, Accept::Page, &two),
    );
    assert!(first.is_ok() && second.is_ok() && third.is_ok());
    assert_eq!(stub.requests().iter().map(|seen| seen.in_flight).max(), Some(3));
    assert_eq!(stub.requests().iter().map(|seen| seen.in_flight_at_host).max(), Some(2));
}

#[tokio::test]
async fn a_configured_proxy_is_used_and_may_be_private() {
    let proxy = Stub::start().await;
    proxy.serves("http://news.example/story", Reply::ok("through the proxy"));
    for address in [proxy.url("/"), proxy.site("proxy").url("/")] {
        let settings =
            HttpSettings { proxy: Some(Url::parse(&address).unwrap()), ..HttpSettings::default() };
        let response = page(&settings, "http://news.example/story").await.unwrap();
        assert_eq!(response.outcome, whole("through the proxy"));
        assert_eq!(kind(page(&settings, "http://10.0.0.1/").await), FetchErrorKind::Address);
    }
    assert_eq!(proxy.requests_to("http://news.example/story").len(), 2);
    assert_eq!(proxy.requests().len(), 2);
}

/// The stub itself: others build upon it.
#[tokio::test]
async fn one_stub_plays_many_sites() {
    let stub = Stub::start().await;
    stub.serves("/page", Reply::ok("any site"));
    stub.site("one").serves("/page", Reply::ok("site one"));
    stub.site("one").script("/page?id=2", [Reply::ok("first"), Reply::ok("then")]);
    let web = HttpClient::new(&settings()).unwrap();
    for (url, body) in [
        (stub.url("/page?id=2"), "any site"),
        (stub.site("two").url("/page"), "any site"),
        (stub.site("one").url("/page?id=1"), "site one"),
        (stub.site("one").url("/page?id=2"), "first"),
        (stub.site("one").url("/page?id=2"), "then"),
        (stub.site("one").url("/page?id=2"), "then"),
    ] {
        assert_eq!(fetch(&web, Accept::Page, &url).await.unwrap().outcome, whole(body), "{url}");
    }
}

/// What `wiresift extract` makes of a page of the stub, under another environment.
async fn reads_with(variables: &[(&str, &str)]) {
    let stub = Stub::start().await;
    stub.serves("/", Reply::ok(page_of("Ferry stays", &prose(1))));
    let home = Home::new("");
    let url = stub.site("paper").url("/");
    let environment = [&[("NO_PROXY", ""), ("no_proxy", "")], variables].concat();
    let (status, said) = home.start(&["extract", &url], &environment).ended().await;
    assert!(status.success() && said.contains("Ferry stays"), "{said}");
    assert_eq!(stub.requests().len(), 1);
}

#[tokio::test]
async fn proxies_of_the_environment_are_ignored() {
    let proxy = Stub::start().await;
    let address = proxy.url("/");
    let names =
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"];
    reads_with(&names.map(|name| (name, address.as_str()))).await;
    assert_eq!(proxy.requests().len(), 0);
}

#[tokio::test]
async fn a_machine_without_certificates_has_a_client() {
    let nowhere =
        [("SSL_CERT_FILE", "/nonexistent/file"), ("SSL_CERT_DIR", "/nonexistent/directory")];
    reads_with(&nowhere).await;
}
