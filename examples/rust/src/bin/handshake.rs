//! The application shakes hands: a club lets in who knows the password, and nobody else.
//!
//! libp2p has proven both identities by the time `PeerConnected` comes. What else has to be agreed
//! on before messages flow is said on the stream `handshake`, in words of the application's own.
//! This stream has no encryption above libp2p's channel.

use std::time::Duration;

use glueberry_core::{
    Address, EventFilter, EventName, HandshakeMode, Identity, Message, Node, PeerId, Result,
};

#[tokio::main]
async fn main() -> Result<()> {
    let club = Node::builder(Identity::generate())
        .handshake(HandshakeMode::App)
        .handshake_timeout(Duration::from_secs(10))
        .listen("/ip4/127.0.0.1/tcp/0")?
        .start()
        .await?;
    let address = club.listen_addresses().remove(0);
    println!("The club is open at {address}");
    let doorman = tokio::spawn(keep_the_door(club.clone()));
    let host = tokio::spawn(greet(club.clone()));

    visit("Carla", &address, "gooseberry").await?;
    visit("Dario", &address, "glueberry").await?;

    // Ends every iteration, and so both tasks.
    club.shutdown().await;
    doorman.await.expect("the doorman does not panic")?;
    host.await.expect("the host does not panic")
}

/// Answers each password: with the door, or with the end of the connection.
async fn keep_the_door(club: Node) -> Result<()> {
    let mut passwords = club.messages("handshake")?;
    while let Some(message) = passwords.next().await {
        let guest = message.peer();
        if message.payload() != "glueberry" {
            println!("  Doorman: wrong password, goodbye");
            club.disconnect(&guest).await?;
            continue;
        }
        if let Err(gone) = let_in(&club, &guest).await {
            println!("  Doorman: the guest has left ({gone})");
        }
    }
    Ok(())
}

/// The order matters: once the guest reads "welcome" it may send, so its streams stand before.
async fn let_in(club: &Node, guest: &PeerId) -> Result<()> {
    club.prepare_streams(guest, &["chat"]).await?;
    club.send(guest, "handshake", b"welcome").await?;
    club.finalize_handshake(guest).await?;
    println!("  Doorman: come in");
    Ok(())
}

/// Returns a greeting on `chat`, which only members can reach.
async fn greet(club: Node) -> Result<()> {
    let mut chat = club.messages("chat")?;
    while let Some(message) = chat.next().await {
        println!("  Host reads: {}", text(&message));
        club.send(&message.peer(), "chat", b"Good evening!").await?;
    }
    Ok(())
}

/// Knocks, and talks with the host if the door opens.
async fn visit(name: &str, club: &Address, password: &str) -> Result<()> {
    println!("{name} knocks and says \"{password}\"");
    let guest = Node::builder(Identity::generate()).handshake(HandshakeMode::App).start().await?;
    if let Some(peer) = enter(&guest, club, password).await? {
        let mut chat = guest.messages("chat")?;
        guest.send(&peer, "chat", format!("{name} is here").as_bytes()).await?;
        if let Some(message) = chat.next().await {
            println!("{name} reads: {}", text(&message));
        }
    } else {
        println!("{name} stays outside");
    }
    guest.shutdown().await;
    Ok(())
}

/// The guest's side of the handshake. `None` if the club ends the connection.
async fn enter(guest: &Node, club: &Address, password: &str) -> Result<Option<PeerId>> {
    let mut answers = guest.messages("handshake")?;
    let mut ends = guest.events(EventFilter::all().kinds([EventName::PeerDisconnected]));
    // In this mode it returns when the connection stands and the club has proven its identity.
    let peer = guest.connect(club).await?;
    guest.send(&peer, "handshake", password.as_bytes()).await?;
    tokio::select! {
        Some(answer) = answers.next() => {
            println!("  Guest hears: {}", text(&answer));
            guest.complete_handshake(&peer, &["chat"]).await?;
            Ok(Some(peer))
        }
        _ = ends.next() => Ok(None),
    }
}

fn text(message: &Message) -> String {
    String::from_utf8_lossy(message.payload()).into_owned()
}
