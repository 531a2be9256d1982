//! What has to be in order when all has come to its end.

use cordboard_lifecycle::Clock as _;
use cordboard_simulator::RequestTruth;

use super::{Operator, daybook::Daybook, stay::Stay};
use crate::storm::field::Field;

/// What bots are asked by default.
const SAID: &str = "Are you there?";

/// For how long Discord returns the message that a nonce has made.
const NONCE_KEPT_MS: u64 = 5 * 60_000;

// === impl Operator ===

impl Operator {
    /// Whether all that was claimed last is done.
    pub(super) fn is_at_rest(&self, field: &Field) -> bool {
        let Some(daybook) = Daybook::open(&field.store()) else {
            return true;
        };
        let now_ms = field.clock.wall_clock().now_ms();
        let mut jobs = self.house.jobs.iter();
        jobs.all(|job| {
            let mut dues = daybook.dues(job).into_iter().rev();
            let last = dues.find(|due| due.at_ms <= now_ms);
            last.is_none_or(|due| due.is_done)
        })
    }

    /// Looks at what has come of it all, now that everything has come to its end; at `rested_ms` nothing was
    /// under way any more.
    pub(super) fn settle(&mut self, rested_ms: u64, field: &mut Field) {
        let mut wrong = self.left_in_the_guild(field);
        match Daybook::open(&field.store()) {
            Some(daybook) => {
                wrong.extend(self.left_on_record(field, &daybook));
                wrong.extend(self.schedules_kept(rested_ms, &daybook));
                wrong.extend(self.spoken_twice(field));
            }
            None => wrong.push("C28: there is no daybook at the end".to_owned()),
        }
        field.wrong.extend(wrong);
    }

    /// C26 and C27: what was to go is gone, and nothing that has to stay.
    fn left_in_the_guild(&self, field: &Field) -> Vec<String> {
        let truth = field.discord.truth();
        let mut wrong = Vec::new();
        for role_id in &self.house.roles {
            let role = truth.roles.iter().find(|role| role.id == *role_id);
            if role.is_none_or(|role| role.alive) && !self.is_out_of_reach(*role_id, field) {
                wrong.push(format!("C26: role {role_id} is there at the end"));
            }
        }
        let me = field.discord.user_id();
        let mut deleted = truth
            .roles
            .iter()
            .filter(|role| role.deleted_by == Some(me));
        let agreed = self.agreed.lock().roles.clone();
        if let Some(role) = deleted.find(|role| !agreed.contains_key(&role.id)) {
            wrong.push(format!("C26: role {} is gone, of no plan", role.id));
        }
        let is_there = |id: &u64| truth.channels.iter().any(|of| of.id == *id && of.alive);
        wrong.extend(Stay::of(&self.house).gone(&truth.roles, me, is_there));
        // Adopted, parked and then forgotten, it stays.
        let forgotten = field.said.lock().left_standing(&field.store());
        let leftovers = self.house.leftovers.iter();
        for channel_id in leftovers.filter(|id| !forgotten.contains(id)) {
            if is_there(channel_id) != field.keeps() {
                wrong.push(format!("C27: leftover {channel_id}, at the end"));
            }
        }
        wrong
    }

    /// Whether the bot may not delete a role any more: it was thrown out, and its role is a new one, below
    /// others. The plan has said so.
    fn is_out_of_reach(&self, role_id: u64, field: &Field) -> bool {
        field.was_kicked && self.agreed.lock().out_of_reach.contains(&role_id)
    }

    /// C26: no role is lost track of, and no order.
    fn left_on_record(&self, field: &Field, daybook: &Daybook) -> Vec<String> {
        let on_record = daybook.roles();
        let mut wrong = daybook.open_orders();
        let truth = field.discord.truth();
        let me = field.discord.user_id();
        // A plan that was shown and never applied is on record nowhere.
        let by_hand = truth
            .roles
            .iter()
            .filter(|role| role.deleted_by != Some(me));
        let by_hand: Vec<u64> = by_hand.map(|role| role.id).collect();
        let agreed = self.agreed.lock().roles.clone();
        for role_id in agreed.keys() {
            let row = on_record.get(role_id);
            if row.is_none() && by_hand.contains(role_id) {
                continue;
            }
            if row.is_none_or(|(stage, _)| stage != "gone")
                && !self.is_out_of_reach(*role_id, field)
            {
                wrong.push(format!("C26: role {role_id} stands as {row:?} at the end"));
            }
        }
        wrong
    }

    /// C28: whatever was claimed was due, is done, unless something due later went before it, and came to
    /// one thing.
    fn schedules_kept(&self, now_ms: u64, daybook: &Daybook) -> Vec<String> {
        let schedule = self.schedule();
        let mut wrong = daybook.concluded_twice();
        for job in self.house.jobs {
            let dues = daybook.dues(job);
            if dues.is_empty() {
                wrong.push(format!("C28: {job} was never done"));
            }
            // A clock that was put back makes what was claimed before due once more, later.
            let last = dues.iter().rfind(|due| due.at_ms <= now_ms);
            if let Some(due) = last.filter(|due| !due.is_done) {
                wrong.push(format!("C28: {job} is not done at {now_ms}: {due:?}"));
            }
            let is_due = |due_ms: u64| schedule.next_after(due_ms - 1) == Some(due_ms);
            if let Some(due) = dues.iter().find(|due| !is_due(due.at_ms)) {
                wrong.push(format!("C28: {job} was not due at {}", due.at_ms));
            }
        }
        wrong
    }

    /// C28: each due time has one message at most in each channel.
    fn spoken_twice(&self, field: &Field) -> Vec<String> {
        let posts = self.posts(field);
        let me = field.discord.user_id().to_string();
        let mut wrong = Vec::new();
        for channel_id in self.house.default_channels {
            let mut messages = field.discord.messages(channel_id);
            // Threads that begin in it leave messages there as well.
            messages.retain(|message| {
                let said = message["content"].as_str().unwrap_or_default();
                message["author"]["id"] == *me && said.contains(SAID)
            });
            let id = channel_id.to_string();
            let here = posts.values().map(|requests| {
                let here = requests.iter().filter(|of| of.path.contains(&id));
                spoken_with(here)
            });
            let spoken = here.sum::<usize>();
            if messages.len() > spoken {
                let count = messages.len();
                wrong.push(format!(
                    "C28: {count} messages in {channel_id}, for {spoken} times to speak there"
                ));
            }
        }
        wrong
    }
}

/// How many messages requests with one nonce can have made: one, and one more for each that was sent while
/// Discord remembered the first and was carried out when it did not, because the machine slept meanwhile.
fn spoken_with<'a>(requests: impl Iterator<Item = &'a RequestTruth>) -> usize {
    let is_refused = |of: &RequestTruth| of.fault.is_none() && of.status != Some(200);
    let acted = requests.filter(|of| !is_refused(of));
    let mut acted: Vec<_> = acted.filter_map(|of| Some((of.executed_ms?, of))).collect();
    acted.sort_unstable_by_key(|(executed_ms, _)| *executed_ms);
    let Some(first_ms) = acted.first().map(|(executed_ms, _)| *executed_ms) else {
        return 0;
    };
    let late = acted.iter().filter(|(executed_ms, of)| {
        let forgotten_ms = first_ms + NONCE_KEPT_MS;
        (of.arrived_ms..*executed_ms).contains(&forgotten_ms)
    });
    1 + late.count()
}
