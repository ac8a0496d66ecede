//! The signals that stop the program: Ctrl-C, and the one that containers and supervisors
//! send. The program listens from its start, since a test may stop it as soon as it has
//! printed its URLs. As process 1 of a container, a program that doesn't listen wouldn't
//! stop at all.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

/// Waits for a signal to stop the program.
#[cfg(unix)]
#[derive(Debug)]
pub struct ShutdownSignal {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
impl ShutdownSignal {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// When the system doesn't allow it.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for a signal, including one that came before.
    pub async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Waits for a signal to stop the program.
#[cfg(windows)]
#[derive(Debug)]
pub struct ShutdownSignal {
    interrupt: CtrlC,
    key: CtrlBreak,
    window: CtrlClose,
}

#[cfg(windows)]
impl ShutdownSignal {
    /// Listens from now on.
    ///
    /// # Errors
    ///
    /// When the system doesn't allow it.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: ctrl_c()?,
            key: ctrl_break()?,
            window: ctrl_close()?,
        })
    }

    /// Waits for a signal, including one that came before.
    pub async fn wait(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.key.recv() => {}
            _ = self.window.recv() => {}
        }
    }
}
