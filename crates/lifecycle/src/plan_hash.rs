//! What ties an operator's word to exactly those channels that he was shown.

use std::{collections::BTreeSet, fmt, str::FromStr};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use twilight_model::id::{
    Id,
    marker::{ChannelMarker, GuildMarker},
};

/// Separates this use of the hash from any other.
const PURPOSE: &[u8] = b"cordboard adoption 1";

/// The hash of a plan to adopt channels: of its guild and of its channels, and of nothing else. Whoever
/// applies a plan names its hash, so that what is adopted is what was shown, whatever has changed in
/// between.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanHash([u8; 32]);

/// Text that is no hash of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a plan's hash is 64 of 0-9 and a-f")]
pub struct NotAPlanHash;

// === impl PlanHash ===

impl PlanHash {
    /// The hash of the plan to adopt these channels of this guild, in whatever order.
    #[must_use]
    pub fn of(guild_id: Id<GuildMarker>, channel_ids: &BTreeSet<Id<ChannelMarker>>) -> Self {
        let mut hash = Sha256::new();
        hash.update(PURPOSE);
        hash.update(guild_id.get().to_be_bytes());
        for channel_id in channel_ids {
            hash.update(channel_id.get().to_be_bytes());
        }
        Self(hash.finalize().into())
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlanHash({self})")
    }
}

impl FromStr for PlanHash {
    type Err = NotAPlanHash;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| NotAPlanHash)?;
        bytes.try_into().map(Self).map_err(|_| NotAPlanHash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_another_hash_with_any_other_channel_or_guild() {
        let ids = |ids: &[u64]| ids.iter().copied().map(Id::new).collect::<BTreeSet<_>>();
        let guild = Id::new(7);
        let plan = PlanHash::of(guild, &ids(&[1, 2, 3]));
        assert_eq!(plan, PlanHash::of(guild, &ids(&[3, 2, 1])));
        for other in [&[1_u64, 2][..], &[1, 2, 4], &[1, 2, 3, 4], &[]] {
            assert_ne!(plan, PlanHash::of(guild, &ids(other)));
        }
        assert_ne!(plan, PlanHash::of(Id::new(8), &ids(&[1, 2, 3])));
    }

    #[test]
    fn a_hash_comes_back_from_its_text_and_nothing_else_does() {
        let plan = PlanHash::of(Id::new(7), &BTreeSet::new());
        assert_eq!(plan.to_string().parse(), Ok(plan));
        for text in ["", "00", &plan.to_string().to_uppercase(), &"g".repeat(64)] {
            assert_eq!(text.parse::<PlanHash>(), Err(NotAPlanHash), "{text}");
        }
    }
}
