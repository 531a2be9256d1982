//! What has to stay, whatever a plan says: the harness has made it, and knows.

use std::collections::BTreeSet;

use cordboard_simulator::RoleTruth;

use super::{errand::Agreed, house::House};

/// What may go of what the operator cares for, and what has to stay.
#[derive(Debug)]
pub(super) struct Stay {
    /// All roles that may go: each other one stays.
    roles_to_go: BTreeSet<u64>,
    /// Roles that are there from the beginning to the end.
    roles: BTreeSet<u64>,
    /// All channels that may be adopted.
    leftovers: BTreeSet<u64>,
    /// Channels that are there from the beginning to the end.
    channels: BTreeSet<u64>,
}

// === impl Stay ===

impl Stay {
    pub(super) fn of(house: &House) -> Self {
        let channels = [house.persons, house.excluded];
        Self {
            roles_to_go: house.roles.iter().copied().collect(),
            roles: house.stay_roles.into(),
            leftovers: house.leftovers.iter().copied().collect(),
            channels: channels.into_iter().chain(house.default_channels).collect(),
        }
    }

    /// C26 and C27: no plan has anything in it that has to stay.
    pub(super) fn planned(&self, agreed: &Agreed) -> Vec<String> {
        let roles = agreed
            .roles
            .keys()
            .filter(|id| !self.roles_to_go.contains(id));
        let roles = roles.map(|id| format!("C26: role {id} has to stay, and is in a plan"));
        let leftovers = agreed.leftovers.keys();
        let channels = leftovers.filter(|id| !self.leftovers.contains(id));
        let channels =
            channels.map(|id| format!("C27: channel {id} has to stay, and is in a plan"));
        roles.chain(channels).collect()
    }

    /// C26 and C27: nobody asks for the deletion of what has to stay, planned or not.
    pub(super) fn asked(
        &self,
        roles: impl IntoIterator<Item = u64>,
        channels: impl IntoIterator<Item = u64>,
    ) -> Vec<String> {
        let roles = roles
            .into_iter()
            .filter(|id| !self.roles_to_go.contains(id));
        let roles = roles.map(|id| format!("C26: role {id} has to stay, and was asked for"));
        let channels = channels.into_iter().filter(|id| self.channels.contains(id));
        let channels =
            channels.map(|id| format!("C27: channel {id} has to stay, and was asked for"));
        roles.chain(channels).collect()
    }

    /// C26 and C27: what has to stay is there, whoever may have deleted it; `me` is our bot.
    pub(super) fn gone(
        &self,
        roles: &[RoleTruth],
        me: u64,
        is_there: impl Fn(&u64) -> bool,
    ) -> Vec<String> {
        let gone = roles.iter().filter(|role| {
            let is_ours = role.deleted_by == Some(me) && !self.roles_to_go.contains(&role.id);
            is_ours || role.deleted_at.is_some() && self.roles.contains(&role.id)
        });
        let gone = gone.map(|role| format!("C26: role {} had to stay, and is gone", role.id));
        let channels = self.channels.iter().filter(|id| !is_there(id));
        let channels = channels.map(|id| format!("C27: channel {id} had to stay, and is gone"));
        gone.chain(channels).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ME: u64 = 1;
    const SOMEBODY: u64 = 2;

    /// Role 10 may go and leftover 20; 11 and 21 have to stay.
    fn stay() -> Stay {
        Stay {
            roles_to_go: [10].into(),
            roles: [11].into(),
            leftovers: [20].into(),
            channels: [21].into(),
        }
    }

    fn role(id: u64, deleted_by: Option<u64>) -> RoleTruth {
        let truth = json!({
            "id": id.to_string(), "name": "r", "alive": deleted_by.is_none(), "managed": false,
            "everyone": false, "above_actor": false, "deleted_at": deleted_by.map(|_| 1_000),
            "deleted_by": deleted_by.map(|by| by.to_string()), "requests": 1, "statuses": {}, "holders": 0,
        });
        serde_json::from_value(truth).expect("it is one")
    }

    #[test]
    fn a_plan_is_no_reason_for_what_has_to_stay() {
        let mut agreed = Agreed::default();
        agreed.roles.insert(10, 0);
        agreed.leftovers.insert(20, 0);
        assert!(stay().planned(&agreed).is_empty());
        agreed.roles.insert(11, 0);
        agreed.leftovers.insert(21, 0);
        assert_eq!(stay().planned(&agreed).len(), 2);
        assert!(
            stay().asked([10], [20, 99]).is_empty(),
            "another one's is for others to see"
        );
        // A role of which nobody has heard has to stay as well.
        assert_eq!(stay().asked([10, 11, 12], [21]).len(), 3);
    }

    #[test]
    fn what_had_to_stay_and_is_gone_is_noticed() {
        let gone = |roles: &[RoleTruth], there: &[u64]| {
            stay().gone(roles, ME, |id| there.contains(id)).len()
        };
        assert_eq!(gone(&[role(10, Some(ME)), role(11, None)], &[21]), 0);
        assert_eq!(
            gone(&[role(12, Some(SOMEBODY))], &[21]),
            0,
            "people do as they like"
        );
        assert_eq!(gone(&[role(12, Some(ME))], &[21]), 1);
        assert_eq!(gone(&[role(11, Some(ME))], &[21]), 1);
        assert_eq!(gone(&[role(11, Some(SOMEBODY))], &[21]), 1);
        assert_eq!(gone(&[], &[]), 1);
    }
}
