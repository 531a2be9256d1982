//! The way over from another proxy.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use cordboard_app::maintenance::import::{
    Fate, FreshKeys, ImportError, ImportOptions, Imported, Note, Old,
};
use serde::Serialize;

use crate::{
    context::Context,
    exit::{Ended, Outcome, Stopped},
    output::Report,
};

/// Write a configuration for what another proxy was told.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance import coze-discord-proxy --env-file docker-compose.yml"
)]
pub(crate) struct Import {
    #[command(subcommand)]
    from: From,
}

#[derive(Debug, Subcommand)]
enum From {
    CozeDiscordProxy(CozeDiscordProxy),
}

/// Write a configuration for what coze-discord-proxy was told: its environment variables and its
/// `bot_config.json`. Secrets go into files beside it that nobody else may read, and are never shown.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance import coze-discord-proxy --env-file docker-compose.yml \
--bot-config data/config/bot_config.json --output cordboard.toml"
)]
struct CozeDiscordProxy {
    /// Its variables: an env file, or its compose file. Without it, those of this environment.
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Its `bot_config.json`, if it has one.
    #[arg(long, value_name = "FILE")]
    bot_config: Option<PathBuf>,
    /// A model that the bot of `COZE_BOT_ID` answers to; several times for several.
    #[arg(long = "model", value_name = "NAME")]
    models: Vec<String>,
    /// Where the configuration goes; `-` shows it, and writes nothing.
    #[arg(long, value_name = "FILE", default_value = "cordboard.toml")]
    output: PathBuf,
    /// Overwrite files that are there.
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct Told<'a> {
    /// What was written.
    files: Vec<PathBuf>,
    /// The configuration, when it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    toml: Option<&'a str>,
    notes: &'a [Note],
}

// === impl Import ===

impl Import {
    pub(crate) fn run(self, context: &Context) -> Ended {
        match self.from {
            From::CozeDiscordProxy(import) => import.run(context),
        }
    }
}

impl CozeDiscordProxy {
    fn run(self, context: &Context) -> Ended {
        let mut old = match &self.env_file {
            Some(path) => Old::of_file(path)?,
            None => Old::of_environment(&context.environment),
        };
        if let Some(path) = &self.bot_config {
            old = old.with_bot_config_file(path)?;
        }
        if old.is_empty() {
            let message = "no variable of coze-discord-proxy is set here: name its env file or its \
                           compose file with --env-file";
            return Err(Stopped::Usage(message.to_owned()));
        }
        let options = ImportOptions {
            models: &self.models,
            folder: self.output.parent().unwrap_or(Path::new("")),
        };
        let fresh = FreshKeys::new().map_err(cordboard_app::Failed::from)?;
        let imported = Imported::new(&old, &options, fresh);
        let is_shown = self.output == Path::new("-");
        let files = if is_shown {
            Vec::new()
        } else {
            imported.write_to(&self.output, self.force)?
        };
        context.output.report(&Told {
            files,
            toml: is_shown.then_some(&imported.toml),
            notes: &imported.notes,
        });
        Ok(if imported.is_complete() {
            Outcome::Done
        } else {
            Outcome::Findings
        })
    }
}

impl std::convert::From<ImportError> for Stopped {
    fn from(error: ImportError) -> Self {
        let message = match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        match error {
            ImportError::Unreadable { .. } => Self::Usage(message),
            _ => Self::Refused(message),
        }
    }
}

impl Report for Told<'_> {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(toml) = self.toml {
            write!(out, "{toml}")?;
            // What is shown is the configuration and nothing else, so that it can be sent on.
            return tell(self.notes, &mut io::stderr());
        }
        for file in &self.files {
            writeln!(out, "wrote {}", file.display())?;
        }
        tell(self.notes, out)
    }
}

fn tell(notes: &[Note], out: &mut dyn Write) -> io::Result<()> {
    for (fate, head) in [
        (Fate::Taken, "taken over:"),
        (Fate::Dropped, "no counterpart:"),
        (Fate::ToDo, "to do:"),
    ] {
        let mut notes = notes.iter().filter(|note| note.outcome == fate).peekable();
        if notes.peek().is_some() {
            writeln!(out, "\n{head}")?;
        }
        for note in notes {
            writeln!(out, "  {}: {}", note.subject, note.text)?;
        }
    }
    Ok(())
}
