//! The part of the driver that creates channels and keeps them while they are used.

use std::{convert::Infallible, pin::pin};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::sync::mpsc;

use crate::{
    ChannelApi, Clock, Registry, RegistryError, capacity,
    channels::Command,
    core::Core,
    limits::OPENINGS_MAX,
    opening::{keep, open},
};

/// Serves openings until the registry fails.
pub(crate) async fn run<A: ChannelApi, R: Registry, C: Clock>(
    core: &Core<A, R, C>,
    commands: &mut mpsc::Receiver<Command>,
) -> Result<Infallible, RegistryError> {
    let mut capacity = pin!(capacity::run(core));
    let mut openings = FuturesUnordered::new();
    let mut lives = FuturesUnordered::new();
    loop {
        tokio::select! {
            // What has come to something first: it makes room, and it is never more than was begun.
            biased;
            never = &mut capacity => match never {},
            Some(opened) = openings.next() => {
                if let Some(live) = opened? {
                    lives.push(keep(core, live));
                }
            }
            live = core.adopted.next() => lives.push(keep(core, live)),
            Some(ended) = lives.next() => ended?,
            Some(command) = commands.recv(), if openings.len() < OPENINGS_MAX => {
                openings.push(open(core, command));
            }
        }
    }
}
