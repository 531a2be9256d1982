//! What query strings ask of the relay.

use cordboard_openai::ApiError;

use super::{consumer, moment};
use crate::{
    DeadLetterQuery, GapQuery, MessageQuery,
    limits::{RELAY_DEFAULT, RELAY_ID_MAX, RELAY_MAX, STREAM_CHANNELS_MAX},
    query::{limit, pairs, twice, unknown},
};

/// Where a stream begins, and what it tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct StreamQuery {
    pub(super) consumer: Option<String>,
    pub(super) after: Option<u64>,
    /// Empty: all.
    pub(super) channels: Vec<u64>,
}

pub(super) fn messages(query: &str) -> Result<MessageQuery, ApiError> {
    let (mut channel_id, mut after, mut before) = (None, None, None);
    let (mut since, mut deleted, mut count) = (None, None, None);
    for (name, value) in pairs(query) {
        match &*name {
            "channel_id" => once(&mut channel_id, &name, id(&name, &value)?)?,
            "after" => once(&mut after, &name, begin(&name, &value)?)?,
            "before" => once(&mut before, &name, id(&name, &value)?)?,
            "since" => once(&mut since, &name, first_id(&value)?)?,
            "deleted" => once(&mut deleted, &name, yes(&name, &value)?)?,
            "limit" => once(&mut count, &name, limit(&value, RELAY_MAX)?)?,
            _ => {
                let why = "a query takes channel_id, after, before, since, deleted and limit.";
                return Err(unknown(&name, why));
            }
        }
    }
    // A message's id tells when it was written.
    let since = since.map_or(0, |first: u64| first.saturating_sub(1));
    Ok(MessageQuery {
        channel_id,
        after: after.unwrap_or(0).max(since),
        before,
        deleted: deleted.unwrap_or(false),
        limit: count.unwrap_or(RELAY_DEFAULT),
    })
}

pub(super) fn gaps(query: &str) -> Result<GapQuery, ApiError> {
    let (mut channel_id, mut after, mut count) = (None, None, None);
    for (name, value) in pairs(query) {
        match &*name {
            "channel_id" => once(&mut channel_id, &name, id(&name, &value)?)?,
            "after" => once(&mut after, &name, begin(&name, &value)?)?,
            "limit" => once(&mut count, &name, limit(&value, RELAY_MAX)?)?,
            _ => return Err(unknown(&name, "a query takes channel_id, after and limit.")),
        }
    }
    Ok(GapQuery {
        channel_id,
        after: after.unwrap_or(0),
        limit: count.unwrap_or(RELAY_DEFAULT),
    })
}

pub(super) fn dead_letters(query: &str) -> Result<DeadLetterQuery, ApiError> {
    let (mut after, mut count) = (None, None);
    for (name, value) in pairs(query) {
        match &*name {
            "after" => once(&mut after, &name, begin(&name, &value)?)?,
            "limit" => once(&mut count, &name, limit(&value, RELAY_MAX)?)?,
            _ => return Err(unknown(&name, "a query takes after and limit.")),
        }
    }
    Ok(DeadLetterQuery {
        after: after.unwrap_or(0),
        limit: count.unwrap_or(RELAY_DEFAULT),
    })
}

pub(super) fn stream(query: &str) -> Result<StreamQuery, ApiError> {
    let (mut name_of_consumer, mut after, mut channels) = (None, None, Vec::new());
    for (name, value) in pairs(query) {
        match &*name {
            "consumer" => {
                consumer::check_name(&name, &value)?;
                once(&mut name_of_consumer, &name, value.into_owned())?;
            }
            "after" => once(&mut after, &name, sequence(&name, &value)?)?,
            "channel_id" => channels.push(id(&name, &value)?),
            _ => {
                let why = "a stream takes consumer, after and channel_id.";
                return Err(unknown(&name, why));
            }
        }
    }
    channels.sort_unstable();
    channels.dedup();
    if channels.len() > STREAM_CHANNELS_MAX {
        let why = format!(
            "a stream takes at most {STREAM_CHANNELS_MAX} channels. Leave them out for all channels."
        );
        return Err(ApiError::invalid_value("channel_id", &why));
    }
    Ok(StreamQuery {
        consumer: name_of_consumer,
        after,
        channels,
    })
}

/// A place in the stream.
pub(super) fn sequence(name: &str, value: &str) -> Result<u64, ApiError> {
    number(value).ok_or_else(|| {
        let why = "expected the sequence of an event, or 0 for the beginning.";
        ApiError::invalid_value(name, why)
    })
}

fn once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), ApiError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(name)),
    }
}

/// Empty is the beginning, so that a loop over pages need not treat its first round apart.
fn begin(name: &str, value: &str) -> Result<u64, ApiError> {
    if value.is_empty() {
        return Ok(0);
    }
    number(value).ok_or_else(|| {
        let why = "expected the `id` or `sequence` of the last one on the page before; leave it out for the first page.";
        ApiError::invalid_value(name, why)
    })
}

fn id(name: &str, value: &str) -> Result<u64, ApiError> {
    number(value).filter(|id| *id > 0).ok_or_else(|| {
        let why = "expected an id of Discord's, such as 1087394857203948572.";
        ApiError::invalid_value(name, why)
    })
}

fn first_id(value: &str) -> Result<u64, ApiError> {
    moment::first_id(value).ok_or_else(|| {
        let why = "expected a time such as 2026-01-31T12:00:00Z, or whole Unix seconds.";
        ApiError::invalid_value("since", why)
    })
}

fn yes(name: &str, value: &str) -> Result<bool, ApiError> {
    value
        .parse()
        .map_err(|_| ApiError::invalid_value(name, "expected true or false."))
}

/// Digits alone: `parse` would take a sign.
fn number(value: &str) -> Option<u64> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    let number = value.parse().ok().filter(|_| digits);
    number.filter(|number| *number <= RELAY_ID_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_which_messages() {
        let all = MessageQuery {
            channel_id: None,
            after: 0,
            before: None,
            deleted: false,
            limit: 100,
        };
        assert_eq!(messages("").unwrap(), all);
        assert_eq!(messages("&after=&").unwrap(), all);
        assert_eq!(
            messages("channel_id=7&after=8&before=9&deleted=true&limit=500").unwrap(),
            MessageQuery {
                channel_id: Some(7),
                after: 8,
                before: Some(9),
                deleted: true,
                limit: 500,
            }
        );
        // The later beginning counts.
        let second = (1_000 << 22) - 1;
        for (query, after) in [
            ("since=1420070401", second),
            ("since=2015-01-01T00:00:01Z&after=5", second),
            ("since=2015-01-01T02:00:01%2B02:00", second),
            ("since=1420070401&after=9999999999", 9_999_999_999),
        ] {
            assert_eq!(messages(query).unwrap().after, after, "{query}");
        }
    }

    #[test]
    fn a_query_says_which_events() {
        assert_eq!(stream("").unwrap(), StreamQuery::default());
        assert_eq!(
            stream("channel_id=2&consumer=a.b_C-1&channel_id=1&after=0&channel_id=2").unwrap(),
            StreamQuery {
                consumer: Some("a.b_C-1".into()),
                after: Some(0),
                channels: vec![1, 2],
            }
        );
    }

    #[test]
    fn a_bad_query_is_refused_by_the_name_of_what_is_wrong() {
        let many: Vec<_> = (1..=101).map(|id| format!("channel_id={id}")).collect();
        let many = many.join("&");
        let long = format!("consumer={}", "a".repeat(65));
        let read = |path: &str, query: &str| match path {
            "messages" => messages(query).map(drop),
            "gaps" => gaps(query).map(drop),
            _ => stream(query).map(drop),
        };
        for (path, query, param, message) in [
            ("messages", "channel_id=0", "channel_id", "an id"),
            ("messages", "channel_id=", "channel_id", "an id"),
            ("messages", "channel_id=%2B1", "channel_id", "an id"),
            (
                "messages",
                "channel_id=1&channel_id=1",
                "channel_id",
                "twice",
            ),
            ("messages", "after=-1", "after", "leave it out"),
            (
                "messages",
                "after=9223372036854775808",
                "after",
                "leave it out",
            ),
            ("messages", "before=", "before", "an id"),
            ("messages", "since=today", "since", "2026-01-31T12:00:00Z"),
            ("messages", "deleted=1", "deleted", "true or false"),
            ("messages", "limit=0", "limit", "from 1 to 500"),
            ("messages", "limit=501", "limit", "from 1 to 500"),
            ("messages", "chanel_id=1", "chanel_id", "channel_id, after"),
            ("gaps", "before=1", "before", "channel_id, after and limit"),
            ("gaps", "after=x", "after", "leave it out"),
            ("stream", "consumer=", "consumer", "1 to 64"),
            ("stream", "consumer=a%20b", "consumer", "1 to 64"),
            ("stream", "consumer=a&consumer=b", "consumer", "twice"),
            ("stream", &long, "consumer", "1 to 64"),
            ("stream", "after=", "after", "the sequence"),
            ("stream", "after=now", "after", "the sequence"),
            (
                "stream",
                "limit=5",
                "limit",
                "consumer, after and channel_id",
            ),
            ("stream", &many, "channel_id", "at most 100"),
        ] {
            let error = read(path, query).unwrap_err();
            assert_eq!(error.status, 400, "{query}");
            assert_eq!(error.param.as_deref(), Some(param), "{query}");
            assert!(error.message.contains(message), "{}", error.message);
        }
    }
}
