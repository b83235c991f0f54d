//! Any bytes as a page.

use wiresift_extract::{
    Hints, Limits, Model, Page, block_paths, extract, from_feed_content, render,
};

use crate::NOW;

/// Bounds that a small input can reach.
const LIMITS: Limits =
    Limits { max_bytes: 1 << 20, max_depth: 24, max_nodes: 2_000, max_blocks: 100 };

/// Room for what is not from the page: marks of lists, an address that was completed.
const SOME: usize = 4_096;

/// Read twice alike, within the limits, and nothing comes out that is longer than what went in.
pub fn page(bytes: &[u8]) {
    let model = Model::embedded().expect("the model of the program");
    for limits in [LIMITS, Limits::default()] {
        let page = Page { bytes, url: None, content_type: None };
        let read = || extract(model, &page, &Hints::default(), *NOW, &limits);
        let (found, again) = (read(), read());
        assert_eq!(found.article, again.article);
        assert_eq!(found.blocks, again.blocks);
        assert!(found.blocks.len() <= limits.max_blocks);
        assert_eq!(found.blocks.len(), block_paths(&page, &limits).len());
        assert!((0.0..=1.0).contains(&found.article.quality));
        // A byte of an old encoding is up to three in ours, and a formatting element left open
        // marks every block.
        assert!(found.article.text().len() <= bytes.len() * 4 + SOME);
        let html = render::html(&found.article.body);
        assert!(!html.contains("<script") && !render::markdown(&found.article).contains('\0'));
        let text = String::from_utf8_lossy(bytes);
        let lines = Page { content_type: Some("text/plain"), ..page };
        let found = extract(model, &lines, &Hints::default(), *NOW, &limits);
        assert_eq!(found.blocks.len(), block_paths(&lines, &limits).len());
        drop(from_feed_content(&text, None, &Hints::default(), *NOW, &limits));
    }
}
