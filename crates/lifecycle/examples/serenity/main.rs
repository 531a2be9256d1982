//! The lifecycle for a bot on serenity: its ports over serenity's requests, tried against a
//! simulated Discord in this process.
//!
//! `cargo run -p cordboard-lifecycle --example serenity`
//!
//! A bot of yours takes `adapter.rs` and `wire.rs` as they are, and gives [`Wire`] the `Http` of its
//! own client.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod adapter;
#[cfg(test)]
mod tests;
mod wire;

use std::{collections::HashSet, error::Error, net::Ipv4Addr, sync::Arc, time::Duration};

use cordboard_lifecycle::{
    Channels, Clock, Isolation, Lease, MarkKey, MemoryRegistry, OpenError, Opening, Quota,
    Settings, lifecycle,
};
use cordboard_simulator::{Config, Fault, Simulator};
use serenity::{
    all::{ChannelId, CreateAllowedMentions},
    http::{Http, HttpBuilder},
};
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

use crate::wire::Wire;

const CREATE: &str = "POST /guilds/{guild_id}/channels";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let discord = Simulator::new(Config::default());
    let served = discord.serve(listener, std::future::pending());
    tokio::select! {
        () = served => unreachable!("it is served for ever"),
        ended = bot(&discord) => ended,
    }
}

/// The bot: opens two channels, uses them, lets go, and sees them gone.
async fn bot(discord: &Simulator) -> Result<(), Box<dyn Error>> {
    let http = Arc::new(http(discord));
    let settings = Settings {
        guild_id: Id::new(discord.guild_id()),
        category_ids: Vec::new(),
        isolation: Isolation::Channel,
        quota: Quota::default(),
        bot_id: Id::new(http.get_current_user().await?.id.get()),
        name_prefix: "task".to_owned(),
        delete_after: Some(Duration::from_secs(1)),
        protected: HashSet::new(),
        namespace: "exampl".to_owned(),
    };
    // Yours come from a file: the registry is `cordboard_store::Store::registry` then.
    let (registry, key) = (MemoryRegistry::default(), MarkKey::new([0; 32]));
    let clock = ClockOf(discord.clone());
    let (channels, driver) = lifecycle(
        Wire::new(Arc::clone(&http))?,
        registry,
        key,
        clock,
        settings,
    );

    let work = async {
        let lease = open(&channels).await?;
        // All other traffic stays what it was.
        let channel_id = ChannelId::new(lease.channel_id().get());
        channel_id.say(&http, "At work.").await?;
        println!("used channel {channel_id}");
        drop(lease);

        // Discord creates the next one, and its answer is lost. A second one is created, and the
        // first is found in the audit log and deleted.
        discord.fault(Fault::act_then_hang_up(CREATE));
        let lease = open(&channels).await?;
        println!("used channel {} after a lost answer", lease.channel_id());
        drop(lease);
        while channels.counts().unknown > 0 {
            sleep(Duration::from_millis(100)).await;
        }
        channels.settled().await;
        println!("{:?}", channels.counts());
        Ok::<_, Box<dyn Error>>(())
    };
    tokio::select! {
        ended = driver.run(CancellationToken::new()) => Ok(ended?),
        worked = work => worked,
    }
}

async fn open(channels: &Channels) -> Result<Lease, OpenError> {
    let opening = Opening {
        request_id: "42".to_owned(),
        label: "summary".to_owned(),
        tenant: String::new(),
        deadline: Instant::now() + Duration::from_secs(30),
        lifetime: Duration::from_mins(10),
    };
    channels.open(opening).await
}

/// serenity's own client, pointed at the simulator.
fn http(discord: &Simulator) -> Http {
    HttpBuilder::new(discord.token())
        .proxy(discord.rest_url())
        // It would ignore the proxy.
        .ratelimiter_disabled(true)
        // Nobody is pinged by what a bot repeats.
        .default_allowed_mentions(CreateAllowedMentions::new())
        .build()
}

/// The simulator's clock; yours is the wall clock.
struct ClockOf(Simulator);

impl Clock for ClockOf {
    fn now_ms(&self) -> u64 {
        self.0.now_ms()
    }
}
