//! Drivers of channels in memory: what they write, and whom that wakes.

use serde_json::{json, value::to_raw_value};
use tokio::{join, time::sleep};
use twilight_model::id::marker::GuildMarker;

use super::*;
use crate::{Event, Head, MemoryInbox, Message, News, Recovery, recovery, snowflake::EPOCH_MS};

const GUILD: Id<GuildMarker> = Id::new(7);
const HERE: Id<ChannelMarker> = Id::new(100);
const NOW_MS: u64 = 1_800_000_000_000;

/// A guild with one channel.
#[derive(Debug, Default)]
struct Guild;

impl History for Guild {
    async fn after(
        &self,
        _: Id<ChannelMarker>,
        _: Option<Id<MessageMarker>>,
    ) -> Result<Vec<Message>, Failure> {
        Ok(Vec::new())
    }
}

impl ChannelDirectory for Guild {
    fn now_ms(&self) -> Option<u64> {
        None
    }

    async fn channels(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Head>, Failure> {
        Ok(vec![Head {
            id: HERE,
            guild_id,
            parent_id: None,
            is_thread: false,
            is_archived: false,
            last_message_id: Some(message_id(NOW_MS)),
        }])
    }

    async fn archived(&self, _: Id<ChannelMarker>, _: u64) -> Result<Vec<Head>, Failure> {
        Ok(Vec::new())
    }

    async fn message(
        &self,
        _: Id<ChannelMarker>,
        _: Id<MessageMarker>,
    ) -> Result<Option<Message>, Failure> {
        Ok(None)
    }
}

fn message_id(ms: u64) -> Id<MessageMarker> {
    Id::new((ms - EPOCH_MS) << 22 | 3)
}

fn event(name: &str, sequence: u64, data: &serde_json::Value) -> Observed {
    Observed::Event(Event {
        name: name.into(),
        sequence,
        guild_id: Some(GUILD),
        channel_id: Some(HERE),
        data: to_raw_value(data).unwrap(),
    })
}

fn created(sequence: u64, ms: u64) -> Observed {
    let data = json!({"id": message_id(ms).to_string(), "author": {"id": "1"}});
    event("MESSAGE_CREATE", sequence, &data)
}

fn ready(sequence: u64, session: &str) -> Observed {
    event("READY", sequence, &json!({"session_id": session}))
}

/// A driver of a shard, on a session that has been handed over.
async fn watching(record: &MemoryInbox, shard: u32) -> (Recovery, Driver<Guild, MemoryInbox>) {
    let settings = Settings {
        shard,
        scrub: false,
        ..Settings::new(GUILD)
    };
    let (recovery, driver, _) = recovery(Guild, record.clone(), settings).await.unwrap();
    for observed in [ready(1, "first"), Observed::Lapsed] {
        recovery.observe(observed).await.unwrap();
    }
    (recovery, driver)
}

#[tokio::test(start_paused = true)]
async fn what_another_shard_records_wakes_who_waits() {
    // How: only the second driver hears of anything; the first one has ended once it is told to.
    let record = MemoryInbox::default();
    let (quiet, its_driver) = watching(&record, 0).await;
    let (busy, other_driver) = watching(&record, 1).await;
    let mut tail = quiet.tail(record.clone(), 0, Vec::new());
    let (stop, minute) = (CancellationToken::new(), Duration::from_mins(1));
    let reading = async {
        let entry = timeout(minute, tail.next()).await.expect("it wakes");
        let news = entry.unwrap().unwrap().news;
        assert!(matches!(news, News::Created { .. }), "{news:?}");
        stop.cancel();
        let end = timeout(minute, tail.next()).await.expect("it ends");
        assert!(end.unwrap().is_none());
    };
    let writing = async {
        sleep(Duration::from_secs(10)).await;
        busy.observe(created(2, NOW_MS + 1_000)).await.unwrap();
    };
    let (its_end, other_end, ..) = join!(
        its_driver.run(stop.clone()),
        other_driver.run(stop.clone()),
        reading,
        writing
    );
    its_end.and(other_end).unwrap();
}
