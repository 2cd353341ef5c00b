//! What a node is told before it starts.

use std::ffi::c_char;

use glueberry_core::{
    AccessRules, BanTarget, Builder, ConnectionLimits, HandshakeMode, KeepAlive, Node,
    ReconnectPolicy, Result, Security, StreamConfig,
};

use crate::arguments::{exclusive, invalid, millis, reference, text};
use crate::error::glueberry_error_t;
use crate::guard::{entry, release};
use crate::identity::glueberry_identity_t;
use crate::outputs::{Slot, give, take};
use crate::sized::{self, Growing};
use crate::status::GLUEBERRY_OK;

/// What a node is told before it starts. One thread at a time.
#[allow(non_camel_case_types)]
pub struct glueberry_config_t {
    builder: Builder,
    access: AccessRules,
    workers: Option<usize>,
}

/// One stream's bounds. Begin with zeros, and set `size`: 0 is the default of each.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct glueberry_stream_config_t {
    /// `sizeof(glueberry_stream_config_t)`
    pub size: u32,
    /// How full a buffer is, in per cent, when `STREAM_PRESSURE` tells `HIGH`; 1 to 100, by default
    /// 75.
    pub high_watermark: u32,
    /// Below how many per cent it counts as drained; 1 to 99, below the high one, by default 25.
    pub low_watermark: u32,
    /// Zero.
    pub reserved: u32,
    /// The largest message in bytes, sent or received; 1 to 16 MiB, by default 1 MiB.
    pub max_message_size: u64,
    /// Bytes that may wait to be sent to one peer before a send waits; 1 KiB to 256 MiB, by default
    /// 256 KiB.
    pub send_buffer: u64,
    /// Received bytes of one peer that may wait to be read before its sender has to wait; 1 KiB to
    /// 256 MiB, by default 1 MiB.
    pub receive_buffer: u64,
}

// SAFETY: integers in `repr(C)`, the size first.
unsafe impl Growing for glueberry_stream_config_t {
    const FIRST: usize = size_of::<Self>();
}

/// How a lost peer is tried again. Begin with zeros, and set `size`: 0 is the default of each.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct glueberry_reconnect_policy_t {
    /// `sizeof(glueberry_reconnect_policy_t)`
    pub size: u32,
    /// How often a peer is tried before it is given up; by default without a limit.
    pub max_attempts: u32,
    /// The ceiling of the first pause; 1 ms to 1 h, by default 1 s.
    pub first_delay_ms: i64,
    /// The ceiling of every pause; up to 24 h, by default 5 min.
    pub longest_delay_ms: i64,
    /// The pause after a failed handshake; 1 ms to 24 h, by default 60 s.
    pub cooldown_ms: i64,
}

// SAFETY: integers in `repr(C)`, the size first.
unsafe impl Growing for glueberry_reconnect_policy_t {
    const FIRST: usize = size_of::<Self>();
}

/// How many connections there may be. Begin with zeros, and set `size`: 0 is the default of each,
/// which follows the open files that this process may have.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct glueberry_connection_limits_t {
    /// `sizeof(glueberry_connection_limits_t)`
    pub size: u32,
    /// Inbound connections that have not proven an identity yet; 1 to 65,536.
    pub pending: u32,
    /// Connections of peers that have, in both directions; 1 to 65,536.
    pub total: u32,
    /// Connections of one peer; 2 to 65,536.
    pub per_peer: u32,
    /// Inbound connections from one address; 1 to 65,536.
    pub per_address: u32,
}

// SAFETY: integers in `repr(C)`, the size first.
unsafe impl Growing for glueberry_connection_limits_t {
    const FIRST: usize = 20;
}

impl glueberry_config_t {
    /// What a node is started with.
    pub(crate) fn parts(&self) -> (Builder, Option<usize>) {
        (self.builder.clone().access(self.access.clone()), self.workers)
    }
}

/// Begins to describe a node with this key. The key is copied.
///
/// - `identity` `[in]`
/// - `config` `[out, owned]`
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_new(
    identity: *const glueberry_identity_t,
    config: *mut *mut glueberry_config_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        let slot = Slot::cleared(config);
        entry(err, || {
            let builder = Node::builder(reference(identity, "identity")?.identity.clone());
            let (access, place) = (AccessRules::default(), slot.needed("config")?);
            *place = give(glueberry_config_t { builder, access, workers: None });
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Listens at one more address, such as `/ip4/0.0.0.0/tcp/9000` or `/ip6/::/udp/9000/quic-v1`. Port 0
/// is any free one. Without an address the node only dials.
///
/// - `config` `[in]`
/// - `address` `[in]`: of `len` bytes, or `GLUEBERRY_NTS`.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_ADDRESS`, with the part that is wrong.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_add_listen_address(
    config: *mut glueberry_config_t,
    address: *const c_char,
    len: usize,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { building(config, err, |builder| builder.listen(text(address, len, "address")?)) }
}

/// Carries one more stream with every peer, or changes the bounds of one.
///
/// - `config` `[in]`
/// - `name` `[in]`: of `len` bytes, or `GLUEBERRY_NTS`.
/// - `bounds` `[in]`: NULL for the defaults. They are checked by `glueberry_node_start`.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_STREAM_NAME`, with what is wrong about it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_add_stream(
    config: *mut glueberry_config_t,
    name: *const c_char,
    len: usize,
    bounds: *const glueberry_stream_config_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        building(config, err, |builder| {
            let bounds = if bounds.is_null() {
                StreamConfig::default()
            } else {
                stream_config(&sized::read(bounds, "bounds")?)?
            };
            builder.stream(text(name, len, "name")?, bounds)
        })
    }
}

/// Keeps what is known of peers, and bans, in this file, in the format of Glueberry for Go. Without
/// one all that is forgotten when the node ends.
///
/// - `config` `[in]`
/// - `path` `[in]`: of `len` bytes, or `GLUEBERRY_NTS`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_address_book(
    config: *mut glueberry_config_t,
    path: *const c_char,
    len: usize,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { building(config, err, |builder| Ok(builder.address_book(text(path, len, "path")?))) }
}

/// Whether the peers of the address book are dialed when the node starts; by default they are. To
/// miss no event of those dials, turn it off, take the events, and call
/// `glueberry_node_dial_known_peers`.
///
/// - `config` `[in]`
/// - `yes`: 0 or 1.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_auto_connect(
    config: *mut glueberry_config_t,
    yes: i32,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        building(config, err, |builder| match yes {
            0 | 1 => Ok(builder.auto_connect(yes == 1)),
            other => Err(invalid(format!("yes is {other}: use 0 or 1"))),
        })
    }
}

/// Who shakes hands; by default the library.
///
/// - `config` `[in]`
/// - `mode`: `GLUEBERRY_HANDSHAKE_*`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_handshake(
    config: *mut glueberry_config_t,
    mode: i32,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        building(config, err, |builder| {
            let found = HandshakeMode::ALL.iter().find(|known| i32::from(known.number()) == mode);
            let mode = found.ok_or_else(|| invalid(format!("mode is {mode}: there is none")))?;
            Ok(builder.handshake(*mode))
        })
    }
}

/// Which secure channels are offered over TCP; by default TLS and Noise.
///
/// - `config` `[in]`
/// - `security`: `GLUEBERRY_SECURITY_*`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_security(
    config: *mut glueberry_config_t,
    security: i32,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        building(config, err, |builder| {
            let found = Security::ALL.iter().find(|known| i32::from(known.number()) == security);
            let none = || invalid(format!("security is {security}: there is none"));
            Ok(builder.security(*found.ok_or_else(none)?))
        })
    }
}

/// How a lost peer is tried again.
///
/// - `config` `[in]`
/// - `policy` `[in]`: checked by `glueberry_node_start`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_reconnect(
    config: *mut glueberry_config_t,
    policy: *const glueberry_reconnect_policy_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        building(config, err, |builder| {
            Ok(builder.reconnect(reconnect_policy(&sized::read(policy, "policy")?)?))
        })
    }
}

/// How long a peer may take from connected to established.
///
/// - `config` `[in]`
/// - `ms`: 10 to 3,600,000, by default 30,000; checked by `glueberry_node_start`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_handshake_timeout(
    config: *mut glueberry_config_t,
    ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { building(config, err, |builder| Ok(builder.handshake_timeout(millis(ms, "ms")?))) }
}

/// How long one address is tried.
///
/// - `config` `[in]`
/// - `ms`: 10 to 3,600,000, by default 10,000; checked by `glueberry_node_start`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_dial_timeout(
    config: *mut glueberry_config_t,
    ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { building(config, err, |builder| Ok(builder.dial_timeout(millis(ms, "ms")?))) }
}

/// How long `disconnect` and `shutdown` go on writing what is queued.
///
/// - `config` `[in]`
/// - `ms`: 0 to 3,600,000, by default 5,000; checked by `glueberry_node_start`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_linger(
    config: *mut glueberry_config_t,
    ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { building(config, err, |builder| Ok(builder.linger(millis(ms, "ms")?))) }
}

/// How soon a vanished peer is noticed: it is asked for a sign of life after `interval_ms` of
/// silence, and given up `timeout_ms` later. Both 0: never asked; then it is left to the transports,
/// minutes over TCP, 10 s over QUIC.
///
/// - `config` `[in]`
/// - `interval_ms`, `timeout_ms`: 100 to 3,600,000, by default 3,000; checked by
///   `glueberry_node_start`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_keep_alive(
    config: *mut glueberry_config_t,
    interval_ms: i64,
    timeout_ms: i64,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        building(config, err, |builder| {
            let interval = millis(interval_ms, "interval_ms")?;
            let timeout = millis(timeout_ms, "timeout_ms")?;
            let none = interval.is_zero() && timeout.is_zero();
            Ok(builder.keep_alive((!none).then_some(KeepAlive { interval, timeout })))
        })
    }
}

/// How many events wait in each queue before its oldest are dropped and reported as `LAGGED`.
///
/// - `config` `[in]`
/// - `events`: 1 to 1,048,576, by default 1,024; checked by `glueberry_node_start`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_event_buffer(
    config: *mut glueberry_config_t,
    events: usize,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe { building(config, err, |builder| Ok(builder.event_buffer(events))) }
}

/// How many connections there may be.
///
/// - `config` `[in]`
/// - `limits` `[in]`: checked by `glueberry_node_start`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_connection_limits(
    config: *mut glueberry_config_t,
    limits: *const glueberry_connection_limits_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        building(config, err, |builder| {
            Ok(builder.connection_limits(connection_limits(&sized::read(limits, "limits")?)))
        })
    }
}

/// How many threads carry the node's connections.
///
/// - `config` `[in]`
/// - `threads`: 1 to 64, by default as many as there are cores, but at most 4; checked by
///   `glueberry_node_start`.
/// - `err` `[out, owned]`: may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_set_worker_threads(
    config: *mut glueberry_config_t,
    threads: usize,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        changing(config, err, |config| {
            config.workers = Some(threads);
            Ok(())
        })
    }
}

/// Allows one more peer, address or range: from now on nobody else of its kind may connect.
///
/// - `config` `[in]`
/// - `target` `[in]`: a peer id, an IP address, or a range such as `10.0.0.0/8`, of `len` bytes or
///   `GLUEBERRY_NTS`.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_PEER_ID` for what is none of the three.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_allow(
    config: *mut glueberry_config_t,
    target: *const c_char,
    len: usize,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        changing(config, err, |config| {
            config.access.allow.push(text(target, len, "target")?.parse::<BanTarget>()?);
            Ok(())
        })
    }
}

/// Denies one more peer, address or range. It wins over `glueberry_config_allow`.
///
/// - `config` `[in]`
/// - `target` `[in]`: a peer id, an IP address, or a range such as `10.0.0.0/8`, of `len` bytes or
///   `GLUEBERRY_NTS`.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `INVALID_PEER_ID` for what is none of the three.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_deny(
    config: *mut glueberry_config_t,
    target: *const c_char,
    len: usize,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        changing(config, err, |config| {
            config.access.deny.push(text(target, len, "target")?.parse::<BanTarget>()?);
            Ok(())
        })
    }
}

/// Frees a configuration. Nodes that were started with it go on.
///
/// - `config` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_config_free(config: *mut glueberry_config_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(config) }));
}

unsafe fn building(
    config: *mut glueberry_config_t,
    err: *mut *mut glueberry_error_t,
    build: impl FnOnce(Builder) -> Result<Builder>,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        changing(config, err, |config| {
            config.builder = build(config.builder.clone())?;
            Ok(())
        })
    }
}

unsafe fn changing(
    config: *mut glueberry_config_t,
    err: *mut *mut glueberry_error_t,
    change: impl FnOnce(&mut glueberry_config_t) -> Result<()>,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        entry(err, || {
            change(exclusive(config, "config")?)?;
            Ok(GLUEBERRY_OK)
        })
    }
}

fn stream_config(bounds: &glueberry_stream_config_t) -> Result<StreamConfig> {
    let default = StreamConfig::default();
    // What does not fit is out of bounds, too: the node says so.
    let per_cent = |value: u32| u8::try_from(value).unwrap_or(u8::MAX);
    Ok(StreamConfig {
        max_message_size: or(size(bounds.max_message_size)?, default.max_message_size),
        send_buffer: or(size(bounds.send_buffer)?, default.send_buffer),
        receive_buffer: or(size(bounds.receive_buffer)?, default.receive_buffer),
        high_watermark: or(per_cent(bounds.high_watermark), default.high_watermark),
        low_watermark: or(per_cent(bounds.low_watermark), default.low_watermark),
    })
}

fn size(bytes: u64) -> Result<usize> {
    usize::try_from(bytes).map_err(|_| invalid(format!("{bytes} bytes are more than there can be")))
}

fn reconnect_policy(policy: &glueberry_reconnect_policy_t) -> Result<ReconnectPolicy> {
    let default = ReconnectPolicy::default();
    let first = millis(policy.first_delay_ms, "first_delay_ms")?;
    let longest = millis(policy.longest_delay_ms, "longest_delay_ms")?;
    let cooldown = millis(policy.cooldown_ms, "cooldown_ms")?;
    Ok(ReconnectPolicy {
        first_delay: or(first, default.first_delay),
        longest_delay: or(longest, default.longest_delay),
        max_attempts: or(policy.max_attempts, default.max_attempts),
        cooldown: or(cooldown, default.cooldown),
    })
}

fn connection_limits(limits: &glueberry_connection_limits_t) -> ConnectionLimits {
    let default = ConnectionLimits::default();
    let count = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
    ConnectionLimits {
        pending: or(count(limits.pending), default.pending),
        total: or(count(limits.total), default.total),
        per_peer: or(count(limits.per_peer), default.per_peer),
        per_address: or(count(limits.per_address), default.per_address),
    }
}

/// Zero, as C begins with it, is the default.
fn or<T: Default + PartialEq>(value: T, default: T) -> T {
    if value == T::default() { default } else { value }
}
