//! Who is told what, and what may go wrong on the way.

use std::time::Duration;

use cordboard_simulator::{Fault, GatewayCommand};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::client::{Client, INTENTS, config, identify, simulate};

/// The contents of the messages that come until the gateway has been quiet for five seconds.
async fn contents(client: &mut Client) -> Vec<String> {
    let mut contents = Vec::new();
    while let Ok(payload) = timeout(Duration::from_secs(5), client.payload()).await {
        if payload["t"] == "MESSAGE_CREATE" {
            contents.push(payload["d"]["content"].as_str().unwrap().to_owned());
        }
    }
    contents
}

#[tokio::test(start_paused = true)]
async fn intents_decide_what_is_told() {
    const GUILDS: u64 = 1;
    const GUILD_MESSAGES: u64 = 1 << 9;
    for (intents, heard) in [
        (INTENTS, vec!["secret"]),
        (GUILDS | GUILD_MESSAGES, vec![""]),
        (GUILDS, vec![]),
        (0, vec![]),
    ] {
        simulate(config(""), async |simulator| {
            let mut client = Client::hello(&simulator).await;
            client.say(identify(&simulator, intents)).await;
            client.event("READY").await;
            if intents & GUILDS != 0 {
                client.event("GUILD_CREATE").await;
            }
            simulator.say(simulator.default_channel_id(), "secret");
            assert_eq!(contents(&mut client).await, heard, "{intents}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn event_faults_strike_on_the_wire() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        let channel = simulator.default_channel_id();
        let mut hear = async |fault: Fault, said: &[&str]| {
            simulator.fault(fault);
            for words in said {
                simulator.say(channel, words);
            }
            contents(&mut client).await
        };
        let name = "MESSAGE_CREATE";
        assert_eq!(hear(Fault::drop_event(name), &["a", "b"]).await, ["b"]);
        assert_eq!(
            hear(Fault::duplicate_event(name), &["a", "b"]).await,
            ["a", "a", "b"]
        );
        assert_eq!(
            hear(Fault::reorder_event(name), &["a", "b"]).await,
            ["b", "a"]
        );
        assert_eq!(hear(Fault::reorder_event(name), &["a"]).await, ["a"]);
        let delay = Fault::delay_event(name, Duration::from_secs(3));
        assert_eq!(hear(delay, &["a", "b"]).await, ["b", "a"]);
        let struck = json!({
            "delay_event": 1, "drop_event": 1, "duplicate_event": 1, "reorder_event": 2,
        });
        assert_eq!(json!(simulator.counters().struck[name]), struck);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn only_what_nobody_was_told_to_be_there_is_left_out() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        let channel = simulator.default_channel_id();
        simulator.fault(Fault::drop_event("MESSAGE_UPDATE"));
        let told = simulator.say(channel, "told");
        simulator.edit(channel, told, "edited");
        assert_eq!(contents(&mut client).await, ["told"]);
        assert!(!simulator.has_left_out(told), "its creation was told");
        simulator.fault(Fault::drop_event("MESSAGE_CREATE"));
        let untold = simulator.say(channel, "untold");
        assert!(contents(&mut client).await.is_empty());
        assert!(simulator.has_left_out(untold));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_not_whole_has_its_number_and_costs_no_other() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        let channel = simulator.default_channel_id();
        let name = "MESSAGE_CREATE";
        let mut numbers = Vec::new();
        for (fault, is_json, has_id) in [
            (Fault::cut_event(name), false, false),
            (Fault::hollow_event(name), true, false),
            (Fault::blank_event(name), true, false),
            (Fault::authorless_event(name), true, true),
        ] {
            simulator.fault(fault);
            simulator.say(channel, "spoilt");
            let text = client.text().await;
            let read: Option<Value> = serde_json::from_str(&text).ok();
            assert_eq!(read.is_some(), is_json, "{text}");
            let data = read.map(|event| event["d"].clone()).unwrap_or_default();
            assert_eq!(data["id"].is_string(), has_id, "{text}");
            assert!(!data["author"].is_object(), "{text}");
            simulator.say(channel, "whole");
            let whole = client.payload().await;
            assert_eq!(whole["d"]["content"], "whole");
            numbers.push(whole["s"].as_u64().unwrap());
        }
        assert!(
            numbers.windows(2).all(|pair| pair[1] - pair[0] == 2),
            "{numbers:?}"
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_delayed_event_comes_when_its_time_has_come() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        simulator.fault(Fault::delay_event(
            "MESSAGE_CREATE",
            Duration::from_secs(20),
        ));
        let said = Instant::now();
        simulator.say(simulator.default_channel_id(), "late");
        client.event("MESSAGE_CREATE").await;
        assert_eq!(said.elapsed().as_secs(), 20);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_withholds_events_acknowledges_heartbeats_and_catches_up() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        simulator.gateway(GatewayCommand::Withhold { seconds: 30.0 });
        simulator.say(simulator.default_channel_id(), "hello");
        client.beat().await;
        assert_eq!(client.payload().await["op"], 11);
        timeout(Duration::from_secs(29), client.hear())
            .await
            .expect_err("no event");
        assert_eq!(client.payload().await["d"]["content"], "hello");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_stays_open_and_catches_up() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        simulator.gateway(GatewayCommand::Silence { seconds: 30.0 });
        let struck = json!(simulator.counters().struck);
        assert_eq!(struck, json!({ "gateway": { "silence": 1 } }));
        simulator.say(simulator.default_channel_id(), "hello");
        client.beat().await;
        timeout(Duration::from_secs(29), client.hear())
            .await
            .expect_err("not a word");
        assert_eq!(client.payload().await["d"]["content"], "hello");
        client.beat().await;
        assert_eq!(client.payload().await["op"], 11);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_server_may_ask_for_a_heartbeat() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        simulator.gateway(GatewayCommand::Heartbeat);
        assert_eq!(client.payload().await["op"], 1);
        client.beat().await;
        assert_eq!(client.payload().await["op"], 11);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn members_come_in_chunks_and_everybody_only_now_and_then() {
    let config = config("[guild]\nmembers_extra = 1200\n[proxy]\nprivileged_intents = 32770");
    simulate(config, async |simulator| {
        let mut client = Client::hello(&simulator).await;
        client.say(identify(&simulator, INTENTS | 1 << 1)).await;
        client.event("GUILD_CREATE").await;
        let guild_id = simulator.guild_id().to_string();
        let request = json!({"op": 8, "d": {
            "guild_id": guild_id, "query": "", "limit": 0, "nonce": "n",
        }});
        client.say(request.clone()).await;
        let first = client.payload().await;
        assert_eq!(first["t"], "GUILD_MEMBERS_CHUNK");
        assert_eq!(first["d"]["members"].as_array().unwrap().len(), 1_000);
        assert_eq!(
            (&first["d"]["chunk_count"], &first["d"]["nonce"]),
            (&json!(2), &json!("n"))
        );
        assert_eq!(client.payload().await["d"]["chunk_index"], 1);

        client.say(request).await;
        let limited = client.payload().await;
        assert_eq!(
            (&limited["t"], &limited["d"]["opcode"]),
            (&json!("RATE_LIMITED"), &json!(8))
        );

        let user_ids: Value = json!([first["d"]["members"][0]["user"]["id"], "1"]);
        client
            .say(json!({"op": 8, "d": {"guild_id": guild_id, "user_ids": user_ids}}))
            .await;
        let chunk = client.payload().await;
        assert_eq!(chunk["d"]["members"].as_array().unwrap().len(), 1);
        assert_eq!(chunk["d"]["not_found"], json!(["1"]));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_few_of_three_hundred_thousand_members_come_in_one_chunk() {
    let config = config(
        "[guild]\nmembers_extra = 300000\n[proxy]\nprivileged_intents = 32770\n\
         [[guild.roles]]\nid = \"77\"\nname = \"Crew\"\nholders = 300000",
    );
    simulate(config, async |simulator| {
        let mut client = Client::hello(&simulator).await;
        client.say(identify(&simulator, INTENTS | 1 << 1)).await;
        let guild = client.event("GUILD_CREATE").await;
        assert_eq!(guild["d"]["member_count"], 300_003);
        let guild_id = simulator.guild_id().to_string();
        let body = json!({ "guild_id": guild_id, "query": "member-299", "limit": 100 });
        client.say(json!({ "op": 8, "d": body })).await;
        let chunk = client.payload().await;
        let members = chunk["d"]["members"].as_array().unwrap();
        assert_eq!(
            (members.len(), &chunk["d"]["chunk_count"]),
            (100, &json!(1))
        );
        assert!(members.iter().all(|one| one["roles"] == json!(["77"])));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_announced_and_mourned() {
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        let channel_id = simulator.create_channel("somebody's");
        let id = json!(channel_id.to_string());
        assert_eq!(client.event("CHANNEL_CREATE").await["d"]["id"], id);
        simulator.delete_channel(channel_id);
        assert_eq!(client.event("CHANNEL_DELETE").await["d"]["id"], id);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_a_bot_cannot_view_it_is_not_told() {
    const VIEW_CHANNEL: u64 = 1 << 10;
    simulate(config(""), async |simulator| {
        let (mut client, _) = Client::log_in(&simulator).await;
        let channel = simulator.default_channel_id();
        simulator.set_overwrite(channel, 0, VIEW_CHANNEL);
        simulator.say(channel, "hidden");
        assert!(contents(&mut client).await.is_empty());
        simulator.clear_overwrite(channel);
        simulator.say(channel, "shown");
        assert_eq!(contents(&mut client).await, ["shown"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_shard_hears_of_its_own_guilds_only() {
    simulate(
        config("[gateway]\nmax_concurrency = 2"),
        async |simulator| {
            let own = (simulator.guild_id() >> 22) % 2;
            for number in [0, 1] {
                let mut client = Client::hello(&simulator).await;
                let mut payload = identify(&simulator, INTENTS);
                payload["d"]["shard"] = json!([number, 2]);
                client.say(payload).await;
                let ready = client.event("READY").await;
                assert_eq!(ready["d"]["shard"], json!([number, 2]));
                simulator.say(simulator.default_channel_id(), "hello");
                let heard = contents(&mut client).await;
                assert_eq!(heard.len(), usize::from(number == own));
            }
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn payloads_may_be_compressed_one_by_one() {
    simulate(config(""), async |simulator| {
        let mut client = Client::hello(&simulator).await;
        let mut payload = identify(&simulator, INTENTS);
        payload["d"]["compress"] = json!(true);
        client.say(payload).await;
        client.event("GUILD_CREATE").await;
        assert!(client.blobs > 0, "large payloads are zlib blobs");
        client.beat().await;
        assert_eq!(client.payload().await["op"], 11);
    })
    .await;
}
