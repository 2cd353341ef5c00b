//! A call that waits.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt;
use glueberry_core::embed::fault;
use glueberry_core::{ErrorCode, Result};
use parking_lot::Mutex;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;

use crate::bell::Bell;
use crate::guard::{Kept, entry};
use crate::host::Host;
use crate::peer_id::PeerId;

/// What a call yields.
pub(crate) enum Outcome {
    Nothing,
    Flag(bool),
    Peer(glueberry_core::PeerId),
    Texts(Vec<String>),
    Host(glueberry_core::embed::Host),
}

type Work = Pin<Box<dyn Future<Output = Result<Outcome>> + Send>>;

/// A call that waits. It goes on by itself; `poll` says whether it is done, and whom to wake.
#[pyclass(frozen, module = "glueberry._glueberry")]
pub(crate) struct Pending {
    state: Mutex<Kept<State>>,
}

enum State {
    Under(Work),
    Done(Result<Outcome>),
}

#[pymethods]
impl Pending {
    /// Whether it is done. Otherwise `number` rings at `bell` when it is worth asking again.
    fn poll(&self, py: Python<'_>, bell: &Bell, number: u64) -> PyResult<bool> {
        entry(py, || {
            let mut state = self.state.lock();
            let Some(State::Under(work)) = state.get_mut() else { return Ok(true) };
            let waker = bell.waker(number);
            let Poll::Ready(done) = work.poll_unpin(&mut Context::from_waker(&waker)) else {
                return Ok(false);
            };
            *state = Kept::new(State::Done(done));
            Ok(true)
        })
    }

    /// What came of it, once it is done.
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let outcome = entry(py, || {
            let mut state = self.state.lock();
            match state.get_mut() {
                Some(State::Done(done)) => {
                    std::mem::replace(done, Err(fault(ErrorCode::WrongState, "it was taken")))
                }
                _ => Err(fault(ErrorCode::WrongState, "the call is not done")),
            }
        })?;
        outcome.give(py)
    }

    /// Gives it up.
    fn drop(&self) {
        self.state.lock().release();
    }
}

impl Pending {
    pub(crate) fn new(work: impl Future<Output = Result<Outcome>> + Send + 'static) -> Self {
        Self { state: Mutex::new(Kept::new(State::Under(Box::pin(work)))) }
    }
}

impl Outcome {
    fn give(self, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        match self {
            Self::Nothing => Ok(py.None().into_bound(py)),
            Self::Flag(flag) => flag.into_bound_py_any(py),
            Self::Peer(peer) => PeerId::from(peer).into_bound_py_any(py),
            Self::Texts(texts) => texts.into_bound_py_any(py),
            Self::Host(host) => Host::new(host).into_bound_py_any(py),
        }
    }
}
