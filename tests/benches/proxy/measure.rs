//! Samples and the table they end in.

use std::{fmt, time::Duration};

/// Durations of one kind.
#[derive(Debug, Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    pub(crate) fn push(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// The sample that `percent` of all do not exceed.
    pub(crate) fn percentile(&mut self, percent: usize) -> Duration {
        self.0.sort_unstable();
        let index = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(index).copied().unwrap_or_default()
    }
}

/// What was measured beside what we aim at.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<[String; 3]>);

impl Table {
    pub(crate) fn row(&mut self, what: &str, aim: &str, measured: Duration) {
        let milliseconds = measured.as_secs_f64() * 1_000.0;
        self.text(what, aim, format!("{milliseconds:.2} ms"));
    }

    pub(crate) fn count(&mut self, what: &str, aim: &str, measured: usize) {
        self.text(what, aim, measured.to_string());
    }

    pub(crate) fn text(&mut self, what: &str, aim: &str, measured: String) {
        eprintln!("{what}: {measured}");
        self.0.push([what.to_owned(), aim.to_owned(), measured]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | aim | measured |\n|---|---|---|")?;
        self.0
            .iter()
            .try_for_each(|[what, aim, measured]| writeln!(f, "| {what} | {aim} | {measured} |"))
    }
}
