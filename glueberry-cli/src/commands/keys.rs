//! `keygen` and `id`: private keys and whom they make.

use glueberry_core::Identity;

use crate::args::{Id, Keygen};
use crate::event::{Event, Identified};
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::output::Output;

pub(super) async fn generate(args: &Keygen, output: &Output) -> Result<Outcome, Failure> {
    let identity = Identity::generate();
    match &args.output {
        Some(path) if args.force => identity.save_over(path)?,
        Some(path) => identity.save(path)?,
        None => {}
    }
    let told = Identified {
        peer: identity.peer_id().to_string(),
        pem: args.output.is_none().then(|| identity.to_pem().to_string()),
        key: args.output.as_deref().map(|path| path.display().to_string()),
        fresh: false,
    };
    output.print(Event::Identity(told)).await;
    Ok(Outcome::Done)
}

pub(super) async fn identify(args: &Id, output: &Output) -> Result<Outcome, Failure> {
    let told = Identified {
        peer: Identity::load(&args.key)?.peer_id().to_string(),
        key: Some(args.key.display().to_string()),
        ..Identified::default()
    };
    output.print(Event::Identity(told)).await;
    Ok(Outcome::Done)
}
