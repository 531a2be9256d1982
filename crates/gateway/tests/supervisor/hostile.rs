//! Peers that Discord is not, but that stand where Discord should: each would hold or drive a bare
//! shard for ever.

use std::{cell::Cell, time::Duration};

use cordboard_gateway::{Gateway, Hub, LapseReason, Settings, State, Trouble};
use futures_util::{SinkExt, StreamExt, stream::FuturesUnordered};
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{self, Message, protocol::CloseFrame},
};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

use crate::world::{Directory, Heard, hear, install_tls};

/// What a peer does with one connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manner {
    /// Accepts, and hangs up.
    HangsUp,
    /// Accepts, and never answers the upgrade.
    NeverUpgrades,
    /// Answers the upgrade, and never says hello.
    NeverGreets,
    /// Says hello and answers heartbeats, and nothing else.
    NeverReady,
    /// Says hello and hangs up.
    GreetsAndHangsUp,
    /// Closes with 4000 at once.
    Closes,
    /// Says hello and then that the session can be resumed.
    AlwaysInvalid,
    /// Says READY and hangs up.
    ReadyAndHangsUp,
    /// Asks to reconnect, and does not answer the close frame.
    AsksToReconnectAndWaits,
    /// Says READY to who identifies and hangs up; to who resumes, it only answers heartbeats.
    NeverResumes,
    /// Says READY, with an address to resume at that cannot be used.
    NamesABadAddress,
    /// Says READY and then something that is no JSON.
    Babbles,
    /// Says READY and then this, and then one message more.
    Says(&'static str),
    /// Says READY and then a message of so many bytes, and one more.
    SaysMuch(usize),
    /// Says READY and then bytes that are no compressed stream.
    SaysNoise,
    /// Says READY and so many messages at once.
    Floods(u64),
    /// Says READY and a message each second, and acknowledges no heartbeat.
    NeverAcknowledges,
}

type Socket = WebSocketStream<TcpStream>;

async fn say(socket: &mut Socket, payload: &Value) {
    let _ = socket.send(Message::text(payload.to_string())).await;
}

async fn greet(stream: TcpStream) -> Result<Socket, tungstenite::Error> {
    let mut socket = accept_async(stream).await?;
    say(
        &mut socket,
        &json!({ "op": 10, "d": { "heartbeat_interval": 41_250 } }),
    )
    .await;
    Ok(socket)
}

/// Says READY once the client has identified or asked to resume.
async fn welcome(socket: &mut Socket, resume_at: &str) {
    let _ = socket.next().await;
    ready(socket, resume_at).await;
}

async fn ready(socket: &mut Socket, resume_at: &str) {
    let data = json!({ "session_id": "s", "resume_gateway_url": resume_at, "guilds": [] });
    say(socket, &json!({ "op": 0, "t": "READY", "s": 1, "d": data })).await;
}

/// A message in channel 5.
async fn tell(socket: &mut Socket, sequence: u64, content: &str) {
    let data = json!({ "channel_id": "5", "content": content });
    let event = json!({ "op": 0, "t": "MESSAGE_CREATE", "s": sequence, "d": data });
    say(socket, &event).await;
}

async fn answer_heartbeats(mut socket: Socket) {
    while let Some(Ok(_)) = socket.next().await {
        say(&mut socket, &json!({ "op": 11 })).await;
    }
}

/// An error is a client that went away first.
async fn serve(stream: TcpStream, manner: Manner, own: &str) -> Result<(), tungstenite::Error> {
    // Nagle's algorithm would wait for an acknowledgement in real time, while the clock runs away.
    stream.set_nodelay(true)?;
    match manner {
        Manner::HangsUp => {}
        Manner::NeverUpgrades => sleep(Duration::from_hours(48)).await,
        Manner::NeverGreets => {
            let socket = accept_async(stream).await?;
            answer_heartbeats(socket).await;
        }
        Manner::NeverReady => answer_heartbeats(greet(stream).await?).await,
        Manner::GreetsAndHangsUp => drop(greet(stream).await?),
        Manner::Closes => {
            let mut socket = accept_async(stream).await?;
            socket
                .close(Some(CloseFrame {
                    code: 4000.into(),
                    reason: "".into(),
                }))
                .await?;
            let _ = socket.next().await;
        }
        Manner::AlwaysInvalid => {
            let mut socket = greet(stream).await?;
            let _ = socket.next().await;
            say(&mut socket, &json!({ "op": 9, "d": true })).await;
            answer_heartbeats(socket).await;
        }
        Manner::NeverResumes => {
            let mut socket = greet(stream).await?;
            let asked = socket
                .next()
                .await
                .ok_or(tungstenite::Error::ConnectionClosed)??;
            let asked: Value = serde_json::from_str(asked.to_text()?).unwrap();
            if asked["op"] == 6 {
                // Acknowledges the RESUME to the client's Nagle, too.
                say(&mut socket, &json!({ "op": 11 })).await;
                answer_heartbeats(socket).await;
            } else {
                ready(&mut socket, own).await;
            }
        }
        Manner::NamesABadAddress => {
            let mut socket = greet(stream).await?;
            welcome(&mut socket, "ws://gateway.example.org").await;
            answer_heartbeats(socket).await;
        }
        manner => {
            let mut socket = greet(stream).await?;
            welcome(&mut socket, own).await;
            misbehave(socket, manner).await?;
        }
    }
    Ok(())
}

/// What comes after READY.
async fn misbehave(mut socket: Socket, manner: Manner) -> Result<(), tungstenite::Error> {
    match manner {
        Manner::ReadyAndHangsUp => {}
        Manner::AsksToReconnectAndWaits => {
            say(&mut socket, &json!({ "op": 7, "d": null })).await;
            sleep(Duration::from_hours(48)).await;
        }
        Manner::Says(text) => {
            socket.send(Message::text(text)).await?;
            tell(&mut socket, 3, "after it").await;
            answer_heartbeats(socket).await;
        }
        Manner::SaysMuch(bytes) => {
            tell(&mut socket, 2, &"x".repeat(bytes)).await;
            tell(&mut socket, 3, "after it").await;
            answer_heartbeats(socket).await;
        }
        Manner::SaysNoise => {
            // With the end of a message, at which it is decompressed.
            let noise = [&[7; 64], &[0, 0, 0xff, 0xff][..]].concat();
            socket.send(Message::binary(noise)).await?;
            answer_heartbeats(socket).await;
        }
        Manner::Floods(messages) => {
            for number in 0..messages {
                tell(&mut socket, number + 2, &number.to_string()).await;
            }
            answer_heartbeats(socket).await;
        }
        Manner::NeverAcknowledges => {
            for sequence in 2.. {
                sleep(Duration::from_secs(1)).await;
                tell(&mut socket, sequence, "x").await;
            }
        }
        Manner::Babbles => {
            sleep(Duration::from_secs(5)).await;
            let _ = socket.send(Message::text("{\"op\":0,\"t\":")).await;
            answer_heartbeats(socket).await;
        }
        other => unreachable!("{other:?} never says READY"),
    }
    Ok(())
}

/// Runs `story` with a gateway whose peer has one manner only. Connections are counted.
pub(crate) async fn facing(manner: Manner, story: impl AsyncFnOnce(&Hub, &Cell<u32>)) {
    install_tls();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let (hub, gateway) = Gateway::new(
        Settings::new("token".to_owned().into()),
        Directory::at(&url),
    );
    let connections = Cell::new(0);
    let peer = async {
        let mut open = FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    connections.set(connections.get() + 1);
                    // No answer takes no time at all; a paused clock would stand still.
                    open.push(async {
                        sleep(Duration::from_millis(1)).await;
                        let _ = serve(accepted.unwrap().0, manner, &url).await;
                    });
                }
                Some(()) = open.next() => {}
            }
        }
    };
    tokio::select! {
        () = peer => {}
        ended = gateway.run(CancellationToken::new()) => panic!("{manner:?}: {ended:?}"),
        () = story(&hub, &connections) => {}
    }
}

async fn degraded(hub: &Hub) -> Trouble {
    let mut status = hub.status();
    let so = status.wait_for(|status| matches!(status.state, State::Degraded { .. }));
    let status = timeout(Duration::from_hours(1), so)
        .await
        .unwrap()
        .unwrap()
        .clone();
    let State::Degraded { why, .. } = status.state else {
        unreachable!("waited for it")
    };
    why
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_keeps_silent_is_left_at_a_deadline() {
    for (manner, seconds, sign) in [
        (Manner::NeverUpgrades, 10, "cannot be reached"),
        (Manner::NeverGreets, 30, "no READY within 30s"),
        (Manner::NeverReady, 30, "no READY within 30s"),
    ] {
        facing(manner, async |hub, _| {
            let started = Instant::now();
            let trouble = degraded(hub).await;
            assert!(trouble.to_string().contains(sign), "{manner:?}: {trouble}");
            let waited = started.elapsed().as_secs_f64();
            assert!(
                (waited - f64::from(seconds)).abs() < 0.1,
                "{manner:?}: {waited}"
            );
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_drops_every_connection_is_not_stormed() {
    // Waits are drawn; the bound is not for the unluckiest of all draws.
    fastrand::seed(1);
    for manner in [
        Manner::HangsUp,
        Manner::GreetsAndHangsUp,
        Manner::Closes,
        Manner::AlwaysInvalid,
        Manner::ReadyAndHangsUp,
    ] {
        facing(manner, async |_, connections| {
            sleep(Duration::from_mins(10)).await;
            let made = connections.get();
            // A bare shard makes hundreds each second. Before it can be stopped, twilight begins one
            // more after each that was dropped, and up to a dozen when not even the upgrade worked.
            let most = if manner == Manner::HangsUp { 400 } else { 80 };
            assert!((8..most).contains(&made), "{manner:?}: {made}");
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_asks_to_reconnect_and_does_not_let_go_is_left() {
    facing(Manner::AsksToReconnectAndWaits, async |_, connections| {
        sleep(Duration::from_secs(20)).await;
        assert!(connections.get() >= 3, "{}", connections.get());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_cannot_be_resumed_is_given_up_after_three_attempts() {
    facing(Manner::NeverResumes, async |hub, connections| {
        let mut here = hub.subscribe(Id::new(5));
        let first = hear(&mut here, Duration::from_secs(1)).await;
        assert_eq!(first, Some(Heard::Lapse(LapseReason::NewSession)));
        let began = Instant::now();
        let second = hear(&mut here, Duration::from_mins(3)).await;
        assert_eq!(second, Some(Heard::Lapse(LapseReason::NewSession)));
        assert!(
            began.elapsed() >= Duration::from_secs(90),
            "three times 30 s"
        );
        // What twilight begins by itself when a connection is dropped may be one more each time.
        assert!(
            (5..=7).contains(&connections.get()),
            "{}",
            connections.get()
        );
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_address_to_resume_at_that_cannot_be_used_is_never_used() {
    facing(Manner::NamesABadAddress, async |_, connections| {
        sleep(Duration::from_mins(2)).await;
        assert!(connections.get() >= 3, "it goes on at the address it knows");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_a_lapse_and_not_the_end_of_the_connection() {
    facing(Manner::Babbles, async |hub, connections| {
        let mut here = hub.subscribe(Id::new(5));
        let first = hear(&mut here, Duration::from_secs(1)).await;
        assert_eq!(first, Some(Heard::Lapse(LapseReason::NewSession)));
        let heard = hear(&mut here, Duration::from_secs(10)).await;
        assert_eq!(heard, Some(Heard::Lapse(LapseReason::Undecodable)));
        sleep(Duration::from_hours(1)).await;
        assert_eq!(connections.get(), 1);
    })
    .await;
}
