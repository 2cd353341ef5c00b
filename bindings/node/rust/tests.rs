//! What only tests call.

use std::collections::BTreeMap;

use glueberry_core::ErrorCode;
use glueberry_core::embed::vocabulary;
use napi_derive::napi;
use serde_json::json;

/// Every enumeration with its words and their numbers, as JSON.
#[napi]
#[must_use]
pub fn native_vocabulary() -> String {
    let words = |words: Vec<(&'static str, u16)>| words.into_iter().collect::<BTreeMap<_, _>>();
    let all: BTreeMap<_, _> =
        vocabulary().into_iter().map(|(enumeration, all)| (enumeration, words(all))).collect();
    json!(all).to_string()
}

/// What is known of each error, as JSON.
#[napi]
#[must_use]
pub fn native_errors() -> String {
    let told = |code: &ErrorCode| {
        let about = json!({
            "number": code.number(),
            "errorClass": code.class().name(),
            "retriable": code.is_retriable(),
            "hint": code.hint(),
        });
        (code.name(), about)
    };
    json!(ErrorCode::ALL.iter().map(told).collect::<BTreeMap<_, _>>()).to_string()
}
