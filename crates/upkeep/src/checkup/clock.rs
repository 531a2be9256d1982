//! The machine's clock beside Discord's.

use std::time::Duration;

use super::Finding;
use crate::limits::CLOCK_SKEW_MAX;

/// Compares the machine's clock with what Discord's has at least passed, both in milliseconds since 1970
/// and read at the same moment.
#[must_use]
pub fn clock(ours_ms: u64, discord_ms: Option<u64>) -> Finding {
    let subject = "the machine's clock";
    let Some(discord_ms) = discord_ms else {
        let why = "Discord has told no time";
        return Finding::skipped("clock.skew", subject, why);
    };
    let away = Duration::from_millis(ours_ms.abs_diff(discord_ms));
    if away <= CLOCK_SKEW_MAX {
        return Finding::ok("clock.skew", subject);
    }
    let direction = if ours_ms > discord_ms {
        "ahead of"
    } else {
        "behind"
    };
    Finding::wrong(
        "clock.skew",
        subject,
        format!(
            "is {} s {direction} Discord's: schedules and times on record are off by as much",
            away.as_secs()
        ),
        "let the machine keep time (timedatectl set-ntp true, or chrony)",
    )
}
