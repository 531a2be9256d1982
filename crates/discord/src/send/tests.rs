//! What HTTP/2 says about a request that was not answered, on a raw socket: the simulator speaks
//! HTTP/1.

use cordboard_lifecycle::Failure;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use twilight_model::id::Id;

use super::*;
use crate::{
    Discord,
    limiter::{Resource, Share},
};

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

const REFUSED_STREAM: u32 = 7;
const INTERNAL_ERROR: u32 = 2;

/// A frame that the peer sends instead of an answer (RFC 9113, 4.1), made of the request's stream.
type Reply = fn(u32) -> Vec<u8>;

fn frame(kind: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, 0], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

fn go_away(last_stream: u32) -> Vec<u8> {
    frame(
        GOAWAY,
        0,
        &[last_stream.to_be_bytes(), 0_u32.to_be_bytes()].concat(),
    )
}

/// Reads one connection until a request is there, replies and hangs up. Says whether one came.
async fn serve(socket: &mut TcpStream, reply: Reply) -> std::io::Result<()> {
    socket.write_all(&frame(SETTINGS, 0, &[])).await?;
    let mut preface = [0; 24];
    socket.read_exact(&mut preface).await?;
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        socket.read_exact(&mut payload).await?;
        if head[3] == HEADERS {
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            socket.write_all(&reply(stream)).await?;
            return socket.shutdown().await;
        }
    }
}

/// Sends one creation to a peer that always replies so. The verdict, and how many requests it saw.
async fn created(reply: Reply) -> (Failure, u32) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = Settings::new("token".into());
    settings.rest_url = Some(format!("http://{}", listener.local_addr().unwrap()));
    let mut sender = Sender::new(&settings).unwrap();
    sender.transport = Transport::http2();
    let builders = Discord::new(&settings).unwrap().builders;
    let call = Call::new(
        "POST /guilds/{guild_id}/channels",
        Share::Conversation,
        Resource::Guild(Id::new(1)),
        builders.create_guild_channel(Id::new(1), "cord"),
    );
    let call = call.unwrap();
    let mut seen = 0;
    let peer = async {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            if serve(&mut socket, reply).await.is_ok() {
                seen += 1;
            }
        }
    };
    let failed = tokio::select! {
        never = peer => never,
        answer = sender.send(&call, nothing) => answer.unwrap_err(),
    };
    (failed.acting(), seen)
}

#[tokio::test(start_paused = true)]
async fn a_refused_stream_is_not_done_and_is_sent_again() {
    let (failure, seen) =
        created(|stream| frame(RST_STREAM, stream, &REFUSED_STREAM.to_be_bytes())).await;
    assert!(matches!(failure, Failure::NotDone { .. }), "{failure:?}");
    assert_eq!(seen, TRIES_MAX);
}

#[tokio::test(start_paused = true)]
async fn a_request_after_the_last_stream_of_a_goaway_is_not_done_and_is_sent_again() {
    let (failure, seen) = created(|stream| go_away(stream - 1)).await;
    assert!(matches!(failure, Failure::NotDone { .. }), "{failure:?}");
    assert_eq!(seen, TRIES_MAX);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_a_goaway_says_was_taken_is_unknown() {
    let (failure, seen) = created(go_away).await;
    assert!(matches!(failure, Failure::Unknown { .. }), "{failure:?}");
    assert_eq!(seen, 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_reset_for_another_reason_is_unknown() {
    let (failure, seen) =
        created(|stream| frame(RST_STREAM, stream, &INTERNAL_ERROR.to_be_bytes())).await;
    assert!(matches!(failure, Failure::Unknown { .. }), "{failure:?}");
    assert_eq!(seen, 1);
}
