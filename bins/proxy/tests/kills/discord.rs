//! The simulated Discord of one world, and what goes wrong in it.

use std::{net::Ipv4Addr, time::Duration};

use cordboard_simulator::{Config, Fault, Scope, Script, Simulator};
use fastrand::Rng;
use tokio::{net::TcpListener, task::JoinSet};

const CREATE: &str = "POST /guilds/{guild_id}/channels";
const DELETE: &str = "DELETE /channels/{channel_id}";
const LOOK: &str = "GET /channels/{channel_id}";
const POST: &str = "POST /channels/{channel_id}/messages";
const AUDIT_LOG: &str = "GET /guilds/{guild_id}/audit-logs";

/// A Discord that answers on loopback for as long as it is held.
#[derive(Debug)]
pub(crate) struct Discord {
    pub(crate) simulator: Simulator,
    /// Channels of other people, one of which copied a name of ours.
    foreign: Vec<u64>,
    _server: JoinSet<()>,
}

impl Discord {
    pub(crate) async fn start(seed: u64) -> Self {
        let quick = Script {
            delay_ms: 5,
            edits: 3,
            edits_per_second: 50.0,
            buttons: true,
            ..Script::echo()
        };
        let mut config = Config::default().with_bots([quick]).with_seed(seed);
        config.gateway.identify_interval_ms = 0;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("loopback has a free port");
        let simulator = Simulator::new(config);
        let mut server = JoinSet::new();
        server.spawn(simulator.serve(listener, std::future::pending()));
        let foreign = ["general-chat", "cord-demo-0123456789"]
            .map(|name| simulator.create_channel(name))
            .to_vec();
        Self {
            simulator,
            foreign,
            _server: server,
        }
    }

    /// Arms what goes wrong in one life, by the dice. Each fault strikes once or twice.
    pub(crate) fn go_wrong(&self, dice: &mut Rng) {
        self.simulator.clear_faults();
        let wait = Duration::from_millis(30);
        let faults = [
            Fault::act_then_hang_up(CREATE),
            Fault::status_after(CREATE, 502),
            Fault::cut_body(CREATE),
            Fault::reset(CREATE),
            Fault::late(CREATE, Duration::from_millis(400)),
            Fault::rate_limited(CREATE, Scope::Shared, wait),
            Fault::status(DELETE, 503),
            Fault::act_then_hang_up(DELETE),
            Fault::hang_up(DELETE),
            Fault::status(DELETE, 403).code(50_013),
            Fault::rate_limited(DELETE, Scope::User, wait),
            Fault::hang_up(LOOK),
            Fault::status(LOOK, 500),
            Fault::hang_up(AUDIT_LOG),
            Fault::cut_body(POST),
            Fault::status(POST, 500),
            Fault::drop_event("CHANNEL_CREATE"),
        ];
        if dice.bool() {
            // The first look may be the only one for minutes.
            self.simulator
                .fault(Fault::status(AUDIT_LOG, 403).code(50_013));
        }
        if dice.u8(..4) == 0 {
            // Then only looks prove that a channel is gone.
            let unheard = Fault::drop_event("CHANNEL_DELETE");
            self.simulator.fault(unheard.always());
        }
        for fault in faults {
            if dice.u8(..3) == 0 {
                self.simulator
                    .fault(fault.nth(dice.u64(1..=3)).times(dice.u64(1..=2)));
            }
        }
    }

    /// Refuses every deletion until the next life.
    pub(crate) fn refuse_deletions(&self) {
        let refusal = Fault::status(DELETE, 403).code(50_013);
        self.simulator.fault(refusal.always());
    }

    /// Arms what every short life meets.
    pub(crate) fn go_wrong_a_little(&self) {
        self.simulator.clear_faults();
        let creation = Fault::act_then_hang_up(CREATE).nth(2);
        self.simulator.fault(creation);
        self.simulator.fault(Fault::status(DELETE, 503));
    }

    /// How many channels of the proxy's bot are there.
    pub(crate) fn alive(&self) -> usize {
        let me = self.simulator.user_id();
        let channels = self.simulator.truth().channels;
        let alive = channels
            .iter()
            .filter(|channel| channel.creator_id == me && channel.alive);
        alive.count()
    }

    /// How many there ever were.
    pub(crate) fn created(&self) -> usize {
        let me = self.simulator.user_id();
        let channels = self.simulator.truth().channels;
        let created = channels.iter().filter(|channel| channel.creator_id == me);
        created.count()
    }

    /// Channels of other people that are not there any more.
    pub(crate) fn foreign_gone(&self) -> Vec<u64> {
        let channels = self.simulator.truth().channels;
        let gone = channels
            .iter()
            .filter(|channel| self.foreign.contains(&channel.id) && !channel.alive);
        gone.map(|channel| channel.id).collect()
    }
}
