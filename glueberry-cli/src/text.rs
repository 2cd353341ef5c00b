//! Text from elsewhere, made safe for a terminal.

use std::fmt::Write as _;
use std::io::Write as _;

/// Bytes as one line of text that cannot drive the terminal it is shown on.
///
/// Printable UTF-8 stands as it is. Control characters, invisible ones, those that change the
/// direction of writing, and bytes that are no UTF-8 are written as Rust writes them: `\n`,
/// `\u{1b}`, `\xff`; a backslash is doubled, so that what is shown has one meaning. At most `most`
/// bytes are shown, and then how many there are.
pub(crate) fn printable(bytes: &[u8], most: usize) -> String {
    let shown = &bytes[..bytes.len().min(most)];
    let mut line = String::with_capacity(shown.len());
    for chunk in shown.utf8_chunks() {
        let escaped = chunk.valid().escape_debug().to_string();
        line.push_str(&escaped.replace("\\'", "'").replace("\\\"", "\""));
        for byte in chunk.invalid() {
            // Writing into a String cannot fail.
            write!(line, "\\x{byte:02x}").unwrap_or_default();
        }
    }
    if bytes.len() > most {
        write!(line, "… ({} bytes)", bytes.len()).unwrap_or_default();
    }
    line
}

/// Writes a line to standard error; there is nowhere to tell if that fails.
pub(crate) fn complain(message: &str) {
    drop(writeln!(std::io::stderr(), "error: {message}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8]) -> String {
        printable(bytes, 1000)
    }

    #[test]
    fn what_is_printable_stands_as_it_is() {
        assert_eq!(shown("it's \"fine\" — Zoë 你好 🫐".as_bytes()), "it's \"fine\" — Zoë 你好 🫐");
        assert_eq!(shown(b""), "");
    }

    #[test]
    fn no_byte_drives_the_terminal() {
        assert_eq!(shown(b"a\x1b[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(shown(b"one\ntwo\r\t\0"), "one\\ntwo\\r\\t\\0");
        assert_eq!(shown("\u{9b}31m".as_bytes()), "\\u{9b}31m");
        assert_eq!(shown("\u{202e}txt".as_bytes()), "\\u{202e}txt");
        assert_eq!(shown(b"\x9b\xff"), "\\x9b\\xff");
        for byte in 0..=u8::MAX {
            assert!(!shown(&[b'a', byte]).chars().any(char::is_control), "byte {byte}");
        }
    }

    #[test]
    fn what_is_shown_has_one_meaning() {
        assert_eq!(shown(b"\\n"), "\\\\n");
        assert_eq!(shown(b"\\'"), "\\\\'");
        assert_ne!(shown(b"\\x9b"), shown(b"\x9b"));
    }

    #[test]
    fn a_long_message_is_cut_and_says_so() {
        assert_eq!(printable(b"abcdef", 4), "abcd… (6 bytes)");
        assert_eq!(printable("aé".as_bytes(), 2), "a\\xc3… (3 bytes)");
    }
}
