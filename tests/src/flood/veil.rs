//! People who hide channels from the bot, or all of them, and show them again.

use std::time::Duration;

use cordboard_simulator::{Config, Simulator};
use fastrand::Rng;
use tokio::time::Instant;

use super::checked::Checked;

/// One flood in so many has a veil.
const ONE_IN: u64 = 4;

/// `VIEW_CHANNEL`: the bot sees nothing of the channel. `READ_MESSAGE_HISTORY`: what is written still comes,
/// and pages are empty.
const PERMISSIONS: [u64; 2] = [1 << 10, 1 << 16];

/// One channel at a time that the bot may not see or not read. It has dice of its own.
#[derive(Debug)]
pub(super) struct Veil {
    dice: Option<Rng>,
    slowness: u32,
    over: Option<(Over, Instant)>,
    /// What the bot's role grants.
    granted: u64,
    pub(super) thrown: u64,
}

/// What is hidden.
#[derive(Clone, Copy, Debug)]
enum Over {
    Channel(u64),
    /// The bot's role grants less, since then.
    Guild {
        since_ms: u64,
    },
}

// === impl Veil ===

impl Veil {
    /// One in a guild where only the bot's role lets it see anything.
    pub(super) fn of(seed: u64, slowness: u32, config: &mut Config) -> Self {
        let is_there = seed % ONE_IN == 3;
        if is_there {
            let all = PERMISSIONS.iter().sum::<u64>();
            config.guild.everyone_permissions &= !all;
        }
        let granted = config.proxy.permissions;
        Self {
            dice: is_there.then(|| Rng::with_seed(seed ^ 0x5EE0)),
            slowness,
            over: None,
            granted,
            thrown: 0,
        }
    }

    /// Somebody may hide one of the guild's `channels`, or show what is hidden.
    pub(super) fn stir(&mut self, discord: &Simulator, record: &Checked, channels: &[u64]) {
        let Some(dice) = &mut self.dice else { return };
        match self.over {
            Some((_, until)) if Instant::now() >= until => self.lift(discord, record, channels),
            None if dice.u32(0..40) == 0 => {
                let channel_id = channels[dice.usize(0..channels.len())];
                let deny = PERMISSIONS[dice.usize(0..PERMISSIONS.len())];
                let over = if dice.u32(0..4) == 0 {
                    discord.set_permissions(self.granted & !deny);
                    let since_ms = discord.now_ms();
                    Over::Guild { since_ms }
                } else {
                    discord.set_overwrite(channel_id, 0, deny);
                    Over::Channel(channel_id)
                };
                over.note(record, channels);
                let lasts = Duration::from_secs(dice.u64(1..180)) * self.slowness;
                self.over = Some((over, Instant::now() + lasts));
                self.thrown += 1;
            }
            _ => {}
        }
    }

    /// What is hidden is shown, if it is still there.
    pub(super) fn lift(&mut self, discord: &Simulator, record: &Checked, channels: &[u64]) {
        let Some((over, _)) = self.over.take() else {
            return;
        };
        // Threads may have been opened in it since.
        over.note(record, channels);
        match over {
            Over::Channel(id) if channels.contains(&id) => discord.clear_overwrite(id),
            Over::Channel(_) => {}
            Over::Guild { since_ms } => {
                discord.set_permissions(self.granted);
                record.dimmed(since_ms);
            }
        }
    }
}

// === impl Over ===

impl Over {
    fn note(self, record: &Checked, channels: &[u64]) {
        match self {
            Self::Channel(channel_id) => record.veiled(channel_id),
            Self::Guild { .. } => {
                for channel_id in channels {
                    record.veiled(*channel_id);
                }
            }
        }
    }
}
