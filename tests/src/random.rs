//! Randomness that can be repeated.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// A generator whose seed is printed, and taken from `GLUEBERRY_TEST_SEED` when that is set.
///
/// # Panics
/// If `GLUEBERRY_TEST_SEED` is no number.
#[must_use]
pub fn seeded(test: &str) -> SmallRng {
    let given = std::env::var("GLUEBERRY_TEST_SEED").ok();
    let seed = given.map_or_else(rand::random, |text| text.parse().expect("a seed is a number"));
    println!("{test}: GLUEBERRY_TEST_SEED={seed}");
    SmallRng::seed_from_u64(seed)
}

/// So many random bytes.
#[must_use]
pub fn bytes(random: &mut SmallRng, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    random.fill_bytes(&mut bytes);
    bytes
}
