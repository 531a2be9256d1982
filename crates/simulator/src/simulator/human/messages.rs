//! What people do to messages.

use super::{Simulator, accepted, id_of};
use crate::{
    shared::Shared,
    world::{ApiError, MessagePatch, ThreadDraft},
};

/// `PUBLIC_THREAD`.
const PUBLIC_THREAD: u64 = 11;

/// The acts of the human on messages. Each panics when Discord refuses it: the human owns the guild,
/// so it is the test that is wrong, unless the guild is in an outage.
impl Simulator {
    /// Changes what the human said.
    ///
    /// # Panics
    ///
    /// When Discord refuses it.
    pub fn edit(&self, channel_id: u64, message_id: u64, content: &str) {
        accepted(edit(&self.shared, channel_id, message_id, content));
    }

    /// Deletes a message, whoever wrote it.
    ///
    /// # Panics
    ///
    /// When Discord refuses it.
    pub fn delete_message(&self, channel_id: u64, message_id: u64) {
        accepted(delete(&self.shared, channel_id, message_id));
    }

    /// Starts a public thread; answers its id.
    ///
    /// # Panics
    ///
    /// When Discord refuses it.
    #[expect(
        clippy::must_use_candidate,
        reason = "the id is a by-product of starting"
    )]
    pub fn start_thread(&self, channel_id: u64, name: &str) -> u64 {
        accepted(start_thread(&self.shared, channel_id, name))
    }
}

pub(crate) fn edit(
    shared: &Shared,
    channel_id: u64,
    message_id: u64,
    content: &str,
) -> Result<(), ApiError> {
    let actor = shared.config.human.user_id;
    let patch = MessagePatch {
        content: Some(content.to_owned()),
        ..MessagePatch::default()
    };
    shared.change(|world| {
        world
            .edit_message(actor, channel_id, message_id, patch)
            .map(drop)
    })
}

pub(crate) fn delete(shared: &Shared, channel_id: u64, message_id: u64) -> Result<(), ApiError> {
    let actor = shared.config.human.user_id;
    shared.change(|world| world.delete_message(actor, channel_id, message_id, None))
}

pub(crate) fn start_thread(shared: &Shared, channel_id: u64, name: &str) -> Result<u64, ApiError> {
    let actor = shared.config.human.user_id;
    let draft = ThreadDraft {
        name: name.to_owned(),
        kind: Some(PUBLIC_THREAD),
        ..ThreadDraft::default()
    };
    let started = shared.change(|world| world.start_thread(actor, channel_id, draft, None))?;
    Ok(id_of(&started))
}
