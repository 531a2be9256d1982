//! Prometheus's text format 0.0.4
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>): a line of help and one of type
//! for each metric, and a line for each sample.

use std::fmt;

use super::{Metric, MetricKind, Sample};

pub(super) fn text(metrics: &[Metric]) -> String {
    let mut text = String::new();
    for metric in metrics {
        metric
            .write(&mut text)
            .expect("a string takes what is written to it");
    }
    text
}

impl Metric {
    fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let name = self.name;
        let kind = match self.kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
        };
        writeln!(out, "# HELP {name} {}", Escaped(self.help, false))?;
        writeln!(out, "# TYPE {name} {kind}")?;
        for Sample { labels, value } in &self.samples {
            out.write_str(name)?;
            let mut before = '{';
            for (label, text) in labels {
                write!(out, "{before}{label}=\"{}\"", Escaped(text, true))?;
                before = ',';
            }
            if !labels.is_empty() {
                out.write_char('}')?;
            }
            writeln!(out, " {value}")?;
        }
        Ok(())
    }
}

/// Text that cannot end its line, nor, with `quoted`, its quotes.
struct Escaped<'a>(&'a str, bool);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text, quoted) = *self;
        for character in text.chars() {
            match character {
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '"' if quoted => f.write_str("\\\"")?,
                other => fmt::Write::write_char(f, other)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn metrics_are_written_as_prometheus_reads_them() {
        let metrics = [
            Metric::gauge("cordboard_debts", "Open \"debts\"\nby stage, in C:\\.")
                .with([("stage", "parked"), ("why", "a\"b\\c\nd")], 2)
                .with([("stage", "unknown"), ("why", "")], u64::MAX),
            Metric::counter("cordboard_deletions_total", "Channels proved gone.").with([], 0),
            Metric::gauge("cordboard_nothing", "No sample."),
        ];
        let expected = r#"# HELP cordboard_debts Open "debts"\nby stage, in C:\\.
# TYPE cordboard_debts gauge
cordboard_debts{stage="parked",why="a\"b\\c\nd"} 2
cordboard_debts{stage="unknown",why=""} 18446744073709551615
# HELP cordboard_deletions_total Channels proved gone.
# TYPE cordboard_deletions_total counter
cordboard_deletions_total 0
# HELP cordboard_nothing No sample.
# TYPE cordboard_nothing gauge
"#;
        assert_eq!(text(&metrics), expected);
    }

    /// Reads a quoted label value as the format's documentation says, up to its closing quote.
    fn unquoted(text: &str) -> (String, &str) {
        let mut value = String::new();
        let mut rest = text.chars();
        loop {
            match rest.next().unwrap() {
                '"' => return (value, rest.as_str()),
                '\\' => value.push(match rest.next().unwrap() {
                    'n' => '\n',
                    other => other,
                }),
                other => value.push(other),
            }
        }
    }

    proptest! {
        #[test]
        fn a_label_of_any_text_is_read_back_as_it_was(label in "[\\\\\"\n{},= a-zä]{0,20}|\\PC*") {
            let metric = Metric::gauge("m", "h").with([("a", &label), ("b", "x")], 7);
            let text = text(&[metric]);
            prop_assert_eq!(text.matches('\n').count(), 3);
            let sample = text.lines().nth(2).unwrap();
            let (value, rest) = unquoted(sample.strip_prefix("m{a=\"").unwrap());
            prop_assert_eq!(value, label);
            prop_assert_eq!(rest, ",b=\"x\"} 7");
        }
    }
}
