//! What is seen in the suite, and short words for what is asked.

use serde_json::{json, value::to_raw_value};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, MessageMarker},
};

use crate::{
    Batch, Channel, Committed, EntryQuery, Gap, GapReason, Inbox, Message, MessageLog, News,
    Record, Retention, Sight, snowflake::EPOCH_MS,
};

/// The channel of most cases.
pub(super) const HERE: Id<ChannelMarker> = Id::new(1_001);

/// Another one.
pub(super) const THERE: Id<ChannelMarker> = Id::new(1_002);

/// When the first message of the suite is made, in milliseconds since 1970.
const BEGAN_MS: u64 = 1_800_000_000_000;

/// Everything is kept.
pub(super) const ALL: Retention = Retention {
    before_ms: 0,
    bytes_max: u64::MAX,
};

/// When a message is made: one each second.
pub(super) const fn at_ms(number: u64) -> u64 {
    BEGAN_MS + number * 1_000
}

/// The message with this number.
pub(super) fn id(number: u64) -> Id<MessageMarker> {
    Id::new((at_ms(number) - EPOCH_MS) << 22 | 5)
}

/// A whole message; `edited` is the second of its last edit, 0 for never.
pub(super) fn message(number: u64, content: &str, edited: u64) -> Message {
    let timestamp = format!("2026-11-01T10:00:{edited:02}.000000+00:00");
    let fields = json!({
        "id": id(number),
        "author": {"id": "3"},
        "content": content,
        "edited_timestamp": (edited > 0).then_some(timestamp),
    });
    partial(&fields)
}

/// Some fields of a message.
pub(super) fn partial(fields: &serde_json::Value) -> Message {
    let json = to_raw_value(fields).expect("JSON is JSON");
    Message::read(json).expect("a message has an id")
}

pub(super) fn created(number: u64) -> Sight {
    Sight::Created(message(number, &format!("m{number}"), 0))
}

pub(super) fn records(
    channel_id: Id<ChannelMarker>,
    sights: impl IntoIterator<Item = Sight>,
) -> Vec<Record> {
    let records = sights.into_iter();
    records.map(|sight| Record { channel_id, sight }).collect()
}

pub(super) fn gap(channel_id: Id<ChannelMarker>, after: Option<u64>, reason: GapReason) -> Gap {
    Gap {
        channel_id,
        after: after.map(id),
        to: after.map(|after| id(after + 10)),
        reason,
        at_ms: at_ms(0),
    }
}

/// A channel of which nothing is to be read.
pub(super) fn clean(channel_id: Id<ChannelMarker>) -> Channel {
    Channel {
        id: channel_id,
        guild_id: Id::new(7),
        parent_id: None,
        is_thread: false,
        is_forum: false,
        settled_id: None,
        scrubbed_ms: 0,
        unseen_ms: None,
        dirty: None,
    }
}

pub(super) async fn commit(record: &impl Inbox, batch: Batch) -> Committed {
    let committed = record.commit(batch).await;
    committed.expect("a batch can be written")
}

/// Writes what was seen in a channel.
pub(super) async fn see(
    record: &impl Inbox,
    channel_id: Id<ChannelMarker>,
    sights: impl IntoIterator<Item = Sight>,
) -> Committed {
    let batch = Batch {
        records: records(channel_id, sights),
        ..Batch::default()
    };
    commit(record, batch).await
}

pub(super) async fn holds(
    record: &impl Inbox,
    numbers: impl IntoIterator<Item = u64>,
) -> Vec<bool> {
    let messages = numbers.into_iter().map(id).collect();
    let holds = record.holds(messages).await;
    holds.expect("what is held can be asked")
}

/// Drops all that is to go, and says how many entries that were.
pub(super) async fn prune(record: &impl MessageLog, retention: Retention) -> u64 {
    let mut dropped = 0;
    loop {
        let batch = record.prune(retention).await;
        match batch.expect("the old can be dropped") {
            0 => return dropped,
            batch => dropped += batch,
        }
    }
}

/// Walks through the entries of some channels from a sequence to the end, and says what each tells:
/// its sequence, `c`reated, `u`pdated, `d`eleted, `i`nferred to be, or `gap`, the message's number, and its
/// content or the gap's reason. A gap that begins just below a message has its number.
pub(super) async fn told(
    record: &impl MessageLog,
    mut after: u64,
    channels: &[Id<ChannelMarker>],
    limit: usize,
) -> Vec<String> {
    let mut told = Vec::new();
    loop {
        let query = EntryQuery {
            after,
            channels: channels.to_vec(),
            limit,
        };
        let page = record.entries(query).await.expect("entries can be read");
        assert!(page.entries.len() <= limit, "at most as many as asked for");
        assert!(page.through >= after, "a walk does not go back");
        for entry in page.entries {
            assert!(channels.is_empty() || channels.contains(&entry.channel_id));
            assert!(entry.sequence > after, "in order, each once");
            assert!(entry.sequence <= page.through && entry.sequence <= page.newest);
            after = entry.sequence;
            told.push(format!("{} {}", entry.sequence, words(&entry.news)));
        }
        if page.through >= page.newest {
            return told;
        }
        assert!(page.through >= after, "it goes on behind what it gave");
        after = page.through;
    }
}

/// All entries, without their sequences.
pub(super) async fn news(record: &impl MessageLog, after: u64) -> Vec<String> {
    let told = told(record, after, &[], 100).await.into_iter();
    let news = told.map(|told| told.split_once(' ').map(|(_, news)| news.to_owned()));
    news.flatten().collect()
}

pub(super) fn content(json: &serde_json::value::RawValue) -> String {
    let value: serde_json::Value = serde_json::from_str(json.get()).expect("JSON is JSON");
    value["content"].as_str().unwrap_or("?").to_owned()
}

/// What is told, without its sequence.
pub(super) fn words(news: &News) -> String {
    let number = |id: Id<MessageMarker>| ((id.get() >> 22) + EPOCH_MS - BEGAN_MS) / 1_000;
    match news {
        News::Created { message_id, json } => {
            format!("c {} {}", number(*message_id), content(json))
        }
        News::Updated { message_id, json } => {
            format!("u {} {}", number(*message_id), content(json))
        }
        News::Deleted {
            message_id,
            is_inferred,
        } => {
            let word = if *is_inferred { "i" } else { "d" };
            format!("{word} {}", number(*message_id))
        }
        News::Gap(gap) => {
            let number = |id: Option<_>| id.map_or("-".to_owned(), |id| number(id).to_string());
            let (after, to) = (number(gap.after), number(gap.to));
            format!("gap {after}..{to} {}", gap.reason.name())
        }
    }
}
