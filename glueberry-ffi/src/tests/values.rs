//! Identities, configurations, errors, lists and names: whatever a caller passes, and faults inside.

// Functions without pointers are safe; they are called as the others are.
#![allow(unused_unsafe)]

use std::ffi::{CStr, c_char};
use std::ptr::{null, null_mut};

use super::misuse::fails;
use super::support::{
    CHAT, Called, INVALID, NTS, PANIC, Running, acts, bad_utf8, configuration, done, nobody,
    sized_zero,
};
use crate::guard::forced;
use crate::*;

/// Fails unless the function returns that text; a fault inside gives `$fault`.
macro_rules! tells {
    ($called:ident, $text:expr, $fault:expr, $name:ident($($argument:expr),*)) => {{
        $called.note(stringify!($name));
        assert_eq!(text(unsafe { $name($($argument),*) }), $text, "{}", stringify!($name));
        forced::ask();
        assert_eq!(text(unsafe { $name($($argument),*) }), $fault, "{}", stringify!($name));
    }};
}

/// Fails unless the function returns `$otherwise` when there is a fault inside.
macro_rules! survives {
    ($otherwise:expr, $($name:ident($($argument:expr),*))+) => {$(
        forced::ask();
        assert_eq!(unsafe { $name($($argument),*) }, $otherwise, stringify!($name));
    )+};
}

#[test]
fn every_value_refuses_null_and_nonsense() {
    let called = &mut Called::default();
    library(called);
    names(called);
    errors(called);
    log(called);
    identities(called);
    peer_ids(called);
    configurations(called);
    lists(called);
    frees(called);
    called.is_every_function(|name| !acts(name));
}

fn library(called: &mut Called) {
    called.note("glueberry_version");
    called.note("glueberry_abi_version");
    assert_eq!(text(glueberry_version()), Some(env!("CARGO_PKG_VERSION").to_owned()));
    assert_eq!(glueberry_abi_version(), GLUEBERRY_ABI_VERSION);
}

fn names(called: &mut Called) {
    for number in [i32::MIN, -9999, 77, i32::MAX] {
        let unknown = Some("Unknown".to_owned());
        tells!(called, unknown, unknown, glueberry_status_name(number));
        tells!(called, unknown, unknown, glueberry_event_kind_name(number));
        tells!(called, unknown, unknown, glueberry_state_name(number));
        tells!(called, unknown, unknown, glueberry_reason_name(number));
        tells!(called, unknown, unknown, glueberry_denial_name(number));
        tells!(called, unknown, unknown, glueberry_stream_close_name(number));
        tells!(called, unknown, unknown, glueberry_stream_state_name(number));
        tells!(called, unknown, unknown, glueberry_class_name(number));
        let nothing = Some(String::new());
        tells!(called, nothing, nothing, glueberry_status_hint(number));
        fails!(called, 0, glueberry_status_class(number));
        fails!(called, 0, glueberry_status_is_retriable(number));
    }
    survives!(0, glueberry_status_class(INVALID) glueberry_status_is_retriable(-301));
    for (status, name) in [(0, "Ok"), (4, "None"), (INVALID, "InvalidArgument")] {
        assert_eq!(text(glueberry_status_name(status)), Some(name.to_owned()));
    }
    assert_eq!(glueberry_status_class(INVALID), GLUEBERRY_CLASS_USAGE);
    assert_eq!(glueberry_status_is_retriable(-301), 1);
}

fn errors(called: &mut Called) {
    let (nothing, mut peer) = (Some(String::new()), nobody());
    fails!(called, 0, glueberry_error_code(null()));
    fails!(called, 0, glueberry_error_class(null()));
    fails!(called, 0, glueberry_error_is_retriable(null()));
    tells!(called, nothing, nothing, glueberry_error_message(null()));
    tells!(called, nothing, nothing, glueberry_error_hint(null()));
    tells!(called, None, None, glueberry_error_stream(null()));
    fails!(called, INVALID, glueberry_error_peer(null(), &raw mut peer));
    let error = an_error();
    fails!(called, INVALID, glueberry_error_peer(error, null_mut()));
    fails!(called, GLUEBERRY_NONE, glueberry_error_peer(error, &raw mut peer));
    fails!(called, INVALID, glueberry_error_code(error));
    survives!(PANIC, glueberry_error_peer(error, &raw mut peer));
    survives!(0, glueberry_error_code(error));
    unsafe { glueberry_error_free(error) };
}

fn log(called: &mut Called) {
    unsafe extern "C" fn never(_: *mut std::ffi::c_void, _: *const glueberry_log_record_t) {}
    let mut callback = sized_zero::<glueberry_log_callback_t>();
    fails!(called, INVALID, glueberry_log_set(GLUEBERRY_LOG_INFO, null(); err));
    fails!(called, INVALID, glueberry_log_set(GLUEBERRY_LOG_INFO, &raw const callback; err));
    callback.on_record = Some(never);
    for level in [-1, 6, i32::MAX] {
        fails!(called, INVALID, glueberry_log_set(level, &raw const callback; err));
    }
    callback.size = 4;
    fails!(called, INVALID, glueberry_log_set(GLUEBERRY_LOG_INFO, &raw const callback; err));
    fails!(called, 0, glueberry_log_clear());
    survives!(PANIC, glueberry_log_set(0, null(), null_mut()) glueberry_log_clear());
}

fn identities(called: &mut Called) {
    let (identity, mut made) = (an_identity(), std::ptr::dangling_mut());
    let seed = [7_u8; 32];
    fails!(called, INVALID, glueberry_identity_generate(null_mut(); err));
    fails!(called, INVALID, glueberry_identity_from_seed(seed.as_ptr(), 32, null_mut(); err));
    fails!(called, INVALID, glueberry_identity_from_seed(null(), 32, &raw mut made; err));
    assert!(made.is_null(), "a failure leaves NULL");
    fails!(called, INVALID_KEY, glueberry_identity_from_seed(null(), 0, &raw mut made; err));
    fails!(called, INVALID_KEY, glueberry_identity_from_seed(seed.as_ptr(), 31, &raw mut made; err));
    for (text, len, status) in bad_texts(INVALID_KEY) {
        fails!(called, status, glueberry_identity_from_pem(text, len, &raw mut made; err));
    }
    for (text, len, status) in bad_texts(KEY_FILE_UNREADABLE) {
        fails!(called, status, glueberry_identity_load(text, len, &raw mut made; err));
    }
    let (path, mut peer) = (c"no/such/folder/key.pem".as_ptr(), nobody());
    fails!(called, INVALID, glueberry_identity_save(null(), path, NTS, 0; err));
    fails!(called, INVALID, glueberry_identity_save(identity, bad_utf8(), NTS, 0; err));
    fails!(called, INVALID, glueberry_identity_save(identity, path, NTS, 2; err));
    for replace in [0, 1] {
        let status = KEY_FILE_UNWRITABLE;
        fails!(called, status, glueberry_identity_save(identity, path, NTS, replace; err));
    }
    fails!(called, INVALID, glueberry_identity_peer_id(null(), &raw mut peer));
    fails!(called, INVALID, glueberry_identity_peer_id(identity, null_mut()));
    keys_as_text(called, identity);
    survives!(PANIC,
        glueberry_identity_generate(&raw mut made, null_mut())
        glueberry_identity_from_seed(seed.as_ptr(), 32, &raw mut made, null_mut())
        glueberry_identity_from_pem(null(), 0, &raw mut made, null_mut())
        glueberry_identity_load(null(), 0, &raw mut made, null_mut())
        glueberry_identity_save(identity, path, NTS, 0, null_mut())
        glueberry_identity_to_pem(identity, null_mut(), 0, null_mut(), null_mut())
        glueberry_identity_peer_id(identity, &raw mut peer));
    assert!(made.is_null());
    unsafe { glueberry_identity_free(identity) };
}

fn keys_as_text(called: &mut Called, identity: *const glueberry_identity_t) {
    let (mut needed, none) = (0, null_mut());
    fails!(called, INVALID, glueberry_identity_to_pem(null(), none, 0, &raw mut needed; err));
    fails!(called, INVALID, glueberry_identity_to_pem(identity, none, 0, &raw mut needed; err));
    fails!(called, INVALID, glueberry_identity_to_pem(identity, none, 9999, null_mut(); err));
    let mut room = vec![1; needed];
    let place = room.as_mut_ptr();
    fails!(called, INVALID, glueberry_identity_to_pem(identity, place, needed - 1, null_mut(); err));
    assert!(room.iter().all(|byte| *byte == 1), "nothing is written into too little room");
    let place = room.as_mut_ptr();
    fails!(called, 0, glueberry_identity_to_pem(identity, place, needed, null_mut(); err));
    assert_eq!(room.last(), Some(&0));
    let mut again = null_mut();
    done(unsafe { glueberry_identity_from_pem(place, NTS, &raw mut again, null_mut()) });
    unsafe { glueberry_identity_free(again) };
}

fn peer_ids(called: &mut Called) {
    let (mut peer, zero, mut room) = (nobody(), nobody(), [0; GLUEBERRY_PEER_ID_SIZE]);
    for (text, len, status) in bad_texts(INVALID_PEER_ID) {
        fails!(called, status, glueberry_peer_id_parse(text, len, &raw mut peer; err));
    }
    for (text, len, status) in bad_texts(INVALID_ADDRESS) {
        fails!(called, status, glueberry_peer_id_from_address(text, len, &raw mut peer; err));
    }
    let nameless = c"/ip4/127.0.0.1/tcp/9".as_ptr();
    let (place, none) = (&raw mut peer, null_mut());
    fails!(called, INVALID_ADDRESS, glueberry_peer_id_from_address(nameless, NTS, place; err));
    fails!(called, INVALID, glueberry_peer_id_from_address(nameless, NTS, none; err));
    fails!(called, INVALID, glueberry_peer_id_parse(nameless, NTS, null_mut(); err));
    let (to, size) = (room.as_mut_ptr(), room.len());
    fails!(called, INVALID, glueberry_peer_id_format(null(), to, size));
    fails!(called, IDENTITY_REFUSED, glueberry_peer_id_format(&raw const zero, to, size));
    let identity = an_identity();
    done(unsafe { glueberry_identity_peer_id(identity, &raw mut peer) });
    unsafe { glueberry_identity_free(identity) };
    fails!(called, INVALID, glueberry_peer_id_format(&raw const peer, null_mut(), size));
    fails!(called, INVALID, glueberry_peer_id_format(&raw const peer, to, size - 1));
    fails!(called, 0, glueberry_peer_id_format(&raw const peer, to, size));
    survives!(PANIC,
        glueberry_peer_id_parse(null(), 0, place, null_mut())
        glueberry_peer_id_from_address(null(), 0, place, null_mut())
        glueberry_peer_id_format(&raw const peer, to, size));
}

/// Fails for NULL in the place of the configuration, and for each of these arguments.
macro_rules! refuses {
    ($called:ident, $config:ident, $status:expr, $name:ident($($argument:expr),*)) => {
        fails!($called, INVALID, $name(null_mut(), $($argument),*; err));
        fails!($called, $status, $name($config, $($argument),*; err));
        survives!(PANIC, $name($config, $($argument,)* null_mut()));
    };
}

fn configurations(called: &mut Called) {
    let (config, identity) = (configuration(), an_identity());
    let mut made = std::ptr::dangling_mut();
    fails!(called, INVALID, glueberry_config_new(null(), &raw mut made; err));
    assert!(made.is_null(), "a failure leaves NULL");
    fails!(called, INVALID, glueberry_config_new(identity, null_mut(); err));
    survives!(PANIC, glueberry_config_new(identity, &raw mut made, null_mut()));
    texts_of_configurations(called, config);
    structs_of_configurations(called, config);
    for number in [-1, 3, i32::MAX] {
        refuses!(called, config, INVALID, glueberry_config_set_auto_connect(number));
        refuses!(called, config, INVALID, glueberry_config_set_handshake(number));
        refuses!(called, config, INVALID, glueberry_config_set_security(number));
    }
    for ms in [-1, i64::MIN] {
        refuses!(called, config, INVALID, glueberry_config_set_handshake_timeout(ms));
        refuses!(called, config, INVALID, glueberry_config_set_dial_timeout(ms));
        refuses!(called, config, INVALID, glueberry_config_set_linger(ms));
        refuses!(called, config, INVALID, glueberry_config_set_keep_alive(ms, 1));
        refuses!(called, config, INVALID, glueberry_config_set_keep_alive(1, ms));
    }
    is_started_as_before(config);
    // Out of bounds, but of these the node says so when it starts.
    refuses!(called, config, 0, glueberry_config_set_event_buffer(0));
    refuses!(called, config, 0, glueberry_config_set_worker_threads(0));
    let mut node = null_mut();
    assert_eq!(unsafe { glueberry_node_start(config, &raw mut node, null_mut()) }, INVALID_CONFIG);
    unsafe { glueberry_identity_free(identity) };
    unsafe { glueberry_config_free(config) };
}

fn texts_of_configurations(called: &mut Called, config: *mut glueberry_config_t) {
    for (text, len, status) in bad_texts(INVALID_ADDRESS) {
        refuses!(called, config, status, glueberry_config_add_listen_address(text, len));
    }
    for (text, len, status) in bad_texts(INVALID_STREAM_NAME) {
        refuses!(called, config, status, glueberry_config_add_stream(text, len, null()));
    }
    for (text, len, status) in bad_texts(INVALID_PEER_ID) {
        refuses!(called, config, status, glueberry_config_allow(text, len));
        refuses!(called, config, status, glueberry_config_deny(text, len));
    }
    refuses!(called, config, INVALID, glueberry_config_set_address_book(bad_utf8(), NTS));
    refuses!(called, config, INVALID, glueberry_config_set_address_book(null(), 1));
}

fn structs_of_configurations(called: &mut Called, config: *mut glueberry_config_t) {
    let mut bounds = sized_zero::<glueberry_stream_config_t>();
    let mut policy = sized_zero::<glueberry_reconnect_policy_t>();
    let mut limits = sized_zero::<glueberry_connection_limits_t>();
    policy.cooldown_ms = -1;
    refuses!(called, config, INVALID, glueberry_config_set_reconnect(&raw const policy));
    policy.size -= 1;
    bounds.size = 0;
    limits.size = u32::MAX;
    let chat = CHAT.as_ptr();
    refuses!(called, config, INVALID, glueberry_config_add_stream(chat, NTS, &raw const bounds));
    refuses!(called, config, INVALID, glueberry_config_set_reconnect(&raw const policy));
    refuses!(called, config, INVALID, glueberry_config_set_reconnect(null()));
    refuses!(called, config, INVALID, glueberry_config_set_connection_limits(&raw const limits));
    refuses!(called, config, INVALID, glueberry_config_set_connection_limits(null()));
}

/// What was refused has left no trace.
fn is_started_as_before(config: *const glueberry_config_t) {
    let mut node = null_mut();
    unsafe {
        done(glueberry_node_start(config, &raw mut node, null_mut()));
        glueberry_node_free(node);
    }
}

fn lists(called: &mut Called) {
    let mut peer = sized_zero::<glueberry_peer_view_t>();
    let mut ban = sized_zero::<glueberry_ban_view_t>();
    let mut health = sized_zero::<glueberry_stream_health_t>();
    let (mut key, mut value) = (null(), null());
    let (key, value) = (&raw mut key, &raw mut value);
    fails!(called, 0, glueberry_strings_count(null()));
    fails!(called, 0, glueberry_peers_count(null()));
    fails!(called, 0, glueberry_bans_count(null()));
    fails!(called, 0, glueberry_streams_count(null()));
    tells!(called, None, None, glueberry_strings_get(null(), 0));
    tells!(called, None, None, glueberry_peer_info_address(null(), 0));
    fails!(called, null(), glueberry_peers_get(null(), 0));
    fails!(called, INVALID, glueberry_peer_info_read(null(), &raw mut peer));
    fails!(
        called,
        INVALID,
        glueberry_peer_info_metadata(null(), 0, key, null_mut(), value, null_mut())
    );
    fails!(called, INVALID, glueberry_bans_get(null(), 0, &raw mut ban));
    fails!(called, INVALID, glueberry_streams_get(null(), 0, &raw mut health));
    survives!(0, glueberry_strings_count(null()) glueberry_peers_count(null())
        glueberry_bans_count(null()) glueberry_streams_count(null()));
    survives!(null(), glueberry_peers_get(null(), 0));
    survives!(PANIC,
        glueberry_peer_info_read(null(), &raw mut peer)
        glueberry_peer_info_metadata(null(), 0, key, null_mut(), value, null_mut())
        glueberry_bans_get(null(), 0, &raw mut ban)
        glueberry_streams_get(null(), 0, &raw mut health));
}

fn frees(called: &mut Called) {
    macro_rules! free {
        ($($name:ident)+) => {$(
            fails!(called, (), $name(null_mut()));
            survives!((), $name(null_mut()));
        )+};
    }
    free!(glueberry_error_free glueberry_identity_free glueberry_config_free glueberry_strings_free
        glueberry_peers_free glueberry_peer_info_free glueberry_bans_free glueberry_streams_free);
}

#[test]
fn a_list_gives_what_is_in_it_and_nothing_beyond() {
    let strings = glueberry_strings_t::give(["a".to_owned(), "b\0c".to_owned()]);
    let streams = glueberry_streams_t::give(Vec::new());
    let mut health = sized_zero::<glueberry_stream_health_t>();
    let target = "192.0.2.0/24".parse().unwrap();
    let bans = glueberry_bans_t::give(vec![glueberry_core::Ban { target, until: None }]);
    let mut ban = sized_zero::<glueberry_ban_view_t>();
    unsafe {
        assert_eq!(glueberry_strings_count(strings), 2);
        assert_eq!(text(glueberry_strings_get(strings, 0)).unwrap(), "a");
        assert_eq!(text(glueberry_strings_get(strings, 1)).unwrap(), "b\u{FFFD}c");
        assert_eq!(text(glueberry_strings_get(strings, 2)), None);
        done(glueberry_bans_get(bans, 0, &raw mut ban));
        assert_eq!((text(ban.target).unwrap().as_str(), ban.until_ms), ("192.0.2.0/24", -1));
        assert_eq!(glueberry_bans_get(bans, 1, &raw mut ban), GLUEBERRY_NONE);
        assert_eq!(glueberry_bans_get(bans, 0, null_mut()), INVALID);
        assert_eq!(glueberry_streams_get(streams, 0, &raw mut health), GLUEBERRY_NONE);
        glueberry_strings_free(strings);
        glueberry_streams_free(streams);
        glueberry_bans_free(bans);
    }
}

#[test]
fn an_error_tells_its_peer_and_its_stream() {
    let (node, identity) = (Running::start(), an_identity());
    let (mut peer, mut told, mut error) = (nobody(), nobody(), null_mut());
    done(unsafe { glueberry_identity_peer_id(identity, &raw mut peer) });
    let err = &raw mut error;
    let (to, chat) = (&raw const peer, CHAT.as_ptr());
    let status = unsafe { glueberry_node_try_send(node.node, to, chat, NTS, null(), 0, err) };
    unsafe {
        assert_eq!(glueberry_error_code(error), status);
        done(glueberry_error_peer(error, &raw mut told));
        assert_eq!(told, peer);
        assert!(text(glueberry_error_message(error)).unwrap().contains("12D3KooW"));
        assert_eq!(text(glueberry_error_hint(error)), text(glueberry_status_hint(status)));
        glueberry_error_free(error);
        glueberry_identity_free(identity);
    }
    let error = an_error_of_chat();
    assert_eq!(text(unsafe { glueberry_error_stream(error) }).unwrap(), "chat");
    unsafe { glueberry_error_free(error) };
}

/// What is no text, and what is none that means anything here.
fn bad_texts(meaningless: i32) -> [(*const c_char, usize, i32); 5] {
    [
        (null(), NTS, INVALID),
        (null(), 1, INVALID),
        (bad_utf8(), NTS, INVALID),
        (null(), 0, meaningless),
        (c"?!".as_ptr(), 2, meaningless),
    ]
}

fn an_identity() -> *mut glueberry_identity_t {
    let mut identity = null_mut();
    done(unsafe { glueberry_identity_generate(&raw mut identity, null_mut()) });
    identity
}

fn an_error() -> *mut glueberry_error_t {
    let mut error = null_mut();
    let status = unsafe { glueberry_identity_generate(null_mut(), &raw mut error) };
    assert_eq!(status, INVALID);
    error
}

/// Of a node whose stream has bounds that cannot be.
fn an_error_of_chat() -> *mut glueberry_error_t {
    let (config, mut node, mut error) = (configuration(), null_mut(), null_mut());
    let mut bounds = sized_zero::<glueberry_stream_config_t>();
    bounds.high_watermark = 101;
    unsafe {
        let bounds = &raw const bounds;
        done(glueberry_config_add_stream(config, CHAT.as_ptr(), NTS, bounds, null_mut()));
        let status = glueberry_node_start(config, &raw mut node, &raw mut error);
        assert_eq!(status, INVALID_CONFIG);
        glueberry_config_free(config);
    }
    error
}

fn text(pointer: *const c_char) -> Option<String> {
    let text = (!pointer.is_null()).then(|| unsafe { CStr::from_ptr(pointer) });
    text.map(|text| text.to_str().unwrap().to_owned())
}

const INVALID_CONFIG: i32 = -101;
const INVALID_ADDRESS: i32 = -102;
const INVALID_PEER_ID: i32 = -103;
const INVALID_STREAM_NAME: i32 = -105;
const INVALID_KEY: i32 = -106;
const KEY_FILE_UNREADABLE: i32 = -107;
const KEY_FILE_UNWRITABLE: i32 = -110;
const IDENTITY_REFUSED: i32 = -405;
