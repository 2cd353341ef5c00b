//! What only tests ask for.

use std::collections::HashMap;

use glueberry_core::ErrorCode;
use glueberry_core::embed::vocabulary;

use crate::fault::{Told, guard};

/// What is known of an error.
#[derive(uniffi::Record)]
pub struct ErrorRecord {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: i32,
    /// The name of its class.
    pub class: String,
    /// Whether the same call may succeed later.
    pub retriable: bool,
    /// What to do about it.
    pub hint: String,
}

/// Every enumeration with its words and their numbers.
#[uniffi::export]
pub fn native_vocabulary() -> Told<HashMap<String, HashMap<String, i32>>> {
    let words = |words: Vec<(&str, u16)>| {
        words.into_iter().map(|(word, number)| (word.to_owned(), number.into())).collect()
    };
    let all = vocabulary().into_iter().map(|(of, all)| (of.to_owned(), words(all)));
    guard(|| Ok(all.collect()))
}

/// Every error.
#[uniffi::export]
pub fn native_errors() -> Told<Vec<ErrorRecord>> {
    let record = |code: &ErrorCode| ErrorRecord {
        name: code.name().to_owned(),
        number: code.number().into(),
        class: code.class().name().to_owned(),
        retriable: code.is_retriable(),
        hint: code.hint().to_owned(),
    };
    guard(|| Ok(ErrorCode::ALL.iter().map(record).collect()))
}
