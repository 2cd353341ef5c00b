//! A batch as one buffer, for languages where each object that crosses costs more than its bytes.

use std::collections::HashMap;

use super::Batch;
use crate::{PeerId, StreamName};

/// Packs the batches of one consumer.
#[derive(Debug, Default)]
pub struct Packer {
    before: Vec<(PeerId, StreamName)>,
    /// To write a peer as text costs as much as twenty messages.
    peers: HashMap<PeerId, String>,
}

/// A batch in one buffer.
#[derive(Debug)]
pub struct Packed {
    /// For each message two numbers of 32 bits in the byte order of this machine, where it ends in
    /// these bytes and the index of its origin; then the messages, one behind the other.
    pub bytes: Vec<u8>,
    /// Peer and stream of each origin in turn; nothing if they are those of the batch before.
    pub origins: Option<Vec<String>>,
}

impl Packer {
    /// Packs the next batch.
    #[must_use]
    pub fn pack(&mut self, batch: &Batch) -> Packed {
        Packed { bytes: bytes(batch), origins: self.news(&batch.origins) }
    }

    fn news(&mut self, origins: &[(PeerId, StreamName)]) -> Option<Vec<String>> {
        if origins == self.before {
            return None;
        }
        self.before = origins.to_vec();
        let texts = origins.iter().flat_map(|(peer, stream)| [self.text(peer), stream.to_string()]);
        Some(texts.collect())
    }

    fn text(&mut self, peer: &PeerId) -> String {
        if self.peers.len() >= MOST_PEERS {
            self.peers.clear();
        }
        self.peers.entry(*peer).or_insert_with(|| peer.to_string()).clone()
    }
}

fn bytes(batch: &Batch) -> Vec<u8> {
    let head = batch.messages.len() * 8;
    let payload: usize = batch.messages.iter().map(|(_, message)| message.len()).sum();
    let mut packed = Vec::with_capacity(head + payload);
    let mut end = head;
    for (origin, message) in &batch.messages {
        end += message.len();
        let end = u32::try_from(end).expect("a message has at most 16 MiB");
        packed.extend_from_slice(&end.to_ne_bytes());
        packed.extend_from_slice(&origin.to_ne_bytes());
    }
    for (_, message) in &batch.messages {
        packed.extend_from_slice(message);
    }
    packed
}

/// Some 100 KiB.
const MOST_PEERS: usize = 1024;

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

    #[test]
    fn origins_are_told_when_they_change() {
        let batch = |stream| Batch { origins: vec![origin(stream)], messages: Vec::new() };
        let mut packer = Packer::default();
        let told = packer.pack(&batch("a")).origins.expect("nothing was told before");
        assert_eq!(told, [origin("a").0.to_string(), "a".to_owned()]);
        assert_eq!(packer.pack(&batch("a")).origins, None);
        assert!(packer.pack(&batch("b")).origins.is_some());
    }
}
