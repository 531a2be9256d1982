//! Looking until Discord has proved that a channel is gone.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Debt, debt::Next, delete::park, unanswered};
use crate::{
    ChannelApi, Clock, Event, Failure, GuildApi, Kind, Presence, Registry, RegistryError, Stage,
    core::Core,
    kp,
    limits::{
        ABSENCES_NEEDED, CALL_TIMEOUT, DOUBTS_MAX, LOOK_AFTER_ACCEPTED, LOOK_APART_UNACCEPTED,
        LOOKS_STILL_HERE_MAX,
    },
};

/// Why a thread is put aside of which nobody knows whether it is gone.
#[derive(Debug, thiserror::Error)]
#[error("discord says that there is no such thread, and its list of threads does not agree")]
struct Doubtful;

/// Looks once; `None` when the debt is settled.
///
/// A deletion that Discord accepted needs one absence. Where Discord has only ever said that there is
/// no such channel, a replica that lags may have said so: then it has to say so again a minute later,
/// and the guild's list of channels, or of active threads, is asked too.
pub(super) async fn look<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    mut debt: Debt,
    absences: u8,
    still_here: u8,
) -> Result<Option<Debt>, RegistryError> {
    let Some(owned) = debt.row.stage.owned() else {
        return Ok(None);
    };
    let began = Instant::now();
    let seen = unanswered(timeout(CALL_TIMEOUT, core.api.look(owned.channel_id)).await);
    kp!("lifecycle.look.answered");
    debt.hidden = match seen {
        Ok(Presence::Hidden) => Some(Instant::now()),
        Ok(Presence::Here) => None,
        _ => debt.hidden,
    };
    if let Ok(Presence::Here | Presence::Hidden) = seen {
        debt.doubts = 0;
    }
    let again = Next::Look {
        absences,
        still_here,
    };
    let debt = match seen {
        // Whether Discord says 10003 for a channel that it hides from us is not known: absence is
        // believed only once it has lasted, and meanwhile there is nothing to ask.
        Ok(Presence::Absent) if debt.believed_in() > Duration::ZERO => {
            let believed_in = debt.believed_in();
            Debt {
                failed: Some(Instant::now()),
                ..debt.after(believed_in, again)
            }
        }
        Ok(Presence::Absent) if absences + 1 < ABSENCES_NEEDED => {
            let next = Next::Look {
                absences: absences + 1,
                still_here,
            };
            let apart = debt.looks_apart();
            debt.after(apart, next)
        }
        Ok(Presence::Absent) if debt.is_accepted => return gone(core, &debt).await,
        Ok(Presence::Absent) => return doubted(core, debt, again, began).await,
        // An accepted deletion takes a moment to show; one whose answer was lost may not have
        // happened.
        Ok(Presence::Here | Presence::Hidden)
            if debt.is_accepted && still_here + 1 < LOOKS_STILL_HERE_MAX =>
        {
            let next = Next::Look {
                absences,
                still_here: still_here + 1,
            };
            debt.after(LOOK_AFTER_ACCEPTED, next)
        }
        Ok(Presence::Here | Presence::Hidden) => still_there(core, debt).await?,
        Err(failure) => debt.after_failure(&core.switches, &failure, again),
    };
    Ok(Some(debt))
}

/// Discord says again that there is none, and has never said that it deleted it: what its list says
/// decides, unless it never agrees.
async fn doubted<A: ChannelApi + GuildApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    mut debt: Debt,
    again: Next,
    began: Instant,
) -> Result<Option<Debt>, RegistryError> {
    let Some(owned) = debt.row.stage.owned() else {
        return Ok(None);
    };
    let (guild_id, channel) = (debt.row.guild_id, (debt.row.kind, owned.channel_id));
    let shows = core.roll.shows(&core.api, guild_id, channel, began).await;
    if let Ok(true) | Err(Failure::Never { .. }) = shows {
        debt.doubts = debt.doubts.saturating_add(1);
    }
    let debt = match shows {
        Ok(false) => return gone(core, &debt).await,
        Ok(true) | Err(Failure::Never { .. }) if debt.doubts >= DOUBTS_MAX => {
            return match debt.row.kind {
                Kind::Text => gone(core, &debt).await,
                // No sweep lists threads: nobody would look again.
                Kind::Thread => park(core, debt, &Doubtful).await,
            };
        }
        Ok(true) => still_there(core, debt).await?,
        Err(failure @ Failure::Never { .. }) => debt
            .after_failure(&core.switches, &failure, again)
            .after(LOOK_APART_UNACCEPTED, again),
        Err(failure) => debt.after_failure(&core.switches, &failure, again),
    };
    Ok(Some(debt))
}

/// It is to be deleted again. On record, so that the next life does not take the former answer for a
/// proof either.
async fn still_there<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    mut debt: Debt,
) -> Result<Debt, RegistryError> {
    debt.is_accepted = false;
    if let Stage::Verifying(_) = debt.row.stage {
        let (attempt, tries) = (debt.row.attempt, debt.row.tries);
        debt.row = core
            .step_with(attempt, Event::Rearmed, Duration::ZERO, tries, None)
            .await?
            .row;
    }
    Ok(debt.again(Next::Delete))
}

/// Discord has proved it.
async fn gone<A, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    debt: &Debt,
) -> Result<Option<Debt>, RegistryError> {
    let attempt = debt.row.attempt;
    core.step(attempt, Event::Absent, Duration::ZERO).await?;
    kp!("lifecycle.look.recorded");
    tracing::debug!(channel.id = ?debt.row.stage.channel_id(), "a channel is gone");
    Ok(None)
}
