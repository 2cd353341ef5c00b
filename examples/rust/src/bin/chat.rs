//! Several people talk. Whoever starts with the key of before is known by the same peer id.
//!
//! ```text
//! chat anna.pem Anna /ip4/127.0.0.1/tcp/9000
//! chat bruno.pem Bruno /ip4/127.0.0.1/tcp/0 /ip4/127.0.0.1/tcp/9000/p2p/12D3KooW...
//! ```
//!
//! Each line goes to all who are connected: who joins a chat names everybody who is there.

use std::path::Path;
use std::process::ExitCode;

use glueberry_core::{Identity, Messages, Node, Result, State, StreamConfig};
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [key, name, address, peers @ ..] = arguments.as_slice() else {
        eprintln!("usage: chat KEYFILE NAME LISTEN-ADDRESS [PEER-ADDRESS...]");
        return ExitCode::from(2);
    };
    match chat(Path::new(key), name, address, peers).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}\nhint: {}", error.hint());
            ExitCode::FAILURE
        }
    }
}

async fn chat(key: &Path, name: &str, address: &str, peers: &[String]) -> Result<()> {
    let node = Node::builder(identity_in(key)?)
        .listen(address)?
        .stream("chat", StreamConfig::default())?
        .start()
        .await?;
    for address in node.listen_addresses() {
        println!("listening {address}");
    }
    let printing = tokio::spawn(print_all(node.messages("chat")?));
    for peer in peers {
        node.connect(peer.as_str()).await?;
    }
    let mut lines = BufReader::new(stdin()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        send_to_all(&node, &format!("{name}> {line}")).await;
    }
    node.shutdown().await;
    // It ends when all that came has been printed.
    printing.await.expect("printing does not fail");
    Ok(())
}

/// The key in this file, which is made if there is none.
fn identity_in(path: &Path) -> Result<Identity> {
    if path.exists() {
        return Identity::load(path);
    }
    let identity = Identity::generate();
    identity.save(path)?;
    Ok(identity)
}

async fn print_all(mut messages: Messages) {
    while let Some(message) = messages.next().await {
        println!("{}", String::from_utf8_lossy(message.payload()));
    }
}

/// A peer that leaves meanwhile does not keep the line from the others.
async fn send_to_all(node: &Node, line: &str) {
    for peer in node.peers().iter().filter(|peer| peer.state == State::Established) {
        if let Err(error) = node.send(&peer.peer, "chat", line.as_bytes()).await {
            eprintln!("{error}");
        }
    }
}
