//! The checkers: each rule, broken on purpose by a raw client.

use std::time::Duration;

use cordboard_simulator::{Config, Fault, Scope, Violation, WindowLimit};
use serde_json::json;

use crate::world::{CREATE_CHANNEL, CREATE_MESSAGE, seconds, world};

#[tokio::test(start_paused = true)]
async fn a_good_citizen_is_found_without_fault() {
    world(Config::default().with_limits(), async |world| {
        let id = world.create("a", "m1").await.id();
        assert_eq!(world.speak(id, "hello").await.status, 200);
        assert_eq!(
            world
                .delete(&format!("/api/v10/channels/{id}"))
                .await
                .status,
            200
        );
        seconds(1).await;
        let look = world.get(&format!("/api/v10/channels/{id}")).await;
        assert_eq!((look.status, &look.json()["code"]), (404, &json!(10_003)));
        assert_eq!(world.discord.check(), []);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_stays_is_a_leak() {
    world(Config::default(), async |world| {
        let channel_id = world.create("a", "m1").await.id();
        let leak = Violation::Leak {
            channel_id,
            name: "a".to_owned(),
        };
        assert_eq!(world.discord.check(), [leak]);
        assert_eq!(world.discord.check_allowing(&[channel_id]), []);
        world.discord.delete_channel(channel_id);
        assert_eq!(world.discord.check(), []);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn deleting_what_is_not_ones_own_is_seen_even_if_it_fails() {
    world(Config::default(), async |world| {
        let theirs = world.discord.create_channel("theirs");
        let nobodys = 77;
        let default = world.discord.default_channel_id();
        world
            .discord
            .fault(Fault::hang_up("DELETE /channels/{channel_id}").nth(3));
        for id in [theirs, nobodys] {
            world.delete(&format!("/api/v10/channels/{id}")).await;
        }
        let path = format!("/api/v10/channels/{default}");
        assert!(
            world
                .send(http::Method::DELETE, &path, None, &[])
                .await
                .is_err()
        );
        let mut deletes = Vec::new();
        for violation in world.discord.check() {
            match violation {
                Violation::WrongDelete {
                    channel_id,
                    creator_id,
                    ..
                } => {
                    deletes.push((channel_id, creator_id.is_some()));
                }
                Violation::ProtectedDelete { channel_id, .. } => assert_eq!(channel_id, default),
                other => panic!("{other:?}"),
            }
        }
        deletes.dedup();
        assert_eq!(deletes, [(theirs, true), (nobodys, false), (default, true)]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_mark_is_good_for_one_creation() {
    world(Config::default(), async |world| {
        // Refused for sure: the attempt may go on with its mark.
        world.discord.fault(Fault::rate_limited(
            CREATE_CHANNEL,
            Scope::Shared,
            Duration::ZERO,
        ));
        assert_eq!(world.create("a", "m1").await.status, 429);
        let first = world.create("a", "m1").await.id();
        // Unknown: the second attempt needs a mark of its own.
        world.discord.fault(Fault::status(CREATE_CHANNEL, 503));
        assert_eq!(world.create("b", "m2").await.status, 503);
        let second = world.create("b", "m2").await.id();
        let found = world.discord.check_allowing(&[first, second]);
        assert!(
            matches!(&found[..], [Violation::MarkSentTwice { mark, .. }] if mark == "m2"),
            "{found:?}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn every_message_and_every_edit_says_that_it_pings_nobody() {
    world(Config::default(), async |world| {
        let path = format!(
            "/api/v10/channels/{}/messages",
            world.discord.default_channel_id()
        );
        let sent = world
            .speak(world.discord.default_channel_id(), "hello")
            .await;
        assert_eq!(world.discord.check(), []);
        world.post(&path, json!({ "content": "@everyone" })).await;
        world
            .patch(
                &format!("{path}/{}", sent.id()),
                json!({ "content": "@here" }),
            )
            .await;
        let parse = json!({ "content": "x", "allowed_mentions": { "parse": ["users"] } });
        world.post(&path, parse).await;
        let found = world.discord.check();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(
            found
                .iter()
                .all(|found| matches!(found, Violation::UnguardedMentions { .. }))
        );
        let request = &world.discord.requests(Some(CREATE_MESSAGE))[0];
        assert_eq!(request.allowed_mentions, Some(json!({ "parse": [] })));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_request_against_a_closed_door_is_seen() {
    world(Config::default().with_limits(), async |world| {
        let channel_id = world.discord.default_channel_id();
        for _ in 0..5 {
            world.speak(channel_id, "hello").await;
        }
        assert_eq!(world.discord.check(), [], "the last place may be used");
        seconds(1).await;
        assert_eq!(world.speak(channel_id, "too soon").await.status, 429);
        let found = world.discord.check();
        assert!(
            matches!(&found[..], [Violation::ClosedDoor { .. }]),
            "{found:?}"
        );
        seconds(5).await;
        assert_eq!(world.speak(channel_id, "in time").await.status, 200);
        assert_eq!(world.discord.check().len(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_one_client_was_told_another_does_not_know() {
    world(Config::default(), async |world| {
        let wait = Duration::from_secs(3);
        let path = "/api/v10/users/@me";
        world
            .discord
            .fault(Fault::rate_limited("*", Scope::User, wait));
        assert_eq!(world.get(path).await.status, 429);
        seconds(1).await;
        let other = format!("/__client/other{path}");
        assert_eq!(world.get(&other).await.status, 200);
        assert_eq!(world.discord.check(), []);
        assert_eq!(world.get(path).await.status, 200);
        let found = world.discord.check();
        assert!(
            matches!(&found[..], [Violation::ClosedDoor { .. }]),
            "{found:?}"
        );
        let asked = world.discord.requests(None);
        let clients: Vec<_> = asked.iter().map(|of| of.client.as_deref()).collect();
        assert_eq!(clients, [None, Some("other"), None]);
        let url = world.discord.rest_url_of("other");
        assert!(url.ends_with("/__client/other"), "{url}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_global_refusal_closes_every_door() {
    world(Config::default(), async |world| {
        let wait = Duration::from_secs(3);
        world
            .discord
            .fault(Fault::rate_limited("*", Scope::Global, wait));
        assert_eq!(world.get("/api/v10/users/@me").await.status, 429);
        seconds(1).await;
        world.get("/api/v10/gateway/bot").await;
        assert_eq!(world.discord.check().len(), 1);
        seconds(3).await;
        world.get("/api/v10/gateway/bot").await;
        assert_eq!(world.discord.check().len(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn one_delete_and_one_look_may_make_sure_that_a_channel_is_gone() {
    world(Config::default(), async |world| {
        let id = world.create("a", "m1").await.id();
        world.discord.delete_channel(id);
        assert_eq!(world.speak(id, "hello").await.status, 404);
        seconds(1).await;
        let path = format!("/api/v10/channels/{id}");
        world.delete(&path).await;
        world.get(&path).await;
        assert_eq!(world.discord.check(), []);
        for calls in 1..=3 {
            match calls {
                1 => world.delete(&path).await,
                2 => world.get(&path).await,
                _ => world.speak(id, "hello").await,
            };
            assert_eq!(world.discord.check().len(), calls);
        }
        let found = world.discord.check();
        assert!(
            found
                .iter()
                .all(|found| matches!(found, Violation::GoneChannel { .. }))
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn invalid_requests_have_a_budget() {
    let mut config = Config::default();
    config.limits.invalid = WindowLimit::new(2, 600_000);
    world(config, async |world| {
        world.discord.fault(Fault::status("*", 403).times(3));
        for _ in 0..3 {
            world.get("/api/v10/users/@me").await;
        }
        assert_eq!(world.discord.counters().invalid, 3);
        let found = world.discord.check();
        assert!(
            matches!(&found[..], [Violation::InvalidBudget { budget: 2, .. }]),
            "{found:?}"
        );
    })
    .await;
}
