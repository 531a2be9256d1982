//! The crowd: members who never say a word. There may be hundreds of thousands, so nobody is kept:
//! member number N follows from the seed and N. Whoever is changed steps out of it and is an
//! ordinary member from then on.

use std::{collections::BTreeSet, ops::Range};

use super::{member::Member, snowflake::created_ms, user::User};
use crate::config::Config;

/// The first of the crowd's ids; the guild's id is added.
const FIRST_ID_OFFSET: u64 = 1_000_000;

/// What user names begin with; the number follows.
const NAME: &str = "member-";
/// What nicknames begin with; the number follows.
const NICK: &str = "nick-";
/// One in so many has a nickname.
const NICK_EVERY: u64 = 8;

/// The silent members of one guild.
#[derive(Debug)]
pub(crate) struct Crowd {
    first_id: u64,
    size: u64,
    seed: u64,
    shares: Vec<Share>,
    /// Those who stepped out: changed, or no longer in the guild.
    apart: BTreeSet<u64>,
}

/// Who holds one role: `holders` of the whole crowd, spread evenly over it.
#[derive(Debug)]
struct Share {
    role_id: u64,
    holders: u64,
    /// Where in the pattern number 0 stands.
    offset: u64,
    /// The numbers below this hold it no more.
    stripped: u64,
}

impl Crowd {
    /// The crowd that the configuration describes.
    pub(super) fn new(config: &Config) -> Self {
        let guild = &config.guild;
        let size = u64::try_from(guild.members_extra).unwrap_or(0);
        let held = guild.roles.iter().filter(|role| role.holders > 0);
        let share = |role: &crate::config::RoleConfig| Share {
            role_id: role.id,
            holders: u64::try_from(role.holders).unwrap_or(0).min(size),
            offset: drawn(config.seed, role.id) % size.max(1),
            stripped: 0,
        };
        Self {
            first_id: guild.id + FIRST_ID_OFFSET,
            size,
            seed: config.seed,
            shares: held.map(share).collect(),
            apart: BTreeSet::new(),
        }
    }

    /// The ids that belong to the crowd of a configuration.
    pub(crate) fn ids_of(config: &Config) -> Range<u64> {
        let first = config.guild.id.saturating_add(FIRST_ID_OFFSET);
        let size = u64::try_from(config.guild.members_extra).unwrap_or(0);
        first..first.saturating_add(size)
    }

    /// How many are in it now.
    pub(super) fn len(&self) -> u64 {
        self.size - self.apart.len() as u64
    }

    /// Whether this user is in it now.
    pub(super) fn contains(&self, user_id: u64) -> bool {
        self.number(user_id).is_some() && !self.apart.contains(&user_id)
    }

    /// A user who is or was in it.
    pub(super) fn user(&self, user_id: u64) -> Option<User> {
        let number = self.number(user_id)?;
        Some(User::person(user_id, &format!("{NAME}{number}")))
    }

    /// The member, if it is in it now.
    pub(super) fn member(&self, user_id: u64) -> Option<Member> {
        let number = self.number(user_id)?;
        if self.apart.contains(&user_id) {
            return None;
        }
        let held = self.shares.iter().filter(|share| share.holds(self, number));
        Some(Member {
            user_id,
            nick: self.has_nick(number).then(|| format!("{NICK}{number}")),
            roles: held.map(|share| share.role_id).collect(),
            joined_ms: created_ms(user_id),
            timed_out_until_ms: None,
        })
    }

    /// The member steps out: it is whoever takes it who keeps it from now on.
    pub(super) fn take(&mut self, user_id: u64) -> Option<Member> {
        let member = self.member(user_id)?;
        self.apart.insert(user_id);
        Some(member)
    }

    /// The ids of those in it, ascending, beginning with `from`.
    pub(super) fn ids_from(&self, from: u64) -> impl Iterator<Item = u64> {
        let Range { start, end } = self.ids();
        (from.max(start)..end).filter(|id| !self.apart.contains(id))
    }

    /// The ids of those whose user name or nickname begins with `query` (in lower case),
    /// ascending. No text begins both, but for the empty one, which everybody's name begins with.
    pub(super) fn named(&self, query: &str) -> impl Iterator<Item = u64> {
        let by_name = numbers(NAME, query, self.size);
        let nicks = by_name.is_empty();
        let ranges = if nicks {
            numbers(NICK, query, self.size)
        } else {
            by_name
        };
        let found = ranges.into_iter().flatten();
        let found = found.filter(move |number| !nicks || self.has_nick(*number));
        let ids = found.map(|number| self.first_id + number);
        ids.filter(|id| !self.apart.contains(id))
    }

    /// How many in it hold a role. Costs as much as the few who stepped out.
    pub(super) fn holders(&self, role_id: u64) -> u64 {
        let Some(share) = self.shares.iter().find(|share| share.role_id == role_id) else {
            return 0;
        };
        let still = share.before(self, self.size) - share.before(self, share.stripped);
        let apart = self.apart.iter().filter_map(|id| self.number(*id));
        still - apart.filter(|number| share.holds(self, *number)).count() as u64
    }

    /// The ids of the whole crowd.
    pub(super) fn ids(&self) -> Range<u64> {
        self.first_id..self.first_id + self.size
    }

    /// Those with smaller ids lose the role.
    pub(super) fn strip_below(&mut self, role_id: u64, user_id: u64) {
        let reached = user_id.saturating_sub(self.first_id).min(self.size);
        for share in &mut self.shares {
            if share.role_id == role_id {
                share.stripped = share.stripped.max(reached);
            }
        }
    }

    /// Everybody loses the role.
    pub(super) fn strip(&mut self, role_id: u64) {
        self.shares.retain(|share| share.role_id != role_id);
    }

    fn number(&self, user_id: u64) -> Option<u64> {
        let number = user_id.checked_sub(self.first_id)?;
        (number < self.size).then_some(number)
    }

    fn has_nick(&self, number: u64) -> bool {
        (number + self.seed % NICK_EVERY).is_multiple_of(NICK_EVERY)
    }
}

// === impl Share ===

impl Share {
    /// Whether the role is on this member.
    fn holds(&self, crowd: &Crowd, number: u64) -> bool {
        let (here, next) = (self.before(crowd, number), self.before(crowd, number + 1));
        number >= self.stripped && here < next
    }

    /// How many held it in the beginning among the first `count`.
    fn before(&self, crowd: &Crowd, count: u64) -> u64 {
        let reached = |place: u64| place * self.holders / crowd.size.max(1);
        reached(self.offset + count) - reached(self.offset)
    }
}

/// A number that follows from the seed and an id.
fn drawn(seed: u64, id: u64) -> u64 {
    fastrand::Rng::with_seed(seed ^ id).u64(..)
}

/// The numbers below `size` for which `label` and the number begin with `query`, ascending.
fn numbers(label: &str, query: &str, size: u64) -> Vec<Range<u64>> {
    if label.starts_with(query) {
        return std::iter::once(0..size).collect();
    }
    let digits = query.strip_prefix(label).filter(|digits| {
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        plain && (*digits == "0" || !digits.starts_with('0'))
    });
    let Some(first) = digits.and_then(|digits| digits.parse::<u64>().ok()) else {
        return Vec::new();
    };
    // 12, then 120 to 129, then 1200 to 1299: as long as there are such numbers.
    let more = |(low, width): &(u64, u64)| Some((low.checked_mul(10)?, width.checked_mul(10)?));
    let all = std::iter::successors(Some((first, 1)), more);
    let ranges = all.take_while(|(low, _)| *low < size);
    let ranges = ranges.map(|(low, width)| low..low.saturating_add(width).min(size));
    ranges
        .take(if first == 0 { 1 } else { usize::MAX })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RoleConfig;

    fn crowd(size: usize, holders: usize, seed: u64) -> Crowd {
        let mut config = Config::default().with_seed(seed);
        config.guild.members_extra = size;
        config.guild.roles = vec![RoleConfig::numbered(0).held_by(holders)];
        Crowd::new(&config)
    }

    #[test]
    fn exactly_so_many_hold_a_role_as_the_configuration_says() {
        for (size, holders) in [(1, 1), (10, 3), (997, 500), (1_000, 0), (1_000, 1_000)] {
            let crowd = crowd(size, holders, 7);
            let members = crowd.ids_from(0).filter_map(|id| crowd.member(id));
            let held = members.filter(|member| !member.roles.is_empty()).count();
            assert_eq!(held, holders);
            let role_id = RoleConfig::numbered(0).id;
            assert_eq!(crowd.holders(role_id), held as u64);
        }
    }

    #[test]
    fn the_seed_and_the_number_decide_who_somebody_is() {
        let told = |seed| {
            let crowd = crowd(1_000, 400, seed);
            let members = crowd.ids_from(0).filter_map(|id| crowd.member(id));
            members.map(|one| (one.nick, one.roles)).collect::<Vec<_>>()
        };
        assert_eq!(told(7), told(7));
        assert_ne!(told(7), told(8));
    }

    #[test]
    fn a_search_finds_what_reading_everybody_finds() {
        let crowd = crowd(1_234, 0, 3);
        let queries = ["", "m", "member-", "member-1", "member-12", "member-0"];
        for query in
            queries
                .into_iter()
                .chain(["member-00", "member-x", "nick-1", "n", "x", "member-1234"])
        {
            let begins = |id: &u64| {
                let (user, member) = (crowd.user(*id).unwrap(), crowd.member(*id).unwrap());
                user.name.starts_with(query)
                    || member.nick.is_some_and(|nick| nick.starts_with(query))
            };
            let read: Vec<u64> = crowd.ids_from(0).filter(begins).collect();
            assert_eq!(crowd.named(query).collect::<Vec<_>>(), read, "{query}");
        }
    }
}
