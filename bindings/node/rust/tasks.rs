//! Calls that are under way: polled on the thread of JavaScript, and woken from any other.
//!
//! The core carries calls out on its own threads. What is polled here only fetches what came of
//! them, so that no second runtime is needed. One function of JavaScript is called when something
//! is done, once for all that is done by then; it fetches the outcomes with [`Tasks::turn`].

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use glueberry_core::Result;
use glueberry_core::embed::contained;
use napi::bindgen_prelude::{Either4, Function};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};
use napi_derive::napi;
use parking_lot::Mutex;

use crate::guard::{guard, told};
use crate::node::NativeNode;

/// What a call yields.
pub(crate) enum Outcome {
    Nothing,
    Node(Box<NativeNode>),
    Text(String),
    Texts(Vec<String>),
    Flag(bool),
}

/// What came of a call.
#[napi(object, object_from_js = false)]
pub struct Finished {
    /// The number of the call.
    pub id: u32,
    /// What it yields.
    pub value: Option<Either4<NativeNode, String, Vec<String>, bool>>,
    /// What it failed with, as one line.
    pub error: Option<String>,
}

/// The calls of one thread of JavaScript.
#[napi]
pub struct Tasks {
    shared: Rc<Pending>,
    /// Is never called: the process is alive while it is held.
    hold: RefCell<WakeFunction>,
}

#[napi]
impl Tasks {
    /// `wake` is called when there is something for `turn`. It does not keep the process alive.
    #[napi(constructor)]
    pub fn new(wake: Function<'_, (), ()>) -> napi::Result<Self> {
        let function = || {
            let builder = wake.build_threadsafe_function::<()>();
            builder.weak::<true>().callee_handled::<false>().build()
        };
        let hold = RefCell::new(function()?);
        let bell = Bell { wake: function()?, rung: AtomicBool::new(false), ids: Mutex::default() };
        Ok(Self { shared: Rc::new(Pending::new(Arc::new(bell))), hold })
    }

    /// What was done since the last turn.
    #[napi]
    pub fn turn(&self) -> napi::Result<Vec<Finished>> {
        guard(|| Ok(self.shared.turn()))
    }

    /// Gives a call up. What came of it, if it is done already.
    #[napi]
    pub fn cancel(&self, id: u32) -> napi::Result<Option<Finished>> {
        guard(|| Ok(self.shared.cancel(id)))
    }

    /// Whether the process is kept alive for what is under way.
    #[napi]
    pub fn hold(&self, env: Env, on: bool) -> napi::Result<()> {
        let mut hold = self.hold.borrow_mut();
        #[expect(deprecated, reason = "nothing else lets one function do both in turn")]
        if on { hold.refer(&env) } else { hold.unref(&env) }
    }

    /// How many calls are under way.
    #[napi]
    pub fn count(&self) -> u32 {
        u32::try_from(self.shared.tasks.borrow().len()).unwrap_or(u32::MAX)
    }
}

impl Tasks {
    pub(crate) fn shared(&self) -> Rc<Pending> {
        self.shared.clone()
    }
}

/// The calls that are under way. Bounded by what the nodes take: 4,096 each, and the waits of
/// queues, one each.
pub(crate) struct Pending {
    tasks: RefCell<HashMap<u32, Task>>,
    /// Those that were done as soon as they were begun: what came of them waits for the next turn.
    done: RefCell<Vec<Finished>>,
    last: Cell<u32>,
    bell: Arc<Bell>,
}

struct Task {
    future: Pin<Box<dyn Future<Output = Result<Outcome>>>>,
    call: Arc<Call>,
}

impl Pending {
    fn new(bell: Arc<Bell>) -> Self {
        Self { tasks: RefCell::default(), done: RefCell::default(), last: Cell::new(0), bell }
    }

    /// Puts a call among those that are under way, and returns its number, which is never 0.
    pub(crate) fn begin<T: 'static>(
        &self,
        future: impl Future<Output = Result<T>> + 'static,
        outcome: impl FnOnce(T) -> Outcome + 'static,
    ) -> u32 {
        let id = self.fresh();
        let (bell, is_listed) = (self.bell.clone(), AtomicBool::new(false));
        let call = Arc::new(Call { id, bell, is_listed });
        let future = Box::pin(async move { future.await.map(outcome) });
        self.tasks.borrow_mut().insert(id, Task { future, call });
        if let Some(finished) = self.poll(id) {
            self.done.borrow_mut().push(finished);
            self.bell.ring();
        }
        id
    }

    pub(crate) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    fn fresh(&self) -> u32 {
        loop {
            let id = self.last.get().wrapping_add(1);
            self.last.set(id);
            if id != 0 && !self.tasks.borrow().contains_key(&id) {
                return id;
            }
        }
    }

    fn turn(&self) -> Vec<Finished> {
        let woken = self.bell.take();
        let mut finished = self.done.take();
        finished.extend(woken.into_iter().filter_map(|id| self.poll(id)));
        finished
    }

    fn cancel(&self, id: u32) -> Option<Finished> {
        let finished = self.poll(id).or_else(|| self.done_at_once(id));
        let given_up = self.tasks.borrow_mut().remove(&id);
        // Without the borrow: what it drops may be anything.
        drop(given_up);
        finished
    }

    fn done_at_once(&self, id: u32) -> Option<Finished> {
        let mut done = self.done.borrow_mut();
        let at = done.iter().position(|finished| finished.id == id)?;
        Some(done.swap_remove(at))
    }

    /// What came of a call, if it is done. A number without a call is that of one that was given
    /// up.
    fn poll(&self, id: u32) -> Option<Finished> {
        let mut task = self.tasks.borrow_mut().remove(&id)?;
        task.call.is_listed.store(false, Ordering::Release);
        let waker = Waker::from(task.call.clone());
        let polled = contained(|| Ok(task.future.as_mut().poll(&mut Context::from_waker(&waker))));
        match polled.unwrap_or_else(|panicked| Poll::Ready(Err(panicked))) {
            Poll::Ready(outcome) => Some(finished(id, outcome)),
            Poll::Pending => {
                self.tasks.borrow_mut().insert(id, task);
                None
            }
        }
    }
}

fn finished(id: u32, outcome: Result<Outcome>) -> Finished {
    let (value, error) = match outcome {
        Ok(Outcome::Nothing) => (None, None),
        Ok(Outcome::Node(node)) => (Some(Either4::A(*node)), None),
        Ok(Outcome::Text(text)) => (Some(Either4::B(text)), None),
        Ok(Outcome::Texts(texts)) => (Some(Either4::C(texts)), None),
        Ok(Outcome::Flag(flag)) => (Some(Either4::D(flag)), None),
        Err(error) => (None, Some(told(&error))),
    };
    Finished { id, value, error }
}

/// What wakes the thread of JavaScript: at most one call of it is on its way.
pub(crate) struct Bell {
    wake: WakeFunction,
    rung: AtomicBool,
    ids: Mutex<Vec<u32>>,
}

impl Bell {
    pub(crate) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // A thread of JavaScript that has ended hears nothing, and needs nothing.
            self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Opens the way for the next ring first, so that none is missed.
    fn take(&self) -> Vec<u32> {
        self.rung.store(false, Ordering::Release);
        std::mem::take(&mut *self.ids.lock())
    }
}

/// One call, as its waker.
struct Call {
    id: u32,
    bell: Arc<Bell>,
    is_listed: AtomicBool,
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        if !self.is_listed.swap(true, Ordering::AcqRel) {
            self.bell.ids.lock().push(self.id);
            self.bell.ring();
        }
    }
}

type WakeFunction = ThreadsafeFunction<(), (), (), Status, false, true, 0>;
