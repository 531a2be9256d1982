//! What came of a storm, and what has to come of many.

use std::{any::Any, collections::BTreeMap, fmt, time::Duration};

use super::{operator, people, rude, strikes, terrain, weather};

/// How the troubles of a storm can follow each other.
const MODES: [&str; 4] = ["Independent", "GapInGap", "Burst", "Slow"];

/// As much of what is wrong is printed; the rest follows from it, as a rule.
const TOLD_MAX: usize = 12;

/// What came of one storm.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// What was wrong; nothing when all promises held.
    pub wrong: Vec<String>,
    /// Channels that our bot created.
    pub channels: usize,
    /// Conversations that were begun.
    pub asked: usize,
    /// Conversations that were answered to their end.
    pub answered: usize,
    /// Lives of the proxy.
    pub lives: usize,
    /// How often each kind of trouble struck.
    pub struck: BTreeMap<String, u64>,
    /// A fingerprint of all that Discord was asked and answered.
    pub trace: u64,
    /// How long the storm took to converge after the heal.
    pub converged_in: Duration,
}

/// All kinds of trouble that a storm can draw, by the names in [`Report::struck`].
#[must_use]
pub fn kinds() -> Vec<String> {
    let plain = weather::kinds().chain(terrain::FEATURES);
    let plain = plain.map(ToOwned::to_owned);
    let people = people::KINDS.map(|kind| format!("people: {kind:?}"));
    let process = strikes::STRIKES.map(|strike| format!("process: {strike:?}"));
    let rude = rude::RUDE.map(|how| format!("client: {how:?}"));
    let modes = MODES.map(|mode| format!("mode: {mode}"));
    let named = people.into_iter().chain(process).chain(rude).chain(modes);
    plain.chain(named).chain(operator::kinds()).collect()
}

// === impl Report ===

impl Report {
    /// A storm that did not come to its end.
    pub(super) fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let panicked = format!(
            "panicked: {}",
            text.unwrap_or("with something that is no text")
        );
        Self {
            wrong: vec![panicked],
            ..Self::default()
        }
    }

    /// Adds the storm of another seed.
    pub fn add(&mut self, other: Self) {
        self.wrong.extend(other.wrong);
        self.channels += other.channels;
        self.asked += other.asked;
        self.answered += other.answered;
        self.lives += other.lives;
        self.converged_in = self.converged_in.max(other.converged_in);
        for (kind, count) in other.struck {
            *self.struck.entry(kind).or_default() += count;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for wrong in self.wrong.iter().take(TOLD_MAX) {
            writeln!(f, "  {wrong}")?;
        }
        if self.wrong.len() > TOLD_MAX {
            writeln!(f, "  and {} more", self.wrong.len() - TOLD_MAX)?;
        }
        write!(
            f,
            "  {} channels, {} conversations of which {} were answered to the end, {} lives; at rest \
             {:?} after the heal at the latest; struck: {:?}",
            self.channels, self.asked, self.answered, self.lives, self.converged_in, self.struck
        )
    }
}
