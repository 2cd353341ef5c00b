//! `peers`, `ban` and `unban`: what an address book holds, and whom it bans.

use std::path::Path;

use glueberry_core::{AddressBook, AddressBookEditor, BanTarget};

use crate::args::{BanArgs, Peers, Unban};
use crate::event::Event;
use crate::exit::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::table;

pub(super) async fn peers(args: &Peers, output: &Output) -> Result<Outcome, Failure> {
    let book = AddressBook::read(&args.address_book).await?;
    match book.peers() {
        [] => output.hint("no peers").await,
        _ => output.hint(&table::peers_header()).await,
    }
    for entry in book.peers() {
        output.print(Event::peer(entry)).await;
    }
    let is_listed = |target| book.peers().iter().any(|entry| BanTarget::from(entry.peer) == target);
    let mut others = book.bans().iter().filter(|ban| !is_listed(ban.target)).peekable();
    if others.peek().is_some() {
        output.hint(&table::bans_header()).await;
    }
    // Programs get every ban; people have seen those of the peers above.
    for ban in book.bans() {
        let event = Event::ban(ban);
        if is_listed(ban.target) {
            output.record(event).await;
        } else {
            output.print(event).await;
        }
    }
    Ok(Outcome::Done)
}

pub(super) async fn ban(args: &BanArgs, output: &Output) -> Result<Outcome, Failure> {
    let target: BanTarget = args.target.parse()?;
    let ban = edit(&args.address_book).await?.ban(target, args.duration).await?;
    output.print(Event::banned(&ban)).await;
    Ok(Outcome::Done)
}

pub(super) async fn unban(args: &Unban, output: &Output) -> Result<Outcome, Failure> {
    let target: BanTarget = args.target.parse()?;
    let was_banned = edit(&args.address_book).await?.unban(target).await?;
    output.print(Event::Unbanned { target, was_banned }).await;
    Ok(Outcome::Done)
}

async fn edit(book: &Path) -> Result<AddressBookEditor, Failure> {
    Ok(AddressBook::edit(book).await?)
}
