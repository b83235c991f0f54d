//! The lead image, as offered for sharing.

use url::Url;

use crate::metadata::address::resolve;
use crate::metadata::head::Head;
use crate::provenance::{Evidence, Source};

/// The address of the lead image, unless it is the site's logo.
pub(crate) fn image(head: &Head, base: Option<&Url>) -> Option<(Url, Evidence)> {
    let names = [
        "og:image:secure_url",
        "og:image",
        "og:image:url",
        "twitter:image",
        "twitter:image:src",
        "thumbnail",
    ];
    let metas = names.iter().filter_map(|name| {
        let source = if name.starts_with("og:") { Source::OpenGraph } else { Source::Meta };
        Some((head.metas_of(name).next()?, source))
    });
    let stated = head.facts.article.image.as_deref().map(|image| (image, Source::JsonLd));
    let links = head.links_of("image_src").map(|link| (link, Source::Link));
    let all = metas.chain(stated).chain(links);
    let mut all =
        all.filter_map(|(value, source)| Some((resolve(value, base)?, Evidence::new(source, 0.9))));
    all.find(|(url, _)| {
        let path = url.path().to_ascii_lowercase();
        !path.contains("logo") && !path.contains("placeholder") && !path.contains("default-image")
    })
}
