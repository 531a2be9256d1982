//! What the readers of the relay give up.

use cordboard_tests::sim_with;
use hyper::Method;
use serde_json::json;

use super::{Bot, KEY, get, next, setup};

#[test]
fn what_a_bot_gives_up_can_be_read_and_dropped_and_outlives_the_process() {
    sim_with(setup(), async |world| {
        let channel_id = world.discord.default_channel_id();
        let client = world.client().with_key(KEY);
        let mut bot = Bot::default();
        bot.read(world).await;
        let said: Vec<_> = ["good", "poison", "poison too", "good again"]
            .map(|text| world.discord.say(channel_id, text))
            .into();
        // How: it fails at what is poison, and goes on behind it.
        let stream = client.send(Method::GET, "/relay/v1/stream?consumer=bot", "");
        let mut stream = stream.await.unwrap();
        let mut sequences = Vec::new();
        while sequences.len() < said.len() {
            let event = next(&mut stream).await.unwrap().unwrap();
            let sequence = event["sequence"].as_u64().unwrap();
            let is_poison = event["message"]["content"]
                .as_str()
                .unwrap()
                .contains("poison");
            let ack = if is_poison {
                json!({"sequence": sequence, "failed": true, "reason": "it is poison"})
            } else {
                json!({"sequence": sequence})
            };
            for _ in 0..if is_poison { 5 } else { 1 } {
                let path = "/relay/v1/consumers/bot/ack";
                let acked = client.send(Method::POST, path, ack.to_string());
                assert_eq!(acked.await.unwrap().status, 200);
            }
            sequences.push(sequence);
        }
        drop(stream);
        world.kill_proxy().await;
        world.start_proxy().await;
        let letters = "/relay/v1/consumers/bot/dead_letters";
        let page = get(world, &format!("{letters}?limit=1")).await;
        let letter = &page["data"][0];
        assert_eq!(page["has_more"], true);
        assert_eq!(letter["sequence"], sequences[1]);
        assert_eq!(letter["kind"], "create");
        assert_eq!(letter["channel_id"], channel_id.to_string());
        assert_eq!(letter["message"]["id"], said[1].to_string());
        assert_eq!(letter["message"]["content"], "poison");
        assert_eq!(letter["attempts"], 5);
        assert_eq!(letter["reason"], "it is poison");
        assert!(letter["at"].as_str().unwrap().ends_with('Z'), "{letter}");
        let page = get(world, &format!("{letters}?after={}", sequences[1])).await;
        assert_eq!(page["data"][0]["message"]["content"], "poison too");
        assert_eq!(page["has_more"], false);
        let one = format!("{letters}/{}", sequences[1]);
        let client = world.client().with_key(KEY);
        for status in [200, 404] {
            let dropped = client.send(Method::DELETE, &one, "").await.unwrap();
            assert_eq!(dropped.status, status);
        }
        let page = get(world, letters).await;
        let left: Vec<_> = page["data"].as_array().unwrap().iter().collect();
        assert_eq!(left.len(), 1, "{page}");
        assert_eq!(left[0]["sequence"], sequences[2]);
        let consumer = &get(world, "/relay/v1/consumers").await["data"][0];
        assert_eq!(consumer["dead_letters"], 2, "of all there ever were");
    });
}
