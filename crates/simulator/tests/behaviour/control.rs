//! `/__sim/`: the truth over HTTP, orders, and clear words about bad ones.

use cordboard_simulator::{Config, Introduction};
use http::Method;
use serde_json::{Value, json};

use crate::world::{World, seconds, world};

#[tokio::test(start_paused = true)]
async fn the_truth_names_every_channel_and_its_creator() {
    world(Config::default(), async |world| {
        let id = world.create("A Channel", "m1").await.id();
        world.delete(&format!("/api/v10/channels/{id}")).await;
        world
            .speak(world.discord.default_channel_id(), "hello")
            .await;
        let truth = world.get("/__sim/truth").await.json();

        let me = world.discord.user_id().to_string();
        let channels = truth["channels"].as_array().unwrap();
        let name = id.to_string();
        let channel = channels
            .iter()
            .find(|channel| channel["id"] == name)
            .unwrap();
        assert_eq!(channel["name"], "a-channel");
        assert_eq!(channel["type"], 0);
        assert_eq!(channel["creator_id"], me);
        assert_eq!(channel["alive"], false);
        assert_eq!(channel["deleted_by"], me);
        assert!(channel["deleted_at"].as_u64() > channel["created_at"].as_u64());
        assert_eq!(truth["messages"], 1);
        assert_eq!(truth["counters"]["requests"], 3);
        assert_eq!(truth["counters"]["rate_limited"], 0);
        assert_eq!(
            truth["counters"]["routes"]["POST /guilds/{guild_id}/channels"],
            1
        );
        for counter in ["identifies", "resumes", "connections", "invalid", "faults"] {
            assert_eq!(truth["counters"][counter], 0, "{counter}");
        }
        assert_eq!(
            world.get("/__sim/check").await.json(),
            json!({ "violations": [] })
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_introduction_has_exactly_the_documented_keys() {
    world(Config::default(), async |world| {
        let introduction = serde_json::to_string(&world.discord.introduction()).unwrap();
        let keys = ["rest_url", "gateway_url", "token", "user_id", "guild_id"];
        let keys = keys.into_iter().chain(["default_channel_id", "bots"]);
        let line: serde_json::Map<String, Value> = serde_json::from_str(&introduction).unwrap();
        assert_eq!(line.len(), 7);
        assert!(keys.into_iter().all(|key| line.contains_key(key)));
        assert!(
            introduction.starts_with(r#"{"rest_url":"http://127.0.0.1:"#),
            "{introduction}"
        );
        assert_eq!(line["bots"][0].as_object().unwrap().len(), 2);
        let read: Introduction = serde_json::from_str(&introduction).unwrap();
        assert_eq!(read.bots[0].name, "Friend");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn people_speak_and_read_over_http() {
    world(Config::default(), async |world| {
        let channel_id = world.discord.default_channel_id().to_string();
        let bot = world.discord.bot_ids()[0];
        let content = format!("<@{bot}> hi");
        let speech = json!({ "channel_id": channel_id, "content": content });
        let said = world.post("/__sim/messages", speech).await;
        assert_eq!(said.status, 200);
        seconds(5).await;
        let path = format!("/__sim/messages?channel_id={channel_id}");
        let messages = world.get(&path).await.json();
        assert_eq!(messages[0]["id"], said.id().to_string());
        assert_eq!(messages[1]["author"]["id"], bot.to_string());
        let replies = world.get("/__sim/truth").await.json()["replies"].clone();
        assert_eq!(replies[0]["text"], messages[1]["content"]);
        assert_eq!(replies[0]["end"], "complete");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn faults_are_armed_over_http() {
    world(Config::default(), async |world| {
        let fault = json!({
            "route": "POST /guilds/{guild_id}/channels", "kind": "act_then_hang_up", "count": 1,
        });
        assert_eq!(world.post("/__sim/faults", fault).await.status, 200);
        assert_eq!(
            world.get("/__sim/faults").await.json()[0]["kind"],
            "act_then_hang_up"
        );
        assert!(world.try_create("a").await.is_err());
        assert_eq!(world.living(), ["a"]);
        assert_eq!(world.get("/__sim/faults").await.json(), json!([]));

        let always = json!({ "route": "*", "kind": "status", "status": 503, "count": null });
        world.post("/__sim/faults", always).await;
        assert_eq!(world.get("/api/v10/users/@me").await.status, 503);
        assert_eq!(world.delete("/__sim/faults").await.status, 200);
        assert_eq!(world.get("/api/v10/users/@me").await.status, 200);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn permissions_are_lost_and_come_back() {
    world(Config::default(), async |world| {
        let permissions = world.discord.config().proxy.permissions.to_string();
        world
            .post("/__sim/permissions", json!({ "permissions": "1024" }))
            .await;
        let refused = world.try_create("a").await.unwrap();
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (403, &json!(50_013))
        );
        world
            .post("/__sim/permissions", json!({ "permissions": permissions }))
            .await;
        assert_eq!(world.try_create("a").await.unwrap().status, 201);

        let channel_id = world.discord.default_channel_id();
        let hide = json!({ "channel_id": channel_id.to_string(), "deny": "1024" });
        world.post("/__sim/permissions", hide).await;
        assert_eq!(world.speak(channel_id, "hello").await.status, 403);
        let show = json!({ "channel_id": channel_id.to_string(), "clear": true });
        world.post("/__sim/permissions", show).await;
        assert_eq!(world.speak(channel_id, "hello").await.status, 200);
    })
    .await;
}

/// Posts each order to its path and expects a refusal with these words in it.
async fn refused(world: &World, orders: impl IntoIterator<Item = (&str, Value, &str)>) {
    for (path, body, words) in orders {
        let refused = world.post(&format!("/__sim/{path}"), body.clone()).await;
        let error = refused.json()["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(refused.status, 400, "{body}");
        assert!(error.contains(words), "{body}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn faults_that_could_never_strike_are_refused_in_plain_words() {
    world(Config::default(), async |world| {
        let table = [
            (
                json!({ "event": "MESAGE_CREATE", "kind": "drop_event" }),
                "no event `MESAGE_CREATE`",
            ),
            (
                json!({ "route": "POST /guilds/{guild_id}/channels", "kind": "drop_event" }),
                "no event `POST /guilds/{guild_id}/channels`",
            ),
            (
                json!({ "event": "MESSAGE_CREATE", "kind": "delay_event", "delay_ms": u64::MAX }),
                "at most 86400000",
            ),
            (
                json!({ "route": "*", "kind": "rate_limited", "delay_ms": u64::MAX }),
                "at most 86400000",
            ),
            (json!({ "kind": "hang" }), "needs `route`"),
            (
                json!({ "route": "GET /nowhere", "kind": "hang" }),
                "no route",
            ),
            (
                json!({ "route": "*", "kind": "explode" }),
                "no fault kind `explode`",
            ),
            (
                json!({ "route": "*", "kind": "status", "status": 200 }),
                "no error status",
            ),
            (
                json!({ "route": "*", "kind": "hang", "counts": 1 }),
                "counts",
            ),
            (
                json!({ "route": "*", "kind": "hang", "count": 0 }),
                "begin at 1",
            ),
        ];
        refused(&world, table.map(|(body, words)| ("faults", body, words))).await;
        assert_eq!(world.get("/__sim/faults").await.json(), json!([]));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn bad_orders_are_refused_in_plain_words() {
    world(Config::default(), async |world| {
        let table = [
            (
                "messages",
                json!({ "channel_id": 7, "content": "x" }),
                "string",
            ),
            (
                "messages",
                json!({ "channel_id": "seven", "content": "x" }),
                "no id",
            ),
            ("gateway", json!({ "action": "explode" }), "explode"),
            ("permissions", json!({ "deny": "1" }), "channel_id"),
        ];
        refused(&world, table).await;
        let unknown = json!({ "channel_id": "77", "content": "x" });
        assert_eq!(world.post("/__sim/messages", unknown).await.status, 404);
        assert_eq!(world.get("/__sim/nothing").await.status, 404);
        assert_eq!(
            world
                .send(Method::PUT, "/__sim/truth", None, &[])
                .await
                .unwrap()
                .status,
            404
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn absurd_numbers_are_refused_and_break_nothing() {
    world(Config::default(), async |world| {
        let stale = world
            .get("/attachments/1/2/a.txt?ex=ffffffffffffffff&is=1&hm=1&")
            .await;
        assert_eq!(stale.status, 404);
        let path = format!("/api/v10/guilds/{}/channels", world.discord.guild_id());
        let far = json!({ "name": "far", "position": u64::MAX });
        let refused = world.post(&path, far).await;
        assert_eq!(refused.status, 400);
        assert_eq!(
            refused.json()["errors"]["position"]["_errors"][0]["code"],
            "NUMBER_TYPE_MAX"
        );
        assert_eq!(world.try_create("near").await.unwrap().status, 201);
    })
    .await;
}
