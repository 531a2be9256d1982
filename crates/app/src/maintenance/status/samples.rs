//! What `/metrics` says, taken apart: Prometheus's text format as our own front writes it
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::collections::BTreeMap;

/// One number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sample<'a> {
    pub(crate) name: &'a str,
    pub(crate) labels: BTreeMap<&'a str, String>,
    pub(crate) value: u64,
}

/// The samples of a text. What is none, or no whole number, is passed by.
pub(crate) fn samples(text: &str) -> impl Iterator<Item = Sample<'_>> {
    text.lines().filter_map(sample)
}

fn sample(line: &str) -> Option<Sample<'_>> {
    let (name, rest) = match line.find(['{', ' ']) {
        Some(end) if !line.starts_with('#') => line.split_at(end),
        _ => return None,
    };
    let mut labels = BTreeMap::new();
    let mut rest = rest;
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        while !rest.starts_with('}') {
            let (label, after) = rest.trim_start_matches(',').split_once("=\"")?;
            let (value, after) = quoted(after)?;
            labels.insert(label, value);
            rest = after;
        }
        rest = &rest[1..];
    }
    Some(Sample {
        name,
        labels,
        value: rest.trim().parse().ok()?,
    })
}

/// A value up to its quotes, and what is behind them.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_their_labels_and_the_rest_is_passed_by() {
        let text = "# HELP a \"x\" {\n# TYPE a gauge\na 7\nb{stage=\"live\",why=\"a\\\"b\\\\c\\nd}\"} 3\n\
                    c{x=\"\"} 0\nd 1.5\ne{x=\"open 3\n\nf\n";
        let read: Vec<_> = samples(text)
            .map(|sample| {
                (
                    sample.name,
                    sample.labels.into_iter().collect(),
                    sample.value,
                )
            })
            .collect();
        let labels = |labels: &[(&'static str, &str)]| -> Vec<(&str, String)> {
            let labels = labels.iter();
            labels
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect()
        };
        assert_eq!(
            read,
            [
                ("a", labels(&[]), 7),
                ("b", labels(&[("stage", "live"), ("why", "a\"b\\c\nd}")]), 3),
                ("c", labels(&[("x", "")]), 0),
            ]
        );
    }
}
