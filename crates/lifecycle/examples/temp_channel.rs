//! A bot with ten tasks. Each gets a channel of its own, works in it, and lets go. Kill it at any
//! line and start it again: it leaves no channel behind, and touches none of anybody else.
//!
//! `cargo run -p cordboard-lifecycle --example temp_channel` runs it against a simulated Discord in
//! this process, `... -- REST_URL TOKEN GUILD_ID STORE_FILE` against a running `cordboard-simulator`,
//! or against Discord itself (`https://discord.com`).

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{collections::HashSet, error::Error, net::Ipv4Addr, time::Duration, time::SystemTime};

use cordboard_conversation::{MessageApi as _, Post};
use cordboard_discord::{Discord, Settings as DiscordSettings};
use cordboard_lifecycle::{
    Channels, Clock, Isolation, MarkKey, Opening, Quota, Settings, lifecycle,
};
use cordboard_simulator::{Config, Simulator};
use cordboard_store::{Location, Store};
use futures_util::future::join_all;
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;

/// The bot.
async fn bot(
    rest_url: &str,
    token: &str,
    guild_id: &str,
    store_file: &str,
) -> Result<(), Box<dyn Error>> {
    let discord = Discord::new(&DiscordSettings {
        rest_url: Some(rest_url.to_owned()),
        ..DiscordSettings::new(token.into())
    })?;
    let settings = Settings {
        guild_id: guild_id.parse()?,
        category_ids: Vec::new(),
        isolation: Isolation::Channel,
        quota: Quota::default(),
        bot_id: discord.identity().await?.user_id,
        name_prefix: "task".to_owned(),
        delete_after: Some(Duration::ZERO),
        protected: HashSet::new(),
        namespace: "exampl".to_owned(),
    };
    let registry = Store::open(&Location::Path(store_file.into()))
        .await?
        .registry();
    // A secret that is the same at every start. Better is one of its own, which outlives the token.
    let key = MarkKey::new(Sha256::digest(token).into());
    let (channels, mut driver) = lifecycle(discord.clone(), registry, key, WallClock, settings);
    println!("left by a former life: {:?}", driver.recover().await?);

    let work = async {
        join_all((1..=10).map(|number| task(number, &channels, &discord))).await;
        channels.settled().await;
    };
    tokio::select! {
        ended = driver.run(CancellationToken::new()) => ended?,
        () = work => println!("done: {:?}", channels.counts()),
    }
    Ok(())
}

/// One task: gets a channel, says something in it, lets go.
async fn task(number: u8, channels: &Channels, discord: &Discord) {
    let opening = Opening {
        request_id: format!("task {number}"),
        label: format!("number {number}"),
        tenant: String::new(),
        deadline: Instant::now() + Duration::from_secs(30),
        lifetime: Duration::from_mins(10),
    };
    let lease = match channels.open(opening).await {
        Ok(lease) => lease,
        Err(error) => return println!("task {number} got no channel: {error}"),
    };
    let post = Post {
        content: format!("Task {number} is at work."),
        files: Vec::new(),
        mention: None,
        nonce: lease.channel_id().to_string(),
        timeout: Duration::from_secs(10),
    };
    match discord.post(lease.channel_id(), &post).await {
        Ok(_) => println!("task {number} used channel {}", lease.channel_id()),
        Err(error) => println!("task {number} could not post: {error}"),
    }
    // Dropping the lease is all it takes, however this function ends.
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [rest_url, token, guild_id, store_file] => bot(rest_url, token, guild_id, store_file).await,
        [] => {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let simulator = Simulator::new(Config::default());
            let served = simulator.serve(listener, std::future::pending());
            let (rest_url, token) = (simulator.rest_url(), simulator.token());
            let guild_id = simulator.guild_id().to_string();
            let folder = tempfile::tempdir()?;
            let store_file = folder.path().join("bot.db").display().to_string();
            tokio::select! {
                () = served => unreachable!("it is served for ever"),
                ended = bot(&rest_url, &token, &guild_id, &store_file) => ended,
            }
        }
        _ => Err("usage: temp_channel [REST_URL TOKEN GUILD_ID STORE_FILE]".into()),
    }
}

/// The wall clock of this machine. It may be wrong, as long as it runs.
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
