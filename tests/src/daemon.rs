//! What the maintenance binary does in a world: commands, and `serve` as a daemon.

use std::{fs, net::SocketAddr, path::PathBuf};

use cordboard_app::{
    Failed, Watchdog,
    config::Draft,
    maintenance::{Maintenance, Served, doctor, serve},
};
use serde_json::Value;
use tokio::{sync::oneshot, task::JoinHandle};

use crate::World;

/// A `serve` that runs as a task, as the binary would run it.
#[derive(Debug)]
pub struct Daemon {
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), Failed>>,
    /// Where it tells that it is alive.
    pub address: Option<SocketAddr>,
}

// === impl Daemon ===

impl Daemon {
    /// Stops it as SIGTERM does.
    ///
    /// # Panics
    /// When it ends with an error.
    pub async fn stop(self) {
        drop(self.stop);
        let ended = self.task.await.expect("it does not panic");
        ended.expect("it ends well");
    }

    /// Ends it between two instructions, as SIGKILL does.
    pub async fn kill(self) {
        self.task.abort();
        // Cancelled, or it had ended by itself: both are an end.
        drop(self.task.await);
    }
}

impl World {
    /// What the maintenance binary does, as if `command` had been given to it in this world.
    ///
    /// # Panics
    /// When the configuration cannot be used.
    #[must_use]
    pub fn maintenance(&self, command: &str) -> Maintenance {
        let actor = format!("cordboard-maintenance {command}");
        let made = Maintenance::new(self.config(), self.wall_clock(), actor);
        made.expect("the world's configuration is right")
    }

    /// What `doctor` finds in this world, with some keys of the configuration set otherwise.
    pub async fn doctor(&self, variables: &[(&str, &str)], probes: bool) -> doctor::Diagnosis {
        let environment = self.variables(variables);
        let draft = Draft::parse(&self.configuration(), "the world", &environment);
        doctor::doctor(draft, self.wall_clock(), probes, &|_| ()).await
    }

    /// The configuration file that daemons follow.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.store().with_file_name("cordboard.toml")
    }

    /// Writes the configuration file, with more TOML at its end.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write_config(&self, more: &str) {
        let text = format!("{}\n{more}", self.configuration());
        fs::write(self.config_file(), text).expect("it can be written");
    }

    /// Starts a daemon and waits until it is ready.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn serve(&self) -> Daemon {
        if !self.config_file().exists() {
            self.write_config("");
        }
        let served = Served {
            path: self.config_file(),
            environment: self.variables(&[]),
            clock: self.wall_clock(),
            watchdog: Watchdog::default(),
            hangups: None,
            actor: "a test".to_owned(),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = oneshot::channel();
        let stopped = async move { drop(stopped.await) };
        #[expect(
            clippy::disallowed_methods,
            reason = "the harness stands in for a process"
        )]
        let task = tokio::spawn(serve(served, stopped, |address| {
            // Nobody listens when the test has panicked.
            let _ = ready.send(address);
        }));
        let Ok(address) = is_ready.await else {
            panic!("it does not start: {:?}", task.await);
        };
        Daemon {
            stop,
            task,
            address,
        }
    }

    /// What the wall clock reads, in milliseconds since 1970.
    ///
    /// # Panics
    /// Never, for some hundred million years.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        let now = self.wall_clock().now().as_millis();
        now.try_into().expect("it is not that late")
    }

    /// What our bot has written in a channel, oldest first.
    #[must_use]
    pub fn ours_in(&self, channel_id: u64) -> Vec<Value> {
        let me = self.discord.user_id().to_string();
        let mut messages = self.discord.messages(channel_id);
        messages.retain(|message| message["author"]["id"] == *me);
        messages
    }
}
