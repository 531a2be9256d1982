//! What goes wrong in Discord: which kinds of fault exist in this storm, where, and how often.

use std::time::Duration;

use cordboard_simulator::{Fault, FaultKind, GatewayCommand, Scope, Simulator};
use fastrand::Rng;

/// The longest delay between a request and its act.
pub(super) const LATE_MAX: Duration = Duration::from_mins(3);

/// The longest wait that a 429 tells.
pub(super) const TOLD_MAX: Duration = Duration::from_hours(6);

pub(super) const CREATE: &str = "POST /guilds/{guild_id}/channels";
pub(super) const CREATE_THREAD: &str = "POST /channels/{channel_id}/threads";
pub(super) const DELETE: &str = "DELETE /channels/{channel_id}";
pub(super) const LOOK: &str = "GET /channels/{channel_id}";
pub(super) const LIST: &str = "GET /guilds/{guild_id}/channels";
pub(super) const LOG: &str = "GET /guilds/{guild_id}/audit-logs";
pub(super) const GUILD: &str = "GET /guilds/{guild_id}";
pub(super) const POST: &str = "POST /channels/{channel_id}/messages";

/// The routes that a channel's life depends on, the ones that act more often than the others.
const ROUTES: [&str; 11] = [
    CREATE,
    CREATE,
    CREATE,
    DELETE,
    DELETE,
    LOOK,
    LIST,
    LOG,
    GUILD,
    POST,
    CREATE_THREAD,
];

const EVENTS: [&str; 6] = [
    "CHANNEL_CREATE",
    "CHANNEL_DELETE",
    "GUILD_AUDIT_LOG_ENTRY_CREATE",
    "GUILD_UPDATE",
    "MESSAGE_CREATE",
    "*",
];

/// Close codes after which Discord lets a bot come back (Discord: topics/opcodes-and-status-codes).
const CLOSE_CODES: [u16; 10] = [1000, 1001, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009];

/// Faults that spoil what an event says.
const MALFORMED: [&str; 5] = [
    "cut_event",
    "hollow_event",
    "blank_event",
    "authorless_event",
    "bloated_event",
];

/// What has to have struck in a run of many seeds, as the simulator names it.
pub(super) fn kinds() -> impl Iterator<Item = &'static str> {
    let faults = FaultKind::NAMES.into_iter().chain(GatewayCommand::NAMES);
    // A gateway that tells nothing is known to pass only after a minute or two; there are floor tests.
    let faults = faults.filter(|name| *name != "withhold");
    // Events that are not as Discord documents them are the flood's (`Scrawl`), and the floor's (`oddities`).
    let faults = faults.filter(|name| !MALFORMED.contains(name));
    faults.chain(["overfilled", "identifies_spent"])
}

/// The faults of one storm.
#[derive(Debug, Default)]
pub(super) struct Weather {
    faults: Vec<Fault>,
    shakes: bool,
    /// The longest wait that a 429 of these faults tells.
    pub(super) told_max: Duration,
}

// === impl Weather ===

impl Weather {
    /// Draws which faults exist, where, and how hard they strike. All of a slow Discord is slow.
    pub(super) fn draw(dice: &mut Rng, is_slow: bool) -> Self {
        let (mut faults, mut told_max) = (Vec::new(), Duration::ZERO);
        for _ in 0..dice.usize(0..7) {
            let route = ROUTES[dice.usize(0..ROUTES.len())];
            let (target, kind) = rest(dice, route);
            told_max = told_max.max(told(kind));
            // Log-uniform between 1 and 60 of a hundred.
            let often = 0.01 * 60_f64.powf(dice.f64());
            faults.push(Fault::new(target, kind).with_probability(often));
        }
        for _ in 0..dice.usize(0..3) {
            let event = EVENTS[dice.usize(0..EVENTS.len())];
            let delay_ms = dice.u64(1..30_000);
            let kind = match dice.u32(0..4) {
                0 => FaultKind::DropEvent,
                1 => FaultKind::DuplicateEvent,
                2 => FaultKind::DelayEvent { delay_ms },
                _ => FaultKind::ReorderEvent,
            };
            faults.push(Fault::new(event, kind).with_probability(dice.f64() / 2.0));
        }
        if is_slow {
            // The first fault that strikes wins: this one is for all that no other meets.
            let slow = FaultKind::SlowAnswer {
                delay_ms: dice.u64(100..3_000),
            };
            faults.push(Fault::new("*", slow).always());
        }
        Self {
            faults,
            shakes: dice.bool(),
            told_max,
        }
    }

    pub(super) fn arm(&self, discord: &Simulator) {
        for fault in &self.faults {
            discord.fault(fault.clone());
        }
    }

    /// Does something to the gateway, or arms one fault for a moment.
    pub(super) fn shake(&mut self, discord: &Simulator, dice: &mut Rng) {
        if !self.shakes || dice.bool() {
            let route = ROUTES[dice.usize(0..ROUTES.len())];
            let (target, kind) = rest(dice, route);
            self.told_max = self.told_max.max(told(kind));
            discord.fault(Fault::new(target, kind).times(dice.u64(1..4)));
            return;
        }
        let seconds = dice.f64() * 90.0;
        discord.gateway(match dice.u32(0..8) {
            0 => GatewayCommand::Drop,
            1 => GatewayCommand::Close {
                code: CLOSE_CODES[dice.usize(0..CLOSE_CODES.len())],
            },
            2 => GatewayCommand::Invalidate {
                resumable: dice.bool(),
            },
            3 => GatewayCommand::Reconnect,
            4 => GatewayCommand::Heartbeat,
            5 => GatewayCommand::Silence { seconds },
            6 => GatewayCommand::Withhold { seconds },
            _ => GatewayCommand::Refuse { seconds },
        });
    }
}

/// One fault that a route can meet.
pub(super) fn rest(dice: &mut Rng, route: &'static str) -> (&'static str, FaultKind) {
    let delay_ms = dice.u64(100..30_000);
    let kind = match dice.u32(0..25) {
        0 => FaultKind::ActThenHangUp,
        1 => FaultKind::ActThenHang,
        2 => FaultKind::Hang,
        3 => FaultKind::HangUp,
        4 => FaultKind::Reset,
        5 | 6 => FaultKind::Late {
            delay_ms: dice.u64(500..millis(LATE_MAX)),
        },
        7 => FaultKind::SlowAnswer { delay_ms },
        8 | 9 => FaultKind::StatusAfter {
            status: [500, 502, 504, 520][dice.usize(0..4)],
        },
        10 => FaultKind::Status {
            status: [500, 502, 503, 504][dice.usize(0..4)],
            code: 0,
        },
        11 => FaultKind::Html {
            status: [403, 404, 502, 520][dice.usize(0..4)],
        },
        12 | 13 => FaultKind::RateLimited {
            scope: [Scope::User, Scope::Global, Scope::Shared][dice.usize(0..3)],
            retry_after_ms: if dice.u32(0..8) == 0 {
                dice.u64(60_000..millis(TOLD_MAX))
            } else {
                dice.u64(300..5_000)
            },
        },
        14 => FaultKind::StallBody,
        15 => FaultKind::CutBody,
        16 => FaultKind::Garbage,
        17 => FaultKind::Status {
            status: 403,
            code: [50_013, 50_001][dice.usize(0..2)],
        },
        18 => return (LOOK, NOT_FOUND),
        19 => return (DELETE, NOT_FOUND),
        20 => return (CREATE, FaultKind::ActTwice),
        21 => {
            let lag_ms = dice.u64(500..8_000);
            return ([LIST, LOG][dice.usize(0..2)], FaultKind::Stale { lag_ms });
        }
        22 => return (LIST, FaultKind::OmitOne),
        23 => FaultKind::Status {
            status: 401,
            code: 0,
        },
        _ => {
            return (
                CREATE,
                FaultKind::Status {
                    status: 400,
                    code: 30_013,
                },
            );
        }
    };
    (route, kind)
}

/// What a 429 tells to wait.
pub(super) fn told(kind: FaultKind) -> Duration {
    match kind {
        FaultKind::RateLimited { retry_after_ms, .. } => Duration::from_millis(retry_after_ms),
        _ => Duration::ZERO,
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A replica that does not know the channel.
const NOT_FOUND: FaultKind = FaultKind::Status {
    status: 404,
    code: 10_003,
};
