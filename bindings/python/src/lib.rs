//! The native half of the Python package `glueberry`. What Python people see is in `python/glueberry`;
//! here is only what needs Rust, as classes and functions of the private module `_glueberry`.
//!
//! No thread of Rust ever attaches to the interpreter: what it has to tell goes into a `Bell`, which
//! Python's own event loop reads. So no worker waits for the interpreter's lock, and none can be
//! caught by the end of the interpreter.

mod arguments;
mod bell;
mod calls;
mod errors;
mod events;
mod guard;
mod host;
mod identity;
mod log;
mod message;
mod peer_id;
mod peers;
mod pending;
mod probes;
mod queues;

use pyo3::pymodule;

/// Private to the package `glueberry`: it changes without notice.
#[pymodule]
mod _glueberry {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::bell::Bell;
    #[pymodule_export]
    use crate::guard::mark_forked;
    #[pymodule_export]
    use crate::host::{Host, begin};
    #[pymodule_export]
    use crate::identity::Identity;
    #[pymodule_export]
    use crate::log::{log_next, log_start, log_stop};
    #[pymodule_export]
    use crate::message::Message;
    #[pymodule_export]
    use crate::peer_id::PeerId;
    #[pymodule_export]
    use crate::pending::Pending;
    #[pymodule_export]
    use crate::probes::{error_table, event_samples, panic_now, panic_soon, vocabulary};
    #[pymodule_export]
    use crate::queues::{EventQueue, MessageQueue};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
