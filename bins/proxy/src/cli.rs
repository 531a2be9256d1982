//! The command line.

use std::{
    io::{Write, stdout},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use clap::Parser;

/// Two threads: Discord's 50 requests a second never need more, and fewer threads hold less memory.
pub(crate) const WORKER_THREADS: usize = 2;

/// The exit code for a command line that cannot be understood (sysexits: `EX_USAGE`).
const USAGE: u8 = 64;

/// An OpenAI-compatible proxy in front of bots that live in Discord.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 stopped, 64 usage, 69 Discord out of reach, \
70 internal, 71 system, 73 store in use, 74 store failed, 75 store lent, 77 token or permission refused, \
78 configuration, 130 and 143 a second signal."
)]
#[cfg_attr(feature = "demo", command(group = clap::ArgGroup::new("source").required(true)))]
pub(crate) struct Cli {
    /// The configuration file (TOML). `CORDBOARD__SECTION__KEY` in the environment overrides it.
    #[arg(long, value_name = "FILE")]
    #[cfg_attr(feature = "demo", arg(group = "source"))]
    #[cfg_attr(not(feature = "demo"), arg(required = true))]
    pub(crate) config: Option<PathBuf>,

    /// Run against a simulated Discord inside this process. Needs no account and no configuration.
    #[cfg(feature = "demo")]
    #[arg(long, group = "source")]
    pub(crate) demo: bool,

    /// Where to listen, instead of what the configuration says (default 127.0.0.1:7077).
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<SocketAddr>,

    /// Say whether the configuration is right, and exit.
    #[arg(long)]
    #[cfg_attr(feature = "demo", arg(conflicts_with = "demo"))]
    pub(crate) check: bool,
}

/// Says what is wrong with the command line (or prints the help that was asked for).
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell when standard error is closed.
    drop(error.print());
    if error.use_stderr() {
        ExitCode::from(USAGE)
    } else {
        ExitCode::SUCCESS
    }
}

/// Tells the person at the terminal. Nobody may be listening there, or the disk behind it be full:
/// no reason to stop.
pub(crate) fn say(text: &str) {
    drop(writeln!(stdout(), "{text}"));
}
