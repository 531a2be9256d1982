//! How many messages a second the disk at hand takes on record, what one message waits for beyond the
//! sync of the disk, how long pages take with 200,000 entries on record, and how long a channel that is
//! being planned waits for them.
//! `cargo run --release -p cordboard-store --example inbox_rows -- FOLDER`

#![expect(clippy::print_stdout, reason = "this program is there to print it")]

use std::{error::Error, fs::File, os::unix::fs::FileExt as _, path::PathBuf, time::Duration};

use cordboard_lifecycle::{AttemptId, Entry, Kind, Owner, Registry as _, Row, Stage};
use cordboard_recovery::{
    Batch, EntryQuery, Inbox as _, Message, MessageLog as _, MessageQuery, Record, Retention, Sight,
};
use cordboard_store::{Location, SqliteInbox, SqliteRegistry, Store, limits::READ_ROWS_MAX};
use serde_json::{json, value::to_raw_value};
use tokio::time::{Instant, sleep};
use twilight_model::id::{Id, marker::ChannelMarker};

/// What the driver writes at once when there is much to write.
const BATCH: u64 = 64;
const ENTRIES: u64 = 200_000;

/// So many channels take turns, which spreads what is written.
const CHANNELS: u64 = 500;

/// What a commit of one message appends to the log, most of the time: 7 pages, as its size tells.
const WRITE_BYTES: usize = 7 * 4_120;
const ROUNDS: u64 = 300;

const NOW_MS: u64 = 1_800_000_000_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder)?;
    let path = folder.path().join("store.db");
    let store = Store::open(&Location::Path(path.clone())).await?;
    let inbox = store.inbox();
    println!("{} bytes each", message(1).json.get().len());
    for part in 0..4 {
        fill(&inbox, part * ENTRIES / 4..(part + 1) * ENTRIES / 4).await?;
    }
    single(&inbox, &File::create(folder.path().join("bare"))?).await?;
    pages(&inbox).await?;
    planning(&store).await?;
    prune(&inbox).await?;
    drop((inbox, store));
    let began = Instant::now();
    drop(Store::open(&Location::Path(path.clone())).await?);
    let mebibytes = std::fs::metadata(path)?.len() >> 20;
    println!("opened {mebibytes} MiB in {:.1?}", began.elapsed());
    Ok(())
}

async fn fill(inbox: &SqliteInbox, numbers: std::ops::Range<u64>) -> Result<(), Box<dyn Error>> {
    let (mut waits, count, began) = (Vec::new(), numbers.end - numbers.start, Instant::now());
    for first in numbers.clone().step_by(usize::try_from(BATCH)?) {
        let records = first..numbers.end.min(first + BATCH);
        let records = records.map(record).collect();
        let batch = Batch {
            records,
            watermark_ms: Some(NOW_MS + first),
            ..Batch::default()
        };
        let began = Instant::now();
        inbox.commit(batch).await?;
        waits.push(began.elapsed());
    }
    let rate = f64::from(u32::try_from(count)?) / began.elapsed().as_secs_f64();
    println!(
        "{rate:.0} messages/s in batches of {BATCH}, each {}",
        spread(waits)
    );
    Ok(())
}

/// Commits of one message, by turns with bare writes.
async fn single(inbox: &SqliteInbox, bare: &File) -> Result<(), Box<dyn Error>> {
    let (mut commits, mut syncs, mut edits) = (Vec::new(), Vec::new(), Vec::new());
    let bytes = vec![1; WRITE_BYTES];
    // Grown beforehand, as the log is.
    for round in 0..ROUNDS {
        bare.write_all_at(&bytes, round * bytes.len() as u64)?;
    }
    bare.sync_all()?;
    for round in 0..ROUNDS {
        for (waits, record) in [
            (&mut commits, record(ENTRIES + round)),
            (&mut edits, edit(ENTRIES + round)),
        ] {
            sleep(Duration::from_millis(3)).await;
            let batch = Batch {
                records: vec![record],
                watermark_ms: Some(NOW_MS + ENTRIES + round),
                ..Batch::default()
            };
            let began = Instant::now();
            inbox.commit(batch).await?;
            waits.push(began.elapsed());
        }
        sleep(Duration::from_millis(3)).await;
        let began = Instant::now();
        bare.write_all_at(&bytes, round * bytes.len() as u64)?;
        bare.sync_all()?;
        syncs.push(began.elapsed());
    }
    println!("one message: {}", spread(commits));
    println!("one edit: {}", spread(edits));
    println!("a bare sync: {}", spread(syncs));
    Ok(())
}

async fn pages(inbox: &SqliteInbox) -> Result<(), Box<dyn Error>> {
    let rare = Id::new(77);
    for (what, limit, channels) in [
        ("100 entries", 100, vec![]),
        ("a full page of 256", READ_ROWS_MAX, vec![]),
        ("100 of one channel in 500", 100, vec![channel(7)]),
        ("100 of a channel without any", 100, vec![rare]),
    ] {
        let mut waits = Vec::new();
        for round in 0..ROUNDS {
            let query = EntryQuery {
                after: round * 7_919 * 83 % (ENTRIES - 2_000),
                channels: channels.clone(),
                limit,
            };
            let began = Instant::now();
            inbox.entries(query).await?;
            waits.push(began.elapsed());
        }
        println!("{what}: {}", spread(waits));
    }
    let mut waits = Vec::new();
    for round in 0..ROUNDS {
        let query = MessageQuery {
            channel_id: Some(channel(round)),
            after: None,
            before: Some(message(ENTRIES).id),
            limit: 100,
            with_deleted: false,
        };
        let began = Instant::now();
        inbox.messages(query).await?;
        waits.push(began.elapsed());
    }
    println!("100 messages of a channel: {}", spread(waits));
    Ok(())
}

/// What planning a channel takes, by turns with nobody beside it, and behind somebody who reads a page.
async fn planning(store: &Store) -> Result<(), Box<dyn Error>> {
    let (registry, inbox) = (store.registry(), store.inbox());
    let entry = Entry {
        instance: 1,
        guild_id: Id::new(7),
        at_ms: NOW_MS,
    };
    let owner = registry.enter(entry).await?.owner;
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        sleep(Duration::from_millis(3)).await;
        alone.push(plan(&registry, owner, 2 * round).await?);
        sleep(Duration::from_millis(3)).await;
        let query = EntryQuery {
            after: round * 7_919 * 83 % (ENTRIES - 2_000),
            channels: vec![],
            limit: READ_ROWS_MAX,
        };
        let (page, planned) =
            tokio::join!(inbox.entries(query), plan(&registry, owner, 2 * round + 1));
        page?;
        beside.push(planned?);
    }
    println!("a planned row: {}", spread(alone));
    println!("a planned row behind a full page: {}", spread(beside));
    Ok(())
}

async fn plan(
    registry: &SqliteRegistry,
    owner: Owner,
    number: u64,
) -> Result<Duration, Box<dyn Error>> {
    let attempt = u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64;
    let row = Row {
        attempt: AttemptId::from_bytes(attempt.to_be_bytes()),
        request_id: format!("request-{number}"),
        guild_id: Id::new(7),
        kind: Kind::Text,
        owner,
        stage: Stage::Planned,
        since_ms: NOW_MS,
        not_before_ms: NOW_MS,
        deadline_at_ms: NOW_MS,
        next_at_ms: NOW_MS,
        tries: 0,
        reason: None,
    };
    let began = Instant::now();
    registry.insert(row).await?;
    Ok(began.elapsed())
}

async fn prune(inbox: &SqliteInbox) -> Result<(), Box<dyn Error>> {
    let retention = Retention {
        before_ms: NOW_MS + ENTRIES / 10,
        bytes_max: u64::MAX,
    };
    let (mut waits, mut dropped) = (Vec::new(), 0);
    loop {
        let began = Instant::now();
        let batch = inbox.prune(retention).await?;
        if batch == 0 {
            break;
        }
        dropped += batch;
        waits.push(began.elapsed());
    }
    println!("dropped {dropped} entries, a batch in {}", spread(waits));
    Ok(())
}

fn channel(number: u64) -> Id<ChannelMarker> {
    Id::new(1_000_000_000_000_000_000 + number % CHANNELS * 7_919)
}

fn record(number: u64) -> Record {
    Record {
        channel_id: channel(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32),
        sight: Sight::Created(message(number)),
    }
}

fn edit(number: u64) -> Record {
    let Record { channel_id, .. } = record(number);
    let mut message = message(number);
    message.edited_ms = NOW_MS + number;
    Record {
        channel_id,
        sight: Sight::Updated(message),
    }
}

/// One a millisecond, as Discord's objects are, one KiB.
fn message(number: u64) -> Message {
    let id = Id::new((NOW_MS + number - 1_420_070_400_000) << 22);
    let value = json!({
        "type": 0, "tts": false, "timestamp": "2026-11-01T10:00:01.000000+00:00", "pinned": false,
        "nonce": "1333333333333333333", "mentions": [], "mention_roles": [], "mention_everyone": false,
        "member": {"roles": ["1111111111111111111"], "joined_at": "2024-01-01T00:00:00+00:00",
            "premium_since": null, "pending": false, "nick": null, "mute": false, "deaf": false,
            "flags": 0, "avatar": null, "banner": null, "communication_disabled_until": null},
        "id": id, "flags": 0, "embeds": [], "edited_timestamp": null, "content": "word ".repeat(40),
        "components": [], "channel_id": "1000000000000000000", "attachments": [],
        "author": {"id": "1222222222222222222", "username": "somebody", "discriminator": "0",
            "global_name": "Somebody", "public_flags": 0, "avatar": "0123456789abcdef0123456789abcdef",
            "avatar_decoration_data": null, "clan": null, "primary_guild": null},
        "guild_id": "1000000000000000001"
    });
    Message {
        id,
        edited_ms: 0,
        json: to_raw_value(&value).expect("a value is JSON"),
    }
}

fn spread(mut durations: Vec<Duration>) -> String {
    durations.sort_unstable();
    let (median, p99) = (
        durations[durations.len() / 2],
        durations[durations.len() * 99 / 100],
    );
    format!("median {median:.2?}, p99 {p99:.2?}")
}
