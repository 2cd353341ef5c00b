//! Structs that the caller allocates: they begin with their own size, and only grow.

use glueberry_core::Result;

use crate::arguments::invalid;

/// A struct of which every pattern of bytes is a valid value, zero among them, and which begins with
/// its size in bytes as a `uint32_t`.
///
/// # Safety
/// The struct is `repr(C)`, its first field is that size, all fields are integers, raw pointers or
/// `Option`s of functions, and [`Growing::FIRST`] is at least 4.
pub(crate) unsafe trait Growing: Copy {
    /// The size that the first version of the struct had.
    const FIRST: usize;
}

/// What the caller wrote, with zeros for fields that it does not know.
pub(crate) unsafe fn read<T: Growing>(from: *const T, what: &str) -> Result<T> {
    // SAFETY: the caller's promise, passed on.
    let size = unsafe { size_at(from, what)? };
    let known = size.min(size_of::<T>());
    // SAFETY: `size` bytes are there, says the struct.
    let beyond = unsafe { std::slice::from_raw_parts(from.cast::<u8>().add(known), size - known) };
    if beyond.iter().any(|byte| *byte != 0) {
        return Err(invalid(format!("{what} has fields that this version does not know")));
    }
    let mut value = std::mem::MaybeUninit::<T>::zeroed();
    // SAFETY: `known` bytes fit on both sides, and every pattern of bytes is a valid value.
    unsafe {
        std::ptr::copy_nonoverlapping(from.cast::<u8>(), value.as_mut_ptr().cast(), known);
        Ok(value.assume_init())
    }
}

/// Writes as much of the value as the caller knows; its size stays.
pub(crate) unsafe fn write<T: Growing>(value: &T, to: *mut T, what: &str) -> Result<()> {
    // SAFETY: the caller's promise, passed on.
    let size = unsafe { size_at(to, what)? };
    let known = size.min(size_of::<T>()) - SIZE;
    // SAFETY: so many bytes are there on both sides.
    unsafe {
        let from = std::ptr::from_ref(value).cast::<u8>().add(SIZE);
        std::ptr::copy_nonoverlapping(from, to.cast::<u8>().add(SIZE), known);
    }
    Ok(())
}

unsafe fn size_at<T: Growing>(at: *const T, what: &str) -> Result<usize> {
    if at.is_null() {
        return Err(invalid(format!("{what} is NULL")));
    }
    // SAFETY: the struct begins with its size.
    let size = unsafe { at.cast::<u32>().read() } as usize;
    if (T::FIRST..=LARGEST).contains(&size) {
        return Ok(size);
    }
    let wanted = size_of::<T>();
    Err(invalid(format!("{what}.size is {size}: set it to sizeof({what}), {wanted} here")))
}

/// Bytes of the size itself.
const SIZE: usize = size_of::<u32>();
/// No struct of ours comes near it: a size above it was never set.
const LARGEST: usize = 4096;
