//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{
    command::{
        Alerts, Budget, Channels, Completions, Doctor, Import, Keepalive, Man, Messages, Roles,
        Serve, Status, Store, SupportBundle,
    },
    context::{Context, run},
    exit::Ended,
    remains::Remains,
};

/// Care of a guild beside the proxy, over the same configuration.
#[derive(Debug, Parser)]
#[command(
    version,
    name = "cordboard-maintenance",
    after_help = "Exit codes: 0 done, 1 findings, 2 usage or configuration, 3 refused, \
4 Discord or the proxy out of reach, 130 interrupted.\n\
Whatever deletes or forgets shows its plan and does nothing more (--dry-run), unless --apply is given."
)]
pub(crate) struct Cli {
    /// The proxy's configuration file (TOML). `CORDBOARD__SECTION__KEY` in the environment overrides it.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        default_value = "cordboard.toml"
    )]
    pub(crate) config: PathBuf,

    /// One JSON object on standard output, for scripts.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Doctor(Doctor),
    Channels(Channels),
    Messages(Messages),
    Roles(Roles),
    Status(Status),
    Budget(Budget),
    Alerts(Alerts),
    Store(Store),
    SupportBundle(SupportBundle),
    Import(Import),
    Keepalive(Keepalive),
    Serve(Serve),
    Completions(Completions),
    Man(Man),
}

// === impl Command ===

impl Command {
    /// Whether it runs for months.
    pub(crate) const fn is_a_service(&self) -> bool {
        matches!(self, Self::Serve(_))
    }

    /// What it leaves behind when it is interrupted.
    const fn remains(&self) -> Remains {
        match self {
            Self::Channels(channels) => channels.remains(),
            Self::Messages(messages) => messages.remains(),
            Self::Roles(roles) => roles.remains(),
            Self::Keepalive(keepalive) => keepalive.remains(),
            Self::Store(store) => store.remains(),
            Self::Alerts(alerts) => alerts.remains(),
            Self::Doctor(doctor) if doctor.probe => Remains::Questions,
            _ => Remains::Nothing,
        }
    }

    pub(crate) fn run(self, context: &Context) -> Ended {
        let remains = self.remains();
        match self {
            Self::Channels(channels) => run(context, remains, channels.run(context)),
            Self::Messages(messages) => run(context, remains, messages.run(context)),
            Self::Roles(roles) => run(context, remains, roles.run(context)),
            Self::Doctor(doctor) => run(context, remains, doctor.run(context)),
            Self::Status(status) => run(context, remains, status.run(context)),
            Self::Budget(budget) => run(context, remains, budget.run(context)),
            Self::Alerts(alerts) => run(context, remains, alerts.run(context)),
            Self::Store(store) => run(context, remains, store.run(context)),
            Self::SupportBundle(bundle) => run(context, remains, bundle.run(context)),
            Self::Import(import) => import.run(context),
            Self::Keepalive(keepalive) => run(context, remains, keepalive.run(context)),
            Self::Serve(serve) => serve.run(context),
            Self::Completions(completions) => Ok(completions.run()),
            Self::Man(man) => man.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    /// A command and all below it, with how it is called.
    fn each(command: &clap::Command, path: &str, told: &mut Vec<(String, String)>) {
        for below in command.get_subcommands() {
            let path = format!("{path} {}", below.get_name());
            let help = below.get_after_help().map(ToString::to_string);
            told.push((path.clone(), help.unwrap_or_default()));
            each(below, &path, told);
        }
    }

    #[test]
    fn the_help_of_every_command_has_an_example_that_can_be_typed() {
        let command = Cli::command();
        command.clone().debug_assert();
        let mut told = Vec::new();
        each(&command, command.get_name(), &mut told);
        assert!(told.len() > 8);
        for (path, help) in told {
            let example = help.lines().find_map(|line| line.strip_prefix("Example: "));
            let example = example.unwrap_or_else(|| panic!("{path} has no example"));
            assert!(example.starts_with(&path), "{path}: {example}");
            let typed = example.split(" > ").next().unwrap_or_default();
            let parsed = Cli::try_parse_from(typed.split(' '));
            assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
        }
    }

    #[test]
    fn whatever_deletes_takes_a_dry_run_which_is_not_applied() {
        for command in [
            "channels sweep",
            "channels adopt --legacy-prefix cdp-chat-",
            "channels forget 1087394857203948572",
            "messages consumers reset mybot",
            "messages consumers reset mybot --to 1200",
            "roles remove --name temp-*",
        ] {
            let parse = |flags: &str| {
                let typed = format!("cordboard-maintenance {command} {flags}");
                Cli::try_parse_from(typed.split(' ')).map(drop)
            };
            parse("--dry-run").unwrap_or_else(|error| panic!("{error}"));
            let both = parse("--dry-run --apply").unwrap_err();
            assert_eq!(both.kind(), clap::error::ErrorKind::ArgumentConflict);
        }
    }
}
