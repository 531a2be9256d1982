//! Discord's own delays: replicas that are behind, and a count that is.

use std::time::Duration;

use cordboard_simulator::{Config, Fault};
use serde_json::{Value, json};

use crate::world::{CREATE_CHANNEL, DELETE_CHANNEL, World, seconds, world};

const GET_CHANNEL: &str = "GET /channels/{channel_id}";
const LIST: &str = "GET /guilds/{guild_id}/channels";
const AUDIT_LOG: &str = "GET /guilds/{guild_id}/audit-logs";
const THREADS: &str = "GET /guilds/{guild_id}/threads/active";

async fn listed(world: &World) -> Vec<Value> {
    let path = format!("/api/v10/guilds/{}/channels", world.discord.guild_id());
    let list = world.get(&path).await.json();
    let ids = list.as_array().unwrap().iter().map(|one| one["id"].clone());
    ids.collect()
}

/// The targets in the audit log, newest first.
async fn logged(world: &World, limit: u64) -> Vec<Value> {
    let guild_id = world.discord.guild_id();
    let path = format!("/api/v10/guilds/{guild_id}/audit-logs?action_type=10&limit={limit}");
    let log = world.get(&path).await.json();
    let entries = log["audit_log_entries"].as_array().unwrap().iter();
    entries.map(|one| one["target_id"].clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_channel_may_seem_gone_for_a_moment() {
    world(Config::default(), async |world| {
        let id = world.create("there", "m1").await.id();
        let path = format!("/api/v10/channels/{id}");
        for route in [GET_CHANNEL, DELETE_CHANNEL] {
            world.discord.fault(Fault::status(route, 404).code(10_003));
        }
        for reply in [world.get(&path).await, world.delete(&path).await] {
            let unknown = json!({ "message": "Unknown Channel", "code": 10_003 });
            assert_eq!((reply.status, reply.json()), (404, unknown));
        }
        seconds(1).await;
        // It was told gone by a fault and not by Discord: asking on is no violation.
        assert_eq!(world.get(&path).await.status, 200);
        assert_eq!(world.get(&path).await.status, 200);
        assert_eq!(world.delete(&path).await.status, 200);
        assert_eq!(world.discord.check(), []);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stale_list_lacks_what_is_young() {
    world(Config::default(), async |world| {
        let old = world.create("old", "m1").await.json()["id"].clone();
        seconds(5).await;
        let young = world.create("young", "m2").await.json()["id"].clone();
        for route in [LIST, AUDIT_LOG] {
            world
                .discord
                .fault(Fault::stale(route, Duration::from_secs(5)));
        }
        let list = listed(&world).await;
        assert!(list.contains(&old) && !list.contains(&young));
        // How: a page of one, for what is not known yet may not eat the page up.
        assert_eq!(logged(&world, 1).await, std::slice::from_ref(&old));
        assert!(listed(&world).await.contains(&young), "it strikes once");
        assert_eq!(logged(&world, 1).await, [young]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn lists_and_audit_log_lag_as_configured() {
    let config = Config {
        list_lag_ms: 2_000,
        audit_lag_ms: 4_000,
        ..Config::default()
    };
    world(config, async |world| {
        let reply = world.create("a", "m1").await;
        let id = reply.json()["id"].clone();
        let look = format!("/api/v10/channels/{}", reply.id());
        assert_eq!(world.get(&look).await.status, 200);
        let seen = async || {
            (
                listed(&world).await.contains(&id),
                logged(&world, 100).await.contains(&id),
            )
        };
        assert_eq!(seen().await, (false, false));
        seconds(2).await;
        assert_eq!(seen().await, (true, false));
        seconds(2).await;
        assert_eq!(seen().await, (true, true));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_replica_may_lack_any_one_entry() {
    world(Config::default(), async |world| {
        for index in 0..5 {
            world.create("c", &format!("m{index}")).await;
        }
        let whole = listed(&world).await;
        let mut missing = std::collections::BTreeSet::new();
        world.discord.fault(Fault::omit_one(LIST).times(20));
        for _ in 0..20 {
            let list = listed(&world).await;
            assert_eq!(list.len(), whole.len() - 1);
            let lacks = whole.iter().filter(|id| !list.contains(id));
            missing.extend(lacks.map(ToString::to_string));
        }
        assert!(missing.len() > 2, "not always the same: {missing:?}");
        assert_eq!(listed(&world).await, whole);
        let fault = json!({ "route": THREADS, "kind": "omit_one", "count": 1 });
        assert_eq!(world.post("/__sim/faults", fault).await.status, 200);
        let everywhere = json!({ "route": "*", "kind": "stale" });
        let refused = world.post("/__sim/faults", everywhere).await;
        assert_eq!(refused.status, 400);
        assert!(
            refused.json()["error"]
                .as_str()
                .unwrap()
                .contains("needs one of")
        );
    })
    .await;
}

/// How many of twenty creations at once, and of one a second later, Discord accepts with room
/// for ten.
async fn accepted(overshoot: usize) -> (usize, bool) {
    let mut config = Config::default();
    config.guild.channels_max = 11;
    config.guild.channels_overshoot = overshoot;
    let mut seen = (0, false);
    world(config, async |world| {
        let all = (0..20).map(|_| world.try_create("c"));
        let all = futures_util::future::join_all(all).await;
        let made = |reply: &&Result<crate::world::Reply, String>| {
            reply.as_ref().is_ok_and(|reply| reply.status == 201)
        };
        seen.0 = all.iter().filter(made).count();
        seconds(1).await;
        let last = world.try_create("c").await.unwrap();
        seen.1 = last.status == 201;
        assert!(seen.1 || last.json()["code"] == 30_013);
    })
    .await;
    seen
}

#[tokio::test(start_paused = true)]
async fn a_race_may_overshoot_the_limit_and_only_a_race() {
    assert_eq!(accepted(0).await, (10, false));
    assert_eq!(accepted(7).await, (17, false));
    assert_eq!(accepted(100).await, (20, false));
}

#[tokio::test(start_paused = true)]
async fn faults_are_counted_where_they_struck() {
    world(Config::default(), async |world| {
        let event = "CHANNEL_CREATE";
        world
            .discord
            .fault(Fault::status(CREATE_CHANNEL, 503).times(2));
        world.discord.fault(Fault::omit_one(LIST));
        world.discord.fault(Fault::drop_event(event));
        world.discord.fault(Fault::hang(GET_CHANNEL));
        for _ in 0..3 {
            world.try_create("c").await.unwrap();
        }
        listed(&world).await;
        world.discord.clear_faults();
        let struck = json!({
            CREATE_CHANNEL: { "status": 2 },
            LIST: { "omit_one": 1 },
        });
        // Nobody listens to the gateway, so the event met no fault.
        assert_eq!(json!(world.discord.counters().struck), struck);
        let truth = world.get("/__sim/truth").await.json();
        assert_eq!(truth["counters"]["struck"], struck);
    })
    .await;
}

/// The fingerprint of a little life under this seed.
async fn fingerprint(seed: u64, name: &str) -> u64 {
    let mut hash = 0;
    world(Config::default().with_seed(seed), async |world| {
        world
            .discord
            .fault(Fault::status(CREATE_CHANNEL, 503).with_probability(0.5));
        for _ in 0..10 {
            world.try_create("c").await.unwrap();
        }
        let before = world.discord.trace_hash();
        let theirs = world.discord.create_channel(name);
        let between = world.discord.trace_hash();
        // No event tells of this one.
        world.discord.set_privileged_intents(0);
        let after = world.discord.trace_hash();
        assert!(before != between && between != after);
        world
            .discord
            .say(theirs, &format!("<@{}> hello", world.discord.bot_ids()[0]));
        seconds(60).await;
        hash = world.discord.trace_hash();
        let told = world.get("/__sim/trace").await.json();
        assert_eq!(told["hash"], format!("{hash:016x}"));
    })
    .await;
    hash
}

#[tokio::test(start_paused = true)]
async fn a_run_has_a_fingerprint() {
    let first = fingerprint(7, "a").await;
    assert_eq!(first, fingerprint(7, "a").await);
    assert_ne!(first, fingerprint(8, "a").await);
    assert_ne!(first, fingerprint(7, "b").await);
}
