//! Messages that are told by size and seed, and their sums.

use crate::answer::Answer;
use crate::arguments::Arguments;

/// The step between two words of a message.
const STEP: u32 = 2_654_435_761;
/// The polynomial of CRC-32, reflected.
const POLYNOMIAL: u32 = 0xEDB8_8320;

/// The message that a command names; `number` is its place in a row, from 0.
pub(crate) fn of(command: &Arguments, number: u32) -> Result<Vec<u8>, Answer> {
    if command.optional("text").is_some() {
        return Ok(command.text("text")?.as_bytes().to_vec());
    }
    let missing = || Answer::fault("a payload has a size and a seed, or a text");
    let size = command.number("size")?.ok_or_else(missing)?;
    let seed = command.number("seed")?.ok_or_else(missing)?;
    let size = usize::try_from(size).map_err(|_| missing())?;
    let seed = u32::try_from(seed).map_err(|_| missing())?;
    Ok(generated(size, seed.wrapping_add(number)))
}

/// The CRC-32 of zlib.
pub(crate) fn sum(data: &[u8]) -> u32 {
    let next = |sum: u32, byte: &u8| TABLE[usize::from(sum.to_le_bytes()[0] ^ byte)] ^ (sum >> 8);
    !data.iter().fold(u32::MAX, next)
}

fn generated(size: usize, seed: u32) -> Vec<u8> {
    let words = std::iter::successors(Some(seed), |word| Some(word.wrapping_add(STEP)));
    words.flat_map(u32::to_le_bytes).take(size).collect()
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { POLYNOMIAL ^ (sum >> 1) } else { sum >> 1 };
            bit += 1;
        }
        table[byte as usize] = sum;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::{generated, sum};

    #[test]
    fn the_message_of_the_readme_is_generated() {
        let message = generated(10, 1);
        assert_eq!(message, [0x01, 0, 0, 0, 0xb2, 0x79, 0x37, 0x9e, 0x63, 0xf3]);
        assert_eq!(sum(&message), 1_604_189_608);
    }
}
