//! What befalls the process and its store.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use cordboard_app::Proxy;
use cordboard_lifecycle::panic_at;
use cordboard_store::sabotage::stall_until;
use fastrand::Rng;
use hyper::Method;
use tokio::time::{Instant, advance, sleep, timeout};

use super::{
    field::{Field, KEY},
    ledger,
};
use crate::Client;

/// What may befall the process or its store.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Strike {
    Kill,
    Stop,
    Suspend,
    Jump,
    Lose,
    BackUp,
    Restore,
    Hold,
    Release,
    Panic,
    Stall,
    Second,
    Twin,
    Newer,
    Rotate,
}

/// All of them.
pub(super) const STRIKES: [Strike; 15] = [
    Strike::Kill,
    Strike::Stop,
    Strike::Suspend,
    Strike::Jump,
    Strike::Lose,
    Strike::BackUp,
    Strike::Restore,
    Strike::Hold,
    Strike::Release,
    Strike::Panic,
    Strike::Stall,
    Strike::Second,
    Strike::Twin,
    Strike::Newer,
    Strike::Rotate,
];

/// Until what a killed process has put on the wire has arrived.
const ON_THE_WIRE: Duration = Duration::from_millis(10);

/// The furthest that the clock is set ahead or back.
const JUMP_MAX_MS: i64 = 3 * 60 * 60 * 1_000;

/// Within so many kill points a panic strikes, if anything is done at all: a conversation passes some
/// forty.
const PANIC_PASSAGES_MAX: u64 = 200;

/// The exit code of a process whose store is another's.
pub(super) const BUSY: u8 = 73;

/// The exit code of a process whose store fails, or is not for it.
pub(super) const STORE_FAILED: u8 = 74;

/// Which strikes exist in this storm, and what has come of them.
#[derive(Debug, Default)]
pub(super) struct Strikes {
    kinds: Vec<Strike>,
    has_backup: bool,
    /// Whether the operator has held deletions, and they may be held still: a copy of the store that
    /// comes back brings that back too.
    may_be_held: bool,
    /// How often each kind struck.
    pub(super) struck: BTreeMap<Strike, u64>,
}

// === impl Strikes ===

impl Strikes {
    pub(super) fn draw(dice: &mut Rng) -> Self {
        let mut kinds = vec![Strike::Kill, Strike::Kill, Strike::Stop, Strike::Suspend];
        if dice.u32(0..4) == 0 {
            kinds.extend([Strike::Lose, Strike::Restore]);
        }
        let rarer = [
            Strike::Jump,
            Strike::Panic,
            Strike::Stall,
            Strike::Second,
            Strike::Twin,
            Strike::Newer,
            Strike::Rotate,
        ];
        kinds.extend(rarer.into_iter().filter(|_| dice.u32(0..5) == 0));
        if dice.u32(0..6) == 0 {
            kinds.extend([Strike::Hold, Strike::Release]);
        }
        dice.shuffle(&mut kinds);
        kinds.truncate(dice.usize(0..=kinds.len()));
        Self {
            kinds,
            ..Self::default()
        }
    }
}

// === impl Field ===

impl Field {
    /// Something befalls the process or its store.
    pub(super) async fn strike_process(&mut self) {
        let Some(mut strike) = self.dice.choice(self.strikes.kinds.clone()) else {
            return;
        };
        if strike == Strike::Restore && !self.strikes.has_backup {
            strike = Strike::BackUp;
        }
        if strike == Strike::Hold && self.strikes.may_be_held && self.dice.bool() {
            strike = Strike::Release;
        }
        let has_struck = match strike {
            Strike::Kill => self.kill().await,
            Strike::Stop => self.stop().await,
            Strike::Suspend => {
                // The machine sleeps, and everything that was waited for is due at once.
                let was_stalled = self.is_stalled();
                advance(Duration::from_secs(self.dice.u64(1..600))).await;
                if was_stalled {
                    self.stalled_until = Some(Instant::now());
                }
                true
            }
            Strike::Panic => {
                // It strikes when it does: at whatever is done so many steps from now.
                panic_at(Some(self.dice.u64(0..PANIC_PASSAGES_MAX)));
                false
            }
            Strike::Stall => self.stall(),
            Strike::Second => self.start_second().await,
            Strike::Twin => self.start_twin(),
            Strike::Newer => self.start_older().await,
            Strike::Rotate => {
                let _ = self.discord.rotate_token();
                true
            }
            Strike::Jump => {
                // Somebody sets the clock right, or wrong.
                self.clock.jump(self.dice.i64(-JUMP_MAX_MS..=JUMP_MAX_MS));
                true
            }
            Strike::Lose | Strike::BackUp | Strike::Restore => {
                self.kill().await;
                // A store that is taken away under a life fences nobody.
                self.process.kill_former(self.discord.now_ms()).await;
                self.kill_hand().await;
                sleep(ON_THE_WIRE).await;
                self.exchange_store(strike);
                true
            }
            Strike::Hold => self.hold(true).await,
            Strike::Release => self.strikes.may_be_held && self.hold(false).await,
        };
        if has_struck {
            *self.strikes.struck.entry(strike).or_default() += 1;
        }
    }

    async fn kill(&mut self) -> bool {
        if let Some(end) = self.process.kill().await {
            self.ended(&end);
        }
        true
    }

    /// Whether there was a process to stop.
    pub(super) async fn stop(&mut self) -> bool {
        let was_running = self.process.is_running();
        if let Some(end) = self.process.stop().await {
            self.ended(&end);
        }
        was_running
    }

    /// The disk does not answer for up to a minute, longer than the store waits for it.
    fn stall(&mut self) -> bool {
        if !self.works_at_once {
            return false;
        }
        let until = Instant::now() + Duration::from_secs(self.dice.u64(1..60));
        stall_until(Some(until));
        self.stalled_until = Some(until);
        true
    }

    /// Somebody starts a second process over the store of one that runs.
    async fn start_second(&mut self) -> bool {
        if self.process.address().is_none() || !self.process.is_alive() {
            return false;
        }
        let second = self.start_in_vain().await;
        if second != Some(BUSY) {
            let wrong = format!("C24: a second process came to {second:?} and not to {BUSY}");
            self.wrong.push(wrong);
        }
        true
    }

    /// Somebody removes the lock, and starts a second process.
    fn start_twin(&mut self) -> bool {
        let lock = self.store().with_file_name("cordboard.db.lock");
        let is_ready = self.process.address().is_some() && self.process.is_alive();
        is_ready && fs::remove_file(lock).is_ok() && self.process.is_followed(self.discord.now_ms())
    }

    /// Somebody starts an older binary over the store of a newer one, and puts it right.
    async fn start_older(&mut self) -> bool {
        self.kill().await;
        self.process.kill_former(self.discord.now_ms()).await;
        self.kill_hand().await;
        if self.is_stalled() || !ledger::is_there(&self.store()) {
            return false;
        }
        ledger::raise_version(&self.store(), 1);
        let older = self.start_in_vain().await;
        ledger::raise_version(&self.store(), -1);
        if older != Some(STORE_FAILED) {
            let wrong = format!("C24: over a newer store it came to {older:?}, not {STORE_FAILED}");
            self.wrong.push(wrong);
        }
        true
    }

    /// The exit code of a process that is not to come up.
    async fn start_in_vain(&self) -> Option<u8> {
        // This one is not to panic.
        panic_at(None);
        let started = Proxy::start(self.config(), self.clock.wall_clock()).await;
        started.err().map(|failed| failed.exit_code())
    }

    /// An operator stops all deletions, or lets them go on. Whether the proxy has said that it will.
    async fn hold(&mut self, is_held: bool) -> bool {
        let Some(address) = self.process.address() else {
            return false;
        };
        let body = format!("{{\"enabled\": {}}}", !is_held);
        let client = Client::new(address, KEY);
        let said = client.send(Method::POST, "/admin/v1/deletions", body);
        // A proxy that is killed, or is about to end, says nothing.
        let said = timeout(Duration::from_secs(10), said).await;
        // Without an answer it may have done it all the same.
        self.strikes.may_be_held |= is_held;
        said.is_ok_and(|said| said.is_ok_and(|said| said.status == 200))
    }

    /// Whatever was held is released, as soon as there is somebody to be told.
    pub(super) async fn release(&mut self) {
        if self.strikes.may_be_held && self.hold(false).await {
            self.strikes.may_be_held = false;
        }
    }

    /// The store is lost, or copied, or its copy comes back, older than it was.
    fn exchange_store(&mut self, strike: Strike) {
        let (store, copy) = (self.store(), self.store().with_file_name("backup.db"));
        if strike == Strike::BackUp {
            copy_store(&store, &copy);
            self.strikes.has_backup = true;
            return;
        }
        remove_store(&store);
        if strike == Strike::Restore {
            copy_store(&copy, &store);
        }
        self.lookout.record_was_replaced();
        self.record_since_ms = self.discord.now_ms();
    }
}

fn remove_store(store: &Path) {
    for ending in ["db", "db-wal", "db-shm"] {
        // Not there before the first start, or after a tidy end.
        drop(fs::remove_file(store.with_extension(ending)));
    }
}

fn copy_store(from: &Path, to: &Path) {
    for ending in ["db", "db-wal"] {
        // No log beside the database after a tidy end.
        drop(fs::copy(
            from.with_extension(ending),
            to.with_extension(ending),
        ));
    }
}
