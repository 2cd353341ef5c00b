//! The words of all enumerations, for languages that have their own.

use crate::{
    Denial, Direction, DisconnectReason, ErrorClass, ErrorCode, EventName, HandshakeMode,
    PressureLevel, Security, State, StreamCloseReason, StreamState,
};

/// An enumeration, and its words with their numbers.
pub type Enumeration = (&'static str, Vec<(&'static str, u16)>);

macro_rules! enumerations {
    ($($enumeration:ident)+) => {
        vec![$((
            stringify!($enumeration),
            $enumeration::ALL.iter().map(|word| (word.name(), word.number())).collect(),
        ),)+]
    };
}

/// Every enumeration that other languages know, with the names and numbers of its words. Numbers are
/// never reused.
#[must_use]
pub fn vocabulary() -> Vec<Enumeration> {
    let mut all = enumerations! {
        State
        DisconnectReason
        Denial
        StreamCloseReason
        Direction
        PressureLevel
        HandshakeMode
        Security
        ErrorClass
        ErrorCode
    };
    let events = EventName::ALL.iter().map(|event| (event.as_str(), event.number()));
    all.push(("EventName", events.collect()));
    all.push(("StreamState", StreamState::NAMES.iter().copied().zip(1..).collect()));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_means_two_words() {
        for (enumeration, words) in vocabulary() {
            for (at, (_, number)) in words.iter().enumerate() {
                let again = words[at + 1..].iter().find(|(_, other)| other == number);
                assert_eq!(again, None, "{enumeration}");
            }
        }
    }
}
