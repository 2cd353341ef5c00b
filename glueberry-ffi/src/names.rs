//! The names of statuses and of words, and what a status says of itself.

use std::collections::HashMap;
use std::ffi::{CString, c_char};
use std::sync::LazyLock;

use glueberry_core::{
    Denial, DisconnectReason, ErrorClass, ErrorCode, EventName, State, StreamCloseReason,
    StreamState,
};

use crate::event::GLUEBERRY_EVENT_OP_DONE;
use crate::guard::value_entry;
use crate::outputs::c_text;
use crate::status::{
    GLUEBERRY_CLOSED, GLUEBERRY_NONE, GLUEBERRY_OK, GLUEBERRY_TIMEOUT, GLUEBERRY_WOULD_BLOCK,
};

/// The name of a status, such as `"Ok"`, `"Timeout"` or `"NotConnected"`; `"Unknown"` for a number
/// that is none. Any thread. Never NULL; valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_status_name(status: i32) -> *const c_char {
    name(&NAMES.statuses, status)
}

/// What to do about an error, in one sentence; empty for a status that is no error. Any thread. Never
/// NULL; valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_status_hint(status: i32) -> *const c_char {
    value_entry(c"".as_ptr(), || Some(NAMES.hints.get(&status)?.as_ptr()))
}

/// Where the remedy of an error lies, `GLUEBERRY_CLASS_*`; 0 for a status that is no error. Any
/// thread.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_status_class(status: i32) -> i32 {
    value_entry(0, || Some(code_of(status)?.class().number().into()))
}

/// 1 if the same call may succeed later without any change, otherwise 0. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_status_is_retriable(status: i32) -> i32 {
    value_entry(0, || Some(code_of(status)?.is_retriable().into()))
}

/// The name of a kind of event, such as `"PeerEstablished"`; `"Unknown"` for a number that is none.
/// Any thread. Never NULL; valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_event_kind_name(kind: i32) -> *const c_char {
    name(&NAMES.events, kind)
}

/// The name of a state of a peer, such as `"Established"`; `"Unknown"` for a number that is none. Any
/// thread. Never NULL; valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_state_name(state: i32) -> *const c_char {
    name(&NAMES.states, state)
}

/// The name of a reason for the end of a session, such as `"ConnectionLost"`; `"Unknown"` for a
/// number that is none. Any thread. Never NULL; valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_reason_name(reason: i32) -> *const c_char {
    name(&NAMES.reasons, reason)
}

/// The name of a reason to refuse a connection, such as `"PeerBanned"`; `"Unknown"` for a number that
/// is none. Any thread. Never NULL; valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_denial_name(denial: i32) -> *const c_char {
    name(&NAMES.denials, denial)
}

/// The name of a reason for the end of a stream, such as `"SessionEnded"`; `"Unknown"` for a number
/// that is none. Any thread. Never NULL; valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_stream_close_name(reason: i32) -> *const c_char {
    name(&NAMES.stream_closes, reason)
}

/// The name of a state of a stream, such as `"Open"`; `"Unknown"` for a number that is none. Any
/// thread. Never NULL; valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_stream_state_name(state: i32) -> *const c_char {
    name(&NAMES.stream_states, state)
}

/// The name of a class of errors in lower case, such as `"network"`; `"Unknown"` for a number that is
/// none. Any thread. Never NULL; valid for ever.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_class_name(error_class: i32) -> *const c_char {
    name(&NAMES.classes, error_class)
}

type Texts = HashMap<i32, CString>;

/// Made once, for C wants a NUL at the end of each.
struct Names {
    statuses: Texts,
    hints: Texts,
    events: Texts,
    states: Texts,
    reasons: Texts,
    denials: Texts,
    stream_closes: Texts,
    stream_states: Texts,
    classes: Texts,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| Names {
    statuses: statuses(),
    hints: texts(ErrorCode::ALL.iter().map(|code| (status_number(*code), code.hint()))),
    events: texts(
        EventName::ALL
            .iter()
            .map(|kind| (kind.number().into(), kind.as_str()))
            .chain([(GLUEBERRY_EVENT_OP_DONE, "OpDone")]),
    ),
    states: texts(State::ALL.iter().map(|state| (state.number().into(), state.name()))),
    reasons: texts(DisconnectReason::ALL.iter().map(|why| (why.number().into(), why.name()))),
    denials: texts(Denial::ALL.iter().map(|why| (why.number().into(), why.name()))),
    stream_closes: texts(
        StreamCloseReason::ALL.iter().map(|why| (why.number().into(), why.name())),
    ),
    stream_states: texts((1..).zip(StreamState::NAMES.iter().copied())),
    classes: texts(ErrorClass::ALL.iter().map(|class| (class.number().into(), class.name()))),
});

fn statuses() -> Texts {
    let plain = [
        (GLUEBERRY_OK, "Ok"),
        (GLUEBERRY_TIMEOUT, "Timeout"),
        (GLUEBERRY_WOULD_BLOCK, "WouldBlock"),
        (GLUEBERRY_CLOSED, "Closed"),
        (GLUEBERRY_NONE, "None"),
    ];
    let errors = ErrorCode::ALL.iter().map(|code| (status_number(*code), code.name()));
    texts(plain.into_iter().chain(errors))
}

fn texts<'a>(words: impl Iterator<Item = (i32, &'a str)>) -> Texts {
    words.map(|(number, word)| (number, c_text(word))).collect()
}

fn name(words: &Texts, number: i32) -> *const c_char {
    let unknown = c"Unknown".as_ptr();
    value_entry(unknown, || Some(words.get(&number)?.as_ptr()))
}

fn status_number(code: ErrorCode) -> i32 {
    -i32::from(code.number())
}

pub(crate) fn code_of(status: i32) -> Option<ErrorCode> {
    ErrorCode::ALL.iter().copied().find(|code| status_number(*code) == status)
}
