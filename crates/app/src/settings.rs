//! From configuration to each part's own settings, and from each part's errors to ours.

use cordboard_discord::{Discord, DiscordError, Identity, Trouble};
use cordboard_gateway::Intents;
use cordboard_lifecycle::LifecycleError;
use cordboard_store::{Location, Store, StoreError};
use tokio::time::Instant;

use crate::{Config, ConfigError, Failed};

/// What marks of this product begin with; other programs that use the crate choose their own.
pub(crate) const NAMESPACE: &str = "crdbrd";

/// What is said in the store's lock of who holds it: a proxy, for good, or somebody else, for an errand.
const PROXY: &str = "cordboard-proxy";
const MAINTENANCE: &str = "cordboard-maintenance";

/// What to look at when Discord will not answer.
pub(crate) const REFUSED_HINT: &str = "check discord.rest_url and discord.token";

/// Says what is allowed and unwise.
pub(crate) fn warn(config: &Config) {
    if config.store == Location::Memory && config.discord.rest_url.is_none() {
        tracing::warn!(
            store.url = %config.store,
            "the store is in memory: if this process is killed, the channels that it leaves stay; set store.url to sqlite:PATH"
        );
    }
    if config.channels.delete_after.is_none() {
        tracing::warn!(
            "channels.delete_after is 0: no channel is deleted after its conversation, and the guild fills up"
        );
    }
}

fn discord(config: &Config) -> cordboard_discord::Settings {
    cordboard_discord::Settings {
        rest_url: config.discord.rest_url.clone(),
        requests_per_second: config.discord.requests_per_second,
        ..cordboard_discord::Settings::new(config.discord.token.clone())
    }
}

/// What sends requests to Discord.
pub(crate) fn connect(config: &Config) -> Result<Discord, Failed> {
    Discord::new(&discord(config)).map_err(discord_failed)
}

/// What conversations need, and the audit log's entries as they are written (`GUILD_MODERATION`).
pub(crate) fn gateway(config: &Config) -> cordboard_gateway::Settings {
    let settings = cordboard_gateway::Settings::new(config.discord.token.clone());
    cordboard_gateway::Settings {
        gateway_url: config.discord.gateway_url.clone(),
        intents: settings.intents | Intents::GUILD_MODERATION,
        leaves_session: true,
        ..settings
    }
}

pub(crate) fn lifecycle(config: &Config, bot: &Identity) -> cordboard_lifecycle::Settings {
    cordboard_lifecycle::Settings {
        guild_id: config.discord.guild_id,
        category_ids: config.channels.category_ids.clone(),
        isolation: config.channels.isolation,
        quota: config.channels.quota,
        bot_id: bot.user_id,
        name_prefix: config.channels.name_prefix.clone(),
        delete_after: config.channels.delete_after,
        protected: config.channels.protected.clone(),
        namespace: NAMESPACE.to_owned(),
    }
}

pub(crate) fn conversation(config: &Config) -> cordboard_conversation::Settings {
    cordboard_conversation::Settings {
        bots: config.bots.clone(),
        conversations_max: config.limits.conversations,
        queue_max: config.limits.queue,
        guild_id: Some(config.discord.guild_id),
        ..cordboard_conversation::Settings::default()
    }
}

pub(crate) fn frontend(config: &Config) -> cordboard_frontend::Settings {
    cordboard_frontend::Settings {
        keys: config.keys.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        body_bytes_max: config.limits.body_bytes,
        request_timeout: config.limits.request_timeout,
        ..cordboard_frontend::Settings::default()
    }
}

/// Opens the record, to hold it for as long as the proxy runs. Another proxy keeps it for good; an errand is
/// waited for, until `deadline`.
pub(crate) async fn open(config: &Config, deadline: Instant) -> Result<Store, Failed> {
    let settings = cordboard_store::Settings {
        program: Some(PROXY),
        ..store(config)
    };
    let mut is_told = false;
    loop {
        // It takes a moment itself to see that it is held.
        let error = match Store::open_with(&config.store, settings).await {
            Err(error) if is_errand(&error) => error,
            opened => return opened.map_err(store_failed),
        };
        if Instant::now() >= deadline {
            return Err(Failed::StoreLent {
                source: error.into(),
            });
        }
        if !is_told {
            tracing::warn!(%error, "the start waits until that is done");
            is_told = true;
        }
    }
}

pub(crate) fn store_failed(error: StoreError) -> Failed {
    match error {
        StoreError::Busy { .. } => Failed::StoreBusy {
            source: error.into(),
        },
        _ => Failed::Store {
            source: error.into(),
        },
    }
}

pub(crate) fn lifecycle_failed(error: LifecycleError) -> Failed {
    Failed::Store {
        source: error.into(),
    }
}

/// Why a question to Discord has no answer.
pub(crate) fn not_answered(error: DiscordError) -> Failed {
    match error {
        DiscordError::NotDone { .. } => Failed::Unreachable {
            source: error.into(),
        },
        error => discord_failed(error),
    }
}

/// Discord refuses the token, as it turned out.
pub(crate) fn token_refused() -> Failed {
    let source = Trouble::TokenRefused.into();
    let hint = REFUSED_HINT.to_owned();
    Failed::Refused { hint, source }
}

fn discord_failed(error: DiscordError) -> Failed {
    match error {
        DiscordError::Settings { .. } => Failed::Config(ConfigError::Unusable {
            problems: vec![error.into()],
        }),
        _ => Failed::Refused {
            hint: REFUSED_HINT.to_owned(),
            source: error.into(),
        },
    }
}

/// Where the daybook is, and how it is opened.
pub(crate) fn daybook(config: &Config) -> (Location, cordboard_store::Settings) {
    (config.store.clone(), store(config))
}

pub(crate) fn store(config: &Config) -> cordboard_store::Settings {
    cordboard_store::Settings {
        allows_network_fs: config.store_allows_network_fs,
        program: None,
    }
}

/// How the store is opened by whoever holds it for an errand, and lets go of it again.
pub(crate) fn errand(config: &Config) -> cordboard_store::Settings {
    cordboard_store::Settings {
        program: Some(MAINTENANCE),
        ..store(config)
    }
}

/// Whether the store is only held for an errand.
pub(crate) fn is_errand(error: &StoreError) -> bool {
    matches!(error, StoreError::Busy { program: Some(program), .. } if program == MAINTENANCE)
}
