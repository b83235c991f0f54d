//! Looking into a stored page: what was decided about each block of it, with the rules and the site
//! memory of today. Nothing is filed.

use std::sync::Arc;

use url::Url;

use crate::filing::feed_text::{feed_text, hints};
use crate::pipeline::Pipeline;
use crate::pipeline::page_dictionaries::MOST_PAGE_BYTES;
use crate::pipeline::parsers::html_need;
use crate::pipeline::read::context::Context;
use crate::store::{StoreError, StoredPage, source_of_feed};
use wiresift_extract::{Extraction, Hints, Page, SiteRule, block_nesting};
use wiresift_feed::address::Host;

/// Blocks whose nesting is told.
const NESTED: usize = 1_000;

/// A page with the decisions about its blocks.
#[derive(Debug)]
pub struct Xray {
    pub extraction: Extraction,
    /// For each of the first blocks the elements around it, outermost first: number and name.
    pub nesting: Vec<Vec<(u32, String)>>,
    /// Whether a site memory took part.
    pub has_memory: bool,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoXray {
    /// This version cannot read what was stored, or nothing can be extracted from it.
    Unreadable,
    /// There is no memory for it at this moment.
    Busy,
}

impl Pipeline {
    /// Extracts a stored page again. `rule`: by this rule in place of the one for its site. `feed`: the
    /// feed that showed it.
    pub async fn xray(
        &self,
        page: &StoredPage,
        feed: Option<i64>,
        rule: Option<Arc<SiteRule>>,
    ) -> Result<Result<Xray, NoXray>, StoreError> {
        let Some(context) = Context::unpack(&page.context, MOST_PAGE_BYTES) else {
            return Ok(Err(NoXray::Unreadable));
        };
        let Ok(url) = Url::parse(&page.url) else { return Ok(Err(NoXray::Unreadable)) };
        let Some(reservation) = self.memory.start() else { return Ok(Err(NoXray::Busy)) };
        let source = match (&page.body, feed) {
            (None, Some(feed)) => source_of_feed(feed),
            _ => Host::of(&url).map(|host| host.to_string()).unwrap_or_default(),
        };
        let used = self.site_memories.of(&source, self.clock.now()).await?;
        let memory = used.map(|(_, memory)| memory);
        let has_memory = memory.is_some();
        let rule = rule.or_else(|| self.site_rules.of(&url));
        let (model, limits, embeds, at) = (self.model, self.limits, self.embeds, page.fetched_at);
        let reservation = Arc::new(reservation);
        let body = match &page.body {
            Some(body) => self.dictionaries.unpack(body, page.dictionary).await?,
            None => context.feed.content.clone().map(String::into_bytes),
        };
        let Some(bytes) = body else { return Ok(Err(NoXray::Unreadable)) };
        let (is_feed, content_type) = (page.body.is_none(), page.content_type.clone());
        let need = html_need(&bytes);
        let work = move || {
            let page =
                Page { bytes: &bytes, url: Some(&url), content_type: content_type.as_deref() };
            let extraction = if is_feed {
                feed_text(&context.feed, Some(&url), memory, at, &limits)?
            } else {
                let hints = Hints { rule, embeds, memory, ..hints(&context.feed) };
                wiresift_extract::extract(model, &page, &hints, at, &limits)
            };
            let nesting = block_nesting(&page, &limits, NESTED);
            Some(Xray { extraction, nesting, has_memory })
        };
        // The page is parsed twice, one after the other.
        Ok(match self.parsers.run_within(&reservation, need, work).await {
            Ok(found) => found.flatten().ok_or(NoXray::Unreadable),
            Err(_) => Err(NoXray::Busy),
        })
    }
}
