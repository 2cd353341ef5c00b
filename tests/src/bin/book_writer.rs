//! Writes an address book until it is killed: `book_writer BOOK FIRST COUNT`.
//!
//! Prints `saved N` once the peer with number N, and a ban of an address of its own, are reported
//! as saved; tests that kill it look for both.

use std::io::Write;
use std::process::ExitCode;

use glueberry_core::{AddressBook, AddressBookEditor, Result};
use glueberry_tests::numbered;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let [_, book, first, count] = &args[..] else { panic!("book_writer BOOK FIRST COUNT") };
    let (first, count): (u32, u32) = (number(first), number(count));
    let outcome = write(book, first..first + count).await;
    if let Err(fault) = outcome {
        eprintln!("{fault:?}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

async fn write(book: &str, numbers: std::ops::Range<u32>) -> Result<()> {
    let editor = AddressBook::edit(book).await?;
    println!("opened");
    for number in numbers {
        save(&editor, number).await?;
        println!("saved {number}");
        std::io::stdout().flush().expect("the test listens");
    }
    Ok(())
}

/// Both at once, so that they are written together or one after the other.
async fn save(editor: &AddressBookEditor, number: u32) -> Result<()> {
    let addresses = vec![numbered::address(number)];
    let adding = editor.add_peer(numbered::peer(number), addresses, true, None);
    let banning = editor.ban(numbered::network(number), None);
    let (added, banned) = tokio::join!(adding, banning);
    added.and(banned.map(drop))
}

fn number(text: &str) -> u32 {
    text.parse().expect("a number")
}
