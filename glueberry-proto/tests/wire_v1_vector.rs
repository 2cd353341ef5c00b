//! The golden vector of wire v1, whose keys were confirmed by running Glueberry for Go.

mod hex;

use std::convert::Infallible;
use std::sync::Arc;

use glueberry_proto::aead::{Aead, Backend};
use glueberry_proto::identity::{SecretKey, check_identity};
use glueberry_proto::v1::frame::{FrameReader, Step};
use glueberry_proto::v1::key::{KeyError, SharedKey};
use glueberry_proto::v1::record::{OpenRecord, open};
use hex::bytes;
use rand::{TryCryptoRng, TryRng};

const PUBLIC_A: &str = "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c";
const PUBLIC_B: &str = "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394";
const KEY: &str = "5b7eb24d827b5976a95a65a1ec53336267eabd7288f6868fcc46e7ff1d9c19d3";
const FRAME: &str = "201f000102030405060708090a0be99c8df9ddb39346116c6e5f8dc1b2ec17f6bf";

fn ann_and_bob() -> (SecretKey, SecretKey) {
    (SecretKey::from_seed(&[1; 32]), SecretKey::from_seed(&[2; 32]))
}

/// Draws 0, 1, 2 …: the nonce of the vector.
struct Counting(u8);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("nonces are drawn as bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("nonces are drawn as bytes")
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for byte in dst {
            *byte = self.0;
            self.0 += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

#[test]
fn the_identities_of_the_vector_come_from_its_seeds() {
    let (ann, bob) = ann_and_bob();
    assert_eq!(ann.public()[..], bytes(PUBLIC_A));
    assert_eq!(bob.public()[..], bytes(PUBLIC_B));
}

#[test]
fn both_sides_derive_the_key_of_the_vector() {
    let (ann, bob) = ann_and_bob();
    let here = SharedKey::derive(ann.signing_key(), &bob.verifying_key()).unwrap();
    let there = SharedKey::derive(bob.signing_key(), &ann.verifying_key()).unwrap();
    assert_eq!(here.as_bytes()[..], bytes(KEY));
    assert_eq!(there.as_bytes()[..], bytes(KEY));
    assert_eq!(format!("{here:?}"), "SharedKey(..)");
}

#[test]
fn a_message_is_sealed_to_the_frame_of_the_vector() {
    let key = Aead::new(&bytes(KEY).try_into().unwrap());
    let mut record = OpenRecord::sealed(Arc::new(key));
    record.push(&[1, 2, 3]).unwrap();
    assert_eq!(record.seal(&mut Counting(0)).as_bytes()[..], bytes(FRAME));
}

#[test]
fn the_frame_of_the_vector_opens_on_every_backend() {
    for backend in [Backend::Ring, Backend::RustCrypto] {
        let key = Aead::with_backend(&bytes(KEY).try_into().unwrap(), backend);
        let mut frame = bytes(FRAME);
        let Ok(Step::Frame { data, .. }) = FrameReader::new(31).step(&frame) else {
            panic!("not one frame")
        };
        let plaintext = open(&key, &mut frame[data.clone()]).unwrap();
        assert_eq!(frame[data][plaintext], [1, 2, 3]);
    }
}

#[test]
fn no_key_is_derived_with_a_peer_that_contributes_nothing() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    assert!(check_identity(&neutral).is_err(), "the gate refuses it first");
    let neutral = ed25519_dalek::VerifyingKey::from_bytes(&neutral).unwrap();
    let refused = SharedKey::derive(ann_and_bob().0.signing_key(), &neutral);
    assert_eq!(refused.unwrap_err(), KeyError::AllZero);
}
