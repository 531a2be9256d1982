//! People who hide channels from the bot, and show them again.

use std::time::Duration;

use cordboard_simulator::Simulator;
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
    over: Option<(u64, Instant)>,
    pub(super) thrown: u64,
}

// === impl Veil ===

impl Veil {
    pub(super) fn of(seed: u64, slowness: u32) -> Self {
        let is_there = seed % ONE_IN == 3;
        Self {
            dice: is_there.then(|| Rng::with_seed(seed ^ 0x5EE0)),
            slowness,
            over: None,
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
                discord.set_overwrite(channel_id, 0, deny);
                record.veiled(channel_id);
                let lasts = Duration::from_secs(dice.u64(1..180)) * self.slowness;
                self.over = Some((channel_id, Instant::now() + lasts));
                self.thrown += 1;
            }
            _ => {}
        }
    }

    /// What is hidden is shown, if it is still there.
    pub(super) fn lift(&mut self, discord: &Simulator, record: &Checked, channels: &[u64]) {
        let over = self.over.take();
        if let Some((channel_id, _)) = over.filter(|(id, _)| channels.contains(id)) {
            // Threads may have been opened in it since.
            record.veiled(channel_id);
            discord.clear_overwrite(channel_id);
        }
    }
}
