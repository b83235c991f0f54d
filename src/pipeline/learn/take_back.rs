//! Taking back what was learned, by the wish of a person.

use wiresift_extract::memory::{Exceptions, SiteMemory};

use crate::filing::records::RevisionReason;
use crate::pipeline::learn::LearnStep;
use crate::pipeline::learn::health::with_article;
use crate::pipeline::reread::Rereader;
use crate::store::{PageSelection, StoreError};

impl LearnStep {
    /// Forgets what was learned of a source, and restores the articles that its memory has changed.
    /// Returns how many.
    pub async fn forget(&self, source: &str) -> Result<usize, StoreError> {
        self.store.forget_site_traces(source).await?;
        self.put(source, SiteMemory::default(), 0).await?;
        self.restore(source).await
    }

    /// Keeps a text in the articles of a source from now on, and restores it where it was removed.
    /// Returns how many articles are other ones now.
    pub async fn keep(&self, source: &str, text: &str) -> Result<usize, StoreError> {
        self.store.add_site_exception(source, text, self.clock.now()).await?;
        let exceptions = Exceptions::of([text]);
        let current = self.store.site_memory(source).await?;
        if let Some(current) = current {
            let articles = with_article(&self.store.site_traces(source).await?);
            self.put(source, current.memory.except(&exceptions), articles).await?;
        }
        self.restore(source).await
    }

    /// Extracts all articles of a source again that a memory has changed.
    async fn restore(&self, source: &str) -> Result<usize, StoreError> {
        let selection = PageSelection { with_memory: true, ..PageSelection::of_source(source) };
        let (mut after, mut revised) = (0, 0);
        loop {
            let entries = self.store.entries_with_pages(&selection, after, Rereader::BATCH).await?;
            let Some(last) = entries.last() else { return Ok(revised) };
            after = *last;
            revised += self.count(&self.rereader.reread(&entries, RevisionReason::Memory).await?);
        }
    }
}
