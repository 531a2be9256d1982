//! A guild that runs out of room, and how fast room is made.

use std::{cell::Cell, time::Duration};

use cordboard_simulator::{Config, Fault, Scope, Script};
use cordboard_store::sabotage;
use cordboard_tests::{MODEL, Setup, World, sim_with};
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{Instant, sleep};

const CREATE: &str = "POST /guilds/{guild_id}/channels";
const DELETE: &str = "DELETE /channels/{channel_id}";

/// A guild that holds four channels besides the one it has, none of them kept for people.
fn small() -> Setup {
    let mut discord = Config::default();
    discord.guild.channels_max = discord.guild.channels.len() + 5;
    let most = discord.guild.channels_max.to_string();
    Setup::with_discord(discord)
        .set("CORDBOARD__CHANNELS__GUILD_MAX", &most)
        .set("CORDBOARD__CHANNELS__RESERVE", "1")
        .set("CORDBOARD__CHANNELS__DELETE_AFTER", "1s")
}

#[test]
fn twenty_conversations_take_turns_in_a_guild_with_room_for_four() {
    sim_with(small(), async |world| {
        let client = world.client();
        let asks = (0..20).map(|_| client.ask(MODEL, "Hello"));
        for answer in join_all(asks).await {
            assert_eq!(answer.unwrap().0, 200);
        }
        assert_eq!(world.channels_created(), 20);
        let refused = world.discord.requests(Some(CREATE));
        let refused = refused.iter().filter(|of| of.status != Some(201)).count();
        assert_eq!(refused, 0, "nobody asks for what there is no room for");
    });
}

#[test]
fn channels_that_are_hidden_from_the_bot_count_after_a_deploy_and_after_a_kill() {
    // How: only the guild itself tells of them, and a session that is gone on with does not bring it.
    const VIEW_CHANNEL: u64 = 1 << 10;
    sim_with(small(), async |world| {
        world.stop_proxy().await;
        for number in 0..3 {
            let id = world.discord.create_channel(&format!("people-{number}"));
            world.discord.set_overwrite(id, 0, VIEW_CHANNEL);
        }
        sleep(Duration::from_hours(1)).await;
        world.start_proxy().await;
        // The first one comes too late.
        assert_eq!(world.discord.counters().resumes, 1);
        for resumes in 2..=4 {
            if resumes < 4 {
                world.stop_proxy().await;
            } else {
                world.kill_proxy().await;
            }
            world.start_proxy().await;
            assert_eq!(world.discord.counters().resumes, resumes);
            let client = world.client();
            let asks = (0..3).map(|_| client.ask(MODEL, "Hello"));
            for answer in join_all(asks).await {
                assert_eq!(answer.unwrap().0, 200);
            }
        }
        let refused = world.discord.requests(Some(CREATE));
        let refused = refused.iter().filter(|of| of.status != Some(201)).count();
        assert_eq!(refused, 0, "nobody asks for what there is no room for");
    });
}

#[test]
fn a_guild_that_stays_full_is_an_honest_503_with_the_time_to_wait() {
    // How: people fill the guild up.
    sim_with(small(), async |world| {
        let people: Vec<u64> = (0..5)
            .map(|number| world.discord.create_channel(&format!("people-{number}")))
            .collect();
        sleep(Duration::from_secs(5)).await;
        let question = json!({"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]});
        let answer = world.client().complete(&question).await.unwrap();
        assert_eq!(answer.status, 503);
        assert!(answer.headers.contains_key("retry-after"));
        assert_eq!(world.channels_created(), 0);
        world.discord.delete_channel(people[0]);
        world.discord.delete_channel(people[1]);
        sleep(Duration::from_secs(5)).await;
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
    });
}

#[test]
fn a_closed_creation_is_answered_with_threads_where_they_are_allowed() {
    // How: a 429 of six hours on creation.
    let setup = Setup::default();
    let parent = setup.discord.guild.channels[0].id.to_string();
    let setup = setup
        .set("CORDBOARD__CHANNELS__ISOLATION", "channel-then-thread")
        .set("CORDBOARD__CHANNELS__THREAD_PARENT_ID", &parent);
    sim_with(setup, async |world| {
        let hours = Duration::from_hours(6);
        let closed = Fault::rate_limited(CREATE, Scope::Shared, hours);
        world.discord.fault(closed.always());
        for _ in 0..3 {
            let (status, body) = world.client().ask(MODEL, "Hello").await.unwrap();
            assert_eq!(status, 200, "{body}");
        }
        sleep(Duration::from_mins(1)).await;
        assert_eq!((world.channels_created(), world.channels_alive()), (3, 0));
        let kinds: Vec<u64> = world.channels().iter().map(|of| of.kind).collect();
        assert_eq!(kinds, [11, 11, 11], "public threads");
        let asked = world.discord.requests(Some(CREATE)).len();
        assert_eq!(asked, 1, "what is closed is not asked again");
        world.discord.clear_faults();
    });
}

/// A guild that answers nobody, and a proxy with room for four hundred conversations in it.
fn roomy() -> Setup {
    let discord = Config::default()
        .with_limits()
        .with_bots([Script::silent()]);
    Setup::with_discord(discord)
        .set("CORDBOARD__LIMITS__CONVERSATIONS", "400")
        .set("CORDBOARD__LIMITS__QUEUE", "400")
        .set("CORDBOARD__CHANNELS__DELETE_AFTER", "20ms")
}

/// Four hundred conversations, and a kill.
async fn leaks(world: &World) {
    let client = world.client();
    let mut open = Vec::new();
    while open.len() < 400 {
        let batch = (0..20).map(|_| client.stream(MODEL, "Hello"));
        for answer in join_all(batch).await {
            let answer = answer.unwrap();
            assert_eq!(answer.status, 200);
            open.push(answer);
        }
    }
    assert_eq!(world.channels_alive(), 400);
    world.kill_proxy().await;
    drop(open);
    // What the dead process has sent counts against the next one for a second.
    sleep(Duration::from_secs(2)).await;
}

/// How long `channels sweep` takes, from its start to the last of four hundred deletions, when nobody starts a
/// proxy and a commit takes its time on this disk.
fn sweep_of_four_hundred(commit: Option<Duration>) -> Duration {
    let measured = Cell::default();
    sim_with(roomy(), async |world| {
        leaks(world).await;
        sabotage::take_for_each(commit);
        let began = Instant::now();
        let maintenance = world.maintenance("channels sweep");
        let sweeping = async {
            let plan = maintenance.plan_sweep().await.unwrap();
            maintenance.sweep(plan, &|_| ()).await.unwrap()
        };
        let emptied = async {
            while world.channels_alive() > 0 {
                sleep(Duration::from_millis(10)).await;
            }
            began.elapsed()
        };
        let (swept, took) = tokio::join!(sweeping, emptied);
        assert_eq!((swept.gone, swept.open.len()), (400, 0));
        let requests = world.discord.requests(Some(DELETE)).len();
        assert_eq!(requests, 400);
        sabotage::take_for_each(None);
        measured.set(took);
        world.start_proxy().await;
    });
    measured.get()
}

#[test]
fn a_sweep_of_four_hundred_leaked_channels_is_as_fast_as_discord_allows() {
    let (took, allowed) = (sweep_of_four_hundred(None), Duration::from_secs(400 / 50));
    println!("{took:?} instead of {allowed:?}");
    assert!(
        took <= allowed.mul_f64(1.05),
        "{took:?} instead of {allowed:?}"
    );
}

#[test]
fn a_sweep_of_four_hundred_leaked_channels_is_hardly_slower_on_a_slow_disk() {
    // How: the same, and each commit takes what it takes on a disk of the cloud.
    let commit = Duration::from_millis(11);
    let allowed = Duration::from_secs(400 / 50);
    sabotage::work_at_once(true);
    let took = sweep_of_four_hundred(Some(commit));
    sabotage::work_at_once(false);
    println!("{took:?} instead of {allowed:?}");
    assert!(
        allowed >= took.mul_f64(0.95),
        "{took:?} instead of {allowed:?}"
    );
}

#[test]
fn four_hundred_leaked_channels_go_as_fast_as_discord_allows() {
    // How: four hundred conversations in a guild that answers nobody, a kill, a start. What Discord
    // allows is one request in twenty milliseconds, and each channel takes one.
    sim_with(roomy(), async |world| {
        leaks(world).await;
        let began = Instant::now();
        world.start_proxy().await;
        while world.channels_alive() > 0 {
            sleep(Duration::from_millis(10)).await;
        }
        let took = began.elapsed();
        let requests = world.discord.requests(Some(DELETE)).len();
        assert_eq!(requests, 400);
        let allowed = Duration::from_secs(400 / 50);
        assert!(
            took <= allowed.mul_f64(1.05),
            "{took:?} instead of {allowed:?}"
        );
    });
}

#[test]
fn a_category_is_not_filled_over_and_the_next_one_is_used() {
    // How: two categories that hold two channels each, four conversations at once.
    let mut discord = Config::default().with_bots([Script::silent()]);
    discord.guild.category_channels_max = 2;
    sim_with(Setup::with_discord(discord), async |world| {
        let categories: Vec<u64> = (0..2)
            .map(|number| world.discord.create_category(&format!("cords-{number}")))
            .collect();
        world.stop_proxy().await;
        let ids = format!("[\"{}\", \"{}\"]", categories[0], categories[1]);
        world.set("CORDBOARD__CHANNELS__CATEGORY_IDS", &ids);
        world.start_proxy().await;
        let client = world.client();
        let asks = (0..4).map(|_| client.stream(MODEL, "Hello"));
        let open = join_all(asks).await;
        let parents = world.channels();
        let under = |id: u64| parents.iter().filter(|of| of.parent_id == Some(id)).count();
        assert_eq!((under(categories[0]), under(categories[1])), (2, 2));
        drop(open);
    });
}
