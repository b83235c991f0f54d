//! Request to response, for all hosts. Pure, except for what the caller remembers.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::World;
use super::address;
use super::article::{Article, Availability};
use super::markup;
use super::outlet::{FeedSpec, Outlet, Style};
use super::reply::{Reply, encode};
use super::scene::Scene;
use super::{feeds, markup::escape};

/// The shortener's host.
pub(super) const SHORTENER: &str = "lnk.localhost";

/// The parts of a request that the world uses.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestParts<'a> {
    /// Without the port, in lower case.
    pub(super) host: &'a str,
    /// Path and query.
    pub(super) target: &'a str,
    pub(super) if_none_match: Option<&'a str>,
    pub(super) if_modified_since: Option<&'a str>,
}

/// The response at an edition. `first_visit` says whether an address is requested for the first
/// time.
pub(super) fn answer(
    world: &World,
    request: RequestParts<'_>,
    edition: u32,
    port: u16,
    first_visit: &dyn Fn(&str) -> bool,
) -> Reply {
    if request.host == SHORTENER {
        return shortened(world, request.target, edition, port);
    }
    let Some(outlet) = world.outlet(request.host, edition) else {
        return Reply::refusal(421, "No such host here");
    };
    let scene = Scene { outlet: &outlet, start: world.start, port, edition };
    let path = request.target.split('?').next().unwrap_or(request.target);
    match path {
        "/robots.txt" => robots(&scene),
        "/" => front_page(&scene),
        _ => match feed_at(&outlet, path) {
            Some(feed) => feed_reply(&scene, feed, path, request),
            None => page_reply(&scene, request, first_visit),
        },
    }
}

fn shortened(world: &World, target: &str, edition: u32, port: u16) -> Reply {
    if target == "/robots.txt" {
        return Reply::new(200, "text/plain", "User-agent: *\nAllow: /\n");
    }
    let code = target.trim_start_matches('/');
    for outlet in world.outlets() {
        let scene = Scene { outlet: &outlet, start: world.start, port, edition };
        let found =
            scene.visible().into_iter().find(|article| article.short.as_deref() == Some(code));
        if let Some(article) = found {
            return Reply::redirect(
                302,
                &format!("{}?utm_source=lnk&utm_medium=short", scene.url(article)),
            );
        }
    }
    Reply::refusal(404, "This link leads nowhere")
}

fn robots(scene: &Scene<'_>) -> Reply {
    let rules = format!(
        "# Be gentle.\nUser-agent: *\nDisallow: /members/\nDisallow: /admin/\n\nSitemap: {}/sitemap.xml\n",
        scene.root()
    );
    Reply::new(200, "text/plain; charset=utf-8", rules)
}

fn front_page(scene: &Scene<'_>) -> Reply {
    let mut html = format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<h1>{}</h1>\n",
        escape(&scene.outlet.name)
    );
    for article in scene.visible() {
        let _ = writeln!(
            html,
            "<p><a href=\"{}\">{}</a></p>",
            escape(&scene.path(article)),
            escape(&article.title)
        );
    }
    Reply::new(200, "text/html; charset=utf-8", html)
}

fn feed_at<'a>(outlet: &'a Outlet, path: &str) -> Option<&'a FeedSpec> {
    outlet.feeds.iter().find(|feed| feed.path == path || feed.moves_to == Some(path))
}

fn feed_reply(scene: &Scene<'_>, feed: &FeedSpec, path: &str, request: RequestParts<'_>) -> Reply {
    match feed.moves_to {
        Some(new) if new == path && scene.edition == 0 => {
            return Reply::refusal(404, "Not here yet");
        }
        Some(new) if new != path && scene.edition > 0 => {
            return Reply::redirect(301, &format!("{}{new}", scene.root()));
        }
        _ => {}
    }
    let document = feeds::document(scene, feed);
    let changed =
        scene.edition_start().map_or(document.changed, |start| start.max(document.changed));
    Reply::new(200, document.media_type, document.text).validated(
        changed,
        request.if_none_match,
        request.if_modified_since,
    )
}

fn page_reply(
    scene: &Scene<'_>,
    request: RequestParts<'_>,
    first_visit: &dyn Fn(&str) -> bool,
) -> Reply {
    let style = scene.outlet.style;
    let (path, amp) = address::asked_for(style, request.target);
    let Some(article) = scene.find(&path) else {
        return Reply::refusal(404, "Page not found");
    };
    match article.availability {
        Availability::Gone => return Reply::refusal(410, "This page has been removed"),
        Availability::Missing => return Reply::refusal(404, "Page not found"),
        Availability::Flaky if first_visit(&scene.url(article)) => {
            return Reply::refusal(503, "Too many visitors").with("retry-after", "2");
        }
        Availability::Open | Availability::Flaky | Availability::Disallowed => {}
    }
    let page = if amp { markup::amp(scene, article) } else { markup::page(scene, article) };
    Reply::new(200, media_type(style), encode(&page.html, markup::charset(style))).validated(
        changed(scene, article),
        request.if_none_match,
        request.if_modified_since,
    )
}

/// The outlets with old charsets declare them only in the page.
fn media_type(style: Style) -> &'static str {
    match markup::charset(style) {
        markup::Charset::Utf8 => "text/html; charset=utf-8",
        markup::Charset::Windows1252 | markup::Charset::Windows1251 => "text/html",
    }
}

fn changed(scene: &Scene<'_>, article: &Article) -> DateTime<Utc> {
    scene.modified(article).unwrap_or_else(|| scene.published(article))
}
