//! A bot that misses nothing: it prints each message of its guild once and in order, over cut
//! connections, refused sessions and restarts. Kill it, let people write, start it again.
//!
//! `cargo run -p cordboard-recovery --example catch_up` runs it against a simulated Discord in this
//! process, `... -- REST_URL TOKEN GUILD_ID STORE_FILE` against a running `cordboard-simulator`, or
//! against Discord itself (`https://discord.com`).

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{error::Error, net::Ipv4Addr, time::Duration};

use cordboard_discord::{Discord, Settings as DiscordSettings};
use cordboard_gateway::{Delivery, Gateway, Session, Settings as GatewaySettings, Subscription};
use cordboard_recovery::{
    Consumers as _, EVENTS, Event, News, Observed, Recovery, Settings, recovery,
};
use cordboard_simulator::{Config, GatewayCommand, Simulator};
use cordboard_store::{Location, SqliteInbox, Store};
use serde::Deserialize;
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;

/// Whose position is kept.
const NAME: &str = "catch-up";

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
    let store = Store::open(&Location::Path(store_file.into())).await?;
    let settings = Settings::new(guild_id.parse()?);
    let (recovery, driver, session) = recovery(discord.backfill(), store.inbox(), settings).await?;

    let (hub, mut gateway) = Gateway::new(GatewaySettings::new(token.into()), discord);
    if let Some(session) = session {
        // What is not on record is sent again.
        gateway = gateway.resuming(Session {
            id: session.id,
            sequence: session.sequence,
            resume_url: session.resume_url,
        });
    }
    // Before the gateway runs, so that nothing goes past.
    let tap = hub.tap(EVENTS);
    let stop = CancellationToken::new();
    tokio::select! {
        ended = gateway.run(stop.clone()) => drop(ended?),
        ended = driver.run(stop.clone()) => ended?,
        () = feed(tap, &recovery) => {}
        ended = print(&recovery, store.inbox()) => ended?,
    }
    Ok(())
}

/// Tells the driver what the gateway delivers.
async fn feed(mut tap: Subscription, recovery: &Recovery) {
    while let Some(delivery) = tap.next().await {
        let observed = match delivery {
            Delivery::Dispatch(dispatch) => Observed::Event(Event {
                name: dispatch.name.clone(),
                sequence: dispatch.sequence,
                guild_id: dispatch.guild_id,
                channel_id: dispatch.channel_id,
                data: dispatch.data.clone(),
            }),
            Delivery::Lapse(_) => Observed::Lapsed,
            Delivery::Acknowledged(told) => Observed::Acknowledged {
                sent: told.sent,
                away: told.away,
            },
        };
        if recovery.observe(observed).await.is_err() {
            return;
        }
    }
}

/// Goes on where the last life stopped. Whatever is printed and not acknowledged is printed again.
async fn print(recovery: &Recovery, inbox: SqliteInbox) -> Result<(), Box<dyn Error>> {
    let consumer = inbox.open(NAME, None).await?;
    let mut tail = recovery.tail(inbox.clone(), consumer.acknowledged, Vec::new());
    while let Some(entry) = tail.next().await? {
        match &entry.news {
            News::Created { json, .. } => println!("{}", text(json.get())),
            News::Updated { json, .. } => println!("edited: {}", text(json.get())),
            News::Deleted { message_id, .. } => println!("deleted: {message_id}"),
            News::Gap(gap) => println!("could not be had: {}", gap.reason.name()),
        }
        inbox.acknowledge(NAME, entry.sequence).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Message {
    content: String,
}

fn text(json: &str) -> String {
    serde_json::from_str(json).map_or_else(|_| json.to_owned(), |it: Message| it.content)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Once per process, before anything that may use TLS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [rest_url, token, guild_id, store_file] => bot(rest_url, token, guild_id, store_file).await,
        [] => demonstrate().await,
        _ => Err("usage: catch_up [REST_URL TOKEN GUILD_ID STORE_FILE]".into()),
    }
}

/// Two lives against a simulated Discord; people write in both, and in between.
async fn demonstrate() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let simulator = Simulator::new(Config::default());
    let served = simulator.serve(listener, std::future::pending());
    let (rest_url, token) = (simulator.rest_url(), simulator.token());
    let guild_id = simulator.guild_id().to_string();
    let folder = tempfile::tempdir()?;
    let store_file = folder.path().join("bot.db").display().to_string();
    let say = async |text: &str| {
        simulator.say(simulator.default_channel_id(), text);
        sleep(Duration::from_millis(300)).await;
    };
    let people = async {
        sleep(Duration::from_secs(1)).await;
        say("Hello.").await;
        simulator.gateway(GatewayCommand::Drop);
        say("The connection is gone.").await;
        sleep(Duration::from_secs(3)).await;
    };
    let story = async {
        tokio::select! {
            ended = bot(&rest_url, &token, &guild_id, &store_file) => ended?,
            () = people => println!("(killed)"),
        }
        simulator.gateway(GatewayCommand::Invalidate { resumable: false });
        say("Nobody is listening.").await;
        tokio::select! {
            ended = bot(&rest_url, &token, &guild_id, &store_file) => ended,
            () = sleep(Duration::from_secs(8)) => Ok(()),
        }
    };
    tokio::select! {
        () = served => unreachable!("it is served for ever"),
        ended = story => ended,
    }
}
