//! Sessions outlive connections, for a while.

use std::time::Duration;

use cordboard_simulator::GatewayCommand;
use serde_json::json;

use crate::client::{Client, Heard, config, names, simulate};

#[tokio::test(start_paused = true)]
async fn what_was_missed_is_replayed_in_order_and_then_resumed() {
    simulate(config(""), async |simulator| {
        let (mut client, session_id) = Client::log_in(&simulator).await;
        // What is said now cannot have reached the first connection.
        simulator.gateway(GatewayCommand::Silence { seconds: 60.0 });
        let channel = simulator.default_channel_id();
        for words in ["one", "two", "three"] {
            simulator.say(channel, words);
        }
        simulator.gateway(GatewayCommand::Drop);
        assert_eq!(client.rest().await, (vec![], Heard::Ended));

        let mut client = Client::resume(&simulator, &session_id, 2).await;
        for (index, words) in ["one", "two", "three"].iter().enumerate() {
            let message = client.event("MESSAGE_CREATE").await;
            assert_eq!(message["d"]["content"], *words);
            assert_eq!(message["s"], 3 + index);
        }
        let resumed = client.payload().await;
        assert_eq!(
            (&resumed["t"], &resumed["s"]),
            (&json!("RESUMED"), &json!(6))
        );
        simulator.say(channel, "four");
        assert_eq!(client.event("MESSAGE_CREATE").await["s"], 7);

        let counters = simulator.truth().counters;
        assert_eq!(
            (counters.connections, counters.identifies, counters.resumes),
            (2, 1, 1)
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn events_that_the_client_does_not_claim_are_replayed_too() {
    simulate(config(""), async |simulator| {
        let (client, session_id) = Client::log_in(&simulator).await;
        drop(client);
        let mut client = Client::resume(&simulator, &session_id, 1).await;
        assert_eq!(client.payload().await["t"], "GUILD_CREATE");
        assert_eq!(client.payload().await["t"], "RESUMED");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_window_closes_with_time() {
    simulate(
        config("[gateway]\nresume_window_ms = 60000"),
        async |simulator| {
            let (client, session_id) = Client::log_in(&simulator).await;
            drop(client);
            tokio::time::sleep(Duration::from_secs(59)).await;
            let mut client = Client::resume(&simulator, &session_id, 2).await;
            assert_eq!(client.payload().await["t"], "RESUMED");
            drop(client);
            tokio::time::sleep(Duration::from_secs(61)).await;
            refused(&mut Client::resume(&simulator, &session_id, 3).await).await;
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_window_closes_with_the_number_of_events() {
    simulate(
        config("[gateway]\nresume_buffer_max = 3"),
        async |simulator| {
            let (client, session_id) = Client::log_in(&simulator).await;
            drop(client);
            for number in 0..4 {
                simulator.say(simulator.default_channel_id(), &format!("{number}"));
            }
            refused(&mut Client::resume(&simulator, &session_id, 2).await).await;
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn only_1000_and_1001_give_a_session_up() {
    for (code, kept) in [(1000, false), (1001, false), (4000, true), (3000, true)] {
        simulate(config(""), async |simulator| {
            let (client, session_id) = Client::log_in(&simulator).await;
            client.close(code).await;
            let mut client = Client::resume(&simulator, &session_id, 2).await;
            if kept {
                assert_eq!(client.payload().await["t"], "RESUMED");
            } else {
                refused(&mut client).await;
            }
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_connection_takes_the_session_over() {
    simulate(config(""), async |simulator| {
        let (mut half_open, session_id) = Client::log_in(&simulator).await;
        let mut client = Client::resume(&simulator, &session_id, 2).await;
        assert_eq!(client.payload().await["t"], "RESUMED");
        assert_eq!(half_open.rest().await.1, Heard::Ended);
        simulator.say(simulator.default_channel_id(), "hello");
        client.event("MESSAGE_CREATE").await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn reconnect_and_invalid_session() {
    simulate(config(""), async |simulator| {
        let (mut client, session_id) = Client::log_in(&simulator).await;
        simulator.gateway(GatewayCommand::Reconnect);
        assert_eq!(client.payload().await["op"], 7);
        client.close(4000).await;

        let mut client = Client::resume(&simulator, &session_id, 2).await;
        assert_eq!(client.payload().await["t"], "RESUMED");
        simulator.gateway(GatewayCommand::Invalidate { resumable: true });
        let invalid = client.payload().await;
        assert_eq!((&invalid["op"], &invalid["d"]), (&json!(9), &json!(true)));
        client.close(4000).await;

        let mut client = Client::resume(&simulator, &session_id, 3).await;
        assert_eq!(client.payload().await["t"], "RESUMED");
        simulator.gateway(GatewayCommand::Invalidate { resumable: false });
        refused(&mut client).await;
        refused(&mut Client::resume(&simulator, &session_id, 4).await).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_cut_and_may_resume() {
    simulate(
        config("[gateway]\nresume_buffer_max = 100000"),
        async |simulator| {
            let (mut client, session_id) = Client::log_in(&simulator).await;
            let words = "x".repeat(2_000);
            for _ in 0..3_000 {
                simulator.say(simulator.default_channel_id(), &words);
                tokio::task::yield_now().await;
            }
            tokio::time::sleep(Duration::from_secs(15)).await;
            let (payloads, end) = client.rest().await;
            assert_eq!(end, Heard::Ended);
            let read = payloads.len();
            assert!(read < 3_000, "all of them fitted into the socket");

            let last = payloads
                .last()
                .map_or(2, |payload| payload["s"].as_u64().unwrap());
            let mut client = Client::resume(&simulator, &session_id, last).await;
            let mut replayed = Vec::new();
            while names(&replayed).last() != Some(&"RESUMED") {
                replayed.push(client.payload().await);
            }
            assert_eq!(read + replayed.len(), 3_001);
        },
    )
    .await;
}

/// Op 9 with `d: false` comes next.
async fn refused(client: &mut Client) {
    let payload = client.payload().await;
    assert_eq!((&payload["op"], &payload["d"]), (&json!(9), &json!(false)));
}
