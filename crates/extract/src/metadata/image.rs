//! The lead image: as offered for sharing, else the first picture of the article.

use url::Url;

use crate::metadata::address::resolve;
use crate::metadata::area::{Area, Place};
use crate::metadata::head::Head;
use crate::provenance::{Evidence, Source};
use crate::tree::Tree;

/// Parts of addresses and class names of pictures that are no article's.
const OTHERS: [&str; 14] = [
    "logo",
    "placeholder",
    "default-image",
    "avatar",
    "icon",
    "sprite",
    "spacer",
    "blank",
    "pixel",
    "gravatar",
    "badge",
    "button",
    "author",
    ".svg",
];

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
        !OTHERS.iter().take(3).any(|other| path.contains(other))
    })
}

/// The first picture of the article on the page. Lazily loaded ones have their address in another
/// attribute than `src`.
pub(crate) fn shown(
    head: &Head,
    tree: &Tree,
    area: Option<&Area<'_>>,
    base: Option<&Url>,
) -> Option<(Url, Evidence)> {
    let area = area?;
    let is_shown = |place| matches!(place, Place::Above | Place::Inside);
    let pictures = head.images.iter().filter(|picture| {
        let names = picture.names.to_ascii_lowercase();
        let is_other = OTHERS.iter().any(|other| names.contains(other));
        !is_other && area.place_of(tree, picture.node).is_some_and(|(place, _)| is_shown(place))
    });
    let found = pictures.filter_map(|picture| resolve(&picture.src, base)).find(|url| {
        let path = url.path().to_ascii_lowercase();
        !OTHERS.iter().any(|other| path.contains(other))
    })?;
    Some((found, Evidence::new(Source::Markup, 0.7)))
}
