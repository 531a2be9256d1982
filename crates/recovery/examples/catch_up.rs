//! A bot that misses nothing: it prints each message of its guild once and in order, over cut
//! connections, refused sessions and restarts. Kill it at any moment, let people write, start it again.
//!
//! The record brings each entry at least once: who is killed between doing something with it and saying so
//! gets it again. What makes once of it is that the bot can see what it has done. It prints into a file, a
//! line for each entry with its sequence, and begins behind the last whole line there.
//!
//! `cargo run -p cordboard-recovery --example catch_up` runs it against a simulated Discord in this
//! process, `... -- REST_URL TOKEN GUILD_ID STORE_FILE OUTPUT_FILE` against a running
//! `cordboard-simulator`, or against Discord itself (`https://discord.com`).

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::{
    error::Error,
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    net::Ipv4Addr,
    time::Duration,
};

use cordboard_discord::{Discord, Settings as DiscordSettings};
use cordboard_gateway::{
    Delivery, Gateway, Hub, Session, Settings as GatewaySettings, Subscription,
};
use cordboard_recovery::{
    Consumers as _, EVENTS, Event, News, Observed, Recovery, Settings, recovery,
};
use cordboard_simulator::{Config, GatewayCommand, Simulator};
use cordboard_store::{Location, SqliteInbox, Store};
use serde::Deserialize;
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

/// Whose position is kept.
const NAME: &str = "catch-up";

/// The bot.
async fn bot(
    rest_url: &str,
    token: &str,
    guild_id: &str,
    store_file: &str,
    output_file: &str,
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
        () = feed(tap, &hub, &recovery) => {}
        ended = print(&recovery, store.inbox(), Output::open(output_file)?) => ended?,
    }
    Ok(())
}

/// Tells the driver what the gateway delivers.
async fn feed(mut tap: Subscription, hub: &Hub, recovery: &Recovery) {
    let standing = recovery.standing();
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
            Delivery::Acknowledged(told) => {
                if let Some(unheard) = standing.borrow().unheard {
                    // Something is to be told of that guild soon, or a new session begins.
                    hub.expect(unheard.guild_id, Instant::now());
                }
                Observed::Acknowledged {
                    sent: told.sent,
                    away: told.away,
                }
            }
        };
        if recovery.observe(observed).await.is_err() {
            return;
        }
    }
}

/// Goes on where the last life stopped: behind what it has printed, acknowledged or not.
async fn print(
    recovery: &Recovery,
    inbox: SqliteInbox,
    mut output: Output,
) -> Result<(), Box<dyn Error>> {
    let consumer = inbox.open(NAME, None).await?;
    let done = consumer.acknowledged.max(output.last);
    let mut tail = recovery.tail(inbox.clone(), done, Vec::new());
    while let Some(entry) = tail.next().await? {
        let text = match &entry.news {
            News::Created { json, .. } => text(json.get()),
            News::Updated { json, .. } => format!("edited: {}", text(json.get())),
            News::Deleted { message_id, .. } => format!("deleted: {message_id}"),
            News::Gap(gap) => format!("could not be had: {}", gap.reason.name()),
        };
        output.print(entry.sequence, &text)?;
        inbox.acknowledge(NAME, entry.sequence).await?;
    }
    Ok(())
}

/// What was printed, in all lives.
struct Output {
    file: File,
    /// The sequence of the last line.
    last: u64,
}

impl Output {
    /// Reads what is there. A line that was cut off by the end of its life was not printed.
    fn open(path: &str) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).open(path)?;
        let mut printed = Vec::new();
        file.read_to_end(&mut printed)?;
        let end = printed.iter().rposition(|byte| *byte == b'\n');
        let whole = &printed[..end.map_or(0, |end| end + 1)];
        file.set_len(whole.len() as u64)?;
        let last = String::from_utf8_lossy(whole);
        let last = last.lines().last().and_then(|line| line.split_once('\t'));
        let last = last.and_then(|(sequence, _)| sequence.parse().ok());
        Ok(Self {
            file,
            last: last.unwrap_or(0),
        })
    }

    /// Prints a line, and returns once it is on the disk: what is acknowledged after that was printed, also
    /// if the power fails.
    fn print(&mut self, sequence: u64, text: &str) -> io::Result<()> {
        let text = text.replace(['\n', '\r'], " ");
        self.file
            .write_all(format!("{sequence}\t{text}\n").as_bytes())?;
        self.file.sync_data()
    }
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
        [rest_url, token, guild_id, store_file, output_file] => {
            bot(rest_url, token, guild_id, store_file, output_file).await
        }
        [] => demonstrate().await,
        _ => Err("usage: catch_up [REST_URL TOKEN GUILD_ID STORE_FILE OUTPUT_FILE]".into()),
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
    let [store_file, output_file] =
        ["bot.db", "said.txt"].map(|name| folder.path().join(name).display().to_string());
    let bot = async || bot(&rest_url, &token, &guild_id, &store_file, &output_file).await;
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
            ended = bot() => ended?,
            () = people => {}
        }
        simulator.gateway(GatewayCommand::Invalidate { resumable: false });
        say("Nobody is listening.").await;
        tokio::select! {
            ended = bot() => ended?,
            () = sleep(Duration::from_secs(8)) => {}
        }
        print!("{}", std::fs::read_to_string(&output_file)?);
        Ok(())
    };
    tokio::select! {
        () = served => unreachable!("it is served for ever"),
        ended = story => ended,
    }
}
