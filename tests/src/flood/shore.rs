//! What a flood meets: the guild's nature, and what strikes.

use std::{collections::BTreeMap, time::Duration};

use cordboard_recovery::{Settings, Start};
use cordboard_simulator::{
    Config, Fault, FaultKind, GatewayCommand, OutageAnswer, Scope, Simulator,
};
use fastrand::Rng;
use tokio::time::sleep;
use twilight_model::id::Id;

use super::{checked::Checked, scale::Scale};
use crate::Watcher;

/// What the watcher asks of REST.
const ROUTES: [&str; 6] = [
    "GET /channels/{channel_id}/threads/archived/public",
    "GET /channels/{channel_id}/messages",
    "GET /channels/{channel_id}/messages/{message_id}",
    "GET /guilds/{guild_id}/channels",
    "GET /guilds/{guild_id}/threads/active",
    "GET /gateway/bot",
];

const EVENTS: [&str; 6] = [
    "MESSAGE_CREATE",
    "MESSAGE_UPDATE",
    "MESSAGE_DELETE",
    "CHANNEL_CREATE",
    "THREAD_CREATE",
    "GUILD_CREATE",
];

/// Events without which it is still known where to look: Discord may leave them out when the scrub is
/// there to find it.
const SPARABLE: [&str; 3] = ["MESSAGE_CREATE", "CHANNEL_CREATE", "THREAD_CREATE"];

const CLOSE_CODES: [u16; 6] = [1_000, 1_001, 4_000, 4_007, 4_008, 4_009];

/// What a flood meets.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is drawn by itself")]
pub(super) struct Shore {
    pub(super) config: Config,
    pub(super) begins_now: bool,
    /// Whether Discord leaves out events.
    pub(super) is_lossy: bool,
    scrubs: bool,
    /// Whether ids are in order, and events come as they happen.
    pub(super) is_orderly: bool,
    /// Whether events come twice, late or in another order.
    pub(super) mixes_up: bool,
    /// How likely something strikes between two acts of people.
    pub(super) unrest: f64,
    faults: Vec<Fault>,
    pub(super) is_away: bool,
    /// By what what strikes lasts longer.
    slowness: u32,
    pub(super) struck: BTreeMap<&'static str, u64>,
}

// === impl Shore ===

impl Shore {
    /// `may_scrub`: whether events may be left out, and are looked for by reading again. That would find what a
    /// missing safeguard loses.
    pub(super) fn draw(dice: &mut Rng, scale: Scale, may_scrub: bool) -> Self {
        let mut config = Config {
            seed: dice.u64(..),
            clock_percent: if dice.bool() { 100 } else { dice.u64(91..110) },
            latency_ms: dice.u64(1..60),
            jitter_ms: dice.u64(0..200),
            // Later than that, and the assumption is broken that the scrub is there for.
            id_skew_ms: if dice.bool() { dice.u64(1..3_000) } else { 0 },
            bots: Vec::new(),
            ..Config::default()
        };
        config.limits.enabled = true;
        config.guild.channels_max += scale.rooms;
        config.gateway.heartbeat_interval_ms = dice.u64(5_000..45_000);
        if dice.bool() {
            config.gateway.resume_window_ms = dice.u64(1_000..180_000);
        }
        if dice.u32(0..4) == 0 {
            config.gateway.resume_buffer_max = dice.usize(1..200);
        }
        let scrubs = dice.u32(0..3) == 0 && may_scrub;
        let (mut faults, mut is_lossy) = (Vec::new(), false);
        for _ in 0..dice.usize(0..4) {
            let route = ROUTES[dice.usize(0..ROUTES.len())];
            let often = 0.01 * 60_f64.powf(dice.f64());
            faults.push(Fault::new(route, rest(dice)).with_probability(often));
        }
        let mixes_up = dice.bool();
        for _ in 0..if mixes_up { dice.usize(0..3) } else { 0 } {
            let (event, kind) = event(dice, scrubs);
            is_lossy |= kind == FaultKind::DropEvent;
            faults.push(Fault::new(event, kind).with_probability(dice.f64() / 2.0));
        }
        Self {
            is_orderly: !mixes_up && config.id_skew_ms == 0,
            config,
            mixes_up,
            is_lossy,
            begins_now: dice.bool(),
            scrubs,
            unrest: 0.2 * dice.f64(),
            faults,
            is_away: false,
            slowness: scale.slowness,
            struck: BTreeMap::new(),
        }
    }

    /// What is watched.
    pub(super) fn watch(&self, guild_id: u64) -> Settings {
        Settings {
            start: if self.begins_now {
                Start::Now
            } else {
                Start::Beginning
            },
            scrub: self.scrubs,
            ..Settings::new(Id::new(guild_id))
        }
    }

    pub(super) fn arm(&self, discord: &Simulator) {
        for fault in &self.faults {
            discord.fault(fault.clone());
        }
    }

    /// Something happens.
    pub(super) async fn strike(
        &mut self,
        discord: &Simulator,
        watcher: &mut Watcher<Checked>,
        dice: &mut Rng,
    ) {
        let seconds = f64::from(self.slowness) * dice.f64() * 90.0;
        let name = match dice.u32(0..14) {
            0 => self.command(discord, GatewayCommand::Drop),
            1 => {
                let code = CLOSE_CODES[dice.usize(0..CLOSE_CODES.len())];
                self.command(discord, GatewayCommand::Close { code })
            }
            2 => {
                let resumable = dice.bool();
                self.command(discord, GatewayCommand::Invalidate { resumable })
            }
            3 => self.command(discord, GatewayCommand::Reconnect),
            4 => self.command(discord, GatewayCommand::Heartbeat),
            5 => self.command(discord, GatewayCommand::Silence { seconds }),
            6 => self.command(discord, GatewayCommand::Refuse { seconds }),
            7 | 8 => {
                watcher.kill().await;
                // People go on meanwhile, or the next life begins at once.
                if dice.bool() {
                    watcher.start().await;
                }
                "kill"
            }
            9 => {
                watcher.stop().await;
                if dice.bool() {
                    watcher.start().await;
                }
                "stop"
            }
            10 | 11 => {
                watcher.start().await;
                "start"
            }
            12 => {
                // A gap within a gap.
                discord.gateway(GatewayCommand::Invalidate { resumable: false });
                sleep(Duration::from_millis(dice.u64(1..8_000))).await;
                discord.gateway(GatewayCommand::Invalidate { resumable: false });
                "gap in gap"
            }
            _ => {
                if self.is_away {
                    discord.end_outage();
                } else {
                    let answers = [OutageAnswer::default()];
                    discord.begin_outage(answers[0]);
                }
                self.is_away = !self.is_away;
                "outage"
            }
        };
        *self.struck.entry(name).or_default() += 1;
    }

    fn command(&self, discord: &Simulator, command: GatewayCommand) -> &'static str {
        let _ = self;
        discord.gateway(command);
        "gateway"
    }

    pub(super) fn heal(&mut self, discord: &Simulator) {
        if self.is_away {
            discord.end_outage();
            self.is_away = false;
        }
        // What lasts no longer than a minute and a half ends by itself.
        if self.slowness > 1 {
            discord.gateway(GatewayCommand::Refuse { seconds: 0.0 });
            discord.gateway(GatewayCommand::Drop);
        }
    }
}

fn rest(dice: &mut Rng) -> FaultKind {
    let delay_ms = dice.u64(50..20_000);
    match dice.u32(0..10) {
        0 => FaultKind::HangUp,
        1 => FaultKind::Reset,
        2 => FaultKind::Hang,
        3 => FaultKind::SlowAnswer { delay_ms },
        4 => FaultKind::Status {
            status: 500,
            code: 0,
        },
        5 => FaultKind::Status {
            status: 503,
            code: 0,
        },
        6 => FaultKind::CutBody,
        7 => FaultKind::Garbage,
        8 => FaultKind::Html { status: 502 },
        _ => FaultKind::RateLimited {
            scope: Scope::User,
            retry_after_ms: delay_ms,
        },
    }
}

fn event(dice: &mut Rng, scrubs: bool) -> (&'static str, FaultKind) {
    let name = EVENTS[dice.usize(0..EVENTS.len())];
    match dice.u32(0..4) {
        0 if scrubs => (
            SPARABLE[dice.usize(0..SPARABLE.len())],
            FaultKind::DropEvent,
        ),
        0 | 1 => (name, FaultKind::DuplicateEvent),
        // No later than a message may be seen after it was written.
        2 => {
            let delay_ms = dice.u64(1..10_000);
            (name, FaultKind::DelayEvent { delay_ms })
        }
        _ => (name, FaultKind::ReorderEvent),
    }
}
