//! What people do to messages.

use super::{Simulator, accepted, id_of};
use crate::{
    HumanAct,
    shared::Shared,
    world::{ApiError, MessagePatch, NewMessage, ThreadDraft},
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

    /// Starts a public thread, or, in a forum, a post, whose first message is its name; answers its id.
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

/// Does one of the acts on messages; answers the id of what was made.
pub(crate) fn perform(shared: &Shared, act: HumanAct) -> Result<Option<u64>, ApiError> {
    match act {
        HumanAct::Say {
            channel_id,
            content,
        } => {
            let user_id = shared.config.human.user_id;
            super::say(shared, user_id, channel_id, &content).map(Some)
        }
        HumanAct::EditMessage {
            channel_id,
            message_id,
            content,
        } => edit(shared, channel_id, message_id, &content).map(|()| None),
        HumanAct::DeleteMessage {
            channel_id,
            message_id,
        } => delete(shared, channel_id, message_id).map(|()| None),
        HumanAct::SetPinned {
            channel_id,
            message_id,
            pinned,
        } => {
            let actor = shared.config.human.user_id;
            let place = (channel_id, message_id);
            shared.change(|world| world.set_pinned(actor, place, pinned, None))
        }
        HumanAct::StartThread { channel_id, name } => {
            start_thread(shared, channel_id, &name).map(Some)
        }
        other => unreachable!("{other:?} is no act on messages"),
    }
}

fn edit(shared: &Shared, channel_id: u64, message_id: u64, content: &str) -> Result<(), ApiError> {
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

fn delete(shared: &Shared, channel_id: u64, message_id: u64) -> Result<(), ApiError> {
    let actor = shared.config.human.user_id;
    shared.change(|world| world.delete_message(actor, channel_id, message_id, None))
}

fn start_thread(shared: &Shared, channel_id: u64, name: &str) -> Result<u64, ApiError> {
    let actor = shared.config.human.user_id;
    let draft = ThreadDraft {
        name: name.to_owned(),
        kind: Some(PUBLIC_THREAD),
        message: Some(NewMessage::text(name)),
        ..ThreadDraft::default()
    };
    let started = shared.change(|world| world.start_thread(actor, channel_id, draft, None))?;
    Ok(id_of(&started))
}
