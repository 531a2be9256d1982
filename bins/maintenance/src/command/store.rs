//! The files of an installation.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use cordboard_app::maintenance::store::{
    BackedUp, BackupRequest, FileReport, Migrated, StoreCheck, Versions,
};

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::{Report, table},
    remains::Remains,
};

/// Look at the files of an installation, copy them, or bring them to a newer schema.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance store check --config cordboard.toml")]
pub(crate) struct Store {
    #[command(subcommand)]
    command: StoreCommand,
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    Check(Check),
    Backup(Backup),
    Migrate(Migrate),
}

/// Look at all of the store and its daybook, and at the key that belongs to them. A proxy may work on
/// them meanwhile.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance store check --config cordboard.toml")]
struct Check {}

/// Copy the store and its daybook into a new folder. A proxy may work on them meanwhile.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance store backup --to /var/backups/cordboard-2026-11-27"
)]
struct Backup {
    /// The folder to make. Nothing is overwritten.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Put the key that signs marks into it as well. Better keep a copy of that apart.
    #[arg(long)]
    with_key: bool,
}

/// Bring the store and its daybook to the newest version of their schemas. No proxy may hold the store.
#[derive(Debug, Args)]
#[command(after_help = "Example: cordboard-maintenance store migrate --config cordboard.toml")]
struct Migrate {}

// === impl Store ===

impl Store {
    pub(crate) const fn remains(&self) -> Remains {
        match self.command {
            StoreCommand::Check(_) | StoreCommand::Backup(_) => Remains::Nothing,
            StoreCommand::Migrate(_) => Remains::Part,
        }
    }

    pub(crate) async fn run(self, context: &Context) -> Ended {
        match self.command {
            StoreCommand::Check(_) => check(context).await,
            StoreCommand::Backup(backup) => backup.run(context).await,
            StoreCommand::Migrate(_) => migrate(context).await,
        }
    }
}

async fn check(context: &Context) -> Ended {
    let check = context.maintenance("store check")?.store_check().await?;
    let is_well = check.is_well();
    context.output.report(&check);
    Ok(if is_well {
        Outcome::Done
    } else {
        Outcome::Findings
    })
}

async fn migrate(context: &Context) -> Ended {
    let maintenance = context.maintenance("store migrate")?;
    let migrated = maintenance.store_migrate().await?;
    context.output.report(&migrated);
    Ok(Outcome::Done)
}

// === impl Backup ===

impl Backup {
    async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("store backup")?;
        let request = BackupRequest {
            to: self.to,
            with_key: self.with_key,
        };
        let bar = context.output.bar();
        let watcher = |progress| bar.show(progress);
        let backed_up = maintenance.store_backup(&request, &watcher).await?;
        drop(bar);
        context.output.report(&backed_up);
        Ok(Outcome::Done)
    }
}

impl Report for StoreCheck {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        for finding in &self.findings {
            writeln!(out, "{finding}")?;
        }
        let files = [("store", &self.store), ("daybook", &self.daybook)];
        let files = files
            .into_iter()
            .filter_map(|(name, file)| Some(row(name, file.as_ref()?)));
        let header = ["file", "path", "schema", "bytes", "not moved yet"];
        writeln!(out, "\n{}", table(&header, files))?;
        let counts = self.channels.iter();
        let counts = counts.map(|(stage, count)| vec![stage.clone(), count.to_string()]);
        writeln!(out, "\n{}", table(&["channels", "count"], counts))
    }
}

fn row(name: &str, file: &FileReport) -> Vec<String> {
    vec![
        name.to_owned(),
        file.path.display().to_string(),
        file.version.to_string(),
        file.bytes.to_string(),
        file.wal_bytes.to_string(),
    ]
}

impl Report for BackedUp {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let files = self.files.join(", ");
        writeln!(out, "wrote {}: {files}", self.folder.display())?;
        match &self.key {
            Some(key) if self.has_key => {
                let say = "the key is in it: keep it as secret as a token";
                writeln!(out, "{say} ({})", key.display())
            }
            Some(key) => writeln!(
                out,
                "the key that signs marks is not in it: keep a copy of {} apart; without it, marks prove \
                 nothing",
                key.display()
            ),
            None => Ok(()),
        }
    }
}

impl Report for Migrated {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |name: &str, Versions { from, to }: Versions| match from {
            0 => writeln!(out, "{name}: made, schema version {to}"),
            from if from == to => writeln!(out, "{name}: schema version {to} already"),
            from => writeln!(out, "{name}: from schema version {from} to {to}"),
        };
        line("store", self.store)?;
        line("daybook", self.daybook)
    }
}
