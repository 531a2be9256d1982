//! Every way in which a connection ends, with its number.

use std::time::Duration;

use cordboard_simulator::{GatewayCommand, Simulator, Violation};
use serde_json::{Value, json};

use crate::client::{Client, Heard, INTENTS, config, identify, simulate};

/// Says something on a fresh connection and hears how it ends.
async fn end_after(simulator: &Simulator, payload: Value) -> Heard {
    let mut client = Client::hello(simulator).await;
    client.say(payload).await;
    client.rest().await.1
}

/// An IDENTIFY with one field changed.
fn identify_with(simulator: &Simulator, key: &str, value: Value) -> Value {
    let mut payload = identify(simulator, INTENTS);
    payload["d"][key] = value;
    payload
}

#[tokio::test(start_paused = true)]
async fn bad_first_words_have_their_close_codes() {
    simulate(config(""), async |simulator| {
        let of = |key, value| identify_with(&simulator, key, value);
        for (payload, code) in [
            (json!({"op": 99}), 4001),
            (json!({"op": 0, "d": {}}), 4001),
            (json!({"op": 2, "d": "nonsense"}), 4002),
            (json!({"op": 1, "d": "x".repeat(4_096)}), 4002),
            (json!({"op": 3, "d": {}}), 4003),
            (
                json!({"op": 8, "d": {"guild_id": "1", "query": "", "limit": 0}}),
                4003,
            ),
            (of("token", json!("wrong")), 4004),
            (of("shard", json!([1, 1])), 4010),
            (of("intents", json!(1 << 30)), 4013),
            (of("intents", json!(null)), 4013),
            (of("intents", json!(INTENTS | 1 << 8)), 4014),
        ] {
            let end = end_after(&simulator, payload.clone()).await;
            assert_eq!(end, Heard::Closed(code), "{payload}");
        }
        let mut client = Client::hello(&simulator).await;
        client.say_raw("no json".to_owned()).await;
        assert_eq!(client.hear().await, Heard::Closed(4002));
        for (query, code) in [("v=9&encoding=json", 4012), ("v=10&encoding=etf", 4002)] {
            let mut client = Client::connect(&simulator, query).await;
            assert_eq!(client.hear().await, Heard::Closed(code), "{query}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_session_identifies_once() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        client.say(identify(&simulator, INTENTS)).await;
        assert_eq!(client.hear().await, Heard::Closed(4005));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_sequence_from_the_future_ends_the_session() {
    simulate(config(""), async |simulator| {
        let (client, session_id) = Client::log_in(&simulator).await;
        drop(client);
        let mut client = Client::resume(&simulator, &session_id, 99).await;
        assert_eq!(client.hear().await, Heard::Closed(4007));
        let mut client = Client::resume(&simulator, &session_id, 2).await;
        assert_eq!(client.payload().await["op"], 9);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn more_than_120_payloads_a_minute_are_too_many() {
    simulate(config(""), async |simulator| {
        let (mut client, session_id) = Client::log_in(&simulator).await;
        for _ in 0..119 {
            client.beat().await;
            assert_eq!(client.payload().await["op"], 11);
        }
        client.beat().await;
        assert_eq!(client.hear().await, Heard::Closed(4008));
        // It was impolite, not wrong: the session is still there.
        let mut client = Client::resume(&simulator, &session_id, 2).await;
        assert_eq!(client.payload().await["t"], "RESUMED");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_minute_later_120_more_are_welcome() {
    simulate(config(""), async |simulator| {
        let mut client = Client::hello(&simulator).await;
        for _ in 0..3 {
            for _ in 0..120 {
                client.beat().await;
                assert_eq!(client.payload().await["op"], 11);
            }
            tokio::time::sleep(Duration::from_mins(1)).await;
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_without_a_heartbeat_times_out() {
    simulate(config(""), async |simulator| {
        let (mut client, session_id) = Client::log_in(&simulator).await;
        assert_eq!(client.hear().await, Heard::Closed(4009));
        let mut client = Client::resume(&simulator, &session_id, 2).await;
        assert_eq!(client.payload().await["op"], 9);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_client_with_a_heartbeat_lives_for_hours() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        for _ in 0..300 {
            tokio::time::sleep(Duration::from_millis(41_250)).await;
            client.beat().await;
            assert_eq!(client.payload().await["op"], 11);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_test_may_close_with_any_code() {
    for (code, kept) in [(4000, true), (4008, true), (4009, false), (4014, false)] {
        simulate(config(""), async |simulator| {
            let (mut client, session_id) = Client::log_in(&simulator).await;
            simulator.gateway(GatewayCommand::Close { code });
            assert_eq!(client.hear().await, Heard::Closed(code));
            drop(client);
            let mut client = Client::resume(&simulator, &session_id, 2).await;
            let answer = client.payload().await;
            assert_eq!(answer["t"] == "RESUMED", kept, "{code}: {answer}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn new_connections_may_be_refused_for_a_while() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        simulator.gateway(GatewayCommand::Refuse { seconds: 10.0 });
        assert!(Client::try_connect(&simulator, "v=10").await.is_err());
        // The open one goes on.
        client.beat().await;
        assert_eq!(client.payload().await["op"], 11);
        tokio::time::sleep(Duration::from_secs(10)).await;
        Client::hello(&simulator).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_rotated_token_ends_all_sessions_and_only_the_new_one_is_good() {
    simulate(config(""), async |simulator| {
        let (mut client, session_id) = Client::log_in(&simulator).await;
        let former = identify(&simulator, INTENTS);
        let token = simulator.rotate_token();
        assert_eq!(simulator.token(), token);
        assert_eq!(client.hear().await, Heard::Closed(4004));
        assert_eq!(end_after(&simulator, former).await, Heard::Closed(4004));
        tokio::time::sleep(Duration::from_secs(5)).await;
        let mut client = Client::resume(&simulator, &session_id, 2).await;
        assert_eq!(client.payload().await["op"], 9, "the session is gone");
        let (_client, _) = Client::log_in(&simulator).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_identify_too_many_costs_the_token_and_is_told_until_the_day_is_over() {
    let short = "gateway = { identifies_per_day = 1, identify_day_ms = 600000 }";
    simulate(config(short), async |simulator| {
        for _ in 0..2 {
            let (client, _) = Client::log_in(&simulator).await;
            drop(client);
            assert!(simulator.violations_so_far().is_empty());
            tokio::time::sleep(Duration::from_mins(10)).await;
        }
        let (client, _) = Client::log_in(&simulator).await;
        drop(client);
        tokio::time::sleep(Duration::from_mins(9)).await;
        let payload = identify(&simulator, INTENTS);
        assert_eq!(end_after(&simulator, payload).await, Heard::Closed(4004));
        let seen = simulator.violations_so_far();
        let is_told = matches!(seen[..], [Violation::IdentifyBudget { budget: 1, .. }]);
        assert!(is_told, "{seen:?}");
        tokio::time::sleep(Duration::from_mins(10)).await;
        let payload = identify(&simulator, INTENTS);
        assert_eq!(end_after(&simulator, payload).await, Heard::Closed(4004));
    })
    .await;
}
