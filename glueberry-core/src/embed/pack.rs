//! A batch as one buffer, for languages where each object that crosses costs more than its bytes.

use std::collections::HashMap;

use super::Batch;
use crate::{PeerId, StreamName};

/// Packs the batches of one consumer. Each origin is told once, and not with each batch: it has a place
/// among those that were told.
#[derive(Debug, Default)]
pub struct Packer {
    places: HashMap<(PeerId, StreamName), u32>,
}

/// A batch in one buffer.
#[derive(Debug)]
pub struct Packed {
    /// For each message two numbers of 32 bits in the byte order of this machine, where it ends in
    /// these bytes and the index of its origin; then the messages, one behind the other.
    pub bytes: Vec<u8>,
    /// Whether the origins that were told before hold no more: places begin anew.
    pub forgets: bool,
    /// Peer and stream of each new origin in turn. Their places come behind those that were told.
    pub origins: Vec<String>,
}

impl Packer {
    /// Packs the next batch.
    #[must_use]
    pub fn pack(&mut self, batch: &Batch) -> Packed {
        let is_new = |origin: &&(PeerId, StreamName)| !self.places.contains_key(*origin);
        let news = batch.origins.iter().filter(is_new).count();
        let forgets = self.places.len() + news > MOST_ORIGINS;
        if forgets {
            self.places.clear();
        }
        let mut origins = Vec::new();
        let places: Vec<u32> =
            batch.origins.iter().map(|origin| self.place(origin, &mut origins)).collect();
        Packed { bytes: bytes(batch, &places), forgets, origins }
    }

    fn place(&mut self, origin: &(PeerId, StreamName), news: &mut Vec<String>) -> u32 {
        if let Some(place) = self.places.get(origin) {
            return *place;
        }
        let place = u32::try_from(self.places.len()).expect("there are at most MOST_ORIGINS");
        self.places.insert(origin.clone(), place);
        news.extend([origin.0.to_string(), origin.1.to_string()]);
        place
    }
}

/// `places`: of each origin of the batch.
fn bytes(batch: &Batch, places: &[u32]) -> Vec<u8> {
    let head = batch.messages.len() * 8;
    let payload: usize = batch.messages.iter().map(|(_, message)| message.len()).sum();
    let mut packed = Vec::with_capacity(head + payload);
    let mut end = head;
    for (origin, message) in &batch.messages {
        end += message.len();
        let end = u32::try_from(end).expect("a message has at most 16 MiB");
        packed.extend_from_slice(&end.to_ne_bytes());
        packed.extend_from_slice(&places[*origin as usize].to_ne_bytes());
    }
    for (_, message) in &batch.messages {
        packed.extend_from_slice(message);
    }
    packed
}

/// Full, all are forgotten: some 100 KiB. More than the messages of a batch, so that a batch fits.
const MOST_ORIGINS: usize = 1024;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::Identity;

    fn origin(stream: &str) -> (PeerId, StreamName) {
        (Identity::from_seed(&[7; 32]).unwrap().peer_id(), stream.parse().unwrap())
    }

    fn word(bytes: &[u8], index: usize) -> usize {
        let word = bytes[4 * index..][..4].try_into().unwrap();
        u32::from_ne_bytes(word) as usize
    }

    #[test]
    fn messages_lie_where_the_head_says() {
        let texts: [(u32, &'static [u8]); 3] = [(1, b"one"), (0, b""), (1, b"three")];
        let batch = Batch {
            origins: vec![origin("a"), origin("b")],
            messages: texts.map(|(origin, text)| (origin, Bytes::from_static(text))).into(),
        };
        let Packed { bytes, .. } = Packer::default().pack(&batch);
        let mut begin = 8 * texts.len();
        for (index, (origin, text)) in texts.iter().enumerate() {
            let end = word(&bytes, 2 * index);
            assert_eq!(&bytes[begin..end], *text);
            assert_eq!(word(&bytes, 2 * index + 1), *origin as usize);
            begin = end;
        }
        assert_eq!(begin, bytes.len());
    }

    /// One message from each of these streams.
    fn batch_of(streams: &[&str]) -> Batch {
        let number = |index| u32::try_from(index).unwrap();
        let messages = (0..streams.len()).map(|index| (number(index), Bytes::new())).collect();
        Batch { origins: streams.iter().map(|stream| origin(stream)).collect(), messages }
    }

    fn places(packed: &Packed) -> Vec<usize> {
        (0..packed.bytes.len() / 8).map(|index| word(&packed.bytes, 2 * index + 1)).collect()
    }

    #[test]
    fn an_origin_is_told_once_and_keeps_its_place() {
        let mut packer = Packer::default();
        let peer = origin("a").0.to_string();
        let mut pack = |streams| {
            let packed = packer.pack(&batch_of(streams));
            assert!(!packed.forgets);
            (places(&packed), packed.origins)
        };
        let text = |stream: &str| vec![peer.clone(), stream.to_owned()];
        assert_eq!(pack(&["a"]), (vec![0], text("a")));
        assert_eq!(pack(&["b", "a"]), (vec![1, 0], text("b")));
        assert_eq!(pack(&["a", "b"]), (vec![0, 1], Vec::new()));
    }

    #[test]
    fn when_there_are_too_many_origins_they_begin_anew() {
        let mut packer = Packer::default();
        let names: Vec<_> = (0..MOST_ORIGINS).map(|number| format!("s{number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        assert!(!packer.pack(&batch_of(&names)).forgets);
        let known = packer.pack(&batch_of(&["s7", "s1023"]));
        assert_eq!((known.forgets, places(&known)), (false, vec![7, 1023]));
        let one_more = packer.pack(&batch_of(&["s7", "new"]));
        assert_eq!((one_more.forgets, places(&one_more)), (true, vec![0, 1]));
        assert_eq!(one_more.origins.len(), 4);
    }
}
