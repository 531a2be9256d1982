//! Logs: for people on a terminal, one JSON object a line otherwise.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::Environment;

/// The variable that sets what is logged, in the syntax of `tracing_subscriber::EnvFilter`.
pub const LOG_VARIABLE: &str = "CORDBOARD_LOG";

/// Logs to standard error from now on. Later calls change nothing.
///
/// Without `CORDBOARD_LOG` it logs warnings of all and information of Cordboard's own crates.
pub fn init(environment: &Environment) {
    let directives = environment.get(LOG_VARIABLE).unwrap_or(
        "warn,cordboard_app=info,cordboard_lifecycle=info,cordboard_gateway=info,\
         cordboard_recovery=info,cordboard_conversation=info,cordboard_frontend=info,\
         cordboard_discord=info,cordboard_store=info,cordboard_upkeep=info",
    );
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
