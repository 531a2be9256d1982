//! A moment, and the ids that begin with it.

use jiff::Timestamp;

use crate::limits::RELAY_ID_MAX;

/// Discord's ids count the milliseconds from the first one of 2015, above 22 other bits.
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;
const TIME_SHIFT: u32 = 22;

/// The lowest id that was given out from a moment on, to the millisecond; none: `text` names no
/// moment. It is read as RFC 3339 or as Unix seconds.
pub(super) fn first_id(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let at = if digits {
        Timestamp::from_second(text.parse().ok()?).ok()?
    } else {
        text.parse().ok()?
    };
    let since_epoch = at.as_millisecond().saturating_sub(DISCORD_EPOCH_MS);
    let id = u64::try_from(since_epoch)
        .unwrap_or(0)
        .saturating_mul(1 << TIME_SHIFT);
    Some(id.min(RELAY_ID_MAX))
}

/// Unix seconds as RFC 3339; none: no calendar goes that far.
pub(super) fn rfc3339(seconds: u64) -> Option<String> {
    let at = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_in_two_ways() {
        // Discord's own example: 175928847299117063 was given out at 2016-04-30 11:18:25.796 UTC.
        let id = 175_928_847_299_117_063_u64 >> TIME_SHIFT << TIME_SHIFT;
        for (text, first) in [
            ("2016-04-30T11:18:25.796Z", Some(id)),
            ("2016-04-30T13:18:25.7969+02:00", Some(id)),
            ("1420070400", Some(0)),
            ("1420070401", Some(1_000 << TIME_SHIFT)),
            ("0", Some(0)),
            ("1999-01-01T00:00:00Z", Some(0)),
            ("9999-01-01T00:00:00Z", Some(RELAY_ID_MAX)),
            ("", None),
            ("-1", None),
            ("1420070400.5", None),
            ("99999999999999", None),
            ("99999999999999999999999", None),
            ("yesterday", None),
            ("2016-04-30", None),
            ("2016-04-30T11:18:25", None),
            ("2016-04-30T11:18:25 02:00", None),
        ] {
            assert_eq!(first_id(text), first, "{text}");
        }
    }

    #[test]
    fn seconds_are_told_as_a_date() {
        assert_eq!(
            rfc3339(1_700_000_000).as_deref(),
            Some("2023-11-14T22:13:20Z")
        );
        assert_eq!(rfc3339(u64::MAX), None);
    }
}
