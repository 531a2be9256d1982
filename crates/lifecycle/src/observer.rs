//! The part of the driver that listens to the gateway.

use std::{convert::Infallible, sync::atomic::Ordering};

use tokio::sync::mpsc;

use crate::{Clock, Condition, Observed, Registry, RegistryError, core::Core};

/// Turns what the gateway tells into work for the other parts. What was not told is found by
/// looking, so nothing here has to be certain.
pub(crate) async fn run<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    observed: &mut mpsc::Receiver<Observed>,
) -> Result<Infallible, RegistryError> {
    while let Some(observed) = observed.recv().await {
        if core.switches.has_lapsed.swap(false, Ordering::Relaxed) {
            hear(core, Observed::Lapsed);
        }
        hear(core, observed);
    }
    // Nobody can tell us anything any more, and there is nothing to do about it.
    std::future::pending().await
}

fn hear<A, R, C: Clock>(core: &Core<A, R, C>, observed: Observed) {
    let conditions = &core.switches.conditions;
    match observed {
        Observed::Created(shown) => {
            core.capacity.shown(&shown);
            let channel_id = shown.channel_id;
            core.time.heard(channel_id);
            let topic = shown.topic.as_deref();
            let attempt = topic.and_then(|topic| core.marks.recognise(topic));
            if attempt.is_some_and(|attempt| !core.is_in_flight(attempt))
                && core.known(channel_id).is_none()
            {
                core.scan_soon.notify_one();
            }
        }
        Observed::Deleted(channel_id) => {
            core.capacity.deleted(channel_id);
            if core.known(channel_id).is_some() {
                core.deleted.put(channel_id);
            }
        }
        Observed::Logged(creation) => {
            let attempt = core.attempt_of(&creation);
            // What is in flight or known needs no evidence from here; what is in quarantine does.
            let needs_it = core.known(creation.channel_id).is_none()
                || core.is_quarantined(creation.channel_id);
            if needs_it && attempt.is_some_and(|attempt| !core.is_in_flight(attempt)) {
                core.logged.put(creation);
            }
        }
        Observed::Updated(shown) => {
            core.capacity.shown(&shown);
            // What hangs on it, or is to be created in it, goes by its permissions.
            if core.settings.hosts(shown.channel_id) {
                changed(core);
            } else if core.known(shown.channel_id).is_some() {
                core.updated.put(shown.channel_id);
            }
        }
        Observed::Changed => changed(core),
        Observed::Resumed(hidden) => core.capacity.resumed(&hidden),
        Observed::Arrived(channels) => {
            core.capacity.arrived(&channels);
            conditions.end(Condition::GuildAway);
            changed(core);
            core.sweep_soon.notify_one();
        }
        Observed::Left { unavailable } => conditions.begin(
            Condition::GuildAway,
            if unavailable {
                "discord says that the guild is unavailable"
            } else {
                "the bot is not a member of the guild any more; invite it again"
            },
        ),
        Observed::Lapsed => {
            changed(core);
            core.sweep_soon.notify_one();
        }
    }
}

/// Permissions, or what the guild uses a channel for, may be others now.
fn changed<A, R, C>(core: &Core<A, R, C>) {
    core.special.forget();
    core.rearm.notify_one();
    core.allowed.notify_one();
    core.capacity.allowed();
}
