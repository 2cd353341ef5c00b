//! What the two kinds of queues have in common.

use glueberry_core::Result;
use glueberry_core::embed::{Next, Queue, Source};

use crate::arguments::invalid;
use crate::guard::Status;
use crate::status::{GLUEBERRY_CLOSED, GLUEBERRY_OK, GLUEBERRY_TIMEOUT};

/// Hands one item out.
pub(crate) fn put_one<T, H>(next: Next<T>, place: &mut *mut H, give: fn(T) -> *mut H) -> Status {
    match next {
        Next::Item(item) => {
            *place = give(item);
            GLUEBERRY_OK
        }
        Next::Nothing => GLUEBERRY_TIMEOUT,
        Next::Closed => GLUEBERRY_CLOSED,
    }
}

/// An array for up to `max` handles, and where their number goes.
pub(crate) struct Array<'a, H> {
    first: *mut *mut H,
    count: &'a mut usize,
}

impl<H> Array<'_, H> {
    /// The count is 0 until something was put, whatever fails.
    pub(crate) unsafe fn cleared(first: *mut *mut H, count: *mut usize) -> Option<Self> {
        // SAFETY: not NULL means valid: the caller's promise.
        let count = unsafe { count.as_mut() }?;
        *count = 0;
        Some(Self { first, count })
    }

    /// Takes up to `max` items from a queue and hands them out.
    pub(crate) unsafe fn fill<S: Source>(
        array: Option<Self>,
        max: usize,
        queue: &Queue<S>,
        give: fn(S::Item) -> *mut H,
    ) -> Result<Status> {
        let array = array.ok_or_else(|| invalid("count is NULL"))?;
        if max == 0 || array.first.is_null() {
            return Err(invalid("the array is NULL, or has no room"));
        }
        let taken = queue.take(max, |item| {
            // SAFETY: `max` places are there, and no more items come. The places may be
            // uninitialised: they are written and never read.
            unsafe { array.first.add(*array.count).write(give(item)) };
            *array.count += 1;
        })?;
        Ok(match taken {
            Next::Item(_) => GLUEBERRY_OK,
            Next::Nothing => GLUEBERRY_TIMEOUT,
            Next::Closed => GLUEBERRY_CLOSED,
        })
    }
}
