//! A configuration file that changes while a program runs.

use std::{
    fs,
    future::pending,
    path::{Path, PathBuf},
    time::SystemTime,
};

use tokio::{signal::unix::Signal, task::spawn_blocking, time::sleep};

use super::Config;
use crate::{Environment, Failed, limits::CONFIG_LOOK_EVERY};

/// Where a configuration was read.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    path: PathBuf,
    /// What was laid over it.
    environment: Environment,
    /// The file just before it was read.
    seen: Option<Look>,
}

/// What a file looks like from outside: another one has another length or time.
type Look = (u64, Option<SystemTime>);

/// `None` while there is none.
fn look(path: &Path) -> Option<Look> {
    let found = fs::metadata(path).ok()?;
    Some((found.len(), found.modified().ok()))
}

/// Follows the file that a configuration was read from.
#[derive(Debug)]
pub(crate) struct Follower {
    origin: Origin,
    /// SIGHUP: the file is read again at each. `None`: it is only looked at.
    hangups: Option<Signal>,
    /// Whether one has come for which it was not read yet.
    is_told: bool,
}

// === impl Origin ===

impl Origin {
    pub(super) fn new(path: &Path, environment: &Environment) -> Self {
        Self {
            path: path.to_owned(),
            environment: environment.clone(),
            seen: look(path),
        }
    }
}

// === impl Follower ===

impl Follower {
    pub(crate) const fn new(origin: Origin, hangups: Option<Signal>) -> Self {
        Self {
            origin,
            hangups,
            is_told: false,
        }
    }

    /// Waits until the configuration has changed, or somebody says so, and reads it. Whoever stops listening
    /// halfway finds it changed the next time.
    pub(crate) async fn changed(&mut self) -> Result<Config, Failed> {
        loop {
            tokio::select! {
                () = sleep(CONFIG_LOOK_EVERY) => {}
                () = hangup(&mut self.hangups) => self.is_told = true,
            }
            let path = self.origin.path.clone();
            let found = spawn_blocking(move || look(&path)).await.ok().flatten();
            // One that is not there is being written anew.
            if self.is_told || (found != self.origin.seen && found.is_some()) {
                let loaded = self.load().await;
                (self.origin.seen, self.is_told) = (found, false);
                return loaded;
            }
        }
    }

    async fn load(&self) -> Result<Config, Failed> {
        let Origin {
            path, environment, ..
        } = self.origin.clone();
        let loaded = spawn_blocking(move || Config::load(Some(&path), &environment)).await;
        let failed = |error: tokio::task::JoinError| Failed::Task {
            task: "configuration",
            source: error.into(),
        };
        Ok(loaded.map_err(failed)??)
    }
}

async fn hangup(hangups: &mut Option<Signal>) {
    let told = match hangups {
        Some(hangups) => hangups.recv().await,
        None => None,
    };
    if told.is_none() {
        pending::<()>().await;
    }
}
