//! Rate limits: headers, refusals, and the ban.

use cordboard_simulator::{Config, WindowLimit};
use http::Method;
use serde_json::json;

use crate::world::{World, seconds, world};

fn limited() -> Config {
    Config::default().with_limits()
}

async fn speak_until_refused(world: &World) -> crate::world::Reply {
    let channel_id = world.discord.default_channel_id();
    for left in (0..5).rev() {
        let reply = world.speak(channel_id, "hello").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("x-ratelimit-limit"), Some("5"));
        assert_eq!(
            reply.header("x-ratelimit-remaining"),
            Some(left.to_string().as_str())
        );
        assert_eq!(
            reply.header("x-ratelimit-scope"),
            None,
            "only a 429 carries a scope"
        );
        assert!(reply.header("x-ratelimit-bucket").is_some());
    }
    world.speak(channel_id, "hello").await
}

#[tokio::test(start_paused = true)]
async fn limits_are_off_unless_asked_for() {
    world(Config::default(), async |world| {
        for _ in 0..60 {
            let reply = world
                .speak(world.discord.default_channel_id(), "hello")
                .await;
            assert_eq!(reply.status, 200);
            assert_eq!(reply.header("x-ratelimit-limit"), None);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_spent_bucket_refuses_until_it_resets() {
    world(limited(), async |world| {
        let refused = speak_until_refused(&world).await;
        assert_eq!(refused.status, 429);
        assert_eq!(refused.header("x-ratelimit-scope"), Some("user"));
        assert_eq!(
            refused.header("retry-after"),
            Some("5"),
            "whole seconds, rounded up"
        );
        let retry_after = refused.json()["retry_after"].as_f64().unwrap();
        assert!((4.9..5.0).contains(&retry_after), "{retry_after}");
        assert_eq!(refused.json()["global"], false);

        let elsewhere = world.create("other", "m1").await.id();
        assert_eq!(
            world
                .speak(elsewhere, "another channel has its own")
                .await
                .status,
            200
        );
        seconds(5).await;
        assert_eq!(
            world
                .speak(world.discord.default_channel_id(), "again")
                .await
                .status,
            200
        );
        assert_eq!(world.discord.counters().rate_limited, 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_global_limit_has_no_bucket() {
    world(limited(), async |world| {
        let mut refused = None;
        for _ in 0..51 {
            let reply = world.get("/api/v10/users/@me").await;
            if reply.status == 429 {
                refused = Some(reply);
            }
        }
        let refused = refused.expect("51 requests do not fit into a second");
        assert_eq!(refused.header("x-ratelimit-global"), Some("true"));
        assert_eq!(refused.header("x-ratelimit-scope"), Some("global"));
        assert_eq!(refused.header("x-ratelimit-bucket"), None);
        assert_eq!(refused.header("retry-after"), Some("1"));
        assert_eq!(refused.json()["global"], true);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn renames_have_a_hidden_limit() {
    world(limited(), async |world| {
        let path = format!("/api/v10/channels/{}", world.create("a", "m1").await.id());
        for name in ["b", "c"] {
            assert_eq!(
                world.patch(&path, json!({ "name": name })).await.status,
                200
            );
        }
        let refused = world.patch(&path, json!({ "name": "d" })).await;
        assert_eq!(refused.status, 429);
        assert_ne!(
            refused.header("x-ratelimit-remaining"),
            Some("0"),
            "the headers know nothing"
        );
        assert!(refused.json()["retry_after"].as_f64().unwrap() > 500.0);
        assert_eq!(
            world
                .patch(&path, json!({ "topic": "another limit" }))
                .await
                .status,
            200
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_days_channels_are_counted() {
    let mut config = limited();
    config.limits.channel_creations = WindowLimit::new(3, 86_400_000);
    world(config, async |world| {
        for name in ["a", "b", "c"] {
            assert_eq!(world.try_create(name).await.unwrap().status, 201);
        }
        let refused = world.try_create("d").await.unwrap();
        assert_eq!(refused.status, 429);
        assert!(refused.json()["retry_after"].as_f64().unwrap() > 80_000.0);
        assert_eq!(world.living(), ["a", "b", "c"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_shared_limit_says_so_and_does_not_count_as_invalid() {
    let mut config = limited();
    config.limits.channel_writes = WindowLimit::new(2, 5_000);
    world(config, async |world| {
        let channel_id = world.discord.default_channel_id();
        world.speak(channel_id, "one").await;
        world.speak(channel_id, "two").await;
        let refused = world.speak(channel_id, "three").await;
        assert_eq!(refused.status, 429);
        assert_eq!(refused.header("x-ratelimit-scope"), Some("shared"));
        assert_eq!(refused.json()["code"], 20028);
        assert_ne!(refused.header("x-ratelimit-remaining"), Some("0"));
        assert_eq!(world.discord.counters().invalid, 0);
        assert_eq!(world.discord.counters().rate_limited, 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn too_many_invalid_requests_end_in_a_ban_without_headers() {
    let mut config = limited();
    config.limits.invalid = WindowLimit::new(3, 600_000);
    config.limits.ban_ms = 60_000;
    world(config, async |world| {
        for _ in 0..4 {
            let wrong = [("authorization", "Bot wrong")];
            let reply = world
                .send(Method::GET, "/api/v9/users/@me", None, &wrong)
                .await
                .unwrap();
            assert_eq!(reply.status, 401);
        }
        assert_eq!(world.discord.counters().invalid, 4);
        let refused = world
            .speak(world.discord.default_channel_id(), "hello")
            .await;
        assert_eq!(refused.status, 429);
        assert_eq!(
            refused.header("content-type"),
            Some("text/html; charset=UTF-8")
        );
        assert!(
            refused
                .headers
                .keys()
                .all(|name| !name.as_str().starts_with("x-ratelimit"))
        );
        assert_eq!(refused.header("retry-after"), None);
        seconds(60).await;
        assert_eq!(
            world
                .speak(world.discord.default_channel_id(), "hello")
                .await
                .status,
            200
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn lying_headers_promise_what_the_bucket_does_not_hold() {
    let mut config = limited();
    config.limits.lying_headers = true;
    world(config, async |world| {
        let path = format!(
            "/api/v10/channels/{}/messages",
            world.discord.default_channel_id()
        );
        let first = world.get(&path).await;
        assert_eq!(first.header("x-ratelimit-limit"), Some("1000"));
        for _ in 0..4 {
            world.get(&path).await;
        }
        let refused = world.get(&path).await;
        assert_eq!(refused.status, 429);
        assert_eq!(refused.header("x-ratelimit-limit"), Some("5"));
        assert_eq!(refused.header("x-ratelimit-remaining"), Some("0"));
    })
    .await;
}
