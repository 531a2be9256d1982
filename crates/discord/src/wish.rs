//! What our bot asks for in a channel of its own, and what it asks for after a refusal.

use std::sync::atomic::{AtomicU8, Ordering};

use cordboard_lifecycle::Plan;
use tokio::time::Instant;
use twilight_model::{
    guild::Permissions,
    id::{Id, marker::ChannelMarker},
};

use crate::{Code, Discord, Trouble, verdict::Failed};

/// What our bot needs in a channel of ours, whatever the category denies.
const NEEDED: Permissions = Permissions::VIEW_CHANNEL
    .union(Permissions::SEND_MESSAGES)
    .union(Permissions::READ_MESSAGE_HISTORY)
    .union(Permissions::MANAGE_CHANNELS);

/// What it uses if it may: long prompts go as files.
const WELCOME: Permissions = Permissions::ATTACH_FILES.union(Permissions::EMBED_LINKS);

/// What creations ask for, after what was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// Everything.
    All,
    /// Only what is needed: the rest was refused.
    Needed,
    /// Only what is needed, and that was refused too: whether the rest would be, nobody knows.
    Unsure,
}

impl Wish {
    fn load(wish: &AtomicU8) -> Self {
        match wish.load(Ordering::Relaxed) {
            0 => Self::All,
            1 => Self::Needed,
            _ => Self::Unsure,
        }
    }

    fn store(self, wish: &AtomicU8) {
        wish.store(self as u8, Ordering::Relaxed);
    }

    fn allow(self) -> Permissions {
        match self {
            Self::All => NEEDED | WELCOME,
            Self::Needed | Self::Unsure => NEEDED,
        }
    }
}

impl Discord {
    /// Creates a channel with all that may be asked for in it.
    pub(crate) async fn create_wishing(
        &self,
        plan: &Plan,
        deadline: Instant,
    ) -> Result<Id<ChannelMarker>, Failed> {
        let wish = Wish::load(&self.wish);
        let outcome = self.create_allowing(plan, deadline, wish.allow()).await;
        let lacks = |outcome: &Result<_, Failed>| match outcome {
            Err(failed) => lacks_permission(&failed.trouble),
            Ok(_) => false,
        };
        match wish {
            // Nobody can grant what they lack (resources/guild#create-guild-channel), so one
            // optional permission that is missing would refuse every creation.
            Wish::All if lacks(&outcome) => {
                let outcome = self.create_allowing(plan, deadline, NEEDED).await;
                if outcome.is_ok() {
                    Wish::Needed.store(&self.wish);
                    tracing::warn!("the bot lacks Attach Files or Embed Links; it does without");
                } else if lacks(&outcome) {
                    // More is missing than what is optional. Asking for less again and again would
                    // make two refusals of each.
                    Wish::Unsure.store(&self.wish);
                }
                outcome
            }
            Wish::Unsure if outcome.is_ok() => {
                Wish::All.store(&self.wish);
                outcome
            }
            Wish::All | Wish::Needed | Wish::Unsure => outcome,
        }
    }
}

fn lacks_permission(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Refused(refusal) if refusal.code == Code::MissingPermission)
}
