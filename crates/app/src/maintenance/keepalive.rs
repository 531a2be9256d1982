//! `keepalive run` and `keepalive list`.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use cordboard_lifecycle::Clock as _;
use cordboard_store::KeptAlive;
use cordboard_upkeep::{KeepAlive, Occasion, Outcome, Report, keep_alive_job};
use jiff::Timestamp;
use serde::Serialize;

use super::{Maintenance, Progress, Watcher, daybook_failed};
use crate::{
    Failed,
    alerts::KnownBots,
    config::KeptBot,
    limits::KEEPALIVES_LISTED,
    upkeep::{self, VisitingRooms, Visits},
};

/// What came of keeping one bot alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeepAliveReport {
    /// The bot's name.
    pub bot: String,
    /// `answered`, `limit_reached`, `wrong_answer`, `silent`, `upstream`, `forbidden` or `no_channel`.
    pub outcome: &'static str,
    /// From our message to its own, by Discord's clock.
    pub latency_ms: Option<u64>,
    /// The channel that the outcome is from.
    pub channel_id: Option<String>,
    /// All of it in a sentence, the other channels included.
    pub detail: String,
}

/// How one bot that is kept alive stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeepAliveStanding {
    /// The bot's name.
    pub bot: String,
    /// Whether it is kept alive on a schedule.
    pub enabled: bool,
    /// Its channels, in order.
    pub channel_ids: Vec<String>,
    /// Its schedule, with the time zone.
    pub schedule: String,
    /// When it is spoken to next, in UTC (RFC 3339): `None` if it is not, or nobody has served its
    /// schedule yet.
    pub next: Option<String>,
    /// What came of the last times, the newest first.
    pub last: Vec<KeptAliveOnce>,
}

/// What came of one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeptAliveOnce {
    /// When that was known, in UTC (RFC 3339).
    pub at: String,
    /// As in [`KeepAliveReport::outcome`].
    pub outcome: &'static str,
    /// As in [`KeepAliveReport::latency_ms`].
    pub latency_ms: Option<u64>,
    /// It in a sentence.
    pub detail: String,
}

// === impl Maintenance ===

impl Maintenance {
    /// Keeps bots alive now: those of these names, or all that are kept alive on a schedule.
    ///
    /// # Errors
    /// When the daybook cannot be used, or Discord refuses the token. What a name that no bot has comes to is in `Ok(Err(name))`.
    pub async fn keepalive_run(
        &self,
        names: &[String],
        watcher: Watcher<'_>,
    ) -> Result<Result<Vec<KeepAliveReport>, String>, Failed> {
        let bots = match self.chosen(names) {
            Ok(bots) => bots,
            Err(unknown) => return Ok(Err(unknown)),
        };
        if !bots.is_empty() {
            let names: Vec<_> = bots.iter().map(|bot| bot.bot.as_str()).collect();
            let names = names.join(", ");
            self.teller
                .tell(&format!("speaking to {names}, and waiting for the answers"));
        }
        let daybook = self.daybook().await?;
        let (discord, clock) = (self.discord.clone(), self.clock.clone());
        let visits = Visits::default();
        let rooms = VisitingRooms::new(self.clone(), visits.clone());
        let alert_box = self.alert_box();
        let keeper = upkeep::keeper(
            &self.config,
            discord,
            &daybook,
            clock,
            &self.actor,
            Arc::new(rooms),
            alert_box.clone(),
        );
        // A time of its own, so that it is none of the schedule's.
        let due_ms = self.clock.now_ms();
        let occasion = |bot: &KeepAlive| Occasion {
            job: format!("keepalive/{}/by hand", bot.bot),
            due_ms,
        };
        let (done, total) = (AtomicU64::new(0), u64::try_from(bots.len()).ok());
        let told = |report: &Report| {
            watcher(Progress {
                done: done.fetch_add(1, Ordering::Relaxed) + 1,
                total,
                message: report.to_string(),
            });
        };
        let reports = keeper.keep_all(&bots, occasion, told).await;
        visits.left().await;
        alert_box
            .end_former_bots(&KnownBots::of(&self.config))
            .await;
        alert_box.deliver_now().await;
        let is_in_doubt = reports
            .iter()
            .any(|report| matches!(report.outcome, Outcome::Upstream { .. }));
        if is_in_doubt && let Some(refused) = self.refusal().await {
            return Err(refused);
        }
        Ok(Ok(reports.iter().map(KeepAliveReport::from).collect()))
    }

    /// How the bots stand that are kept alive.
    ///
    /// # Errors
    /// When the daybook cannot be used.
    pub async fn keepalive_list(&self) -> Result<Vec<KeepAliveStanding>, Failed> {
        let (daybook, now_ms) = (self.daybook().await?, self.clock.now_ms());
        let mut standings = Vec::with_capacity(self.config.upkeep.bots.len());
        for KeptBot {
            enabled,
            schedule,
            bot,
        } in &self.config.upkeep.bots
        {
            let job = keep_alive_job(&bot.bot);
            let standing = daybook.standing_of(&job, now_ms).await;
            let since_ms = standing
                .map_err(daybook_failed)?
                .filter(|_| *enabled)
                .map(|standing| standing.since_ms);
            let next_ms = since_ms.and_then(|since_ms| schedule.next_after(since_ms));
            let kept = daybook.kept_alive(&bot.bot, KEEPALIVES_LISTED).await;
            standings.push(KeepAliveStanding {
                bot: bot.bot.clone(),
                enabled: *enabled,
                channel_ids: bot.channel_ids.iter().map(ToString::to_string).collect(),
                schedule: schedule.to_string(),
                next: next_ms.map(|due_ms| moment(schedule.fires_at(&job, due_ms))),
                last: kept
                    .map_err(daybook_failed)?
                    .iter()
                    .map(KeptAliveOnce::from)
                    .collect(),
            });
        }
        Ok(standings)
    }

    /// The bots of these names, or a name that no bot has.
    fn chosen(&self, names: &[String]) -> Result<Vec<KeepAlive>, String> {
        let all = &self.config.upkeep.bots;
        if names.is_empty() {
            let enabled = all.iter().filter(|kept| kept.enabled);
            return Ok(enabled.map(|kept| kept.bot.clone()).collect());
        }
        let of_name = |name: &String| {
            let found = all.iter().find(|kept| kept.bot.bot == *name);
            found.map(|kept| kept.bot.clone()).ok_or(name.clone())
        };
        names.iter().map(of_name).collect()
    }
}

/// A time as people and programs write it, to the second.
fn moment(ms: u64) -> String {
    let seconds = i64::try_from(ms / 1_000).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds)
        .unwrap_or(Timestamp::MAX)
        .to_string()
}

fn latency_ms(outcome: &Outcome) -> Option<u64> {
    match outcome {
        Outcome::Answered { latency } => u64::try_from(latency.as_millis()).ok(),
        _ => None,
    }
}

impl From<&Report> for KeepAliveReport {
    fn from(report: &Report) -> Self {
        Self {
            bot: report.bot.clone(),
            outcome: report.outcome.name(),
            latency_ms: latency_ms(&report.outcome),
            channel_id: report.channel_id().map(|id| id.to_string()),
            detail: report.to_string(),
        }
    }
}

impl From<&KeptAlive> for KeptAliveOnce {
    fn from(kept: &KeptAlive) -> Self {
        Self {
            at: moment(kept.at_ms),
            outcome: kept.outcome.name(),
            latency_ms: latency_ms(&kept.outcome),
            detail: kept.outcome.to_string(),
        }
    }
}
