//! An operator's word about single channels: protected, protected no longer, forgotten.

use std::collections::{BTreeMap, BTreeSet};

use cordboard_app::maintenance::CommandError;
use cordboard_simulator::RequestTruth;
use twilight_model::id::Id;

use super::{Operator, errand::Errand};
use crate::storm::{field::Field, ledger, weather::DELETE};

/// A deletion that was let through before the word was heard has arrived by then.
const ON_ITS_WAY_MS: u64 = 2_000;

/// What was said of channels, and since when it holds, by Discord's clock.
#[derive(Debug, Default)]
pub(in crate::storm) struct Said {
    /// From when somebody was told that it is done until somebody began to take it back.
    protected: Vec<Span>,
    /// All of which it was ever said, whatever came of it: a copy of the store may bring it back.
    pub(in crate::storm) may_be_protected: BTreeSet<u64>,
    /// Debts; `None`: nobody has said that it is done, and it may be.
    forgotten: BTreeMap<u64, Option<u64>>,
}

#[derive(Debug)]
struct Span {
    channel_id: u64,
    from_ms: u64,
    until_ms: u64,
}

// === impl Said ===

impl Said {
    /// Why a channel that somebody asks to be deleted should stay, and since when.
    fn stays(&self, channel_id: u64, at_ms: u64) -> impl Iterator<Item = (&'static str, u64)> {
        let spans = self.protected.iter();
        let spans = spans.filter(move |span| {
            span.channel_id == channel_id
                && (span.from_ms + ON_ITS_WAY_MS..span.until_ms).contains(&at_ms)
        });
        let protected = spans.map(|span| ("protected", span.from_ms));
        let forgotten = self.forgotten.get(&channel_id).copied().flatten();
        let forgotten = forgotten.filter(|since_ms| since_ms + ON_ITS_WAY_MS < at_ms);
        protected.chain(forgotten.map(|since_ms| ("forgotten", since_ms)))
    }

    /// The channels that stand because somebody has said that nobody is to care, says the record as well.
    pub(in crate::storm) fn left_standing(&self, store: &std::path::Path) -> Vec<u64> {
        if self.forgotten.is_empty() {
            return Vec::new();
        }
        let stands = |id: &u64| {
            let stage = ledger::stage_of(store, *id);
            matches!(stage.as_deref(), Some("kept" | "disowned"))
        };
        self.forgotten.keys().copied().filter(stands).collect()
    }
}

// === impl Errand ===

impl Errand {
    /// Protects a channel that the bot has made: in use, about to be deleted, or left over.
    pub(super) async fn protect(&mut self) -> Result<(), CommandError> {
        let (me, truth) = (self.discord.user_id(), self.discord.truth());
        let mut ours = truth.channels;
        ours.retain(|channel| channel.alive && channel.creator_id == me);
        let Some(channel) = self.dice.choice(&ours) else {
            return Err(nothing_to("protect"));
        };
        let channel_id = channel.id;
        self.said.lock().may_be_protected.insert(channel_id);
        let why = "somebody reads it".to_owned();
        self.maintenance.protect(Id::new(channel_id), why).await?;
        let span = Span {
            channel_id,
            from_ms: self.discord.now_ms(),
            until_ms: u64::MAX,
        };
        self.said.lock().protected.push(span);
        Ok(())
    }

    /// Protects a channel no longer. When all is well, each has its turn.
    pub(super) async fn unprotect(&mut self) -> Result<(), CommandError> {
        let all: Vec<u64> = self.said.lock().may_be_protected.iter().copied().collect();
        let drawn = if self.all {
            all.first()
        } else {
            self.dice.choice(&all)
        };
        let Some(channel_id) = drawn.copied() else {
            return Err(nothing_to("unprotect"));
        };
        let now_ms = self.discord.now_ms();
        for span in &mut self.said.lock().protected {
            if span.channel_id == channel_id {
                span.until_ms = span.until_ms.min(now_ms);
            }
        }
        let settled = self.maintenance.unprotect(Id::new(channel_id)).await;
        let is_unprotected = match &settled {
            Ok(_) => true,
            Err(CommandError::Refused(why)) => why.contains("it was not protected"),
            Err(_) => false,
        };
        if self.all && is_unprotected {
            self.said.lock().may_be_protected.remove(&channel_id);
        }
        settled.map(drop)
    }

    /// Takes a debt off the books; where there is none, tries it with what is dealt with, which is refused.
    pub(super) async fn forget(&mut self) -> Result<(), CommandError> {
        let open = self.maintenance.channels(false).await?.channels;
        let is_debt = |stage: &str| matches!(stage, "parked" | "quarantined" | "abandoned");
        let debts: Vec<_> = open.iter().filter(|line| is_debt(line.stage)).collect();
        let Some(line) = self.dice.choice(&debts).copied().or(open.first()) else {
            return Err(nothing_to("forget"));
        };
        let channel_id = line.channel_id.map(Id::get);
        if is_debt(line.stage)
            && let Some(channel_id) = channel_id
        {
            let forgotten = &mut self.said.lock().forgotten;
            forgotten.entry(channel_id).or_default();
        }
        let subject = match channel_id {
            Some(channel_id) if self.dice.bool() => channel_id.to_string(),
            _ => line.attempt.clone(),
        };
        let plan = self.maintenance.plan_forget(&subject).await?;
        let settled = self.maintenance.forget(plan).await?;
        if settled.now == "kept"
            && let Some(channel_id) = channel_id
        {
            let now_ms = self.discord.now_ms();
            self.said.lock().forgotten.insert(channel_id, Some(now_ms));
        }
        Ok(())
    }
}

fn nothing_to(act: &str) -> CommandError {
    CommandError::Refused(format!("there is nothing to {act}"))
}

/// Whether something is on record that only an operator can settle at once.
pub(super) fn owes(field: &Field) -> bool {
    let rows = ledger::open_rows(&field.store()).unwrap_or_default();
    let mut stages = rows.iter().map(|row| row.stage.as_str());
    stages.any(|stage| matches!(stage, "parked" | "quarantined"))
}

// === impl Operator ===

impl Operator {
    /// C30: no channel's deletion was asked for while an operator protected it, nor after he had told that it
    /// stays, as long as the record of his word was neither lost nor exchanged, and one process knew of it.
    pub(super) fn deleted_against_their_word(field: &Field) -> Vec<String> {
        let said = field.said.lock();
        let holds = |since_ms: u64, request: &RequestTruth| {
            let overlapped = |at_ms| field.process.overlapped(at_ms);
            field.record_since_ms < since_ms
                && !overlapped(since_ms)
                && !overlapped(request.arrived_ms)
        };
        let mut wrong = Vec::new();
        for request in field.discord.requests(Some(DELETE)) {
            let channel_id = super::checks::subject(&request);
            for (what, since_ms) in said.stays(channel_id, request.arrived_ms) {
                if holds(since_ms, &request) {
                    let at_ms = request.arrived_ms;
                    wrong.push(format!(
                        "C30: channel {channel_id}, {what} since {since_ms}, was asked for at {at_ms}"
                    ));
                }
            }
        }
        wrong
    }
}

// === impl Field ===

impl Field {
    /// What may be protected is so no longer, as soon as there is somebody to be told.
    pub(in crate::storm) async fn unprotect(&mut self) {
        // A life that another one has followed would hear the order, and the other one not.
        if self.process.has_former() {
            return;
        }
        if let Some(mut operator) = self.operator.take() {
            operator.take_back(self).await;
            self.operator = Some(operator);
        }
    }
}
