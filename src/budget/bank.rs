//! Who holds how many bytes, and which requests may be granted.

use std::collections::HashMap;

/// The number of a reservation.
pub(super) type Account = u64;

#[derive(Debug)]
struct Holder {
    held: u64,
    claim: u64,
}

/// The bytes of a budget and their holders.
#[derive(Debug)]
pub(super) struct Bank {
    total: u64,
    free: u64,
    holders: HashMap<Account, Holder>,
    last: Account,
}

impl Bank {
    pub(super) fn new(total: u64) -> Self {
        Self { total, free: total, holders: HashMap::new(), last: 0 }
    }

    /// A new holder of `bytes`. `None` if that is not safe. A claim above the total counts as the
    /// total.
    pub(super) fn open(&mut self, bytes: u64, claim: u64) -> Option<Account> {
        let claim = claim.max(bytes).min(self.total);
        let account = self.last.wrapping_add(1);
        self.holders.insert(account, Holder { held: 0, claim });
        if !self.grow(account, bytes) {
            self.holders.remove(&account);
            return None;
        }
        self.last = account;
        Some(account)
    }

    /// Grows a holder to `bytes`, at most to its claim. Returns whether it has them now.
    pub(super) fn grow(&mut self, account: Account, bytes: u64) -> bool {
        let Some(holder) = self.holders.get(&account) else { return false };
        let (before, wanted) = (holder.held, bytes.min(holder.claim));
        let Some(more) = wanted.checked_sub(before).filter(|more| *more > 0) else { return true };
        if more > self.free {
            return false;
        }
        self.set(account, wanted);
        let granted = self.all_can_finish();
        if !granted {
            self.set(account, before);
        }
        granted
    }

    pub(super) fn shrink(&mut self, account: Account, bytes: u64) {
        if self.held(account) > bytes {
            self.set(account, bytes);
        }
    }

    pub(super) fn close(&mut self, account: Account) {
        if let Some(holder) = self.holders.remove(&account) {
            self.free += holder.held;
        }
    }

    pub(super) fn held(&self, account: Account) -> u64 {
        self.holders.get(&account).map_or(0, |holder| holder.held)
    }

    pub(super) fn reserved(&self) -> u64 {
        self.total - self.free
    }

    fn set(&mut self, account: Account, bytes: u64) {
        if let Some(holder) = self.holders.get_mut(&account) {
            self.free = self.free + holder.held - bytes;
            holder.held = bytes;
        }
    }

    /// Whether there is an order in which every holder gets its whole claim from the bytes that are
    /// free and those of the holders before it.
    fn all_can_finish(&self) -> bool {
        let mut holders: Vec<(u64, u64)> = self
            .holders
            .values()
            .map(|holder| (holder.claim.saturating_sub(holder.held), holder.held))
            .collect();
        holders.sort_unstable();
        let mut free = self.free;
        holders.into_iter().all(|(missing, held)| {
            let fits = missing <= free;
            free = free.saturating_add(held);
            fits
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_bytes_go_to_the_one_that_can_finish() {
        let mut bank = Bank::new(100);
        let one = bank.open(20, 80).unwrap();
        let two = bank.open(20, 80).unwrap();
        assert!(bank.grow(one, 60), "the first can still finish");
        assert!(!bank.grow(two, 30), "then neither could");
        assert!(bank.grow(one, 500), "it has its claim");
        assert_eq!((bank.held(one), bank.reserved()), (80, 100));
        bank.close(one);
        assert!(bank.grow(two, 80));
    }

    proptest! {
        /// Tasks grow in random steps to their claims. Whatever was granted before, one of them
        /// can always go on, and the sum never exceeds the total.
        #[test]
        fn some_task_can_always_go_on(
            claims in prop::collection::vec(1u64..=100, 1..20),
            order in prop::collection::vec((0usize..20, 1u64..40), 0..300),
        ) {
            let mut bank = Bank::new(100);
            let mut open: Vec<(Account, u64)> = claims
                .iter()
                .filter_map(|claim| Some((bank.open(claim / 8, *claim)?, *claim)))
                .collect();
            let mut order = order.into_iter();
            while !open.is_empty() {
                let (at, by) = order.next().unwrap_or((0, 0));
                let at = at % open.len();
                let (account, claim) = open[at];
                let is_last_resort = by == 0;
                if is_last_resort {
                    let next = open.iter().position(|(account, claim)| bank.grow(*account, *claim));
                    let next = next.expect("one task can finish");
                    bank.close(open.remove(next).0);
                } else if bank.grow(account, bank.held(account) + by)
                    && bank.held(account) == claim
                {
                    bank.close(account);
                    open.remove(at);
                }
                prop_assert!(bank.reserved() <= 100);
            }
            prop_assert_eq!(bank.reserved(), 0);
        }
    }
}
