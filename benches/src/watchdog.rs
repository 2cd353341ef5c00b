//! A benchmark that hangs ends by itself.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Ends the process when nothing was measured for [`PATIENCE`].
pub(crate) struct Watchdog {
    pats: Sender<()>,
}

impl Watchdog {
    pub(crate) fn start() -> Self {
        let (pats, patted) = channel();
        thread::spawn(move || {
            loop {
                match patted.recv_timeout(PATIENCE) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        eprintln!("nothing was measured for {PATIENCE:?}: something hangs");
                        std::process::exit(HUNG);
                    }
                }
            }
        });
        Self { pats }
    }

    pub(crate) fn pat(&self) {
        self.pats.send(()).expect("the watchdog lives as long as this");
    }
}

/// Above the longest measurement with all its rounds.
const PATIENCE: Duration = Duration::from_mins(2);
const HUNG: i32 = 3;
