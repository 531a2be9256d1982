//! From what is written to what is meant: every key checked, all problems told at once.

use std::{
    collections::{BTreeMap, HashSet},
    net::SocketAddr,
    time::Duration,
};

use cordboard_conversation::{Bot, Profile};
use cordboard_frontend::{Key, Scope};
use cordboard_lifecycle::{Isolation, Quota};
use cordboard_store::Location;
use secrecy::SecretString;

use super::{
    Channels, Config, Discord, Limits,
    alerts::{AlertPlace, alerts},
    file::{self, File},
    problem::Problem,
    relay::relay,
    secret,
    upkeep::upkeep,
    value::{Count, Snowflake, Span},
};

const LISTEN: &str = "127.0.0.1:7077";
const STORE: &str = "sqlite:cordboard.db";
const NAME_PREFIX: &str = "cord";
const DELETE_AFTER: Duration = Duration::from_secs(5);
const SHUTDOWN_GRACE: Duration = Duration::from_secs(25);
const REQUEST_TIMEOUT: Duration = Duration::from_mins(10);
const CONVERSATIONS: usize = 256;
const QUEUE: usize = 256;
const REQUESTS_PER_SECOND: usize = 50;
const BODY_BYTES: usize = 64 << 20;
/// Longer prefixes would leave no room for the conversation's own part in Discord's 100 characters.
const NAME_PREFIX_MAX: usize = 40;

/// What a check came to.
pub(super) struct Checked {
    /// What can be used. Defaults stand in for the address and the store if they cannot be read.
    pub(super) config: Option<Config>,
    /// All that is wrong.
    pub(super) problems: Vec<Problem>,
}

/// Checks everything and collects every problem, so that an operator needs one round, not ten.
pub(super) fn check(file: File, mut problems: Vec<Problem>) -> Checked {
    let listen = listen(file.listen.as_deref(), &mut problems);
    let store = store(file.store.url.as_deref(), &mut problems);
    let bots = bots(&file.bots, &file.profiles, &mut problems);
    let (keys, admin_key) = keys(file.keys, &bots, &mut problems);
    let category_id = file.discord.category_id;
    let mut channels = channels(&file.channels, category_id, &bots, &mut problems);
    let alerts = alerts(file.alerts, &bots, &mut problems);
    let told_in = alerts.iter().filter_map(|alert| match alert.place {
        AlertPlace::Channel(id) => Some(id),
        AlertPlace::Webhook { .. } => None,
    });
    channels.protected.extend(told_in);
    let relay = relay(&file.relay, &mut problems);
    let upkeep = upkeep(&file.upkeep, &file.bots, &bots, &mut problems);
    let discord = discord(file.discord, &mut problems);
    let limits = Limits {
        conversations: file.limits.conversations.map_or(CONVERSATIONS, count),
        queue: file.limits.queue.map_or(QUEUE, count),
        request_timeout: file.limits.request_timeout.map_or(REQUEST_TIMEOUT, span),
        body_bytes: file.limits.body_bytes.map_or(BODY_BYTES, count),
    };
    if limits.request_timeout.is_zero() {
        problems.push(Problem::new(
            "limits.request_timeout",
            "is 0, so that no request could be answered",
            "write for example \"10m\"",
        ));
    }
    let config = discord.map(|discord| Config {
        listen: listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0))),
        discord,
        store: store.unwrap_or(Location::Memory),
        store_free_min_bytes: file.store.free_min_bytes.map(|bytes| bytes.0 as u64),
        store_allows_network_fs: file.store.allow_network_fs,
        channels,
        relay,
        limits,
        upkeep,
        shutdown_grace: file.shutdown.grace.map_or(SHUTDOWN_GRACE, span),
        bots,
        keys,
        admin_key,
        alerts,
        origin: None,
        #[cfg(feature = "sabotage")]
        sabotage: None,
    });
    Checked { config, problems }
}

fn span(span: Span) -> Duration {
    span.0
}

fn count(count: Count) -> usize {
    count.0
}

fn listen(text: Option<&str>, problems: &mut Vec<Problem>) -> Option<SocketAddr> {
    let text = text.unwrap_or(LISTEN);
    let address = text.parse().ok();
    if address.is_none() {
        problems.push(Problem::new(
            "listen",
            format!("{text:?} is not an address with a port"),
            "write for example \"127.0.0.1:7077\"",
        ));
    }
    address
}

fn store(url: Option<&str>, problems: &mut Vec<Problem>) -> Option<Location> {
    match Location::parse(url.unwrap_or(STORE)) {
        Ok(location) => Some(location),
        Err(error) => {
            problems.push(Problem::new(
                "store.url",
                error.to_string(),
                "write sqlite:PATH, such as \"sqlite:/var/lib/cordboard/cordboard.db\"",
            ));
            None
        }
    }
}

fn discord(file: file::Discord, problems: &mut Vec<Problem>) -> Option<Discord> {
    let token = secret::take(
        "discord.token",
        file.token,
        file.token_file.as_deref(),
        problems,
    );
    if file.guild_id.is_none() {
        problems.push(Problem::new(
            "discord.guild_id",
            "is missing",
            "set it to the id of the guild to work in (developer mode, right click, Copy ID)",
        ));
    }
    let per_second = file.requests_per_second.map_or(REQUESTS_PER_SECOND, count);
    let requests_per_second = u16::try_from(per_second).unwrap_or(u16::MAX);
    // By those who will use them, so that no start refuses what was called right.
    let rest = cordboard_discord::Settings {
        rest_url: file.rest_url,
        requests_per_second,
        // One that is missing is told above.
        ..cordboard_discord::Settings::new(token.clone().unwrap_or_else(|| "-".into()))
    };
    problems.extend(rest.problems().into_iter().map(Problem::from));
    let gateway = cordboard_gateway::Settings {
        gateway_url: file.gateway_url,
        ..cordboard_gateway::Settings::new(rest.token.clone())
    };
    if let Err(error) = gateway.check() {
        let fix = "leave it out, or write wss://, or ws:// to 127.0.0.1";
        problems.push(Problem::new("discord.gateway_url", error.to_string(), fix));
    }
    Some(Discord {
        token: token?,
        requests_per_second,
        guild_id: file.guild_id?.id(),
        rest_url: rest.rest_url,
        gateway_url: gateway.gateway_url,
    })
}

fn channels(
    file: &file::Channels,
    category_id: Option<Snowflake>,
    bots: &[Bot],
    problems: &mut Vec<Problem>,
) -> Channels {
    let name_prefix = file
        .name_prefix
        .clone()
        .unwrap_or_else(|| NAME_PREFIX.to_owned());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name_prefix.is_empty()
        || name_prefix.len() > NAME_PREFIX_MAX
        || !name_prefix.chars().all(plain)
    {
        problems.push(Problem::new(
            "channels.name_prefix",
            format!("{name_prefix:?} is not a name that Discord would keep as it is"),
            format!("use 1 to {NAME_PREFIX_MAX} of a-z, 0-9 and -"),
        ));
    }
    let defaults = bots.iter().flat_map(Bot::default_channels);
    let mut category_ids: Vec<_> = category_id.iter().chain(&file.category_ids).collect();
    let mut named = HashSet::new();
    // Named twice, a full one would be offered again.
    category_ids.retain(|id| named.insert(**id));
    Channels {
        delete_after: file.delete_after.map_or(Some(DELETE_AFTER), |stay| stay.0),
        protected: file
            .protected
            .iter()
            .map(|id| id.id())
            .chain(defaults)
            .collect(),
        name_prefix,
        key_file: file.key_file.clone(),
        accept_new_key: file.accept_new_key,
        degraded_ownership: file.degraded_ownership,
        category_ids: category_ids.into_iter().map(|id| id.id()).collect(),
        isolation: isolation(file, problems),
        quota: quota(file, problems),
    }
}

fn isolation(file: &file::Channels, problems: &mut Vec<Problem>) -> Isolation {
    let parent_id = file.thread_parent_id.map(Snowflake::id);
    match (file.isolation, parent_id) {
        (None | Some(file::Isolation::Channel), None) => Isolation::Channel,
        (Some(file::Isolation::Thread), Some(parent_id)) => Isolation::Thread(parent_id),
        (Some(file::Isolation::ChannelThenThread), Some(parent_id)) => {
            Isolation::ChannelThenThread(parent_id)
        }
        (_, None) => {
            problems.push(Problem::new(
                "channels.thread_parent_id",
                "is missing, and channels.isolation asks for threads",
                "set it to the id of a text channel that the bots can see",
            ));
            Isolation::Channel
        }
        (_, Some(_)) => {
            problems.push(Problem::new(
                "channels.thread_parent_id",
                "is set, and channels.isolation asks for no threads",
                "set channels.isolation to \"thread\" or \"channel-then-thread\", or leave it out",
            ));
            Isolation::Channel
        }
    }
}

fn quota(file: &file::Channels, problems: &mut Vec<Problem>) -> Quota {
    let usual = Quota::default();
    let quota = Quota {
        channels_max: file.guild_max.map_or(usual.channels_max, count),
        reserve: file.reserve.map_or(usual.reserve, count),
        ..usual
    };
    if quota.reserve >= quota.channels_max {
        problems.push(Problem::new(
            "channels.reserve",
            format!(
                "leaves nothing of the {} channels that the guild can hold",
                quota.channels_max
            ),
            "set it below channels.guild_max (500 unless set)",
        ));
    }
    quota
}

fn bots(
    files: &[file::Bot],
    profiles: &BTreeMap<String, Profile>,
    problems: &mut Vec<Problem>,
) -> Vec<Bot> {
    if files.is_empty() {
        problems.push(Problem::new(
            "bots",
            "is empty, so that nobody could answer",
            "add [[bots]] with name, user_id and models",
        ));
    }
    let mut bots: Vec<Bot> = Vec::with_capacity(files.len());
    for (index, file) in files.iter().enumerate() {
        let key = |field: &str| format!("bots[{index}].{field}");
        let name = file.profile.as_deref().unwrap_or("default");
        let profile = profiles.get(name).cloned().or_else(|| Profile::named(name));
        if profile.is_none() {
            problems.push(Problem::new(
                key("profile"),
                format!("there is no profile {name:?}"),
                format!(
                    "add [profiles.{name}], or use one of {}",
                    Profile::NAMES.join(", ")
                ),
            ));
        }
        if file.models.iter().all(|model| model.trim().is_empty()) {
            problems.push(Problem::new(
                key("models"),
                "names no model",
                "list the model names that clients may ask this bot by",
            ));
        }
        if bots.iter().any(|bot| bot.name == file.name) {
            problems.push(Problem::new(
                key("name"),
                format!("{:?} is taken by another bot", file.name),
                "give each bot a name of its own",
            ));
        }
        bots.push(Bot {
            name: file.name.clone(),
            user_id: file.user_id.id(),
            models: file.models.clone(),
            default_channel_id: file.default_channel_id.map(Snowflake::id),
            default_channel_ids: file.default_channel_ids.iter().map(|id| id.id()).collect(),
            profile: profile.unwrap_or_default(),
        });
    }
    bots
}

/// The keys, and the secret of the first one with the scope `admin`.
fn keys(
    files: Vec<file::Key>,
    bots: &[Bot],
    problems: &mut Vec<Problem>,
) -> (Vec<Key>, Option<SecretString>) {
    if files.is_empty() {
        problems.push(Problem::new(
            "keys",
            "is empty, so that no request could be let in",
            "add [[keys]] with name and secret_file",
        ));
    }
    let mut keys: Vec<Key> = Vec::with_capacity(files.len());
    let mut admin_key = None;
    for (index, file) in files.into_iter().enumerate() {
        let key = |field: &str| format!("keys[{index}].{field}");
        if keys.iter().any(|other| other.name == file.name) {
            problems.push(Problem::new(
                key("name"),
                format!("{:?} is taken by another key", file.name),
                "give each key a name of its own",
            ));
        }
        for model in file.models.iter().flatten() {
            let known = |bot: &Bot| {
                bot.models
                    .iter()
                    .any(|name| name.eq_ignore_ascii_case(model))
            };
            if !bots.iter().any(known) {
                problems.push(Problem::new(
                    key("models"),
                    format!("no bot serves the model {model:?}"),
                    "name models of [[bots]], or leave models out to allow all",
                ));
            }
        }
        let secret = secret::take(
            &key("secret"),
            file.secret,
            file.secret_file.as_deref(),
            problems,
        );
        let Some(secret) = secret else { continue };
        let scopes = file.scopes.map_or_else(
            || vec![Scope::Chat],
            |scopes| scopes.into_iter().map(scope).collect(),
        );
        let new = Key::new(file.name, &secret, file.models, scopes);
        if let Some(other) = keys.iter().find(|other| other.shares_secret(&new)) {
            problems.push(Problem::new(
                key("secret"),
                format!(
                    "{:?} and {:?} have one secret, so that nobody could tell who asks",
                    other.name, new.name
                ),
                "give each key a secret of its own",
            ));
        }
        if admin_key.is_none() && new.opens(Scope::Admin) {
            admin_key = Some(secret);
        }
        keys.push(new);
    }
    (keys, admin_key)
}

fn scope(scope: file::Scope) -> Scope {
    match scope {
        file::Scope::Chat => Scope::Chat,
        file::Scope::Relay => Scope::Relay,
        file::Scope::Admin => Scope::Admin,
    }
}
