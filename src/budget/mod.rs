//! The memory of the process that depends on what the web sends, as one budget of bytes.
//!
//! Work in progress holds bodies, parsed pages, feed documents and articles that wait to be filed.
//! A limit for each of them says nothing about their sum: sixty-four large pages at once need
//! gigabytes. So all of them come from one [`Budget`] (`daemon.memory`).
//!
//! A task has one [`Reservation`]. It starts small, before anything is leased or requested, grows
//! when its body turns out to be larger, and shrinks when a stage ends. A task that holds bytes and
//! waits for more could wait for another that waits for it. So each reservation states its claim,
//! the most that it may ever need, and [`bank`] grants bytes only as long as all tasks can still
//! finish one after the other (Dijkstra's banker's algorithm).
//!
//! Waiting is bounded: after [`PATIENCE`] a task gives up with [`Shortage`]. It puts its work back
//! into the queue, which is no failure of the feed or the page. So no lease runs out while its
//! holder waits for memory. While a task waits, no new reservation is made.

mod bank;
mod needs;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::futures::Notified;
use tokio::sync::{Notify, oneshot};

use bank::{Account, Bank};
pub use needs::{Shares, Sizes, TooLittle, article_need, feed_need, page_need, record_need};

/// The longest wait for memory of one task, in all its stages together.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The memory that a task needs is not free, and did not become free while the task waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the memory of the daemon is in use (daemon.memory); this is tried again")]
pub struct Shortage;

/// The bytes of the process. Clones share them.
#[derive(Debug, Clone)]
pub struct Budget {
    state: Arc<Mutex<State>>,
    /// Wakes those that wait for bytes to start with.
    freed: Arc<Notify>,
}

#[derive(Debug)]
struct State {
    bank: Bank,
    /// Reservations that wait for more bytes, in order of arrival.
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    account: Account,
    bytes: u64,
    granted: oneshot::Sender<()>,
}

impl Budget {
    /// A budget of `bytes`. No reservation may claim more.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let state = State { bank: Bank::new(bytes), waiting: Vec::new() };
        Self { state: Arc::new(Mutex::new(state)), freed: Arc::default() }
    }

    /// Reserves `bytes` for a task that may need up to `claim`. `None` if they are not free, or if
    /// other tasks wait.
    #[must_use]
    pub fn try_reserve(&self, bytes: u64, claim: u64) -> Option<Reservation> {
        let mut state = self.lock();
        if !state.waiting.is_empty() {
            return None;
        }
        let account = state.bank.open(bytes, claim)?;
        Some(Reservation { budget: self.clone(), account, patience: Mutex::new(PATIENCE) })
    }

    /// Ends when bytes become free after this call.
    pub fn freed(&self) -> Notified<'_> {
        self.freed.notified()
    }

    /// Bytes that are reserved at the moment.
    #[must_use]
    pub fn reserved(&self) -> u64 {
        self.lock().bank.reserved()
    }

    /// Tasks that wait for bytes at the moment.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Grants what can be granted now. A later task may be served before an earlier one, since the
    /// earlier one may wait for its bytes.
    fn serve(&mut self) {
        let mut at = 0;
        while let Some(next) = self.waiting.get(at) {
            if self.bank.grow(next.account, next.bytes) {
                let served = self.waiting.remove(at);
                // The task may have given up at this moment. Its reservation then holds the bytes
                // until it shrinks or ends.
                let _ = served.granted.send(());
                at = 0;
            } else {
                at += 1;
            }
        }
    }
}

/// The bytes of one task. They are free again when it is dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    account: Account,
    /// What is left of [`PATIENCE`].
    patience: Mutex<Duration>,
}

impl Reservation {
    /// A reservation of a budget of its own that never runs short, for commands that read one
    /// document at a time.
    #[must_use]
    pub fn unbounded() -> Self {
        let budget = Budget::new(u64::MAX);
        let account = budget.lock().bank.open(0, u64::MAX).unwrap_or_default();
        Self { budget, account, patience: Mutex::new(PATIENCE) }
    }

    /// Grows to `bytes` if it has fewer, at most to its claim. Waits for them if they are not free.
    pub async fn grow_to(&self, bytes: u64) -> Result<(), Shortage> {
        let Some(granted) = self.ask(bytes) else { return Ok(()) };
        let (since, patience) = (Instant::now(), *self.patience());
        let answer = tokio::time::timeout(patience, granted).await;
        *self.patience() = patience.saturating_sub(since.elapsed());
        match answer {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => self.give_up(bytes),
        }
    }

    /// Adds `bytes` to what it has if they are free. Returns whether they were.
    #[must_use]
    pub fn try_grow_by(&self, bytes: u64) -> bool {
        let mut state = self.budget.lock();
        let held = state.bank.held(self.account);
        state.bank.grow(self.account, held.saturating_add(bytes))
    }

    /// Adds `bytes` to what it has, see [`Reservation::grow_to`].
    pub async fn grow_by(&self, bytes: u64) -> Result<(), Shortage> {
        let held = self.bytes();
        self.grow_to(held.saturating_add(bytes)).await
    }

    /// Gives back what is above `bytes`.
    pub fn shrink_to(&self, bytes: u64) {
        let mut state = self.budget.lock();
        state.bank.shrink(self.account, bytes);
        state.serve();
        drop(state);
        self.budget.freed.notify_waiters();
    }

    /// The bytes that it holds.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.budget.lock().bank.held(self.account)
    }

    /// How long it has waited so far.
    #[must_use]
    pub fn waited(&self) -> Duration {
        PATIENCE.saturating_sub(*self.patience())
    }

    /// `None` if it has the bytes already, or gets them at once.
    fn ask(&self, bytes: u64) -> Option<oneshot::Receiver<()>> {
        let mut state = self.budget.lock();
        if state.bank.grow(self.account, bytes) {
            return None;
        }
        let (granted, answer) = oneshot::channel();
        state.waiting.push(Waiting { account: self.account, bytes, granted });
        Some(answer)
    }

    fn give_up(&self, bytes: u64) -> Result<(), Shortage> {
        let mut state = self.budget.lock();
        state.waiting.retain(|waiting| waiting.account != self.account);
        // The grant may have come after the last look.
        if state.bank.held(self.account) >= bytes { Ok(()) } else { Err(Shortage) }
    }

    fn patience(&self) -> MutexGuard<'_, Duration> {
        self.patience.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut state = self.budget.lock();
        state.waiting.retain(|waiting| waiting.account != self.account);
        state.bank.close(self.account);
        state.serve();
        drop(state);
        self.budget.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_waits_until_another_ends() {
        let budget = Budget::new(100);
        let one = budget.try_reserve(10, 90).expect("free");
        let two = budget.try_reserve(10, 90).expect("one of them can still finish");
        assert_eq!(one.grow_to(80).await, Ok(()));
        let grown = tokio::spawn(async move { two.grow_to(50).await.map(|()| two) });
        while budget.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        assert!(budget.try_reserve(1, 1).is_none(), "nobody passes a task that waits");
        drop(one);
        let two = grown.await.expect("no panic").expect("granted");
        assert_eq!((two.bytes(), budget.reserved()), (50, 50));
        drop(two);
        assert_eq!((budget.reserved(), budget.waiting()), (0, 0));
    }

    #[tokio::test]
    async fn bytes_that_become_free_are_told() {
        let budget = Budget::new(100);
        let one = budget.try_reserve(90, 90).expect("free");
        let freed = budget.freed();
        assert!(budget.try_reserve(20, 20).is_none());
        one.shrink_to(10);
        freed.await;
        let freed = budget.freed();
        drop(budget.try_reserve(20, 20).expect("free again"));
        freed.await;
    }

    #[tokio::test]
    async fn waiting_ends_and_leaves_nothing_behind() {
        let budget = Budget::new(100);
        let one = budget.try_reserve(90, 90).expect("free");
        let two = budget.try_reserve(5, 50).expect("fits beside the first");
        *two.patience() = Duration::from_millis(1);
        assert_eq!(two.grow_to(50).await, Err(Shortage));
        assert_eq!((two.bytes(), budget.waiting()), (5, 0));
        drop(one);
        assert_eq!(two.grow_to(60).await, Ok(()), "more than its claim is never asked for");
        assert_eq!(two.bytes(), 50);
    }
}
