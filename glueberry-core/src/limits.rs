//! Every bound of the library, told from the constants and defaults that hold: `SECURITY.md` is
//! written from it, and each bound names the test that reaches it.
//!
//! Left out are:
//!
//! - queues between the library's own tasks (commands to the driver, reports to it, streams to be
//!   opened, notices of a reader): a task that finds one full waits, and nothing else happens
//! - grace periods of less than 3 s in which an old stream or connection is finished while nobody
//!   waits for it, and backstops that a smaller bound in this table keeps from being reached
//! - maps that are as large as what is bounded here: sessions by connections, queues by peers and
//!   streams, pulses and standings by connections, peers by the address book and the calls that wait
//! - what the application decides by calling: how many nodes, subscribers, addresses to listen at
//! - what libp2p holds beneath: `docs/limits.md`

mod table;

use std::fmt;
use std::time::Duration;

/// All bounds, those of the same scope together.
///
/// ```
/// let limits = glueberry_core::limits();
/// let message = limits.iter().find(|limit| limit.name == "max_message_size").unwrap();
/// assert_eq!(message.default.to_string(), "1 MiB");
/// ```
#[must_use]
pub fn limits() -> Vec<Limit> {
    table::all()
}

/// One bound, and what happens when it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// What is bounded; of a setting its name.
    pub name: &'static str,
    /// What has this bound to itself.
    pub scope: Scope,
    /// The bound, if nothing else is set.
    pub default: Amount,
    /// The least and the most that can be set; `None` of a bound that is fixed.
    pub range: Option<(Amount, Amount)>,
    /// Why it is this much.
    pub reason: &'static str,
    /// What happens when it is reached.
    pub at_limit: &'static str,
    /// The test function that reaches it.
    pub test: &'static str,
}

/// What has a bound to itself: two of a kind do not share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Scope {
    /// Somebody at the other end of a connection who has not proven an identity.
    Stranger,
    /// An IPv4 address, or an IPv6 network of 64 bits.
    Address,
    /// One connection of an authenticated peer.
    Connection,
    /// One peer, with all its connections.
    Peer,
    /// One stream with one peer.
    Stream,
    /// One node.
    Node,
    /// One address book, with its two files.
    AddressBook,
}

impl Scope {
    /// All of them, in the order of the table.
    pub const ALL: &'static [Self] = &[
        Self::Stranger,
        Self::Address,
        Self::Connection,
        Self::Peer,
        Self::Stream,
        Self::Node,
        Self::AddressBook,
    ];

    /// In words: `stranger`, `address book`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stranger => "stranger",
            Self::Address => "address",
            Self::Connection => "connection",
            Self::Peer => "peer",
            Self::Stream => "stream",
            Self::Node => "node",
            Self::AddressBook => "address book",
        }
    }
}

/// How much a bound is. Shown as people write it: `256 KiB`, `10 s`, `65,536`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Amount {
    /// So many of something.
    Count(u64),
    /// Bytes.
    Bytes(u64),
    /// A time.
    Time(Duration),
    /// A part of a whole, in per cent.
    PerCent(u8),
    /// Without a bound.
    Unlimited,
    /// Between these two, by what the machine or another setting allows.
    Between(Box<Amount>, Box<Amount>),
}

impl Amount {
    fn count(number: impl TryInto<u64>) -> Self {
        Self::Count(number.try_into().unwrap_or(u64::MAX))
    }

    fn bytes(number: impl TryInto<u64>) -> Self {
        Self::Bytes(number.try_into().unwrap_or(u64::MAX))
    }

    fn between(least: Self, most: Self) -> Self {
        Self::Between(Box::new(least), Box::new(most))
    }
}

impl From<Duration> for Amount {
    fn from(time: Duration) -> Self {
        Self::Time(time)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(number) => write!(f, "{}", grouped(*number)),
            Self::Bytes(number) => {
                let (number, unit) = largest_unit(*number, &[("MiB", 1 << 20), ("KiB", 1 << 10)]);
                write!(f, "{} {}", grouped(number), unit.unwrap_or("B"))
            }
            Self::Time(time) => {
                let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
                let units = [("h", 3_600_000), ("min", 60_000), ("s", 1000)];
                let (number, unit) = largest_unit(millis, &units);
                write!(f, "{} {}", grouped(number), unit.unwrap_or("ms"))
            }
            Self::PerCent(part) => write!(f, "{part} %"),
            Self::Unlimited => f.write_str("unlimited"),
            Self::Between(least, most) => write!(f, "{least} to {most}"),
        }
    }
}

/// In the largest unit that leaves no rest.
fn largest_unit(number: u64, units: &[(&'static str, u64)]) -> (u64, Option<&'static str>) {
    let fits = units.iter().find(|(_, size)| number >= *size && number.is_multiple_of(*size));
    fits.map_or((number, None), |(unit, size)| (number / size, Some(*unit)))
}

/// With a comma before every third digit from the right.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn amounts_are_shown_as_people_write_them() {
        for (amount, shown) in [
            (Amount::Count(65_536), "65,536"),
            (Amount::Count(1 << 20), "1,048,576"),
            (Amount::Count(64), "64"),
            (Amount::Bytes(0), "0 B"),
            (Amount::Bytes(64 << 20), "64 MiB"),
            (Amount::Bytes(1025), "1,025 B"),
            (Amount::Bytes(1536), "1,536 B"),
            (Amount::Bytes(33 << 10), "33 KiB"),
            (Amount::Time(Duration::from_millis(10)), "10 ms"),
            (Amount::Time(Duration::from_mins(1)), "1 min"),
            (Amount::Time(Duration::from_secs(90)), "90 s"),
            (Amount::Time(Duration::from_hours(24)), "24 h"),
            (Amount::Time(Duration::ZERO), "0 ms"),
            (Amount::PerCent(75), "75 %"),
            (Amount::between(Amount::Count(1), Amount::Unlimited), "1 to unlimited"),
        ] {
            assert_eq!(amount.to_string(), shown);
        }
    }

    #[test]
    fn no_bound_stands_twice_and_every_default_is_within_its_range() {
        let mut seen = HashSet::new();
        for limit in limits() {
            assert!(seen.insert((limit.scope, limit.name)), "{} stands twice", limit.name);
            let Some((least, most)) = &limit.range else { continue };
            let (low, high) = match &limit.default {
                Amount::Between(low, high) => (&**low, &**high),
                one => (one, one),
            };
            assert!(size(least) <= size(low) && size(high) <= size(most), "{limit:?}");
        }
        for scope in Scope::ALL {
            assert!(seen.iter().any(|(other, _)| other == scope), "{scope:?} has no bound");
        }
    }

    fn size(amount: &Amount) -> u128 {
        match amount {
            Amount::Count(number) | Amount::Bytes(number) => u128::from(*number),
            Amount::Time(time) => time.as_millis(),
            Amount::PerCent(part) => u128::from(*part),
            Amount::Unlimited => u128::MAX,
            Amount::Between(..) => panic!("a bound of a range is one amount"),
        }
    }
}
