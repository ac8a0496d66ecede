//! What ends the program: Ctrl-C, and the signal by which containers and supervisors end
//! one. Both are listened for from the start, since whoever reads where the sandbox is may
//! end it in the same moment. As process 1 of a container a program that doesn't listen
//! isn't ended at all.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

/// Whoever has this is told when the program is to end.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct Ending {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl Ending {
    /// Listens from here on.
    ///
    /// # Errors
    ///
    /// When the system doesn't let it.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for the end, also for one that was asked for before.
    pub(crate) async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Whoever has this is told when the program is to end.
#[cfg(windows)]
#[derive(Debug)]
pub(crate) struct Ending {
    interrupt: CtrlC,
    key: CtrlBreak,
    window: CtrlClose,
}

#[cfg(windows)]
impl Ending {
    /// Listens from here on.
    ///
    /// # Errors
    ///
    /// When the system doesn't let it.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            key: ctrl_break()?,
            window: ctrl_close()?,
        })
    }

    /// Waits for the end, also for one that was asked for before.
    pub(crate) async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.key.recv() => {}
            _ = self.window.recv() => {}
        }
    }
}
