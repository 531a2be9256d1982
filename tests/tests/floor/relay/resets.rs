//! A consumer that an operator sets somewhere else while its bot is connected.

use cordboard_tests::{Answer, sim_with};
use hyper::Method;
use serde_json::json;

use super::*;

/// The sequences of so many events.
async fn sequences(stream: &mut Answer, count: usize) -> Vec<u64> {
    let mut told = Vec::new();
    while told.len() < count {
        let event = next(stream).await.unwrap().unwrap();
        told.push(event["sequence"].as_u64().unwrap());
    }
    told
}

#[test]
fn a_connected_bot_is_told_again_what_an_operator_has_set_it_back_to() {
    // How: the bot acknowledges what it was told, and more is said while it has not noticed.
    sim_with(setup(), async |world| {
        let channel_id = world.discord.default_channel_id();
        let client = world.client().with_key(KEY);
        let open = async || {
            let stream = client.send(Method::GET, "/relay/v1/stream?consumer=bot", "");
            stream.await.unwrap()
        };
        let acknowledge = async |sequence: u64| {
            let body = json!({"sequence": sequence}).to_string();
            let acked = client.send(Method::POST, "/relay/v1/consumers/bot/ack", body);
            acked.await.unwrap().status.as_u16()
        };
        let mut stream = open().await;
        for index in 0..4 {
            world.discord.say(channel_id, &format!("line {index}"));
        }
        assert_eq!(sequences(&mut stream, 4).await, [1, 2, 3, 4]);
        assert_eq!(acknowledge(3).await, 200);

        let maintenance = world.maintenance("messages consumers reset");
        let plan = maintenance.plan_reset("bot", Some(1)).await.unwrap();
        let reset = maintenance.reset_consumer(plan).await.unwrap();
        assert_eq!(reset.consumers[0].acknowledged, 1);
        world.discord.say(channel_id, "line 4");
        let ended = next(&mut stream).await.unwrap().unwrap();
        assert_eq!(ended["error"]["code"], "moved", "{ended}");
        assert_eq!(acknowledge(4).await, 409, "that was before");

        let mut stream = open().await;
        assert_eq!(sequences(&mut stream, 4).await, [2, 3, 4, 5]);
        assert_eq!(acknowledge(5).await, 200);
        let consumers = maintenance.consumers().await.unwrap().consumers;
        assert_eq!(consumers[0].acknowledged, 5);

        // Forgotten, it ends as by its own client's wish.
        let plan = maintenance.plan_reset("bot", None).await.unwrap();
        maintenance.reset_consumer(plan).await.unwrap();
        let ended = next(&mut stream).await.unwrap().unwrap();
        assert_eq!(ended["error"]["code"], "not_found", "{ended}");
    });
}
