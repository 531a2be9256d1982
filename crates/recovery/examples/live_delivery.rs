//! How long a message takes from the gateway's hub to a consumer, over the record on the disk at hand,
//! and how much of that is not the sync of that disk.
//! `cargo run --release -p cordboard-recovery --example live_delivery -- FOLDER`

#![expect(clippy::print_stdout, reason = "this program is there to print it")]

use std::{error::Error, fs::File, os::unix::fs::FileExt as _, path::PathBuf, time::Duration};

use cordboard_gateway::{Delivery, Dispatch, Feed, Hub, LapseReason, Subscription};
use cordboard_recovery::{
    Archive, ChannelDirectory, EVENTS, Event, Failure, Head, History, Message, Observed, Recovery,
    Settings, Tail, recovery,
};
use cordboard_store::{Location, SqliteInbox, Store};
use serde_json::{Value, json, value::to_raw_value};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker, MessageMarker},
};

const GUILD: Id<GuildMarker> = Id::new(1_000_000_000_000_000_001);
const NOW_MS: u64 = 1_800_000_000_000;

/// What a commit of one message appends to the log, most of the time: 7 pages, as its size tells.
const WRITE_BYTES: usize = 7 * 4_120;
const ROUNDS: u64 = 500;

/// A Discord with so many channels, in which nothing was ever said.
struct Quiet(u64);

/// Both ends of what is measured.
struct Line {
    feed: Feed,
    tail: Tail<SqliteInbox>,
    channels: u64,
    sent: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder)?;
    let bare = File::create(folder.path().join("bare"))?;
    for channels in [1, 500, 10_000] {
        let path = folder.path().join(format!("{channels}.db"));
        let inbox = Store::open(&Location::Path(path)).await?.inbox();
        let settings = Settings::new(GUILD);
        let (recovery, driver, _) = recovery(Quiet(channels), inbox.clone(), settings).await?;
        let (hub, feed) = Hub::new();
        let tap = hub.tap(EVENTS);
        let line = Line {
            tail: recovery.tail(inbox, 0, Vec::new()),
            feed,
            channels,
            sent: 0,
        };
        tokio::select! {
            ended = driver.run(CancellationToken::new()) => ended?,
            () = observe(tap, &recovery) => {}
            measured = measure(line, &recovery, &bare) => measured?,
        }
    }
    Ok(())
}

/// Tells the driver what the hub delivers.
async fn observe(mut tap: Subscription, recovery: &Recovery) {
    while let Some(delivery) = tap.next().await {
        let observed = match delivery {
            Delivery::Dispatch(dispatch) => Observed::Event(Event {
                name: dispatch.name.clone(),
                sequence: dispatch.sequence,
                guild_id: dispatch.guild_id,
                channel_id: dispatch.channel_id,
                data: dispatch.data.clone(),
            }),
            Delivery::Lapse(_) => Observed::Lapsed,
            Delivery::Acknowledged(told) => Observed::Acknowledged {
                sent: told.sent,
                away: told.away,
            },
        };
        if recovery.observe(observed).await.is_err() {
            return;
        }
    }
}

async fn measure(mut line: Line, recovery: &Recovery, bare: &File) -> Result<(), Box<dyn Error>> {
    line.publish("READY", None, &json!({"session_id": "one"}));
    line.feed.lapse(LapseReason::NewSession, Instant::now());
    let mut standing = recovery.standing();
    standing.wait_for(|standing| standing.is_covered).await?;
    let bytes = vec![1; WRITE_BYTES];
    // Grown beforehand, as the log is.
    for round in 0..ROUNDS {
        bare.write_all_at(&bytes, round * bytes.len() as u64)?;
    }
    bare.sync_all()?;
    let (mut waits, mut syncs, mut beyond) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        sleep(Duration::from_millis(3)).await;
        let wait = line.message().await?;
        sleep(Duration::from_millis(3)).await;
        let began = Instant::now();
        bare.write_all_at(&bytes, round * bytes.len() as u64)?;
        bare.sync_all()?;
        let sync = began.elapsed();
        waits.push(milliseconds(wait));
        syncs.push(milliseconds(sync));
        beyond.push(milliseconds(wait) - milliseconds(sync));
    }
    println!("{} channels:", line.channels);
    println!("  from the hub to a consumer: {}", spread(waits));
    println!("  a bare sync: {}", spread(syncs));
    println!("  beyond the sync: {}", spread(beyond));
    Ok(())
}

// === impl Line ===

impl Line {
    fn publish(&mut self, name: &str, channel_id: Option<Id<ChannelMarker>>, data: &Value) {
        self.sent += 1;
        self.feed.publish(Dispatch {
            name: name.into(),
            sequence: self.sent,
            shard: 0,
            guild_id: channel_id.map(|_| GUILD),
            channel_id,
            data: to_raw_value(data).expect("a value is JSON"),
        });
    }

    /// How long the next message takes.
    async fn message(&mut self) -> Result<Duration, Box<dyn Error>> {
        let (id, channel_id) = (Id::new(id(self.sent)), channel(self.sent % self.channels));
        let data = message(id, channel_id);
        let began = Instant::now();
        self.publish("MESSAGE_CREATE", Some(channel_id), &data);
        let entry = self.tail.next().await?.ok_or("the driver has ended")?;
        let wait = began.elapsed();
        if entry.message_id() != Some(id) {
            return Err(format!("{id} was sent, and told was {entry:?}").into());
        }
        Ok(wait)
    }
}

// === impl Quiet ===

impl History for Quiet {
    async fn after(
        &self,
        _: Id<ChannelMarker>,
        _: Option<Id<MessageMarker>>,
    ) -> Result<Vec<Message>, Failure> {
        Ok(Vec::new())
    }
}

impl ChannelDirectory for Quiet {
    fn now_ms(&self) -> Option<u64> {
        None
    }

    async fn channels(&self, guild_id: Id<GuildMarker>) -> Result<Vec<Head>, Failure> {
        let head = |number| Head {
            id: channel(number),
            guild_id,
            parent_id: None,
            is_thread: false,
            is_archived: false,
            is_forum: false,
            last_message_id: None,
        };
        Ok((0..self.0).map(head).collect())
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

fn channel(number: u64) -> Id<ChannelMarker> {
    Id::new(1_000_000_000_000_000_002 + number)
}

/// One a millisecond.
fn id(number: u64) -> u64 {
    (NOW_MS + number - 1_420_070_400_000) << 22
}

/// As Discord's objects are, one KiB.
fn message(id: Id<MessageMarker>, channel_id: Id<ChannelMarker>) -> Value {
    json!({
        "type": 0, "tts": false, "timestamp": "2026-11-01T10:00:01.000000+00:00", "pinned": false,
        "nonce": "1333333333333333333", "mentions": [], "mention_roles": [], "mention_everyone": false,
        "member": {"roles": ["1111111111111111111"], "joined_at": "2024-01-01T00:00:00+00:00",
            "premium_since": null, "pending": false, "nick": null, "mute": false, "deaf": false,
            "flags": 0, "avatar": null, "banner": null, "communication_disabled_until": null},
        "id": id, "flags": 0, "embeds": [], "edited_timestamp": null, "content": "word ".repeat(40),
        "components": [], "channel_id": channel_id, "attachments": [],
        "author": {"id": "1222222222222222222", "username": "somebody", "discriminator": "0",
            "global_name": "Somebody", "public_flags": 0, "avatar": "0123456789abcdef0123456789abcdef",
            "avatar_decoration_data": null, "clan": null, "primary_guild": null},
        "guild_id": GUILD
    })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn spread(mut milliseconds: Vec<f64>) -> String {
    milliseconds.sort_by(f64::total_cmp);
    let median = milliseconds[milliseconds.len() / 2];
    let p99 = milliseconds[milliseconds.len() * 99 / 100];
    format!("median {median:.2} ms, p99 {p99:.2} ms")
}
