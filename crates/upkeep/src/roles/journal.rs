//! What is on record of removals, before they are asked for.

use twilight_model::id::{Id, marker::GuildMarker};

use super::{JournalError, RoleRow};

/// The record of removals. What a call says it wrote survives the process. The feature `conformance` has a
/// suite for authors of other records.
pub trait RoleJournal: Send + Sync {
    /// Writes rows of a plan down, all or none. One that is settled on record is replaced. One that is open
    /// stands where it stood, by the plan of now ([`RoleRow::planned_anew`]): that is the one somebody was
    /// shown.
    fn begin(&self, rows: Vec<RoleRow>) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// Writes down how rows are now, all or none; those that are open on record. If somebody else has settled
    /// one, it stays as it is, and [`RoleStage::Asked`](super::RoleStage::Asked) is an error: it must not be
    /// asked for once more.
    fn step(&self, rows: Vec<RoleRow>) -> impl Future<Output = Result<(), JournalError>> + Send;

    /// A guild's rows that are open, and those that were settled at or after a time, by role.
    fn rows(
        &self,
        guild_id: Id<GuildMarker>,
        settled_since_ms: u64,
    ) -> impl Future<Output = Result<Vec<RoleRow>, JournalError>> + Send;

    /// Takes the guild until then, or holds it for longer. `false`: somebody else has it now. Nobody has it
    /// for longer than whoever asks now would: what is on record beyond that was written before the clock
    /// was put back.
    fn hold(
        &self,
        guild_id: Id<GuildMarker>,
        now_ms: u64,
        until_ms: u64,
    ) -> impl Future<Output = Result<bool, JournalError>> + Send;

    /// Lets go of the guild.
    fn release(
        &self,
        guild_id: Id<GuildMarker>,
    ) -> impl Future<Output = Result<(), JournalError>> + Send;
}
