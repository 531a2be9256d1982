//! Follows one channel, with a look at the connection's health each second, against a simulated
//! Discord in the same process: `cargo run -p cordboard-gateway --example tail`.
//!
//! After four seconds the connection is dropped; after eight, the session. Watch which of the two
//! loses something.

#![expect(clippy::print_stdout, reason = "an example talks to whoever runs it")]

use std::{future::pending, time::Duration};

use cordboard_gateway::{
    Delivery, Endpoint, Failure, Gateway, GatewayDirectory, Hub, Lapse, Settings, Subscription,
};
use cordboard_simulator::{Config, GatewayCommand, Simulator};
use serde::Deserialize;
use tokio::{net::TcpListener, time::interval};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

/// Where the gateway is. In life: `GET /gateway/bot`.
struct Directory(Simulator);

impl GatewayDirectory for Directory {
    async fn gateway(&self) -> Result<Endpoint, Failure> {
        Ok(Endpoint {
            url: self.0.gateway_url(),
            identifies_left: 1_000,
            identifies_reset_after: Duration::from_hours(24),
            max_concurrency: 1,
            shards: 1,
        })
    }
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    // Once per process, before anything that may use TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();

    let simulator = Simulator::new(Config::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = simulator.serve(listener, pending());

    let settings = Settings::new(simulator.token().into());
    let (hub, gateway) = Gateway::new(settings, Directory(simulator.clone()));
    let channel = hub.subscribe(Id::new(simulator.default_channel_id()));
    let stop = CancellationToken::new();

    tokio::select! {
        () = server => {}
        outcome = gateway.run(stop) => drop(outcome?),
        () = tail(channel) => {}
        () = watch(&hub, &simulator) => {}
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

/// Prints how the connection stands, for twenty seconds, in which somebody speaks and things break.
async fn watch(hub: &Hub, simulator: &Simulator) {
    let mut seconds = interval(Duration::from_secs(1));
    for second in 0..20 {
        seconds.tick().await;
        let health = hub.health();
        let (state, age) = (health.state, health.last_frame_age);
        println!("{second:2} s: {state}, last frame {age:.0?} ago");
        match second {
            4 => simulator.gateway(GatewayCommand::Drop),
            8 => simulator.gateway(GatewayCommand::Invalidate { resumable: false }),
            _ => {}
        }
        let content = format!("said in second {second}");
        simulator.say(simulator.default_channel_id(), &content);
    }
}
