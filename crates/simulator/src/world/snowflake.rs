//! Ids that carry their moment, and moments as Discord writes them.

use jiff::Timestamp;

use crate::clock::{Clock, DISCORD_EPOCH_MS};

/// Hands out ids that only ever grow.
#[derive(Debug, Default)]
pub(crate) struct Snowflakes {
    last: u64,
    skewed: u64,
}

impl Snowflakes {
    /// The next id at the clock's moment; ids of one millisecond differ in their low bits.
    pub(crate) fn next(&mut self, clock: &Clock) -> u64 {
        let first = clock.now_ms().saturating_sub(DISCORD_EPOCH_MS) << 22;
        self.last = first.max(self.last + 1);
        self.last
    }
}

impl Snowflakes {
    /// An id that is so much older than the clock's moment. It differs from all others in its low bits.
    pub(crate) fn skewed(&mut self, clock: &Clock, back_ms: u64) -> u64 {
        let ms = clock
            .now_ms()
            .saturating_sub(DISCORD_EPOCH_MS)
            .saturating_sub(back_ms);
        self.skewed += 1;
        // The ids in order have small low bits.
        (ms << 22) | (1 << 21) | (self.skewed % (1 << 21))
    }
}

/// The moment in an id, in milliseconds since 1970.
pub(crate) fn created_ms(id: u64) -> u64 {
    (id >> 22) + DISCORD_EPOCH_MS
}

/// `2026-01-01T00:00:00.000000+00:00`.
pub(crate) fn iso_ms(ms: u64) -> String {
    iso_us(ms.saturating_mul(1_000))
}

/// The same with microseconds, which only edits have.
pub(crate) fn iso_us(us: u64) -> String {
    let us = i64::try_from(us).unwrap_or(i64::MAX);
    let moment = Timestamp::from_microsecond(us).unwrap_or(Timestamp::MAX);
    moment.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

/// Reads a moment that a client sent, as milliseconds since 1970.
pub(crate) fn parse_iso(text: &str) -> Option<u64> {
    let moment: Timestamp = text.parse().ok()?;
    u64::try_from(moment.as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn ids_of_one_millisecond_differ_and_grow() {
        let clock = Clock::starting_at(1_767_225_600_000);
        let mut snowflakes = Snowflakes::default();
        let (first, second) = (snowflakes.next(&clock), snowflakes.next(&clock));
        assert!(first < second);
        assert_eq!(created_ms(first), created_ms(second));
    }

    #[test]
    fn moments_are_written_with_six_digits_and_an_offset() {
        assert_eq!(
            iso_ms(1_767_225_600_001),
            "2026-01-01T00:00:00.001000+00:00"
        );
        assert_eq!(
            parse_iso("2026-01-01T00:00:00.001000+00:00"),
            Some(1_767_225_600_001)
        );
    }
}
