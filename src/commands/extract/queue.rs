//! Finished pages that wait for those before them, so that output comes in the order of the inputs.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Results that wait for their turn. Workers run at most `room` pages ahead of the writer.
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    room: usize,
}

#[derive(Default)]
struct State {
    done: BTreeMap<usize, anyhow::Result<String>>,
    /// The turn that the writer waits for.
    turn: usize,
    closed: bool,
}

impl Queue {
    pub(super) fn new(room: usize) -> Self {
        Self { state: Mutex::default(), changed: Condvar::new(), room }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `turn` is near; false when nobody wants results any more.
    pub(super) fn wait_for_room(&self, turn: usize) -> bool {
        let mut state = self.lock();
        while !state.closed && turn >= state.turn + self.room {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        !state.closed
    }

    pub(super) fn put(&self, turn: usize, result: anyhow::Result<String>) {
        self.lock().done.insert(turn, result);
        self.changed.notify_all();
    }

    pub(super) fn take(&self, turn: usize) -> anyhow::Result<String> {
        let mut state = self.lock();
        state.turn = turn;
        self.changed.notify_all();
        loop {
            if let Some(result) = state.done.remove(&turn) {
                return result;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }
}
