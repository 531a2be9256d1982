//! Removes roles from a guild of any size, one at a time, so that no answer that is lost becomes a
//! mystery.
//!
//! - [`Selection`] says which, [`Removal::plan`] refuses up front what cannot be and says why.
//! - [`Removal::apply`] carries a plan out. Each deletion is in the [`RoleJournal`] before it is sent;
//!   one whose answer is lost is settled by reading the list of roles, never by a second deletion.
//!   Killed at any moment, [`Removal::resume`] goes on where it stopped.
//! - [`Removal::verify`] looks until no member holds what was removed; where Discord does not list the
//!   members, none of a sample.
//!
//! Why it is not a loop of deletions: on a large guild a deletion may be answered 504 and carried out
//! all the same (discord-api-docs #2891), and the members may hold a role long after it is gone
//! (#6677, #2822).

mod api;
mod budget;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod error;
mod journal;
mod limits;
mod memory;
mod pattern;
mod plan;
mod removal;
mod report;
mod row;
mod selection;
mod verify;
mod view;
mod work;

pub use self::{
    api::{Deletion, MemberApi, MemberPage, Role, RoleApi, RoleCreation, RoleLog, Standing},
    budget::{Created, RoleBudget},
    error::{Failure, JournalError, RemovalError, Source},
    journal::RoleJournal,
    limits::{CREATIONS_REPORTED_MAX, CREATIONS_WINDOW, LEASE, ROLES_MAX},
    memory::MemoryRoleJournal,
    pattern::{Pattern, PatternError},
    plan::{PlannedRole, RefusedRole, RolePlan},
    removal::{Progress, Removal},
    report::{RemovalReport, RoleOutcome},
    row::{RoleEvent, RoleRow, RoleStage},
    selection::{Refusal, Selection},
    verify::Verdict,
    view::View,
};
