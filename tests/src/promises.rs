//! What holds after every test, whatever it claims.

use cordboard_lifecycle::{Registry as _, Stage};
use cordboard_simulator::Violation;
use cordboard_store::Store;

use crate::World;

/// Panics with all that is wrong. Called when a virtual day has passed and the proxy has stopped.
pub(crate) async fn check(world: &World) {
    let mut violations = world.discord.check();
    if world.has_killed() {
        // What a process was told dies with it: the next one may ask for a channel that is gone.
        violations.retain(|violation| !matches!(violation, Violation::GoneChannel { .. }));
    }
    let mut wrong: Vec<String> = violations
        .iter()
        .map(|violation| format!("{violation:?}"))
        .collect();
    let store = Store::open(&world.config().store)
        .await
        .expect("the store opens again");
    let open = store.registry().open(None, usize::MAX).await;
    let mut open = open.expect("the store can be read");
    // Whatever comes of an abandoned one is still dealt with, but nothing has to.
    open.retain(|row| row.stage != Stage::Abandoned);
    if !open.is_empty() {
        let count = open.len();
        wrong.push(format!("P1: {count} rows of the registry are not settled"));
    }
    assert!(wrong.is_empty(), "after a day:\n{}", wrong.join("\n"));
}
