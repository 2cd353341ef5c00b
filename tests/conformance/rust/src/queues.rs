//! Consumers of messages and subscribers of events, by the names that the runner gives them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Mutex as Turn;

use crate::answer::Answer;

/// Queues of one kind. One call at a time reads from a queue.
pub(crate) struct Queues<Q> {
    by_name: Mutex<HashMap<String, Arc<Turn<Q>>>>,
}

impl<Q> Queues<Q> {
    pub(crate) fn new() -> Self {
        Self { by_name: Mutex::new(HashMap::new()) }
    }

    pub(crate) fn add(&self, name: &str, queue: Q) {
        self.lock().insert(name.to_owned(), Arc::new(Turn::new(queue)));
    }

    pub(crate) fn get(&self, name: &str) -> Result<Arc<Turn<Q>>, Answer> {
        let queue = self.lock().get(name).cloned();
        queue.ok_or_else(|| Answer::fault(format!("there is no queue {name}")))
    }

    /// Drops one; whether there was one.
    pub(crate) fn remove(&self, name: &str) -> bool {
        self.lock().remove(name).is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Turn<Q>>>> {
        self.by_name.lock().expect("nothing panics while it holds this lock")
    }
}
