//! Where commands say things: to people on a terminal, or to scripts.

use std::io::{self, IsTerminal as _, Write};

use comfy_table::{ContentArrangement, Table, presets};
use cordboard_app::maintenance::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use serde_json::json;

/// What a command has to tell.
pub(crate) trait Report: Serialize {
    /// The same for people.
    fn tell(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// Where commands say things.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    is_json: bool,
}

/// A progress bar on a terminal; nothing elsewhere.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

// === impl Output ===

impl Output {
    pub(crate) const fn new(is_json: bool) -> Self {
        Self { is_json }
    }

    /// Whether it is for scripts.
    pub(crate) const fn is_json(self) -> bool {
        self.is_json
    }

    /// Tells what a command came to.
    pub(crate) fn report(self, report: &impl Report) {
        let mut out = io::stdout().lock();
        let told = if self.is_json {
            let written = serde_json::to_writer(&mut out, report).map_err(io::Error::from);
            written.and_then(|()| writeln!(out))
        } else {
            report.tell(&mut out)
        };
        // Nobody may be listening any more; what was done is done.
        drop(told.and_then(|()| out.flush()));
    }

    /// Tells people what is about to be done; scripts find it in the report.
    pub(crate) fn show(self, report: &impl Report) {
        if !self.is_json {
            self.report(report);
        }
    }

    /// Tells why a command did not do what it was told.
    pub(crate) fn error(self, kind: &str, message: &str) {
        if self.is_json {
            let error = json!({ "error": { "kind": kind, "message": message } });
            drop(writeln!(io::stdout(), "{error}"));
        }
        drop(writeln!(io::stderr(), "cordboard-maintenance: {message}"));
    }

    /// Tells people, before it takes long, what is about to be done or waited for.
    pub(crate) fn begin(self, what: &str) {
        if !self.is_json {
            drop(writeln!(io::stderr(), "{what}…"));
        }
    }

    /// Tells something beside the report, for people and in the logs of scripts.
    pub(crate) fn note(note: &str) {
        drop(writeln!(io::stderr(), "cordboard-maintenance: {note}"));
    }

    /// A bar for something that takes a while.
    pub(crate) fn bar(self) -> Bar {
        let target = if !self.is_json && io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let style =
            ProgressStyle::with_template("{bar:32} {pos}/{len} {msg} ({elapsed}, {eta} left)");
        let bar = ProgressBar::with_draw_target(None, target);
        Bar(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }
}

// === impl Bar ===

impl Bar {
    /// Shows how far it has come.
    pub(crate) fn show(&self, progress: Progress) {
        if let Some(total) = progress.total {
            self.0.set_length(total);
        }
        self.0.set_position(progress.done);
        self.0.set_message(progress.message);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// How long something has been, in the two largest units that say anything.
pub(crate) fn ago(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// A table for people, as wide as their terminal.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    table.add_rows(rows);
    table
}
