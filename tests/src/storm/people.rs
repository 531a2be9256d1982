//! What people do to the guild meanwhile, and how they put it back.

use std::collections::BTreeMap;

use cordboard_simulator::{ChannelTruth, HumanAct, OutageAnswer, Simulator, SpecialChannel};
use fastrand::Rng;

use super::field::Field;

/// `VIEW_AUDIT_LOG` (Discord: topics/permissions).
const VIEW_AUDIT_LOG: u64 = 1 << 7;

const SPECIALS: [SpecialChannel; 6] = [
    SpecialChannel::Rules,
    SpecialChannel::PublicUpdates,
    SpecialChannel::System,
    SpecialChannel::Afk,
    SpecialChannel::SafetyAlerts,
    SpecialChannel::Widget,
];

/// Which kinds of meddling exist in this storm.
#[derive(Debug)]
pub(super) struct People {
    kinds: Vec<Kind>,
    /// Whether the permission View Audit Log is missing, for as long as nobody gives it back.
    is_log_hidden: bool,
    /// How often each kind of act was done.
    pub(super) acted: BTreeMap<Kind, u64>,
}

/// One kind of meddling.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    Delete,
    Rename,
    Hide,
    Strip,
    Copy,
    Swap,
    Special,
    Onboarding,
    Permission,
    Kick,
    Outage,
    Foreign,
    Move,
    Archive,
    Log,
    OtherProgram,
}

/// All kinds.
pub(super) const KINDS: [Kind; 16] = [
    Kind::Delete,
    Kind::Rename,
    Kind::Hide,
    Kind::Strip,
    Kind::Copy,
    Kind::Swap,
    Kind::Special,
    Kind::Onboarding,
    Kind::Permission,
    Kind::Kick,
    Kind::Outage,
    Kind::Foreign,
    Kind::Move,
    Kind::Archive,
    Kind::Log,
    Kind::OtherProgram,
];

// === impl People ===

impl People {
    pub(super) fn draw(dice: &mut Rng) -> Self {
        let mut kinds = KINDS.to_vec();
        dice.shuffle(&mut kinds);
        kinds.truncate(dice.usize(0..6));
        Self {
            kinds,
            is_log_hidden: false,
            acted: BTreeMap::new(),
        }
    }

    /// A guild whose people do not show the audit log to bots; now and then they do.
    pub(super) fn hide_log(&mut self, discord: &Simulator) {
        self.kinds.retain(|kind| *kind != Kind::Log);
        self.kinds.push(Kind::Log);
        self.is_log_hidden = true;
        let permissions = self.granted(discord);
        let _ = self.perform(discord, Kind::Log, HumanAct::SetPermissions { permissions });
    }

    /// What the bot's role grants unless somebody takes something else away.
    fn granted(&self, discord: &Simulator) -> u64 {
        let hidden = if self.is_log_hidden {
            VIEW_AUDIT_LOG
        } else {
            0
        };
        all(discord) & !hidden
    }

    /// Discord refuses what makes no sense just now, as it refuses people. The id of what was made.
    fn perform(&mut self, discord: &Simulator, kind: Kind, act: HumanAct) -> Option<u64> {
        let made = discord.try_act(act).ok()?;
        *self.acted.entry(kind).or_default() += 1;
        made
    }

    /// Does one thing, if Discord lets them.
    pub(super) fn meddle(&mut self, field: &mut Field) {
        let Some(kind) = field.dice.choice(self.kinds.clone()) else {
            return;
        };
        if kind == Kind::Log {
            self.is_log_hidden = !self.is_log_hidden;
        }
        let discord = field.discord.clone();
        let act = match kind {
            Kind::Foreign => Some(create("somebody-elses", None)),
            Kind::OtherProgram => Some(field.others.create(&mut field.dice)),
            Kind::Permission | Kind::Kick | Kind::Outage | Kind::Log => {
                Some(to_guild(kind, self.granted(&discord), &mut field.dice))
            }
            _ => to_channel(kind, &field.ours(), &discord, &mut field.dice),
        };
        let made = act.and_then(|act| self.perform(&discord, kind, act));
        field.was_kicked |= kind == Kind::Kick;
        if kind == Kind::OtherProgram
            && let Some(channel_id) = made
        {
            field.others.created(channel_id, &discord);
        }
    }
}

/// What somebody does to the guild, in which the bot is granted so much.
fn to_guild(kind: Kind, granted: u64, dice: &mut Rng) -> HumanAct {
    let is_good = dice.bool();
    match kind {
        Kind::Kick if is_good => HumanAct::Invite {
            permissions: Some(granted),
        },
        Kind::Kick => HumanAct::Kick { user_id: None },
        Kind::Outage if is_good => HumanAct::EndOutage,
        Kind::Outage => HumanAct::BeginOutage {
            answer: if dice.bool() {
                OutageAnswer::ServerError
            } else {
                OutageAnswer::Stranger
            },
        },
        Kind::Permission if !is_good => HumanAct::SetPermissions {
            permissions: granted & !(1 << [4, 7, 10, 11][dice.usize(0..4)]),
        },
        _ => HumanAct::SetPermissions {
            permissions: granted,
        },
    }
}

/// What somebody does to one of our channels, if there is one.
fn to_channel(
    kind: Kind,
    ours: &[ChannelTruth],
    discord: &Simulator,
    dice: &mut Rng,
) -> Option<HumanAct> {
    let channel = dice.choice(ours);
    let special = SPECIALS[dice.usize(0..SPECIALS.len())];
    if kind == Kind::Special {
        let channel = channel.filter(|_| dice.bool());
        return Some(HumanAct::SetSpecial {
            special,
            channel_id: channel.map(|channel| channel.id),
        });
    }
    let channel = channel?;
    let channel_id = channel.id;
    Some(match kind {
        Kind::Rename => HumanAct::RenameChannel {
            channel_id,
            name: "renamed".to_owned(),
        },
        Kind::Hide if dice.bool() => HumanAct::HideChannel { channel_id },
        Kind::Hide => HumanAct::ShowChannel { channel_id },
        Kind::Strip => HumanAct::SetTopic {
            channel_id,
            topic: None,
        },
        Kind::Copy => create("a-copy", channel.topic.clone()),
        Kind::Swap => HumanAct::SetTopic {
            channel_id,
            topic: dice.choice(ours)?.topic.clone(),
        },
        Kind::Onboarding => HumanAct::SetOnboarding {
            default_channel_ids: vec![channel_id],
            prompt_channel_ids: Vec::new(),
        },
        Kind::Move => HumanAct::MoveChannel {
            channel_id,
            parent_id: category(discord).filter(|_| dice.bool()),
        },
        Kind::Archive => HumanAct::SetArchived {
            channel_id,
            archived: dice.u32(0..4) > 0,
        },
        _ => HumanAct::DeleteChannel { channel_id },
    })
}

/// Puts back what people can put back, so that nothing stands in the way of a deletion any more.
pub(super) fn put_back(discord: &Simulator) {
    let mut acts = vec![
        HumanAct::EndOutage,
        HumanAct::Invite { permissions: None },
        HumanAct::SetPermissions {
            permissions: all(discord),
        },
        HumanAct::SetOnboarding {
            default_channel_ids: Vec::new(),
            prompt_channel_ids: Vec::new(),
        },
    ];
    acts.extend(SPECIALS.map(|special| HumanAct::SetSpecial {
        special,
        channel_id: None,
    }));
    acts.extend(alive(discord).iter().map(|channel| HumanAct::ShowChannel {
        channel_id: channel.id,
    }));
    for act in acts {
        drop(discord.try_act(act));
    }
}

fn create(name: &str, topic: Option<String>) -> HumanAct {
    HumanAct::CreateChannel {
        name: name.to_owned(),
        kind: 0,
        topic,
        parent_id: None,
    }
}

/// A category of the guild, if it has one.
fn category(discord: &Simulator) -> Option<u64> {
    let mut channels = discord.config().guild.channels.iter();
    Some(channels.find(|channel| channel.kind == 4)?.id)
}

fn all(discord: &Simulator) -> u64 {
    discord.config().proxy.permissions
}

/// The channels of the proxy's bot that are there.
pub(super) fn alive(discord: &Simulator) -> Vec<ChannelTruth> {
    let me = discord.user_id();
    let mut channels = discord.truth().channels;
    channels.retain(|channel| channel.alive && channel.creator_id == me);
    channels
}
