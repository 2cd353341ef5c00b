//! Keeping a damaged file aside, so that whoever repairs the original cannot lose anything.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::files::only_for_owner;

/// Copies `bytes`, which `path` holds, beside it: as `<path>.corrupt-<unix time>`. The same bytes
/// are kept once, however often they are found, and no copy is overwritten.
pub(super) fn keep(path: &Path, bytes: &[u8], now: SystemTime) -> io::Result<PathBuf> {
    if let Some(copy) = kept_before(path, bytes)? {
        return Ok(copy);
    }
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let first = beside(path, &format!("{MARK}{since}"));
    let others = (2..=MOST_A_SECOND).map(|n| beside(path, &format!("{MARK}{since}-{n}")));
    for copy in std::iter::once(first).chain(others) {
        match write_new(&copy, bytes) {
            Err(fault) if fault.kind() == ErrorKind::AlreadyExists => {}
            outcome => return outcome.map(|()| copy),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

fn kept_before(path: &Path, bytes: &[u8]) -> io::Result<Option<PathBuf>> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(None) };
    let mut start = name.to_owned();
    start.push(MARK);
    for found in fs::read_dir(folder)? {
        let copy = found?.path();
        let is_copy = copy.file_name().is_some_and(|name| begins_with(name, &start));
        if is_copy && holds(&copy, bytes) {
            return Ok(Some(copy));
        }
    }
    Ok(None)
}

fn begins_with(name: &OsStr, start: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(start.as_encoded_bytes())
}

/// A copy that cannot be read counts as another one.
fn holds(copy: &Path, bytes: &[u8]) -> bool {
    let same_length = fs::metadata(copy)
        .is_ok_and(|found| found.is_file() && usize::try_from(found.len()) == Ok(bytes.len()));
    same_length && fs::read(copy).is_ok_and(|found| found == bytes)
}

fn write_new(copy: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    only_for_owner(options.write(true).create_new(true));
    let mut file = options.open(copy)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a copy would be taken for a whole one.
        drop(fs::remove_file(copy));
    }
    written
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(end);
    name.into()
}

const MARK: &str = ".corrupt-";
/// Different damage within one second: somebody is trying things out.
pub(crate) const MOST_A_SECOND: u32 = 100;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_same_damage_is_kept_once_and_no_copy_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("peers.json");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let first = keep(&path, b"one", now).unwrap();
        assert_eq!(first, folder.path().join("peers.json.corrupt-1000"));
        assert_eq!(keep(&path, b"one", now + Duration::from_secs(5)).unwrap(), first);
        let second = keep(&path, b"two", now).unwrap();
        assert_eq!(second, folder.path().join("peers.json.corrupt-1000-2"));
        assert_eq!(fs::read(first).unwrap(), b"one");
        assert_eq!(fs::read(second).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn no_more_copies_are_kept_in_one_second_than_are_tried() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("peers.json");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        for n in 0..MOST_A_SECOND {
            keep(&path, format!("damage {n}").as_bytes(), now).unwrap();
        }
        let refused = keep(&path, b"one more", now).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
        keep(&path, b"one more", now + Duration::from_secs(1)).expect("in the next second");
    }
}
