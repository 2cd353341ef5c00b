//! The command line, as clap reads it.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, Parser, Subcommand};

use crate::help;

/// Encrypted peer-to-peer messages: make a key, listen, talk, send.
#[derive(Clone, Debug, Parser)]
#[command(name = "glueberry-cli", version, after_long_help = help::OVERVIEW, after_help = help::SHORT)]
pub(crate) struct Args {
    /// Print one JSON object a line on standard output, and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// What to log on standard error: error, warn, info, debug, trace, or a filter as in `RUST_LOG`
    #[arg(long, global = true, value_name = "LEVEL")]
    pub(crate) log: Option<String>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a new private key, and print its peer id
    #[command(after_help = help::KEYGEN)]
    Keygen(Keygen),
    /// Print the peer id of a private key
    #[command(after_help = help::ID)]
    Id(Id),
    /// Wait for peers, and print what they send
    #[command(after_help = help::LISTEN)]
    Listen(Listen),
    /// Talk with a peer: each line typed is a message
    #[command(after_help = help::CONNECT)]
    Connect(Connect),
    /// Send a message to a peer, once or several times, and leave
    #[command(after_help = help::SEND)]
    Send(Send),
    /// Print whom an address book knows, and whom it bans
    #[command(after_help = help::PEERS)]
    Peers(Peers),
    /// Ban a peer, an IP address or a range in an address book
    #[command(after_help = help::BAN)]
    Ban(BanArgs),
    /// Lift a ban in an address book
    #[command(after_help = help::UNBAN)]
    Unban(Unban),
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Keygen {
    /// Write the key into this file, for this user's eyes only; without it the PEM is printed
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Overwrite a file that exists: the key in it is lost
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Id {
    /// The private key (PKCS#8 PEM)
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Listen {
    /// The private key (PKCS#8 PEM); without it a fresh identity for this run
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,

    /// Where to listen; repeat it for several addresses
    #[arg(long, value_name = "MULTIADDR", required = true)]
    pub(crate) addr: Vec<String>,

    /// A stream to receive on; repeat it for several streams
    #[arg(long, value_name = "NAME", required = true)]
    pub(crate) stream: Vec<String>,

    /// Keep peers and bans in this file, and dial the peers in it; it is made when it is missing
    #[arg(long, value_name = "FILE")]
    pub(crate) address_book: Option<PathBuf>,

    /// Send each message back to its sender, on its stream
    #[arg(long)]
    pub(crate) echo: bool,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Connect {
    /// The private key (PKCS#8 PEM); without it a fresh identity for this run
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,

    /// The peer's address, with /p2p/PEER-ID at its end; its id alone, if the address book knows it
    #[arg(long, value_name = "MULTIADDR")]
    pub(crate) peer: String,

    /// Remember the peer in this file, and obey the bans in it; it is made when it is missing
    #[arg(long, value_name = "FILE")]
    pub(crate) address_book: Option<PathBuf>,

    /// A stream to talk on; repeat it for several streams, of which the first is current
    #[arg(long, value_name = "NAME", required = true)]
    pub(crate) stream: Vec<String>,

    /// Leave when the connection ends, instead of bringing it back
    #[arg(long)]
    pub(crate) no_reconnect: bool,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Send {
    /// The private key (PKCS#8 PEM); without it a fresh identity for this run
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,

    /// The peer's address, with /p2p/PEER-ID at its end
    #[arg(long, value_name = "MULTIADDR")]
    pub(crate) peer: String,

    /// The stream to send on
    #[arg(long, value_name = "NAME")]
    pub(crate) stream: String,

    /// The message; without it and --file, standard input is read to its end
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true, conflicts_with = "file")]
    pub(crate) data: Option<String>,

    /// Send what this file holds
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// How many times to send it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: u64,

    /// Wait until the peer has answered each message with one on the same stream
    #[arg(long)]
    pub(crate) wait_reply: bool,

    /// How long the whole command may take
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = time_limit)]
    pub(crate) timeout: Duration,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Peers {
    /// The address book
    #[arg(long, value_name = "FILE")]
    pub(crate) address_book: PathBuf,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct BanArgs {
    /// The address book, which no node may be using
    #[arg(long, value_name = "FILE")]
    pub(crate) address_book: PathBuf,

    /// Whom: a peer id, an IP address, or a range such as 192.0.2.0/24
    pub(crate) target: String,

    /// For how long, as in 90s, 2h or 7d; without it, without end
    #[arg(long = "for", value_name = "TIME", value_parser = time_limit)]
    pub(crate) duration: Option<Duration>,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Unban {
    /// The address book, which no node may be using
    #[arg(long, value_name = "FILE")]
    pub(crate) address_book: PathBuf,

    /// Whom: as it was banned, and as `peers` prints it
    pub(crate) target: String,
}

fn time_limit(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).map_err(|fault| fault.to_string())?;
    if time.is_zero() {
        return Err("no time is not enough: try 30s".to_owned());
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(std::iter::once("glueberry-cli").chain(line.split(' ')))
    }

    fn refusal(line: &str) -> ErrorKind {
        parse(line).unwrap_err().kind()
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn addresses_and_streams_repeat() {
        let args = parse("listen --addr /a --addr /b --stream x --stream y --echo --json").unwrap();
        assert!(args.json);
        let Command::Listen(listen) = args.command else { panic!("not listen") };
        assert_eq!(listen.addr, ["/a", "/b"]);
        assert_eq!(listen.stream, ["x", "y"]);
        assert!(listen.echo && listen.key.is_none());
    }

    #[test]
    fn send_has_its_defaults() {
        let args = parse("send --peer /p --stream s").unwrap();
        let Command::Send(send) = args.command else { panic!("not send") };
        assert_eq!((send.count, send.timeout), (1, Duration::from_secs(30)));
        assert!(send.data.is_none() && send.file.is_none() && !send.wait_reply);
    }

    #[test]
    fn a_message_may_look_like_an_option() {
        let args = parse("send --peer /p --stream s --data --json").unwrap();
        assert!(!args.json);
        let Command::Send(send) = args.command else { panic!("not send") };
        assert_eq!(send.data.as_deref(), Some("--json"));
    }

    #[test]
    fn a_ban_has_no_end_unless_one_is_given() {
        let for_ever = parse("ban --address-book b 192.0.2.7").unwrap();
        let Command::Ban(ban) = for_ever.command else { panic!("not ban") };
        assert_eq!((ban.target.as_str(), ban.duration), ("192.0.2.7", None));
        let for_a_day = parse("ban 192.0.2.7 --for 1d --address-book b").unwrap();
        let Command::Ban(ban) = for_a_day.command else { panic!("not ban") };
        assert_eq!(ban.duration, Some(Duration::from_hours(24)));
        let no_time = refusal("ban 192.0.2.7 --for 0s --address-book b");
        assert_eq!(no_time, ErrorKind::ValueValidation);
        assert_eq!(refusal("ban 192.0.2.7"), ErrorKind::MissingRequiredArgument);
        assert_eq!(refusal("peers"), ErrorKind::MissingRequiredArgument);
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        assert_eq!(
            refusal("send --peer /p --stream s --data a --file b"),
            ErrorKind::ArgumentConflict
        );
        assert_eq!(refusal("send --peer /p --stream s --stream t"), ErrorKind::ArgumentConflict);
        assert_eq!(refusal("send --peer /p --stream s --count 0"), ErrorKind::ValueValidation);
        assert_eq!(refusal("send --peer /p --stream s --timeout 0s"), ErrorKind::ValueValidation);
        assert_eq!(refusal("send --peer /p --stream s --timeout soon"), ErrorKind::ValueValidation);
        assert_eq!(refusal("keygen --force"), ErrorKind::MissingRequiredArgument);
        assert_eq!(refusal("listen --addr /a"), ErrorKind::MissingRequiredArgument);
        assert_eq!(refusal("lisden"), ErrorKind::InvalidSubcommand);
    }
}
