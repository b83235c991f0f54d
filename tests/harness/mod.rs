//! What the integration tests share: databases of their own, a scriptable web, and seeds that can be played again.

pub(crate) mod database;
pub(crate) mod desk;
pub(crate) mod hostile;
pub(crate) mod hub;
pub(crate) mod newsroom;
pub(crate) mod process;
pub(crate) mod relay;
pub(crate) mod steps;
pub(crate) mod stub;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

/// The seed of a test that draws at random: `WIRESIFT_TEST_SEED`, or a new one. It is printed, and so a failure
/// shows how to play the same game again.
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("WIRESIFT_TEST_SEED").map_or_else(
        |_| rand::random(),
        |seed| seed.parse().expect("WIRESIFT_TEST_SEED is a number"),
    );
    println!("WIRESIFT_TEST_SEED={seed}");
    seed
}

/// The games of a test that draws at random, each with random numbers of its own. `WIRESIFT_TEST_GAMES` plays more of
/// them. What is printed shows how to play the last one again.
pub(crate) fn games(usually: u64) -> impl Iterator<Item = StdRng> {
    let games = std::env::var("WIRESIFT_TEST_GAMES")
        .map_or(usually, |games| games.parse().expect("WIRESIFT_TEST_GAMES is a number"));
    let first = seed();
    (0..games).map(move |game| {
        let seed = first.wrapping_add(game);
        println!("game {game}: WIRESIFT_TEST_SEED={seed} WIRESIFT_TEST_GAMES=1");
        StdRng::seed_from_u64(seed)
    })
}
