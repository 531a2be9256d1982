//! Care of a guild beside the proxy.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use cordboard_app::{Config, Environment, Failed, doctor, run_to_end, telemetry};

/// The exit code for a command line that cannot be understood (sysexits: `EX_USAGE`).
const USAGE: u8 = 64;

/// Care of a guild beside the proxy.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 all is well, 1 something is wrong, 64 usage, \
69 Discord out of reach, 71 system, 77 token refused, 78 configuration."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Look whether everything is set up as it has to be. Changes nothing.
    ///
    /// Example: cordboard-maintenance doctor --config cordboard.toml
    Doctor {
        /// The proxy's configuration file.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            drop(error.print());
            return if error.use_stderr() {
                ExitCode::from(USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let environment = Environment::of_process();
    telemetry::init(&environment);
    match run(cli.command, &environment) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failed) => failed.report("cordboard-maintenance"),
    }
}

/// Whether all is well.
fn run(command: Command, environment: &Environment) -> Result<bool, Failed> {
    let Command::Doctor { config } = command;
    let config = Config::load(Some(&config), environment)?;
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let findings = run_to_end(&mut runtime, doctor(&config))?;
    for finding in &findings {
        writeln!(io::stdout(), "{finding}")?;
    }
    Ok(findings.iter().all(|finding| finding.trouble.is_none()))
}
