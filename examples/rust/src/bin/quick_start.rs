//! Two nodes in one process: one listens, the other connects, and each sends the other a message.

use glueberry_core::{Identity, Node, Result, StreamConfig};

#[tokio::main]
async fn main() -> Result<()> {
    // Anna listens at a free port of this machine. Both sides name the streams they carry.
    let anna = Node::builder(Identity::generate())
        .listen("/ip4/127.0.0.1/tcp/0")?
        .stream("chat", StreamConfig::default())?
        .start()
        .await?;
    let bruno = Node::builder(Identity::generate())
        .stream("chat", StreamConfig::default())?
        .start()
        .await?;
    let mut to_anna = anna.messages("chat")?;
    let mut to_bruno = bruno.messages("chat")?;

    // An address ends in the peer id of who has to answer there: /ip4/…/tcp/…/p2p/12D3KooW…
    let address = anna.listen_addresses().remove(0);
    println!("Anna listens at {address}");

    // Returns once Anna has proven that the id is hers, and the handshake is done.
    let peer = bruno.connect(address).await?;
    println!("Bruno is connected");

    bruno.send(&peer, "chat", b"Hello Anna!").await?;
    if let Some(message) = to_anna.next().await {
        println!("Anna reads: {}", String::from_utf8_lossy(message.payload()));
        anna.send(&message.peer(), "chat", b"Hello Bruno!").await?;
    }
    if let Some(message) = to_bruno.next().await {
        println!("Bruno reads: {}", String::from_utf8_lossy(message.payload()));
    }

    // Writes what is still queued, then closes.
    bruno.shutdown().await;
    anna.shutdown().await;
    Ok(())
}
