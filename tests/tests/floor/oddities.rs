//! Events that are not as Discord documents them, and what the proxy says of its gateway: a mistake of
//! somebody else's is counted and logged, and nothing ends.

use std::time::Duration;

use cordboard_simulator::{Fault, GatewayCommand};
use cordboard_tests::{MODEL, Setup, World, sim, sim_with};
use hyper::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

const KEY: &str = "sk-relay";

/// A world whose relay records all channels.
fn recorded() -> Setup {
    let key = "[[keys]]\nname = \"relay\"\nsecret = \"sk-relay\"\nscopes = [\"relay\"]\n";
    Setup {
        toml: key.to_owned(),
        ..Setup::default()
    }
    .set("CORDBOARD__RELAY__CHANNELS", "all")
}

async fn health(world: &World) -> Value {
    let answer = world.client().send(Method::GET, "/healthz", "").await;
    let (status, body) = answer.unwrap().json().await.unwrap();
    assert_eq!(status, 200, "{body}");
    body
}

/// The value of one sample; `None` when there is none.
async fn sample(world: &World, name: &str) -> Option<u64> {
    let metrics = world.metrics().await;
    let mut lines = metrics.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// What is on record of a channel, page by page: what is enormous fills one.
async fn contents(world: &World, channel_id: u64) -> Vec<String> {
    let client = world.client().with_key(KEY);
    let (mut contents, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let path = format!("/relay/v1/messages?channel_id={channel_id}&after={after}");
        let answer = client.send(Method::GET, &path, "").await.unwrap();
        let (status, body) = answer.json().await.unwrap();
        assert_eq!(status, 200, "{body}");
        let messages = body["data"].as_array().unwrap();
        let content = |message: &Value| message["content"].as_str().map(str::to_owned);
        contents.extend(messages.iter().filter_map(content));
        if body["has_more"] != true {
            return contents;
        }
        let last = messages.last().unwrap();
        last["id"].as_str().unwrap().clone_into(&mut after);
    }
}

/// The first session goes on, and conversations with it.
async fn lives_on(world: &World) {
    assert_eq!(world.discord.counters().identifies, 1);
    assert_eq!(world.discord.counters().resumes, 0);
    let (status, body) = world.client().ask(MODEL, "Hello").await.unwrap();
    assert_eq!(status, 200, "{body}");
    assert_eq!(health(world).await["gateway"], "ready");
}

#[test]
fn a_payload_that_is_no_json_is_counted_and_nothing_is_lost_with_it() {
    // How: the middle one of three messages arrives cut off in the middle.
    sim_with(recorded(), async |world| {
        let undecodable = "cordboard_gateway_undecodable_total{shard=\"0\"}";
        let lapses = "cordboard_gateway_lapses_total{shard=\"0\"}";
        let before = health(world).await;
        assert_eq!(before["gateway_undecodable"], 0);
        assert_eq!(before["gateway_last_lapse"]["why"], "a new session began");
        assert_eq!(sample(world, undecodable).await, Some(0));
        assert_eq!(sample(world, lapses).await, Some(1));
        let room = world.discord.create_channel("room");
        sleep(Duration::from_mins(2)).await;
        world
            .discord
            .fault(Fault::cut_event("MESSAGE_CREATE").nth(2));
        for said in ["one", "two", "three"] {
            world.discord.say(room, said);
        }
        sleep(Duration::from_mins(1)).await;
        assert_eq!(sample(world, undecodable).await, Some(1));
        assert_eq!(sample(world, lapses).await, Some(2));
        let after = health(world).await;
        assert_eq!(after["gateway_undecodable"], 1);
        let lapse = &after["gateway_last_lapse"];
        assert_eq!(lapse["why"], "an event could not be read");
        assert_eq!(lapse["ended_seconds_ago"], 60);
        assert_eq!(contents(world, room).await, ["one", "two", "three"]);
        lives_on(world).await;
    });
}

#[test]
fn an_event_that_lacks_what_it_should_tell_is_counted_and_made_up_for() {
    // How: a message, a deletion, a channel and a thread without anything in them, and an edit that
    // names no author.
    sim_with(recorded(), async |world| {
        let discord = &world.discord;
        let kind = |kind: &str| format!("cordboard_relay_odd_events_total{{kind=\"{kind}\"}}");
        let [message, channel, partial] =
            ["unreadable_message", "unreadable_channel", "partial_update"].map(kind);
        let room = discord.create_channel("room");
        let said = discord.say(room, "first");
        let gone = discord.say(room, "gone");
        sleep(Duration::from_mins(2)).await;
        for name in [&message, &channel, &partial] {
            assert_eq!(sample(world, name).await, Some(0), "{name}");
        }

        discord.fault(Fault::hollow_event("MESSAGE_CREATE"));
        discord.say(room, "hollow");
        discord.say(room, "whole");
        discord.fault(Fault::hollow_event("MESSAGE_DELETE"));
        discord.delete_message(room, gone);
        sleep(Duration::from_mins(1)).await;
        assert_eq!(sample(world, &message).await, Some(2));
        assert_eq!(contents(world, room).await, ["first", "hollow", "whole"]);

        discord.fault(Fault::authorless_event("MESSAGE_UPDATE"));
        discord.edit(room, said, "edited");
        sleep(Duration::from_mins(1)).await;
        assert_eq!(sample(world, &partial).await, Some(1));
        assert_eq!(contents(world, room).await, ["edited", "hollow", "whole"]);

        // Those who look after channels read the first as well.
        let unreadable = "cordboard_gateway_unreadable_total{shard=\"0\"}";
        assert_eq!(sample(world, unreadable).await, Some(0));
        discord.fault(Fault::hollow_event("CHANNEL_CREATE"));
        let hidden = discord.create_channel("told by the lists alone");
        discord.fault(Fault::hollow_event("THREAD_CREATE"));
        let thread = discord.start_thread(room, "and so is this");
        sleep(Duration::from_mins(1)).await;
        assert_eq!(sample(world, &channel).await, Some(2));
        assert_eq!(sample(world, unreadable).await, Some(1));
        for place in [hidden, thread] {
            discord.say(place, "here");
            sleep(Duration::from_secs(5)).await;
            assert_eq!(contents(world, place).await, ["here"]);
        }
        lives_on(world).await;
    });
}

#[test]
fn an_event_that_does_not_even_say_where_it_belongs_is_counted_and_made_up_for() {
    // How: a message and a channel arrive with nothing in them, and nothing is read again by itself.
    let setup = recorded().set("CORDBOARD__RELAY__VERIFY", "false");
    sim_with(setup, async |world| {
        let discord = &world.discord;
        let kind = |kind: &str| format!("cordboard_relay_odd_events_total{{kind=\"{kind}\"}}");
        let room = discord.create_channel("room");
        sleep(Duration::from_mins(2)).await;
        discord.fault(Fault::blank_event("MESSAGE_CREATE"));
        discord.say(room, "blank");
        sleep(Duration::from_mins(1)).await;
        assert_eq!(sample(world, &kind("unreadable_message")).await, Some(1));
        assert_eq!(contents(world, room).await, ["blank"]);
        discord.fault(Fault::blank_event("CHANNEL_CREATE"));
        let hidden = discord.create_channel("told by the lists alone");
        sleep(Duration::from_mins(1)).await;
        assert_eq!(sample(world, &kind("unreadable_channel")).await, Some(1));
        discord.say(hidden, "here");
        sleep(Duration::from_secs(5)).await;
        assert_eq!(contents(world, hidden).await, ["here"]);
        lives_on(world).await;
    });
}

#[test]
fn an_enormous_payload_costs_nobody_the_next_one() {
    // How: eight mebibytes come with a message, more than may wait for an ordinary reader.
    sim_with(recorded(), async |world| {
        let room = world.discord.create_channel("room");
        sleep(Duration::from_mins(2)).await;
        world.discord.fault(Fault::bloated_event("MESSAGE_CREATE"));
        world.discord.say(room, "much");
        world.discord.say(room, "after it");
        sleep(Duration::from_mins(1)).await;
        assert_eq!(contents(world, room).await, ["much", "after it"]);
        let undecodable = "cordboard_gateway_undecodable_total{shard=\"0\"}";
        assert_eq!(sample(world, undecodable).await, Some(0));
        lives_on(world).await;
    });
}

#[test]
fn a_consumer_that_is_not_known_and_an_acknowledgement_from_the_future_are_counted() {
    sim_with(recorded(), async |world| {
        let client = world.client().with_key(KEY);
        let acknowledge = async |name: &str, sequence: u64| {
            let path = format!("/relay/v1/consumers/{name}/ack");
            let body = json!({ "sequence": sequence }).to_string();
            let answer = client.send(Method::POST, &path, body).await.unwrap();
            answer.json().await.unwrap()
        };
        let open = client.send(Method::GET, "/relay/v1/stream?consumer=bot&after=0", "");
        drop(open.await.unwrap());
        let (status, body) = acknowledge("nobody", 1).await;
        assert_eq!(status, 404, "{body}");
        let (status, body) = acknowledge("bot", 1_000_000).await;
        assert_eq!(status, 400, "{body}");
        let (status, body) = acknowledge("bot", 0).await;
        assert_eq!(status, 200, "{body}");
        for reason in ["unknown_consumer", "future_sequence"] {
            let name = format!("cordboard_relay_requests_refused_total{{reason=\"{reason}\"}}");
            assert_eq!(sample(world, &name).await, Some(1), "{reason}");
        }
        lives_on(world).await;
    });
}

#[test]
fn the_gateway_says_how_it_stands_and_why() {
    // How: a session lost to opcode 9, then a connection closed and refused for two minutes.
    sim(async |world| {
        let shard = |name: &str| format!("cordboard_gateway_{name}{{shard=\"0\"}}");
        let stands = async |state: &str| {
            let name = format!("cordboard_gateway_state{{shard=\"0\",state=\"{state}\"}}");
            sample(world, &name).await
        };
        let counted = async || {
            let mut counts = Vec::new();
            for name in ["reconnects", "identifies", "resumes", "lapses"] {
                let name = shard(&format!("{name}_total"));
                counts.push(sample(world, &name).await.unwrap());
            }
            counts
        };
        sleep(Duration::from_mins(2)).await;
        assert_eq!(stands("ready").await, Some(1));
        assert_eq!(stands("degraded").await, Some(0));
        assert_eq!(counted().await, [0, 1, 0, 1]);
        assert_eq!(health(world).await["gateway_why"], Value::Null);
        let took = sample(world, &shard("heartbeat_milliseconds")).await;
        assert!(took.is_some_and(|took| took < 1_000), "{took:?}");
        let age = sample(world, &shard("event_age_seconds")).await;
        assert!((100..130).contains(&age.unwrap()), "{age:?}");

        let end = GatewayCommand::Invalidate { resumable: false };
        world.discord.gateway(end);
        sleep(Duration::from_millis(500)).await;
        let told = health(world).await;
        assert_eq!(told["gateway"], "connecting");
        assert_eq!(told["gateway_why"], "discord ended the session");
        sleep(Duration::from_mins(1)).await;
        assert_eq!(counted().await, [1, 2, 0, 2]);

        let seconds = 120.0;
        world.discord.gateway(GatewayCommand::Refuse { seconds });
        let close = GatewayCommand::Close { code: 4000 };
        world.discord.gateway(close);
        sleep(Duration::from_mins(1)).await;
        assert_eq!(stands("degraded").await, Some(1));
        assert_eq!(sample(world, &shard("heartbeat_milliseconds")).await, None);
        let why = health(world).await["gateway_why"].to_string();
        assert!(why.contains("the gateway cannot be reached"), "{why}");
        let ready = world.client().send(Method::GET, "/readyz", "").await;
        let (_, ready) = ready.unwrap().json().await.unwrap();
        let detail = ready["causes"][0]["detail"].as_str().unwrap();
        assert!(detail.contains("the gateway cannot be reached"), "{detail}");
        sleep(Duration::from_mins(5)).await;
        let counts = counted().await;
        assert_eq!((stands("ready").await, counts[1]), (Some(1), 2));
        // Discord has heard one RESUME: no connection was made for others.
        assert!(counts[0] > 2 && counts[2] == 1, "{counts:?}");
    });
}
