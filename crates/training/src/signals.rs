//! Ctrl-C and SIGTERM: a run that was asked to stop finishes its step.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use plywood_tensor::{Error, ErrorKind, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// What the signals that a run listens to are called.
const NAMES: [(i32, &str); 2] = [(SIGINT, "Ctrl-C"), (SIGTERM, "SIGTERM")];

/// What happens when a signal comes. Once there, it stays to the end of the process: while nobody
/// listens, it does what the system would do.
struct Handlers {
    /// Whether the next signal ends the process: nobody listens, or it is the second.
    end_at_once: Arc<AtomicBool>,
    /// The last signal that came while somebody listened; 0 for none.
    received: Arc<AtomicUsize>,
    listeners: Mutex<usize>,
}

impl Handlers {
    fn install() -> io::Result<Self> {
        let end_at_once = Arc::new(AtomicBool::new(true));
        let received = Arc::new(AtomicUsize::new(0));
        for (signal, _) in NAMES {
            // They run in this order.
            flag::register_conditional_default(signal, Arc::clone(&end_at_once))?;
            flag::register(signal, Arc::clone(&end_at_once))?;
            flag::register_usize(signal, Arc::clone(&received), signal as usize)?;
        }
        Ok(Self { end_at_once, received, listeners: Mutex::new(0) })
    }

    fn listeners(&self) -> std::sync::MutexGuard<'_, usize> {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As long as one that listens lives, the first signal is only remembered, and the second ends the
/// process.
pub(crate) struct Signals(Option<&'static Handlers>);

impl Signals {
    /// One that hears nothing, and leaves signals as they are.
    pub(crate) fn ignored() -> Self {
        Self(None)
    }

    /// One that listens.
    ///
    /// # Errors
    /// When the system doesn't let the process handle signals.
    pub(crate) fn listen() -> Result<Self> {
        static HANDLERS: OnceLock<io::Result<Handlers>> = OnceLock::new();
        let handlers = HANDLERS.get_or_init(Handlers::install).as_ref().map_err(|error| {
            Error::new(ErrorKind::Io, format!("can't listen to signals: {error}"))
                .operation("trainer")
        })?;
        let mut listeners = handlers.listeners();
        if *listeners == 0 {
            handlers.received.store(0, Ordering::SeqCst);
            handlers.end_at_once.store(false, Ordering::SeqCst);
        }
        *listeners += 1;
        Ok(Self(Some(handlers)))
    }

    /// The name of the signal that came, if one did.
    pub(crate) fn received(&self) -> Option<&'static str> {
        let received = self.0?.received.load(Ordering::SeqCst);
        NAMES.iter().find(|(signal, _)| *signal as usize == received).map(|(_, name)| *name)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        let Some(handlers) = self.0 else { return };
        let mut listeners = handlers.listeners();
        *listeners -= 1;
        if *listeners == 0 {
            handlers.end_at_once.store(true, Ordering::SeqCst);
        }
    }
}
