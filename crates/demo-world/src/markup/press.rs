//! A blog theme: menu items with long class lists, share bars, a newsletter box inside the article,
//! an author box, reader comments and a sidebar of popular articles.

use super::comments;
use super::sheet::{Sheet, escape};
use crate::article::Article;
use crate::scene::Scene;

const MENU: [(&str, &str); 7] = [
    ("/", "Front page"),
    ("/category/city/", "City news"),
    ("/category/port/", "Port and shipping"),
    ("/category/business/", "Coast business"),
    ("/category/transport/", "Getting around"),
    ("/members/", "For members"),
    ("/contact/", "Send us a tip"),
];

pub(super) fn page(scene: &Scene<'_>, article: &Article) -> Sheet {
    let mut sheet = Sheet::default();
    head(&mut sheet, scene, article);
    masthead(&mut sheet, scene, article);
    story(&mut sheet, scene, article);
    after(&mut sheet, scene, article);
    sidebar(&mut sheet, scene, article);
    footer(&mut sheet, scene);
    sheet
}

fn head(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    let (url, title, teaser) =
        (scene.url(article), escape(&article.title), escape(&article.teaser));
    let name = escape(&scene.outlet.name);
    sheet.raw(&format!(
        "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"UTF-8\">\n<title>{title} - {name}</title>\n\
         <meta name=\"description\" content=\"{teaser}\">\n<link rel=\"canonical\" href=\"{url}\">\n\
         <link rel=\"amphtml\" href=\"{url}amp/\">\n<link rel=\"shortlink\" href=\"{}/?p={}\">\n\
         <meta property=\"og:type\" content=\"article\">\n<meta property=\"og:title\" content=\"{title}\">\n\
         <meta property=\"og:site_name\" content=\"{name}\">\n\
         <meta property=\"article:published_time\" content=\"{}\">\n",
        scene.root(),
        article.number,
        scene.published(article).to_rfc3339(),
    ));
    if let Some(modified) = scene.modified(article) {
        sheet.raw(&format!(
            "<meta property=\"article:modified_time\" content=\"{}\">\n",
            modified.to_rfc3339()
        ));
    }
    sheet.raw(
        "<style>.entry-content p{margin:0 0 1.4em}</style>\n<script>window.dataLayer=window.dataLayer||[];</script>\n\
         </head>\n",
    );
}

fn masthead(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    let id = article.number;
    sheet.raw(&format!(
        "<body class=\"post-template-default single single-post postid-{id} wp-embed\">\n"
    ));
    sheet.boilerplate(
        "a class=\"skip-link screen-reader-text\" href=\"#content\"",
        "Skip to content",
    );
    // Widgets that the theme's owner never filled.
    sheet.raw("<div class=\"td-header-rec\">");
    sheet.boilerplate("span", &scene.start.format("%A, %B %-d, %Y").to_string());
    sheet.boilerplate("span", "spot_imgspot_img");
    sheet.boilerplate("span class=\"td-block-title\"", "LATEST");
    sheet
        .raw("</div>\n<header id=\"masthead\" class=\"site-header\"><div class=\"site-branding\">");
    sheet.text("a href=\"/\" rel=\"home\" class=\"site-title\"", &scene.outlet.name);
    sheet.boilerplate("p class=\"site-description\"", "Reporting from the quayside since 1884");
    sheet.raw(
        "</div><nav class=\"main-navigation\"><ul id=\"primary-menu\" class=\"menu nav-menu\">\n",
    );
    sheet.links("li class=\"menu-item menu-item-type-taxonomy menu-item-object-category\"", &MENU);
    sheet.raw(
        "</ul></nav></header>\n<div id=\"content\" class=\"site-content\"><div id=\"primary\">\n",
    );
    sheet.raw("<nav class=\"breadcrumbs\" aria-label=\"breadcrumbs\">");
    sheet.text("a href=\"/\"", "Home");
    sheet.raw(" » ");
    sheet.text("a href=\"#\"", &article.section);
    sheet.raw(" » ");
    sheet.text("span class=\"current\"", &article.title);
    sheet.raw("</nav>\n");
}

fn story(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    let Article { number, title, author, .. } = article;
    sheet.raw(&format!(
        "<main id=\"main\"><article id=\"post-{number}\" class=\"post-{number} post type-post status-publish \
         format-standard has-post-thumbnail hentry\">\n<header class=\"entry-header\">"
    ));
    sheet.text("h1 class=\"entry-title\"", title);
    sheet.raw("<div class=\"entry-meta\">");
    sheet.boilerplate("span class=\"byline\"", &format!("By {author}"));
    let published = scene.published(article);
    sheet.raw(&format!(
        "<time class=\"entry-date published\" datetime=\"{}\">",
        published.to_rfc3339()
    ));
    sheet.boilerplate("span", &published.format("%-d %B %Y, %H:%M").to_string());
    sheet.raw("</time>");
    sheet.boilerplate("span class=\"comments-link\"", "Join the discussion below");
    sheet.raw("</div></header>\n");
    share_bar(sheet, scene, article);
    if let (Some(caption), Some(credit)) = (&article.caption, &article.credit) {
        sheet.raw(&format!(
            "<figure class=\"wp-caption aligncenter\"><img src=\"/uploads/{}-1024x683.jpg\" alt=\"\">",
            article.slug
        ));
        sheet.raw("<figcaption class=\"wp-caption-text\">");
        sheet.boilerplate("span", caption);
        sheet.raw(" ");
        sheet.boilerplate("span class=\"credit\"", credit);
        sheet.raw("</figcaption></figure>\n");
    }
    sheet.raw("<div class=\"entry-content\">\n");
    let blocks = scene.blocks(article);
    let read_also = scene.others(article, 1, *number as usize + 1);
    sheet.body(&blocks, |sheet, n| match n {
        0 => sheet.boilerplate("div class=\"ad-slot ad-slot--mpu\"", "Advertisement"),
        1 => {
            for other in &read_also {
                sheet.raw("<p class=\"read-also\"><strong>");
                sheet.boilerplate("span", "Read also:");
                sheet.raw("</strong> ");
                sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
                sheet.raw("</p>\n");
            }
        }
        2 => newsletter(sheet),
        _ => {}
    });
    sheet.raw("</div>\n");
}

fn share_bar(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    let url = scene.url(article);
    sheet.raw("<div class=\"sharedaddy sd-sharing-enabled\">");
    sheet.boilerplate("h3 class=\"sd-title\"", "Share this story:");
    sheet.raw("<ul>");
    for (network, words) in [
        ("chirp", "Click to share on Chirper (Opens in new window)"),
        ("faces", "Click to share on Facepage (Opens in new window)"),
        ("mail", "Click to email a link to a friend (Opens in new window)"),
    ] {
        sheet.raw("<li>");
        sheet.boilerplate(
            &format!("a class=\"share-{network}\" href=\"{url}?share={network}\""),
            words,
        );
        sheet.raw("</li>");
    }
    sheet.raw("</ul></div>\n");
}

fn newsletter(sheet: &mut Sheet) {
    sheet.raw("<div class=\"wp-block-newsletter\"><form action=\"/subscribe\" method=\"post\">");
    sheet.boilerplate("h4", "The Tide Table: our morning letter");
    sheet.boilerplate(
        "p",
        "Get the day's most important stories from the coast in your inbox at six every weekday.",
    );
    sheet.raw("<input type=\"email\" name=\"email\" placeholder=\"Your address\">");
    sheet.boilerplate("button type=\"submit\"", "Sign me up");
    sheet.boilerplate(
        "small",
        "By signing up you accept our terms of use. You can leave at any time.",
    );
    sheet.raw("</form></div>\n");
}

fn after(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    sheet.raw("<footer class=\"entry-footer\">");
    if let Some(agency) = &article.wire {
        sheet.boilerplate("p class=\"source\"", &format!("Source: {agency}"));
    }
    if let Some(note) = &article.correction
        && article.revised(scene.edition).is_some()
    {
        sheet.boilerplate("p class=\"correction\"", note);
    }
    sheet.boilerplate("span class=\"tags-title\"", "Filed under:");
    for tag in &article.tags {
        sheet.boilerplate("a rel=\"tag\" href=\"#\"", tag);
    }
    sheet.raw("</footer>\n<div class=\"author-box\"><img src=\"/avatar.png\" alt=\"\">");
    sheet.boilerplate("h4", &format!("About {}", article.author));
    sheet.boilerplate(
        "p class=\"author-bio\"",
        &format!(
            "{} writes for the {} and can be reached on the newsroom's number at any hour.",
            article.author, scene.outlet.name
        ),
    );
    sheet.raw("</div>\n<div class=\"jp-relatedposts\">");
    sheet.boilerplate("h3", "You might also like");
    for other in scene.others(article, 3, article.number as usize * 2) {
        sheet.raw("<div class=\"related-post\">");
        sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
        sheet.boilerplate("p", &other.teaser);
        sheet.raw("</div>");
    }
    sheet.raw("</div>\n</article></main>\n<div id=\"comments\" class=\"comments-area\">");
    if article.number.is_multiple_of(3) {
        sheet.boilerplate("h2 class=\"comments-title\"", "Comments");
        sheet.boilerplate(
            "p class=\"no-comments\"",
            "No comments yet. Will you open the discussion?",
        );
        sheet.raw("<ol>");
    } else {
        reader_comments(sheet, article);
    }
    sheet.raw("</ol><div id=\"respond\" class=\"comment-respond\">");
    sheet.boilerplate("h3 id=\"reply-title\"", "Leave a Reply");
    sheet.boilerplate(
        "p class=\"comment-notes\"",
        "Your email address will not be published. Required fields are marked *",
    );
    sheet.raw("</div></div></div>\n");
}

fn reader_comments(sheet: &mut Sheet, article: &Article) {
    let comments = comments::pick("en", 3, article.number);
    sheet.boilerplate(
        "h2 class=\"comments-title\"",
        &format!("{} thoughts on this story", comments.len()),
    );
    sheet.raw("<ol class=\"comment-list\">\n");
    for (name, words) in comments {
        sheet.raw(
            "<li class=\"comment byuser\"><article class=\"comment-body\"><footer class=\"comment-meta\">",
        );
        sheet.boilerplate("b class=\"fn\"", name);
        sheet.boilerplate("span class=\"says\"", "says:");
        sheet.raw("</footer><div class=\"comment-content\">");
        sheet.boilerplate("p", words);
        sheet.raw("</div></article></li>\n");
    }
}

fn sidebar(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    sheet.raw(
        "<aside id=\"secondary\" class=\"widget-area\"><section class=\"widget widget_popular\">",
    );
    sheet.boilerplate("h2 class=\"widget-title\"", "Popular Articles");
    sheet.raw("<ul>");
    for other in scene.others(article, 5, 3) {
        sheet.raw("<li>");
        sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
        sheet.raw("</li>\n");
    }
    sheet.raw("</ul></section><section class=\"widget widget_weather\">");
    sheet.boilerplate("h2 class=\"widget-title\"", "Tides and weather");
    sheet.boilerplate(
        "p",
        "High water at Customs Quay 05:12 and 17:38. Wind force five from the south-west, showers.",
    );
    sheet.raw("</section></aside></div>\n");
}

fn footer(sheet: &mut Sheet, scene: &Scene<'_>) {
    sheet.raw("<footer id=\"colophon\" class=\"site-footer\">");
    sheet.boilerplate(
        "p",
        &format!(
            "© {} {}. All rights reserved. Reproduction without permission is prohibited.",
            scene.start.format("%Y"),
            scene.outlet.name
        ),
    );
    sheet.links("span", &[("/privacy/", "Privacy policy"), ("/advertise/", "Advertise with us")]);
    sheet.raw("</footer>\n<div class=\"cookie-law-info-bar\" role=\"dialog\">");
    sheet.boilerplate(
        "span",
        "We use cookies to remember your preferences and to count our readers.",
    );
    sheet.boilerplate("a role=\"button\"", "Accept all cookies");
    sheet.raw("</div>\n<script src=\"/theme.js\"></script>\n</body>\n</html>\n");
}

/// The AMP page: the same article with little else.
pub(super) fn amp(scene: &Scene<'_>, article: &Article) -> Sheet {
    let mut sheet = Sheet::default();
    let title = escape(&article.title);
    sheet.raw(&format!(
        "<!doctype html>\n<html amp lang=\"en-GB\">\n<head><meta charset=\"utf-8\"><title>{title}</title>\n\
         <link rel=\"canonical\" href=\"{}\">\n</head>\n<body>\n<amp-sidebar id=\"menu\" layout=\"nodisplay\"><ul>",
        scene.url(article)
    ));
    sheet.links("li", &MENU);
    sheet.raw("</ul></amp-sidebar>\n<article class=\"amp-wp-article\">");
    sheet.text("h1 class=\"amp-wp-title\"", &article.title);
    sheet.boilerplate("div class=\"amp-wp-byline\"", &format!("By {}", article.author));
    sheet.raw("<div class=\"amp-wp-article-content\">\n");
    sheet.body(&scene.blocks(article), |_, _| {});
    sheet.raw("</div>");
    sheet.boilerplate(
        "a class=\"amp-wp-comments-link\" href=\"#comments\"",
        "Leave a comment on the full site",
    );
    sheet.raw("</article>\n</body>\n</html>\n");
    sheet
}
