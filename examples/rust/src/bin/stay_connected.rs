//! A link that comes back by itself: Bruno restarts, and Anna finds him again.

use std::time::Duration;

use glueberry_core::{
    Address, EventFilter, EventKind, Identity, NewPeer, Node, ReconnectPolicy, Result, StreamConfig,
};

#[tokio::main]
async fn main() -> Result<()> {
    let bruno_is = Identity::generate();
    let bruno = start_bruno(&bruno_is, "/ip4/127.0.0.1/tcp/0").await?;
    let address = bruno.listen_addresses().remove(0);

    // Anna tries again after half a second at most; by default the pauses grow up to five minutes.
    // `.address_book("anna.json")` would let her find Bruno after her own restarts too.
    let policy = ReconnectPolicy {
        first_delay: Duration::from_millis(100),
        longest_delay: Duration::from_millis(500),
        ..ReconnectPolicy::default()
    };
    let anna = Node::builder(Identity::generate())
        .stream("chat", StreamConfig::default())?
        .reconnect(policy)
        .start()
        .await?;
    let mut events = anna.events(EventFilter::peer(bruno.peer_id()));

    // A persistent peer is dialed at once, and for ever. There is nothing to do when it is lost.
    let peer = anna.add_peer(NewPeer::at(address.clone())?.persistent()).await?;
    anna.wait_established(&peer).await?;
    println!("Anna is connected");

    bruno.shutdown().await;
    while let Some(event) = events.next().await {
        if let EventKind::PeerReconnecting { attempt, delay, .. } = event.kind {
            println!("Bruno is gone: attempt {attempt} follows in {delay:?}");
            break;
        }
    }

    let bruno = start_bruno(&bruno_is, place_of(&address)).await?;
    let mut to_bruno = bruno.messages("chat")?;
    anna.wait_established(&peer).await?;
    anna.send(&peer, "chat", b"welcome back").await?;
    if let Some(message) = to_bruno.next().await {
        println!("Bruno reads: {}", String::from_utf8_lossy(message.payload()));
    }
    anna.shutdown().await;
    bruno.shutdown().await;
    Ok(())
}

async fn start_bruno(identity: &Identity, place: impl Into<String>) -> Result<Node> {
    Node::builder(identity.clone())
        .listen(place.into())?
        .stream("chat", StreamConfig::default())?
        .start()
        .await
}

/// Where to listen again: the address without the peer's id.
fn place_of(address: &Address) -> String {
    let text = address.to_string();
    text.split("/p2p/").next().unwrap_or_default().to_owned()
}
