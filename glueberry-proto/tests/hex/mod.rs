//! Bytes written as hexadecimal digits, as vectors are.

/// Panics on what is not hexadecimal: a vector with a typing error must not pass.
pub(crate) fn bytes(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digit).collect()
}
