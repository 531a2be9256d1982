//! Writes down everything that is said in some channels, a line of JSON for each thing that happened,
//! from the beginning of what Discord still has. What it cannot have is a line, too.
//!
//! `cargo run -p cordboard-recovery --example archiver` runs it against a simulated Discord in this
//! process, `... -- REST_URL TOKEN GUILD_ID STORE_FILE [CHANNEL_OR_CATEGORY_ID ...]` against a running
//! `cordboard-simulator`, or against Discord itself (`https://discord.com`).

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{error::Error, net::Ipv4Addr, time::Duration};

use cordboard_discord::{Discord, Settings as DiscordSettings};
use cordboard_gateway::{Delivery, Gateway, Session, Settings as GatewaySettings, Subscription};
use cordboard_recovery::{
    Consumers as _, EVENTS, Entry, Event, News, Observed, Recovery, Settings, Start, Watch,
    recovery,
};
use cordboard_simulator::{Config, Simulator};
use cordboard_store::{Location, SqliteInbox, Store};
use serde_json::{Value, json};
use tokio::{net::TcpListener, time::sleep};
use tokio_util::sync::CancellationToken;

/// Whose position is kept.
const NAME: &str = "archiver";

/// The archiver.
async fn archive(
    rest_url: &str,
    token: &str,
    guild_id: &str,
    store_file: &str,
    channels: &[&str],
) -> Result<(), Box<dyn Error>> {
    let discord = Discord::new(&DiscordSettings {
        rest_url: Some(rest_url.to_owned()),
        ..DiscordSettings::new(token.into())
    })?;
    let ids = channels.iter().map(|id| id.parse());
    let settings = Settings {
        watch: match channels {
            [] => Watch::All,
            _ => Watch::Some(ids.collect::<Result<_, _>>()?),
        },
        start: Start::Beginning,
        ..Settings::new(guild_id.parse()?)
    };
    let store = Store::open(&Location::Path(store_file.into())).await?;
    let (recovery, driver, session) = recovery(discord.backfill(), store.inbox(), settings).await?;
    let (hub, mut gateway) = Gateway::new(GatewaySettings::new(token.into()), discord);
    if let Some(session) = session {
        gateway = gateway.resuming(Session {
            id: session.id,
            sequence: session.sequence,
            resume_url: session.resume_url,
        });
    }
    let tap = hub.tap(EVENTS);
    let stop = CancellationToken::new();
    tokio::select! {
        ended = gateway.run(stop.clone()) => drop(ended?),
        ended = driver.run(stop.clone()) => ended?,
        () = feed(tap, &recovery) => {}
        () = progress(&recovery) => {}
        ended = write(&recovery, store.inbox()) => ended?,
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

/// Says how far the reading of what was missed is.
async fn progress(recovery: &Recovery) {
    let mut standing = recovery.standing();
    let mut last = usize::MAX;
    while standing.changed().await.is_ok() {
        let now = *standing.borrow();
        if now.is_covered && now.catching_up != last {
            last = now.catching_up;
            println!("# {last} of {} channels to be read", now.channels);
        }
    }
}

async fn write(recovery: &Recovery, inbox: SqliteInbox) -> Result<(), Box<dyn Error>> {
    let consumer = inbox.open(NAME, Some(0)).await?;
    let mut tail = recovery.tail(inbox.clone(), consumer.acknowledged, Vec::new());
    while let Some(entry) = tail.next().await? {
        println!("{}", line(&entry)?);
        inbox.acknowledge(NAME, entry.sequence).await?;
    }
    Ok(())
}

fn line(entry: &Entry) -> serde_json::Result<Value> {
    let mut line = json!({"sequence": entry.sequence, "channel_id": entry.channel_id});
    match &entry.news {
        News::Created { json, .. } => line["created"] = serde_json::from_str(json.get())?,
        News::Updated { json, .. } => line["updated"] = serde_json::from_str(json.get())?,
        News::Deleted { message_id, .. } => line["deleted"] = json!(message_id),
        News::Gap(gap) => {
            line["gap"] = json!({"after": gap.after, "to": gap.to, "reason": gap.reason.name()});
        }
    }
    Ok(line)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [rest_url, token, guild_id, store_file, ref channels @ ..] => {
            archive(rest_url, token, guild_id, store_file, channels).await
        }
        [] => demonstrate().await,
        _ => Err("usage: archiver [REST_URL TOKEN GUILD_ID STORE_FILE [ID ...]]".into()),
    }
}

/// Against a simulated Discord in which something was said before anybody watched.
async fn demonstrate() -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let simulator = Simulator::new(Config::default());
    let served = simulator.serve(listener, std::future::pending());
    let (rest_url, token) = (simulator.rest_url(), simulator.token());
    let guild_id = simulator.guild_id().to_string();
    let folder = tempfile::tempdir()?;
    let store_file = folder.path().join("archive.db").display().to_string();
    let channel_id = simulator.default_channel_id();
    let first = simulator.say(channel_id, "Said before anybody watched.");
    let people = async {
        sleep(Duration::from_secs(2)).await;
        simulator.edit(channel_id, first, "Said before, and edited.");
        let second = simulator.say(channel_id, "Said, and deleted.");
        sleep(Duration::from_secs(1)).await;
        simulator.delete_message(channel_id, second);
        sleep(Duration::from_secs(1)).await;
    };
    tokio::select! {
        () = served => unreachable!("it is served for ever"),
        ended = archive(&rest_url, &token, &guild_id, &store_file, &[]) => ended,
        () = people => Ok(()),
    }
}
