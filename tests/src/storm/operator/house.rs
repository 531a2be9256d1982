//! What the operator's guild has more than others have.

use cordboard_simulator::{
    BotConfig, ChannelConfig, HumanAct, RoleConfig, RoleDeletion, Script, Simulator,
};
use fastrand::Rng;

use crate::storm::{others::Others, terrain::Terrain};

/// What the names of leftovers of the old proxy begin with.
pub(super) const PREFIX: &str = "cdp-chat-";

/// What the names of roles begin with that are to go.
pub(super) const TEMPORARY: &str = "temp-";

/// The id of the first role; the others follow.
const ROLE_ID: u64 = 1_400_000_000_000_000_500;

/// Roles that are to go, and can.
const ROLES: usize = 12;

/// The second default channel.
const SECOND_ID: u64 = 1_400_000_000_000_000_002;

/// The channel whose messages are recorded, if any are.
pub(super) const RECORDED: u64 = SECOND_ID;

/// With what the relay is read.
pub(super) const READER_KEY: &str = "sk-relay";

/// Members who never say a word, and of whom some hold roles.
const MEMBERS: usize = 30;

/// How often bots are spoken to: so often that a storm of minutes has some due times.
const SCHEDULES: [&str; 3] = ["* * * * *", "*/2 * * * *", "*/5 * * * *"];

/// What is there, and what of it may go.
#[derive(Debug)]
pub(super) struct House {
    /// When bots are spoken to.
    pub(super) schedule: &'static str,
    /// Where they are: never to be deleted.
    pub(super) default_channels: [u64; 2],
    /// The jobs of keeping them alive.
    pub(super) jobs: [&'static str; 2],
    /// Whether messages are recorded.
    pub(super) records: bool,
    /// Roles that are to go.
    pub(super) roles: Vec<u64>,
    /// Roles that must stay: called otherwise, another bot's, or beyond our reach.
    pub(super) stay_roles: [u64; 3],
    /// What the old proxy has left, and may be adopted.
    pub(super) leftovers: Vec<u64>,
    /// One more of it, which every plan excludes.
    pub(super) excluded: u64,
    /// A person's channel with the same prefix.
    pub(super) persons: u64,
}

// === impl House ===

impl House {
    /// Adds to a terrain what the operator cares for.
    pub(super) fn draw(terrain: &mut Terrain, dice: &mut Rng) -> Self {
        let schedule = SCHEDULES[dice.usize(0..SCHEDULES.len())];
        let first = terrain.discord.guild.channels[0].id;
        let leftovers = dice.usize(4..10);
        furnish_guild(terrain, dice, leftovers + 2);
        let quiet = BotConfig {
            name: "Quiet".to_owned(),
            ..BotConfig::numbered(1, Script::silent())
        };
        terrain.toml = format!(
            "[[bots]]\nname = \"quiet\"\nuser_id = \"{}\"\nmodels = [\"quiet\"]\n\
             default_channel_ids = [\"{SECOND_ID}\"]\n",
            quiet.user_id
        );
        terrain.discord.bots.push(quiet);
        let records = dice.bool();
        if records {
            let relay = format!(
                "[relay]\nchannels = [\"{RECORDED}\"]\n\
                 [[keys]]\nname = \"relay\"\nsecret = \"{READER_KEY}\"\nscopes = [\"relay\"]\n"
            );
            terrain.toml.push_str(&relay);
        }
        for (key, value) in [
            ("BOTS__0__DEFAULT_CHANNEL_IDS", format!("[\"{SECOND_ID}\"]")),
            ("UPKEEP__KEEPALIVE__SCHEDULE", schedule.to_owned()),
            ("UPKEEP__KEEPALIVE__JITTER", "0s".to_owned()),
            ("UPKEEP__KEEPALIVE__ANSWER_TIMEOUT", "20s".to_owned()),
            ("UPKEEP__IN_PROXY", dice.bool().to_string()),
        ] {
            let name = format!("CORDBOARD__{key}");
            terrain.variables.push((name, value));
        }
        Self {
            schedule,
            default_channels: [first, SECOND_ID],
            jobs: ["keepalive/bot", "keepalive/quiet"],
            records,
            roles: (ROLE_ID..).take(ROLES).collect(),
            stay_roles: [0, 1, 2].map(|place| ROLE_ID + ROLES as u64 + place),
            leftovers: vec![0; leftovers],
            excluded: 0,
            persons: 0,
        }
    }

    /// What the old proxy and people have made before the storm.
    pub(super) fn settle_in(&mut self, discord: &Simulator, others: &mut Others) {
        self.leftovers = discord.create_leftovers(PREFIX, self.leftovers.len());
        for channel_id in &self.leftovers {
            others.left(*channel_id);
        }
        let user_id = discord.user_id();
        self.excluded = discord.create_channel_as(user_id, &format!("{PREFIX}lobby"));
        others.created(self.excluded, discord);
        self.persons = discord.create_channel(&format!("{PREFIX}notes"));
    }

    /// People make more roles for a while, and now and then one deletes one by hand.
    pub(super) fn live_in(&mut self, discord: &Simulator, dice: &mut Rng) {
        if dice.u32(0..60) == 0 {
            let role_id = self.roles[dice.usize(0..self.roles.len())];
            // It may be gone already.
            drop(discord.try_act(HumanAct::DeleteRole { role_id }));
        }
        if dice.u32(0..10) > 0 {
            return;
        }
        for _ in 0..dice.usize(1..4) {
            let name = format!("{TEMPORARY}{}", self.roles.len());
            let made = discord.try_act(HumanAct::CreateRole { name });
            self.roles.extend(made.ok().flatten());
        }
    }
}

/// Roles, a second default channel, and room for so many channels more.
fn furnish_guild(terrain: &mut Terrain, dice: &mut Rng, channels: usize) {
    let is_small = terrain.has("with: a small guild");
    let guild = &mut terrain.discord.guild;
    guild.members_extra = MEMBERS;
    let role = |index: usize, name: &str| RoleConfig {
        id: ROLE_ID + index as u64,
        name: format!("{name}{index}"),
        ..RoleConfig::numbered(index)
    };
    guild.roles = (0..ROLES)
        .map(|index| role(index, TEMPORARY).held_by(dice.usize(0..3)))
        .collect();
    // What must stay: another name, somebody else's, or beyond our reach.
    let stay = [
        role(ROLES, "keep-"),
        RoleConfig {
            managed: true,
            ..role(ROLES + 1, TEMPORARY)
        },
        RoleConfig {
            above_bots: true,
            ..role(ROLES + 2, TEMPORARY)
        },
    ];
    guild.roles.extend(stay);
    if dice.bool() {
        guild.role_deletion = RoleDeletion::Scanning;
        guild.role_cleanup_members_per_second = dice.u64(5..100);
        guild.role_deletion_timeout_ms = dice.u64(500..5_000);
    }
    guild.channels.push(ChannelConfig {
        id: SECOND_ID,
        name: "second".to_owned(),
        kind: 0,
    });
    if is_small {
        guild.channels_max += channels + 1;
        let most = guild.channels_max.to_string();
        let name = "CORDBOARD__CHANNELS__GUILD_MAX".to_owned();
        terrain.variables.push((name, most));
    }
}
