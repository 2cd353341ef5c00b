//! Project Wycheproof's vectors: ChaCha20-Poly1305 on every backend, and X25519.

mod hex;

use glueberry_proto::aead::{Aead, Backend, NONCE_LEN, TAG_LEN};
use glueberry_proto::v1::key::x25519;
use hex::bytes;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<T> {
    number_of_tests: usize,
    test_groups: Vec<Group<T>>,
}

#[derive(Deserialize)]
struct Group<T> {
    tests: Vec<T>,
}

impl<T> File<T> {
    /// Runs every vector; says how many were checked and how many could not be put to us.
    fn run(self, mut check: impl FnMut(T) -> bool) -> (usize, usize) {
        let all = self.number_of_tests;
        let ran = self.test_groups.into_iter().flat_map(|group| group.tests);
        let checked = ran.map(&mut check).filter(|&checked| checked).count();
        (checked, all - checked)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AeadVector {
    tc_id: u32,
    key: String,
    iv: String,
    aad: String,
    msg: String,
    ct: String,
    tag: String,
    result: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct XdhVector {
    tc_id: u32,
    public: String,
    private: String,
    shared: String,
    flags: Vec<String>,
}

fn check_aead(vector: &AeadVector, backend: Backend) -> bool {
    let Ok(nonce) = <[u8; NONCE_LEN]>::try_from(bytes(&vector.iv)) else {
        assert_eq!(vector.result, "invalid");
        return false;
    };
    let aead = Aead::with_backend(&bytes(&vector.key).try_into().unwrap(), backend);
    let (aad, plaintext) = (bytes(&vector.aad), bytes(&vector.msg));
    let mut sealed = [bytes(&vector.ct), bytes(&vector.tag)].concat();
    if vector.result == "valid" {
        let mut ours = plaintext.clone();
        let tag = aead.seal_in_place(&nonce, &aad, &mut ours);
        assert_eq!([&ours[..], &tag].concat(), sealed, "vector {}", vector.tc_id);
        assert_eq!(tag.len(), TAG_LEN);
    }
    let opened = aead.open_in_place(&nonce, &aad, &mut sealed);
    assert_eq!(opened.is_ok(), vector.result == "valid", "vector {}", vector.tc_id);
    if let Ok(len) = opened {
        assert_eq!(sealed[..len], plaintext, "vector {}", vector.tc_id);
    }
    true
}

fn check_xdh(vector: &XdhVector) -> bool {
    let private = bytes(&vector.private).try_into().unwrap();
    let Ok(public) = bytes(&vector.public).try_into() else { return false };
    let shared = bytes(&vector.shared);
    let is_zero = shared.iter().all(|&byte| byte == 0);
    assert_eq!(is_zero, vector.flags.iter().any(|flag| flag == "ZeroSharedSecret"));
    match x25519(&private, &public) {
        Ok(ours) => assert_eq!(ours[..], shared, "vector {}", vector.tc_id),
        Err(_) => assert!(is_zero, "vector {} was refused", vector.tc_id),
    }
    assert_eq!(x25519(&private, &public).is_err(), is_zero, "vector {}", vector.tc_id);
    true
}

#[test]
fn chacha20_poly1305_agrees_with_every_vector_on_every_backend() {
    for backend in [Backend::Ring, Backend::RustCrypto] {
        let file: File<AeadVector> =
            serde_json::from_str(include_str!("vectors/chacha20_poly1305_test.json")).unwrap();
        let (checked, unaskable) = file.run(|vector| check_aead(&vector, backend));
        println!("{backend:?}: {checked} vectors checked, {unaskable} with another nonce size");
        assert!(checked > 300, "only {checked} vectors were checked");
    }
}

#[test]
fn x25519_agrees_with_every_vector_and_refuses_every_zero_result() {
    let file: File<XdhVector> =
        serde_json::from_str(include_str!("vectors/x25519_test.json")).unwrap();
    let (checked, unaskable) = file.run(|vector| check_xdh(&vector));
    println!("{checked} vectors checked, {unaskable} with another key size");
    assert!(checked > 500, "only {checked} vectors were checked");
}
