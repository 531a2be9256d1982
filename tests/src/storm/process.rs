//! The proxy as a process: started, killed between two instructions, told to stop, found dead.

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use cordboard_app::{Config, Failed, Proxy, WallClock};
use tokio::{
    sync::oneshot,
    task::{JoinError, JoinHandle},
    time::timeout,
};

use super::lookout::Lookout;

/// No process takes longer to stop: the grace for streams, and what the parts may take after it.
const STOPS_WITHIN: Duration = Duration::from_mins(5);

/// At most one proxy at a time.
#[derive(Debug, Default)]
pub(super) struct Process {
    running: Option<Running>,
    /// When each life began, by Discord's clock.
    pub(super) starts_ms: Vec<u64>,
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
        #[expect(
            clippy::disallowed_methods,
            reason = "the harness stands in for a process"
        )]
        let task = tokio::spawn(Proxy::run_until(config, clock, stopped, ready));
        self.running = Some(Running {
            task,
            stop,
            address,
        });
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

    /// Whether a sick Discord explains it: it was out of reach for minutes, or refused the token or
    /// a permission.
    pub(super) fn is_discords_doing(&self) -> bool {
        matches!(self, Self::Failed(failed) if matches!(failed.exit_code(), 69 | 77))
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
