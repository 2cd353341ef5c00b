//! `connect`: an interactive session.

use super::Who;
use super::prompt::Prompt;
use super::session::{LEAVE_BOUND, Peer, Session, Until, show};
use crate::args::Connect;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::stop::Stop;

pub(super) async fn run(args: Connect, output: Output) -> Result<Outcome, Failure> {
    let mut stop = Stop::new(output.unheard())?;
    let peer = Peer::parse(&args.peer)?;
    let who = Who::from_key(args.key.as_deref())?;
    let book = args.address_book.as_deref();
    let until = if args.no_reconnect { Until::Lost } else { Until::GivenUp };
    let mut session = Session::start(who, &peer, &args.stream, book, until, &output).await?;
    let mut outcome = tokio::select! {
        biased;
        outcome = talk(&args.stream, &mut session, &output) => outcome,
        _ = stop.wait() => Ok(Outcome::Stopped),
    };
    let undelivered = session.leave(&mut stop, LEAVE_BOUND).await;
    if let (Ok(Outcome::Done), Some(undelivered)) = (&outcome, undelivered) {
        outcome = Err(undelivered);
    }
    outcome
}

/// Talks until the input ends, or the session.
async fn talk(
    streams: &[String],
    session: &mut Session,
    output: &Output,
) -> Result<Outcome, Failure> {
    session.connect().await?;
    let lasting = session.watch.outlives_connections();
    let prompt = Prompt::new(session.node.clone(), session.peer, streams, output.clone())?
        .holding_lines(lasting);
    output.hint("type a line to send it, /help for help, Ctrl-D to leave").await;
    tokio::select! {
        biased;
        outcome = prompt.run() => outcome,
        () = show(&mut session.inbox, output) => Err(Failure::internal("the inbox was closed")),
        end = session.watch.until_end() => Err(end),
    }
}
