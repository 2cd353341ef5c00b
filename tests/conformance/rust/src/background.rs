//! Calls that go on while other commands are obeyed.

use std::collections::HashMap;
use std::future::ready;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::FutureExt;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::answer::{Answer, Outcome};
use crate::arguments::Arguments;
use crate::calls::Calls;

/// The calls that were begun, by their tags.
#[derive(Default)]
pub(crate) struct Background {
    begun: HashMap<String, JoinHandle<Outcome>>,
}

impl Background {
    /// Makes a call, and returns when it waits or is over.
    pub(crate) async fn begin(
        &mut self,
        tag: &str,
        calls: Arc<Calls>,
        command: Arguments,
    ) -> Outcome {
        let mut call = async move { calls.call(command).await }.boxed();
        let running = match futures::poll!(&mut call) {
            Poll::Ready(outcome) => tokio::spawn(ready(outcome)),
            Poll::Pending => tokio::spawn(call),
        };
        self.begun.insert(tag.to_owned(), running);
        Ok(Answer::done())
    }

    /// Waits until a call is over; when the time is over it goes on.
    pub(crate) async fn wait(&mut self, tag: &str, within: Option<Duration>) -> Outcome {
        let running = self.begun.get_mut(tag).ok_or_else(|| unknown(tag))?;
        let outcome = match within {
            Some(within) => timeout(within, running).await.map_err(|_| Answer::timed_out())?,
            None => running.await,
        };
        self.begun.remove(tag);
        outcome.map_err(|problem| Answer::fault(problem.to_string()))?
    }

    /// Cancels a call by dropping its future, and waits until that has happened.
    pub(crate) async fn cancel(&mut self, tag: &str) -> Outcome {
        let running = self.begun.remove(tag).ok_or_else(|| unknown(tag))?;
        running.abort();
        match running.await {
            Ok(outcome) => outcome,
            Err(problem) if problem.is_cancelled() => {
                Ok(Answer::with(json!({ "cancelled": true })))
            }
            Err(problem) => Err(Answer::fault(problem.to_string())),
        }
    }
}

fn unknown(tag: &str) -> Answer {
    Answer::fault(format!("no call was begun as {tag}"))
}
