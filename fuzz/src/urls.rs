//! Any bytes as addresses.

use url::Url;
use wiresift_feed::address::{
    FeedUrl, Host, IdentityKey, IgnoredParameters, canonical, is_lawful, site_of,
    text_without_users, without_each, without_user,
};
use wiresift_feed::domain::{are_of_one_site, registrable, same_site, without_edition};
use wiresift_text::limits;

/// Most bytes of a key: of its text, or of a host with a digest.
const MOST_KEY_BYTES: usize = 1_024;

/// The key of a key is the key; it is bounded, the same for http and https, and has no user
/// information. The registrable domain ends the host. One site is an equivalence.
pub fn urls(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    let plain = text_without_users(text);
    assert_eq!(text_without_users(&plain), plain);
    check_feed_url(text);
    let addresses = text.split('\n').take(4).flat_map(|line| {
        [line.to_owned(), format!("https://{line}"), format!("https://observer.example/{line}")]
    });
    let addresses: Vec<Url> = addresses.filter_map(|text| Url::parse(&text).ok()).collect();
    for url in &addresses {
        check_any(url);
        if is_lawful(url) {
            check_lawful(url);
        }
    }
    let first = addresses.first();
    for (one, other) in first.iter().flat_map(|one| addresses.iter().map(move |url| (one, url))) {
        assert_eq!(are_of_one_site(one, other), are_of_one_site(other, one));
    }
}

fn check_feed_url(text: &str) {
    let Ok(url) = FeedUrl::parse(text) else { return };
    assert!(is_lawful(url.as_url()) && url.as_str().len() <= limits::FEED_URL_BYTES);
    assert!(!has_user(url.as_url()) && url.as_url().fragment().is_none());
    assert_eq!(FeedUrl::parse(url.as_str()), Ok(url));
}

fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn check_any(url: &Url) {
    let plain = canonical(url);
    assert_eq!(canonical(&plain), plain);
    assert!(!has_user(&plain) && !has_user(&without_user(url.clone())));
    assert_eq!(IdentityKey::of(&plain), IdentityKey::of(url));
    assert!(IdentityKey::of(url).as_str().len() <= MOST_KEY_BYTES + "/sha256:".len() + 64);
}

fn check_lawful(url: &Url) {
    let plain = canonical(url);
    assert!(is_lawful(&plain) && plain.as_str().len() <= url.as_str().len());
    let host = Host::of(url).expect("a lawful address");
    assert_eq!(Host::of(&plain).as_ref(), Some(&host));
    check_host(host.as_str());
    assert!(are_of_one_site(url, url) && are_of_one_site(url, &plain));
    let key = IdentityKey::of(url);
    check_key(url, &key);
    check_parameters(&key);
}

fn check_host(host: &str) {
    assert!(host.len() <= limits::SITE_BYTES && !host.contains('@'));
    let edition = without_edition(host);
    assert!(host.ends_with(edition) && without_edition(edition) == edition);
    assert!(same_site(host, edition));
    let Some(domain) = registrable(host) else { return };
    let bare = host.rsplit_once(':').map_or(host, |(bare, _)| bare);
    let labels = bare.strip_suffix(domain).expect("the end of the host");
    assert!(labels.is_empty() || labels.ends_with('.'));
    assert!(!domain.starts_with('.') && domain.contains('.'));
    assert_eq!(registrable(domain), Some(domain));
}

fn check_key(url: &Url, key: &IdentityKey) {
    let address = format!("{}://{}", url.scheme(), key.as_str());
    let address = Url::parse(&address).expect("a key of an address");
    assert_eq!(&IdentityKey::of(&address), key);
    assert!(!has_user(&address));
    let mut named = url.clone();
    named.set_username("me").and_then(|()| named.set_password(Some("secret"))).expect("a host");
    assert_eq!(&IdentityKey::of(&named), key);
    // A port that one of the two schemes leaves out is another place under the other.
    let other = if url.scheme() == "http" { "https" } else { "http" };
    let mut changed = url.clone();
    if url.port().is_none_or(|port| port != 80 && port != 443) && changed.set_scheme(other).is_ok()
    {
        assert_eq!(&IdentityKey::of(&changed), key);
    }
}

fn check_parameters(key: &IdentityKey) {
    let site = site_of(key.as_str());
    let mut ignored = IgnoredParameters::default();
    for reduced in without_each(key.as_str()) {
        assert!(!reduced.name.is_empty() && site_of(&reduced.rest) == site);
        assert!(reduced.rest.len() < key.as_str().len());
        ignored.add(site.to_owned(), reduced.name);
    }
    let stripped = ignored.strip(key);
    assert_eq!(ignored.strip(&stripped), stripped);
    assert_eq!(site_of(stripped.as_str()), site);
}
