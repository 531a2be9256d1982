//! What has to be true in the end, whatever happened: asked of the simulator and of the record,
//! and of nothing that the driver says.

use std::time::Duration;

use cordboard_lifecycle::{Registry as _, Row, Stage};
use cordboard_simulator::{Truth, Violation};
use tokio::time::{Instant, sleep};

use super::{human::Act, run::World};

/// How often the oracle looks whether all is settled, by how long that has taken.
const LOOKS: [(Duration, Duration); 3] = [
    (Duration::from_mins(2), Duration::from_secs(5)),
    (Duration::from_mins(30), Duration::from_mins(1)),
    (SETTLED_AFTER_MAX, Duration::from_mins(5)),
];

/// A channel that was parked twice waits for an hour, and one that was hidden has to be absent for
/// another; the rest is slack.
const SETTLED_AFTER_MAX: Duration = Duration::from_hours(4);

/// Longer than the pause between two sweeps: what carries a copy of a mark is seen.
const A_SWEEP: Duration = Duration::from_mins(16);

/// The longest delay of a creation. Until it has come to pass there is nothing to judge.
const LATE_MAX: Duration = Duration::from_mins(3);

/// Waits until all is settled, and judges.
pub(crate) async fn judge(world: &mut World) -> Result<(), String> {
    if world.case.post.name.ends_with("late") {
        sleep(LATE_MAX).await;
    }
    let began = Instant::now();
    while let Err(unsettled) = settled(world).await {
        let elapsed = began.elapsed();
        let Some((_, pause)) = LOOKS.iter().find(|(until, _)| elapsed < *until) else {
            return Err(format!("{unsettled}, after {elapsed:?}"));
        };
        if let Some(ended) = world.ended() {
            return Err(format!("the driver ended: {ended}"));
        }
        sleep(*pause).await;
    }
    let act = world.case.human.map(|human| human.act);
    if let Some(Act::CopyTopic | Act::GiveTopic) = act {
        sleep(A_SWEEP).await;
    }
    settled(world).await?;
    honest(world)
}

/// No channel of ours is there, and every row says how it ended.
async fn settled(world: &World) -> Result<(), String> {
    let truth = world.discord.truth();
    let me = truth.user_id;
    let channels = truth.channels.iter();
    let mut alive = channels.filter(|channel| channel.creator_id == me && channel.alive);
    if let Some(leak) = alive.next() {
        return Err(format!("a leak: {leak:?}"));
    }
    let rows = world.registry.open(None, usize::MAX).await;
    let rows = rows.expect("memory does not fail");
    match rows.iter().find(|row| !is_settled(row, &truth)) {
        Some(row) => Err(format!("an unsettled row: {row:?}")),
        None => Ok(()),
    }
}

fn is_settled(row: &Row, truth: &Truth) -> bool {
    match row.stage {
        Stage::NotCreated
        | Stage::Abandoned
        | Stage::Disowned(_)
        | Stage::Kept(_)
        | Stage::Gone(_) => true,
        Stage::Quarantined(channel_id) => {
            let mut channels = truth.channels.iter();
            channels.any(|channel| {
                channel.id == channel_id.get()
                    && channel.alive
                    && channel.creator_id != truth.user_id
            })
        }
        Stage::Planned
        | Stage::Unknown
        | Stage::Live(_)
        | Stage::Condemned(_)
        | Stage::Verifying(_)
        | Stage::Parked(_) => false,
    }
}

/// No rule was broken on the way.
fn honest(world: &mut World) -> Result<(), String> {
    if let Some(ended) = world.ended() {
        return Err(format!("the driver ended: {ended}"));
    }
    let broken = world.fuse.broken();
    if !broken.is_empty() {
        return Err(broken.join("; "));
    }
    let truth = world.discord.truth();
    let me = truth.user_id;
    let mut foreign = truth
        .channels
        .iter()
        .filter(|channel| channel.creator_id != me);
    if let Some(channel) = foreign.find(|channel| !channel.alive) {
        return Err(format!("a foreign channel is gone: {channel:?}"));
    }
    // What the former life was told, the new one cannot know.
    let is_forgiven = |violation: &Violation| match violation {
        Violation::GoneChannel { told_ms, .. } | Violation::ClosedDoor { told_ms, .. } => {
            *told_ms <= world.died_ms
        }
        _ => false,
    };
    let violations = world.discord.check();
    match violations.iter().find(|seen| !is_forgiven(seen)) {
        Some(violation) => Err(format!("a rule was broken: {violation:?}")),
        None => Ok(()),
    }
}
