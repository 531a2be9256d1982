//! The lifecycle for a bot on serenity: its ports over serenity's requests.
//!
//! `cargo run -p cordboard-lifecycle --example serenity` runs it against a simulated Discord in this process,
//! which loses an answer; `... -- REST_URL TOKEN GUILD_ID` against a running `cordboard-simulator`.
//!
//! A bot of yours takes `adapter.rs` and `wire.rs` as they are, and gives [`Wire`] the `Http` of its
//! own client.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod adapter;
#[cfg(test)]
mod tests;
mod wire;

use std::{
    collections::HashSet, error::Error, net::Ipv4Addr, sync::Arc, time::Duration, time::SystemTime,
};

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
use twilight_model::id::{Id, marker::GuildMarker};

use crate::wire::Wire;

const CREATE: &str = "POST /guilds/{guild_id}/channels";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let lines = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [rest_url, token, guild_id] => {
            let http = http(rest_url, token);
            bot(http, guild_id.parse()?, WallClock, || {}).await?
        }
        [] => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let discord = Simulator::new(Config::default());
            let served = discord.serve(listener, std::future::pending());
            tokio::select! {
                () = served => unreachable!("it is served for ever"),
                ended = demonstrate(&discord) => ended?,
            }
        }
        _ => return Err("usage: serenity [REST_URL TOKEN GUILD_ID]".into()),
    };
    println!("{}", lines.join("\n"));
    Ok(())
}

/// Discord creates the second channel, and its answer is lost. Another one is created, and that one is found
/// in the audit log and deleted.
async fn demonstrate(discord: &Simulator) -> Result<Vec<String>, Box<dyn Error>> {
    let (http, guild_id) = (
        http(&discord.rest_url(), &discord.token()),
        Id::new(discord.guild_id()),
    );
    let lose = || discord.fault(Fault::act_then_hang_up(CREATE));
    bot(http, guild_id, ClockOf(discord.clone()), lose).await
}

/// The bot: opens two channels, uses them, lets go, and sees them gone. Says what it did.
async fn bot(
    http: Http,
    guild_id: Id<GuildMarker>,
    clock: impl Clock,
    between: impl FnOnce(),
) -> Result<Vec<String>, Box<dyn Error>> {
    let http = Arc::new(http);
    let settings = Settings {
        guild_id,
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
        let mut did = vec![format!("used channel {channel_id}")];
        drop(lease);

        between();
        let lease = open(&channels).await?;
        did.push(format!("used channel {}", lease.channel_id()));
        drop(lease);
        while channels.counts().unknown > 0 {
            sleep(Duration::from_millis(100)).await;
        }
        channels.settled().await;
        did.push(format!("{:?}", channels.counts()));
        Ok::<_, Box<dyn Error>>(did)
    };
    tokio::select! {
        ended = driver.run(CancellationToken::new()) => Err(match ended {
            Ok(()) => "it runs for ever".into(),
            Err(error) => error.into(),
        }),
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
fn http(rest_url: &str, token: &str) -> Http {
    HttpBuilder::new(token)
        .proxy(rest_url)
        // It would ignore the proxy.
        .ratelimiter_disabled(true)
        // Nobody is pinged by what a bot repeats.
        .default_allowed_mentions(CreateAllowedMentions::new())
        .build()
}

/// The clock of this machine. It may be wrong, as long as it runs.
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

/// The clock of a simulator in this process.
struct ClockOf(Simulator);

impl Clock for ClockOf {
    fn now_ms(&self) -> u64 {
        self.0.now_ms()
    }
}
