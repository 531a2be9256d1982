//! The guild's channels: what is on record of them, what is wrong with them, and what an operator may say.

mod adoption;
mod audit;
mod comparison;
mod debts;
mod guild;
mod list;
pub(crate) mod lookup;
mod sweep;

pub use self::{
    adoption::{Adopted, AdoptionPlan, AdoptionQuery, Candidate},
    audit::{Audit, AuditFinding},
    debts::{ForgetPlan, Forgotten, Settled},
    list::{ChannelLine, ChannelList},
    sweep::{SweepPlan, Swept},
};
