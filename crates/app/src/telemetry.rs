//! Logs: for people on a terminal, one JSON object a line otherwise.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::Environment;

/// The variable that sets what is logged, in the syntax of `tracing_subscriber::EnvFilter`.
pub const LOG_VARIABLE: &str = "CORDBOARD_LOG";

/// What a program logs that runs for months: warnings of all and information of Cordboard's own crates.
const OF_A_SERVICE: &str = "warn,cordboard_app=info,cordboard_lifecycle=info,cordboard_gateway=info,\
                            cordboard_recovery=info,cordboard_conversation=info,\
                            cordboard_frontend=info,cordboard_discord=info,cordboard_store=info,\
                            cordboard_upkeep=info";

/// What a command logs: it says itself what it does.
const OF_A_COMMAND: &str = "warn";

/// Logs to standard error from now on, as a program does that runs for months. Later calls change
/// nothing.
///
/// Without `CORDBOARD_LOG` it logs warnings of all and information of Cordboard's own crates.
pub fn init(environment: &Environment) {
    init_with(environment, OF_A_SERVICE);
}

/// As [`init`], for a command, whose output somebody reads: without `CORDBOARD_LOG` warnings only.
pub fn init_command(environment: &Environment) {
    init_with(environment, OF_A_COMMAND);
}

fn init_with(environment: &Environment, usual: &str) {
    let directives = environment.get(LOG_VARIABLE).unwrap_or(usual);
    let filter = EnvFilter::builder().parse_lossy(directives);
    let registry = tracing_subscriber::registry().with(filter);
    let stderr = std::io::stderr;
    let outcome = if stderr().is_terminal() {
        registry
            .with(fmt::layer().with_writer(stderr).with_target(false))
            .try_init()
    } else {
        registry
            .with(fmt::layer().with_writer(stderr).json().flatten_event(true))
            .try_init()
    };
    // A program that embeds us may have set up its own logs: they win.
    drop(outcome);
}
