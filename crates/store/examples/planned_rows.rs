//! How many rows a second the disk at hand can take: 256 callers, each planning one channel after
//! the other. `cargo run --release -p cordboard-store --example planned_rows -- FOLDER`

use std::{path::PathBuf, time::Duration};

use cordboard_lifecycle::{AttemptId, Registry, Row, Stage};
use cordboard_store::{Location, Store};
use futures_util::future::try_join_all;
use tokio::time::Instant;
use twilight_model::id::Id;

const CALLERS: u64 = 256;
const ROWS_EACH: u64 = 100;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder)?;
    let store = Store::open(&Location::Path(folder.path().join("rows.db"))).await?;
    let began = Instant::now();
    let callers = (0..CALLERS).map(|caller| plan(store.registry(), caller));
    let mut waits: Vec<Duration> = try_join_all(callers).await?.into_iter().flatten().collect();
    let rows_per_s = f64::from(u32::try_from(CALLERS * ROWS_EACH)?) / began.elapsed().as_secs_f64();
    waits.sort_unstable();
    let (median, last) = (waits[waits.len() / 2], waits[waits.len() * 99 / 100]);
    #[expect(clippy::print_stdout, reason = "this program is there to print it")]
    {
        println!("{rows_per_s:.0} rows/s, median {median:.1?}, p99 {last:.1?}");
    }
    Ok(())
}

async fn plan(
    registry: impl Registry,
    caller: u64,
) -> Result<Vec<Duration>, cordboard_lifecycle::RegistryError> {
    let mut waits = Vec::new();
    for number in 0..ROWS_EACH {
        // Spread like random ones, which is what costs the index most.
        let spread = (caller * ROWS_EACH + number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let attempt = (u128::from(spread) << 64) | u128::from(number);
        let began = Instant::now();
        let row = Row {
            attempt: AttemptId::from_bytes(attempt.to_be_bytes()),
            request_id: format!("request-{caller}-{number}"),
            guild_id: Id::new(7),
            stage: Stage::Planned,
            not_before_ms: 1_800_000_000_000,
            deadline_at_ms: 1_800_000_000_000,
            next_at_ms: 1_800_000_000_000,
            tries: 0,
        };
        registry.insert(row).await?;
        waits.push(began.elapsed());
    }
    Ok(waits)
}
