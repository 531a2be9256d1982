//! Conversations with a proxy that may die in any of them.

use std::{net::SocketAddr, time::Duration};

use cordboard_tests::Client;
use fastrand::Rng;
use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

use crate::world::{KEY, MODEL};

/// Conversations of one life.
const CONVERSATIONS: usize = 6;

/// How a client takes part.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// Reads the whole answer.
    Whole,
    /// Reads a stream to its end.
    Stream,
    /// Leaves before anything has come.
    LeaveAtOnce(Duration),
    /// Leaves after the first event.
    LeaveInTheMiddle,
}

/// Talks with the proxy in all the ways clients do, some at the same time and some after each other.
/// Errors are expected: the proxy may be dead, and Discord is at its worst.
pub(crate) async fn talk(address: SocketAddr, dice: &mut Rng) {
    let client = Client::new(address, KEY);
    let conversations = (0..CONVERSATIONS).map(|_| {
        let start = Duration::from_millis(dice.u64(0..150));
        let manner = match dice.u8(0..4) {
            0 => Manner::Whole,
            1 => Manner::Stream,
            2 => Manner::LeaveAtOnce(Duration::from_millis(dice.u64(1..60))),
            _ => Manner::LeaveInTheMiddle,
        };
        let client = &client;
        async move {
            sleep(start).await;
            converse_for_a_while(client, manner).await;
        }
    });
    join_all(conversations).await;
}

/// One conversation to its end, and one that is left.
pub(crate) async fn talk_briefly(address: SocketAddr) {
    let client = Client::new(address, KEY);
    converse_for_a_while(&client, Manner::Whole).await;
    converse_for_a_while(&client, Manner::LeaveInTheMiddle).await;
}

/// One conversation, which its client leaves when its patience is over, wherever it stands then.
/// Whether it was left.
pub(crate) async fn take_part(
    address: SocketAddr,
    patience: Option<Duration>,
    dice: &mut Rng,
) -> bool {
    let client = Client::new(address, KEY);
    let manner = if dice.bool() {
        Manner::Whole
    } else {
        Manner::Stream
    };
    let conversation = converse_for_a_while(&client, manner);
    let Some(patience) = patience else {
        conversation.await;
        return false;
    };
    timeout(patience, conversation).await.is_err()
}

/// A lost creation is waited for in case the audit log names it, and no longer.
async fn converse_for_a_while(client: &Client, manner: Manner) {
    drop(timeout(Duration::from_secs(8), converse(client, manner)).await);
}

async fn converse(client: &Client, manner: Manner) -> anyhow::Result<()> {
    const QUESTION: &str = "Which fruit has the most seeds?";
    match manner {
        Manner::Whole => drop(client.ask(MODEL, QUESTION).await?),
        Manner::Stream => drop(client.stream(MODEL, QUESTION).await?.transcript().await?),
        Manner::LeaveAtOnce(after) => {
            drop(timeout(after, client.ask(MODEL, QUESTION)).await);
        }
        Manner::LeaveInTheMiddle => {
            let mut answer = client.stream(MODEL, QUESTION).await?;
            drop(answer.event().await?);
        }
    }
    Ok(())
}
