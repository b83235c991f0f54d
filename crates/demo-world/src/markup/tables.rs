//! A page of 2003: tables in tables, font tags, a column of links, no heading element,
//! windows-1252.

use super::sheet::{Sheet, escape};
use crate::article::Article;
use crate::scene::Scene;

const MENU: [(&str, &str); 7] = [
    ("/index.php", "Front Page"),
    ("/list.php?c=1", "Local News"),
    ("/list.php?c=2", "Farming Pages"),
    ("/list.php?c=3", "Sports Results"),
    ("/bmd.php", "Births, Marriages & Deaths"),
    ("/classified.php", "Classified Ads"),
    ("/guestbook.php", "Sign our Guestbook"),
];

pub(super) fn page(scene: &Scene<'_>, article: &Article) -> Sheet {
    let mut sheet = Sheet::default();
    sheet.raw(&format!(
        "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">\n<HTML>\n<HEAD>\n\
         <META HTTP-EQUIV=\"Content-Type\" CONTENT=\"text/html; charset=windows-1252\">\n\
         <TITLE>{}: {}</TITLE>\n<META NAME=\"keywords\" CONTENT=\"{}\">\n</HEAD>\n\
         <BODY BGCOLOR=\"#FFFFFF\" TOPMARGIN=0 LEFTMARGIN=0>\n",
        escape(&scene.outlet.name),
        escape(&article.title),
        escape(&article.tags.join(","))
    ));
    sheet.raw("<TABLE WIDTH=780 BORDER=0 CELLPADDING=0 CELLSPACING=0><TR><TD COLSPAN=3 BGCOLOR=\"#003366\">");
    sheet.text("font color=\"#FFFFFF\" size=\"5\"", &scene.outlet.name);
    sheet.raw("<BR>");
    sheet.boilerplate(
        "font color=\"#FFFFFF\" size=\"1\"",
        "Serving town and dale every Thursday. Price 85p",
    );
    sheet.raw("</TD></TR>\n<TR VALIGN=top><TD WIDTH=140 BGCOLOR=\"#CCDDEE\"><TABLE>\n");
    for (address, words) in MENU {
        sheet.raw("<TR><TD><IMG SRC=\"/img/arrow.gif\"> ");
        sheet.boilerplate(&format!("a href=\"{address}\" class=\"nav\""), words);
        sheet.raw("</TD></TR>\n");
    }
    sheet.raw("<TR><TD>");
    sheet.boilerplate("font size=\"1\"", "Best viewed at 800 x 600");
    sheet.raw("</TD></TR></TABLE></TD>\n<TD WIDTH=490>");
    story(&mut sheet, scene, article);
    sheet.raw("</TD>\n<TD WIDTH=150 BGCOLOR=\"#EEEEEE\">");
    sheet.boilerplate("font size=\"2\"", "Also in this week's paper");
    sheet.raw("<BR><BR>\n");
    for other in scene.others(article, 4, 2) {
        sheet.raw("<FONT SIZE=1>&#149; ");
        sheet.boilerplate(&format!("a href=\"{}\"", escape(&scene.path(other))), &other.title);
        sheet.raw("</FONT><BR><BR>\n");
    }
    sheet.raw("<TABLE BORDER=1><TR><TD>");
    sheet.boilerplate(
        "font size=\"1\"",
        "READER OFFER: two brass hedgehogs for the price of one. Send a cheque to the office.",
    );
    sheet.raw("</TD></TR></TABLE></TD></TR>\n<TR><TD COLSPAN=3 ALIGN=center>");
    sheet.boilerplate(
        "font size=\"1\"",
        "© Dale Newspapers. Problems with this site? Ask for the webmaster.",
    );
    sheet.raw("</TD></TR></TABLE>\n</BODY>\n</HTML>\n");
    sheet
}

fn story(sheet: &mut Sheet, scene: &Scene<'_>, article: &Article) {
    sheet.raw("<TABLE CELLPADDING=8 WIDTH=\"100%\"><TR><TD>");
    sheet.boilerplate(
        "font size=\"1\" color=\"#666666\"",
        &format!("You are here: Front Page > {}", article.section),
    );
    sheet.raw("<BR><FONT FACE=\"Verdana\" SIZE=\"4\">");
    sheet.text("b", &article.title);
    sheet.raw("</FONT><BR>");
    sheet.boilerplate("font size=\"1\"", &format!("by {}", article.author));
    sheet.raw("<BR>");
    sheet.boilerplate(
        "font size=\"1\"",
        &scene.published(article).format("%A, %B %d, %Y").to_string(),
    );
    sheet.raw("<HR SIZE=1>\n");
    if let (Some(caption), Some(credit)) = (&article.caption, &article.credit) {
        sheet.raw(
            "<TABLE ALIGN=right WIDTH=200><TR><TD><IMG SRC=\"/pics/story.jpg\" WIDTH=200></TD></TR><TR><TD>",
        );
        sheet.boilerplate("font size=\"1\"", caption);
        sheet.raw("<BR>");
        sheet.boilerplate("font size=\"1\"", credit);
        sheet.raw("</TD></TR></TABLE>\n");
    }
    for block in scene.blocks(article) {
        sheet.raw("<P>");
        sheet.text("font face=\"Verdana\" size=\"2\"", block.text());
        sheet.raw("\n");
    }
    if let Some(agency) = &article.wire {
        sheet.raw("<P>");
        sheet.boilerplate("font size=\"1\"", &format!("From our wire: {agency}"));
    }
    sheet.raw("<HR SIZE=1>\n");
    sheet.links(
        "font size=\"1\"",
        &[
            ("javascript:print()", "Printer Friendly Version"),
            ("/mail.php", "E-mail this story to a friend"),
            ("/forum.php", "Discuss this story in our forum"),
            ("#top", "Back to top of page"),
        ],
    );
    sheet.raw("</TD></TR></TABLE>");
}
