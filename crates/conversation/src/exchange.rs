//! One request's life, step by step.
//!
//! The numbers are those of the design's table. At each `?` and each `await` the future may be
//! dropped: what was taken until then is given back by its owner's `Drop`, the channel first of all.

use std::sync::Arc;

use cordboard_lifecycle::Opening;
use cordboard_recovery::History;
use tokio::time::Instant;

use crate::{
    AskError, Bot, MessageApi, Reply, Request,
    account::Account,
    exchanges::Switchboard,
    limits::{CREATE_FOR_MAX, LEASE_MARGIN},
    listening::{self, Line, Listening},
    post::{self, Posted},
    prompt::Prompt,
};

/// Puts the question and returns the reply that is to come. `posted` tells how far that came, also
/// when this is dropped on the way.
pub(crate) async fn ask<D: MessageApi + History>(
    switchboard: &Arc<Switchboard<D>>,
    request: &Request,
    posted: &mut Posted,
) -> Result<Reply, AskError> {
    let (discord, bots) = (&switchboard.discord, &switchboard.bots);
    let mut account = Account::new(&request.id);

    // 2. A place in the queue, then the bot that has the least to do, asked in its own way. What
    //    nobody could answer does not wait first.
    if !bots.serve(&request.model) {
        return Err(AskError::UnknownModel {
            model: request.model.clone(),
        });
    }
    let place = switchboard.admission.enter(request.deadline).await?;
    let seat = bots.seat(&request.model)?;
    let prompt = Prompt::compose(request, seat.bot())?;

    // 3, 4. A channel of its own. From here on dropping the lease is what pulls the cord.
    let opening = opening(request, seat.bot());
    let lease = switchboard
        .channels
        .open(opening)
        .await
        .map_err(|error| AskError::no_channel(error, request.deadline))?;
    account.connected(lease.channel_id(), &seat.bot().name);

    // 5. Listen first: the bot may answer before Discord has answered us.
    let events = switchboard.hub.subscribe(lease.channel_id());
    let channel_id = lease.channel_id();
    let since = Instant::now();
    let prompt_id = post::all(discord, channel_id, prompt, request.deadline, posted).await?;
    if let Some(guild_id) = switchboard.guild_id {
        // Our own message is an event, too: a gateway that does not tell it tells nothing.
        switchboard.hub.expect(guild_id, since);
    }
    account.asked();

    // 6, 7, 8. The reply drives the rest, and releases the channel when it ends or is dropped.
    let line = Line {
        lease,
        seat,
        place,
        account,
    };
    let listening = Listening::new(Arc::clone(switchboard), line, events, prompt_id, request);
    Ok(Reply::new(listening::pieces(listening)))
}

fn opening(request: &Request, bot: &Bot) -> Opening {
    let now = Instant::now();
    Opening {
        request_id: request.id.clone(),
        label: bot.name.clone(),
        tenant: request.tenant.clone(),
        deadline: request.deadline.min(now + CREATE_FOR_MAX),
        lifetime: request.deadline.saturating_duration_since(now) + LEASE_MARGIN,
    }
}
