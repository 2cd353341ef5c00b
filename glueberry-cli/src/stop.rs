//! When to stop: Ctrl-C, SIGTERM, or a reader of standard output that left.

use tokio::sync::watch;

use crate::failure::Failure;

/// Waits for a reason to stop.
pub(crate) struct Stop {
    signals: Signals,
    /// Becomes true when standard output is closed.
    unheard: watch::Receiver<bool>,
}

/// Why to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The user, or the system, asked for it.
    Asked,
    /// Nobody reads standard output any more.
    Unheard,
}

impl Stop {
    /// From now on signals no longer end the process by themselves.
    ///
    /// # Errors
    /// When the system does not let signals be handled.
    pub(crate) fn new(unheard: watch::Receiver<bool>) -> Result<Self, Failure> {
        let signals = Signals::new()
            .map_err(|fault| Failure::internal(format!("cannot handle signals: {fault}")))?;
        Ok(Self { signals, unheard })
    }

    /// Returns when there is a reason.
    pub(crate) async fn wait(&mut self) -> Reason {
        tokio::select! {
            () = self.signals.next() => Reason::Asked,
            // An error says that the printer has ended, which it does on a closed output only.
            _ = self.unheard.wait_for(|unheard| *unheard) => Reason::Unheard,
        }
    }

    /// Carries out what is to be done before leaving, unless a signal says to leave at once.
    pub(crate) async fn unless_hurried<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.signals.next() => None,
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
