//! Follows one channel, with a look at the connection's health each second.
//!
//! `cargo run -p cordboard-gateway --example tail` runs it against a simulated Discord in this process, whose
//! connection is dropped after four seconds, and its session after eight: watch which of the two loses
//! something. `... -- REST_URL TOKEN CHANNEL_ID` runs it against a running `cordboard-simulator`, or against
//! Discord itself (`https://discord.com`).

#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::{future::pending, net::Ipv4Addr, time::Duration};

use cordboard_discord::{Discord, Settings as DiscordSettings};
use cordboard_gateway::{Delivery, Gateway, Hub, Lapse, Settings, Subscription};
use cordboard_simulator::{Config, GatewayCommand, Simulator};
use serde::Deserialize;
use tokio::{
    net::TcpListener,
    time::{interval, sleep},
};
use tokio_util::sync::CancellationToken;

#[derive(Deserialize)]
struct Message {
    content: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    // Once per process, before anything that may use TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [rest_url, token, channel_id] => follow(rest_url, token, channel_id).await,
        [] => demonstrate().await,
        _ => anyhow::bail!("usage: tail [REST_URL TOKEN CHANNEL_ID]"),
    }
}

/// Follows the channel until something fatal happens.
async fn follow(rest_url: &str, token: &str, channel_id: &str) -> anyhow::Result<()> {
    // It asks `GET /gateway/bot` where the gateway is, and how many IDENTIFYs are left.
    let discord = Discord::new(&DiscordSettings {
        rest_url: Some(rest_url.to_owned()),
        ..DiscordSettings::new(token.into())
    })?;
    let (hub, gateway) = Gateway::new(Settings::new(token.into()), discord);
    // Before the gateway runs, so that nothing goes past.
    let channel = hub.subscribe(channel_id.parse()?);
    tokio::select! {
        outcome = gateway.run(CancellationToken::new()) => drop(outcome?),
        () = tail(channel) => {}
        () = watch(&hub) => {}
    }
    Ok(())
}

/// Prints what happens in the channel.
async fn tail(mut channel: Subscription) {
    while let Some(delivery) = channel.next().await {
        match delivery {
            Delivery::Dispatch(dispatch) => {
                match serde_json::from_str::<Message>(dispatch.data.get()) {
                    Ok(message) => println!("  {}: {}", dispatch.name, message.content),
                    Err(_) => println!("  {}", dispatch.name),
                }
            }
            Delivery::Lapse(Lapse { reason, .. }) => {
                println!("  events may be missing ({reason}): read the channel again");
            }
            // For taps.
            Delivery::Acknowledged(_) => {}
        }
    }
}

/// Prints how the connection stands.
async fn watch(hub: &Hub) {
    let mut seconds = interval(Duration::from_secs(1));
    for second in 0_u64.. {
        seconds.tick().await;
        let health = hub.health();
        let frame = match health.last_frame_age {
            Some(age) => format!("last frame {age:.0?} ago"),
            None => "no frame yet".to_owned(),
        };
        println!("{second:2} s: {}, {frame}", health.state);
    }
}

/// For twenty seconds somebody speaks, and things break.
async fn demonstrate() -> anyhow::Result<()> {
    let simulator = Simulator::new(Config::default());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let server = simulator.serve(listener, pending());
    let (rest_url, token) = (simulator.rest_url(), simulator.token());
    let channel_id = simulator.default_channel_id();
    let here = channel_id.to_string();
    let people = async {
        for second in 0..20 {
            match second {
                4 => simulator.gateway(GatewayCommand::Drop),
                8 => simulator.gateway(GatewayCommand::Invalidate { resumable: false }),
                _ => {}
            }
            simulator.say(channel_id, &format!("said in second {second}"));
            sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        () = server => Ok(()),
        ended = follow(&rest_url, &token, &here) => ended,
        () = people => Ok(()),
    }
}
