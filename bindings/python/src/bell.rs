//! How an event loop of Python is woken, without attaching to the interpreter.

use std::sync::Arc;
use std::task::{Wake, Waker};

use parking_lot::{Condvar, Mutex};
use pyo3::prelude::*;

use crate::guard::detached_entry;

/// One for each event loop. Whoever waits for something of the library has a number here; when it may
/// go on, its number is among those that `take` gives, and the bell's descriptor is readable.
#[pyclass(frozen, module = "glueberry._glueberry")]
pub(crate) struct Bell {
    shared: Arc<Shared>,
    #[cfg(unix)]
    readable: Option<std::os::unix::net::UnixStream>,
}

struct Shared {
    rung: Mutex<Rung>,
    changed: Condvar,
    #[cfg(unix)]
    writable: Option<std::os::unix::net::UnixStream>,
}

#[derive(Default)]
struct Rung {
    /// Bounded by those who wait: each number comes once until it waits again.
    numbers: Vec<u64>,
    is_closed: bool,
}

#[pymethods]
impl Bell {
    #[new]
    fn new() -> Self {
        Self::with_descriptor()
    }

    /// A descriptor that is readable while `take` has something to give; None where there is none to
    /// be had. It is there to be polled, and belongs to the bell.
    fn fileno(&self) -> Option<i32> {
        #[cfg(unix)]
        return self.readable.as_ref().map(std::os::fd::AsRawFd::as_raw_fd);
        #[cfg(not(unix))]
        None
    }

    /// The numbers of those who may go on.
    fn take(&self, py: Python<'_>) -> PyResult<Vec<u64>> {
        crate::guard::entry(py, || {
            let mut rung = self.shared.rung.lock();
            self.hush();
            Ok(std::mem::take(&mut rung.numbers))
        })
    }

    /// Blocks until `take` has something to give; false once the bell is closed. For event loops that
    /// cannot poll a descriptor.
    fn wait(&self, py: Python<'_>) -> PyResult<bool> {
        detached_entry(py, || {
            let mut rung = self.shared.rung.lock();
            while rung.numbers.is_empty() && !rung.is_closed {
                self.shared.changed.wait(&mut rung);
            }
            Ok(!rung.is_closed)
        })
    }

    /// Ends `wait`.
    fn close(&self) {
        self.shared.rung.lock().is_closed = true;
        self.shared.changed.notify_all();
    }
}

impl Bell {
    /// Wakes whoever waits under this number.
    pub(crate) fn waker(&self, number: u64) -> Waker {
        Waker::from(Arc::new(Ringer { bell: self.shared.clone(), number }))
    }

    #[cfg(unix)]
    fn with_descriptor() -> Self {
        let pair = std::os::unix::net::UnixStream::pair().and_then(|(readable, writable)| {
            readable.set_nonblocking(true)?;
            writable.set_nonblocking(true)?;
            Ok((readable, writable))
        });
        let (readable, writable) = pair.ok().unzip();
        let (rung, changed) = Default::default();
        Self { shared: Arc::new(Shared { rung, changed, writable }), readable }
    }

    #[cfg(not(unix))]
    fn with_descriptor() -> Self {
        let (rung, changed) = Default::default();
        Self { shared: Arc::new(Shared { rung, changed }) }
    }

    /// Under the lock: at most one byte is on its way.
    #[cfg(unix)]
    fn hush(&self) {
        use std::io::Read;
        if let Some(mut readable) = self.readable.as_ref() {
            // Nothing there is no fault: who waits without the descriptor takes all the same.
            drop(readable.read(&mut [0; 8]));
        }
    }

    #[cfg(not(unix))]
    fn hush(&self) {}
}

struct Ringer {
    bell: Arc<Shared>,
    number: u64,
}

impl Wake for Ringer {
    fn wake(self: Arc<Self>) {
        let mut rung = self.bell.rung.lock();
        rung.numbers.push(self.number);
        if rung.numbers.len() == 1 {
            self.bell.ring();
        }
        drop(rung);
    }
}

impl Shared {
    fn ring(&self) {
        #[cfg(unix)]
        if let Some(mut writable) = self.writable.as_ref() {
            use std::io::Write;
            // It cannot be full: there is one byte at most. A bell that is gone needs no sound.
            drop(writable.write(&[1]));
        }
        self.changed.notify_one();
    }
}
