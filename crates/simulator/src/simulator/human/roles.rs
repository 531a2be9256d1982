//! What people do to roles.

use super::{Simulator, id_of};
use crate::{
    HumanAct,
    shared::Shared,
    world::{ApiError, RolePatch, World},
};

/// The acts of the human on roles. Each panics when Discord refuses it.
impl Simulator {
    /// Creates a role just above `@everyone` that grants nothing; answers its id.
    ///
    /// # Panics
    ///
    /// When the guild has all the roles it can have.
    #[expect(
        clippy::must_use_candidate,
        reason = "the id is a by-product of creating"
    )]
    pub fn create_role(&self, name: &str) -> u64 {
        let name = name.to_owned();
        let made = self.act(HumanAct::CreateRole { name });
        made.expect("a role that was made has an id")
    }

    /// Deletes a role in the way that the configuration says. A scan ends in the background only
    /// for requests; this one ends with the next request after its time.
    ///
    /// # Panics
    ///
    /// When there is no such role, or it is managed.
    pub fn delete_role(&self, role_id: u64) {
        self.act(HumanAct::DeleteRole { role_id });
    }

    /// Gives a role to a member.
    ///
    /// # Panics
    ///
    /// When there is no such role or no such member, or the role is managed.
    pub fn give_role(&self, user_id: u64, role_id: u64) {
        self.act(HumanAct::GiveRole { user_id, role_id });
    }
}

/// What has come of it.
impl Simulator {
    /// How many members hold a role now.
    #[must_use]
    pub fn role_holders(&self, role_id: u64) -> u64 {
        self.shared.world.lock().role_holders(role_id)
    }
}

/// Creates a role.
pub(crate) fn create(shared: &Shared, name: String) -> Result<u64, ApiError> {
    let (actor, guild_id) = (shared.config.human.user_id, shared.config.guild.id);
    let patch = RolePatch {
        name: Some(name),
        permissions: Some(0),
        ..RolePatch::default()
    };
    let made = shared.change(|world| world.create_role(actor, guild_id, patch, None))?;
    Ok(id_of(&made))
}

/// Deletes a role.
pub(crate) fn delete(shared: &Shared, role_id: u64) -> Result<(), ApiError> {
    let (actor, guild_id) = (shared.config.human.user_id, shared.config.guild.id);
    shared.change(|world| {
        World::settle(world);
        world.delete_role(actor, guild_id, role_id, None)
    })?;
    Ok(())
}

/// Gives a role to a member.
pub(crate) fn give(shared: &Shared, user_id: u64, role_id: u64) -> Result<(), ApiError> {
    let (actor, guild_id) = (shared.config.human.user_id, shared.config.guild.id);
    shared
        .change(|world| world.set_member_role(actor, guild_id, user_id, (role_id, true), None))?;
    Ok(())
}
