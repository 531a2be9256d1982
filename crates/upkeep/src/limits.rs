//! Bounds of looking after a guild.

use std::time::Duration;

/// How far the machine's clock may be from Discord's. A `Date` has whole seconds and an answer takes some;
/// a machine that keeps time is milliseconds off; half a minute already moves schedules and what is on
/// record by as much.
pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(30);

/// What has to be left of what Discord counts, in percent: a tenth leaves somebody a day or two to act.
pub const LOW_PERCENT: u64 = 10;

/// Channels in a category (topics/opcodes-and-status-codes, 50035 `CHANNEL_PARENT_MAX_CHANNELS`).
pub const CATEGORY_CHANNELS_MAX: u64 = 50;

/// Roles in a guild, `@everyone` included (topics/opcodes-and-status-codes, 30005).
pub const GUILD_ROLES_MAX: u64 = 250;

/// Gateway sessions that have to be left of a day's, however many there are in all: a connection that is
/// dropped again and again uses dozens in an hour, and the gateway itself keeps the last twenty.
pub const IDENTIFIES_MIN: u64 = 50;
