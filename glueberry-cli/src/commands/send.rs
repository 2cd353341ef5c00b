//! `send`: a message, once or several times.

use std::time::Duration;

use glueberry_core::{ErrorCode, Messages};
use tokio::time::Instant;

use super::Who;
use super::input::{Source, read_message};
use super::session::{LEAVE_BOUND, Peer, Session, Until};
use crate::args::Send;
use crate::event::Event;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::stop::{Reason, Stop};

pub(super) async fn run(args: Send, output: Output) -> Result<Outcome, Failure> {
    let mut stop = Stop::new(output.unheard())?;
    let deadline = Instant::now().checked_add(args.timeout);
    let peer = Peer::parse(&args.peer)?;
    let who = Who::from_key(args.key.as_deref())?;
    let streams = std::slice::from_ref(&args.stream);
    let mut session = Session::start(who, &peer, streams, None, Until::Refused, &output).await?;
    let mut outcome = tokio::select! {
        biased;
        done = exchange(&args, &mut session, &output) => done.map(|()| Outcome::Done),
        () = until(deadline) => Err(out_of_time(&args, &session)),
        reason = stop.wait() => Ok(match reason {
            Reason::Asked => Outcome::Interrupted,
            Reason::Unheard => Outcome::Unheard,
        }),
    };
    let out_of_time = outcome.as_ref().is_err_and(|failure| failure.code == ErrorCode::TimedOut);
    let within = if out_of_time { MOMENT } else { LEAVE_BOUND };
    let undelivered = session.leave(&mut stop, within).await;
    if let (Ok(Outcome::Done), Some(undelivered)) = (&outcome, undelivered) {
        outcome = Err(undelivered);
    }
    outcome
}

/// Reads the message, connects, sends, and waits for the answers that are wanted.
async fn exchange(args: &Send, session: &mut Session, output: &Output) -> Result<(), Failure> {
    let message = read_message(Source::of(args)).await?;
    session.connect().await?;
    let Session { node, peer, watch, inbox, .. } = session;
    let sending = async {
        for _ in 0..args.count {
            node.send(peer, &args.stream, &message).await?;
        }
        node.flush(peer, &args.stream).await?;
        let stream = args.stream.parse().map_err(|_| Failure::internal("an unnamed stream"))?;
        let (len, count) = (message.len(), args.count);
        output.print(Event::Sent { peer: *peer, stream, len, count }).await;
        Ok(())
    };
    let wanted = if args.wait_reply { args.count } else { 0 };
    let receiving = receive(inbox, wanted, output);
    tokio::select! {
        biased;
        done = both(sending, receiving, args.wait_reply) => done,
        end = watch.until_end() => Err(end),
    }
}

/// Sends, and prints what comes meanwhile, so that a peer that answers never waits for us to read.
async fn both(
    sending: impl Future<Output = Result<(), Failure>>,
    receiving: impl Future<Output = ()>,
    wait_reply: bool,
) -> Result<(), Failure> {
    if wait_reply {
        let receiving = async {
            receiving.await;
            Ok(())
        };
        return tokio::try_join!(sending, receiving).map(drop);
    }
    tokio::pin!(sending);
    tokio::select! {
        done = &mut sending => done,
        () = receiving => sending.await,
    }
}

/// Prints messages until `wanted` have come; without a number as long as it is let.
async fn receive(inbox: &mut Messages, wanted: u64, output: &Output) {
    let mut come = 0;
    loop {
        let slot = output.slot().await;
        let Some(message) = inbox.next().await else { return };
        slot.print(&Event::message(message));
        come += 1;
        if come == wanted {
            return;
        }
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at).await,
        // A time limit beyond the clock's end is none.
        None => std::future::pending().await,
    }
}

fn out_of_time(args: &Send, session: &Session) -> Failure {
    let limit = humantime::format_duration(args.timeout);
    let message = format!("not done within {limit}");
    Failure::new(ErrorCode::TimedOut, message).at_peer(session.peer)
}

/// What is left when the time is over: enough for a farewell to a peer that is there.
const MOMENT: Duration = Duration::from_secs(1);
