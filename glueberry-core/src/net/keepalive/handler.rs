//! Watches one connection from inside the swarm, and answers its peer's questions.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use glueberry_proto::peer::{Outbound, Step, Watch};
use libp2p::core::upgrade::ReadyUpgrade;
use libp2p::swarm::handler::{
    ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
};
use libp2p::swarm::{
    ConnectionHandler, ConnectionHandlerEvent, StreamUpgradeError, SubstreamProtocol,
};
use libp2p::{Stream, StreamProtocol};
use tokio::time::Sleep;
use tracing::trace;

use super::exchange::{PING, Questions, echo};
use super::pulse::{Pulse, Pulses};

/// The connection gave no sign of life in time. Said once.
#[derive(Debug)]
pub(crate) struct Dead;

pub(crate) struct Watcher {
    pulses: Pulses,
    /// Found at the first poll, in the connection's own task.
    pulse: Option<Arc<Pulse>>,
    /// None when the keep-alive is off, or its work is done.
    watch: Option<Watch>,
    /// The transport ends the connection of a silent peer by itself, whether a ping can be sent or
    /// not.
    notices_silence: bool,
    timer: Pin<Box<Sleep>>,
    questions: Asking,
    echoes: FuturesUnordered<BoxFuture<'static, io::Result<()>>>,
}

/// Our own stream of questions.
enum Asking {
    /// There is none.
    Not,
    /// It is being opened, and will carry a question at once.
    Opening,
    On(Box<Questions<Stream>>),
}

type Ping = ReadyUpgrade<StreamProtocol>;
type Event = ConnectionHandlerEvent<Ping, (), Dead>;

impl Watcher {
    pub(super) fn new(pulses: Pulses, watch: Option<Watch>, notices_silence: bool) -> Self {
        Self {
            pulses,
            pulse: None,
            watch,
            notices_silence,
            timer: Box::pin(tokio::time::sleep(Duration::ZERO)),
            questions: Asking::Not,
            echoes: FuturesUnordered::new(),
        }
    }

    fn poll_echoes(&mut self, context: &mut Context<'_>) {
        while let Poll::Ready(Some(ended)) = self.echoes.poll_next_unpin(context) {
            trace!(?ended, "the peer's stream of pings ended");
        }
    }

    fn poll_answer(&mut self, context: &mut Context<'_>) {
        let Asking::On(questions) = &mut self.questions else { return };
        let Poll::Ready(answer) = questions.poll_answer(context) else { return };
        let (Some(watch), Some(pulse)) = (&mut self.watch, &self.pulse) else { return };
        match answer {
            Ok(()) => {
                pulse.hear();
                watch.answered(Instant::now());
            }
            Err(fault) => {
                trace!(%fault, "the stream of pings ended");
                watch.withdrawn(Instant::now());
                self.questions = Asking::Not;
            }
        }
        self.timer.as_mut().reset(tokio::time::Instant::now());
    }

    /// Whether a stream has to be opened for the question.
    fn ask(&mut self, context: &mut Context<'_>) -> bool {
        if let Asking::On(questions) = &mut self.questions
            && !questions.is_open()
            && !questions.are_over(context)
        {
            questions.ask();
            return false;
        }
        // The peer ended the stream, as Go does after 30 s, or owes an answer on it.
        !matches!(std::mem::replace(&mut self.questions, Asking::Opening), Asking::Opening)
    }

    /// To be opened. By libp2p's own 10 s, a long timeout would never come to its end.
    fn question(&self) -> SubstreamProtocol<Ping> {
        let protocol = SubstreamProtocol::new(ReadyUpgrade::new(PING), ());
        match &self.watch {
            Some(watch) => protocol.with_timeout(watch.patience() + AFTER_PATIENCE),
            None => protocol,
        }
    }

    /// Our question has no stream.
    fn not_opened(&mut self, error: &StreamUpgradeError<Infallible>) {
        self.questions = Asking::Not;
        let Some(watch) = &mut self.watch else { return };
        match error {
            StreamUpgradeError::NegotiationFailed => watch.refused(),
            StreamUpgradeError::Timeout => watch.expired(Instant::now()),
            _ => watch.withdrawn(Instant::now()),
        }
        self.timer.as_mut().reset(tokio::time::Instant::now());
    }

    fn check(&mut self) -> Option<Step> {
        let (watch, pulse) = (self.watch.as_mut()?, self.pulse.as_ref()?);
        let unsent = match &self.questions {
            Asking::On(questions) => questions.is_unsent(),
            Asking::Opening => pulse.is_blocked(),
            Asking::Not => false,
        };
        let blocked = unsent && self.notices_silence;
        let outbound = if blocked { Outbound::Blocked } else { Outbound::Flows };
        Some(watch.check(Instant::now(), pulse.heard(), outbound))
    }
}

impl ConnectionHandler for Watcher {
    type FromBehaviour = Infallible;
    type ToBehaviour = Dead;
    type InboundProtocol = Ping;
    type OutboundProtocol = Ping;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = ();

    fn listen_protocol(&self) -> SubstreamProtocol<Ping> {
        SubstreamProtocol::new(ReadyUpgrade::new(PING), ())
    }

    /// What came and went since the last poll is not looked at here: only the timer, which goes off
    /// about once an interval, makes the watch look.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        if self.pulse.is_none() {
            self.pulse = self.pulses.here();
        }
        self.poll_echoes(context);
        self.poll_answer(context);
        while self.watch.is_some() && self.timer.as_mut().poll(context).is_ready() {
            match self.check() {
                Some(Step::Wait(until)) => self.timer.as_mut().reset(until.into()),
                Some(Step::Ask) => {
                    if self.ask(context) {
                        let protocol = self.question();
                        return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                            protocol,
                        });
                    }
                    self.poll_answer(context);
                }
                Some(Step::Dead) => {
                    return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(Dead));
                }
                Some(Step::Rest) | None => break,
            }
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, never: Infallible) {
        match never {}
    }

    fn on_connection_event(&mut self, event: ConnectionEvent<'_, Ping, Ping>) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol, ..
            }) if self.echoes.len() < MOST_ECHOES => self.echoes.push(Box::pin(echo(protocol))),
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol, ..
            }) => {
                let mut questions = Questions::new(protocol);
                questions.ask();
                self.questions = Asking::On(Box::new(questions));
            }
            ConnectionEvent::DialUpgradeError(DialUpgradeError { error, .. }) => {
                self.not_opened(&error);
            }
            _ => {}
        }
    }
}

/// A stream that was not agreed on by then is given up. The watch alone decides before.
const AFTER_PATIENCE: Duration = Duration::from_secs(1);
/// Streams of pings that a peer may have open at once: one, and one while it replaces that. More are
/// dropped, which resets them.
pub(crate) const MOST_ECHOES: usize = 2;
