//! The publication's name for itself.

use url::Url;

use crate::extract::metadata::head::Head;
use crate::extract::metadata::html_text;

/// The site's name as the page states it.
pub(crate) fn name(head: &Head) -> Option<String> {
    let metas = head.meta_of(&[
        "og:site_name",
        "application-name",
        "apple-mobile-web-app-title",
        "twitter:app:name:iphone",
    ]);
    let name = metas.or(head.facts.publisher.as_deref()).map(html_text)?;
    (!name.is_empty() && name.chars().count() <= 100).then_some(name)
}

/// A name to recognise the site by in titles: the stated one, else the telling part of the host.
pub(crate) fn name_or_host(head: &Head, url: Option<&Url>) -> Option<String> {
    name(head).or_else(|| {
        let host = url?.host_str()?;
        let host = host.strip_prefix("www.").unwrap_or(host);
        let parts: Vec<&str> = host.split('.').collect();
        parts.iter().rev().skip(1).find(|part| part.len() > 3).map(|part| (*part).to_owned())
    })
}
