//! In the beginning: one guild, its channels, its people and their roles.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::{
    Onboarding, World,
    channel::Channel,
    crowd::Crowd,
    event,
    guild::Guild,
    member::Member,
    message::Nonces,
    protection::Protection,
    role::{CleanupRules, Role},
    snowflake::{Snowflakes, created_ms},
    user::User,
};
use crate::{
    clock::Clock,
    config::{BotConfig, Config},
};

impl World {
    /// A Discord as the configuration describes it. Bots enter with a managed role of their own.
    pub(crate) fn new(config: &Config, clock: Clock) -> Self {
        let mut world = Self::empty(config, clock);
        let guild = &config.guild;
        let everyone = Role::named(guild.id, "@everyone", guild.everyone_permissions);
        world.guilds.insert(
            guild.id,
            Guild {
                id: guild.id,
                name: guild.name.clone(),
                owner_id: config.human.user_id,
                roles: BTreeMap::from([(guild.id, everyone)]),
                members: BTreeMap::new(),
                crowd: Crowd::new(config),
                audit: VecDeque::new(),
                role_cleanups: Vec::new(),
                special: BTreeMap::new(),
                onboarding: Onboarding::default(),
                outage: None,
                search_indexed: false,
            },
        );
        world.enter(
            guild.id,
            User::person(config.human.user_id, &config.human.name),
            None,
        );
        world.found_roles(config, false);
        for bot in &config.bots {
            world.enter(guild.id, scripted(bot), Some(bot.permissions));
        }
        let proxy = &config.proxy;
        let user = User {
            id: proxy.user_id,
            name: proxy.name.clone(),
            bot: true,
            token: Some(proxy.token.clone()),
            privileged: proxy.privileged_intents,
        };
        world.enter(guild.id, user, Some(proxy.permissions));
        world.found_roles(config, true);
        for (position, room) in guild.channels.iter().enumerate() {
            let position = u64::try_from(position).unwrap_or(0);
            let room = founded(guild.id, config.human.user_id, room, position);
            world.channels.insert(room.id, room);
        }
        world
    }

    fn empty(config: &Config, clock: Clock) -> Self {
        Self {
            clock,
            snowflakes: Snowflakes::default(),
            dice: fastrand::Rng::with_seed(config.seed),
            id_skew_ms: config.id_skew_ms,
            users: BTreeMap::new(),
            bots: Vec::new(),
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            dead: BTreeMap::new(),
            graves: VecDeque::new(),
            messages: HashMap::new(),
            messages_created: 0,
            edits: 0,
            nonces: Nonces::default(),
            webhooks: BTreeMap::new(),
            online: config
                .bots
                .iter()
                .map(|bot| (bot.user_id, bot.online))
                .collect(),
            protection: Protection::default(),
            archive_due_ms: 0,
            cdn: "http://127.0.0.1".to_owned(),
            obfuscate: config.obfuscate_channels,
            channels_max: config.guild.channels_max,
            channels_overshoot: config.guild.channels_overshoot,
            category_channels_max: config.guild.category_channels_max,
            threads_max: config.guild.threads_max,
            refused_words: config.guild.refused_words.clone(),
            cleanup: CleanupRules::of(&config.guild),
            dead_roles: BTreeMap::new(),
            outbox: Vec::new(),
        }
    }

    /// The configuration's roles above the bots' own, or those below them, each on top of all so
    /// far.
    fn found_roles(&mut self, config: &Config, above_bots: bool) {
        let Some(guild) = self.guilds.get_mut(&config.guild.id) else {
            return;
        };
        let wanted = config.guild.roles.iter();
        for role in wanted.filter(|role| role.above_bots == above_bots) {
            let position = u64::try_from(guild.roles.len()).unwrap_or(0);
            let founded = Role {
                position,
                integrated: role.managed,
                ..Role::named(role.id, role.name.clone(), role.permissions)
            };
            guild.roles.insert(role.id, founded);
        }
    }

    /// Makes a new user a member of the guild.
    fn enter(&mut self, guild_id: u64, user: User, permissions: Option<u64>) {
        let joined_ms = created_ms(guild_id)
            .max(created_ms(user.id))
            .min(self.clock.now_ms());
        if permissions.is_some() {
            self.bots.push(user.id);
        }
        let user_id = user.id;
        self.users.insert(user_id, user);
        self.join_guild(guild_id, user_id, permissions, joined_ms);
    }

    /// Makes a user a member of the guild; a bot brings a managed role that grants `permissions`.
    pub(super) fn join_guild(
        &mut self,
        guild_id: u64,
        user_id: u64,
        permissions: Option<u64>,
        joined_ms: u64,
    ) {
        let role_id = self.snowflakes.next(&self.clock);
        let name = self.users.get(&user_id).map(|user| user.name.clone());
        let Some(guild) = self.guilds.get_mut(&guild_id) else {
            return;
        };
        let mut roles = Vec::new();
        if let Some(permissions) = permissions {
            let position = u64::try_from(guild.roles.len()).unwrap_or(0);
            let role = Role {
                position,
                bot_id: Some(user_id),
                ..Role::named(role_id, name.unwrap_or_default(), permissions)
            };
            guild.roles.insert(role_id, role);
            roles.push(role_id);
        }
        let member = Member {
            user_id,
            nick: None,
            roles,
            joined_ms,
            timed_out_until_ms: None,
        };
        guild.members.insert(user_id, member);
    }
}

fn scripted(bot: &BotConfig) -> User {
    User {
        id: bot.user_id,
        name: bot.name.clone(),
        bot: true,
        token: bot.token.clone(),
        privileged: event::PRIVILEGED,
    }
}

fn founded(
    guild_id: u64,
    creator_id: u64,
    room: &crate::config::ChannelConfig,
    position: u64,
) -> Channel {
    Channel {
        id: room.id,
        guild_id,
        kind: room.kind,
        name: room.name.clone(),
        topic: None,
        parent_id: None,
        position,
        nsfw: false,
        rate_limit_per_user: 0,
        default_auto_archive_duration: None,
        default_thread_rate_limit_per_user: None,
        overwrites: Vec::new(),
        last_message_id: None,
        flags: 0,
        creator_id,
        created_ms: created_ms(room.id),
        thread: None,
        death: None,
    }
}
