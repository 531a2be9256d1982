//! What people do to channels, and what that means for whoever may delete them.

use std::time::Duration;

use cordboard_simulator::{ChannelTruth, Config, HumanAct, SpecialChannel, Violation};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::world::{World, seconds, world};

const VIEW_CHANNEL: u64 = 1 << 10;

fn truth(world: &World, id: u64) -> ChannelTruth {
    let channels = world.discord.truth().channels;
    channels
        .into_iter()
        .find(|channel| channel.id == id)
        .unwrap()
}

fn path(id: u64) -> String {
    format!("/api/v10/channels/{id}")
}

async fn delete(world: &World, id: u64) -> (u16, Value) {
    let reply = world.delete(&path(id)).await;
    (reply.status, reply.json()["code"].clone())
}

#[tokio::test(start_paused = true)]
async fn people_rename_move_strip_and_copy() {
    world(Config::default(), async |world| {
        let ours = world.create("ours", "m1").await.id();
        let category = world.discord.create_category("Attic");
        world.discord.set_topic(ours, Some("cordboard ~m1"));
        world.discord.rename_channel(ours, "Theirs now");
        world.discord.move_channel(ours, Some(category));
        let found = truth(&world, ours);
        assert_eq!(found.topic.as_deref(), Some("cordboard ~m1"));
        assert_eq!(
            (found.name.as_str(), found.parent_id),
            ("theirs-now", Some(category))
        );
        assert_eq!(found.creator_id, world.discord.user_id());

        let copy =
            world
                .discord
                .create_channel_with("ours", found.topic.as_deref(), found.parent_id);
        let copied = truth(&world, copy);
        assert_eq!(
            (&copied.topic, copied.parent_id),
            (&found.topic, found.parent_id)
        );
        assert_ne!(copied.creator_id, world.discord.user_id());

        world.discord.set_topic(ours, None);
        world.discord.move_channel(ours, None);
        let found = truth(&world, ours);
        assert_eq!((found.topic, found.parent_id), (None, None));
        let log = format!(
            "/api/v10/guilds/{}/audit-logs?action_type=11",
            world.discord.guild_id()
        );
        let entries = world.get(&log).await.json()["audit_log_entries"].clone();
        let changed = |entry: &Value| entry["changes"][0]["key"].clone();
        let keys: Vec<Value> = entries.as_array().unwrap().iter().map(changed).collect();
        assert!(
            keys.contains(&json!("topic")) && keys.contains(&json!("name")),
            "{keys:?}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_hidden_channel_is_out_of_reach_until_it_is_shown() {
    world(Config::default(), async |world| {
        let me = world.discord.user_id().to_string();
        let guild = format!("/api/v10/guilds/{}/channels", world.discord.guild_id());
        // How: with the overwrite that a careful bot gives itself, whose other bits must survive.
        let own = json!({ "id": me, "type": 1, "allow": (VIEW_CHANNEL | 1 << 11).to_string() });
        let body = json!({ "name": "ours", "permission_overwrites": [own] });
        let ours = world.post(&guild, body).await.id();
        let listed = async || {
            let listed = world.get(&guild).await.json();
            let mut ids = listed.as_array().unwrap().iter().map(|one| &one["id"]);
            ids.any(|id| *id == *ours.to_string())
        };
        world.discord.hide_channel(ours);
        assert_eq!(world.get(&path(ours)).await.json()["code"], 50_001);
        assert_eq!(delete(&world, ours).await, (403, json!(50_001)));
        assert!(!listed().await);
        world.discord.show_channel(ours);
        assert!(listed().await);
        let shown = world.get(&path(ours)).await.json();
        let overwrite = &shown["permission_overwrites"][0];
        assert_eq!(overwrite["allow"], (VIEW_CHANNEL | 1 << 11).to_string());
        assert_eq!(overwrite["deny"], "0");
        assert_eq!(delete(&world, ours).await.0, 200);
        assert_eq!(world.discord.check(), []);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn only_rules_and_updates_cannot_be_deleted_but_none_may_be() {
    world(Config::default(), async |world| {
        let table = [
            (SpecialChannel::Rules, "rules_channel_id", 400),
            (
                SpecialChannel::PublicUpdates,
                "public_updates_channel_id",
                400,
            ),
            (SpecialChannel::System, "system_channel_id", 200),
            (SpecialChannel::Afk, "afk_channel_id", 200),
            (
                SpecialChannel::SafetyAlerts,
                "safety_alerts_channel_id",
                200,
            ),
            (SpecialChannel::Widget, "widget_channel_id", 200),
        ];
        let guild = format!("/api/v10/guilds/{}", world.discord.guild_id());
        for (special, field, status) in table {
            let id = world.create("ours", field).await.id();
            world.discord.set_special(special, Some(id));
            assert_eq!(world.get(&guild).await.json()[field], id.to_string());
            seconds(10).await;
            let before = world.discord.violations_so_far().len();
            let (found, code) = delete(&world, id).await;
            assert_eq!(found, status, "{field}");
            assert_eq!(code == 50_074, status == 400, "{field}");
            let violations = world.discord.violations_so_far();
            assert!(
                matches!(violations[before..], [Violation::ProtectedDelete { channel_id, .. }] if channel_id == id),
                "{field}: {violations:?}"
            );
            let left = world.get(&guild).await.json()[field].clone();
            assert_eq!(left.is_null(), status == 200, "{field}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_protected_ten_seconds_after_it_became_special_and_until_it_is_not() {
    world(Config::default(), async |world| {
        let system = SpecialChannel::System;
        let soon = world.create("soon", "m1").await.id();
        world.discord.set_special(system, Some(soon));
        sleep(Duration::from_millis(9_998)).await;
        assert_eq!(delete(&world, soon).await.0, 200);

        let unmade = world.create("unmade", "m2").await.id();
        world.discord.set_special(system, Some(unmade));
        seconds(60).await;
        world.discord.set_special(system, None);
        assert_eq!(delete(&world, unmade).await.0, 200);
        assert_eq!(world.discord.check(), []);

        let both = world.create("both", "m3").await.id();
        world.discord.set_special(system, Some(both));
        seconds(9).await;
        // The purpose changes, the protection does not begin anew.
        world
            .discord
            .set_special(SpecialChannel::Widget, Some(both));
        world.discord.set_special(system, None);
        seconds(1).await;
        assert_eq!(delete(&world, both).await.0, 200);
        assert_eq!(world.discord.violations_so_far().len(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_onboarding_names_is_protected_too() {
    world(Config::default(), async |world| {
        let guild = format!("/api/v10/guilds/{}/onboarding", world.discord.guild_id());
        let off = world.get(&guild).await.json();
        assert_eq!(
            (&off["enabled"], &off["prompts"]),
            (&json!(false), &json!([]))
        );
        let first = world.create("first", "m1").await.id();
        let second = world.create("second", "m2").await.id();
        world.discord.set_onboarding(&[first], &[second]);
        let on = world.get(&guild).await.json();
        assert_eq!(on["enabled"], true);
        assert_eq!(on["default_channel_ids"], json!([first.to_string()]));
        let option = &on["prompts"][0]["options"][0];
        assert_eq!(option["channel_ids"], json!([second.to_string()]));
        seconds(10).await;
        for id in [first, second] {
            assert_eq!(delete(&world, id).await.0, 200);
        }
        assert_eq!(world.get(&guild).await.json()["enabled"], false);
        let found = world.discord.violations_so_far();
        let protected = |one: &Violation| matches!(one, Violation::ProtectedDelete { .. });
        assert!(found.len() == 2 && found.iter().all(protected), "{found:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn acts_come_over_http_and_are_refused_as_discord_would() {
    world(Config::default(), async |world| {
        let act = async |body: Value| world.post("/__sim/acts", body).await;
        let made = act(json!({ "act": "create_channel", "name": "Attic", "type": 4 })).await;
        let attic = made.json()["id"].clone();
        let copy = json!({
            "act": "create_channel", "name": "copy", "topic": "~m1", "parent_id": attic,
        });
        let copy = act(copy).await.id();
        assert_eq!(truth(&world, copy).topic.as_deref(), Some("~m1"));
        let id = copy.to_string();
        for body in [
            json!({ "act": "rename_channel", "channel_id": id, "name": "b" }),
            json!({ "act": "move_channel", "channel_id": id, "parent_id": null }),
            json!({ "act": "set_topic", "channel_id": id }),
            json!({ "act": "hide_channel", "channel_id": id }),
            json!({ "act": "show_channel", "channel_id": id }),
            json!({ "act": "set_special", "special": "afk", "channel_id": id }),
            json!({ "act": "set_onboarding", "default_channel_ids": [id] }),
            json!({ "act": "delete_channel", "channel_id": id }),
        ] {
            let reply = act(body.clone()).await;
            assert_eq!((reply.status, reply.json()), (200, json!({})), "{body}");
        }
        let unknown = act(json!({ "act": "rename_channel", "channel_id": id, "name": "c" })).await;
        assert_eq!(
            (unknown.status, &unknown.json()["code"]),
            (404, &json!(10_003))
        );
        let wrong = act(json!({ "act": "explode" })).await;
        assert_eq!(wrong.status, 400);
        assert!(wrong.json()["error"].as_str().unwrap().contains("explode"));

        let refused = HumanAct::MoveChannel {
            channel_id: world.discord.default_channel_id(),
            parent_id: Some(copy),
        };
        let refused = world.discord.try_act(refused).unwrap_err();
        assert_eq!((refused.status, refused.code), (400, 50_035));
        let seen = world.get("/__sim/violations").await.json();
        assert_eq!(seen, json!({ "violations": [] }));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn another_program_creates_with_the_same_bot_and_its_own_reason() {
    world(Config::default(), async |world| {
        let act: HumanAct = serde_json::from_value(json!({
            "act": "create_as_bot", "name": "theirs", "topic": "~t", "reason": "~r",
        }))
        .unwrap();
        let id = world.discord.try_act(act).unwrap().unwrap();
        let found = truth(&world, id);
        assert_eq!(found.creator_id, world.discord.user_id());
        assert_eq!(found.topic.as_deref(), Some("~t"));
        let path = format!("/api/v10/guilds/{}/audit-logs", world.discord.guild_id());
        let log = world.get(&path).await.json();
        let entry = &log["audit_log_entries"][0];
        assert_eq!(entry["reason"], "~r");
        assert_eq!(entry["target_id"], id.to_string());
        assert!(
            world
                .discord
                .try_act(HumanAct::DeleteChannel { channel_id: id })
                .is_ok()
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn discords_clock_may_be_slower_than_ours() {
    let slow = Config {
        clock_percent: 90,
        ..Config::default()
    };
    world(slow, async |world| {
        let before_ms = world.discord.now_ms();
        seconds(1_000).await;
        assert_eq!(world.discord.now_ms() - before_ms, 900_000);
        let first = world.discord.create_channel("a");
        seconds(10).await;
        let second = world.discord.create_channel("b");
        assert_eq!((second >> 22) - (first >> 22), 9_000);
        for id in [first, second] {
            world.discord.delete_channel(id);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn channels_of_one_name_have_three_creators_in_the_audit_log() {
    let mut config = Config::default();
    config.bots[0].permissions = 1 << 10 | 1 << 4;
    world(config, async |world| {
        let (proxy, bot) = (world.discord.user_id(), world.discord.bot_ids()[0]);
        let human = world.discord.config().human.user_id;
        let leftovers = world.discord.create_leftovers("cdp-chat-", 40);
        let theirs = world.discord.create_channel_as(bot, "cdp-chat-theirs");
        let persons = world.discord.create_channel("cdp-chat-person");
        let act = json!({
            "act": "create_as_bot", "user_id": bot.to_string(), "name": "cdp-chat-outside",
        });
        let outside = world.post("/__sim/acts", act).await.id();

        let path = format!("/api/v10/guilds/{}/audit-logs?limit=100", world.discord.guild_id());
        let log = world.get(&path).await.json();
        let creator_in_log = |channel_id: u64| {
            let id = json!(channel_id.to_string());
            let mut entries = log["audit_log_entries"].as_array().unwrap().iter();
            let entry = entries.find(|entry| entry["target_id"] == id).unwrap();
            entry["user_id"].as_str().unwrap().parse::<u64>().unwrap()
        };
        let truth = world.discord.truth().channels;
        for (channel_id, creator_id) in leftovers
            .iter()
            .map(|id| (*id, proxy))
            .chain([(theirs, bot), (outside, bot), (persons, human)])
        {
            let channel = truth.iter().find(|one| one.id == channel_id).unwrap();
            assert!(channel.name.starts_with("cdp-chat-"), "{channel:?}");
            assert_eq!(channel.creator_id, creator_id);
            assert_eq!(creator_in_log(channel_id), creator_id);
        }
        // What the proxy's bot left behind it may delete, and has to.
        assert_eq!(world.discord.check().len(), 40);
        world.delete(&format!("/api/v10/channels/{theirs}")).await;
        let found = world.discord.violations_so_far();
        assert!(
            matches!(found[..], [Violation::WrongDelete { channel_id, .. }] if channel_id == theirs),
            "{found:?}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_bot_without_the_permission_creates_nothing() {
    world(Config::default(), async |world| {
        let bot = world.discord.bot_ids()[0];
        let act = HumanAct::CreateAsBot {
            user_id: Some(bot),
            name: "x".to_owned(),
            topic: None,
            reason: None,
        };
        let refused = world.discord.try_act(act).unwrap_err();
        assert_eq!(refused.code, 50_013);
        assert_eq!(world.living(), Vec::<String>::new());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_pin_changes_a_message_and_is_no_edit() {
    world(Config::default(), async |world| {
        let channel_id = world
            .discord
            .start_thread(world.discord.default_channel_id(), "t");
        let message_id = world.discord.say(channel_id, "x");
        let set = |pinned| {
            let act = HumanAct::SetPinned {
                channel_id,
                message_id,
                pinned,
            };
            world.discord.try_act(act)
        };
        let look = |id| world.discord.message(channel_id, id).unwrap();
        let notice = set(true).unwrap().unwrap();
        assert_eq!(look(notice)["type"], 6);
        assert_eq!(set(true), Ok(None), "it is pinned already");
        let pinned = look(message_id);
        assert_eq!(
            (&pinned["pinned"], &pinned["edited_timestamp"]),
            (&json!(true), &json!(null))
        );
        assert_eq!(set(false), Ok(None));
        assert_eq!(look(message_id)["pinned"], false);
        world.discord.set_archived(channel_id, true);
        assert_eq!(set(true).unwrap_err().code, 50083);
    })
    .await;
}
