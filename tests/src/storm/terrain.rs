//! What a storm finds when it begins: the guild, its limits, and how the proxy is configured.

use std::time::Duration;

use cordboard_simulator::{ChannelConfig, Config as SimulatorConfig};
use fastrand::Rng;

/// Id of the first category; the others follow.
const CATEGORY_ID: u64 = 1_400_000_000_000_000_200;

/// IDENTIFYs of a day that the proxy leaves to whoever repairs what burnt the others.
const IDENTIFIES_UNUSED: u64 = 20;

/// Other terrains than the plain one, as they are counted.
pub(super) const FEATURES: [&str; 12] = [
    "with: a short memory of events",
    "with: few IDENTIFYs",
    "with: clocks that drift",
    "with: rate limits",
    "with: audit lag",
    "with: threads",
    "with: channels, then threads",
    "with: a small guild",
    "with: a small guild and overshoot",
    "with: categories",
    "with: degraded ownership",
    "with: channels kept",
];

/// What a storm finds when it begins.
#[derive(Debug, Default)]
pub(super) struct Terrain {
    pub(super) discord: SimulatorConfig,
    /// The proxy's configuration, as environment variables.
    pub(super) variables: Vec<(String, String)>,
    /// More of it, as TOML.
    pub(super) toml: String,
    /// How fast the clock of the proxy's machine goes, in per cent of the machine's own timers.
    pub(super) clock_percent: u64,
    /// How long Discord may ask to wait because of it.
    pub(super) told_max: Duration,
    /// Which of [`FEATURES`] it has.
    pub(super) features: Vec<&'static str>,
}

// === impl Terrain ===

impl Terrain {
    pub(super) fn draw(dice: &mut Rng) -> Self {
        let mut terrain = Self {
            discord: SimulatorConfig {
                seed: dice.u64(..),
                ..SimulatorConfig::default()
            },
            clock_percent: 100,
            ..Self::default()
        };
        if dice.bool() {
            terrain.discord = terrain.discord.with_limits();
            terrain.features.push("with: rate limits");
        }
        if dice.u32(0..4) == 0 {
            terrain.discord.audit_lag_ms = dice.u64(1..10_000);
            terrain.features.push("with: audit lag");
        }
        if dice.u32(0..4) == 0 {
            terrain.discord.clock_percent = dice.u64(90..=110);
            terrain.clock_percent = dice.u64(90..=110);
            terrain.features.push("with: clocks that drift");
        }
        terrain.draw_gateway(dice);
        terrain.draw_isolation(dice);
        if dice.u32(0..6) == 0 {
            terrain.draw_categories(dice);
        }
        if dice.u32(0..5) == 0 {
            terrain.draw_small_guild(dice);
        }
        if dice.u32(0..8) == 0 {
            terrain.set("DEGRADED_OWNERSHIP", "true");
            terrain.features.push("with: degraded ownership");
        }
        if dice.u32(0..12) == 0 {
            terrain.set("DELETE_AFTER", "0");
            terrain.features.push("with: channels kept");
        } else {
            terrain.set(
                "DELETE_AFTER",
                ["20ms", "1s", "5s", "60s"][dice.usize(0..4)],
            );
        }
        terrain
    }

    /// Whether it has this one of [`FEATURES`].
    pub(super) fn has(&self, feature: &str) -> bool {
        self.features.contains(&feature)
    }

    /// Whether so many IDENTIFYs are all that the proxy uses in a day.
    pub(super) fn spends_day(&self, identifies: u64) -> bool {
        identifies + IDENTIFIES_UNUSED >= self.discord.gateway.identifies_per_day
    }

    fn set(&mut self, key: &str, value: &str) {
        let name = format!("CORDBOARD__CHANNELS__{key}");
        self.variables.push((name, value.to_owned()));
    }

    /// A gateway that forgets quickly, or lets a bot begin few sessions.
    fn draw_gateway(&mut self, dice: &mut Rng) {
        let gateway = &mut self.discord.gateway;
        if dice.u32(0..6) == 0 {
            gateway.resume_buffer_max = dice.usize(4..12);
            self.features.push("with: a short memory of events");
        }
        if dice.u32(0..12) == 0 {
            gateway.identifies_per_day = IDENTIFIES_UNUSED + dice.u64(1..5);
            gateway.identify_day_ms = dice.u64(5..60) * 60_000;
            self.told_max = Duration::from_millis(gateway.identify_day_ms);
            self.features.push("with: few IDENTIFYs");
        }
    }

    fn draw_isolation(&mut self, dice: &mut Rng) {
        let (isolation, feature) = match dice.u32(0..6) {
            0 => ("thread", "with: threads"),
            1 => ("channel-then-thread", "with: channels, then threads"),
            _ => return,
        };
        let parent_id = self.discord.guild.channels[0].id.to_string();
        self.set("ISOLATION", isolation);
        self.set("THREAD_PARENT_ID", &parent_id);
        self.features.push(feature);
    }

    /// Two or three categories that hold next to nothing.
    fn draw_categories(&mut self, dice: &mut Rng) {
        let ids: Vec<u64> = (CATEGORY_ID..CATEGORY_ID + dice.u64(2..4)).collect();
        let guild = &mut self.discord.guild;
        guild.category_channels_max = dice.usize(1..6);
        guild.channels.extend(ids.iter().map(|id| ChannelConfig {
            id: *id,
            name: format!("cords {}", id - CATEGORY_ID),
            kind: 4,
        }));
        let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
        self.set("CATEGORY_IDS", &format!("{ids:?}"));
        self.features.push("with: categories");
    }

    /// A guild with room for a few channels only.
    fn draw_small_guild(&mut self, dice: &mut Rng) {
        let guild = &mut self.discord.guild;
        guild.channels_max = guild.channels.len() + dice.usize(4..14);
        let most = guild.channels_max.to_string();
        self.features.push("with: a small guild");
        if dice.bool() {
            guild.channels_overshoot = 17;
            self.features.push("with: a small guild and overshoot");
        }
        self.set("GUILD_MAX", &most);
        self.set("RESERVE", &dice.usize(1..4).to_string());
    }
}
