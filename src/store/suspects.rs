//! Suspects: what is being parsed while somebody dies.
//!
//! An entry or a feed in hand when a daemon dies need not be why. Parsing is where bytes kill (a stack, the memory),
//! and it takes a moment, so a death in that moment says far more than one while an answer is awaited. The reader of
//! a suspect therefore says when the moment begins; recording any outcome clears the suspect.

use uuid::Uuid;

use crate::lease::PARSING_ADDS;
use crate::store::{DueFeed, Lease, PendingEntry, Store, StoreError};

impl Store {
    /// Says that the entry of this lease is about to be parsed, if it is a suspect.
    pub async fn begin_parsing_entry(&self, lease: &Lease<PendingEntry>) -> Result<(), StoreError> {
        let statement =
            "/* begin_parsing */ UPDATE entries SET lease_attempts = lease_attempts + $3
                         WHERE id = $1 AND lease_token = $2";
        self.begin_parsing(statement, lease.item.id, lease.token, lease.is_suspect()).await
    }

    /// Says that the feed of this lease is about to be parsed, if it is a suspect.
    pub async fn begin_parsing_feed(&self, lease: &Lease<DueFeed>) -> Result<(), StoreError> {
        let statement = "/* begin_parsing */ UPDATE feeds SET lease_attempts = lease_attempts + $3
                         WHERE id = $1 AND lease_token = $2";
        self.begin_parsing(statement, lease.item.id, lease.token, lease.is_suspect()).await
    }

    async fn begin_parsing(
        &self,
        statement: &'static str,
        id: i64,
        token: Uuid,
        is_suspect: bool,
    ) -> Result<(), StoreError> {
        if is_suspect {
            sqlx::query(statement)
                .bind(id)
                .bind(token)
                .bind(PARSING_ADDS)
                .execute(&self.pool)
                .await?;
        }
        Ok(())
    }
}
