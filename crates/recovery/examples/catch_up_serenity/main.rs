//! Recovery for a bot on serenity: its ports over serenity's requests, fed from serenity's events.
//!
//! `cargo run -p cordboard-recovery --example catch_up_serenity` runs it against a simulated Discord in this
//! process, `... -- REST_URL TOKEN GUILD_ID` against a running `cordboard-simulator`.
//!
//! A bot of yours takes `adapter.rs` and `told.rs` as they are, gives [`Discord`] the `Http` of its own
//! client, and adds [`Feed`] as a raw event handler. serenity tells neither sequences nor acknowledgements:
//! nothing is then ever known to be complete, each new session reads every channel in which something was
//! written since the first run, and how far all is complete never moves (retention by age cannot go by it). A bot
//! whose library tells acknowledgements passes them on as `Observed::Acknowledged`.
//!
//! serenity handles each event in a task of its own. What is told to [`Recovery`] has to come in order, so that
//! the client runs on a current-thread runtime, as here: on one with more threads an edit may overtake what it
//! edits.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod adapter;
mod told;

use std::{error::Error, net::Ipv4Addr, sync::Arc, time::Duration};

use cordboard_recovery::{MemoryInbox, News, Observed, Recovery, Settings, Start, recovery};
use cordboard_simulator::{Config, GatewayCommand, Simulator};
use serenity::{
    all::{ActivityData, ClientBuilder, Context, Event, GatewayIntents, RawEventHandler},
    async_trait,
    http::{Http, HttpBuilder},
};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{adapter::Discord, told::told};

/// Tells the driver what serenity delivers.
struct Feed {
    recovery: Recovery,
}

#[async_trait]
impl RawEventHandler for Feed {
    async fn raw_event(&self, _: Context, event: Event) {
        // A session that was resumed misses nothing; of a new one each guild comes by itself.
        let is_lapse = matches!(event, Event::Ready(_) | Event::GuildCreate(_));
        if let Some(told) = told(&event) {
            let _ = self.recovery.observe(Observed::Event(told)).await;
        }
        if is_lapse {
            let _ = self.recovery.observe(Observed::Lapsed).await;
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [rest_url, token, guild_id] => bot(rest_url, token, guild_id).await,
        [] => demonstrate().await,
        _ => Err("usage: catch_up_serenity [REST_URL TOKEN GUILD_ID]".into()),
    }
}

/// The bot.
async fn bot(rest_url: &str, token: &str, guild_id: &str) -> Result<(), Box<dyn Error>> {
    let settings = Settings {
        start: Start::Beginning,
        ..Settings::new(guild_id.parse()?)
    };
    // Yours is kept in a file: `cordboard_store::Store::inbox`.
    let inbox = MemoryInbox::default();
    let discord = Discord::new(Arc::new(http(rest_url, token)));
    let (recovery, driver, _) = recovery(discord, inbox.clone(), settings).await?;
    let intents =
        GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::MESSAGE_CONTENT;
    let feed = Feed {
        recovery: recovery.clone(),
    };
    let mut client = ClientBuilder::new_with_http(http(rest_url, token), intents)
        .raw_event_handler(feed)
        .activity(ActivityData::listening("everything"))
        .await?;
    tokio::select! {
        ended = client.start() => Ok(ended?),
        ended = driver.run(CancellationToken::new()) => Ok(ended?),
        ended = print(&recovery, inbox) => ended,
    }
}

/// Prints what is said.
async fn print(recovery: &Recovery, inbox: MemoryInbox) -> Result<(), Box<dyn Error>> {
    let mut tail = recovery.tail(inbox, 0, Vec::new());
    while let Some(entry) = tail.next().await? {
        if let News::Created { json, .. } = entry.news {
            let message: serde_json::Value = serde_json::from_str(json.get())?;
            println!("{}", message["content"].as_str().unwrap_or_default());
        }
    }
    Ok(())
}

/// serenity's HTTP client, as your bot has one. It asks for the gateway's address there, too.
fn http(rest_url: &str, token: &str) -> Http {
    HttpBuilder::new(token)
        .proxy(rest_url)
        .ratelimiter_disabled(true)
        .build()
}

/// Against a simulated Discord, in which one of two messages is written while the bot has no session.
async fn demonstrate() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let simulator = Simulator::new(Config::default());
    let served = simulator.serve(listener, std::future::pending());
    let (rest_url, token) = (simulator.rest_url(), simulator.token());
    let guild_id = simulator.guild_id().to_string();
    let people = async {
        sleep(Duration::from_secs(2)).await;
        simulator.say(simulator.default_channel_id(), "Hello.");
        sleep(Duration::from_secs(1)).await;
        simulator.gateway(GatewayCommand::Invalidate { resumable: false });
        simulator.say(simulator.default_channel_id(), "Nobody is listening.");
        sleep(Duration::from_secs(10)).await;
    };
    tokio::select! {
        () = served => unreachable!("it is served for ever"),
        () = people => Ok(()),
        ended = bot(&rest_url, &token, &guild_id) => ended,
    }
}
