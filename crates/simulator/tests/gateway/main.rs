//! The gateway as a raw websocket client sees it, on a paused clock.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on fails where it stands"
)]

mod client;
mod endings;
mod events;
mod guild;
mod presence;
mod resuming;

use serde_json::json;

use self::client::{Client, INTENTS, config, identify, simulate};

#[tokio::test(start_paused = true)]
async fn hello_identify_ready_and_the_guild() {
    simulate(config(""), async |simulator| {
        let mut client = Client::connect(&simulator, "v=10&encoding=json").await;
        let hello = client.payload().await;
        assert_eq!(hello["op"], 10);
        assert_eq!(hello["d"]["heartbeat_interval"], 41_250);

        client.say(identify(&simulator, INTENTS)).await;
        let ready = client.payload().await;
        assert_eq!((&ready["t"], &ready["s"]), (&json!("READY"), &json!(1)));
        assert_eq!(ready["d"]["v"], 10);
        assert_eq!(ready["d"]["resume_gateway_url"], simulator.gateway_url());
        let guild_id = simulator.guild_id().to_string();
        assert_eq!(
            ready["d"]["guilds"],
            json!([{"id": guild_id, "unavailable": true}])
        );

        let guild = client.payload().await;
        assert_eq!(
            (&guild["t"], &guild["s"]),
            (&json!("GUILD_CREATE"), &json!(2))
        );
        assert_eq!(guild["d"]["id"], guild_id);
        assert!(!guild["d"]["channels"].as_array().unwrap().is_empty());

        client.beat().await;
        assert_eq!(client.payload().await["op"], 11);
        let counters = simulator.truth().counters;
        assert_eq!(
            (counters.connections, counters.identifies, counters.resumes),
            (1, 1, 0)
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn compressed_connections_say_the_same() {
    for compression in ["zlib-stream", "zstd-stream"] {
        simulate(config(""), async |simulator| {
            let query = format!("v=10&encoding=json&compress={compression}");
            let mut client = Client::connect(&simulator, &query).await;
            assert_eq!(client.payload().await["op"], 10);
            client.say(identify(&simulator, INTENTS)).await;
            client.event("GUILD_CREATE").await;
            let words = "blå ".repeat(400);
            simulator.say(simulator.default_channel_id(), &words);
            let message = client.event("MESSAGE_CREATE").await;
            assert_eq!(
                message["d"]["content"].as_str().unwrap().trim(),
                words.trim()
            );
            client.beat().await;
            assert_eq!(client.payload().await["op"], 11);
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn identifies_are_spaced() {
    simulate(config(""), async |simulator| {
        let (_first, _) = Client::log_in(&simulator).await;
        let mut second = Client::hello(&simulator).await;
        second.say(identify(&simulator, INTENTS)).await;
        let refused = second.payload().await;
        assert_eq!((&refused["op"], &refused["d"]), (&json!(9), &json!(false)));

        // The connection is good for another try.
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        second.say(identify(&simulator, INTENTS)).await;
        second.event("GUILD_CREATE").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_budget_ends_with_the_token() {
    let config = config("[gateway]\nidentifies_per_day = 1");
    simulate(config, async |simulator| {
        let (mut first, session_id) = Client::log_in(&simulator).await;
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        let mut second = Client::hello(&simulator).await;
        second.say(identify(&simulator, INTENTS)).await;
        assert_eq!(second.hear().await, client::Heard::Closed(4004));
        assert_eq!(first.rest().await.1, client::Heard::Closed(4004));
        let mut third = Client::resume(&simulator, &session_id, 2).await;
        assert_eq!(third.hear().await, client::Heard::Closed(4004));
    })
    .await;
}
