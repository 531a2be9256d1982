//! Recovery for a bot on serenity: its ports over serenity's requests, fed from serenity's events,
//! tried against a simulated Discord in this process.
//!
//! `cargo run -p cordboard-recovery --example serenity`
//!
//! A bot of yours takes `adapter.rs` as it is, gives [`Discord`] the `Http` of its own client, and adds
//! [`Feed`] as a raw event handler. serenity tells neither sequences nor acknowledgements: nothing is
//! then ever known to be complete, and each new session reads every channel with something in it.
//!
//! serenity handles each event in a task of its own. What is told to [`Recovery`] has to come in order, so that
//! the client runs on a current-thread runtime, as here: on one with more threads an edit may overtake what it
//! edits.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod adapter;

use std::{error::Error, net::Ipv4Addr, sync::Arc, time::Duration};

use cordboard_recovery::{Event, MemoryInbox, News, Observed, Recovery, Settings, Start, recovery};
use cordboard_simulator::{Config, GatewayCommand, Simulator};
use serde_json::value::to_raw_value;
use serenity::{
    all::{
        ActivityData, ClientBuilder, Context, Event as SerenityEvent, GatewayIntents,
        RawEventHandler,
    },
    async_trait,
    http::{Http, HttpBuilder},
};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

use crate::adapter::Discord;

/// Tells the driver what serenity delivers.
struct Feed {
    recovery: Recovery,
}

#[async_trait]
impl RawEventHandler for Feed {
    async fn raw_event(&self, _: Context, event: SerenityEvent) {
        // A session that was resumed misses nothing; of a new one each guild comes by itself.
        let is_lapse = matches!(
            event,
            SerenityEvent::Ready(_) | SerenityEvent::GuildCreate(_)
        );
        if let Some(told) = told(&event) {
            let _ = self.recovery.observe(Observed::Event(told)).await;
        }
        if is_lapse {
            let _ = self.recovery.observe(Observed::Lapsed).await;
        }
    }
}

/// An event as recovery wants it; `None` of one that has no name.
fn told(event: &SerenityEvent) -> Option<Event> {
    let value = serde_json::to_value(event).ok()?;
    let id = |field: &str| value.get(field)?.as_str()?.parse::<u64>().ok();
    let name = event.name()?;
    let own = name.starts_with("CHANNEL_") || name.starts_with("THREAD_");
    let channel_id = id("channel_id").or_else(|| id("id").filter(|_| own));
    Some(Event {
        name: name.into(),
        sequence: 0,
        guild_id: id("guild_id").and_then(Id::new_checked),
        channel_id: channel_id.and_then(Id::new_checked),
        data: to_raw_value(&value).ok()?,
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let simulator = Simulator::new(Config::default());
    let served = simulator.serve(listener, std::future::pending());
    tokio::select! {
        () = served => unreachable!("it is served for ever"),
        ended = bot(&simulator) => ended,
    }
}

/// The bot: hears two messages, of which one was written while it had no session.
async fn bot(simulator: &Simulator) -> Result<(), Box<dyn Error>> {
    let settings = Settings {
        start: Start::Beginning,
        ..Settings::new(Id::new(simulator.guild_id()))
    };
    // Yours is kept in a file: `cordboard_store::Store::inbox`.
    let inbox = MemoryInbox::default();
    let discord = Discord::new(Arc::new(http(simulator)));
    let (recovery, driver, _) = recovery(discord, inbox.clone(), settings).await?;
    let intents =
        GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::MESSAGE_CONTENT;
    let feed = Feed {
        recovery: recovery.clone(),
    };
    let mut client = ClientBuilder::new_with_http(http(simulator), intents)
        .raw_event_handler(feed)
        .activity(ActivityData::listening("everything"))
        .await?;
    let people = async {
        sleep(Duration::from_secs(2)).await;
        simulator.say(simulator.default_channel_id(), "Hello.");
        sleep(Duration::from_secs(1)).await;
        simulator.gateway(GatewayCommand::Invalidate { resumable: false });
        simulator.say(simulator.default_channel_id(), "Nobody is listening.");
        std::future::pending::<()>().await;
    };
    let mut tail = recovery.tail(inbox, 0, Vec::new());
    let print = async {
        for _ in 0..2 {
            if let Some(entry) = tail.next().await?
                && let News::Created { json, .. } = entry.news
            {
                println!("{}", json.get());
            }
        }
        Ok::<(), Box<dyn Error>>(())
    };
    tokio::select! {
        ended = client.start() => Ok(ended?),
        ended = driver.run(CancellationToken::new()) => Ok(ended?),
        () = people => Ok(()),
        ended = print => ended,
    }
}

/// serenity's HTTP client, as your bot has one.
fn http(simulator: &Simulator) -> Http {
    HttpBuilder::new(simulator.token())
        .proxy(simulator.rest_url())
        .ratelimiter_disabled(true)
        .build()
}
