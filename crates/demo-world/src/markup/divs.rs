//! A Spanish daily's pages: nested `div`s, microdata, the author's box beside the text, comments.

use super::comments;
use super::sheet::{Sheet, escape};
use crate::article::Article;
use crate::scene::Scene;

pub(super) fn page(scene: &Scene<'_>, article: &Article) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.raw(&format!(
        "<!DOCTYPE html>\n<html lang=\"es\">\n<head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\n\
         <title>{title} - {name}</title>\n<link rel=\"canonical\" href=\"{url}\">\n\
         <meta name=\"DC.date\" content=\"{date}\">\n<meta property=\"og:title\" content=\"{title}\">\n</head>\n\
         <body itemscope itemtype=\"http://schema.org/WebPage\">\n<div id=\"wrapper\">\n<div id=\"top\">",
        title = escape(&article.title),
        name = escape(&scene.outlet.name),
        url = scene.url(article),
        date = scene.published(article).to_rfc3339(),
    ));
    sheet.boilerplate("div class=\"eslogan\"", "El diario de la comarca desde 1921");
    sheet.text("a id=\"logo\" href=\"/\"", &scene.outlet.name);
    sheet.raw("<div id=\"menu\">");
    sheet.links(
        "div class=\"opcion\"",
        &[
            ("/ciudad", "Noticias de la ciudad"),
            ("/comarca", "Noticias de la comarca"),
            ("/cultura", "Agenda cultural"),
            ("/esquelas", "Esquelas de hoy"),
            ("/suscripcion", "Hazte suscriptor"),
        ],
    );
    sheet.raw("</div></div>\n<div id=\"contenido\"><div class=\"col-izq\">\n");
    story(&mut sheet, scene, article);
    below(&mut sheet, scene, article);
    sheet.raw("</div><div class=\"col-der\"><div class=\"modulo\">");
    sheet.boilerplate("div class=\"tit\"", "Lo más leído del día");
    for other in scene.others(article, 4, 2) {
        sheet.raw("<div class=\"fila\">");
        sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
        sheet.raw("</div>\n");
    }
    sheet.raw("</div></div></div>\n<div id=\"pie\">");
    sheet.boilerplate(
        "div",
        "© Ediciones Ribereñas. Queda prohibida la reproducción total o parcial de los contenidos.",
    );
    sheet.links("span", &[("/aviso-legal", "Aviso legal"), ("/cookies", "Política de cookies")]);
    sheet.raw("</div><div id=\"aviso-cookies\">");
    sheet.boilerplate(
        "div",
        "Utilizamos cookies propias y de terceros para mejorar su experiencia de navegación.",
    );
    sheet.boilerplate("a href=\"#\"", "Aceptar y cerrar");
    sheet.raw("</div>\n</div>\n</body></html>\n");
    sheet
}

fn story(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    sheet.raw("<div class=\"noticia\" itemscope itemtype=\"http://schema.org/NewsArticle\">");
    sheet.boilerplate("div class=\"antetitulo\"", &format!("Portada > {}", article.section));
    sheet.text("h1 itemprop=\"headline\"", &article.title);
    sheet.raw("<div class=\"datos\"><div class=\"firma\" itemprop=\"author\">");
    sheet.boilerplate("div", &format!("Por {}", article.author));
    let published = scene.published(article);
    sheet.raw(&format!(
        "</div><meta itemprop=\"datePublished\" content=\"{}\">",
        published.to_rfc3339()
    ));
    sheet.boilerplate(
        "div class=\"fecha\"",
        &published.format("%d/%m/%Y a las %H:%M h").to_string(),
    );
    sheet.raw("</div><div class=\"compartir\">");
    for words in ["Compartir en redes", "Enviar por correo", "Imprimir esta página"] {
        sheet.boilerplate("a href=\"#\"", words);
    }
    sheet.raw("</div>\n");
    if let (Some(caption), Some(credit)) = (&article.caption, &article.credit) {
        sheet
            .raw("<div class=\"foto\"><img src=\"/fotos/n.jpg\" alt=\"\"><div class=\"pie-foto\">");
        sheet.boilerplate("div", caption);
        sheet.boilerplate("div class=\"autor-foto\"", credit);
        sheet.raw("</div></div>\n");
    }
    sheet.raw("<div class=\"cuerpo\" itemprop=\"articleBody\"><div class=\"texto\">\n");
    let blocks = scene.blocks(article);
    let also = scene.others(article, 1, article.number as usize + 3);
    sheet.body(&blocks, |sheet, n| {
        if n == 1 {
            sheet.boilerplate("div class=\"publi\"", "PUBLICIDAD");
        }
        if n == 2 {
            for other in &also {
                sheet.raw("<div class=\"ladillo\">");
                sheet.boilerplate("span", "Te puede interesar:");
                sheet.raw(" ");
                sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
                sheet.raw("</div>\n");
            }
        }
    });
    sheet.raw("</div></div></div>\n");
}

fn below(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    sheet.raw("<div class=\"temas\">");
    sheet.boilerplate("b", "Temas relacionados:");
    for tag in &article.tags {
        sheet.boilerplate("a href=\"#\"", tag);
    }
    sheet.raw("</div>\n<div class=\"boletin\">");
    sheet.boilerplate(
        "div",
        "Recibe cada mañana nuestro boletín con las noticias de la comarca en tu correo.",
    );
    sheet.boilerplate("button", "Quiero recibirlo");
    sheet.raw("</div>\n<div class=\"relacionadas\">");
    sheet.boilerplate("div class=\"tit\"", "Noticias relacionadas");
    for other in scene.others(article, 2, article.number as usize) {
        sheet.boilerplate(&format!("a href=\"{}\"", scene.path(other)), &other.title);
        sheet.boilerplate("div class=\"entradilla\"", &other.teaser);
    }
    sheet.raw("</div>\n<div class=\"comentarios\">");
    sheet.boilerplate("div class=\"tit\"", "Comentarios de los lectores");
    for (name, words) in comments::pick("es", 2, article.number) {
        sheet.raw("<div class=\"comentario\">");
        sheet.boilerplate("div class=\"nick\"", name);
        sheet.boilerplate("div class=\"opinion\"", words);
        sheet.raw("</div>\n");
    }
    sheet.boilerplate("div", "Solo los usuarios registrados pueden comentar esta noticia.");
    sheet.raw("</div>\n");
    // Headings of modules that a script would fill.
    for title in ["ÚLTIMAS NOTICIAS", "POR LOS PUEBLOS"] {
        sheet.raw("<div class=\"modulo\">");
        sheet.boilerplate("div class=\"tit\"", title);
        sheet.raw("</div>\n");
    }
}
