//! The record, compared with the truth at each commit and at the end.

mod inbox;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cordboard_recovery::{Batch, Entry, InboxError, Loaded};
use cordboard_simulator::Simulator;
use parking_lot::Mutex;
use serde_json::Value;
use twilight_model::id::Id;

use super::{
    chronicle::Chronicle,
    consumer::{Consumer, Created, Told},
    disk::Disk,
    excuses::{Excuses, Gap},
    fields::{content, created_ms, id_of, is_pinned, messages},
    haste::{Haste, WAITS_MS},
    picky::Picky,
    scrawl::Unsaid,
    shore::Shore,
    unwanted::Unwanted,
};

/// The record. Its checks see what Discord has.
#[derive(Clone, Debug)]
pub(super) struct Checked {
    inner: Disk,
    discord: Simulator,
    state: Arc<Mutex<State>>,
    picky: Arc<tokio::sync::Mutex<Picky>>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    before: Unwanted,
    /// What people wrote that is there, by channel and message.
    there: BTreeSet<(u64, u64)>,
    /// Channels that are gone.
    pub(super) closed: BTreeSet<u64>,
    /// What was in them then, if they were watched.
    lost: Vec<(u64, u64)>,
    /// The channels that are on record as watched.
    watched: BTreeSet<u64>,
    /// Whether Discord leaves out events: then the record is complete only after the scrub.
    is_lossy: bool,
    /// Whether events come twice, late or in another order.
    mixes_up: bool,
    /// Whether messages of a channel have to be told in their order.
    is_orderly: bool,
    /// When what was written, by the youngest entry of each write.
    told_ms: BTreeMap<u64, u64>,
    session: Option<String>,
    pub(super) excuses: Excuses,
    haste: Haste,
    chronicle: Chronicle,
    pub(super) consumer: Consumer,
    wrong: Vec<String>,
}

// === impl Checked ===

impl Checked {
    pub(super) fn new(discord: Simulator, inner: Disk, shore: &Shore, unsaid: Unsaid) -> Self {
        let state = State {
            is_lossy: shore.is_lossy,
            mixes_up: shore.mixes_up,
            is_orderly: shore.is_orderly,
            excuses: Excuses::for_unsaid(unsaid),
            chronicle: Chronicle::new(shore.mixes_up),
            ..State::default()
        };
        Self {
            inner,
            discord,
            state: Arc::new(Mutex::new(state)),
            picky: Arc::default(),
        }
    }

    /// Nobody wants what was written so far.
    pub(super) fn begins_now(&self) {
        let ids = messages(&self.discord).into_keys().map(|(_, id)| id);
        self.state.lock().before = Unwanted::until_now(ids);
    }

    /// Somebody has written a message, or changed it.
    pub(super) fn is(&self, channel_id: u64, id: u64) {
        if let Some(message) = self.discord.message(channel_id, id) {
            self.state.lock().is(channel_id, &message, self.now_ms());
        }
    }

    /// Messages of a channel may have come without that anybody wrote them.
    pub(super) fn look_at(&self, channel_id: u64) {
        let mut state = self.state.lock();
        for message in self.discord.messages(channel_id) {
            state.is(channel_id, &message, self.now_ms());
        }
    }

    pub(super) fn deleted(&self, channel_id: u64, id: u64) {
        self.changed(id);
        let mut state = self.state.lock();
        state.there.remove(&(channel_id, id));
        state.chronicle.ended(channel_id, id);
    }

    /// A channel is gone, with all that was in it.
    pub(super) fn closed(&self, channel_id: u64) {
        let mut state = self.state.lock();
        let lost = state.there.extract_if(.., |(of, _)| *of == channel_id);
        let lost: Vec<_> = lost.collect();
        if state.watched.contains(&channel_id) {
            state.lost.extend(lost);
        }
        state.closed.insert(channel_id);
        state.chronicle.closed(channel_id);
    }

    pub(super) fn changed(&self, id: u64) {
        let now_ms = self.now_ms();
        self.state.lock().excuses.changed(id, now_ms);
    }

    /// The bot may not see a channel, or its threads, or not read them.
    pub(super) fn veiled(&self, channel_id: u64) {
        let truth = self.discord.truth();
        let mut state = self.state.lock();
        for channel in truth.channels {
            if channel.id == channel_id || channel.parent_id == Some(channel_id) {
                state.excuses.veiled(channel.id);
            }
        }
    }

    /// Since then the bot's role granted less: nobody is told of which channels that hid.
    pub(super) fn dimmed(&self, since_ms: u64) {
        let now_ms = self.now_ms();
        self.state.lock().excuses.missed(Gap::dim(since_ms, now_ms));
    }

    /// A message was pinned, or taken down.
    pub(super) fn pinned(&self, id: u64) {
        let now_ms = self.now_ms();
        self.state.lock().excuses.pinned(id, now_ms);
    }

    fn now_ms(&self) -> u64 {
        self.discord.now_ms()
    }

    pub(super) fn wrong(&self) -> Vec<String> {
        self.state.lock().wrong.clone()
    }

    fn told_up_to(&self, newest: u64) {
        let now_ms = self.discord.now_ms();
        let mut state = self.state.lock();
        state.told_ms.entry(newest).or_insert(now_ms);
    }

    /// C13 and C14: whatever the record says it is complete for, it is.
    fn check_sound(&self, loaded: &Loaded) {
        let mut state = self.state.lock();
        let mut found = None;
        let channels: BTreeMap<_, _> = loaded
            .channels
            .iter()
            .map(|channel| (channel.id.get(), channel))
            .collect();
        for &(channel_id, id) in &state.there {
            let Some(channel) = channels.get(&channel_id) else {
                continue;
            };
            let is_due = match channel.dirty {
                None => created_ms(id) < loaded.watermark_ms,
                Some(dirty) => dirty.after.is_some_and(|after| id <= after.get()),
            };
            let is_excused = state.before.has(id) || self.discord.has_left_out(id);
            if is_due && !is_excused && !self.inner.has(Id::new(id)) {
                let rule = if channel.dirty.is_some() {
                    "C14"
                } else {
                    "C13"
                };
                let wrong = format!(
                    "{rule}: message {id} of {} in channel {channel_id} is not on record; watermark {}, dirty {:?}",
                    created_ms(id),
                    loaded.watermark_ms,
                    channel.dirty
                );
                found = Some(wrong);
                break;
            }
        }
        state.wrong.extend(found);
    }

    /// C11 and C12, as far as they can be seen on the way: nothing is told twice, all in order, and only
    /// what was so.
    async fn hear(&self) -> Result<(), InboxError> {
        let entries = self.inner.unread().await?;
        let read: Vec<_> = entries.iter().map(|entry| entry.sequence).collect();
        self.picky.lock().await.read(&self.inner, &entries).await?;
        self.state.lock().hear(entries);
        self.inner.acknowledge(&read).await
    }

    /// C11 and C12: what consumers were told against what Discord has.
    pub(super) async fn differences(&self) -> Vec<String> {
        if let Err(error) = self.hear().await {
            return vec![error.source.to_string()];
        }
        let picky = self.picky.lock().await.differences(&self.inner).await;
        let mut wrong = picky.unwrap_or_else(|error| vec![error.source.to_string()]);
        let truth = messages(&self.discord);
        let state = self.state.lock();
        let told = state.consumer.told();
        let before = &state.before;
        for ((channel_id, id), message) in &truth {
            if !before.has(*id) {
                let told = told.get(&(*channel_id, *id));
                wrong.extend(state.difference(*channel_id, *id, message, told));
            }
        }
        for ((channel_id, id), told) in told {
            // Of a channel that is gone nobody is told message by message.
            let is_gone =
                !truth.contains_key(&(*channel_id, *id)) && !state.closed.contains(channel_id);
            let is_excused = state.excuses.has_for_deletion(*channel_id, *id);
            if told.is_there && is_gone && !before.has(*id) && !is_excused {
                wrong.push(format!(
                    "C12: message {id} of {} in {channel_id} is deleted, and nobody was told; {}",
                    created_ms(*id),
                    state.excuses.of(*id)
                ));
            }
        }
        wrong.extend(state.silences(|id| self.discord.has_left_out(id)));
        wrong.extend(state.needless_gaps());
        wrong
    }
}

// === impl State ===

impl State {
    fn is(&mut self, channel_id: u64, message: &Value, now_ms: u64) {
        if self.chronicle.is(channel_id, message) {
            let key = (channel_id, id_of(message));
            self.excuses.wrote(key.0, key.1, now_ms);
            self.there.insert(key);
        }
    }

    fn hear(&mut self, mut entries: Vec<Entry>) {
        // What it did not acknowledge it gets again.
        entries.retain(|entry| entry.sequence > self.consumer.after);
        let wrong = entries
            .iter()
            .filter_map(|entry| self.chronicle.hear(entry));
        self.wrong.extend(wrong);
        let mut consumer = std::mem::take(&mut self.consumer);
        let wrong = consumer.read(
            entries,
            |id| !self.before.has(id),
            |channel_id, late, younger| {
                self.excuses.has_for_order(channel_id) || self.is_late_rightly(late, younger)
            },
        );
        self.consumer = consumer;
        self.wrong.extend(wrong);
    }

    fn watches(&mut self, batch: &Batch) {
        self.watched
            .extend(batch.channels.iter().map(|it| it.id.get()));
        for id in &batch.closed {
            self.watched.remove(&id.get());
        }
    }

    /// Messages that went with their channel before they were told, and that no gap tells of.
    fn silences(&self, is_left_out: impl Fn(u64) -> bool) -> Vec<String> {
        let told = self.consumer.told();
        let silent = self.lost.iter().filter(|(channel_id, id)| {
            // Who was not told that they were there cannot miss them.
            !self.before.has(*id)
                && !is_left_out(*id)
                && !told.contains_key(&(*channel_id, *id))
                && !self.consumer.is_in_gap(*channel_id, *id)
        });
        let wrong = silent.map(|(channel_id, id)| {
            format!(
                "C11: message {id} of {} went with its channel {channel_id}, was told to nobody and is in no gap",
                created_ms(*id)
            )
        });
        wrong.collect()
    }

    /// Whether a message may be told behind a younger one: where something mixes them up; where what is
    /// older was not to be had for so long that the younger one waited no longer; and where it was deleted
    /// by then, so that it is on no page, and comes with the events.
    fn is_late_rightly(&self, late: Created, younger: Created) -> bool {
        let told_ms = |created: Created| {
            let told = self.told_ms.range(created.sequence..).next();
            told.map_or(u64::MAX, |(_, ms)| *ms)
        };
        let id = late.id.get();
        let is_gone = !self.there.iter().any(|(_, other)| *other == id);
        let changed_ms = self.excuses.changed_ms(id);
        !self.is_orderly
            || told_ms(younger) >= created_ms(younger.id.get()) + WAITS_MS
            || self.haste.has(younger.id.get())
            || (is_gone && changed_ms.is_some_and(|ms| ms <= told_ms(late)))
    }

    /// What is wrong with what was told of a message that is there.
    fn difference(
        &self,
        channel_id: u64,
        id: u64,
        message: &Value,
        told: Option<&Told>,
    ) -> Option<String> {
        let name = || format!("message {id} of {} in {channel_id}", created_ms(id));
        let Some(told) = told else {
            return Some(format!("C11: {} was told to nobody", name()));
        };
        if !told.is_there {
            return Some(format!("C12: {} was told as deleted", name()));
        }
        let has_changed = told.content != content(message);
        let is_repinned = told.is_pinned != is_pinned(message);
        // Pins have no time by which their order could be told.
        let is_pin_excused = self.mixes_up || self.excuses.has_for_pin(channel_id, id);
        if (has_changed && !self.excuses.has_for_change(channel_id, id))
            || (is_repinned && !is_pin_excused)
        {
            let (name, excuses) = (name(), self.excuses.of(id));
            return Some(format!(
                "C12: {name} is {message} and was told as {told:?}; {excuses}"
            ));
        }
        None
    }
}
