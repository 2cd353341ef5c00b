//! From the settings of `start` to a builder.

use glueberry_core::{Builder, Identity, embed};
use serde_json::Value;

use crate::answer::Answer;

/// The builder of a node with this seed, in hex, and these settings. In Rust the program's runtime has
/// the threads: how many are wanted means nothing here.
pub(crate) fn builder(seed: &str, settings: &Value) -> Result<Builder, Answer> {
    let identity = Identity::from_seed(&bytes(seed)?)?;
    let (builder, _workers) = embed::builder(identity, &settings.to_string())?;
    Ok(builder)
}

fn bytes(hex: &str) -> Result<Vec<u8>, Answer> {
    let digit =
        |place: usize| hex.get(place..place + 2).and_then(|byte| u8::from_str_radix(byte, 16).ok());
    let bytes = (0..hex.len()).step_by(2).map(digit).collect::<Option<_>>();
    bytes.ok_or_else(|| Answer::fault("the seed is no hex"))
}
