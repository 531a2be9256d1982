//! Connections that answer heartbeats and tell nothing.

use std::time::Duration;

use cordboard_simulator::{GatewayCommand, Simulator};
use fastrand::Rng;
use tokio::time::Instant;

/// One flood in so many has hushes, and none of those that have a veil.
const ONE_IN: u64 = 4;

/// Now and then the connection tells nothing for a while. It has dice of its own.
#[derive(Debug)]
pub(super) struct Hush {
    dice: Option<Rng>,
    slowness: u32,
    until: Option<Instant>,
    pub(super) fallen: u64,
}

// === impl Hush ===

impl Hush {
    pub(super) fn of(seed: u64, slowness: u32) -> Self {
        let is_there = seed % ONE_IN == 1;
        Self {
            dice: is_there.then(|| Rng::with_seed(seed ^ 0x5EE1)),
            slowness,
            until: None,
            fallen: 0,
        }
    }

    /// A hush may fall. It ends by itself, or with the connection.
    pub(super) fn stir(&mut self, discord: &Simulator) {
        let Some(dice) = &mut self.dice else { return };
        let now = Instant::now();
        if self.until.is_none_or(|until| now >= until) && dice.u32(0..40) == 0 {
            let lasts = Duration::from_secs(dice.u64(1..500)) * self.slowness;
            discord.gateway(GatewayCommand::Withhold {
                seconds: lasts.as_secs_f64(),
            });
            self.until = Some(now + lasts);
            self.fallen += 1;
        }
    }
}
