//! Whom a node bans.

use std::ffi::{CString, c_char};

use glueberry_core::Ban;

use crate::arguments::reference;
use crate::guard::{plain_entry, release, value_entry};
use crate::outputs::{c_text, give, take, unix_ms};
use crate::peers::NEVER;
use crate::sized::{self, Growing};
use crate::status::{GLUEBERRY_NONE, GLUEBERRY_OK};

/// A list of bans. One thread at a time.
#[allow(non_camel_case_types)]
pub struct glueberry_bans_t {
    all: Vec<(CString, i64)>,
}

/// A ban. Set `size` before it is filled.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct glueberry_ban_view_t {
    /// `sizeof(glueberry_ban_view_t)`
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// A peer id, an IP address, or a range such as `192.0.2.0/24` `[borrowed: bans]`.
    pub target: *const c_char,
    /// When it ends, in milliseconds since 1970; -1: never.
    pub until_ms: i64,
}

// SAFETY: integers and a pointer in `repr(C)`, the size first.
unsafe impl Growing for glueberry_ban_view_t {
    const FIRST: usize = size_of::<Self>();
}

impl glueberry_bans_t {
    pub(crate) fn give(all: Vec<Ban>) -> *mut Self {
        let of = |ban: Ban| (c_text(&ban.target.to_string()), ban.until.map_or(NEVER, unix_ms));
        give(Self { all: all.into_iter().map(of).collect() })
    }
}

/// How many there are; 0 for NULL.
///
/// - `bans` `[in]`
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_bans_count(bans: *const glueberry_bans_t) -> usize {
    // SAFETY: the caller's promise, passed on.
    value_entry(0, || Some(unsafe { bans.as_ref() }?.all.len()))
}

/// One of them; `NONE` beyond the last.
///
/// - `bans` `[in]`
/// - `index`: from 0.
/// - `view` `[out]`: set its `size` before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_bans_get(
    bans: *const glueberry_bans_t,
    index: usize,
    view: *mut glueberry_ban_view_t,
) -> i32 {
    plain_entry(|| {
        // SAFETY: the caller's promises, passed on.
        unsafe {
            reference(view, "view")?;
            let Some((target, until_ms)) = reference(bans, "bans")?.all.get(index) else {
                return Ok(GLUEBERRY_NONE);
            };
            let (target, until_ms) = (target.as_ptr(), *until_ms);
            let found = glueberry_ban_view_t { size: 0, reserved: 0, target, until_ms };
            sized::write(&found, view, "view")?;
        }
        Ok(GLUEBERRY_OK)
    })
}

/// Frees the list.
///
/// - `bans` `[in]`: NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_bans_free(bans: *mut glueberry_bans_t) {
    // SAFETY: the caller's promise, passed on.
    release(|| drop(unsafe { take(bans) }));
}
