//! Times as people write and read them, and as ids hold them.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use twilight_model::id::Id;

/// Discord counts from 2015 in the upper 42 bits of an id (reference#snowflakes).
const DISCORD_EPOCH_MS: u64 = 1_420_070_400_000;

/// The last millisecond that those bits can hold.
const DISCORD_END_MS: u64 = DISCORD_EPOCH_MS + (1 << 42) - 1;

/// A time of a message in milliseconds since 1970: a day, which begins at midnight UTC, or a moment by
/// RFC 3339. What no id can hold would choose other messages than it says, and is refused.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let moment = text.parse::<Timestamp>().or_else(|_| {
        let day = text.parse::<Date>()?;
        day.to_zoned(TimeZone::UTC).map(|begin| begin.timestamp())
    });
    let moment = moment.map_err(|_| {
        "write a day such as 2026-11-01, or a moment such as 2026-11-01T08:30:00Z".to_owned()
    })?;
    let ms = u64::try_from(moment.as_millisecond()).unwrap_or_default();
    if (DISCORD_EPOCH_MS..=DISCORD_END_MS).contains(&ms) {
        Ok(ms)
    } else {
        Err("no message is of that time: write one from 2015-01-01 to 2154-05-15".to_owned())
    }
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
    let since_ms = ms.clamp(DISCORD_EPOCH_MS, DISCORD_END_MS) - DISCORD_EPOCH_MS;
    // No id is 0.
    Id::new_checked((since_ms << 22).max(1))
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
        assert_eq!(parse("2015-01-02"), Ok(DISCORD_EPOCH_MS + 86_400_000));
        assert_eq!(parse("2015-01-01T00:00:01Z"), Ok(DISCORD_EPOCH_MS + 1_000));
        assert_eq!(
            parse("2015-01-01T01:00:01+01:00"),
            Ok(DISCORD_EPOCH_MS + 1_000)
        );
        for text in ["", "yesterday", "2026-13-01"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(show(1_000), "1970-01-01T00:00:01Z");
    }

    #[test]
    fn a_time_that_no_id_can_hold_is_refused() {
        for text in [
            "1969-01-01",
            "2014-12-31T23:59:59.999Z",
            "2154-05-15T07:35:11.104Z",
            "2160-01-01",
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains("2015-01-01"), "{text}: {refused}");
            assert!(refused.contains("2154-05-15"), "{text}: {refused}");
        }
        let (first, last) = (parse("2015-01-01"), parse("2154-05-15T07:35:11.103Z"));
        // What is before the first of all is nothing, and not everything.
        assert_eq!(first_id::<()>(first.clone().unwrap()), Id::new_checked(1));
        assert_eq!(just_before::<()>(first.unwrap()), None);
        let youngest = (1 << 42) - 1;
        assert_eq!(
            first_id::<()>(last.unwrap()),
            Id::new_checked(youngest << 22)
        );
    }
}
