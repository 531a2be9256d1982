//! The simulated Discord of one world, and what goes wrong in it.

use std::{net::Ipv4Addr, time::Duration};

use cordboard_simulator::{Config, Fault, Scope, Script, Simulator};
use cordboard_tests::Client;
use fastrand::Rng;
use hyper::Method;
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinSet, time::sleep};

/// Nothing that Discord was asked for comes later than this.
pub(crate) const LATE_MAX: Duration = Duration::from_millis(500);

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
        if dice.bool() {
            // The first look may be the only one for minutes.
            self.simulator.fault(log_refused());
        }
        if dice.u8(..4) == 0 {
            // Then only looks prove that a channel is gone.
            let unheard = Fault::drop_event("CHANNEL_DELETE");
            self.simulator.fault(unheard.always());
        }
        for fault in passing().into_iter().chain([deletion_refused()]) {
            if dice.u8(..3) == 0 {
                self.simulator
                    .fault(fault.nth(dice.u64(1..=3)).times(dice.u64(1..=2)));
            }
        }
    }

    /// Arms all that goes wrong and passes by itself, each at one request in so many, for as long as
    /// anything is asked for.
    pub(crate) fn keep_going_wrong(&self, one_in: f64) {
        self.simulator.clear_faults();
        for fault in passing() {
            self.simulator
                .fault(fault.always().with_probability(1.0 / one_in));
        }
    }

    /// Arms refusals, each at one request in so many. What was refused is not asked for again for
    /// minutes in one life.
    pub(crate) fn keep_refusing(&self, one_in: f64) {
        for fault in [deletion_refused(), log_refused()] {
            self.simulator
                .fault(fault.always().with_probability(1.0 / one_in));
        }
    }

    /// Refuses every deletion until the next life.
    pub(crate) fn refuse_deletions(&self) {
        self.simulator.fault(deletion_refused().always());
    }

    /// Arms what every short life meets.
    pub(crate) fn go_wrong_a_little(&self) {
        self.simulator.clear_faults();
        let creation = Fault::act_then_hang_up(CREATE).nth(2);
        self.simulator.fault(creation);
        self.simulator.fault(Fault::status(DELETE, 503));
    }

    /// Where people talk.
    pub(crate) fn place(&self) -> u64 {
        self.foreign[0]
    }

    /// People talk, now fast and now slowly, for as long as this is waited for.
    pub(crate) async fn people_talk(&self, dice: &mut Rng) {
        loop {
            sleep(Duration::from_millis(dice.u64(0..200))).await;
            self.simulator.say(self.place(), "Who is there?");
        }
    }

    /// What people have said, in that order.
    pub(crate) fn said(&self) -> Vec<u64> {
        let messages = self.simulator.messages(self.place());
        let ids = messages.iter().map(|message| message["id"].as_str());
        let mut said: Vec<u64> = ids
            .map(|id| id.and_then(|id| id.parse().ok()).expect("an id"))
            .collect();
        said.sort_unstable();
        said
    }

    /// What the simulator tells an operator who asks for the truth.
    pub(crate) async fn truth(&self) -> Value {
        let rest_url = self.simulator.introduction().rest_url;
        let address = rest_url.strip_prefix("http://").expect("plain HTTP");
        let operator = Client::new(address.parse().expect("an address"), "");
        let answer = operator.send(Method::GET, "/__sim/truth", "").await;
        let answer = answer.expect("it answers").json().await;
        answer.expect("JSON").1
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

/// What goes wrong and passes by itself.
fn passing() -> [Fault; 16] {
    let wait = Duration::from_millis(30);
    [
        Fault::act_then_hang_up(CREATE),
        Fault::status_after(CREATE, 502),
        Fault::cut_body(CREATE),
        Fault::reset(CREATE),
        Fault::late(CREATE, LATE_MAX * 4 / 5),
        Fault::rate_limited(CREATE, Scope::Shared, wait),
        Fault::status(DELETE, 503),
        Fault::act_then_hang_up(DELETE),
        Fault::hang_up(DELETE),
        Fault::rate_limited(DELETE, Scope::User, wait),
        Fault::hang_up(LOOK),
        Fault::status(LOOK, 500),
        Fault::hang_up(AUDIT_LOG),
        Fault::cut_body(POST),
        Fault::status(POST, 500),
        Fault::drop_event("CHANNEL_CREATE"),
    ]
}

/// The bot may not delete: its channels are parked.
fn deletion_refused() -> Fault {
    Fault::status(DELETE, 403).code(50_013)
}

/// The bot may not read the audit log: nobody asks for it again for minutes.
fn log_refused() -> Fault {
    Fault::status(AUDIT_LOG, 403).code(50_013)
}
