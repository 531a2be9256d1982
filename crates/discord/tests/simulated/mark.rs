//! A mark as the lifecycle makes them.

use cordboard_lifecycle::{AttemptId, Mark};

/// A well-formed mark; only the lifecycle can make one that it would recognise as its own.
pub(crate) fn mark() -> Mark {
    let attempt = AttemptId::from_bytes(fastrand::u128(..).to_be_bytes());
    let text = format!("~tests0.{attempt}.{}", "m".repeat(20));
    Mark::find(&text).expect("it has the shape of a mark")
}
