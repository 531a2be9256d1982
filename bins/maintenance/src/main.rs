#![doc = include_str!("../README.md")]

mod cli;
mod command;
mod context;
mod draft;
mod exit;
mod output;
mod remains;
mod time;

use std::process::ExitCode;

use clap::Parser as _;
use cordboard_app::{Environment, telemetry};

use crate::{cli::Cli, context::Context, output::Output};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    let environment = Environment::of_process();
    // A daemon logs as one, from the first line on.
    if !cli.command.is_a_service() {
        telemetry::init_command(&environment);
    }
    let output = Output::new(cli.json);
    let context = Context::new(cli.config, environment, output);
    let ended = cli.command.run(&context);
    exit::code(ended, output)
}
