//! Drivers of channels in memory: what they write, and whom that wakes.

mod looks;
mod pages;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use serde_json::{json, value::to_raw_value};
use tokio::{join, time::sleep};
use twilight_model::id::marker::GuildMarker;

use super::*;
use crate::{
    Archive, Channel, Dirty, DirtyReason, Event, Head, MemoryInbox, Message, News, Recovery,
    limits::READ_AT_ONCE, recovery, snowflake::EPOCH_MS,
};

const GUILD: Id<GuildMarker> = Id::new(7);
const HERE: Id<ChannelMarker> = Id::new(100);
const NOW_MS: u64 = 1_800_000_000_000;

/// How often a driver may look at what there is to do before it counts as one that never waits.
const TURNS_MAX: u32 = 1_000;

/// A guild with one channel. Most of the channels of former lives do not answer.
#[derive(Debug, Default)]
struct Guild {
    turns: AtomicU32,
}

impl History for Guild {
    async fn after(
        &self,
        channel_id: Id<ChannelMarker>,
        _: Option<Id<MessageMarker>>,
    ) -> Result<Vec<Message>, Failure> {
        if channel_id == HERE {
            let source = "not now".into();
            return Err(Failure::NotDone { wait: None, source });
        }
        std::future::pending().await
    }
}

impl ChannelDirectory for Guild {
    fn now_ms(&self) -> Option<u64> {
        let turns = self.turns.fetch_add(1, Ordering::Relaxed);
        assert!(turns < TURNS_MAX, "the driver never waits");
        None
    }

    async fn channels(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Head>, Failure> {
        Ok(vec![Head {
            id: HERE,
            guild_id,
            parent_id: None,
            is_thread: false,
            is_forum: false,
            is_archived: false,
            last_message_id: Some(message_id(NOW_MS)),
        }])
    }

    async fn archived(&self, _: Id<ChannelMarker>, _: u64, _: bool) -> Result<Archive, Failure> {
        Ok(Archive::default())
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
    let (recovery, driver, _) = recovery(Guild::default(), record.clone(), settings)
        .await
        .unwrap();
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

#[tokio::test(start_paused = true)]
async fn who_feeds_a_driver_sees_whether_it_takes_anything_in() {
    let record = MemoryInbox::default();
    let (recovery, driver) = watching(&record, 0).await;
    let idle = recovery.uptake();
    assert_eq!((idle.waiting, idle.turns), (2, 0), "it does not run yet");
    let stop = CancellationToken::new();
    let looking = async {
        sleep(Duration::from_secs(1)).await;
        let busy = recovery.uptake();
        assert_eq!((busy.waiting, busy.turns), (0, 1));
        stop.cancel();
    };
    join!(driver.run(stop.clone()), looking).0.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_session_that_begins_while_the_driver_stops_is_not_on_record() {
    // How: all of it waits for the driver when that is told to stop, and the session's lapse is not among
    // it yet.
    let record = MemoryInbox::default();
    let (recovery, driver) = watching(&record, 0).await;
    let (stop, minute) = (CancellationToken::new(), Duration::from_mins(1));
    let last_words = async {
        sleep(minute).await;
        let before = record.load(0).await.unwrap();
        let sent = Instant::now();
        stop.cancel();
        for observed in [
            ready(1, "second"),
            created(2, NOW_MS - 1),
            Observed::Acknowledged {
                sent,
                away: std::sync::Arc::new([]),
            },
        ] {
            recovery.observe(observed).await.unwrap();
        }
        before
    };
    let (ended, before) = join!(driver.run(stop.clone()), last_words);
    ended.unwrap();
    let after = record.load(0).await.unwrap();
    assert_eq!(before.session.as_ref().unwrap().id, "first");
    assert_eq!(after.session, before.session);
    assert_eq!(after.watermark_ms, before.watermark_ms);
    // It waits for nothing: all that is older is on record.
    let told = message_id(NOW_MS - 1);
    assert_eq!(record.holds(vec![told]).await.unwrap(), [true]);
}

#[tokio::test(start_paused = true)]
async fn while_enough_channels_are_read_the_driver_waits_for_one_of_them() {
    // How: one channel's read fails at once and is due again a second later, while all others take up
    // every place and do not answer for a minute.
    let record = MemoryInbox::default();
    let dirty = Some(Dirty {
        after: None,
        reason: DirtyReason::Lapse,
    });
    let hang = (0..READ_AT_ONCE as u64).map(|number| Id::new(200 + number));
    let channels = hang.chain([HERE]).map(|id| Channel {
        id,
        guild_id: GUILD,
        parent_id: None,
        is_thread: false,
        is_forum: false,
        settled_id: None,
        scrubbed_ms: NOW_MS,
        unseen_ms: None,
        dirty,
    });
    let batch = crate::Batch {
        channels: channels.collect(),
        watermark_ms: Some(NOW_MS),
        ..crate::Batch::default()
    };
    record.commit(batch).await.unwrap();
    let settings = Settings {
        scrub: false,
        ..Settings::new(GUILD)
    };
    let (recovery, driver, _) = recovery(Guild::default(), record, settings).await.unwrap();
    recovery.prefer(HERE).unwrap();
    let stop = CancellationToken::new();
    let stopping = async {
        sleep(PAGE_TIMEOUT / 2).await;
        stop.cancel();
    };
    let (ended, ()) = join!(driver.run(stop.clone()), stopping);
    ended.unwrap();
}
