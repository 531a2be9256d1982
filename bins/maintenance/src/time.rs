//! Times as people write and read them, and as ids hold them.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use twilight_model::id::Id;

/// Discord counts from 2015 in the upper 42 bits of an id (reference#snowflakes).
const DISCORD_EPOCH_MS: u64 = 1_420_070_400_000;

/// A time in milliseconds since 1970: a day, which begins at midnight UTC, or a moment by RFC 3339.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let moment = text.parse::<Timestamp>().or_else(|_| {
        let day = text.parse::<Date>()?;
        day.to_zoned(TimeZone::UTC).map(|begin| begin.timestamp())
    });
    let moment = moment.map_err(|_| {
        "write a day such as 2026-11-01, or a moment such as 2026-11-01T08:30:00Z".to_owned()
    })?;
    u64::try_from(moment.as_millisecond()).map_err(|_| "that was before 1970".to_owned())
}

/// A time for people, in UTC.
pub(crate) fn show(ms: u64) -> String {
    let moment = i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    moment.map_or_else(|| "never".to_owned(), |moment| format!("{moment:.0}"))
}

/// The smallest id that something of this time can have.
pub(crate) fn first_id<T>(ms: u64) -> Option<Id<T>> {
    Id::new_checked(ms.saturating_sub(DISCORD_EPOCH_MS) << 22)
}

/// The largest id below those.
pub(crate) fn just_before<T>(ms: u64) -> Option<Id<T>> {
    first_id::<T>(ms).and_then(|first| Id::new_checked(first.get() - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_read_and_nothing_else_is() {
        assert_eq!(parse("1970-01-02"), Ok(86_400_000));
        assert_eq!(parse("1970-01-01T00:00:01Z"), Ok(1_000));
        assert_eq!(parse("1970-01-01T01:00:01+01:00"), Ok(1_000));
        for text in ["", "yesterday", "1969-01-01", "2026-13-01"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(show(1_000), "1970-01-01T00:00:01Z");
    }
}
