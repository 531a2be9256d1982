//! A simulator and a `Discord` that talks to it.

use std::time::Duration;

use cordboard_conversation::Post;
use cordboard_discord::{Discord, Settings};
use cordboard_lifecycle::{Place, Plan};
use cordboard_simulator::{Config, Simulator, Violation};
use tokio::net::TcpListener;
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

use crate::mark::mark;

pub(crate) const CREATE: &str = "POST /guilds/{guild_id}/channels";
pub(crate) const POST: &str = "POST /channels/{channel_id}/messages";
pub(crate) const LOOK: &str = "GET /channels/{channel_id}";

pub(crate) struct World {
    pub(crate) simulator: Simulator,
    pub(crate) discord: Discord,
}

/// Runs a test beside its simulator, both in this task: virtual time stands still while either
/// works. The simulator's checkers have the last word.
pub(crate) async fn simulated(config: Config, test: impl AsyncFnOnce(&World)) {
    let simulator = Simulator::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let server = simulator.serve(listener, std::future::pending());
    let mut settings = Settings::new(simulator.token().into());
    settings.rest_url = Some(simulator.rest_url());
    let discord = Discord::new(&settings).expect("settings that are good");
    let world = World { simulator, discord };
    tokio::select! {
        () = server => unreachable!("nobody stops it"),
        () = test(&world) => {}
    }
    // What becomes of channels is the lifecycle's promise; the sender's are the doors and the words.
    let mut violations = world.simulator.check();
    violations.retain(|violation| {
        !matches!(
            violation,
            Violation::Leak { .. } | Violation::GoneChannel { .. }
        )
    });
    assert!(violations.is_empty(), "{violations:#?}");
}

impl World {
    pub(crate) fn guild_id(&self) -> Id<GuildMarker> {
        Id::new(self.simulator.guild_id())
    }

    pub(crate) fn channel_id(&self) -> Id<ChannelMarker> {
        Id::new(self.simulator.default_channel_id())
    }

    pub(crate) fn plan(&self, timeout: Duration) -> Plan {
        Plan {
            guild_id: self.guild_id(),
            place: Place::Guild,
            name: "cord-test".into(),
            mark: mark(),
            bot_id: Id::new(self.simulator.user_id()),
            timeout,
        }
    }

    pub(crate) fn received(&self, route: &str) -> usize {
        self.simulator.requests(Some(route)).len()
    }

    /// Channels of ours that exist, whatever we were told.
    pub(crate) fn created(&self) -> usize {
        let own = self.simulator.user_id();
        self.simulator
            .truth()
            .channels
            .iter()
            .filter(|channel| channel.creator_id == own)
            .count()
    }
}

pub(crate) fn post(content: &str, nonce: &str, timeout: Duration) -> Post {
    Post {
        content: content.into(),
        files: Vec::new(),
        mention: None,
        nonce: nonce.into(),
        timeout,
    }
}
