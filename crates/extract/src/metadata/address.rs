//! The canonical address and other forms of the article.

use url::Url;
use wiresift_text::limits;
use wiresift_text::urls::{is_lawful, without_user};

use crate::article::{Alternate, AlternateKind};
use crate::metadata::head::Head;
use crate::provenance::{Evidence, Source};

/// An absolute `http` or `https` address without a user, resolved against the page's.
pub(crate) fn resolve(value: &str, base: Option<&Url>) -> Option<Url> {
    let value = value.trim();
    if value.is_empty() || value.len() > limits::URL_BYTES {
        return None;
    }
    let url = match base {
        Some(base) => base.join(value).ok()?,
        None => Url::parse(value).ok()?,
    };
    is_lawful(&url).then(|| without_user(url))
}

/// The base of the page's relative addresses.
pub(crate) fn base(head: &Head, page: Option<&Url>) -> Option<Url> {
    let stated = head.base.as_deref().and_then(|base| resolve(base, page));
    stated.or_else(|| page.cloned())
}

/// `rel=canonical`, or `og:url`. A bare home page is an error of the site's template and ignored,
/// unless the page is the home page.
pub(crate) fn canonical(
    head: &Head,
    base: Option<&Url>,
    page: Option<&Url>,
) -> Option<(Url, Evidence)> {
    let is_home = |url: &Url| url.path() == "/" && url.query().is_none();
    let links = head.links_of("canonical").map(|link| (link, Evidence::new(Source::Link, 0.95)));
    let graph = head.metas_of("og:url").map(|url| (url, Evidence::new(Source::OpenGraph, 0.85)));
    links
        .chain(graph)
        .filter_map(|(value, evidence)| Some((resolve(value, base)?, evidence)))
        .find(|(url, _)| !is_home(url) || page.is_some_and(is_home))
}

/// Other forms of the article, at most a few.
pub(crate) fn alternates(head: &Head, base: Option<&Url>) -> Vec<Alternate> {
    let mut found: Vec<Alternate> = Vec::new();
    for link in &head.links {
        let has = |rel: &str| link.rel.split(' ').any(|word| word == rel);
        let kind = match link.media.as_str() {
            _ if has("amphtml") => AlternateKind::Amp,
            _ if has("shortlink") => AlternateKind::Short,
            "print" if has("alternate") => AlternateKind::Print,
            _ => continue,
        };
        if let Some(url) = resolve(&link.href, base)
            && !found.iter().any(|known| known.url == url)
            && found.len() < 8
        {
            found.push(Alternate { kind, url });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::tree::Tree;

    #[test]
    fn a_canonical_home_page_is_ignored() {
        let page = Url::parse("https://example.org/news/storm?utm_source=x").unwrap();
        let head = |html: &str| Head::of(&Tree::parse(html, &Limits::default()), None);
        let home = head("<link rel=canonical href='https://example.org/'>");
        assert_eq!(canonical(&home, Some(&page), Some(&page)), None);
        let good = head(
            "<link rel=canonical href='/news/storm'><link rel=amphtml href=/amp/storm>
             <link rel=alternate media=print href=?print=1><link rel=alternate media=handheld href=/m>",
        );
        assert_eq!(
            canonical(&good, Some(&page), Some(&page)).unwrap().0.as_str(),
            "https://example.org/news/storm"
        );
        let forms: Vec<(AlternateKind, String)> = alternates(&good, Some(&page))
            .into_iter()
            .map(|form| (form.kind, form.url.to_string()))
            .collect();
        assert_eq!(
            forms,
            [
                (AlternateKind::Amp, "https://example.org/amp/storm".to_owned()),
                (AlternateKind::Print, "https://example.org/news/storm?print=1".to_owned()),
            ]
        );
    }

    #[test]
    fn only_web_addresses() {
        assert_eq!(resolve("javascript:alert(1)", None), None);
        assert_eq!(resolve("data:image/png;base64,x", None), None);
    }
}
