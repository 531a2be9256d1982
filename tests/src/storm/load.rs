//! Clients that ask, and of which some leave.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use fastrand::Rng;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::rude::{self, RUDE, Rude};
use crate::{Client, MODEL};

/// No client waits longer than this: the proxy's own bound, and some.
const PATIENCE: Duration = Duration::from_mins(11);

/// One client in so many is rude.
const RUDE_EVERY: usize = 8;

/// The conversations of one storm.
#[derive(Debug, Default)]
pub(super) struct Load {
    clients: JoinSet<()>,
    pub(super) asked: usize,
    /// How often somebody asked in a way that is not done.
    pub(super) rude: BTreeMap<Rude, u64>,
    answered: Arc<AtomicUsize>,
}

// === impl Load ===

impl Load {
    /// One client asks; perhaps it does not stay until the end.
    pub(super) fn ask(&mut self, address: SocketAddr, key: &str, dice: &mut Rng) {
        self.asked += 1;
        if dice.usize(0..RUDE_EVERY) == 0 {
            self.ask_rudely(address, key, dice);
            return;
        }
        let client = Client::new(address, key);
        let stays = match dice.u32(0..3) {
            0 => Duration::from_millis(dice.u64(0..200)),
            1 => Duration::from_millis(dice.u64(0..5_000)),
            _ => PATIENCE,
        };
        let answered = Arc::clone(&self.answered);
        self.clients.spawn(async move {
            let asking = async {
                // Whatever comes of it is an answer to this client; the storm looks at Discord.
                if let Ok(answer) = client.stream(MODEL, "Hello").await {
                    let is_fine = answer.status.is_success();
                    if answer.text().await.is_ok() && is_fine {
                        answered.fetch_add(1, Ordering::Relaxed);
                    }
                }
            };
            drop(timeout(stays, asking).await);
            // The connection is closed with the client, a moment later.
            sleep(Duration::from_millis(1)).await;
        });
    }

    fn ask_rudely(&mut self, address: SocketAddr, key: &str, dice: &mut Rng) {
        let how = RUDE[dice.usize(0..RUDE.len())];
        *self.rude.entry(how).or_default() += 1;
        let (key, dice) = (key.to_owned(), dice.fork());
        self.clients.spawn(async move {
            drop(timeout(PATIENCE, rude::ask(how, address, &key, dice)).await);
        });
    }

    /// How many got an answer to its end.
    pub(super) fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// All who are left leave.
    pub(super) fn abandon(&mut self) {
        self.clients.abort_all();
    }
}
