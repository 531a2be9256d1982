//! What must never come of maintenance, and what has to be in order at the end.

use std::{collections::BTreeMap, mem};

use cordboard_lifecycle::Clock as _;
use cordboard_simulator::RequestTruth;
use cordboard_upkeep::{Schedule, limits::CLAIM_HOLDS};

use super::{Operator, daybook::Daybook, stay::Stay};
use crate::storm::{
    field::Field,
    strikes::Strike,
    weather::{DELETE, POST},
};

const DELETE_ROLE: &str = "DELETE /guilds/{guild_id}/roles/{role_id}";
const ROLES: &str = "GET /guilds/{guild_id}/roles";

/// How soon a role may be asked for again after a deletion that nobody answered: two minutes, by clocks
/// of which one goes a tenth slower and the other a tenth faster.
const ASKED_AGAIN_AFTER_MS: u64 = 95_000;

/// How long somebody who serves a schedule may take to claim what is due: the daybook may have failed
/// once.
const CLAIMED_WITHIN_MS: u64 = 45_000;

/// How long a daemon sleeps at most, by its own clock, before it notices that the wall clock was set, or
/// that the machine slept.
const NOTICED_WITHIN_MS: u64 = 6 * 60_000;

/// Since when schedules have been served without anything that excuses from it.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    /// By the wall clock; `None`: nobody serves.
    since_ms: Option<u64>,
    /// Who does.
    client: String,
    /// How often the clock was set and the machine slept.
    disturbed: u64,
    /// When that was seen last, by Discord's clock.
    disturbed_ms: Option<u64>,
    /// Up to which due time each job has been looked at.
    looked_ms: BTreeMap<&'static str, u64>,
}

// === impl Operator ===

impl Operator {
    /// Looks for what must never happen.
    pub(super) fn watch(&mut self, field: &mut Field) {
        self.look_at_clocks(field);
        let mut wrong = mem::take(&mut self.agreed.lock().wrong);
        wrong.extend(self.deleted_without_a_plan(field));
        wrong.extend(Self::deleted_against_their_word(field));
        if let Some(daybook) = Daybook::open(&field.store()) {
            wrong.extend(self.roles_asked_wrongly(field, &daybook));
            wrong.extend(self.not_served(field, &daybook));
        }
        wrong.extend(self.spoken_by_two(field));
        field.wrong.extend(wrong);
    }

    /// C26 and C27: no role's and no leftover's deletion was asked for that nobody had agreed to, and nothing
    /// that has to stay was, or is in a plan.
    fn deleted_without_a_plan(&self, field: &Field) -> Vec<String> {
        let agreed = self.agreed.lock();
        let is_agreed = |since: Option<&u64>, request: &RequestTruth| {
            since.is_some_and(|since_ms| *since_ms <= request.arrived_ms)
        };
        let (roles, channels) = (
            field.discord.requests(Some(DELETE_ROLE)),
            field.discord.requests(Some(DELETE)),
        );
        let stay = Stay::of(&self.house);
        let mut wrong = stay.planned(&agreed);
        wrong.extend(stay.asked(roles.iter().map(subject), channels.iter().map(subject)));
        for request in roles {
            let role_id = subject(&request);
            if !is_agreed(agreed.roles.get(&role_id), &request) {
                wrong.push(format!("C26: role {role_id} was in no plan"));
            }
        }
        for request in channels {
            let channel_id = subject(&request);
            let is_leftover = self.house.leftovers.contains(&channel_id);
            if is_leftover && !is_agreed(agreed.leftovers.get(&channel_id), &request) {
                wrong.push(format!("C27: leftover {channel_id} was in no plan"));
            }
        }
        wrong
    }

    /// C26: each deletion of a role is on record before it is sent, and after one of which nobody knows
    /// what came of it, somebody has looked before the next. (That none is asked for which Discord has told
    /// gone is the simulator's to see.)
    fn roles_asked_wrongly(&self, field: &Field, daybook: &Daybook) -> Vec<String> {
        let on_record = daybook.role_deletions();
        let mut by_role: BTreeMap<u64, Vec<RequestTruth>> = BTreeMap::new();
        for request in field.discord.requests(Some(DELETE_ROLE)) {
            // Neither was done, and either may be sent once more for the same line.
            if !matches!(request.status, Some(401 | 429)) {
                by_role.entry(subject(&request)).or_default().push(request);
            }
        }
        let looks = field.discord.requests(Some(ROLES));
        let looked = |from_ms: u64, to_ms: u64| {
            let mut looks = looks.iter();
            looks.any(|look| {
                look.status == Some(200) && (from_ms..=to_ms).contains(&look.arrived_ms)
            })
        };
        let mut wrong = Vec::new();
        for (role_id, asked) in by_role {
            let lines = on_record.get(&role_id).copied().unwrap_or_default();
            if asked.len() > lines {
                let count = asked.len();
                wrong.push(format!(
                    "C26: deletion {count} of role {role_id}, and {lines} on record"
                ));
            }
            for pair in asked.windows(2) {
                let (first, next) = (&pair[0], &pair[1]);
                let apart_ms = next.arrived_ms - first.arrived_ms;
                let is_refused = first
                    .status
                    .is_some_and(|status| (400..500).contains(&status));
                // A clock that was set makes what was asked a moment ago old.
                let is_excused = is_refused || self.quiet.disturbed > 0;
                if !looked(first.arrived_ms, next.arrived_ms) {
                    wrong.push(format!(
                        "C26: role {role_id} was asked for again without looking: {first:?}, {next:?}"
                    ));
                } else if apart_ms < ASKED_AGAIN_AFTER_MS && !is_excused {
                    wrong.push(format!(
                        "C26: role {role_id} was asked for again after {apart_ms} ms: {first:?}"
                    ));
                }
            }
        }
        wrong
    }

    /// C28: of two that serve the same schedule, one speaks to the bot.
    fn spoken_by_two(&self, field: &Field) -> Vec<String> {
        let mut wrong = Vec::new();
        for (nonce, posts) in self.posts(field) {
            for pair in posts.windows(2) {
                let (first, next) = (&pair[0], &pair[1]);
                let Some(client) = first
                    .client
                    .as_ref()
                    .filter(|_| first.client != next.client)
                else {
                    continue;
                };
                let apart_ms = u128::from(next.arrived_ms - first.arrived_ms);
                let was_alive = self
                    .lives
                    .iter()
                    .any(|life| life.client == *client && life.is_at(next.arrived_ms));
                // A claim that the clock has made old is anybody's.
                if was_alive && self.quiet.disturbed == 0 && apart_ms < CLAIM_HOLDS.as_millis() / 2
                {
                    wrong.push(format!(
                        "C28: {client} and {:?} post {nonce} within {apart_ms} ms",
                        next.client
                    ));
                }
            }
        }
        wrong
    }

    /// What was posted in default channels, by nonce: that is one due time of one job in one channel.
    pub(super) fn posts(&self, field: &Field) -> BTreeMap<String, Vec<RequestTruth>> {
        let mut posts: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for request in field.discord.requests(Some(POST)) {
            let nonce = request.nonce.as_ref().and_then(|nonce| nonce.as_str());
            let is_here = |id: &u64| request.path.contains(&id.to_string());
            if let Some(nonce) = nonce
                && self.house.default_channels.iter().any(is_here)
            {
                posts.entry(nonce.to_owned()).or_default().push(request);
            }
        }
        posts
    }

    /// Whether somebody serves schedules, and since when in peace.
    fn look_at_clocks(&mut self, field: &Field) {
        let struck = &field.strikes.struck;
        let disturbing = [Strike::Suspend, Strike::Jump];
        let disturbed = disturbing.iter().filter_map(|of| struck.get(of)).sum();
        let now_ms = field.clock.wall_clock().now_ms();
        let quiet = &mut self.quiet;
        let serving = self.daemons[0].as_ref();
        let serving = serving.filter(|daemon| daemon.is_ready.get().is_some());
        if quiet.disturbed != disturbed {
            quiet.disturbed = disturbed;
            quiet.disturbed_ms = Some(now_ms);
            quiet.since_ms = None;
        }
        match serving {
            None => quiet.since_ms = None,
            Some(daemon) if quiet.since_ms.is_none() || quiet.client != daemon.client => {
                let noticed_ms = quiet.disturbed_ms.map(|ms| ms + NOTICED_WITHIN_MS);
                quiet.since_ms = Some(now_ms.max(noticed_ms.unwrap_or_default()));
                quiet.client.clone_from(&daemon.client);
            }
            Some(_) => {}
        }
    }

    /// C28: while somebody serves a schedule, each due time is claimed at once, unless the job is under
    /// way, or whoever had it is not taken for dead yet.
    fn not_served(&mut self, field: &Field, daybook: &Daybook) -> Vec<String> {
        let Some(since_ms) = self.quiet.since_ms else {
            return Vec::new();
        };
        let until_ms = field.clock.wall_clock().now_ms() - CLAIMED_WITHIN_MS;
        let schedule = self.schedule();
        let mut wrong = Vec::new();
        for job in self.house.jobs {
            let looked_ms = self.quiet.looked_ms.entry(job).or_default();
            let from_ms = since_ms.max(*looked_ms);
            *looked_ms = until_ms.max(*looked_ms);
            let claimed = daybook.dues(job);
            for due_ms in schedule.dues(from_ms, until_ms) {
                let is_claimed = claimed.iter().any(|claim| claim.at_ms == due_ms);
                let mut earlier = claimed.iter().filter(|claim| claim.at_ms < due_ms);
                if !is_claimed && !earlier.any(|claim| claim.until_ms >= due_ms) {
                    wrong.push(format!("C28: nobody did {job} of {due_ms}"));
                }
            }
        }
        wrong
    }

    pub(super) fn schedule(&self) -> Schedule {
        let schedule = Schedule::new(self.house.schedule, "UTC", std::time::Duration::ZERO);
        schedule.expect("it is a schedule")
    }
}

pub(super) fn subject(request: &RequestTruth) -> u64 {
    let id = request.path.rsplit('/').next();
    id.and_then(|id| id.parse().ok()).unwrap_or_default()
}
