//! A channel for as long as it is needed, against a simulated Discord in this process.
//!
//! `cargo run -p cordboard-lifecycle --example temp_channel`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{
    collections::HashSet,
    error::Error,
    net::Ipv4Addr,
    time::{Duration, SystemTime},
};

use cordboard_discord::{Discord, Settings as DiscordSettings};
use cordboard_lifecycle::{Channels, Clock, MarkKey, MemoryRegistry, Opening, Settings, lifecycle};
use cordboard_simulator::{Config, Simulator};
use secrecy::SecretString;
use tokio::{net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let simulator = Simulator::new(Config::default());
    let served = simulator.serve(listener, std::future::pending());

    let discord = Discord::new(&DiscordSettings {
        rest_url: Some(simulator.rest_url()),
        ..DiscordSettings::new(SecretString::from(simulator.token()))
    })?;
    let settings = Settings {
        guild_id: Id::new(simulator.guild_id()),
        parent_id: None,
        bot_id: Id::new(simulator.user_id()),
        name_prefix: "task".to_owned(),
        delete_after: Duration::from_secs(1),
        protected: HashSet::new(),
        namespace: "exampl".to_owned(),
    };
    // Yours comes from a file. The registry would be `cordboard_store::Store::registry`.
    let key = MarkKey::new([0; 32]);
    let registry = MemoryRegistry::default();
    let (channels, driver) = lifecycle(discord, registry, key, WallClock, settings);

    tokio::select! {
        () = served => Ok(()),
        ended = driver.run(CancellationToken::new()) => Ok(ended?),
        used = use_a_channel(&channels, &simulator) => used,
    }
}

async fn use_a_channel(channels: &Channels, simulator: &Simulator) -> Result<(), Box<dyn Error>> {
    let lease = channels
        .open(Opening {
            request_id: "42".to_owned(),
            label: "summary".to_owned(),
            deadline: Instant::now() + Duration::from_secs(30),
            lifetime: Duration::from_mins(10),
        })
        .await?;
    println!("use channel {} here", lease.channel_id());
    let id = lease.channel_id().get();
    for channel in simulator
        .truth()
        .channels
        .iter()
        .filter(|channel| channel.id == id)
    {
        println!(
            "it is called {} and its topic is {:?}",
            channel.name, channel.topic
        );
    }

    // All it takes: nothing is awaited here, and nothing is lost if we are killed after this.
    drop(lease);
    println!("{:?}", channels.counts());
    channels.settled().await;
    println!("{:?}", channels.counts());
    Ok(())
}

struct WallClock;

impl Clock for WallClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "a program has one place that reads the clock"
    )]
    fn now_ms(&self) -> u64 {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}
