//! Which channels the guild itself uses, and since when: nobody's bot may delete those.

use std::collections::BTreeMap;

use super::World;

/// Channels in special use, and since when in milliseconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Protection {
    since_ms: BTreeMap<u64, u64>,
    /// Whether the checkers have not heard of it yet.
    news: bool,
}

impl World {
    /// Looks again at what the guilds use. A channel that only changes its purpose keeps its time.
    pub(crate) fn note_protection(&mut self) {
        let now = self.clock.now_ms();
        let used = self.guilds.values().flat_map(|guild| {
            let special = guild.special.values().copied();
            special.chain(guild.onboarding.channel_ids())
        });
        let since = |id| self.protection.since_ms.get(&id).copied().unwrap_or(now);
        let since_ms: BTreeMap<u64, u64> = used.map(|id| (id, since(id))).collect();
        self.protection.news |= since_ms != self.protection.since_ms;
        self.protection.since_ms = since_ms;
    }

    /// The channels in special use, if that has changed since the last call.
    pub(crate) fn take_protection(&mut self) -> Option<BTreeMap<u64, u64>> {
        let news = std::mem::take(&mut self.protection.news);
        news.then(|| self.protection.since_ms.clone())
    }
}
