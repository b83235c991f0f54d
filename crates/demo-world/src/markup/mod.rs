//! Pages: one file per style.
//!
//! Every style writes through a [`sheet::Sheet`], which records each line of boilerplate as it is
//! written. So what a correct extraction removes is known by construction and cannot differ from
//! the markup.

mod breaks;
mod comments;
mod divs;
mod plain;
mod portal;
mod press;
mod prism;
mod sections;
mod sheet;
mod tables;

use super::article::Article;
use super::outlet::Style;
use super::scene::Scene;

pub(super) use sheet::{Page, escape};

/// The charset of a style's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    /// Western, for the pages of 2003.
    Windows1252,
    /// Cyrillic.
    Windows1251,
}

/// The page of an article.
pub(super) fn page(scene: &Scene<'_>, article: &Article) -> Page {
    let sheet = match scene.outlet.style {
        Style::Press => press::page(scene, article),
        Style::Prism => prism::page(scene, article),
        Style::Plain => plain::page(scene, article),
        Style::Tables => tables::page(scene, article),
        Style::Portal => portal::page(scene, article),
        Style::Divs => divs::page(scene, article),
        Style::Breaks => breaks::page(scene, article),
        Style::Sections => sections::page(scene, article),
    };
    sheet.finish()
}

/// The AMP page, for the styles that have one.
pub(super) fn amp(scene: &Scene<'_>, article: &Article) -> Page {
    press::amp(scene, article).finish()
}

pub(super) fn charset(style: Style) -> Charset {
    match style {
        Style::Tables => Charset::Windows1252,
        Style::Breaks => Charset::Windows1251,
        _ => Charset::Utf8,
    }
}
