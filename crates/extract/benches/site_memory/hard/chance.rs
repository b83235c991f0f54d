//! Numbers that only look random: the same seed gives the same sites on every machine.

/// `SplitMix64` (Steele, Lea and Flood 2014).
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `from` to `to`.
    pub(crate) fn between(&mut self, from: usize, to: usize) -> usize {
        from + (self.next() % (to - from + 1) as u64) as usize
    }

    /// True for so many of a hundred calls.
    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.between(1, 100) <= percent
    }

    pub(crate) fn one<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all.get(self.between(0, all.len() - 1)).copied().unwrap_or_default()
    }

    /// Some of the numbers below a limit, without one of them, in random order.
    pub(crate) fn some(&mut self, count: usize, below: usize, without: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..below).filter(|number| *number != without).collect();
        let count = count.min(all.len());
        for at in 0..count {
            let other = self.between(at, all.len() - 1);
            all.swap(at, other);
        }
        all.truncate(count);
        all
    }
}
