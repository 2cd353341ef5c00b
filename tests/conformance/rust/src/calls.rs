//! The commands that call a node.

use std::time::Duration;

use glueberry_core::{BanTarget, EventFilter, EventName, Events, Messages, NewPeer, Node};
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::answer::{Answer, Outcome};
use crate::arguments::Arguments;
use crate::queues::Queues;
use crate::{payload, told};

/// A node and its queues.
pub(crate) struct Calls {
    node: Node,
    messages: Queues<Messages>,
    events: Queues<Events>,
}

impl Calls {
    pub(crate) fn new(node: Node) -> Self {
        Self { node, messages: Queues::new(), events: Queues::new() }
    }

    /// Makes a call. Dropping what it returns cancels the call.
    pub(crate) async fn call(&self, command: Arguments) -> Outcome {
        let node = &self.node;
        match command.text("do")? {
            "close" => node.shutdown().await,
            "listen" => return self.listen(&command).await,
            "connect" => {
                let peer = command.limited(node.connect(command.text("address")?)).await?;
                return Ok(Answer::with(json!({ "peer": peer.to_string() })));
            }
            "wait_established" => command.limited(node.wait_established(&command.peer()?)).await?,
            "disconnect" => command.limited(node.disconnect(&command.peer()?)).await?,
            "cancel_reconnection" => {
                command.limited(node.cancel_reconnection(&command.peer()?)).await?;
            }
            "prepare_streams" => {
                let streams = command.texts("streams")?;
                command.limited(node.prepare_streams(&command.peer()?, &streams)).await?;
            }
            "finalize_handshake" => {
                command.limited(node.finalize_handshake(&command.peer()?)).await?;
            }
            "complete_handshake" => {
                let streams = command.texts("streams")?;
                command.limited(node.complete_handshake(&command.peer()?, &streams)).await?;
            }
            "flush" => {
                command.limited(node.flush(&command.peer()?, command.text("stream")?)).await?;
            }
            "send" => return self.send(&command).await,
            "try_send" => return self.try_send(&command),
            "messages" => self.take_messages(&command)?,
            "receive" => return self.receive(&command).await,
            "events" => self.take_events(&command)?,
            "event" => return self.event(&command).await,
            "release" => self.release(command.text("queue")?)?,
            _ => return self.peer_call(&command).await,
        }
        Ok(Answer::done())
    }

    async fn peer_call(&self, command: &Arguments) -> Outcome {
        let node = &self.node;
        let members = match command.text("do")? {
            "state" => json!({ "state": node.connection_state(&command.peer()?).name() }),
            "peer" => json!({ "peer": node.peer(&command.peer()?).as_ref().map(told::peer) }),
            "peers" => json!({ "peers": node.peers().iter().map(told::peer).collect::<Vec<_>>() }),
            "health" => {
                told::health(node.stream_health(&command.peer()?, command.text("stream")?)?)
            }
            "add_peer" => {
                let peer = command.limited(node.add_peer(new_peer(command)?)).await?;
                json!({ "peer": peer.to_string() })
            }
            "remove_peer" => {
                command.limited(node.remove_peer(&command.peer()?)).await?;
                json!({})
            }
            "ban" => {
                let time = command.number("duration_ms")?.map(Duration::from_millis);
                command.limited(node.ban(target(command)?, time)).await?;
                json!({})
            }
            "unban" => {
                json!({ "was_banned": command.limited(node.unban(target(command)?)).await? })
            }
            "bans" => json!({ "bans": node.bans().iter().map(told::ban).collect::<Vec<_>>() }),
            unknown => return Err(Answer::lacks(unknown)),
        };
        Ok(Answer::with(members))
    }

    async fn listen(&self, command: &Arguments) -> Outcome {
        let bound = command.limited(self.node.listen(command.text("address")?)).await?;
        Ok(Answer::with(json!({ "addresses": told::texts(&bound) })))
    }

    async fn send(&self, command: &Arguments) -> Outcome {
        let (peer, stream) = (command.peer()?, command.text("stream")?);
        for (number, sent) in (0..).zip(0..command.count()?) {
            let message = payload::of(command, number)?;
            let call = self.node.send(&peer, stream, &message);
            command.limited(call).await.map_err(|answer| answer.and(json!({ "sent": sent })))?;
        }
        Ok(Answer::with(json!({ "sent": command.count()? })))
    }

    fn try_send(&self, command: &Arguments) -> Outcome {
        let (peer, stream) = (command.peer()?, command.text("stream")?);
        for (number, sent) in (0..).zip(0..command.count()?) {
            let message = payload::of(command, number)?;
            let outcome = self.node.try_send(&peer, stream, &message);
            outcome.map_err(|error| Answer::failed(&error).and(json!({ "sent": sent })))?;
        }
        Ok(Answer::with(json!({ "sent": command.count()? })))
    }

    fn take_messages(&self, command: &Arguments) -> Result<(), Answer> {
        let messages = match command.optional("stream") {
            Some(_) => self.node.messages(command.text("stream")?)?,
            None => self.node.all_messages()?,
        };
        self.messages.add(command.text("queue")?, messages);
        Ok(())
    }

    async fn receive(&self, command: &Arguments) -> Outcome {
        let (queue, count) = (self.messages.get(command.text("queue")?)?, command.count()?);
        let mut came = Vec::new();
        let receiving = async {
            let mut messages = queue.lock().await;
            while came.len() < count {
                let Some(message) = messages.next().await else { return json!({ "ended": true }) };
                came.push(told::message(&message));
            }
            json!({})
        };
        let outcome = match command.within()? {
            Some(within) => timeout(within, receiving).await.ok(),
            None => Some(receiving.await),
        };
        let messages = json!({ "messages": came });
        match outcome {
            Some(end) => Ok(Answer::with(end).and(messages)),
            None => Err(Answer::timed_out().and(messages)),
        }
    }

    fn take_events(&self, command: &Arguments) -> Result<(), Answer> {
        let mut filter = EventFilter::all();
        if command.optional("peers").is_some() {
            let peers = command.texts("peers")?.into_iter().map(str::parse);
            filter = filter.peers(peers.collect::<Result<Vec<_>, _>>()?);
        }
        if command.optional("kinds").is_some() {
            let kinds = command.texts("kinds")?.into_iter().map(kind);
            filter = filter.kinds(kinds.collect::<Result<Vec<_>, _>>()?);
        }
        self.events.add(command.text("queue")?, self.node.events(filter));
        Ok(())
    }

    async fn event(&self, command: &Arguments) -> Outcome {
        let queue = self.events.get(command.text("queue")?)?;
        let waiting = async { queue.lock().await.next().await };
        let event = match command.within()? {
            Some(within) => timeout(within, waiting).await.map_err(|_| Answer::timed_out())?,
            None => waiting.await,
        };
        Ok(Answer::with(match event {
            Some(event) => json!({ "event": told::event(&event) }),
            None => json!({ "ended": true }),
        }))
    }

    fn release(&self, queue: &str) -> Result<(), Answer> {
        let was_there = self.messages.remove(queue) | self.events.remove(queue);
        was_there.then_some(()).ok_or_else(|| Answer::fault(format!("there is no queue {queue}")))
    }
}

fn kind(name: &str) -> Result<EventName, Answer> {
    let found = EventName::ALL.iter().copied().find(|kind| kind.as_str() == name);
    found.ok_or_else(|| Answer::fault(format!("there is no event {name}")))
}

fn target(command: &Arguments) -> Result<BanTarget, Answer> {
    Ok(command.text("target")?.parse()?)
}

fn new_peer(command: &Arguments) -> Result<NewPeer, Answer> {
    let addresses = command.texts("addresses")?;
    let (first, others) =
        addresses.split_first().ok_or_else(|| Answer::fault("a peer needs an address"))?;
    let mut peer = NewPeer::at(*first)?;
    for address in others {
        peer = peer.or_at(*address)?;
    }
    if let Some(Value::Object(metadata)) = command.optional("metadata") {
        for (key, value) in metadata {
            peer = peer.metadata(key, value.as_str().unwrap_or_default());
        }
    }
    let persistent = command.optional("persistent").is_some_and(|yes| yes == true);
    Ok(if persistent { peer.persistent() } else { peer })
}
