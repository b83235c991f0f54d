//! What becomes of an entry, as a row.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use crate::filing::{EntryCause, EntryState, Revisit};
use crate::store::articles::Filing;
use crate::store::clean;
use wiresift_feed::Validators;
use wiresift_feed::address::Host;

#[derive(Debug, Serialize)]
pub(super) struct EntryRow {
    pub(super) id: i64,
    #[serde(serialize_with = "word_of_state")]
    pub(super) state: EntryState,
    #[serde(serialize_with = "word_of_cause")]
    pub(super) cause: EntryCause,
    pub(super) article_id: Option<i64>,
    pub(super) ended_at: Option<DateTime<Utc>>,
    pub(super) next_try_at: Option<DateTime<Utc>>,
    pub(super) fetch_url: Option<String>,
    pub(super) host: String,
    pub(super) hops: i32,
    pub(super) failures: u32,
    pub(super) missing: u32,
    pub(super) page_etag: Option<String>,
    pub(super) page_last_modified: Option<String>,
    /// What the feed carries is still needed.
    pub(super) keeps_content: bool,
}

impl EntryRow {
    pub(super) fn pending(filing: &Filing) -> Self {
        let entry = &filing.lease.item;
        Self {
            id: entry.id,
            state: EntryState::Pending,
            cause: EntryCause::Waiting,
            article_id: None,
            ended_at: None,
            next_try_at: None,
            fetch_url: entry.fetch_url.clone(),
            host: entry.host.clone(),
            hops: entry.hops,
            failures: entry.failures,
            missing: 0,
            page_etag: None,
            page_last_modified: None,
            keeps_content: true,
        }
    }

    /// An entry that has ended, and whose page was read again.
    pub(super) fn revisit(filing: &Filing, revisit: &Revisit) -> Self {
        let entry = &filing.lease.item;
        let home = entry.url.as_deref().and_then(|url| url::Url::parse(url).ok());
        let home = home.as_ref().and_then(Host::of).map(|host| host.as_str().to_owned());
        let mut row = Self {
            state: revisit.state,
            cause: revisit.cause,
            article_id: Some(revisit.article),
            ended_at: revisit.ended_at,
            fetch_url: None,
            host: home.unwrap_or_else(|| entry.host.clone()),
            hops: 0,
            failures: 0,
            missing: revisit.missing,
            keeps_content: false,
            ..Self::pending(filing)
        };
        row.remember(&revisit.validators);
        row
    }

    /// Goes on elsewhere, under the site whose turn it then is.
    pub(super) fn goes_to(&mut self, url: String, host: &str, hops: i32) {
        self.fetch_url = Some(url);
        host.clone_into(&mut self.host);
        self.hops = hops;
        self.keeps_content = true;
    }

    /// What to ask by when the page is read again.
    pub(super) fn remember(&mut self, validators: &Validators) {
        self.page_etag = clean::optional(validators.etag.as_deref());
        self.page_last_modified = clean::optional(validators.last_modified.as_deref());
    }

    pub(super) fn wait(&mut self, until: DateTime<Utc>, cause: EntryCause) {
        self.next_try_at = Some(until);
        self.cause = cause;
    }

    pub(super) fn end(
        &mut self,
        at: DateTime<Utc>,
        state: EntryState,
        cause: EntryCause,
        article: Option<i64>,
    ) {
        self.state = state;
        self.cause = cause;
        self.ended_at = Some(at);
        self.article_id = article;
        self.fetch_url = None;
        self.keeps_content = false;
    }
}

fn word_of_state<S: Serializer>(state: &EntryState, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(state.as_str())
}

fn word_of_cause<S: Serializer>(cause: &EntryCause, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(cause.as_str())
}
