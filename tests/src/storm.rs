//! The storm: one Discord full of faults, people who meddle, clients who leave, a proxy that is
//! killed, for some virtual minutes (the safety phase); then everything is healed and has to
//! converge (the liveness phase). All of it is drawn from one seed, which also draws which kinds of
//! trouble exist at all: a storm of everything at once hides what two things do together.

mod checks;
mod field;
mod ledger;
mod load;
mod lookout;
mod operator;
mod others;
mod people;
mod process;
mod report;
mod rude;
mod strikes;
mod terrain;
mod weather;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use cordboard_lifecycle::{Sabotage, panic_at, seed_attempts};
use cordboard_store::sabotage::{
    Upkeep, let_former_lives_write, stall_until, take_away, work_at_once,
};
use tokio::time::{Instant, sleep};

pub use self::report::{Report, kinds};
use self::{field::Field, lookout::Lookout, people::People, weather::Weather};

/// One seed in so many has the store work with its own thread, and share its commits, as in the
/// binary. All others can be repeated to the letter.
const THREADED_EVERY: u64 = 10;

/// One seed in so many is run twice, and has to come to the same (C25).
const TWICE_EVERY: u64 = 100;

/// How long after the heal everything has to be in order at the latest, besides what Discord told us
/// to wait.
const CONVERGES_WITHIN: Duration = Duration::from_hours(2);

/// Pause between two looks at whether it is.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// How the troubles of one storm follow each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    Independent,
    /// A second strike comes within two seconds of the first.
    GapInGap,
    /// After a strike many ask at once.
    Burst,
    /// All that Discord answers comes late.
    Slow,
}

/// A safeguard that a test takes away, to see that the storm notices.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Safeguard {
    /// One of the lifecycle's.
    Lifecycle(Sabotage),
    /// That a life which another one has followed cannot write any more.
    Fencing,
    /// One of maintenance's.
    Upkeep(Upkeep),
}

// === impl Safeguard ===

impl Safeguard {
    fn of_lifecycle(safeguard: Option<Self>) -> Option<Sabotage> {
        match safeguard? {
            Self::Lifecycle(sabotage) => Some(sabotage),
            Self::Fencing | Self::Upkeep(_) => None,
        }
    }

    fn of_upkeep(safeguard: Option<Self>) -> Option<Upkeep> {
        match safeguard? {
            Self::Upkeep(upkeep) => Some(upkeep),
            Self::Lifecycle(_) | Self::Fencing => None,
        }
    }
}

/// Runs the storm of one seed, with one safeguard taken away or with all. What is wrong is in the
/// report, a panic too.
#[must_use]
pub fn run(seed: u64, safeguard: Option<Safeguard>) -> Report {
    let mut report = run_once(seed, safeguard);
    if is_run_twice(seed)
        && report.wrong.is_empty()
        && report.trace != run_once(seed, safeguard).trace
    {
        let unlike = "C25: run twice, it was not the same".to_owned();
        report.wrong.push(unlike);
    }
    report
}

/// In such a storm not many ask at once: in which order Tokio wakes those who wait for the same thing
/// is drawn from dice of its own, which nobody can load.
const fn is_run_twice(seed: u64) -> bool {
    seed % TWICE_EVERY == 1
}

fn run_once(seed: u64, safeguard: Option<Safeguard>) -> Report {
    // The product's own dice are the thread's.
    fastrand::seed(seed);
    seed_attempts(Some(seed));
    work_at_once(works_at_once(seed));
    stall_until(None);
    let_former_lives_write(safeguard == Some(Safeguard::Fencing));
    take_away(Safeguard::of_upkeep(safeguard));
    let report = catch_unwind(AssertUnwindSafe(|| storm(seed, safeguard)));
    panic_at(None);
    let_former_lives_write(false);
    take_away(None);
    work_at_once(false);
    seed_attempts(None);
    report.unwrap_or_else(|panic| Report::of_panic(panic.as_ref()))
}

/// Whether somebody uses the maintenance binary in the storm of this seed.
#[must_use]
pub fn has_operator(seed: u64) -> bool {
    operator::is_there(seed, None)
}

/// Whether the store of this storm works on the storm's own thread.
const fn works_at_once(seed: u64) -> bool {
    !seed.is_multiple_of(THREADED_EVERY)
}

fn storm(seed: u64, safeguard: Option<Safeguard>) -> Report {
    let lookout = Lookout::default();
    let looks = lookout.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .on_thread_park(move || looks.look())
        .build()
        .expect("a runtime can be built");
    runtime.block_on(async {
        let mut field = Field::new(seed, safeguard, works_at_once(seed), lookout).await;
        field.revive().await;
        let mut troubles = Troubles::draw(seed, &mut field);
        safety(&mut field, &mut troubles).await;
        heal(&mut field).await;
        let told = field.operator.as_ref().map(|operator| operator.told_max);
        let told_max = troubles.told_max.max(told.unwrap_or_default());
        let converged_in = liveness(&mut field, told_max).await;
        field.report(&troubles.counted(), converged_in)
    })
}

/// What goes wrong outside of the proxy.
struct Troubles {
    mode: Mode,
    weather: Weather,
    people: People,
    /// The longest wait that Discord told.
    told_max: Duration,
}

// === impl Troubles ===

impl Troubles {
    fn draw(seed: u64, field: &mut Field) -> Self {
        let dice = &mut field.dice;
        let mode = match dice.u32(0..8) {
            0..=4 => Mode::Independent,
            6 if !is_run_twice(seed) => Mode::Burst,
            7 => Mode::Slow,
            _ => Mode::GapInGap,
        };
        let weather = Weather::draw(dice, mode == Mode::Slow);
        weather.arm(&field.discord);
        let mut people = People::draw(dice);
        if field.terrain.has("with: degraded ownership") && dice.u32(0..4) > 0 {
            people.hide_log(&field.discord);
        }
        Self {
            mode,
            told_max: weather.told_max.max(field.terrain.told_max),
            weather,
            people,
        }
    }

    /// Discord's weather changes, or worsens for a moment.
    fn blow(&mut self, field: &mut Field) {
        if field.dice.u32(0..10) < 3 {
            self.weather = Weather::draw(&mut field.dice, self.mode == Mode::Slow);
            field.discord.clear_faults();
            self.weather.arm(&field.discord);
        } else {
            self.weather.shake(&field.discord, &mut field.dice);
        }
        self.told_max = self.told_max.max(self.weather.told_max);
    }

    /// How often people did what, and how it all came together.
    fn counted(&self) -> BTreeMap<String, u64> {
        let acted = self.people.acted.iter();
        let acted = acted.map(|(kind, count)| (format!("people: {kind:?}"), *count));
        let mode = (format!("mode: {:?}", self.mode), 1);
        acted.chain([mode]).collect()
    }
}

/// Trouble, in which only what must never happen is looked for.
async fn safety(field: &mut Field, troubles: &mut Troubles) {
    let lasts = Duration::from_secs(field.dice.u64(60..300));
    let end = Instant::now() + lasts;
    let asks_max = field.dice.usize(3..25);
    while Instant::now() < end && field.wrong.is_empty() {
        sleep(Duration::from_millis(field.dice.u64(20..4_000))).await;
        let has_struck = match field.dice.u32(0..100) {
            0..50 if field.load.asked < asks_max => {
                field.ask();
                false
            }
            50..65 => {
                troubles.people.meddle(field);
                false
            }
            65..75 => {
                troubles.blow(field);
                true
            }
            75..82 => {
                field.strike_process().await;
                true
            }
            _ => false,
        };
        if has_struck && troubles.mode == Mode::GapInGap {
            strike_again(field, troubles).await;
        }
        if has_struck && troubles.mode == Mode::Burst && field.load.asked < 2 * asks_max {
            field.ask_at_once().await;
        }
        field.operate().await;
        field.revive().await;
        field.watch();
    }
}

/// The second blow, while the first is still being dealt with.
async fn strike_again(field: &mut Field, troubles: &mut Troubles) {
    field.revive().await;
    sleep(Duration::from_millis(field.dice.u64(0..2_000))).await;
    if field.dice.bool() {
        troubles.blow(field);
    } else {
        field.strike_process().await;
    }
}

/// Discord is well again, people have put back what they can, and a proxy runs.
async fn heal(field: &mut Field) {
    field.discord.clear_faults();
    panic_at(None);
    people::put_back(&field.discord);
    field.kill_hand().await;
    // Requests that were let in before may still act: the longest delay that was drawn. A process
    // that began before may end for what it met then, and for no longer.
    sleep(weather::LATE_MAX + Duration::from_secs(30)).await;
    field.revive().await;
    field.is_healed = true;
}

/// Everything has to come to rest, and the proxy to stop well.
async fn liveness(field: &mut Field, told_max: Duration) -> Duration {
    let began = Instant::now();
    let mut open = Vec::new();
    while began.elapsed() < CONVERGES_WITHIN + told_max && field.wrong.is_empty() {
        field.revive().await;
        field.release().await;
        field.unprotect().await;
        field.watch();
        open = field.unsettled();
        if open.is_empty() {
            break;
        }
        sleep(LOOK_EVERY).await;
    }
    let converged_in = began.elapsed();
    if field.wrong.is_empty() {
        field.wrong.append(&mut open);
    }
    if field.wrong.is_empty() && field.operator.is_some() {
        field.bring_to_an_end(told_max).await;
        let open = field.unsettled();
        field.wrong.extend(open);
    }
    field.load.abandon();
    field.stop().await;
    field.watch();
    field.settle();
    converged_in
}
