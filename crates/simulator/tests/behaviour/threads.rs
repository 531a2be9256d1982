//! Threads in the place of channels: made with a reason, spoken in, slept in, and gone for good.

use cordboard_simulator::{Config, ReplyEnd, Script, Violation};
use http::Method;
use serde_json::{Value, json};

use crate::world::{Reply, World, seconds, world};

const PRIVATE: u64 = 12;
const PUBLIC: u64 = 11;

/// Starts a thread without a message in the default channel, with a mark as its reason.
async fn start(world: &World, kind: u64, mark: &str) -> Reply {
    let home = world.discord.default_channel_id();
    let path = format!("/api/v10/channels/{home}/threads");
    let body = json!({ "name": "A Thread", "type": kind, "auto_archive_duration": 60 });
    let reason = format!("cordboard%20~{mark}");
    let headers = [("x-audit-log-reason", reason.as_str())];
    world
        .send(Method::POST, &path, Some(body), &headers)
        .await
        .unwrap()
}

async fn log(world: &World, action: u64) -> Vec<Value> {
    let guild_id = world.discord.guild_id();
    let path = format!("/api/v10/guilds/{guild_id}/audit-logs?action_type={action}");
    let log = world.get(&path).await.json();
    log["audit_log_entries"].as_array().unwrap().clone()
}

fn path(id: u64) -> String {
    format!("/api/v10/channels/{id}")
}

#[tokio::test(start_paused = true)]
async fn a_thread_is_a_leak_until_it_is_deleted_whether_it_sleeps_or_not() {
    for kind in [PRIVATE, PUBLIC] {
        world(Config::default(), async |world| {
            let made = start(&world, kind, "m1").await;
            assert_eq!((made.status, &made.json()["type"]), (201, &json!(kind)));
            let id = made.id();
            let leak = Violation::Leak {
                channel_id: id,
                name: "A Thread".to_owned(),
            };
            assert_eq!(world.discord.check(), std::slice::from_ref(&leak));
            seconds(3_700).await;
            let asleep = world.get(&path(id)).await.json();
            assert_eq!(asleep["thread_metadata"]["archived"], true);
            assert_eq!(world.discord.check(), [leak]);
            assert_eq!(world.discord.violations_so_far(), []);

            assert_eq!(world.delete(&path(id)).await.status, 200);
            assert_eq!(world.get(&path(id)).await.json()["code"], 10_003);
            assert_eq!(world.discord.check(), []);
            let me = json!(world.discord.user_id().to_string());
            for (action, reason) in [(110, json!("cordboard ~m1")), (112, Value::Null)] {
                let entries = log(&world, action).await;
                assert_eq!(entries.len(), 1, "{action}");
                let entry = &entries[0];
                assert_eq!(entry["target_id"], id.to_string());
                assert_eq!((&entry["user_id"], &entry["reason"]), (&me, &reason));
            }
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_thread_has_one_mark_and_one_owner() {
    world(Config::default(), async |world| {
        let ids = [
            start(&world, PRIVATE, "m1").await.id(),
            start(&world, PRIVATE, "m1").await.id(),
        ];
        let home = world.discord.default_channel_id();
        let said = world.discord.say(home, "topic");
        let from = format!("/api/v10/channels/{home}/messages/{said}/threads");
        let third = world.post(&from, json!({ "name": "x" })).await.id();
        for id in [ids[0], ids[1], third, home] {
            world.delete(&path(id)).await;
        }
        let found = world.discord.check();
        let [
            Violation::MarkSentTwice { mark, .. },
            Violation::ProtectedDelete { .. },
            Violation::WrongDelete { channel_id, .. },
        ] = &found[..]
        else {
            panic!("{found:?}")
        };
        assert_eq!((mark.as_str(), *channel_id), ("m1", home));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_that_is_mentioned_in_a_thread_answers_there() {
    for kind in [PRIVATE, PUBLIC] {
        world(
            Config::default().with_bots([Script::echo()]),
            async |world| {
                let bot = world.discord.bot_ids()[0];
                let id = start(&world, kind, "m1").await.id();
                let body = json!({
                    "content": format!("<@{bot}> hello"),
                    "allowed_mentions": { "parse": [], "users": [bot.to_string()] },
                });
                let sent = world.post(&format!("{}/messages", path(id)), body).await;
                assert_eq!(sent.status, 200);
                seconds(10).await;
                let reply = world.discord.replies().remove(0);
                assert_eq!(
                    (reply.channel_id, reply.end),
                    (id, Some(ReplyEnd::Complete))
                );
                let said = world.discord.messages(id);
                assert_eq!(said.last().unwrap()["content"], "hello");
                let members = world.get(&format!("{}/thread-members", path(id))).await;
                let members = members.json();
                let mut members = members.as_array().unwrap().iter();
                assert!(members.any(|one| one["user_id"] == *bot.to_string()));
            },
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_bot_is_deaf_to_a_thread_of_a_channel_out_of_its_sight() {
    world(
        Config::default().with_bots([Script::echo()]),
        async |world| {
            let bot = world.discord.bot_ids()[0];
            let home = world.discord.default_channel_id();
            let hide = json!({
                "channel_id": home.to_string(), "user_id": bot.to_string(), "deny": "1024",
            });
            world.post("/__sim/permissions", hide).await;
            for kind in [PRIVATE, PUBLIC] {
                let id = start(&world, kind, &format!("m{kind}")).await.id();
                let body = json!({
                    "content": format!("<@{bot}> hello"),
                    "allowed_mentions": { "parse": [], "users": [bot.to_string()] },
                });
                world.post(&format!("{}/messages", path(id)), body).await;
            }
            seconds(10).await;
            assert_eq!(world.discord.replies(), []);
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn active_threads_run_out_and_sleeping_ones_make_room() {
    let mut config = Config::default();
    config.guild.threads_max = 2;
    world(config, async |world| {
        let first = start(&world, PRIVATE, "m1").await.id();
        let second = start(&world, PUBLIC, "m2").await.id();
        let third = start(&world, PRIVATE, "m3").await;
        assert_eq!(
            (third.status, &third.json()["code"]),
            (400, &json!(160_006))
        );
        let archived = json!({ "archived": true });
        assert_eq!(world.patch(&path(first), archived).await.status, 200);
        let third = start(&world, PRIVATE, "m3").await.id();
        let wake = world
            .patch(&path(first), json!({ "archived": false }))
            .await;
        assert_eq!(wake.json()["code"], 160_006);

        world.discord.set_archived(second, true);
        let wake = world
            .patch(&path(first), json!({ "archived": false }))
            .await;
        assert_eq!(wake.json()["thread_metadata"]["archived"], false);
        world.delete(&path(third)).await;
        world.discord.set_archived(second, false);
        let awake = world.get(&path(second)).await.json();
        assert_eq!(awake["thread_metadata"]["archived"], false);
        for id in [first, second] {
            world.delete(&path(id)).await;
        }
        assert_eq!(world.discord.check(), []);
        let act = json!({ "act": "set_archived", "channel_id": "77", "archived": true });
        assert_eq!(world.post("/__sim/acts", act).await.status, 404);
    })
    .await;
}
