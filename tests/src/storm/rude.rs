//! Clients that do not keep to what clients do.

use std::{net::SocketAddr, time::Duration};

use fastrand::Rng;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

use crate::MODEL;

/// How a client can misbehave.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Rude {
    /// Asks, and never reads a byte of the answer.
    NeverReads,
    /// Sends its question a piece at a time, with pauses.
    Slow,
    /// Sends half a question, and then nothing ever again.
    HalfOpen,
    /// Sends a question and a lot of nonsense behind it.
    Garbage,
}

/// All of them.
pub(super) const RUDE: [Rude; 4] = [Rude::NeverReads, Rude::Slow, Rude::HalfOpen, Rude::Garbage];

/// The longest pause between two pieces of a slow question: longer than the proxy waits for a head.
const PAUSE_MAX: Duration = Duration::from_secs(20);

/// Pieces of a slow question.
const PIECES: usize = 6;

/// The most nonsense behind a question.
const GARBAGE_MAX: usize = 100_000;

/// Asks, in one of these ways, and keeps the connection for as long as the proxy does. What comes of it
/// is nobody's concern but the proxy's.
pub(super) async fn ask(how: Rude, address: SocketAddr, key: &str, mut dice: Rng) {
    let Ok(mut proxy) = TcpStream::connect(address).await else {
        return;
    };
    let question = question(key);
    let sent = match how {
        Rude::NeverReads => proxy.write_all(&question).await,
        Rude::Slow => send_slowly(&mut proxy, &question, &mut dice).await,
        Rude::HalfOpen => {
            let half = dice.usize(1..question.len());
            proxy.write_all(&question[..half]).await
        }
        Rude::Garbage => {
            let mut all = question;
            let garbage = dice.usize(1..GARBAGE_MAX);
            all.extend((0..garbage).map(|_| dice.u8(..)));
            proxy.write_all(&all).await
        }
    };
    if sent.is_err() {
        return;
    }
    if let Rude::NeverReads | Rude::HalfOpen = how {
        std::future::pending::<()>().await;
    }
    let mut answer = Vec::new();
    // Cut off or not: nothing is expected of what such a client gets.
    drop(proxy.read_to_end(&mut answer).await);
}

async fn send_slowly(
    proxy: &mut TcpStream,
    question: &[u8],
    dice: &mut Rng,
) -> std::io::Result<()> {
    for piece in question.chunks(question.len().div_ceil(PIECES)) {
        proxy.write_all(piece).await?;
        sleep(PAUSE_MAX.mul_f64(dice.f64().powi(2))).await;
    }
    Ok(())
}

/// A request for a completion, as bytes.
fn question(key: &str) -> Vec<u8> {
    let body = json!({
        "model": MODEL,
        "stream": true,
        "messages": [{ "role": "user", "content": "Hello" }],
    });
    let body = body.to_string();
    let length = body.len();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
