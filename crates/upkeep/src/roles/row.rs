//! Where one role stands between plan and proof.

use serde::Serialize;
use twilight_model::id::{
    Id,
    marker::{GuildMarker, RoleMarker},
};

use super::{PlannedRole, RolePlan};

/// Where one role stands between plan and proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RoleStage {
    /// It is to go, and no deletion is on its way.
    Planned,
    /// Its deletion is about to be sent, or was sent and not answered yet.
    Asked,
    /// The answer was lost: the list of roles will tell.
    Unknown,
    /// Discord answered 204 or 10011, or the list holds it no more.
    Gone,
    /// Discord, or we, do not delete it.
    Refused,
}

/// What happens to a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RoleEvent {
    /// Its deletion is about to be sent.
    Asked,
    /// It was not sent, or not carried out.
    NotDone,
    /// The answer was lost.
    Lost,
    /// It is gone, and how that is known.
    Gone(String),
    /// It stays, and why.
    Refused(String),
}

/// One role on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleRow {
    /// Of which guild.
    pub guild_id: Id<GuildMarker>,
    /// Which.
    pub role_id: Id<RoleMarker>,
    /// The hash of the plan that it belongs to.
    pub plan: String,
    /// Its name when it was planned.
    pub name: String,
    /// How many members held it then, where that was told.
    pub holders: Option<u64>,
    /// Whether it stays when somebody holds it by now.
    pub must_be_empty: bool,
    /// What goes into Discord's audit log.
    pub audit_reason: String,
    /// Where it stands.
    pub stage: RoleStage,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// When its deletion was asked for last.
    pub asked_ms: Option<u64>,
    /// How often it was asked for.
    pub asks: u32,
    /// How it is known to be gone, or why it stays.
    pub detail: Option<String>,
}

// === impl RoleStage ===

impl RoleStage {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Planned,
        Self::Asked,
        Self::Unknown,
        Self::Gone,
        Self::Refused,
    ];

    /// Its name on record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Asked => "asked",
            Self::Unknown => "unknown",
            Self::Gone => "gone",
            Self::Refused => "refused",
        }
    }

    /// The stage of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }

    /// Whether something is left to do.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Planned | Self::Asked | Self::Unknown)
    }

    /// Whether a deletion of it may be on its way.
    #[must_use]
    pub const fn is_in_doubt(self) -> bool {
        matches!(self, Self::Asked | Self::Unknown)
    }
}

// === impl RoleRow ===

impl RoleRow {
    /// The rows of a plan, before anything of it is done.
    #[must_use]
    pub fn of_plan(plan: &RolePlan, audit_reason: &str, now_ms: u64) -> Vec<Self> {
        let row = |role: &PlannedRole| Self {
            guild_id: plan.guild_id,
            role_id: role.role_id,
            plan: plan.hash.clone(),
            name: role.name.clone(),
            holders: role.holders,
            must_be_empty: role.must_be_empty,
            audit_reason: audit_reason.to_owned(),
            stage: RoleStage::Planned,
            since_ms: now_ms,
            asked_ms: None,
            asks: 0,
            detail: None,
        };
        plan.roles.iter().map(row).collect()
    }

    /// The row of a role that is planned anew while this one is open: where its deletion stands is what
    /// happened, what it may do is what the new plan has shown, and what either asked for it to stay.
    #[must_use]
    pub fn planned_anew(&self, planned: &Self) -> Self {
        Self {
            stage: self.stage,
            since_ms: self.since_ms,
            asked_ms: self.asked_ms,
            asks: self.asks,
            detail: self.detail.clone(),
            must_be_empty: self.must_be_empty || planned.must_be_empty,
            ..planned.clone()
        }
    }

    /// The row after something has happened. What is settled stays so: `None`.
    #[must_use]
    pub fn after(&self, event: RoleEvent, now_ms: u64) -> Option<Self> {
        if !self.stage.is_open() {
            return None;
        }
        let mut row = self.clone();
        row.since_ms = now_ms;
        match event {
            RoleEvent::Asked => {
                row.stage = RoleStage::Asked;
                row.asked_ms = Some(now_ms);
                row.asks += 1;
            }
            // An earlier deletion may still be on its way, whatever became of this one.
            RoleEvent::NotDone if row.asks > 1 => row.stage = RoleStage::Unknown,
            RoleEvent::NotDone => {
                row.stage = RoleStage::Planned;
                row.asks = row.asks.saturating_sub(1);
            }
            RoleEvent::Lost => row.stage = RoleStage::Unknown,
            RoleEvent::Gone(how) => {
                row.stage = RoleStage::Gone;
                row.detail = Some(how);
            }
            RoleEvent::Refused(why) => {
                row.stage = RoleStage::Refused;
                row.detail = Some(why);
            }
        }
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned() -> RoleRow {
        RoleRow {
            guild_id: Id::new(1),
            role_id: Id::new(2),
            plan: "plan".to_owned(),
            name: "role".to_owned(),
            holders: None,
            must_be_empty: false,
            audit_reason: String::new(),
            stage: RoleStage::Planned,
            since_ms: 0,
            asked_ms: None,
            asks: 0,
            detail: None,
        }
    }

    #[test]
    fn what_is_settled_stays_so() {
        for end in [
            RoleEvent::Gone("204".to_owned()),
            RoleEvent::Refused("no".to_owned()),
        ] {
            let settled = planned().after(end, 1).unwrap();
            for event in [RoleEvent::Asked, RoleEvent::NotDone, RoleEvent::Lost] {
                assert_eq!(settled.after(event, 2), None);
            }
        }
    }

    #[test]
    fn a_deletion_that_was_not_sent_leaves_an_earlier_one_in_doubt() {
        let asked = planned().after(RoleEvent::Asked, 1).unwrap();
        let back = asked.after(RoleEvent::NotDone, 2).unwrap();
        assert_eq!((back.stage, back.asks), (RoleStage::Planned, 0));
        let lost = asked.after(RoleEvent::Lost, 2).unwrap();
        assert_eq!((lost.stage, lost.asked_ms), (RoleStage::Unknown, Some(1)));
        let again = lost.after(RoleEvent::Asked, 3).unwrap();
        let back = again.after(RoleEvent::NotDone, 4).unwrap();
        assert_eq!(back.stage, RoleStage::Unknown);
    }

    #[test]
    fn names_on_record_lead_back_to_their_stages() {
        for stage in RoleStage::ALL {
            assert_eq!(RoleStage::from_name(stage.name()), Some(stage));
        }
        assert_eq!(RoleStage::from_name("deleted"), None);
    }
}
