//! The log, handed to the program.

use std::ffi::{c_char, c_void};

use glueberry_core::Result;
use glueberry_core::embed::logs::{self, Level, Record};

use crate::arguments::invalid;
use crate::callbacks::{UserData, register};
use crate::error::glueberry_error_t;
use crate::guard::{entry, plain_entry};
use crate::outputs::{c_text, unix_ms};
use crate::sized::{self, Growing};
use crate::status::GLUEBERRY_OK;

/// One line of the log. It holds neither keys nor payload.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct glueberry_log_record_t {
    /// `sizeof(glueberry_log_record_t)` of the library.
    pub size: u32,
    /// How grave it is, `GLUEBERRY_LOG_*`.
    pub level: i32,
    /// In milliseconds since 1970.
    pub time_ms: i64,
    /// The part of the library it comes from `[borrowed: for the time of the call]`.
    pub target: *const c_char,
    /// What it says, with its fields: `connected peer=12D3KooW… session=1` `[borrowed: for the time
    /// of the call]`.
    pub message: *const c_char,
}

/// What lines of the log are handed to. Begin with zeros, and set `size`.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(non_camel_case_types)]
pub struct glueberry_log_callback_t {
    /// `sizeof(glueberry_log_callback_t)`
    pub size: u32,
    /// Zero.
    pub reserved: u32,
    /// Passed to both functions.
    pub user_data: *mut c_void,
    /// Called for each line, on a thread of its own, one call at a time.
    pub on_record:
        Option<unsafe extern "C" fn(user_data: *mut c_void, record: *const glueberry_log_record_t)>,
    /// Called once, after the last call of `on_record`, on its thread; may be NULL.
    pub destroy: Option<unsafe extern "C" fn(user_data: *mut c_void)>,
}

// SAFETY: integers, pointers and optional functions in `repr(C)`, the size first.
unsafe impl Growing for glueberry_log_callback_t {
    const FIRST: usize = size_of::<Self>();
}

/// Hands the log of all nodes of this process to a callback, in the place of the one before. Up to
/// 1,024 lines wait for it; more are dropped, and counted in a line of their own.
///
/// - `level`: lines as grave as this and graver, `GLUEBERRY_LOG_*`. Of other libraries inside only
///   warnings and errors.
/// - `callback` `[in]`: copied. If this fails, its `destroy` is not called.
/// - `err` `[out, owned]`: may be NULL.
///
/// Errors: `WRONG_STATE` in a program, written in Rust, that collects its log already.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn glueberry_log_set(
    level: i32,
    callback: *const glueberry_log_callback_t,
    err: *mut *mut glueberry_error_t,
) -> i32 {
    // SAFETY: the caller's promises, passed on.
    unsafe {
        entry(err, || {
            let level = level_of(level)?;
            let callback = sized::read(callback, "callback")?;
            let call = callback.on_record.ok_or_else(|| invalid("on_record is NULL"))?;
            let user_data = UserData::new(callback.user_data, callback.destroy);
            register(|| {
                logs::collect(level, move |record| {
                    // SAFETY: the caller's function, with the caller's data.
                    shown(record, |record| call(user_data.pointer(), record));
                })
            })?;
            Ok(GLUEBERRY_OK)
        })
    }
}

/// Stops handing out the log. It never waits: a call may still be under way; the callback's `destroy`
/// follows it. Without a callback it does nothing. Any thread.
#[unsafe(no_mangle)]
pub extern "C" fn glueberry_log_clear() -> i32 {
    plain_entry(|| {
        logs::stop();
        Ok(GLUEBERRY_OK)
    })
}

fn level_of(number: i32) -> Result<Option<Level>> {
    match number {
        crate::GLUEBERRY_LOG_OFF => Ok(None),
        number => {
            let found = LEVELS.iter().find(|(known, _)| *known == number);
            let none = || invalid(format!("level is {number}: there is none"));
            Ok(Some(found.ok_or_else(none)?.1))
        }
    }
}

fn shown(record: &Record, call: impl FnOnce(*const glueberry_log_record_t)) {
    let (target, message) = (c_text(&record.target), c_text(&record.message));
    let level = LEVELS.iter().find(|(_, level)| *level == record.level);
    let record = glueberry_log_record_t {
        size: u32::try_from(size_of::<glueberry_log_record_t>()).unwrap_or(u32::MAX),
        level: level.map_or(crate::GLUEBERRY_LOG_TRACE, |(number, _)| *number),
        time_ms: unix_ms(record.at),
        target: target.as_ptr(),
        message: message.as_ptr(),
    };
    call(&raw const record);
}

const LEVELS: [(i32, Level); 5] = [
    (crate::GLUEBERRY_LOG_ERROR, Level::ERROR),
    (crate::GLUEBERRY_LOG_WARN, Level::WARN),
    (crate::GLUEBERRY_LOG_INFO, Level::INFO),
    (crate::GLUEBERRY_LOG_DEBUG, Level::DEBUG),
    (crate::GLUEBERRY_LOG_TRACE, Level::TRACE),
];
