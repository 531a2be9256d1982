//! A gateway client that does nothing on its own: no heartbeats, no reconnects, no mercy.

use std::io::Write;

use cordboard_simulator::{Config, Simulator};
use flate2::{Decompress, FlushDecompress};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// GUILDS, `GUILD_MESSAGES` and `MESSAGE_CONTENT`.
pub(crate) const INTENTS: u64 = 33_281;

/// What ends a conversation, or goes on with it.
#[derive(Debug, PartialEq)]
pub(crate) enum Heard {
    Payload(Value),
    Closed(u16),
    /// The TCP stream ended without a close frame.
    Ended,
}

/// One raw connection.
pub(crate) struct Client {
    stream: WebSocketStream<TcpStream>,
    decompress: Context,
    /// How many binary messages came.
    pub(crate) blobs: usize,
}

enum Context {
    Plain,
    Zlib(Decompress),
    Zstd(zstd::stream::write::Decoder<'static, Vec<u8>>),
}

/// Runs `story` against a fresh simulator in the same runtime.
pub(crate) async fn simulate(config: Config, story: impl AsyncFnOnce(Simulator)) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let simulator = Simulator::new(config);
    let server = simulator.serve(listener, std::future::pending());
    tokio::select! {
        () = server => panic!("it stopped"),
        () = story(simulator.clone()) => {}
    }
}

/// A configuration in TOML, over the defaults.
pub(crate) fn config(toml: &str) -> Config {
    Config::from_toml(toml).unwrap()
}

impl Client {
    /// Connects with this query, without a word.
    pub(crate) async fn connect(simulator: &Simulator, query: &str) -> Self {
        Self::try_connect(simulator, query)
            .await
            .expect("the upgrade succeeds")
    }

    /// The same, where it may fail.
    pub(crate) async fn try_connect(simulator: &Simulator, query: &str) -> Result<Self, String> {
        let url = simulator.gateway_url();
        let address = url.strip_prefix("ws://").unwrap().parse().unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(8_192).unwrap();
        let socket = socket
            .connect(address)
            .await
            .map_err(|error| error.to_string())?;
        let (stream, _) = client_async(format!("{url}/?{query}"), socket)
            .await
            .map_err(|error| error.to_string())?;
        let decompress = if query.contains("zlib-stream") {
            Context::Zlib(Decompress::new(true))
        } else if query.contains("zstd-stream") {
            Context::Zstd(zstd::stream::write::Decoder::new(Vec::new()).unwrap())
        } else {
            Context::Plain
        };
        Ok(Self {
            stream,
            decompress,
            blobs: 0,
        })
    }

    /// Connects and hears Hello.
    pub(crate) async fn hello(simulator: &Simulator) -> Self {
        let mut client = Self::connect(simulator, "v=10&encoding=json").await;
        assert_eq!(client.payload().await["op"], 10);
        client
    }

    /// Connects, identifies and hears `GUILD_CREATE`; the session's id comes along.
    pub(crate) async fn log_in(simulator: &Simulator) -> (Self, String) {
        let mut client = Self::hello(simulator).await;
        client.say(identify(simulator, INTENTS)).await;
        let ready = client.event("READY").await;
        client.event("GUILD_CREATE").await;
        (
            client,
            ready["d"]["session_id"].as_str().unwrap().to_owned(),
        )
    }

    /// Connects and asks to go on after `sequence`.
    pub(crate) async fn resume(simulator: &Simulator, session_id: &str, sequence: u64) -> Self {
        let mut client = Self::hello(simulator).await;
        let token = format!("Bot {}", simulator.token());
        client
            .say(json!({"op": 6, "d": {"token": token, "session_id": session_id, "seq": sequence}}))
            .await;
        client
    }

    /// Sends a payload.
    pub(crate) async fn say(&mut self, payload: Value) {
        self.say_raw(payload.to_string()).await;
    }

    /// Sends any text.
    pub(crate) async fn say_raw(&mut self, text: String) {
        self.stream.send(Message::text(text)).await.unwrap();
    }

    /// Sends a heartbeat.
    pub(crate) async fn beat(&mut self) {
        self.say(json!({"op": 1, "d": null})).await;
    }

    /// Closes with this code and waits for the echo.
    pub(crate) async fn close(mut self, code: u16) {
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: "".into(),
        };
        self.stream.close(Some(frame)).await.unwrap();
        while let Some(Ok(_)) = self.stream.next().await {}
    }

    /// Whatever comes next.
    pub(crate) async fn hear(&mut self) -> Heard {
        loop {
            return match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    Heard::Payload(serde_json::from_str(&text).unwrap())
                }
                Some(Ok(Message::Binary(bytes))) => {
                    self.blobs += 1;
                    Heard::Payload(self.decompress.read(&bytes))
                }
                Some(Ok(Message::Close(frame))) => {
                    Heard::Closed(frame.map_or(1005, |frame| frame.code.into()))
                }
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => Heard::Ended,
            };
        }
    }

    /// The next text, whatever it says.
    pub(crate) async fn text(&mut self) -> String {
        match self.stream.next().await {
            Some(Ok(Message::Text(text))) => text.to_string(),
            end => panic!("a text was expected: {end:?}"),
        }
    }

    /// The next payload; an end is a failure.
    pub(crate) async fn payload(&mut self) -> Value {
        match self.hear().await {
            Heard::Payload(payload) => payload,
            end => panic!("a payload was expected: {end:?}"),
        }
    }

    /// The next event of this name; others are passed over.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        loop {
            let payload = self.payload().await;
            if payload["t"] == name {
                return payload;
            }
        }
    }

    /// Everything up to the end of the connection, and how it ended.
    pub(crate) async fn rest(&mut self) -> (Vec<Value>, Heard) {
        let mut payloads = Vec::new();
        loop {
            match self.hear().await {
                Heard::Payload(payload) => payloads.push(payload),
                end => return (payloads, end),
            }
        }
    }
}

impl Context {
    fn read(&mut self, bytes: &[u8]) -> Value {
        let text = match self {
            // Payload compression: each message is complete.
            Self::Plain => {
                let mut decoder = flate2::write::ZlibDecoder::new(Vec::new());
                decoder.write_all(bytes).unwrap();
                decoder.finish().unwrap()
            }
            Self::Zlib(context) => {
                assert!(
                    bytes.ends_with(&[0, 0, 0xff, 0xff]),
                    "each message ends at a flush"
                );
                let mut text = Vec::with_capacity(1 << 20);
                context
                    .decompress_vec(bytes, &mut text, FlushDecompress::Sync)
                    .unwrap();
                text
            }
            Self::Zstd(context) => {
                context.write_all(bytes).unwrap();
                context.flush().unwrap();
                std::mem::take(context.get_mut())
            }
        };
        serde_json::from_slice(&text).unwrap()
    }
}

/// Op 2 with these intents.
pub(crate) fn identify(simulator: &Simulator, intents: u64) -> Value {
    json!({"op": 2, "d": {
        "token": simulator.token(),
        "intents": intents,
        "properties": {"os": "linux", "browser": "test", "device": "test"},
    }})
}

/// Names of events, in order.
pub(crate) fn names(payloads: &[Value]) -> Vec<&str> {
    payloads
        .iter()
        .filter_map(|payload| payload["t"].as_str())
        .collect()
}
