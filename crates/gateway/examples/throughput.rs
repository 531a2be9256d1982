//! How many events a second one core takes in: `cargo run --release -p cordboard-gateway --example
//! throughput`.
//!
//! A server in a thread of its own, which knows just enough of the protocol, floods one connection with
//! messages of a kilobyte in 64 channels. The whole way is measured: websocket, decompression, twilight,
//! reception, hub, and the subscribers' ends, all in one thread. What counts is that thread's processor
//! time, from the first event to the last.

#![expect(clippy::print_stdout, reason = "a measurement is for whoever runs it")]

use std::{fmt::Write as _, fs, future::pending, io::Write as _, thread, time::Duration};

use anyhow::Context;
use cordboard_gateway::{
    Delivery, Endpoint, Failure, Gateway, GatewayDirectory, Hub, LapseReason, Settings, Status,
};
use flate2::{Compression, write::ZlibEncoder};
use futures_util::{SinkExt, StreamExt, future::try_join_all};
use serde_json::json;
use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    time::Instant,
};
use tokio_tungstenite::{WebSocketStream, accept_async, tungstenite::Message};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

const EVENTS: u64 = 400_000;
const CHANNELS: u64 = 64;

/// Who listens.
#[derive(Clone, Copy, Debug)]
enum Listeners {
    /// Nobody: each event is dropped after one look.
    Nobody,
    /// One subscription for each channel.
    Channels,
    /// These, and a tap that takes everything.
    ChannelsAndTap,
}

struct Directory(String);

impl GatewayDirectory for Directory {
    async fn gateway(&self) -> Result<Endpoint, Failure> {
        Ok(Endpoint {
            url: self.0.clone(),
            identifies_left: 1_000,
            identifies_reset_after: Duration::from_hours(24),
            max_concurrency: 1,
            shards: 1,
        })
    }
}

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    println!("{EVENTS} events of 1 kB, one thread");
    for compressed in [false, true] {
        for listeners in [
            Listeners::Nobody,
            Listeners::Channels,
            Listeners::ChannelsAndTap,
        ] {
            let runtime = runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let (wall, busy) = runtime.block_on(measure(compressed, listeners))?;
            let form = if compressed { "zlib" } else { "plain" };
            println!(
                "{form:>5}, {listeners:?}: {:.0}/s of the core, {:.0}/s by the clock",
                rate(busy),
                rate(wall),
            );
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred thousand")]
fn rate(time: Duration) -> f64 {
    EVENTS as f64 / time.as_secs_f64()
}

/// The time by the clock, and this thread's processor time.
async fn measure(compressed: bool, listeners: Listeners) -> anyhow::Result<(Duration, Duration)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("ws://{}", listener.local_addr()?);
    let (listener, own) = (listener.into_std()?, url.clone());
    let server = thread::spawn(move || -> anyhow::Result<()> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let (stream, _) = TcpListener::from_std(listener)?.accept().await?;
            flood(stream, &own, compressed).await
        })
    });
    let (hub, gateway) = Gateway::new(Settings::new("token".to_owned().into()), Directory(url));
    let stop = CancellationToken::new();
    let measured = async {
        let measured = listen(&hub, listeners).await;
        stop.cancel();
        measured
    };
    let (ended, measured) = tokio::join!(gateway.run(stop.clone()), measured);
    ended?;
    drop(server.join());
    measured
}

/// Takes all events in.
async fn listen(hub: &Hub, listeners: Listeners) -> anyhow::Result<(Duration, Duration)> {
    let mut done = hub.watch(&["GUILD_UPDATE"]);
    let mut readers = Vec::new();
    if !matches!(listeners, Listeners::Nobody) {
        readers.extend((1..=CHANNELS).map(|id| hub.subscribe(Id::new(id))));
    }
    if matches!(listeners, Listeners::ChannelsAndTap) {
        readers.push(hub.tap(&["MESSAGE_CREATE"]));
    }
    let mut status = hub.status();
    drop(status.wait_for(Status::is_ready).await?);
    let (began, busy) = (Instant::now(), busy()?);
    let read = readers.into_iter().map(|mut reader| async move {
        while let Some(delivery) = reader.next().await {
            match delivery {
                Delivery::Dispatch(_) | Delivery::Acknowledged(_) => {}
                Delivery::Lapse(lapse) => {
                    anyhow::ensure!(lapse.reason == LapseReason::NewSession, "{lapse:?}");
                }
            }
        }
        Ok(())
    });
    let failed = async {
        match try_join_all(read).await {
            Ok(_) => pending().await,
            Err(error) => error,
        }
    };
    // The last event ends it; the readers' last ones are in their queues by then.
    let ending = async {
        loop {
            match done.next().await {
                Some(Delivery::Dispatch(_)) => return Ok(()),
                Some(_) => {}
                None => anyhow::bail!("the gateway ended"),
            }
        }
    };
    tokio::select! {
        ended = ending => ended?,
        failed = failed => return Err(failed),
    }
    Ok((began.elapsed(), self::busy()?.saturating_sub(busy)))
}

/// This thread's processor time so far.
fn busy() -> anyhow::Result<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = text.split(' ').next().context("a number")?.parse()?;
    Ok(Duration::from_nanos(nanoseconds))
}

/// What a server has to say.
async fn flood(stream: TcpStream, own: &str, compressed: bool) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut server = Server {
        socket: accept_async(stream).await?,
        encoder: compressed.then(|| ZlibEncoder::new(Vec::new(), Compression::fast())),
    };
    let hello = json!({ "op": 10, "d": { "heartbeat_interval": 3_600_000 } });
    server.say(&hello.to_string()).await?;
    let _ = server.socket.next().await;
    let ready = json!({ "session_id": "s", "resume_gateway_url": own, "guilds": [] });
    let ready = json!({ "op": 0, "t": "READY", "s": 1, "d": ready });
    server.say(&ready.to_string()).await?;
    for number in 0..EVENTS {
        server.feed(&message(number)).await?;
    }
    let last = json!({ "op": 0, "t": "GUILD_UPDATE", "s": EVENTS + 2, "d": { "id": "7" } });
    server.say(&last.to_string()).await?;
    while let Some(Ok(_)) = server.socket.next().await {}
    Ok(())
}

/// About a kilobyte, of which a part is different each time.
fn message(number: u64) -> String {
    let mut content = String::new();
    for word in 0..50 {
        let _ = write!(content, "{:x} ", number.wrapping_mul(word + 7) % 65_536);
    }
    let (channel, id) = (number % CHANNELS + 1, 1_300_000_000_000_000_000 + number);
    format!(
        r#"{{"t":"MESSAGE_CREATE","s":{},"op":0,"d":{{"type":0,"tts":false,"timestamp":"2026-11-26T12:00:00.000000+00:00","pinned":false,"nonce":"{id}","mentions":[],"mention_roles":[],"mention_everyone":false,"member":{{"roles":["7"],"premium_since":null,"pending":false,"nick":null,"mute":false,"joined_at":"2024-01-01T00:00:00.000000+00:00","flags":0,"deaf":false,"avatar":null}},"id":"{id}","flags":0,"embeds":[],"edited_timestamp":null,"content":"{content}","components":[],"channel_id":"{channel}","author":{{"username":"someone","public_flags":0,"id":"1234567890123456789","global_name":"Someone","discriminator":"0","bot":true,"avatar":"0123456789abcdef0123456789abcdef"}},"attachments":[],"guild_id":"7"}}}}"#,
        number + 2,
    )
}

struct Server {
    socket: WebSocketStream<TcpStream>,
    encoder: Option<ZlibEncoder<Vec<u8>>>,
}

impl Server {
    async fn say(&mut self, text: &str) -> anyhow::Result<()> {
        self.feed(text).await?;
        Ok(self.socket.flush().await?)
    }

    async fn feed(&mut self, text: &str) -> anyhow::Result<()> {
        let message = match &mut self.encoder {
            None => Message::text(text),
            Some(encoder) => {
                encoder.write_all(text.as_bytes())?;
                encoder.flush()?;
                Message::binary(std::mem::take(encoder.get_mut()))
            }
        };
        Ok(self.socket.feed(message).await?)
    }
}
