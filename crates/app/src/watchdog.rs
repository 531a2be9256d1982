//! The watchdog: a thread without a runtime that sees when the runtime, or a task on it, is stuck.
//!
//! What it can see, and what it cannot, is told in `docs/decisions/0010-the-watchdog-counts-polls.md`.

mod judge;
mod pulse;

use std::{
    convert::Infallible,
    io, process,
    sync::{Arc, Weak, mpsc},
    thread,
    time::Duration,
};

use cordboard_frontend::Cause;
use parking_lot::Mutex;

use self::judge::{Judge, Verdict};
pub(crate) use self::{judge::Stuck, pulse::Pulse};
use crate::{
    Environment,
    error::INTERNAL,
    limits::{LAST_WORD_TIMEOUT, STUCK_AFTER, STUCK_ENDS_AFTER, WATCHDOG_ROUND},
    notifier::Notifier,
};

/// Watches over the tasks of one program; a handle that is cheap to clone.
///
/// One that was not [started](Self::start) has no thread: it takes note of everything and does
/// nothing. With a paused clock there must be no other, since it goes by real time.
#[derive(Clone, Debug, Default)]
pub struct Watchdog(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    bounds: Bounds,
    pulses: Mutex<Vec<Weak<Pulse>>>,
    stuck: Mutex<Option<Stuck>>,
    notifier: Notifier,
    /// Ends the thread when it is dropped; `None` where there is none.
    thread: Option<mpsc::SyncSender<Infallible>>,
}

/// How long something may stand still.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// One poll of a task, and the runtime's own beat: from then on it is stuck.
    stuck_after: Duration,
    /// From then on, counted from when it was stuck, the process ends.
    ends_after: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            stuck_after: STUCK_AFTER,
            ends_after: STUCK_ENDS_AFTER,
        }
    }
}

// === impl Watchdog ===

impl Watchdog {
    /// Starts the thread. What is stuck for too long ends the process with exit code 70.
    ///
    /// Tells the service manager that the environment names (`NOTIFY_SOCKET`, `WATCHDOG_USEC`) how
    /// the program is.
    ///
    /// # Errors
    /// When the operating system has no thread for it, or no socket for the service manager.
    pub fn start(environment: &Environment) -> io::Result<Self> {
        let notifier = Notifier::of(environment)?;
        let ping_every = notifier.ping_every();
        let (sender, ended) = mpsc::sync_channel(0);
        let shared = Arc::new(Shared {
            bounds: Bounds::of(environment),
            notifier,
            thread: Some(sender),
            ..Shared::default()
        });
        let watched = Arc::downgrade(&shared);
        let round = ping_every.map_or(WATCHDOG_ROUND, |every| every.min(WATCHDOG_ROUND));
        thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || watch(&watched, &ended, round, ping_every))?;
        Ok(Self(shared))
    }

    /// Whether there is a thread.
    pub(crate) fn is_started(&self) -> bool {
        self.0.thread.is_some()
    }

    /// What the service manager is told through.
    pub(crate) fn notifier(&self) -> &Notifier {
        &self.0.notifier
    }

    /// How long the runtime may be silent.
    pub(crate) fn silence_max(&self) -> Duration {
        self.0.bounds.stuck_after
    }

    /// Something to watch over, until it is dropped. `round_max`: how long one of its rounds takes
    /// at most; `None` if it may rightly wait for ever.
    pub(crate) fn pulse(&self, name: &'static str, round_max: Option<Duration>) -> Arc<Pulse> {
        let pulse = Arc::new(Pulse::new(name, round_max));
        if self.is_started() {
            self.0.pulses.lock().push(Arc::downgrade(&pulse));
        }
        pulse
    }

    /// What is stuck at the moment. For `/healthz`, `/readyz` and `/metrics`.
    pub(crate) fn cause(&self) -> Option<Cause> {
        let stuck = self.0.stuck.lock().clone()?;
        Some(Cause {
            name: "stuck",
            detail: stuck.to_string(),
        })
    }
}

// === impl Bounds ===

impl Bounds {
    #[cfg(not(feature = "sabotage"))]
    fn of(_: &Environment) -> Self {
        Self::default()
    }

    /// Takes from `CORDBOARD_STUCK_MS` how long each of the two is: a test cannot wait for long.
    ///
    /// # Panics
    /// When it is no number: the test that has set it would wait in vain.
    #[cfg(feature = "sabotage")]
    fn of(environment: &Environment) -> Self {
        let Some(text) = environment.get("CORDBOARD_STUCK_MS") else {
            return Self::default();
        };
        let bound = Duration::from_millis(text.parse().expect("it is a number"));
        Self {
            stuck_after: bound,
            ends_after: bound,
        }
    }
}

/// Looks once a round until the program has ended, and may end it.
///
/// Nothing in here may wait for anything that the program could hold: no log, no socket that
/// blocks, and no lock that is held for longer than it takes to copy a few words.
fn watch(
    watched: &Weak<Shared>,
    ended: &mpsc::Receiver<Infallible>,
    round: Duration,
    ping_every: Option<Duration>,
) {
    let mut judge = None;
    let mut since_ping = Duration::MAX;
    // Time is counted in rounds of this thread's own: if the machine was stopped, or is so busy that
    // this thread does not run either, nobody is accused of it.
    while ended.recv_timeout(round) == Err(mpsc::RecvTimeoutError::Timeout) {
        let Some(shared) = watched.upgrade() else {
            return;
        };
        let judge = judge.get_or_insert_with(|| Judge::new(shared.bounds));
        judge.take(&mut shared.pulses.lock());
        since_ping = since_ping.saturating_add(round);
        match judge.look(round) {
            Verdict::Fresh => {
                if shared.stuck.lock().take().is_some() {
                    say(|| tracing::info!("nothing is stuck any more"));
                }
                if ping_every.is_some_and(|every| since_ping.saturating_add(round) > every) {
                    since_ping = Duration::ZERO;
                    shared.notifier.tell("WATCHDOG=1");
                }
            }
            Verdict::Stuck(stuck) => {
                let is_news = shared.stuck.lock().replace(stuck.clone()).is_none();
                if is_news {
                    shared.notifier.tell(&format!("STATUS={stuck}"));
                    say(move || tracing::error!(condition = "stuck", why = %stuck, "degraded"));
                }
            }
            Verdict::Lost(stuck) => end(&shared, stuck),
        }
    }
}

/// Ends the process: whoever starts the next one helps more than whoever waits.
fn end(shared: &Shared, stuck: Stuck) -> ! {
    shared.notifier.tell(&format!("STATUS=ending: {stuck}"));
    say(move || tracing::error!(why = %stuck, code = INTERNAL, "ending, since this does not pass"));
    #[expect(
        clippy::exit,
        reason = "the runtime is stuck, so that nobody could return to `main`; what was created is on record"
    )]
    process::exit(INTERNAL.into());
}

/// Logs, and goes on when the log is what is stuck: a pipe that nobody reads holds whoever writes.
fn say(words: impl FnOnce() + Send + 'static) {
    let (said, heard) = mpsc::sync_channel(1);
    let saying = thread::Builder::new().name("watchdog-log".to_owned());
    let saying = saying.spawn(move || {
        words();
        // Nobody may be waiting any more.
        let _ = said.send(());
    });
    if saying.is_ok() {
        let _ = heard.recv_timeout(LAST_WORD_TIMEOUT);
    }
}
