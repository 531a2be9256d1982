//! What `serve` notices where no proxy is at work: it looks at the store and at Discord now and then, and says
//! what somebody should be told. Beside a proxy it says nothing: that one sees more.

use std::time::Duration;

use cordboard_discord::{Discord, DiscordError, Trouble};
use cordboard_lifecycle::{Clock as _, Row, Stage};
use cordboard_store::{Holder, Peek, StoreError, Survey};
use cordboard_upkeep::{
    Failure,
    alerts::{Alarm, Alarms, Kind, Outbox as _, Standing},
};
use tokio::time::{Instant, timeout};

use super::{
    AlertBox, fix,
    last_word::{DISCORD, STORE, is_last_word},
    lookout::few,
};
use crate::{
    Config,
    canary::Canary,
    error::chain,
    limits::{
        AUDIT_FULL_PERCENT, CANARY_TIMEOUT, DELETION_OBJECTIVE, IDENTIFIES_LOW, PATROL_EVERY,
        PATROL_SETTLES, SAID_AGAIN_EVERY, STORE_SLOW_AFTER,
    },
    maintenance::Maintenance,
    settings, space,
};

/// The right to look around, which one process has at a time.
const LEASE: &str = "patrol";

/// Who looks around where no proxy does.
#[derive(Debug, Default)]
pub(crate) struct Patrol {
    /// Since when nobody has held the store, as far as it was looked at.
    alone_since: Option<Instant>,
    canary: Canary,
}

/// What was looked at, and what is wrong of it.
#[derive(Debug, Default)]
struct Sights {
    known: Vec<(Kind, String)>,
    alarms: Vec<Alarm>,
}

/// What the store says, of a guild.
#[derive(Debug, Default)]
struct Debts {
    parked: usize,
    quarantined: usize,
    /// For how long the oldest deletion is due that is late, in minutes.
    late_minutes: Option<u64>,
    is_held: bool,
}

// === impl Patrol ===

impl Patrol {
    /// Looks once, unless somebody else does. What cannot be written down is said again with the next look.
    pub(crate) async fn round(&mut self, maintenance: &Maintenance, alert_box: &AlertBox) {
        let survey = Survey::of(&maintenance.config.store).await;
        if !self.is_alone(&survey) {
            return;
        }
        if let Err(failure) = self.look(maintenance, alert_box, survey).await {
            let why = failure.reason();
            tracing::warn!(why, "what was seen is not on record; it is looked at again");
        }
    }

    /// Whether nobody has held the store for a while; one in the memory of a process is held. One that cannot be looked
    /// at has nobody at work on it.
    fn is_alone(&mut self, survey: &Result<Option<Survey>, StoreError>) -> bool {
        let may_be_held = |survey: &Survey| survey.holder != Holder::Nobody;
        if survey
            .as_ref()
            .is_ok_and(|it| it.as_ref().is_none_or(may_be_held))
        {
            self.alone_since = None;
            return false;
        }
        let since = self.alone_since.get_or_insert_with(Instant::now);
        since.elapsed() >= PATROL_SETTLES
    }

    async fn look(
        &self,
        maintenance: &Maintenance,
        alert_box: &AlertBox,
        survey: Result<Option<Survey>, StoreError>,
    ) -> Result<(), Failure> {
        let now_ms = maintenance.clock.now_ms();
        let until_ms = now_ms.saturating_add(milliseconds(PATROL_EVERY));
        // It ends by itself, in time for the next round.
        if !alert_box.lease(LEASE, now_ms, until_ms).await? {
            return Ok(());
        }
        let mut sights = Sights::default();
        sights.store(maintenance, survey).await;
        let config = &maintenance.config;
        if self.canary.ask(&maintenance.discord).await {
            sights.guild(&maintenance.discord, config).await;
        }
        sights.upstream(&self.canary);
        sights.tell(alert_box, now_ms).await
    }
}

// === impl Sights ===

impl Sights {
    /// Takes note of how something is: of what is wrong with it, and what to do, if so.
    fn note(&mut self, kind: Kind, subject: &str, wrong: Option<(String, &str)>) {
        self.known.push((kind, subject.to_owned()));
        let alarm = wrong.map(|(text, fix)| Alarm::new(kind, subject, text, fix));
        self.alarms.extend(alarm);
    }

    async fn store(
        &mut self,
        maintenance: &Maintenance,
        survey: Result<Option<Survey>, StoreError>,
    ) {
        let survey = match survey {
            Ok(Some(survey)) => survey,
            // In the memory of another process.
            Ok(None) => return,
            Err(error) => {
                let wrong = (chain(&error), fix::DISK_STUCK);
                return self.note(Kind::StoreFailing, STORE, Some(wrong));
            }
        };
        let low = space::low(survey.space, maintenance.config.store_free_min_bytes);
        let low = low.map(|low| (low, fix::DISK));
        self.note(Kind::DiskNearlyFull, STORE, low);
        match timeout(STORE_SLOW_AFTER, Debts::read(maintenance)).await {
            Ok(Ok(debts)) => {
                self.note(Kind::StoreFailing, STORE, None);
                self.debts(&debts);
            }
            Ok(Err(why)) => self.note(Kind::StoreFailing, STORE, Some((why, fix::UNREAD))),
            Err(_) => {
                let text = "the store does not answer; its disk may be stuck".to_owned();
                self.note(Kind::StoreFailing, STORE, Some((text, fix::DISK_STUCK)));
            }
        }
    }

    fn debts(&mut self, debts: &Debts) {
        let counted = |count: usize, what: &str| (count > 0).then(|| format!("{count} {what}"));
        let parked = "channels of ours cannot be deleted as things stand";
        let parked = counted(debts.parked, parked).map(|text| (text, fix::PARKED));
        self.note(Kind::DebtOld, "parked", parked);
        let unproven = "channels carry our mark and nothing proves that they are ours";
        let unproven = counted(debts.quarantined, unproven).map(|text| (text, fix::QUARANTINED));
        self.note(Kind::DebtOld, "quarantined", unproven);
        let late = debts.late_minutes.map(|minutes| {
            let text = format!(
                "a channel that should be gone is still there after {minutes} minutes, and no proxy runs"
            );
            (text, fix::LEFT)
        });
        self.note(Kind::DebtOld, "deletions_late", late);
        let held = debts.is_held.then(|| {
            let text = "an operator holds all deletions".to_owned();
            (text, fix::HELD)
        });
        self.note(Kind::DeletionsStopped, "deletions_held", held);
    }

    /// How full the guild is, and whether it lets the bot in at all.
    async fn guild(&mut self, discord: &Discord, config: &Config) {
        let guild_id = config.discord.guild_id;
        let subject = guild_id.to_string();
        let counted = timeout(CANARY_TIMEOUT, discord.channel_count(guild_id)).await;
        let count = match counted {
            Ok(Ok(count)) => count,
            Ok(Err(
                ref error @ DiscordError::Never {
                    source: Trouble::Refused(_),
                },
            )) => {
                let text = format!("the guild's channels cannot be listed: {}", chain(error));
                return self.note(Kind::GuildAway, &subject, Some((text, fix::AWAY)));
            }
            Ok(Err(_)) | Err(_) => return,
        };
        self.note(Kind::GuildAway, &subject, None);
        let channels_max = config.channels.quota.channels_max as u64;
        let text = format!("the guild has {count} channels of {channels_max}");
        let is_near = count * 100 >= channels_max * AUDIT_FULL_PERCENT as u64;
        let near = is_near.then(|| (text.clone(), fix::FULL));
        self.note(Kind::GuildNearlyFull, &subject, near);
        let full = (count >= channels_max).then_some((text, fix::FULL));
        self.note(Kind::GuildFull, &subject, full);
    }

    /// Whether Discord answers, and how many sessions it still grants today.
    fn upstream(&mut self, canary: &Canary) {
        let answers = canary.last().is_some_and(|(answers, _)| answers);
        let cause = canary.cause().map(|cause| (cause.detail, fix::DOWN));
        if answers || cause.is_some() {
            self.note(Kind::RestDown, DISCORD, cause);
        }
        if let Some(left) = canary.identifies_left().filter(|_| answers) {
            let low = (left < IDENTIFIES_LOW).then(|| (few(left), fix::IDENTIFIES));
            self.note(Kind::IdentifiesLow, DISCORD, low);
        }
    }

    /// Says what is wrong, unless that was said a moment ago, and what is over.
    async fn tell(self, alert_box: &AlertBox, now_ms: u64) -> Result<(), Failure> {
        let standing = alert_box.overview().await?.alarms;
        let is_of =
            |one: &Standing, kind: Kind, subject: &str| one.kind == kind && one.subject == subject;
        for alarm in &self.alarms {
            let was_said = standing.iter().any(|one| {
                let age_ms = now_ms.abs_diff(one.said_ms);
                is_of(one, alarm.kind, &alarm.subject) && age_ms < milliseconds(SAID_AGAIN_EVERY)
            });
            if !was_said {
                Alarms::raise(alert_box, alarm.clone()).await?;
            }
        }
        for one in standing.iter().filter(|one| !is_last_word(&one.text)) {
            let mut known = self.known.iter();
            let is_known = known.any(|(kind, subject)| is_of(one, *kind, subject));
            let mut alarms = self.alarms.iter();
            let is_seen = alarms.any(|alarm| is_of(one, alarm.kind, &alarm.subject));
            if is_known && !is_seen {
                Alarms::clear(alert_box, one.kind, &one.subject).await?;
            }
        }
        Ok(())
    }
}

// === impl Debts ===

impl Debts {
    /// Reads what is owed, or says why it cannot be read.
    async fn read(maintenance: &Maintenance) -> Result<Self, String> {
        let config = &maintenance.config;
        let peek = match Peek::open(&config.store, settings::store(config)).await {
            Ok(peek) => peek,
            // There has never been a store.
            Err(StoreError::Older { found: 0, .. }) => return Ok(Self::default()),
            Err(error) => return Err(chain(&error)),
        };
        let is_held = peek.deletions_held().await;
        let is_held = is_held.map_err(|error| chain(&error))?;
        let rows = maintenance.open_rows(&peek).await;
        let rows = rows.map_err(|failed| failed.chain())?;
        let stays = config.channels.delete_after;
        Ok(Self::of(&rows, is_held, stays, maintenance.clock.now_ms()))
    }

    /// What these rows owe whose process is gone.
    fn of(rows: &[Row], is_held: bool, stays: Option<Duration>, now_ms: u64) -> Self {
        let count = |is_meant: fn(&Stage) -> bool| {
            let rows = rows.iter();
            rows.filter(|row| is_meant(&row.stage)).count()
        };
        let due_ms = |row: &Row| match row.stage {
            Stage::Condemned(_) | Stage::Verifying(_) => Some(row.next_at_ms.max(row.since_ms)),
            // Nobody uses it any more.
            Stage::Live(_) => stays.map(|stays| row.since_ms.saturating_add(milliseconds(stays))),
            _ => None,
        };
        let oldest = rows.iter().filter_map(due_ms).min();
        let late_ms = oldest.map(|due_ms| now_ms.saturating_sub(due_ms));
        let is_late = |late_ms: &u64| *late_ms > milliseconds(DELETION_OBJECTIVE) && !is_held;
        Self {
            parked: count(|stage| matches!(stage, Stage::Parked(_))),
            quarantined: count(|stage| matches!(stage, Stage::Quarantined(_))),
            late_minutes: late_ms.filter(is_late).map(|late_ms| late_ms / 60_000),
            is_held,
        }
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
