//! The fuzzer's entry points, run from property tests on raw and on almost valid bytes.

use glueberry_proto::fuzzing;
use glueberry_proto::v1::frame::put_header;
use proptest::prelude::*;

fn raw() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..400)
}

/// Small numbers are lengths and kinds: bytes that get further than random ones.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![6 => 0..40u8, 1 => Just(0x80), 1 => 200..=255u8, 1 => any::<u8>()];
    prop::collection::vec(byte, 0..400)
}

/// Whole frames, some of their bytes changed.
fn almost_frames() -> impl Strategy<Value = Vec<u8>> {
    let messages = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..90), 0..8);
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (messages, changes).prop_map(|(messages, changes)| {
        let mut bytes = vec![60];
        for message in messages {
            put_header(&mut bytes, message.len());
            bytes.extend(message);
        }
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        bytes
    })
}

fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![raw(), plausible(), almost_frames()]
}

/// Names and protocol ids with an occasional stray character.
fn almost_names() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof!["[\\p{L}\\p{Nd}_-]{0,30}", "\\PC{0,30}", Just("handshake".into())];
    (name, any::<bool>()).prop_map(|(name, as_protocol)| {
        if as_protocol { format!("/glueberry/stream/{name}/1.0.0") } else { name }.into_bytes()
    })
}

fn almost_pem() -> impl Strategy<Value = Vec<u8>> {
    let valid = include_bytes!("vectors/rfc8410_v2.pem").to_vec();
    let change = (any::<prop::sample::Index>(), any::<u8>());
    prop::collection::vec(change, 0..4).prop_map(move |changes| {
        let mut bytes = valid.clone();
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        bytes
    })
}

/// Both files, some of their bytes changed.
fn almost_address_book() -> impl Strategy<Value = Vec<u8>> {
    let go: &[u8] = include_bytes!("vectors/go_address_book.json");
    let companion: &[u8] =
        br#"{"version":1,"peers":{"a":{"persistent":true,"saved":{"metadata":{"k":"v"}}}},
        "banned_peers":{"b":{"until":"2030-01-01T00:00:00.5Z","marked":"2025-01-01T00:00:00Z"}},
        "banned_networks":{"192.0.2.0/24":{}},"more":[1,{"x":null}]}"#;
    let change = (any::<prop::sample::Index>(), prop_oneof![any::<u8>(), b' '..=b'~']);
    let changes = prop::collection::vec(change, 0..3);
    (prop::sample::select(vec![go, companion]), changes).prop_map(|(valid, changes)| {
        let mut bytes = valid.to_vec();
        for (at, byte) in changes {
            *at.get_mut(&mut bytes) = byte;
        }
        bytes
    })
}

/// Objects nested in objects, with names that mean something.
fn almost_json() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec![
        "version",
        "peers",
        "PEERS",
        "banned_peers",
        "banned_networks",
        "persistent",
        "saved",
        "peer_id",
        "metadata",
        "multiaddrs",
        "blacklisted",
        "until",
        "marked",
        "x",
        "\\u0041",
    ]);
    let leaf = prop::sample::select(vec![
        "null",
        "true",
        "1",
        "0",
        "1e400",
        "\"\"",
        "[]",
        "[null,\"/x\"]",
        "{}",
        "\"\\ud800\"",
        "\"2030-01-01T00:00:00+01:00\"",
    ]);
    let value = leaf.prop_map(str::to_owned).prop_recursive(4, 40, 5, move |inner| {
        prop::collection::vec((name.clone(), inner), 0..5).prop_map(|fields| {
            let fields: Vec<String> =
                fields.into_iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
            format!("{{{}}}", fields.join(", "))
        })
    });
    value.prop_map(String::into_bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_bytes_are_frames_or_refused(bytes in any_bytes()) {
        fuzzing::frames(&bytes);
    }

    #[test]
    fn any_bytes_leave_a_handshake_within_its_rules(bytes in any_bytes()) {
        fuzzing::handshake(&bytes);
    }

    #[test]
    fn any_text_is_a_name_or_refused(bytes in prop_oneof![raw(), almost_names()]) {
        fuzzing::names(&bytes);
    }

    #[test]
    fn any_text_is_a_key_file_or_refused(bytes in prop_oneof![raw(), almost_pem()]) {
        fuzzing::pem(&bytes);
    }

    #[test]
    fn any_bytes_are_an_address_book_or_refused(
        bytes in prop_oneof![raw(), almost_address_book(), almost_json()],
    ) {
        fuzzing::address_book(&bytes);
    }

    #[test]
    fn any_bytes_can_be_walked_and_carried(bytes in any_bytes()) {
        fuzzing::record(&bytes);
    }
}
