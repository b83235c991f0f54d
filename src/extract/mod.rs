//! Pages to articles.
