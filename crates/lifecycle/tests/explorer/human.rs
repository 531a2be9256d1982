//! What people do to the channel and to our bot's rights, and when.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cordboard_simulator::{ChannelTruth, HumanAct, Simulator, SpecialChannel};

/// `MANAGE_CHANNELS` (topics/permissions#permissions-bitwise-permission-flags).
const MANAGE_CHANNELS: u64 = 1 << 4;

/// `VIEW_AUDIT_LOG`.
const VIEW_AUDIT_LOG: u64 = 1 << 7;

/// What a person does, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Human {
    pub(crate) act: Act,
    pub(crate) point: Point,
}

/// What a person does, and undoes in the end where it says "for a while".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Delete,
    Rename,
    /// For a while.
    Hide,
    StripTopic,
    /// Creates a channel of their own with our topic.
    CopyTopic,
    /// Gives our topic to a channel that was there before.
    GiveTopic,
    /// Makes it a channel that Discord protects, for a while.
    Rules,
    /// Makes it a channel that only we protect, for a while.
    System,
    /// Takes `MANAGE_CHANNELS` from our bot, for a while.
    TakeManage,
    /// Takes `VIEW_AUDIT_LOG` from our bot, for a while.
    TakeAuditLog,
}

/// When a person acts: at the first time that the run gets there and there is a channel of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// Discord has acted on the creation, and its answer is on the way.
    Answering,
    /// The opening has come to something.
    InUse,
    /// The channel was let go of.
    Released,
    /// All checks before the deletion have passed, and it is about to be sent.
    Deleting,
    /// The deletion was answered, and nobody has looked yet.
    Deleted,
    /// The process is dead, and the next one has not begun.
    Down,
}

/// A person at work.
#[derive(Debug)]
pub(crate) struct Person {
    discord: Simulator,
    human: Option<Human>,
    /// Whether the act is done, or may not be done any more.
    has_acted: AtomicBool,
    /// The channel that is hidden; 0 is none.
    hidden: AtomicU64,
    /// A channel that somebody else made.
    foreign: u64,
}

// === impl Act ===

impl Act {
    pub(crate) const ALL: [Self; 10] = [
        Self::Delete,
        Self::Rename,
        Self::Hide,
        Self::StripTopic,
        Self::CopyTopic,
        Self::GiveTopic,
        Self::Rules,
        Self::System,
        Self::TakeManage,
        Self::TakeAuditLog,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Rename => "rename",
            Self::Hide => "hide",
            Self::StripTopic => "strip_topic",
            Self::CopyTopic => "copy_topic",
            Self::GiveTopic => "give_topic",
            Self::Rules => "rules",
            Self::System => "system",
            Self::TakeManage => "take_manage",
            Self::TakeAuditLog => "take_audit_log",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|act| act.name() == name)
            .unwrap_or_else(|| panic!("no act is called {name}"))
    }
}

// === impl Point ===

impl Point {
    pub(crate) const ALL: [Self; 6] = [
        Self::Answering,
        Self::InUse,
        Self::Released,
        Self::Deleting,
        Self::Deleted,
        Self::Down,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Answering => "answering",
            Self::InUse => "in_use",
            Self::Released => "released",
            Self::Deleting => "deleting",
            Self::Deleted => "deleted",
            Self::Down => "down",
        }
    }

    pub(crate) fn named(name: &str) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|point| point.name() == name)
            .unwrap_or_else(|| panic!("no point is called {name}"))
    }
}

// === impl Person ===

impl Person {
    pub(crate) fn new(discord: Simulator, human: Option<Human>) -> Self {
        let foreign = discord.create_channel("somebody-elses");
        Self {
            discord,
            human,
            has_acted: AtomicBool::new(false),
            hidden: AtomicU64::new(0),
            foreign,
        }
    }

    /// The run got to this point.
    pub(crate) fn reached(&self, point: Point) {
        let Some(human) = self.human.filter(|human| human.point == point) else {
            return;
        };
        if self.has_acted.load(Ordering::Relaxed) {
            return;
        }
        let Some(ours) = self.ours() else { return };
        self.has_acted.store(true, Ordering::Relaxed);
        self.act(human.act, &ours);
    }

    /// Whether there is such a channel.
    pub(crate) fn sees(&self, channel_id: u64) -> bool {
        let channels = self.discord.truth().channels;
        let channel = channels.iter().find(|channel| channel.id == channel_id);
        channel.is_some_and(|channel| channel.alive)
    }

    /// Undoes what was for a while, and does nothing any more.
    pub(crate) fn relent(&self) {
        self.has_acted.store(true, Ordering::Relaxed);
        self.permit(0);
        for special in [SpecialChannel::Rules, SpecialChannel::System] {
            let channel_id = None;
            self.perform(HumanAct::SetSpecial {
                special,
                channel_id,
            });
        }
        let channel_id = self.hidden.load(Ordering::Relaxed);
        if self.sees(channel_id) {
            self.perform(HumanAct::ShowChannel { channel_id });
        }
    }

    fn act(&self, act: Act, ours: &ChannelTruth) {
        let channel_id = ours.id;
        let special = |special| HumanAct::SetSpecial {
            special,
            channel_id: Some(channel_id),
        };
        let act = match act {
            Act::Delete => HumanAct::DeleteChannel { channel_id },
            Act::Rename => HumanAct::RenameChannel {
                channel_id,
                name: "renamed".to_owned(),
            },
            Act::Hide => {
                self.hidden.store(channel_id, Ordering::Relaxed);
                HumanAct::HideChannel { channel_id }
            }
            Act::StripTopic => HumanAct::SetTopic {
                channel_id,
                topic: None,
            },
            Act::CopyTopic => HumanAct::CreateChannel {
                name: "a-copy".to_owned(),
                kind: 0,
                topic: ours.topic.clone(),
                parent_id: None,
            },
            Act::GiveTopic => HumanAct::SetTopic {
                channel_id: self.foreign,
                topic: ours.topic.clone(),
            },
            Act::Rules => special(SpecialChannel::Rules),
            Act::System => special(SpecialChannel::System),
            Act::TakeManage => return self.permit(MANAGE_CHANNELS),
            Act::TakeAuditLog => return self.permit(VIEW_AUDIT_LOG),
        };
        self.perform(act);
    }

    /// Our bot may do everything but `denied`.
    fn permit(&self, denied: u64) {
        let permissions = self.discord.config().proxy.permissions & !denied;
        self.perform(HumanAct::SetPermissions { permissions });
    }

    fn perform(&self, act: HumanAct) {
        let shown = format!("{act:?}");
        if let Err(refused) = self.discord.try_act(act) {
            panic!("{shown}: {refused}");
        }
    }

    /// The youngest living channel of our bot.
    fn ours(&self) -> Option<ChannelTruth> {
        let me = self.discord.user_id();
        let channels = self.discord.truth().channels.into_iter();
        channels
            .filter(|channel| channel.creator_id == me && channel.alive)
            .max_by_key(|channel| channel.id)
    }
}
