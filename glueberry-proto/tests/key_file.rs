//! Key files against OpenSSL and RFC 8410.

mod hex;

use std::io::Write;
use std::process::{Command, Stdio};

use glueberry_proto::error::Fault;
use glueberry_proto::identity::{PemError, SecretKey};
use hex::bytes;
use proptest::prelude::*;

const OPENSSL: &str = include_str!("vectors/openssl_ed25519.pem");
const OPENSSL_PUBLIC: &str = include_str!("vectors/openssl_ed25519.public.hex");
const RFC8410_V1: &str = include_str!("vectors/rfc8410_v1.pem");
const RFC8410_V2: &str = include_str!("vectors/rfc8410_v2.pem");

#[test]
fn a_key_file_of_openssl_is_read_and_written_byte_for_byte() {
    let key = SecretKey::from_pem(OPENSSL).unwrap();
    assert_eq!(key.public()[..], bytes(OPENSSL_PUBLIC.trim()));
    assert_eq!(*key.to_pem(), OPENSSL);
}

#[test]
fn openssl_reads_what_we_write() {
    let key = SecretKey::from_seed(&[7; 32]);
    let mut child = match Command::new("openssl")
        .args(["pkey", "-pubout", "-outform", "DER"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
    {
        Ok(child) => child,
        Err(error) => return eprintln!("SKIPPED: no openssl to check against ({error})"),
    };
    child.stdin.take().unwrap().write_all(key.to_pem().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "openssl refused our key file");
    assert!(output.stdout.ends_with(&key.public()));
}

#[test]
fn both_versions_of_the_rfc_hold_the_same_key() {
    let (v1, v2) = (SecretKey::from_pem(RFC8410_V1), SecretKey::from_pem(RFC8410_V2));
    assert_eq!(v1.unwrap().public(), v2.unwrap().public());
}

#[test]
fn a_public_key_that_is_not_the_secrets_is_refused() {
    let other_public =
        RFC8410_V2.replace("Z9w7lshQhqowtrbLDFw4rXAxZuE=", "Z9w7lshQhqowtrbLDFw4rXAxZuI=");
    let refused = SecretKey::from_pem(&other_public).unwrap_err();
    assert_eq!(refused, PemError::PublicKeyMismatch);
}

#[test]
fn a_file_from_another_system_is_read() {
    let with_crlf = OPENSSL.replace('\n', "\r\n");
    let with_notes = format!("a note before the key\n{OPENSSL}\n\n");
    for text in [with_crlf, with_notes] {
        assert_eq!(*SecretKey::from_pem(&text).unwrap().to_pem(), OPENSSL);
    }
}

#[test]
fn each_wrong_file_gets_its_own_advice() {
    let cases = [
        ("", "not a PEM file; make a key"),
        ("8a88e3dd7409f195", "not a PEM file; make a key"),
        (include_str!("vectors/openssl_ed25519_encrypted.pem"), "decrypt it with"),
        (include_str!("vectors/openssl_ed25519_public.pem"), "give the private half"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb", "OpenSSH's format is not read"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "openssl genpkey -algorithm ed25519"),
        (include_str!("vectors/openssl_x25519.pem"), "1.3.101.110"),
        (OPENSSL.split_at(60).0, "damaged"),
    ];
    for (text, advice) in cases {
        let error = SecretKey::from_pem(text).unwrap_err();
        assert!(error.to_string().contains(advice), "{text:?}: {error}");
        assert_eq!(error.fault(), Fault::Ours);
    }
}

proptest! {
    #[test]
    fn a_file_with_an_altered_character_is_no_key_or_another_one(
        at in 0..OPENSSL.len(),
        character in "[A-Za-z0-9+/=-]",
    ) {
        let mut text = OPENSSL.to_owned();
        text.replace_range(at..=at, &character);
        if let Ok(key) = SecretKey::from_pem(&text) {
            let written = key.to_pem();
            prop_assert_eq!(written.trim(), text.trim());
        }
    }
}
