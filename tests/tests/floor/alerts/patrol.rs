//! Where no proxy is at work, `serve` tells what it sees of the store and of Discord; beside one it adds nothing.

use std::time::Duration;

use cordboard_simulator::{Config, Fault};
use cordboard_tests::{Daemon, MODEL, Setup, World, sim_with};
use rusqlite::Connection;
use tokio::time::sleep;

use super::{
    conditions::{fill, read, small},
    park,
    receiver::Receiver,
    told_to, unpark,
};

/// Long enough for a look, and for the next one.
const SOON: Duration = Duration::from_mins(16);

/// Stops the proxy, and starts two daemons, of which one would do.
async fn serve_alone(world: &World) -> [Daemon; 2] {
    world.stop_proxy().await;
    let one = world.serve().await;
    sleep(Duration::from_secs(100)).await;
    [one, world.serve().await]
}

async fn stop(daemons: [Daemon; 2]) {
    for daemon in daemons {
        daemon.stop().await;
    }
}

/// Takes away a table that everybody reads, or gives it back.
fn rename(world: &World, from: &str, to: &str) {
    let database = Connection::open(world.store()).unwrap();
    let rename = format!("ALTER TABLE {from} RENAME TO {to}");
    database.execute_batch(&rename).unwrap();
}

#[test]
fn what_a_dead_proxy_has_left_is_told_once_by_two_daemons_and_over_when_the_next_has_deleted_it() {
    // How: it dies in the middle of an answer, so that nothing on record says that its channel should be gone.
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        let mut answer = world.client().stream(MODEL, "Hello").await.unwrap();
        let _ = answer.event().await.unwrap();
        world.kill_proxy().await;
        drop(answer);
        let daemons = [world.serve().await, world.serve().await];
        sleep(Duration::from_mins(4)).await;
        assert!(receiver.told().is_empty(), "it may be back at any moment");
        sleep(Duration::from_hours(3)).await;
        let begun = "debt_old deletions_late begun";
        assert_eq!(receiver.told(), [begun]);
        let told = receiver.taken().remove(0);
        assert!(told["text"].as_str().unwrap().contains("no proxy runs"));

        world.start_proxy().await;
        sleep(SOON).await;
        assert_eq!(world.channels_alive(), 0);
        assert_eq!(receiver.told(), [begun, "debt_old deletions_late resolved"]);
        stop(daemons).await;
    });
}

#[test]
fn what_is_owed_is_told_by_a_daemon_when_somebody_settles_it_without_a_proxy() {
    // How: the proxy has told what is parked before it was stopped; a person deletes it, and a sweep finds out.
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        park(world).await;
        let (begun, over) = (super::BEGUN, super::RESOLVED);
        assert_eq!(receiver.told(), [begun]);
        let daemons = serve_alone(world).await;
        sleep(Duration::from_hours(2)).await;
        assert_eq!(receiver.told(), [begun], "it was told already");
        world.discord.clear_faults();
        let maintenance = world.maintenance("channels sweep");
        let plan = maintenance.plan_sweep().await.unwrap();
        maintenance.sweep(plan, &|_| ()).await.unwrap();
        assert_eq!(world.channels_alive(), 0);
        sleep(SOON).await;
        assert_eq!(receiver.told(), [begun, over]);
        stop(daemons).await;
    });
}

#[test]
fn a_guild_that_fills_up_is_told_by_a_daemon_and_when_there_is_room_again() {
    let receiver = Receiver::new();
    sim_with(small(&receiver), async |world| {
        let _serving = receiver.serve();
        let daemons = serve_alone(world).await;
        sleep(SOON).await;
        assert!(receiver.told().is_empty(), "{:?}", receiver.told());
        let mut channels = fill(world);
        sleep(Duration::from_hours(3)).await;
        let guild = world.discord.guild_id();
        let told = |kind: &str, state: &str| format!("{kind} {guild} {state}");
        let near = told("guild_nearly_full", "begun");
        assert_eq!(receiver.told(), [&*near]);
        assert_eq!(read(world).len(), 1);

        channels.push(world.discord.create_channel("the-last"));
        sleep(SOON).await;
        let full = told("guild_full", "begun");
        assert_eq!(receiver.told(), [&*near, &*full]);

        for channel_id in channels {
            world.discord.delete_channel(channel_id);
        }
        sleep(SOON).await;
        let over = ["guild_nearly_full", "guild_full"].map(|kind| told(kind, "resolved"));
        let mut ended = receiver.told().split_off(2);
        ended.sort_by_key(|line| std::cmp::Reverse(line.clone()));
        assert_eq!(ended, over);
        stop(daemons).await;
    });
}

#[test]
fn few_sessions_left_are_told_by_a_daemon_until_discord_grants_others() {
    // How: a proxy that comes back too late to go on with its session spends the one too many.
    let receiver = Receiver::new();
    let mut discord = Config::default();
    discord.gateway.identifies_per_day = 101;
    let setup = Setup {
        discord,
        ..told_to(&receiver)
    };
    sim_with(setup, async |world| {
        let _serving = receiver.serve();
        world.stop_proxy().await;
        sleep(Duration::from_hours(1)).await;
        world.start_proxy().await;
        assert_eq!(world.discord.counters().identifies, 2);
        let daemons = serve_alone(world).await;
        assert!(receiver.told().is_empty(), "{:?}", receiver.told());
        sleep(Duration::from_hours(3)).await;
        let begun = "identifies_low discord begun";
        assert_eq!(receiver.told(), [begun]);
        sleep(Duration::from_hours(21)).await;
        assert_eq!(receiver.told(), [begun, "identifies_low discord resolved"]);
        stop(daemons).await;
    });
}

#[test]
fn a_discord_that_is_away_or_has_thrown_the_bot_out_is_told_by_a_daemon_until_it_is_back() {
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        let daemons = serve_alone(world).await;
        let away = Fault::status("GET /gateway/bot", 503).always();
        world.discord.fault(away);
        sleep(Duration::from_hours(2)).await;
        world.discord.clear_faults();
        sleep(SOON).await;
        let rest = ["rest_down discord begun", "rest_down discord resolved"];
        assert_eq!(receiver.told(), rest);

        let list = "GET /guilds/{guild_id}/channels";
        let thrown_out = Fault::status(list, 403).code(50001).always();
        world.discord.fault(thrown_out);
        sleep(Duration::from_hours(2)).await;
        world.discord.clear_faults();
        sleep(SOON).await;
        let guild = world.discord.guild_id();
        let of_guild = ["begun", "resolved"].map(|state| format!("guild_away {guild} {state}"));
        assert_eq!(receiver.told()[2..], of_guild);
        stop(daemons).await;
    });
}

const FAILING: &str = "store_failing store begun";
const WELL: &str = "store_failing store resolved";

#[test]
fn a_store_that_cannot_be_read_is_told_by_a_daemon_until_it_can() {
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        let daemons = serve_alone(world).await;
        rename(world, "state", "taken_away");
        sleep(Duration::from_hours(2)).await;
        assert_eq!(receiver.told(), [FAILING]);
        rename(world, "taken_away", "state");
        sleep(SOON).await;
        assert_eq!(receiver.told(), [FAILING, WELL]);
        stop(daemons).await;
    });
}

#[test]
fn why_a_proxy_has_ended_is_not_over_because_a_daemon_can_read_the_store() {
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        sleep(Duration::from_secs(450)).await;
        rename(world, "state", "taken_away");
        let failed = world.proxy_ended().await;
        assert_eq!(failed.exit_code(), 74, "{}", failed.chain());
        rename(world, "taken_away", "state");
        let daemon = world.serve().await;
        sleep(Duration::from_hours(2)).await;
        assert_eq!(receiver.told(), [FAILING]);
        world.start_proxy().await;
        sleep(SOON).await;
        assert_eq!(receiver.told(), [FAILING, WELL]);
        daemon.stop().await;
    });
}

#[test]
fn deletions_that_an_operator_holds_are_told_by_a_daemon_and_nothing_is_late() {
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        let hold = async |enabled: bool| {
            let (path, body) = ("/admin/v1/deletions", format!("{{\"enabled\": {enabled}}}"));
            let client = world.client();
            let answer = client.send(hyper::Method::POST, path, body).await;
            assert_eq!(answer.unwrap().status, 200);
        };
        hold(false).await;
        world.client().ask(MODEL, "Hello").await.unwrap();
        let daemons = serve_alone(world).await;
        sleep(Duration::from_hours(2)).await;
        let begun = "deletions_stopped deletions_held begun";
        assert_eq!(receiver.told(), [begun]);
        world.start_proxy().await;
        hold(true).await;
        sleep(SOON).await;
        let over = "deletions_stopped deletions_held resolved";
        assert_eq!(receiver.told(), [begun, over]);
        stop(daemons).await;
    });
}

#[test]
fn a_daemon_beside_a_proxy_leaves_what_is_wrong_to_it() {
    // How: Discord counts who asks how many sessions are left; a daemon that looked would ask twelve times an hour.
    let receiver = Receiver::new();
    sim_with(told_to(&receiver), async |world| {
        let _serving = receiver.serve();
        let asked = || world.discord.requests(Some("GET /gateway/bot")).len();
        let in_an_hour = async || {
            let before = asked();
            sleep(Duration::from_hours(1)).await;
            asked() - before
        };
        let alone = in_an_hour().await;
        let daemon = world.serve().await;
        assert!(in_an_hour().await < alone + 3);
        park(world).await;
        sleep(Duration::from_hours(2)).await;
        assert_eq!(receiver.told(), [super::BEGUN]);
        unpark(world).await;
        sleep(SOON).await;
        assert_eq!(receiver.told(), [super::BEGUN, super::RESOLVED]);
        daemon.stop().await;
    });
}
