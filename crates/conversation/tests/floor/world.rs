//! One simulated Discord with everything that a conversation needs, and a question.

use std::{collections::HashSet, net::Ipv4Addr, sync::Once, time::Duration};

use cordboard_conversation::{
    AskError, Bot, End, Exchanges, Piece, Profile, Reply, ReplyError, Request, Role, Settings, Turn,
};
use cordboard_discord::Discord;
use cordboard_gateway::Gateway;
use cordboard_lifecycle::{Channels, Clock, Isolation, MarkKey, MemoryRegistry, Quota, lifecycle};
use cordboard_simulator::{Config, ReplyTruth, Script, Simulator};
use futures_util::StreamExt;
use secrecy::SecretString;
use tokio::{net::TcpListener, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use twilight_model::id::Id;

/// The model that the world's bots serve.
pub(crate) const MODEL: &str = "demo";

pub(crate) struct World {
    pub(crate) discord: Simulator,
    pub(crate) exchanges: Exchanges<Discord>,
    channels: Channels,
    _tasks: JoinSet<()>,
}

/// What a reply came to.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) pieces: Vec<String>,
    pub(crate) end: Result<End, ReplyError>,
}

struct SimulatorClock(Simulator);

impl Clock for SimulatorClock {
    fn now_ms(&self) -> u64 {
        self.0.now_ms()
    }
}

/// Runs a test's body in a world with one bot, then checks that every channel is gone.
pub(crate) fn world(script: Script, profile: &Profile, body: impl AsyncFnOnce(&World)) {
    let settings = |bots| Settings {
        bots,
        ..Settings::default()
    };
    world_with(
        Config::default().with_bots([script]),
        profile,
        settings,
        body,
    );
}

/// As [`world`], with any Discord and any settings around the bots.
pub(crate) fn world_with(
    config: Config,
    profile: &Profile,
    settings: impl FnOnce(Vec<Bot>) -> Settings,
    body: impl AsyncFnOnce(&World),
) {
    static TLS: Once = Once::new();
    TLS.call_once(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .expect("nobody else does");
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime can be built");
    runtime.block_on(async {
        let world = World::start(config, profile, settings).await;
        body(&world).await;
        world.channels.settled().await;
        assert_eq!(world.discord.check(), [], "as the simulator saw it");
        assert_eq!(world.channels.counts().live, 0);
    });
}

impl World {
    async fn start(
        config: Config,
        profile: &Profile,
        settings: impl FnOnce(Vec<Bot>) -> Settings,
    ) -> Self {
        let simulator = Simulator::new(config);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("loopback has a free port");
        let mut tasks = JoinSet::new();
        tasks.spawn(simulator.serve(listener, std::future::pending()));

        let me = simulator.introduction();
        let token = SecretString::from(me.token.clone());
        let discord = Discord::new(&cordboard_discord::Settings {
            rest_url: Some(me.rest_url),
            ..cordboard_discord::Settings::new(token.clone())
        });
        let discord = discord.expect("the settings are right");
        let gateway_settings = cordboard_gateway::Settings {
            gateway_url: Some(me.gateway_url),
            ..cordboard_gateway::Settings::new(token)
        };
        let (hub, gateway) = Gateway::new(gateway_settings, discord.clone());
        let (channels, driver) = lifecycle(
            discord.clone(),
            MemoryRegistry::default(),
            MarkKey::new([7; 32]),
            SimulatorClock(simulator.clone()),
            cordboard_lifecycle::Settings {
                guild_id: Id::new(me.guild_id),
                category_ids: Vec::new(),
                isolation: Isolation::Channel,
                quota: Quota::default(),
                bot_id: Id::new(me.user_id),
                name_prefix: "cord".to_owned(),
                delete_after: Some(Duration::from_secs(5)),
                protected: HashSet::from([Id::new(me.default_channel_id)]),
                namespace: "crdbrd".to_owned(),
            },
        );
        tasks.spawn(async move {
            gateway
                .run(CancellationToken::new())
                .await
                .expect("nothing is fatal");
        });
        tasks.spawn(async move {
            driver
                .run(CancellationToken::new())
                .await
                .expect("memory can be kept");
        });
        hub.status()
            .wait_for(cordboard_gateway::Status::is_ready)
            .await
            .expect("the gateway runs");

        let bots = me.bots.into_iter().map(|bot| Bot {
            name: bot.name,
            user_id: Id::new(bot.user_id),
            models: vec![MODEL.to_owned()],
            default_channel_id: Some(Id::new(me.default_channel_id)),
            default_channel_ids: Vec::new(),
            profile: profile.clone(),
        });
        let settings = settings(bots.collect());
        Self {
            exchanges: Exchanges::new(discord, channels.clone(), hub, settings),
            discord: simulator,
            channels,
            _tasks: tasks,
        }
    }

    pub(crate) async fn ask(&self, text: &str) -> Result<Reply, AskError> {
        self.exchanges.ask(question(text)).await
    }

    /// Asks and hears the reply out.
    pub(crate) async fn talk(&self, text: &str) -> Heard {
        Heard::out(self.ask(text).await.expect("it can be asked")).await
    }

    /// The only reply that a bot has written.
    pub(crate) fn truth(&self) -> ReplyTruth {
        let replies = self.discord.replies();
        assert_eq!(replies.len(), 1, "{replies:?}");
        replies[0].clone()
    }

    /// The channel of the conversation that runs.
    pub(crate) fn channel_id(&self) -> u64 {
        let us = self.discord.user_id();
        let channels = self.discord.truth().channels;
        let ours = channels.iter().rfind(|channel| channel.creator_id == us);
        ours.expect("a conversation runs").id
    }
}

// === impl Heard ===

impl Heard {
    pub(crate) async fn out(mut reply: Reply) -> Self {
        let mut pieces = Vec::new();
        while let Some(piece) = reply.next().await {
            match piece {
                Ok(Piece::Text(text)) => pieces.push(text),
                Ok(Piece::End(end)) => {
                    assert!(reply.next().await.is_none(), "nothing follows the end");
                    let given = pieces.concat();
                    assert!(
                        end.conflict || given == end.text,
                        "{given:?} {:?}",
                        end.text
                    );
                    return Self {
                        pieces,
                        end: Ok(end),
                    };
                }
                Err(error) => {
                    assert!(reply.next().await.is_none(), "nothing follows an error");
                    assert_eq!(error.text_given(), !pieces.is_empty());
                    return Self {
                        pieces,
                        end: Err(error),
                    };
                }
            }
        }
        panic!("a reply ends with `End` or with an error");
    }

    pub(crate) fn text(&self) -> &str {
        &self.end.as_ref().expect("it ended well").text
    }
}

pub(crate) fn question(text: &str) -> Request {
    Request {
        id: "chatcmpl-1".to_owned(),
        tenant: String::new(),
        model: MODEL.to_owned(),
        turns: vec![Turn {
            role: Role::User,
            text: text.to_owned(),
            files: Vec::new(),
        }],
        stop: Vec::new(),
        deadline: Instant::now() + Duration::from_mins(10),
    }
}

/// A text that says something different everywhere.
pub(crate) fn long_text(characters: usize) -> String {
    let lines = (1..).map(|number| format!("Line {number} of the text.\n"));
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        if text.chars().count() >= characters {
            break;
        }
    }
    text
}
