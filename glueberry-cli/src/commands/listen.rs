//! `listen`: wait for peers, and print what they send.

use glueberry_core::{Address, ErrorCode, EventFilter, Events, Identity, Messages, Node};
use tokio::task::JoinSet;

use super::Who;
use super::echo::Echo;
use crate::args::Listen;
use crate::event::Event;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::stop::Stop;

pub(super) async fn run(args: Listen, output: Output) -> Result<Outcome, Failure> {
    let mut stop = Stop::new(output.unheard())?;
    let addresses: Vec<Address> =
        args.addr.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let who = Who::from_key(args.key.as_deref())?;
    check_owner(&addresses, &who.identity)?;
    let node = who.start(&args.stream, args.address_book.as_deref(), &output).await?;
    // Before the first address is bound, so that nothing is missed.
    let events = node.events(EventFilter::all());
    let inboxes = inboxes(&node, &args.stream)?;

    let bound = tokio::select! {
        bound = bind(&node, addresses) => bound,
        _ = stop.wait() => return Ok(Outcome::Stopped),
    };
    let addresses = match bound {
        Ok(addresses) => addresses,
        Err(failure) => {
            node.shutdown().await;
            return Err(failure);
        }
    };
    output.print(Event::Listening { addresses }).await;
    node.dial_known_peers().await?;

    let mut tasks = JoinSet::new();
    tasks.spawn(tell(events, output.clone()));
    for inbox in inboxes {
        let echo = args.echo.then(|| Echo::new(node.clone(), output.clone()));
        tasks.spawn(receive(inbox, echo, output.clone()));
    }
    drop(output);
    stop.wait().await;
    stop.unless_hurried(async {
        node.shutdown().await;
        // They end with the node, once what came in by then is told.
        tasks.join_all().await;
    })
    .await;
    Ok(Outcome::Stopped)
}

/// Listens at every address, and returns what they are bound to.
async fn bind(node: &Node, addresses: Vec<Address>) -> Result<Vec<Address>, Failure> {
    let mut bound = Vec::new();
    for address in addresses {
        bound.extend(node.listen(address).await?);
    }
    Ok(bound)
}

/// One for each stream, so that a stream that stands still holds up no other.
fn inboxes(node: &Node, streams: &[String]) -> Result<Vec<Messages>, Failure> {
    let mut names: Vec<&String> = streams.iter().collect();
    names.sort();
    names.dedup();
    Ok(names.into_iter().map(|name| node.messages(name)).collect::<Result<_, _>>()?)
}

async fn tell(mut events: Events, output: Output) {
    while let Some(event) = events.next().await {
        if let Some(event) = Event::of_node(event.kind) {
            output.print(event).await;
        }
    }
}

async fn receive(mut inbox: Messages, mut echo: Option<Echo>, output: Output) {
    while let Some(message) = inbox.next().await {
        output.print(Event::message(message.clone())).await;
        if let Some(echo) = &mut echo {
            echo.send_back(message).await;
        }
    }
}

/// An address that names another peer was meant for another command, or another key.
fn check_owner(addresses: &[Address], identity: &Identity) -> Result<(), Failure> {
    let own = identity.peer_id();
    let foreign = |address: &&Address| address.peer().is_some_and(|peer| peer != own);
    let Some(address) = addresses.iter().find(foreign) else { return Ok(()) };
    let message = format!("{address} names another peer than this one, {own}");
    Err(Failure::new(ErrorCode::InvalidAddress, message))
}
