//! The proxy as a process: started, killed between two instructions, told to stop, found dead.

use std::{
    net::SocketAddr,
    ops::RangeInclusive,
    sync::{Arc, OnceLock},
    time::Duration,
};

use cordboard_app::{Config, Failed, Proxy, WallClock, Watchdog};
use tokio::{
    sync::oneshot,
    task::{JoinError, JoinHandle},
    time::timeout,
};

use super::lookout::Lookout;

/// No process takes longer to stop: the grace for streams, and what the parts may take after it.
const STOPS_WITHIN: Duration = Duration::from_mins(5);

/// One proxy, and those that do not know yet that another one has followed them.
#[derive(Debug, Default)]
pub(super) struct Process {
    running: Option<Running>,
    former: Vec<Running>,
    /// When each life began, by Discord's clock.
    pub(super) starts_ms: Vec<u64>,
    /// When lives overlapped, by Discord's clock.
    overlaps_ms: Vec<RangeInclusive<u64>>,
    /// When another program may have held the store while no proxy did, by Discord's clock.
    lent_ms: Vec<RangeInclusive<u64>>,
}

#[derive(Debug)]
struct Running {
    task: JoinHandle<Result<(), Failed>>,
    stop: oneshot::Sender<()>,
    address: Arc<OnceLock<SocketAddr>>,
}

/// How a process ended that nobody killed.
#[derive(Debug)]
pub(super) enum End {
    /// Without an error.
    Well,
    Failed(Failed),
    Panicked(JoinError),
    /// Not at all, although it was told to.
    Stuck,
}

// === impl Process ===

impl Process {
    /// Starts a proxy, as a supervisor does.
    pub(super) fn start(
        &mut self,
        config: Config,
        clock: WallClock,
        now_ms: u64,
        lookout: Lookout,
    ) {
        assert!(self.running.is_none(), "a proxy runs already");
        self.starts_ms.push(now_ms);
        let (stop, stopped) = oneshot::channel();
        let address = Arc::new(OnceLock::new());
        let told = Arc::clone(&address);
        let stopped = async move { drop(stopped.await) };
        let ready = move |address| {
            lookout.proxy_is_ready();
            let _ = told.set(address);
        };
        // One that goes by real time would see nothing but hours in which nobody moves.
        let watchdog = Watchdog::default();
        let running = Proxy::run_until(config, clock, watchdog, stopped, ready);
        #[expect(
            clippy::disallowed_methods,
            reason = "the harness stands in for a process"
        )]
        let task = tokio::spawn(running);
        self.running = Some(Running {
            task,
            stop,
            address,
        });
    }

    /// Another one is started beside it, because the lock that forbids it was lost.
    pub(super) fn is_followed(&mut self, now_ms: u64) -> bool {
        let Some(running) = self.running.take() else {
            return false;
        };
        self.former.push(running);
        self.overlaps_ms.push(now_ms..=u64::MAX);
        true
    }

    /// Whether one runs that another has followed.
    pub(super) fn has_former(&self) -> bool {
        !self.former.is_empty()
    }

    /// How one ended that another has followed, if one has.
    pub(super) async fn former_found_dead(&mut self, now_ms: u64) -> Option<End> {
        let mut former = self.former.iter();
        let dead = former.position(|former| former.task.is_finished())?;
        let end = End::of(self.former.swap_remove(dead).task.await);
        self.no_overlap(now_ms);
        Some(end)
    }

    /// Kills those that another one has followed.
    pub(super) async fn kill_former(&mut self, now_ms: u64) {
        for former in self.former.drain(..) {
            former.task.abort();
            // Cancelled, or it had ended by itself: both are an end.
            drop(former.task.await);
        }
        self.no_overlap(now_ms);
    }

    /// Whether two lives overlapped then, neither of which knew what the other was told.
    pub(super) fn overlapped(&self, at_ms: u64) -> bool {
        self.overlaps_ms.iter().any(|span| span.contains(&at_ms))
    }

    /// Another program has begun that takes the store if nobody has it.
    pub(super) fn lends_store(&mut self, now_ms: u64) {
        self.lent_ms.push(now_ms..=u64::MAX);
    }

    /// That program has ended.
    pub(super) fn has_store_back(&mut self, now_ms: u64) {
        if let Some(last) = self.lent_ms.last_mut() {
            *last = *last.start()..=now_ms;
        }
    }

    /// Whether such a program was there when the last proxy began, or after that.
    pub(super) fn was_lent(&self) -> bool {
        let since_ms = self.starts_ms.last().copied().unwrap_or_default();
        self.lent_ms.iter().any(|span| *span.end() >= since_ms)
    }

    fn no_overlap(&mut self, now_ms: u64) {
        if let Some(last) = self.overlaps_ms.last_mut()
            && self.former.is_empty()
        {
            *last = *last.start()..=now_ms;
        }
    }

    /// Where it listens, once it does.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        let running = self.running.as_ref()?;
        running.address.get().copied()
    }

    /// Whether one runs that has not ended by itself.
    pub(super) fn is_alive(&self) -> bool {
        let running = self.running.as_ref();
        running.is_some_and(|running| !running.task.is_finished())
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Ends it between two instructions, as SIGKILL does. If it had ended by itself before that, it
    /// says how.
    pub(super) async fn kill(&mut self) -> Option<End> {
        let running = self.running.take()?;
        running.task.abort();
        match running.task.await {
            Err(error) if error.is_cancelled() => None,
            ended => Some(End::of(ended)),
        }
    }

    /// Ends it as SIGTERM does, and says how it ended if that was not well.
    pub(super) async fn stop(&mut self) -> Option<End> {
        let mut running = self.running.take()?;
        drop(running.stop);
        let Ok(ended) = timeout(STOPS_WITHIN, &mut running.task).await else {
            running.task.abort();
            return Some(End::Stuck);
        };
        Some(End::of(ended)).filter(|end| !matches!(end, End::Well))
    }

    /// How it ended, if it has ended by itself.
    pub(super) async fn found_dead(&mut self) -> Option<End> {
        let running = self.running.take_if(|running| running.task.is_finished())?;
        Some(End::of(running.task.await))
    }
}

// === impl End ===

impl End {
    fn of(ended: Result<Result<(), Failed>, JoinError>) -> Self {
        match ended {
            Ok(Ok(())) => Self::Well,
            Ok(Err(failed)) => Self::Failed(failed),
            Err(error) => Self::Panicked(error),
        }
    }

    /// Its exit code, if it ended with an error that it could name.
    pub(super) fn exit_code(&self) -> Option<u8> {
        match self {
            Self::Failed(failed) => Some(failed.exit_code()),
            Self::Well | Self::Panicked(_) | Self::Stuck => None,
        }
    }

    /// What it is, for people.
    pub(super) fn told(&self) -> String {
        match self {
            Self::Well => "it ended by itself, without an error".to_owned(),
            Self::Failed(failed) => {
                format!("exit code {}: {}", failed.exit_code(), failed.chain())
            }
            Self::Panicked(error) => format!("it panicked: {error}"),
            Self::Stuck => format!("told to stop, it goes on after {STOPS_WITHIN:?}"),
        }
    }
}
