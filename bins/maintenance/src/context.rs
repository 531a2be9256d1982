//! What every command is given.

use std::{path::PathBuf, sync::OnceLock};

use cordboard_app::{Config, Environment, WallClock, maintenance::Maintenance, run_to_end, stop};

use crate::{
    exit::{Ended, Outcome, Stopped},
    output::Output,
    remains::Remains,
};

/// What every command is given: how to read the configuration, and where to say things.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) path: PathBuf,
    pub(crate) environment: Environment,
    pub(crate) output: Output,
    /// What carries the command out, for when it is interrupted.
    at_work: OnceLock<Maintenance>,
}

// === impl Context ===

impl Context {
    pub(crate) fn new(path: PathBuf, environment: Environment, output: Output) -> Self {
        Self {
            path,
            environment,
            output,
            at_work: OnceLock::new(),
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
        let maintenance = Maintenance::new(self.config()?, clock, actor)?;
        let output = self.output;
        let maintenance = maintenance.telling(move |what| output.begin(what));
        Ok(self.at_work.get_or_init(|| maintenance).clone())
    }
}

/// Runs a command to its end, or until somebody interrupts it: it leaves `remains` then. What it had only
/// asked of others is withdrawn.
pub(crate) fn run(
    context: &Context,
    remains: Remains,
    command: impl Future<Output = Ended>,
) -> Ended {
    let stop = stop::signals().map_err(cordboard_app::Failed::from)?;
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let running = async {
        // The command is dropped by this: it does nothing more.
        let ended = tokio::select! {
            biased;
            ended = sure(context, command) => Some(ended),
            () = stop => None,
        };
        if let Some(ended) = ended {
            return Ok(ended);
        }
        let Some(maintenance) = context.at_work.get() else {
            return Ok(Ok(Outcome::Left(remains.without_an_order())));
        };
        if let Some(order) = maintenance.interrupted().await {
            return Ok(Ok(Outcome::Interrupted(order)));
        }
        Ok(Ok(Outcome::Left(if maintenance.has_ordered() {
            remains
        } else {
            remains.without_an_order()
        })))
    };
    run_to_end(&mut runtime, running)?
}

/// How a command ends. What looks like an outage, or like a permission that is missing, may be a token that
/// Discord refuses.
async fn sure(context: &Context, command: impl Future<Output = Ended>) -> Ended {
    let stopped = match command.await {
        Err(stopped) if stopped.may_be_of_discord() => stopped,
        ended => return ended,
    };
    match context.at_work.get() {
        Some(maintenance) => Err(maintenance.refusal().await.map_or(stopped, Stopped::Failed)),
        None => Err(stopped),
    }
}
