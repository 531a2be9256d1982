//! What is on record of messages, a line of JSON each.

use std::{
    io::{self, BufWriter, Stdout, Write},
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
    draft::Draft,
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
    /// Where to; without it, standard output. A file that is there is not overwritten; until all is in it,
    /// it is called FILE.part.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Where messages are written to.
enum Target {
    File(Draft),
    Standard(BufWriter<Stdout>),
}

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
        let output = self.output.as_deref();
        let mut target = match Target::new(output) {
            Ok(target) => target,
            Err(source) => return unwritten(output, source),
        };
        let mut messages = 0;
        while let Some(page) = exported.page().await? {
            for line in page {
                messages += 1;
                if let Err(source) = target.write(&line) {
                    return unwritten(output, source);
                }
            }
        }
        if let Err(source) = target.finish() {
            return unwritten(output, source);
        }
        if messages == 0 && exported.notes.is_empty() {
            Output::note("no message on record fits");
        }
        if let Some(file) = self.output {
            context.output.report(&Written { messages, file });
        }
        Ok(Outcome::Done)
    }
}

// === impl Target ===

impl Target {
    fn new(output: Option<&Path>) -> io::Result<Self> {
        Ok(match output {
            Some(path) => Self::File(Draft::new(path)?),
            None => Self::Standard(BufWriter::new(io::stdout())),
        })
    }

    fn write(&mut self, line: &impl Serialize) -> io::Result<()> {
        let out: &mut dyn Write = match self {
            Self::File(draft) => draft,
            Self::Standard(out) => out,
        };
        serde_json::to_writer(&mut *out, line)?;
        writeln!(out)
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::File(draft) => draft.make_whole(),
            Self::Standard(mut out) => out.flush(),
        }
    }
}

fn unwritten(output: Option<&Path>, source: io::Error) -> Ended {
    let what = match output {
        Some(path) => format!("to write {}", path.display()),
        // Whoever reads has had enough.
        None if source.kind() == io::ErrorKind::BrokenPipe => return Ok(Outcome::Done),
        None => "to write the messages".to_owned(),
    };
    Err(Failed::System { what, source }.into())
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
