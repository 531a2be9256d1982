//! Other programs that work in the guild with the same bot, and what they leave there.

use std::collections::BTreeSet;

use cordboard_lifecycle::{MarkKey, Sabotage, foreign_mark};
use cordboard_simulator::{HumanAct, Simulator};
use fastrand::Rng;
use twilight_model::id::Id;

/// The namespace in the proxy's marks.
const NAMESPACE: &str = "crdbrd";

/// Other programs with the same bot: a script, and other installations of the proxy. Discord names our
/// bot as the creator of what they make, and some of it carries marks; none of it is ours.
#[derive(Debug)]
pub(super) struct Others {
    key: [u8; 32],
    guild_id: u64,
    sabotage: Option<Sabotage>,
    channels: BTreeSet<u64>,
}

// === impl Others ===

impl Others {
    /// Those in this guild, beside an installation with this key.
    pub(super) fn new(key: [u8; 32], guild_id: u64, sabotage: Option<Sabotage>) -> Self {
        Self {
            key,
            guild_id,
            sabotage,
            channels: BTreeSet::new(),
        }
    }

    /// One of them creates a channel: without a mark, with the mark of an installation that has a copy of
    /// our key and works in another guild, or with the mark of one that has a key of its own.
    pub(super) fn create(&self, dice: &mut Rng) -> HumanAct {
        let mut key = self.key;
        let mark = match dice.u32(0..3) {
            0 => None,
            1 => Some((key, self.guild_id + 1)),
            _ => {
                dice.fill(&mut key);
                Some((key, self.guild_id))
            }
        };
        let mark = mark.map(|(key, guild_id)| {
            let key = MarkKey::new(key);
            foreign_mark(key, NAMESPACE, Id::new(guild_id), self.sabotage).to_string()
        });
        HumanAct::CreateAsBot {
            user_id: None,
            name: "another-program".to_owned(),
            topic: mark.clone(),
            reason: mark,
        }
    }

    /// It is theirs; the simulator's checkers see to it that nobody asks for its deletion.
    pub(super) fn created(&mut self, channel_id: u64, discord: &Simulator) {
        discord.protect(channel_id);
        self.channels.insert(channel_id);
    }

    /// An older program has left it behind; whoever adopts it may delete it.
    pub(super) fn left(&mut self, channel_id: u64) {
        self.channels.insert(channel_id);
    }

    /// Whether this channel is theirs.
    pub(super) fn made(&self, channel_id: u64) -> bool {
        self.channels.contains(&channel_id)
    }
}
