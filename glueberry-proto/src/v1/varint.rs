//! Unsigned LEB128 integers, as the Go reader takes them: up to ten bytes, minimal or not.

/// The longest encoding of a `u64`.
pub(super) const MAX_LEN: usize = 10;

/// Bytes of the minimal encoding of `value`.
#[inline]
pub(super) const fn len(value: u64) -> usize {
    // One byte for each begun group of seven bits; zero takes one byte, too.
    (70 - (value | 1).leading_zeros() as usize) / 7
}

/// Writes the minimal encoding of `value` to the start of `out` and returns its length.
/// `out` must have room for it.
#[inline]
pub(super) fn write(out: &mut [u8], mut value: u64) -> usize {
    let mut at = 0;
    while value >= 0x80 {
        out[at] = low_bits(value) | 0x80;
        value >>= 7;
        at += 1;
    }
    out[at] = low_bits(value);
    at + 1
}

/// Reads an integer from the start of `bytes`: its value and its length in bytes.
#[inline]
pub(super) fn read(bytes: &[u8]) -> Read {
    match *bytes {
        [first, ..] if first < 0x80 => Read::Whole { value: first.into(), len: 1 },
        [first, second, ..] if second < 0x80 => {
            Read::Whole { value: u64::from(first & 0x7f) | u64::from(second) << 7, len: 2 }
        }
        _ => read_long(bytes),
    }
}

/// What stands at the start of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// An integer, and how many bytes it took.
    Whole { value: u64, len: usize },
    /// The beginning of one.
    Cut,
    /// More than ten bytes, or more than 64 bits.
    Bad,
}

fn read_long(bytes: &[u8]) -> Read {
    let mut value = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        // The tenth byte holds the 64th bit and nothing else.
        if index == MAX_LEN - 1 && byte > 1 {
            return Read::Bad;
        }
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte < 0x80 {
            return Read::Whole { value, len: index + 1 };
        }
    }
    Read::Cut
}

const fn low_bits(value: u64) -> u8 {
    (value & 0x7f) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_the_go_reader_refuses_is_refused() {
        assert_eq!(read(&[0x80; 11]), Read::Bad);
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]), Read::Bad);
    }

    #[test]
    fn a_padded_integer_is_read_as_the_go_reader_reads_it() {
        assert_eq!(read(&[0x83, 0x80, 0]), Read::Whole { value: 3, len: 3 });
        let widest = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0];
        assert_eq!(read(&widest), Read::Whole { value: 0, len: 10 });
    }

    proptest! {
        #[test]
        fn every_integer_comes_back_and_each_of_its_beginnings_is_cut(
            value in (any::<u64>(), 0..64u32).prop_map(|(bits, shift)| bits >> shift),
        ) {
            let mut buf = [0; MAX_LEN];
            let written = write(&mut buf, value);
            prop_assert_eq!(written, len(value));
            prop_assert_eq!(read(&buf[..written]), Read::Whole { value, len: written });
            for cut in 0..written {
                prop_assert_eq!(read(&buf[..cut]), Read::Cut);
            }
        }
    }
}
