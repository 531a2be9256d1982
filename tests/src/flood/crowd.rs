//! People who write.

use cordboard_simulator::{HumanAct, Simulator};
use fastrand::Rng;

use super::{checked::Checked, scale::Scale};

/// The most messages that one flood holds.
const MESSAGES_MAX: usize = 1_500;

/// People who write, edit, pin, delete, open channels and threads, archive and delete them.
#[derive(Debug)]
pub(super) struct Crowd {
    record: Checked,
    channels: Vec<u64>,
    threads: Vec<u64>,
    /// A forum: what is opened in it is a post, and nothing is said in it otherwise.
    forum: Option<u64>,
    written: Vec<(u64, u64)>,
    bursts: bool,
    burst_max: usize,
    /// With so many channels, no more are opened.
    rooms_max: usize,
    /// How often everybody says something everywhere at once.
    gatherings: u32,
    messages_max: usize,
    changes: bool,
    births: bool,
    pub(super) pause_ms: u64,
    pub(super) written_count: usize,
}

// === impl Crowd ===

impl Crowd {
    pub(super) fn new(discord: &Simulator, dice: &mut Rng, record: Checked, scale: Scale) -> Self {
        let mut channels = vec![discord.default_channel_id()];
        for number in 0..dice.usize(0..8) {
            channels.push(discord.create_channel(&format!("room-{number}")));
        }
        for number in 0..scale.rooms {
            channels.push(discord.create_channel(&format!("far-{number}")));
        }
        let forum = scale.has_forum.then(|| open_forum(discord));
        Self {
            record,
            channels,
            forum,
            burst_max: scale.burst_max,
            rooms_max: scale.rooms + 20,
            gatherings: scale.gatherings,
            messages_max: MESSAGES_MAX + scale.rooms * scale.gatherings as usize,
            threads: Vec::new(),
            written: Vec::new(),
            bursts: dice.bool(),
            changes: dice.bool(),
            births: dice.bool(),
            pause_ms: if dice.u32(0..4) == 0 {
                dice.u64(5..60)
            } else {
                dice.u64(100..8_000)
            },
            written_count: 0,
        }
    }

    /// Somebody does something.
    pub(super) fn act(&mut self, discord: &Simulator, dice: &mut Rng) {
        if self.gatherings > 0 && dice.u32(0..20) == 0 {
            self.gatherings -= 1;
            for channel_id in self.channels.clone() {
                self.say(discord, channel_id);
            }
        }
        match dice.u32(0..100) {
            0..2 if self.bursts => {
                let channel_id = self.channel(dice);
                for _ in 0..dice.usize(90..self.burst_max) {
                    self.say(discord, channel_id);
                }
            }
            2..12 if self.changes => self.edit(discord, dice),
            12..18 if self.changes => self.delete(discord, dice),
            18..20 if self.births && self.channels.len() < self.rooms_max => {
                self.give_birth(discord, dice);
            }
            20..23 if !self.threads.is_empty() => self.archive(discord, dice),
            23..24 if self.births && self.channels.len() > 3 => self.close(discord, dice),
            24..28 if self.changes => self.pin(discord, dice),
            _ => {
                let channel_id = self.channel(dice);
                self.say(discord, channel_id);
            }
        }
    }

    /// The channels that are no threads.
    pub(super) fn rooms(&self) -> Vec<u64> {
        let channels = self.channels.iter().copied();
        let channels = channels.filter(|id| !self.threads.contains(id));
        channels.chain(self.forum).collect()
    }

    fn channel(&self, dice: &mut Rng) -> u64 {
        // A few are busy, the others are not.
        let reach = if dice.bool() { 2 } else { self.channels.len() };
        self.channels[dice.usize(0..reach.min(self.channels.len()))]
    }

    fn say(&mut self, discord: &Simulator, channel_id: u64) {
        if self.written.len() >= self.messages_max {
            return;
        }
        let content = format!("message {}", self.written_count);
        let act = HumanAct::Say {
            channel_id,
            content,
        };
        if let Ok(Some(id)) = discord.try_act(act) {
            self.record.is(channel_id, id);
            self.written.push((channel_id, id));
            self.written_count += 1;
        }
    }

    fn edit(&mut self, discord: &Simulator, dice: &mut Rng) {
        let Some((channel_id, message_id)) = self.recent(dice) else {
            return;
        };
        let content = format!("edited {}", dice.u32(..));
        let edit = HumanAct::EditMessage {
            channel_id,
            message_id,
            content,
        };
        if discord.try_act(edit).is_ok() {
            self.record.changed(message_id);
            self.record.is(channel_id, message_id);
        }
    }

    fn delete(&mut self, discord: &Simulator, dice: &mut Rng) {
        let Some((channel_id, message_id)) = self.recent(dice) else {
            return;
        };
        let deletion = HumanAct::DeleteMessage {
            channel_id,
            message_id,
        };
        if discord.try_act(deletion).is_ok() {
            self.record.deleted(channel_id, message_id);
        }
    }

    /// Pins a message, or takes it down: it changes, and that is no edit.
    fn pin(&mut self, discord: &Simulator, dice: &mut Rng) {
        let Some((channel_id, message_id)) = self.recent(dice) else {
            return;
        };
        let Some(message) = discord.message(channel_id, message_id) else {
            return;
        };
        let pin = HumanAct::SetPinned {
            channel_id,
            message_id,
            pinned: message["pinned"] == false,
        };
        if let Ok(notice) = discord.try_act(pin) {
            self.record.pinned(message_id);
            self.record.is(channel_id, message_id);
            if let Some(id) = notice {
                self.record.is(channel_id, id);
            }
        }
    }

    /// One of the last that were written.
    fn recent(&self, dice: &mut Rng) -> Option<(u64, u64)> {
        let from = self.written.len().saturating_sub(30);
        let recent = &self.written[from..];
        (!recent.is_empty()).then(|| recent[dice.usize(0..recent.len())])
    }

    fn give_birth(&mut self, discord: &Simulator, dice: &mut Rng) {
        let name = format!("born-{}", self.channels.len());
        let is_thread = dice.bool();
        let parent_id = match self.forum {
            Some(forum) if dice.u32(0..4) > 0 => forum,
            _ => discord.default_channel_id(),
        };
        let act = if is_thread {
            HumanAct::StartThread {
                channel_id: parent_id,
                name,
            }
        } else {
            HumanAct::CreateChannel {
                name,
                kind: 0,
                topic: None,
                parent_id: None,
            }
        };
        if let Ok(Some(id)) = discord.try_act(act) {
            self.channels.push(id);
            if is_thread {
                self.threads.push(id);
                // Its channel says that it was opened, or the post what it is about.
                self.record.look_at(parent_id);
                self.record.look_at(id);
            }
        }
    }

    /// The channel that everybody is in stays.
    fn close(&mut self, discord: &Simulator, dice: &mut Rng) {
        let number = dice.usize(1..self.channels.len());
        let channel_id = self.channels[number];
        if discord
            .try_act(HumanAct::DeleteChannel { channel_id })
            .is_ok()
        {
            self.channels.remove(number);
            self.threads.retain(|id| *id != channel_id);
            self.written.retain(|(id, _)| *id != channel_id);
            self.record.closed(channel_id);
        }
    }

    /// It wakes up when somebody writes in it.
    fn archive(&mut self, discord: &Simulator, dice: &mut Rng) {
        let channel_id = self.threads[dice.usize(0..self.threads.len())];
        let archive = HumanAct::SetArchived {
            channel_id,
            archived: true,
        };
        // Asleep already, or an outage: then it stays as it is.
        drop(discord.try_act(archive));
    }
}

fn open_forum(discord: &Simulator) -> u64 {
    let forum = HumanAct::CreateChannel {
        name: "forum".to_owned(),
        kind: 15,
        topic: None,
        parent_id: None,
    };
    let opened = discord.try_act(forum).expect("there is room for it");
    opened.expect("what is created has an id")
}
