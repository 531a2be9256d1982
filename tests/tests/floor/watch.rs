//! The watch over messages, without the rest of the proxy: it reads as fast as Discord allows, asks for
//! nothing that has not changed, and does not grow.

mod store;
mod week;

use std::{future::pending, time::Duration};

use cordboard_recovery::{EntryQuery, Inbox, MemoryInbox, MessageLog, Settings, Start};
use cordboard_simulator::{ChannelConfig, Config, Simulator};
use cordboard_tests::Watcher;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep},
};
use twilight_model::id::Id;

const HISTORY: &str = "GET /channels/{channel_id}/messages";

/// A Discord with so many channels, whose answers take up to twice this long.
fn guild(channels: u64, latency_ms: u64) -> Config {
    let config = Config::default().with_bots([]);
    let mut config = config.with_latency_ms(latency_ms);
    config.jitter_ms = latency_ms;
    let first_id = config.guild.id + 1_000_000;
    let room = |number| ChannelConfig {
        id: first_id + number,
        name: format!("room-{number}"),
        kind: 0,
    };
    config.guild.channels = (0..channels).map(room).collect();
    config
}

/// A virtual world around a Discord.
fn sim(config: Config, body: impl AsyncFnOnce(&Simulator)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.unwrap().block_on(async {
        fastrand::seed(config.seed);
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await;
        let discord = Simulator::new(config);
        let mut server = JoinSet::new();
        server.spawn(discord.serve(listener.unwrap(), pending()));
        body(&discord).await;
    });
}

fn watch<I: Inbox + Clone>(discord: &Simulator, record: I, start: Start) -> Watcher<I> {
    let settings = Settings {
        start,
        ..Settings::new(Id::new(discord.guild_id()))
    };
    Watcher::new(discord.clone(), record, settings)
}

fn rooms(discord: &Simulator) -> Vec<u64> {
    let rooms = discord.config().guild.channels.iter();
    rooms.map(|room| room.id).collect()
}

/// Waits until nothing is known to be missing.
async fn catch_up<I: Inbox + Clone>(watcher: &mut Watcher<I>) {
    loop {
        assert_eq!(watcher.ended(), [""; 0]);
        let standing = watcher.standing().unwrap();
        if standing.is_covered && standing.catching_up == 0 {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// How long it takes to begin to watch a guild, with so many messages in each channel that nobody has
/// seen.
fn backfill(guild: Config, messages: usize) -> Duration {
    backfill_into(guild, messages, async || MemoryInbox::default())
}

/// The same into this record.
fn backfill_into<I: Inbox + MessageLog>(
    guild: Config,
    messages: usize,
    record: impl AsyncFnOnce() -> I,
) -> Duration {
    let mut took = Duration::ZERO;
    sim(guild.with_limits(), async |discord| {
        let rooms = rooms(discord);
        for _ in 0..messages {
            for room in &rooms {
                discord.say(*room, "Hello");
            }
            sleep(Duration::from_millis(20)).await;
        }
        let record = record().await;
        let mut watcher = watch(discord, record.clone(), Start::Beginning);
        let began = Instant::now();
        watcher.start().await;
        catch_up(&mut watcher).await;
        took = began.elapsed();
        assert_eq!(entries(&record).await, rooms.len() * messages);
    });
    took
}

/// How many entries there are, page by page.
async fn entries(record: &impl MessageLog) -> usize {
    let (mut count, mut after) = (0, 0);
    loop {
        let page = EntryQuery {
            after,
            channels: Vec::new(),
            limit: usize::MAX,
        };
        let page = record.entries(page).await.unwrap().entries;
        let Some(last) = page.last() else {
            return count;
        };
        (count, after) = (count + page.len(), last.sequence);
    }
}

#[test]
fn one_long_history_is_read_as_fast_as_discord_allows() {
    // How: a channel answers five pages of a hundred messages in five seconds.
    let took = backfill(guild(1, 100), 10_000);
    let permitted = Duration::from_secs(10_000 / 100);
    println!("{took:?} instead of {permitted:?}");
    assert!(permitted >= took.mul_f64(0.9), "{took:?}");
}

#[test]
fn the_histories_of_two_thousand_channels_are_read_as_fast_as_discord_allows() {
    // How: a page each, from far away, and all channels together answer fifty requests in a second.
    let took = backfill(guild(2_000, 250), 2);
    let permitted = Duration::from_secs(2_000 / 50);
    println!("{took:?} instead of {permitted:?}");
    assert!(permitted >= took.mul_f64(0.9), "{took:?}");
}

#[test]
fn how_long_it_takes_to_catch_up_is_told_on_the_way() {
    // How: asked for half-way through forty pages, of which the first five came at once.
    sim(guild(1, 100).with_limits(), async |discord| {
        let room = rooms(discord)[0];
        for _ in 0..4_000 {
            discord.say(room, "Hello");
            sleep(Duration::from_millis(20)).await;
        }
        let mut watcher = watch(discord, MemoryInbox::default(), Start::Beginning);
        watcher.start().await;
        let told = loop {
            let standing = watcher.standing().unwrap();
            if standing.pages >= 20 {
                break standing.catches_up_in.unwrap();
            }
            sleep(Duration::from_millis(10)).await;
        };
        let began = Instant::now();
        catch_up(&mut watcher).await;
        let took = began.elapsed();
        println!("{told:?} were told, and it took {took:?}");
        assert!(told < 2 * took && took < 2 * told);
        assert_eq!(watcher.standing().unwrap().catches_up_in, None);
    });
}

#[test]
fn ten_thousand_unchanged_channels_cost_a_restart_no_history_request() {
    // How: a message in each; a first run begins with what is new, and takes in a message in some. Then
    // it is killed twice, and goes on with its session and with another one. The scrub is on.
    sim(guild(10_000, 100), async |discord| {
        let rooms = rooms(discord);
        for room in &rooms {
            discord.say(*room, "before");
        }
        sleep(Duration::from_mins(1)).await;
        discord.say(rooms[0], "a minute later");
        let mut watcher = watch(discord, MemoryInbox::default(), Start::Now);
        watcher.start().await;
        catch_up(&mut watcher).await;
        for room in rooms.iter().step_by(50) {
            discord.say(*room, "while it is watched");
            sleep(Duration::from_millis(10)).await;
        }
        sleep(Duration::from_mins(10)).await;
        let read = discord.requests(Some(HISTORY)).len();
        for (away, identifies) in [(Duration::ZERO, 1), (Duration::from_hours(1), 2)] {
            watcher.kill().await;
            sleep(away).await;
            watcher.start().await;
            catch_up(&mut watcher).await;
            assert_eq!(watcher.standing().unwrap().channels, 10_000);
            sleep(Duration::from_mins(10)).await;
            assert_eq!(discord.counters().identifies, identifies);
            assert_eq!(discord.requests(Some(HISTORY)).len(), read);
        }
    });
}
