//! The lead image: what the page offers to those who share it.

use url::Url;

use crate::extract::metadata::address::resolve;
use crate::extract::metadata::head::Head;

/// The address of the lead image, unless it is the site's logo.
pub(crate) fn image(head: &Head, base: Option<&Url>) -> Option<Url> {
    let names = [
        "og:image:secure_url",
        "og:image",
        "og:image:url",
        "twitter:image",
        "twitter:image:src",
        "thumbnail",
    ];
    let metas = names.iter().filter_map(|name| head.metas_of(name).next());
    let stated = head.facts.article.image.as_deref();
    let links = head.links_of("image_src");
    let mut all = metas.chain(stated).chain(links).filter_map(|value| resolve(value, base));
    all.find(|url| {
        let path = url.path().to_ascii_lowercase();
        !path.contains("logo") && !path.contains("placeholder") && !path.contains("default-image")
    })
}
