//! What must never happen, and what has to be in order at the end.

use std::time::Duration;

use cordboard_lifecycle::panicked;
use cordboard_simulator::{FaultKind, Violation};

use super::{
    field::Field,
    ledger,
    process::End,
    strikes::{BUSY, STORE_FAILED, Strike},
    weather::DELETE,
};

/// How often a process may ask on one route for a channel that Discord has told gone: a replica may
/// lag, and one absence is no proof. An answer that says nothing about it does not count.
const ASKED_AGAIN_MAX: usize = 8;

/// Milliseconds, times a hundred, that rounding may add to a drift.
const DRIFT_ROUNDING_MS: u64 = 10_000;

/// How long the proxy may take to put a channel on the list of what is owed: the promise says
/// five minutes, and a storm is too short for that.
const PARKED_WITHIN_MS: u64 = 60_000;

/// How long after a stall what came of it may still come to light: nobody looks during the heal.
pub(super) const STALL_TOLD: Duration = Duration::from_mins(5);

// === impl Field ===

impl Field {
    /// Looks for what must never happen.
    pub(super) fn watch(&mut self) {
        let violations = self.discord.violations_so_far();
        let violations = violations.iter().filter(|seen| !self.is_excused(seen));
        let violations: Vec<_> = violations.map(|seen| format!("{seen:?}")).collect();
        self.wrong.extend(violations);
        self.wrong.extend(self.lookout.found());
        self.wrong.extend(self.unlisted());
        for channel_id in self.kept() {
            self.discord.protect(channel_id);
        }
        if self.process.address().is_some() && self.process.is_alive() {
            self.wrong.extend(ledger::orphans(&self.store()));
        }
    }

    /// C07: a channel whose deletion Discord has refused is on the list of what is owed.
    fn unlisted(&self) -> Vec<String> {
        let since_ms = self.process.starts_ms.last().copied().unwrap_or_default();
        let since_ms = since_ms.max(self.record_since_ms);
        let by_ms = self.discord.now_ms().saturating_sub(PARKED_WITHIN_MS);
        if self.is_stalled() || !self.process.is_alive() || by_ms < since_ms {
            return Vec::new();
        }
        let forgotten = self.forgotten();
        let mut ours = self.ours();
        ours.retain(|channel| !forgotten.contains(&channel.id));
        let deletions = self.discord.requests(Some(DELETE));
        let refused = deletions.iter().enumerate().filter(|(at, request)| {
            let is_page = matches!(request.fault, Some(FaultKind::Html { .. }));
            let is_refused = request.status == Some(403)
                && !is_page
                && request
                    .answered_ms
                    .is_some_and(|ms| (since_ms..by_ms).contains(&ms));
            is_refused && !deletions[at + 1..].iter().any(|of| of.path == request.path)
        });
        let mut unlisted = Vec::new();
        for (_, request) in refused {
            let channel_id = request
                .path
                .rsplit('/')
                .next()
                .and_then(|id| id.parse().ok());
            let Some(channel) = ours.iter().find(|of| Some(of.id) == channel_id) else {
                continue;
            };
            let stage = ledger::stage_of(&self.store(), channel.id);
            if !matches!(stage.as_deref(), Some("parked" | "condemned" | "verifying")) {
                unlisted.push(format!(
                    "C07: Discord refused to delete {}, and it is {stage:?}",
                    channel.id
                ));
            }
        }
        unlisted
    }

    /// What a process was told dies with it: the next one may ask for a channel that is gone, and
    /// knock at a door of which it was not told that it is closed. Once Discord tells it too,
    /// `told_ms` is later than its start, and there is no excuse any more.
    fn is_excused(&self, seen: &Violation) -> bool {
        let has_begun = |told_ms: u64, at_ms: u64| {
            let mut starts = self.process.starts_ms.iter();
            starts.any(|start| (told_ms..=at_ms).contains(start))
        };
        match *seen {
            // Told to one of two lives, and the other asks: then, or when it is alone again.
            Violation::ClosedDoor { told_ms, at_ms, .. }
            | Violation::GoneChannel { told_ms, at_ms, .. }
                if self.process.overlapped(at_ms) || self.process.overlapped(told_ms) =>
            {
                true
            }
            Violation::ClosedDoor {
                told_ms,
                at_ms,
                until_ms,
                ..
            } => has_begun(told_ms, at_ms) || self.is_early_by_drift(told_ms, at_ms, until_ms),
            Violation::GoneChannel {
                channel_id,
                route,
                told_ms,
                at_ms,
            } => {
                let channel = format!("/channels/{channel_id}");
                let same = self.discord.requests(Some(route)).into_iter().filter(|of| {
                    (told_ms + 1..=at_ms).contains(&of.arrived_ms)
                        && of.path.contains(&channel)
                        && of.status.is_none_or(|status| status < 500)
                });
                has_begun(told_ms, at_ms) || same.count() <= ASKED_AGAIN_MAX
            }
            _ => false,
        }
    }

    /// Whether somebody waited as long as they were told, by a clock that goes faster than Discord's.
    /// Twice the drift: they may have been told some time before, of the same window.
    fn is_early_by_drift(&self, told_ms: u64, at_ms: u64, until_ms: u64) -> bool {
        let percent = (2 * self.terrain.discord.clock_percent).saturating_sub(100);
        percent < 100
            && (until_ms - told_ms) * percent <= (at_ms - told_ms) * 100 + DRIFT_ROUNDING_MS
    }

    /// Whether channels are kept by choice, so that none is adopted to be deleted.
    pub(super) fn keeps(&self) -> bool {
        self.terrain.has("with: channels kept")
    }

    /// The channels that are kept, says the record.
    fn kept(&self) -> Vec<u64> {
        let rows = self.keeps().then(|| ledger::kept(&self.store()));
        rows.unwrap_or_default()
    }

    /// The channels that an operator has forgotten, says the record as well.
    fn forgotten(&self) -> Vec<u64> {
        self.said.lock().left_standing(&self.store())
    }

    /// What is not in order yet.
    pub(super) fn unsettled(&self) -> Vec<String> {
        if self.process.has_former() {
            return vec!["C09: a life that another one has followed goes on".to_owned()];
        }
        let Some(mut rows) = ledger::open_rows(&self.store()) else {
            return vec!["C07: there is no record".to_owned()];
        };
        // By choice; nobody but the one who keeps a channel is left to delete it.
        let kept = self.kept();
        rows.retain(|row| !self.keeps() || row.stage != "kept");
        let forgotten = self.forgotten();
        rows.retain(|row| row.channel_id.is_none_or(|id| !forgotten.contains(&id)));
        let mut alive = self.ours();
        alive.retain(|channel| !kept.contains(&channel.id) && !forgotten.contains(&channel.id));
        if self.keeps() && self.record_since_ms > 0 {
            // Nothing but a record tells a kept channel from one that is owed, and it was lost.
            alive.clear();
        }
        if !alive.is_empty() {
            let told = alive.iter().map(|channel| {
                let (id, age) = (channel.id, self.discord.now_ms() - channel.created_at);
                let topic = &channel.topic;
                format!("C01: channel {id} is there, {age} ms old: {topic:?}")
            });
            return told.collect();
        }
        if let Some(channel_id) = self.said.lock().may_be_protected.first() {
            return vec![format!("C30: channel {channel_id} may still be protected")];
        }
        let me = self.discord.user_id();
        let truth = self.discord.truth().channels;
        let is_foreign = |id: Option<u64>| {
            let mut of = truth.iter().filter(|channel| Some(channel.id) == id);
            of.any(|channel| channel.creator_id != me || self.others.made(channel.id))
        };
        // What somebody else created and marked is never deleted, and told for ever.
        rows.retain(|row| row.stage != "quarantined" || !is_foreign(row.channel_id));
        let told = rows.iter().map(|row| &row.text);
        told.map(|row| format!("C07: open at the end: {row}"))
            .collect()
    }

    /// Looks at what is on record, now that nobody writes to it.
    pub(super) fn settle(&mut self) {
        self.wrong.extend(self.lookout.found());
        self.wrong.extend(ledger::history(&self.store()));
    }

    /// C24: a process ends for a reason that it can name, and Discord is one as long as it is sick.
    pub(super) fn ended(&mut self, end: &End) {
        self.note_panic();
        let has_panicked = self.has_panicked;
        let is_expected = match end.exit_code() {
            // Out of reach for minutes, or it lets nobody begin a session today.
            Some(69) => !self.is_healed || self.terrain.has("with: few IDENTIFYs"),
            // The token or a permission is refused.
            Some(77) => !self.is_healed,
            // A command of the operator's works on the store; the supervisor tries again.
            Some(BUSY) if self.process.was_lent() => true,
            // A former life's disk has not let go of the store yet, or does not answer.
            Some(BUSY | STORE_FAILED) if self.is_stalled() => true,
            Some(70 | STORE_FAILED) => has_panicked,
            None => has_panicked && matches!(end, End::Panicked(_)),
            Some(_) => false,
        };
        if !is_expected {
            self.wrong.push(format!("C24: {}", end.told()));
        }
    }

    /// Remembers that something panicked in here, until nothing of that life is left.
    pub(super) fn note_panic(&mut self) {
        if panicked().is_some() {
            self.has_panicked = true;
            *self.strikes.struck.entry(Strike::Panic).or_default() += 1;
        }
    }
}
