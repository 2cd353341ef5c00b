//! What the log shows, and what it must never show.

use std::io;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use glueberry_core::embed::logs;
use glueberry_core::{ErrorCode, EventFilter, EventName, Identity, Node, StreamConfig};
use glueberry_proto::identity::SecretKey;
use glueberry_proto::v1::key::SharedKey;
use tracing_subscriber::fmt::MakeWriter;

const PAYLOAD: &[u8] = b"the payload that belongs into no log";
const SEED_A: [u8; 32] = [0xC3; 32];
const SEED_B: [u8; 32] = [0xC5; 32];

/// Keeps everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Collects the log of this process.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .init();
    log
});

/// The ways in which bytes get into a log: as text, in hexadecimal, and as lists of numbers.
fn spellings(secret: &[u8]) -> Vec<String> {
    let hex = |separator: &str| {
        let digits: Vec<String> = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.join(separator)
    };
    let text = String::from_utf8_lossy(secret).into_owned();
    vec![
        text,
        hex(""),
        hex(" "),
        hex(":"),
        format!("{secret:?}").trim_matches(['[', ']']).to_owned(),
    ]
}

async fn node(seed: &[u8]) -> Node {
    let builder = Node::builder(Identity::from_seed(seed).unwrap());
    let builder = builder.listen("/ip4/127.0.0.1/tcp/0").unwrap();
    builder.stream("chat", StreamConfig::default()).unwrap().start().await.unwrap()
}

async fn a_session() {
    let (a, b) = (node(&SEED_A).await, node(&SEED_B).await);
    let mut ends = b.events(EventFilter::all().kinds([EventName::PeerDisconnected]));
    let mut inbox = b.messages("chat").unwrap();
    let peer = a.connect(&b.listen_addresses()[0]).await.unwrap();
    a.send(&peer, "chat", PAYLOAD).await.unwrap();
    let message = inbox.next().await.unwrap();
    assert_eq!(&message.payload()[..], PAYLOAD);
    tracing::trace!(?message, identity = ?Identity::from_seed(&SEED_A), "shown by the application");
    a.disconnect(&peer).await.unwrap();
    ends.next().await.unwrap();
    a.shutdown().await;
    b.shutdown().await;
}

#[tokio::test]
async fn a_log_tells_the_life_of_a_session_and_neither_keys_nor_payload() {
    LazyLock::force(&LOG);
    tokio::time::timeout(Duration::from_mins(1), a_session()).await.unwrap();
    let log = String::from_utf8_lossy(&LOG.0.lock().unwrap()).into_owned();

    for line in ["listening", "connecting", "connected", "established", "disconnected"] {
        assert!(log.contains(line), "the log lacks {line:?}");
    }
    assert!(log.contains("TRACE"), "nothing was logged at the finest level");
    assert!(log.contains("session=1") && log.contains("connection="), "no correlation ids");

    let (a, b) = (SecretKey::from_seed(&SEED_A), SecretKey::from_seed(&SEED_B));
    let shared = SharedKey::derive(a.signing_key(), &b.verifying_key()).unwrap();
    let pems = [a.to_pem(), b.to_pem()];
    let pems = pems.iter().map(|pem| pem.lines().nth(1).unwrap().to_owned());
    let secrets: [&[u8]; 4] = [PAYLOAD, &SEED_A, &SEED_B, shared.as_bytes()];
    for secret in secrets.iter().flat_map(|secret| spellings(secret)).chain(pems) {
        let found = log.to_lowercase().find(&secret.to_lowercase());
        assert_eq!(found, None, "the log shows {secret:?}");
    }
}

#[test]
fn a_log_that_the_application_collects_is_not_taken_from_it() {
    LazyLock::force(&LOG);
    let refused = logs::collect(None, |_| ()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::WrongState);
}
