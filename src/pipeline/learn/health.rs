//! How well extraction goes on a source, and whether it has changed its pages.

use serde_json::json;
use wiresift_extract::memory::{Doubt, Drift};

use crate::pipeline::Metrics;
use crate::pipeline::learn::LearnStep;
use crate::store::{SiteHealth, StoreError, StoredMemory, StoredTrace};

impl LearnStep {
    /// Judges how well extraction goes on a source, and whether it has changed its pages since the
    /// memory in use was learned. A change is told once a day.
    pub(super) async fn judge(
        &self,
        source: &str,
        traces: &[StoredTrace],
        current: Option<&StoredMemory>,
    ) -> Result<bool, StoreError> {
        let Some(StoredMemory { memory, .. }) = current else { return Ok(false) };
        let doubts: Vec<Doubt> = traces.iter().map(|one| memory.doubt(&one.trace)).collect();
        let mut new =
            traces.iter().zip(&doubts).filter(|(one, doubt)| !one.learned && doubt.is_unlike());
        let change = Drift::of(&doubts).zip(new.next_back().map(|(_, doubt)| doubt.to_string()));
        let doubtful = doubts.iter().filter(|doubt| doubt.is_doubtful()).count();
        let health = SiteHealth {
            site: source.to_owned(),
            articles: i32::try_from(with_article(traces)).unwrap_or(i32::MAX),
            agreement: agreement(traces),
            doubtful: i32::try_from(doubtful).unwrap_or(i32::MAX),
        };
        let detail =
            change.as_ref().map(|(drift, last)| json!({ "what": word(*drift), "last": last }));
        let is_told = self.store.record_health(&health, detail, self.clock.now()).await?;
        if let Some((drift, last)) = change.filter(|_| is_told) {
            Metrics::count(&self.metrics.changed_sites, word(drift));
            let what = word(drift);
            tracing::info!(site = source, what, last, "a site has changed its pages");
        }
        Ok(is_told)
    }
}

/// How many of the pages have an article.
pub(super) fn with_article(traces: &[StoredTrace]) -> usize {
    traces.iter().filter(|one| one.trace.has_article()).count()
}

/// A kind of change, as a fixed word.
fn word(drift: Drift) -> &'static str {
    match drift {
        Drift::Content => "content",
        Drift::Layout => "layout",
    }
}

/// How well the texts of a source agree with what the feeds announced: the median.
fn agreement(traces: &[StoredTrace]) -> Option<f32> {
    let mut known: Vec<f32> = traces.iter().filter_map(|one| one.trace.quality()).collect();
    known.sort_by(f32::total_cmp);
    known.get(known.len() / 2).copied()
}
