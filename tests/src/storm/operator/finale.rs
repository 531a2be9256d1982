//! How everything comes to its end once Discord is well.

use std::time::Duration;

use cordboard_lifecycle::Clock as _;
use tokio::time::{Instant, sleep};

use super::{Operator, errand::Command, life::End};
use crate::storm::field::Field;

/// No command takes longer once Discord is well: adopting waits for ten minutes in which nothing goes.
const ENDS_WITHIN: Duration = Duration::from_mins(15);

/// Between two due times there is a moment in which nothing is under way.
const SILENT_FOR: Duration = Duration::from_mins(3);

/// The pause between two looks at the end.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// What a command says that Discord keeps waiting, or whose order or reading it keeps waiting.
const LIMITED: [&str; 3] = ["rate limited", "it took more than", "not read"];

/// How long schedules are served in peace at the end.
const PEACE: Duration = Duration::from_mins(16);

// === impl Operator ===

impl Operator {
    /// Discord is well: all that was begun has to come to its end, and schedules to be kept.
    pub(super) async fn come_to_an_end(&mut self, told_max: Duration, field: &mut Field) {
        self.kill_hand(field).await;
        self.end_daemon(1, true, field).await;
        if self.daemons[0].is_none() {
            self.serve(0, field);
        }
        for command in [
            Command::ResumeRoles,
            Command::RemoveRoles,
            Command::Adopt,
            Command::Sweep,
            Command::Backfill,
            Command::Export,
            Command::Audit,
            Command::List,
            Command::Status,
            Command::Budget,
        ] {
            let is_void = match command {
                Command::Adopt => field.keeps(),
                Command::Backfill | Command::Export => !self.house.records,
                Command::Status => field.process.address().is_none(),
                _ => false,
            };
            if is_void {
                continue;
            }
            let (mut end, mut words) = self.carry_out(command, field).await;
            let is_limited = LIMITED.iter().any(|limited| words.contains(limited));
            if end == End::Refused && is_limited && !told_max.is_zero() {
                // Discord has told the proxy for how long, while the storm raged; it waits for some more.
                self.wait(told_max * 6 / 5, field).await;
                (end, words) = self.carry_out(command, field).await;
            }
            if end != End::Done && field.wrong.is_empty() {
                let wrong = format!("C29: {command:?}, with all well: {end:?} {words}");
                field.wrong.push(wrong);
            }
        }
        self.wait(PEACE, field).await;
        // A bot that says nothing is waited for.
        let until = Instant::now() + SILENT_FOR;
        while Instant::now() < until && !self.is_at_rest(field) {
            sleep(Duration::from_secs(1)).await;
        }
        // What comes to be due while they stop is nobody's any more.
        let rested_ms = field.clock.wall_clock().now_ms();
        for place in 0..self.daemons.len() {
            self.end_daemon(place, true, field).await;
        }
        if field.wrong.is_empty() {
            self.settle(rested_ms, field);
        }
    }

    /// Takes back what was said to protect channels, each by a command of its own.
    pub(super) async fn take_back(&mut self, field: &mut Field) {
        let left = |field: &Field| field.said.lock().may_be_protected.len();
        if left(field) == 0 {
            return;
        }
        let mut before = usize::MAX;
        while (1..before).contains(&left(field)) && field.wrong.is_empty() {
            before = left(field);
            self.carry_out(Command::Unprotect, field).await;
        }
        if left(field) == 0 {
            // What was parked because of it is tried again in hours, or now.
            self.carry_out(Command::Sweep, field).await;
        }
    }

    /// Gives a command and waits until it has done what it was told: how it ended, and what it said.
    async fn carry_out(&mut self, command: Command, field: &mut Field) -> (End, String) {
        self.give(command, None, field);
        let until = Instant::now() + ENDS_WITHIN;
        while Instant::now() < until
            && self
                .hand
                .as_ref()
                .is_some_and(|hand| !hand.task.is_finished())
        {
            sleep(Duration::from_secs(1)).await;
            field.revive().await;
            field.watch();
            self.look_at_daemons(field).await;
        }
        let hand = self.hand.take().expect("it was given");
        hand.task.abort();
        self.has_ended(hand, field).await
    }

    /// Looks on for a while.
    async fn wait(&mut self, time: Duration, field: &mut Field) {
        let until = Instant::now() + time;
        while Instant::now() < until && field.wrong.is_empty() {
            sleep(LOOK_EVERY).await;
            field.revive().await;
            field.watch();
            self.look(field).await;
        }
    }
}
