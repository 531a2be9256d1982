//! What is on record of messages, a line of JSON each.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use cordboard_app::{Failed, maintenance::messages::Span};
use serde::Serialize;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{
    context::Context,
    exit::{Ended, Outcome},
    output::{Output, Report},
    time,
};

/// Write what is on record of messages, one JSON object a line, channel by channel, oldest first.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance messages export --channel 1087394857203948572 \
--since 2026-11-01 --output november.jsonl"
)]
pub(crate) struct Export {
    /// A channel; several times for several. Without it, all.
    #[arg(long = "channel", value_name = "CHANNEL")]
    channels: Vec<Id<ChannelMarker>>,
    /// Messages behind this one.
    #[arg(long, value_name = "MESSAGE", conflicts_with = "since")]
    after: Option<Id<MessageMarker>>,
    /// Messages before this one.
    #[arg(long, value_name = "MESSAGE", conflicts_with = "until")]
    before: Option<Id<MessageMarker>>,
    /// Messages from this time on: 2026-11-01, or 2026-11-01T08:30:00Z.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    since: Option<u64>,
    /// Messages from before this time.
    #[arg(long, value_name = "TIME", value_parser = time::parse)]
    until: Option<u64>,
    /// Deleted messages as well.
    #[arg(long)]
    with_deleted: bool,
    /// Where to; without it, standard output. A file that is there is not overwritten.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A file that is made and not complete yet: removed when dropped.
struct Incomplete<'a>(Option<&'a Path>);

#[derive(Serialize)]
struct Written {
    messages: u64,
    file: PathBuf,
}

// === impl Export ===

impl Export {
    pub(super) async fn run(self, context: &Context) -> Ended {
        let maintenance = context.maintenance("messages export")?;
        let span = Span {
            channel_ids: self.channels,
            after: self.after.or(self.since.and_then(time::just_before)),
            before: self.before.or(self.until.and_then(time::first_id)),
            with_deleted: self.with_deleted,
        };
        let mut exported = maintenance.export(span).await?;
        for note in &exported.notes {
            Output::note(note);
        }
        let mut incomplete = Incomplete(None);
        let mut out: Box<dyn Write> = match &self.output {
            Some(path) => {
                let file = File::create_new(path);
                let file = file.map_err(|source| Failed::System {
                    what: format!("to write {}", path.display()),
                    source,
                })?;
                incomplete.0 = Some(path);
                Box::new(BufWriter::new(file))
            }
            None => Box::new(BufWriter::new(io::stdout())),
        };
        let mut messages = 0;
        while let Some(page) = exported.page().await? {
            for line in page {
                messages += 1;
                let written = serde_json::to_writer(&mut out, &line).map_err(io::Error::from);
                written.and_then(|()| writeln!(out)).map_err(Failed::from)?;
            }
        }
        out.flush().map_err(Failed::from)?;
        incomplete.0 = None;
        if messages == 0 && exported.notes.is_empty() {
            Output::note("no message on record fits");
        }
        if let Some(file) = self.output.clone() {
            context.output.report(&Written { messages, file });
        }
        Ok(Outcome::Done)
    }
}

// === impl Incomplete ===

impl Drop for Incomplete<'_> {
    /// Interrupted, or failed: the same command can be given again.
    fn drop(&mut self) {
        if let Some(path) = self.0 {
            drop(fs::remove_file(path));
        }
    }
}

impl Report for Written {
    fn tell(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(
            out,
            "{} messages are in {}.",
            self.messages,
            self.file.display()
        )
    }
}
