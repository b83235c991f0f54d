use proptest::prelude::*;

use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn networks(list: &[&str]) -> Vec<IpNet> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn the_edges_of_every_special_block() {
    for (text, public) in [
        ("0.0.0.0", false),
        ("0.255.255.255", false),
        ("1.0.0.0", true),
        ("9.255.255.255", true),
        ("10.0.0.0", false),
        ("10.255.255.255", false),
        ("11.0.0.0", true),
        ("100.63.255.255", true),
        ("100.64.0.0", false),
        ("100.127.255.255", false),
        ("100.128.0.0", true),
        ("127.0.0.1", false),
        ("127.255.255.254", false),
        ("128.0.0.0", true),
        ("169.253.255.255", true),
        ("169.254.169.254", false),
        ("169.255.0.0", true),
        ("172.15.255.255", true),
        ("172.16.0.0", false),
        ("172.31.255.255", false),
        ("172.32.0.0", true),
        ("192.0.0.8", false),
        ("192.0.1.0", true),
        ("192.0.2.7", false),
        ("192.31.196.1", true),
        ("192.88.99.1", false),
        ("192.167.255.255", true),
        ("192.168.0.1", false),
        ("192.169.0.0", true),
        ("198.17.255.255", true),
        ("198.18.0.0", false),
        ("198.19.255.255", false),
        ("198.20.0.0", true),
        ("198.51.100.1", false),
        ("203.0.113.9", false),
        ("223.255.255.255", true),
        ("224.0.0.1", false),
        ("239.255.255.255", false),
        ("240.0.0.1", false),
        ("255.255.255.255", false),
        ("8.8.8.8", true),
    ] {
        assert_eq!(permitted(ip(text), &[]), public, "{text}");
        assert_eq!(permitted(ip(&format!("::ffff:{text}")), &[]), public, "mapped {text}");
        assert_eq!(permitted(ip(&format!("64:ff9b::{text}")), &[]), public, "NAT64 {text}");
        assert!(!permitted(ip(&format!("::{text}")), &[]), "compatible {text}");
    }
}

#[test]
fn ipv6_blocks() {
    for (text, public) in [
        ("::", false),
        ("::1", false),
        ("64:ff9b:1::808:808", false),
        ("100::1", false),
        ("100:0:0:1::1", false),
        ("2001::1", false),
        ("2001:2::1", false),
        ("2001:10::1", false),
        ("2001:1ff:ffff::", false),
        ("2001:200::1", true),
        ("2001:db8::1", false),
        ("2001:db9::1", true),
        ("2606:4700:4700::1111", true),
        ("2a00:1450:4001:81b::200e", true),
        ("3fff::1", false),
        ("3fff:1000::1", true),
        ("4000::1", false),
        ("5f00::1", false),
        ("fc00::1", false),
        ("fd00::1", false),
        ("fe80::1", false),
        ("fec0::1", false),
        ("ff02::1", false),
        // 6to4 of 127.0.0.1, 10.0.0.1 and 8.8.8.8.
        ("2002:7f00:1::", false),
        ("2002:a00:1::1", false),
        ("2002:808:808::1", true),
        // Teredo: server 65.54.227.120 with client 192.0.2.45, with client 8.8.8.8, and a private
        // server.
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", false),
        ("2001:0:4136:e378:8000:63bf:f7f7:f7f7", true),
        ("2001:0:a00:1:8000:63bf:f7f7:f7f7", false),
    ] {
        assert_eq!(permitted(ip(text), &[]), public, "{text}");
    }
}

#[test]
fn the_settings_may_allow_networks() {
    let allow = networks(&["127.0.0.0/8", "fd00:1::/32"]);
    for text in ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00:1::9", "8.8.8.8"] {
        assert!(permitted(ip(text), &allow), "{text}");
    }
    for text in ["10.0.0.1", "::1", "fd00:2::9", "169.254.169.254"] {
        assert!(!permitted(ip(text), &allow), "{text}");
    }
}

#[test]
fn urls_are_judged_by_what_they_mean() {
    for text in [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://0/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.b.localhost/",
        "http://①②⑦.⓪.⓪.①/",
        "http://127。0。0。1/",
        "http://[64:ff9b::127.0.0.1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]:8443/",
    ] {
        assert_eq!(
            check_url(&Url::parse(text).unwrap(), &[]),
            Err(FetchErrorKind::Address),
            "{text}"
        );
    }
    for text in
        ["file:///etc/passwd", "ftp://example.org/", "data:text/html,x", "gopher://example.org/"]
    {
        assert_eq!(
            check_url(&Url::parse(text).unwrap(), &[]),
            Err(FetchErrorKind::Scheme),
            "{text}"
        );
    }
    for text in ["http://user:pw@example.org/", "https://token@example.org/feed"] {
        assert_eq!(
            check_url(&Url::parse(text).unwrap(), &[]),
            Err(FetchErrorKind::Credentials),
            "{text}"
        );
    }
    let long = |bytes| Url::parse(&format!("http://x.test/{}", "x".repeat(bytes - 14))).unwrap();
    assert_eq!(check_url(&long(limits::URL_BYTES), &[]), Ok(()));
    assert!(matches!(
        check_url(&long(limits::URL_BYTES + 1), &[]),
        Err(FetchErrorKind::UrlTooLong { .. })
    ));
    for text in ["http://example.org:8080/", "https://8.8.8.8/", "http://localhost.example.org/"] {
        assert_eq!(check_url(&Url::parse(text).unwrap(), &[]), Ok(()), "{text}");
    }
}

#[test]
fn answers_are_filtered_and_none_left_is_an_error() {
    let filtered =
        |list: &[&str]| only_permitted("x.test", list.iter().map(|t| ip(t)).collect(), &[]);
    for private in [
        &["127.0.0.1"][..],
        &["::ffff:10.0.0.1"],
        &["64:ff9b::7f00:1"],
        &["100.64.0.9"],
        &["10.0.0.1", "198.18.0.1"],
    ] {
        assert!(matches!(filtered(private), Err(ResolveError::NotPublic(_))), "{private:?}");
    }
    assert_eq!(filtered(&["10.0.0.1", "8.8.8.8", "::1"]).unwrap(), [ip("8.8.8.8")]);
    assert!(matches!(filtered(&[]), Err(ResolveError::Empty(_))));
}

#[tokio::test]
async fn localhost_names_never_reach_dns_and_are_remembered_only_when_permitted() {
    let open = Resolver::new(networks(&["127.0.0.0/8"]), None);
    assert_eq!(open.0.addresses("paper.localhost").await.unwrap(), [ip("127.0.0.1")]);
    assert_eq!(open.0.remembered("paper.localhost", Instant::now()), Some(vec![ip("127.0.0.1")]));
    let shut = Resolver::new(Vec::new(), None);
    assert!(matches!(shut.0.addresses("paper.localhost").await, Err(ResolveError::NotPublic(_))));
    assert_eq!(shut.0.remembered("paper.localhost", Instant::now()), None);
    let proxied = Resolver::new(Vec::new(), Some("proxy.localhost".to_owned()));
    assert_eq!(proxied.0.addresses("proxy.localhost").await.unwrap(), LOOPBACK);
}

#[test]
fn answers_are_forgotten_in_time_and_bounded_in_number() {
    let resolver = Resolver::new(Vec::new(), None);
    let (start, later) = (Instant::now(), Instant::now() + ANSWER_LIFETIME);
    for n in 0..MAX_NAMES + 5 {
        resolver.0.remember(&format!("{n}.test"), &[ip("8.8.8.8")], start);
    }
    assert_eq!(resolver.0.answers.lock().unwrap().len(), MAX_NAMES);
    assert!(resolver.0.remembered("0.test", start).is_some());
    assert_eq!(resolver.0.remembered("0.test", later), None);
    resolver.0.remember("new.test", &[ip("8.8.8.8")], later);
    assert_eq!(resolver.0.answers.lock().unwrap().len(), 1);
}

proptest! {
    /// Agrees with the list of networks, computed in another way.
    #[test]
    fn ipv4_agrees_with_the_list(bits in any::<u32>()) {
        let address = Ipv4Addr::from(bits);
        let special = SPECIAL_V4.iter().any(|(base, bits)| {
            let network = IpNet::new(IpAddr::V4(*base), u8::try_from(*bits).unwrap()).unwrap();
            network.contains(&IpAddr::V4(address))
        });
        prop_assert_eq!(permitted(IpAddr::V4(address), &[]), !special);
    }

    #[test]
    fn nothing_outside_global_unicast_is_public(bits in any::<u128>()) {
        // Random bits never hit the two exceptions, NAT64 and IPv4-mapped addresses.
        if permitted(IpAddr::V6(Ipv6Addr::from(bits)), &[]) {
            prop_assert_eq!(bits >> 125, 1);
        }
    }
}
