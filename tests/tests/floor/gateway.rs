//! Replies that go on while the gateway does not.

use std::time::Duration;

use cordboard_simulator::{Config, Fault, GatewayCommand, Script};
use cordboard_tests::{MODEL, Setup, World, sim_with};
use hyper::Method;
use tokio::time::{Instant, sleep};

/// A bot that writes for about twenty seconds.
fn slow_bot() -> Setup {
    let script = Script {
        edits: 20,
        edits_per_second: 1.0,
        ..Script::friendly()
    };
    Setup::with_discord(Config::default().with_bots([script]))
}

/// Streams an answer; once its first content is there, `strike`s; asserts that nothing is missing.
async fn survives(world: &World, strike: impl FnOnce()) {
    let mut answer = world
        .client()
        .stream(MODEL, "Tell me about the sea")
        .await
        .unwrap();
    let mut head = String::new();
    while let Some(event) = answer.event().await.unwrap() {
        if let Some(text) = content(&event) {
            head.push_str(&text);
            break;
        }
    }
    strike();
    let transcript = answer.transcript().await.unwrap();
    assert_eq!(
        format!("{head}{}", transcript.text),
        world.discord.replies()[0].text
    );
    assert_eq!(
        transcript.finish_reason.as_deref(),
        Some("stop"),
        "{transcript:?}"
    );
}

fn content(event: &str) -> Option<String> {
    let chunk: serde_json::Value = serde_json::from_str(event.strip_prefix("data: ")?).ok()?;
    let text = chunk["choices"][0]["delta"]["content"].as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

#[test]
fn a_reply_survives_a_dropped_connection() {
    // How: the TCP connection ends; the session can be resumed.
    sim_with(slow_bot(), async |world| {
        survives(world, || world.discord.gateway(GatewayCommand::Drop)).await;
    });
}

#[test]
fn a_reply_survives_a_session_that_cannot_be_resumed() {
    // How: op 9 d:false; what was missed has to be read again over REST.
    sim_with(slow_bot(), async |world| {
        survives(world, || {
            world
                .discord
                .gateway(GatewayCommand::Invalidate { resumable: false });
        })
        .await;
    });
}

#[test]
fn a_reply_survives_a_gateway_that_is_away_for_a_minute() {
    // How: drop the connection and refuse new ones; the bot finishes meanwhile.
    sim_with(slow_bot(), async |world| {
        survives(world, || {
            world
                .discord
                .gateway(GatewayCommand::Refuse { seconds: 60.0 });
            world.discord.gateway(GatewayCommand::Drop);
        })
        .await;
    });
}

#[test]
fn a_reply_survives_a_gateway_that_is_open_and_silent() {
    // How: no events and no acknowledgements for two minutes.
    sim_with(slow_bot(), async |world| {
        survives(world, || {
            world
                .discord
                .gateway(GatewayCommand::Silence { seconds: 120.0 });
        })
        .await;
    });
}

#[test]
fn a_reply_survives_lost_and_doubled_events() {
    // How: every other update is dropped, the rest come twice; the last word is on Discord's side.
    sim_with(slow_bot(), async |world| {
        world
            .discord
            .fault(Fault::drop_event("MESSAGE_UPDATE").with_probability(0.5));
        world
            .discord
            .fault(Fault::duplicate_event("MESSAGE_UPDATE").with_probability(0.5));
        survives(world, || {}).await;
        world.discord.clear_faults();
    });
}

#[test]
fn a_reply_whose_first_message_was_never_announced_is_found() {
    // How: the bot's MESSAGE_CREATE never arrives; its updates, or a look over REST, tell.
    let script = Script {
        edits: 0,
        ..Script::friendly()
    };
    let setup = Setup::with_discord(Config::default().with_bots([script]));
    sim_with(setup, async |world| {
        // The first creation is the prompt's own, the second the bot's.
        world
            .discord
            .fault(Fault::drop_event("MESSAGE_CREATE").nth(2));
        let (status, body) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200, "{body}");
        let text = &world.discord.replies()[0].text;
        assert_eq!(body["choices"][0]["message"]["content"], *text);
    });
}

#[test]
fn a_gateway_that_answers_and_tells_nothing_is_replaced_and_the_reply_found() {
    // How: the connection acknowledges heartbeats for hours and hands out no event.
    sim_with(Setup::default(), async |world| {
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        world.discord.gateway(GatewayCommand::Withhold {
            seconds: 6.0 * 3_600.0,
        });
        let asked = Instant::now();
        let (status, body) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200, "{body}");
        assert!(asked.elapsed() < Duration::from_mins(3));
        sleep(Duration::from_mins(2)).await;
        assert_eq!(world.discord.counters().identifies, 2);
        let asked = Instant::now();
        let (status, _) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200);
        assert!(asked.elapsed() < Duration::from_secs(15), "events flow");
    });
}

#[test]
fn the_gateway_comes_back_after_hours_of_refusal() {
    // How: refused for three hours while nobody asks; then a question is answered.
    sim_with(Setup::default(), async |world| {
        world.discord.gateway(GatewayCommand::Refuse {
            seconds: 3.0 * 3_600.0,
        });
        world.discord.gateway(GatewayCommand::Drop);
        tokio::time::sleep(Duration::from_hours(4)).await;
        let (status, body) = world.client().ask(MODEL, "Hello").await.unwrap();
        assert_eq!(status, 200, "{body}");
    });
}

#[test]
fn a_gateway_that_is_away_is_told_until_it_is_back() {
    // How: no connection is taken for ten minutes.
    sim_with(slow_bot(), async |world| {
        let told = async || {
            let ready = world.client().send(Method::GET, "/readyz", "").await;
            let ready = ready.unwrap().text().await.unwrap();
            let metrics = world.metrics().await;
            let degraded = metrics.contains("cordboard_degraded{condition=\"gateway\"} 1");
            (ready.contains("\"gateway\""), degraded)
        };
        assert_eq!(told().await, (false, false));
        let seconds = 600.0;
        world.discord.gateway(GatewayCommand::Refuse { seconds });
        world.discord.gateway(GatewayCommand::Drop);
        sleep(Duration::from_mins(5)).await;
        assert_eq!(told().await, (true, true));
        sleep(Duration::from_mins(10)).await;
        assert_eq!(told().await, (false, false));
    });
}
