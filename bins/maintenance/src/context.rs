//! What every command is given.

use std::{path::PathBuf, pin::pin};

use cordboard_app::{Config, Environment, WallClock, maintenance::Maintenance, run_to_end, stop};

use crate::{
    exit::{Ended, Outcome, Stopped},
    output::Output,
};

/// What every command is given: how to read the configuration, and where to say things.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) path: PathBuf,
    pub(crate) environment: Environment,
    pub(crate) output: Output,
}

// === impl Context ===

impl Context {
    pub(crate) fn new(path: PathBuf, environment: Environment, output: Output) -> Self {
        Self {
            path,
            environment,
            output,
        }
    }

    /// The proxy's configuration, checked.
    pub(crate) fn config(&self) -> Result<Config, Stopped> {
        Ok(Config::load(Some(&self.path), &self.environment)?)
    }

    /// What carries commands out; `command` is what its records will name.
    pub(crate) fn maintenance(&self, command: &str) -> Result<Maintenance, Stopped> {
        let actor = format!("cordboard-maintenance {command}");
        let clock = WallClock::of_system();
        Ok(Maintenance::new(self.config()?, clock, actor)?)
    }
}

/// Runs a command to its end, or until somebody interrupts it: what it had on record by then is what
/// the next one goes on with.
pub(crate) fn run(command: impl Future<Output = Ended>) -> Ended {
    let stop = stop::signals().map_err(cordboard_app::Failed::from)?;
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let running = async {
        let (stop, command) = (pin!(stop), pin!(command));
        Ok(tokio::select! {
            biased;
            ended = command => ended,
            () = stop => Ok(Outcome::Interrupted),
        })
    };
    run_to_end(&mut runtime, running)?
}
