//! Records polls that found nothing new together with others that end at the same moment.
//!
//! Nine of ten polls find nothing new, and a transaction costs the database more than the request
//! itself. The first poll to end records itself at once. Those that end meanwhile gather, and the
//! first of them then records them all. So a quiet daemon waits for nothing.

use std::mem::take;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, oneshot};

use crate::store::{ANSWER_LIMIT, PollRecord, Store, StoreError, UnchangedPoll, answer_within};

/// What became of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recorded {
    Noted(PollRecord),
    /// The lease is lost, or the batch could not be recorded. The poll is recorded alone, which says
    /// what is wrong.
    Not,
}

/// A poll that waits to be recorded.
struct Waiting {
    poll: UnchangedPoll,
    feed: i64,
    answer: oneshot::Sender<Recorded>,
}

/// Polls that wait to be recorded: at most as many as a worker has tasks.
#[derive(Default)]
pub(super) struct UnchangedPolls {
    waiting: Mutex<Vec<Waiting>>,
    turn: Turn<()>,
}

impl UnchangedPolls {
    /// Records a poll of a feed, with all others that wait.
    pub(super) async fn record(&self, store: &Store, feed: i64, poll: UnchangedPoll) -> Recorded {
        let (answer, mut answered) = oneshot::channel();
        self.waiting().push(Waiting { poll, feed, answer });
        let turn = self.turn.lock().await;
        if let Ok(recorded) = answered.try_recv() {
            return recorded;
        }
        let batch = take(&mut *self.waiting());
        record_all(store, batch).await;
        drop(turn);
        // No answer: the task that recorded this poll was ended.
        answered.try_recv().unwrap_or(Recorded::Not)
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn record_all(store: &Store, batch: Vec<Waiting>) {
    let mut polls = Vec::with_capacity(batch.len());
    let mut answers = Vec::with_capacity(batch.len());
    for waiting in batch {
        polls.push(waiting.poll);
        answers.push((waiting.feed, waiting.answer));
    }
    let held: Result<_, StoreError> =
        answer_within(ANSWER_LIMIT, Box::pin(store.record_unchanged(polls))).await;
    let held = held.unwrap_or_default();
    for (feed, answer) in answers {
        let is_noted = held.contains(&feed);
        let recorded =
            if is_noted { Recorded::Noted(PollRecord::default()) } else { Recorded::Not };
        // A task that was ended waits for no answer.
        let _ = answer.send(recorded);
    }
}
