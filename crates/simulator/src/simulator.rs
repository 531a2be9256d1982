//! The simulator as a test or a program holds it.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    bots::{Bots, ReplyTruth},
    checks::Violation,
    clock::Clock,
    config::{Config, id},
    fault::{Fault, Faults},
    gateway::Sessions,
    limits::Limits,
    record::{Counters, Record, RequestTruth, Truth},
    server,
    shared::Shared,
    world::World,
};

pub(crate) mod act;
pub(crate) mod gateway;
pub(crate) mod human;

/// A Discord in a box. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
}

/// What a client needs to know: the first line that the program prints.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Introduction {
    /// Where REST is, without `/api/v10`.
    pub rest_url: String,
    /// Where the gateway is.
    pub gateway_url: String,
    /// The token of the proxy's own bot.
    pub token: String,
    /// The user id of the proxy's own bot.
    #[serde(with = "id")]
    pub user_id: u64,
    /// The guild.
    #[serde(with = "id")]
    pub guild_id: u64,
    /// Its default channel.
    #[serde(with = "id")]
    pub default_channel_id: u64,
    /// The scripted bots.
    pub bots: Vec<BotIntroduction>,
}

/// One scripted bot.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct BotIntroduction {
    /// Its user id.
    #[serde(with = "id")]
    pub user_id: u64,
    /// Its name.
    pub name: String,
}

impl Simulator {
    /// A Discord in which nothing has happened yet.
    ///
    /// # Panics
    ///
    /// When [`Config::validate`] refuses the configuration.
    #[must_use]
    pub fn new(config: Config) -> Self {
        if let Err(error) = config.validate() {
            panic!("the simulator's configuration cannot be used: {error}");
        }
        let clock = Clock::starting_at(config.start_ms).at_percent(config.clock_percent);
        let shared = Shared {
            clock,
            world: World::new(&config, clock).into(),
            sessions: Sessions::new(&config),
            limits: Limits::new(&config.limits),
            faults: Faults::new(config.seed),
            record: Record::new(&config),
            bots: Bots::new(&config.bots),
            address: OnceLock::new(),
            config,
        };
        // What the world made of itself is nobody's news.
        shared.world.lock().take_dispatches();
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Serves on `listener` until `stop`; then every connection is dropped where it stands.
    ///
    /// The address is known as soon as this returns, before the future is first polled.
    ///
    /// # Panics
    ///
    /// When the listener has no address, or another one than at an earlier call: what was handed
    /// out names the first.
    pub fn serve<F>(
        &self,
        listener: TcpListener,
        stop: F,
    ) -> impl Future<Output = ()> + Send + use<F>
    where
        F: Future<Output = ()> + Send,
    {
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let known = *self.shared.address.get_or_init(|| address);
        assert_eq!(known, address, "one simulator has one address");
        self.shared.world.lock().listen_at(address);
        server::serve(Arc::clone(&self.shared), listener, stop)
    }

    /// How it was set up.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// `http://127.0.0.1:PORT`.
    ///
    /// # Panics
    ///
    /// Before [`Simulator::serve`] was called.
    #[must_use]
    pub fn rest_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Where REST is for a client that shares the proxy's token and is another process: what that one was
    /// told of waits and of channels that are gone, this one does not know. A name is one segment of a path.
    ///
    /// # Panics
    ///
    /// Before [`Simulator::serve`] was called.
    #[must_use]
    pub fn rest_url_of(&self, client: &str) -> String {
        format!("http://{}{}{client}", self.address(), server::CLIENT)
    }

    /// `ws://127.0.0.1:PORT`.
    ///
    /// # Panics
    ///
    /// Before [`Simulator::serve`] was called.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        format!("ws://{}", self.address())
    }

    fn address(&self) -> std::net::SocketAddr {
        *self
            .shared
            .address
            .get()
            .expect("`serve` gives the simulator its address")
    }

    /// The token of the proxy's own bot, without the `Bot ` in front: the latest one, which may have
    /// been revoked.
    #[must_use]
    pub fn token(&self) -> String {
        let world = self.shared.world.lock();
        let token = world.token_of(self.shared.config.proxy.user_id);
        token.unwrap_or_else(|| self.shared.config.proxy.token.clone())
    }

    /// The user id of the proxy's own bot.
    #[must_use]
    pub fn user_id(&self) -> u64 {
        self.shared.config.proxy.user_id
    }

    /// The guild.
    #[must_use]
    pub fn guild_id(&self) -> u64 {
        self.shared.config.guild.id
    }

    /// The guild's default channel.
    ///
    /// # Panics
    ///
    /// Never: a configuration without channels is refused.
    #[must_use]
    pub fn default_channel_id(&self) -> u64 {
        self.shared
            .config
            .guild
            .channels
            .first()
            .expect("checked in `new`")
            .id
    }

    /// The user ids of the scripted bots, in the order of the configuration.
    #[must_use]
    pub fn bot_ids(&self) -> Vec<u64> {
        self.shared
            .config
            .bots
            .iter()
            .map(|bot| bot.user_id)
            .collect()
    }

    /// All that a client needs to know.
    ///
    /// # Panics
    ///
    /// Before [`Simulator::serve`] was called.
    #[must_use]
    pub fn introduction(&self) -> Introduction {
        let bots = self.shared.config.bots.iter();
        Introduction {
            rest_url: self.rest_url(),
            gateway_url: self.gateway_url(),
            token: self.token(),
            user_id: self.user_id(),
            guild_id: self.guild_id(),
            default_channel_id: self.default_channel_id(),
            bots: bots
                .map(|bot| BotIntroduction {
                    user_id: bot.user_id,
                    name: bot.name.clone(),
                })
                .collect(),
        }
    }

    /// What the simulator's clock reads, in milliseconds since 1970.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.shared.clock.now_ms()
    }

    /// What there is and what has been.
    #[must_use]
    pub fn truth(&self) -> Truth {
        truth(&self.shared)
    }

    /// The counters alone, which is cheap.
    #[must_use]
    pub fn counters(&self) -> Counters {
        counters(&self.shared)
    }

    /// A fingerprint of the run so far: every REST request (its path, token, time and answer's
    /// status), every act of a human and every event that a change caused, each with its time.
    /// Two runs of one seed that did the same have the same. What messages say is not in it.
    #[must_use]
    pub fn trace_hash(&self) -> u64 {
        self.shared.record.trace_hash()
    }

    /// The REST requests of a route template, or of all (`None`), as far as they are kept.
    #[must_use]
    pub fn requests(&self, route: Option<&str>) -> Vec<RequestTruth> {
        self.shared
            .record
            .requests(|request| route.is_none_or(|route| request.route == route))
    }

    /// What the scripted bots wrote, as far as it is kept.
    #[must_use]
    pub fn replies(&self) -> Vec<ReplyTruth> {
        self.shared.record.replies()
    }

    /// The messages of a channel, oldest first, as Discord keeps them; also of a dead channel.
    #[must_use]
    pub fn messages(&self, channel_id: u64) -> Vec<Value> {
        self.shared.world.lock().messages_of(channel_id)
    }

    /// A message, as Discord keeps it; `None`: there is none, or none any more.
    #[must_use]
    pub fn message(&self, channel_id: u64, message_id: u64) -> Option<Value> {
        self.shared.world.lock().message(channel_id, message_id)
    }

    /// Everything that the proxy's bot did wrong so far, channels that are still there included.
    /// For the end of a run; see [`Simulator::violations_so_far`].
    #[must_use]
    pub fn check(&self) -> Vec<Violation> {
        self.check_allowing(&[])
    }

    /// As [`Simulator::check`], but these channels may still be there.
    #[must_use]
    pub fn check_allowing(&self, channel_ids: &[u64]) -> Vec<Violation> {
        check(&self.shared, channel_ids)
    }

    /// The rules that the proxy's bot broke so far. A living channel is no leak while the run goes
    /// on, so this looks at nothing but what was noted as it happened: it costs the same after a
    /// million requests, and may be called after each.
    #[must_use]
    pub fn violations_so_far(&self) -> Vec<Violation> {
        self.shared.record.watched(|watch| watch.seen().to_vec())
    }

    /// Nobody may delete this channel from here on, whoever created it; the channels of the
    /// configuration are protected from the start.
    pub fn protect(&self, channel_id: u64) {
        self.shared
            .record
            .watched(|watch| watch.protect(channel_id));
    }

    /// Arms a fault.
    ///
    /// # Panics
    ///
    /// When there is no such route or event: it would never strike. When it delays something by
    /// more than a day.
    pub fn fault(&self, fault: Fault) {
        if let Err(problem) = fault.check() {
            panic!("{problem}");
        }
        self.shared.faults.arm(fault);
    }

    /// Disarms all faults.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }
}

/// What there is and what has been.
pub(crate) fn truth(shared: &Shared) -> Truth {
    let requests = shared.record.role_requests();
    let (channels, roles, messages) = {
        let world = shared.world.lock();
        let roles = world.roles_for_truth(&requests);
        (world.channels_for_truth(), roles, world.message_count())
    };
    let (counters, replies) = (counters(shared), shared.record.replies());
    Truth {
        user_id: shared.config.proxy.user_id,
        channels,
        roles,
        messages,
        counters,
        replies,
    }
}

/// What was counted.
pub(crate) fn counters(shared: &Shared) -> Counters {
    Counters {
        struck: shared.faults.struck(),
        ..shared.record.counters()
    }
}

/// What the checkers say: what was seen as it passed, and the channels of the proxy's bot that are
/// still there, but for the `allowed` ones.
pub(crate) fn check(shared: &Shared, allowed: &[u64]) -> Vec<Violation> {
    let world = shared.world.lock();
    let living = world.living_of(shared.config.proxy.user_id);
    let leaked = living.filter(|(id, _)| !allowed.contains(id));
    let mut found = shared.record.watched(|watch| watch.seen().to_vec());
    found.extend(leaked.map(|(channel_id, name)| Violation::Leak {
        channel_id,
        name: name.to_owned(),
    }));
    found
}
