//! Somebody who cares for the guild meanwhile, with the maintenance binary: commands by hand, one at a
//! time, and `serve` beside them. Each is a process of its own, killed between two instructions and given
//! again.

mod checks;
mod daybook;
mod errand;
mod finale;
mod house;
mod known;
mod life;
mod looks;
mod messages;
mod stay;
mod tally;
mod verdict;
mod words;

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use cordboard_app::{
    Watchdog,
    maintenance::{CommandError, Maintenance, Served, serve},
};
use cordboard_simulator::Fault;
use fastrand::Rng;
use parking_lot::Mutex;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep},
};

use self::{
    errand::{Agreed, BY_HAND, Command, Errand},
    house::House,
    life::{End, Life, Running, judge, panics_of, until_killed},
};
pub(super) use self::{tally::kinds, words::Said};
use super::{
    Safeguard,
    field::{Field, KEY},
    ledger,
    terrain::Terrain,
    weather,
};
use crate::world::configuration;

/// One seed in so many has an operator. Not those that are run twice, nor those in which the store works
/// with its own thread, nor those that found something before there was one.
const EVERY: u64 = 5;

/// The dice of a storm and of its operator must not fall alike.
const DICE: u64 = 0x6f70_6572_6174_6f72;

/// Routes that only maintenance asks, or that it asks most.
const ROUTES: [&str; 10] = [
    "DELETE /guilds/{guild_id}/roles/{role_id}",
    "DELETE /guilds/{guild_id}/roles/{role_id}",
    "DELETE /guilds/{guild_id}/roles/{role_id}",
    "GET /guilds/{guild_id}/roles",
    "GET /channels/{channel_id}/messages",
    weather::POST,
    weather::LOOK,
    weather::LIST,
    weather::LOG,
    weather::GUILD,
];

/// A command that is killed dies before it has been polled so often.
const POLLS_MAX: u64 = 512;

/// No daemon takes longer to stop.
const STOPS_WITHIN: Duration = Duration::from_mins(1);

/// Somebody who cares for the guild meanwhile.
#[derive(Debug)]
pub(super) struct Operator {
    dice: Rng,
    house: House,
    agreed: Arc<Mutex<Agreed>>,
    hand: Option<Running>,
    daemons: [Option<Running>; 2],
    /// All processes that there have been.
    lives: Vec<Life>,
    /// The token in the file that daemons follow.
    token: String,
    /// The longest wait that Discord told because of the operator's own faults.
    pub(super) told_max: Duration,
    /// How often each command ended how.
    acted: BTreeMap<(Command, End), u64>,
    quiet: checks::Quiet,
}

/// Whether a storm has one. None has that takes away a safeguard of the lifecycle: those found it before.
pub(super) fn is_there(seed: u64, safeguard: Option<Safeguard>) -> bool {
    let is_welcome = matches!(safeguard, None | Some(Safeguard::Upkeep(_)));
    is_welcome && seed % EVERY == 3
}

// === impl Operator ===

impl Operator {
    /// Somebody for this terrain, to which they add what they care for.
    pub(super) fn draw(seed: u64, terrain: &mut Terrain) -> Self {
        let mut dice = Rng::with_seed(seed ^ DICE);
        Self {
            house: House::draw(terrain, &mut dice),
            dice,
            agreed: Arc::default(),
            hand: None,
            daemons: [None, None],
            lives: Vec::new(),
            token: String::new(),
            told_max: Duration::ZERO,
            acted: BTreeMap::new(),
            quiet: checks::Quiet::default(),
        }
    }

    /// What there was before the storm.
    pub(super) fn settle_in(&mut self, field: &mut Field) {
        let discord = field.discord.clone();
        self.house.settle_in(&discord, &mut field.others);
    }

    /// Looks what has come of their commands, and does something, perhaps.
    async fn step(&mut self, field: &mut Field) {
        self.look(field).await;
        if self.hand.is_some() {
            if self.dice.u32(0..8) == 0 {
                self.kill_hand(field).await;
            }
        } else if self.dice.u32(0..3) == 0 {
            let command = if self.dice.u32(0..4) == 0 {
                Command::RemoveRoles
            } else if !field.process.is_running() && self.dice.u32(0..4) == 0 {
                // It is refused while anybody holds the store, which is most of the time.
                Command::Migrate
            } else if self.dice.bool() && words::owes(field) {
                Command::Forget
            } else {
                BY_HAND[self.dice.usize(0..BY_HAND.len())]
            };
            // As often within the first two polls as within the last half of them: most of what matters
            // is begun early.
            let dies = self.dice.u32(0..5) < 3;
            let within = POLLS_MAX >> self.dice.u32(0..POLLS_MAX.ilog2());
            let polls = dies.then(|| self.dice.u64(0..within));
            self.give(command, polls, field);
        }
        for place in 0..self.daemons.len() {
            if self.daemons[place].is_none() {
                if self.dice.usize(0..2 + 4 * place) == 0 {
                    self.serve(place, field);
                }
            } else if self.dice.u32(0..12) == 0 {
                let is_told = self.dice.u32(0..3) == 0;
                self.end_daemon(place, is_told, field).await;
            }
        }
        if self.dice.u32(0..4) == 0 {
            let route = ROUTES[self.dice.usize(0..ROUTES.len())];
            let (target, kind) = weather::rest(&mut self.dice, route);
            self.told_max = self.told_max.max(weather::told(kind));
            let times = self.dice.u64(1..4);
            field.discord.fault(Fault::new(target, kind).times(times));
        }
        self.house.live_in(&field.discord, &mut self.dice);
    }

    /// What has come of commands, and whether all of it is right.
    async fn look(&mut self, field: &mut Field) {
        self.write_config(field);
        if let Some(hand) = self.hand.take_if(|hand| hand.task.is_finished()) {
            self.has_ended(hand, field).await;
        }
        self.look_at_daemons(field).await;
        self.watch(field);
    }

    async fn look_at_daemons(&mut self, field: &mut Field) {
        for place in 0..self.daemons.len() {
            let ended = self.daemons[place].take_if(|daemon| daemon.task.is_finished());
            if let Some(daemon) = ended {
                self.has_ended(daemon, field).await;
            }
        }
    }

    /// Gives a command, which dies when it has been polled so often.
    fn give(&mut self, command: Command, polls: Option<u64>, field: &mut Field) {
        let client = self.begins(command, field);
        let actor = format!("cordboard-maintenance {command:?}");
        let config = field.config_of(&client);
        let made = Maintenance::new(config, field.clock.wall_clock(), actor);
        let errand = Errand {
            maintenance: made.expect("the storm's configuration is right"),
            discord: field.discord.clone(),
            agreed: Arc::clone(&self.agreed),
            said: Arc::clone(&field.said),
            proxy: field.process.address(),
            client: client.clone(),
            excluded: self.house.excluded,
            leftovers: self.house.leftovers.clone(),
            dice: self.dice.fork(),
            all: field.is_healed,
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the harness stands in for a process"
        )]
        let task = tokio::spawn(until_killed(errand.run(command), polls));
        self.hand = Some(Running {
            command,
            client,
            panics: panics_of(field),
            task,
            stop: None,
            is_ready: Arc::default(),
        });
    }

    /// Starts a daemon.
    fn serve(&mut self, place: usize, field: &mut Field) {
        self.write_config(field);
        let client = self.begins(Command::Serve, field);
        let served = Served {
            path: config_file(field),
            environment: field.variables_of(&client),
            clock: field.clock.wall_clock(),
            watchdog: Watchdog::default(),
            hangups: None,
            actor: "cordboard-maintenance serve".to_owned(),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let is_ready = Arc::new(OnceLock::new());
        let ready = Arc::clone(&is_ready);
        let serving = async move {
            let stopped = async move { drop(stopped.await) };
            let served = serve(served, stopped, |_| {
                let _ = ready.set(());
            })
            .await;
            Some(served.map_err(CommandError::from))
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "the harness stands in for a process"
        )]
        let task = tokio::spawn(serving);
        self.daemons[place] = Some(Running {
            command: Command::Serve,
            client,
            panics: panics_of(field),
            task,
            stop: Some(stop),
            is_ready,
        });
    }

    /// A process begins. Discord tells it apart from all others: it knows only what it was told itself.
    fn begins(&mut self, command: Command, field: &mut Field) -> String {
        let client = format!("{command:?}-{}", self.lives.len());
        let from_ms = field.discord.now_ms();
        if command.may_hold_store() {
            field.process.lends_store(from_ms);
        }
        self.lives.push(Life {
            client: client.clone(),
            from_ms,
            had_store: ledger::is_there(&field.store()),
            until_ms: None,
        });
        client
    }

    /// Kills the command that was given by hand, if there is one.
    async fn kill_hand(&mut self, field: &mut Field) {
        if let Some(hand) = self.hand.take() {
            hand.task.abort();
            self.has_ended(hand, field).await;
        }
    }

    /// Kills a daemon, or tells it to stop.
    async fn end_daemon(&mut self, place: usize, is_told: bool, field: &mut Field) {
        let Some(mut daemon) = self.daemons[place].take() else {
            return;
        };
        if is_told {
            daemon.stop = None;
            let begun = Instant::now();
            while !daemon.task.is_finished() && begun.elapsed() < STOPS_WITHIN {
                sleep(Duration::from_millis(100)).await;
            }
            if !daemon.task.is_finished() {
                let stuck = "C29: told to stop, serve goes on";
                field.wrong.push(stuck.to_owned());
            }
        }
        daemon.task.abort();
        self.has_ended(daemon, field).await;
    }

    /// A process has ended, or was aborted: how, and what it said.
    async fn has_ended(&mut self, running: Running, field: &mut Field) -> (End, String) {
        let Running {
            command,
            client,
            panics,
            task,
            ..
        } = running;
        let ended = task.await;
        let now_ms = field.discord.now_ms();
        if command.may_hold_store() {
            field.process.has_store_back(now_ms);
        }
        let mut lives = self.lives.iter_mut();
        let life = lives.find(|life| life.client == client);
        let life = life.expect("each process has one");
        life.until_ms = Some(now_ms);
        let (end, words) = judge(command, life, ended, panics, field);
        *self.acted.entry((command, end)).or_default() += 1;
        (end, words)
    }

    /// The file that daemons follow, with the token as it is.
    fn write_config(&mut self, field: &Field) {
        let token = field.discord.token();
        if self.token != token {
            let (store, more) = (field.store(), &field.terrain.toml);
            let text = configuration(&field.discord, &store, KEY, more);
            fs::write(config_file(field), text).expect("it can be written");
            self.token = token;
        }
    }
}

fn config_file(field: &Field) -> PathBuf {
    field.store().with_file_name("cordboard.toml")
}

// === impl Field ===

impl Field {
    /// The operator does something, if there is one.
    pub(super) async fn operate(&mut self) {
        if let Some(mut operator) = self.operator.take() {
            operator.step(self).await;
            self.operator = Some(operator);
        }
    }

    /// Kills what the operator does by hand: the store is about to be another one.
    pub(super) async fn kill_hand(&mut self) {
        if let Some(mut operator) = self.operator.take() {
            operator.kill_hand(self).await;
            self.operator = Some(operator);
        }
    }

    /// What the operator has begun comes to its end.
    pub(super) async fn bring_to_an_end(&mut self, told_max: Duration) {
        if let Some(mut operator) = self.operator.take() {
            operator.come_to_an_end(told_max, self).await;
            self.operator = Some(operator);
        }
    }
}
