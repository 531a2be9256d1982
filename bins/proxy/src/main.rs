//! The OpenAI-compatible proxy in front of Discord bots.

mod cli;
#[cfg(feature = "demo")]
mod demo;

use std::process::ExitCode;

use clap::Parser;
use cordboard_app::{
    Config, Environment, Failed, Proxy, WallClock, Watchdog, run_to_end, stop, telemetry,
};

use crate::cli::Cli;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::usage(&error),
    };
    let environment = Environment::of_process();
    telemetry::init(&environment);
    match run(&cli, &environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => failed.report("cordboard-proxy"),
    }
}

fn run(cli: &Cli, environment: &Environment) -> Result<(), Failed> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(cli::WORKER_THREADS);
    #[cfg(feature = "demo")]
    if cli.demo {
        let watchdog = Watchdog::start(environment)?;
        return run_to_end(&mut runtime, demo::run(cli.listen, watchdog));
    }
    let mut config = Config::load(cli.config.as_deref(), environment)?;
    config.listen = cli.listen.unwrap_or(config.listen);
    if cli.check {
        cli::say("the configuration is right");
        return Ok(());
    }
    let stop = stop::signals()?;
    let watchdog = Watchdog::start(environment)?;
    run_to_end(
        &mut runtime,
        Proxy::run_until(config, WallClock::of_system(), watchdog, stop, |_| {}),
    )
}
