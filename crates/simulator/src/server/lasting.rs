//! Work that takes longer than a moment, and the load balancer that may not wait for it
//! (discord-facts 5).

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{front::Front, wording};
use crate::{rest::Answer, shared::Shared, world::World};

/// Sees to it that the work is finished at its time, whoever still waits for it.
pub(super) fn finish(front: &Front, answer: &Answer) {
    let Some(due_ms) = answer.due_ms else { return };
    let shared = Arc::clone(&front.shared);
    front.tasks.start(async move {
        sleep(shared.clock.until(due_ms)).await;
        shared.change(World::settle);
    });
}

/// Waits for the work, and answers; or for the load balancer, which answers 504.
pub(super) async fn outlast(shared: &Shared, answer: Answer) -> Answer {
    let Some(due_ms) = answer.due_ms else {
        return answer;
    };
    let wait = shared.clock.until(due_ms);
    let patience = Duration::from_millis(shared.config.guild.role_deletion_timeout_ms);
    sleep(wait.min(patience)).await;
    if wait > patience {
        return wording::html(504);
    }
    shared.change(World::settle);
    answer
}
