//! Commands that look, or do and say what they did: whether that is so.

use std::collections::BTreeSet;

use cordboard_app::maintenance::{
    CommandError, KeepAliveReport,
    budget::Budget,
    status::{Status, StatusRequest},
};
use cordboard_simulator::ReplyTruth;

use super::{errand::Errand, known::Known};
use crate::storm::{field::KEY, weather::LIST};

/// Stages that nothing stands at any more when all is at rest.
const PASSING: [&str; 5] = ["planned", "unknown", "live", "condemned", "verifying"];

/// All budgets that there are.
const BUDGETS: [&str; 6] = [
    "identifies",
    "guild_channels",
    "guild_roles",
    "active_threads",
    "creations_last_day",
    "deletions_last_day",
];

/// What a bot has said something for.
const HEARD: [&str; 3] = ["answered", "limit_reached", "wrong_answer"];

// === impl Errand ===

impl Errand {
    /// Sweeps what is owed.
    pub(super) async fn sweep(&self) -> Result<(), CommandError> {
        let plan = self.maintenance.plan_sweep().await?;
        self.found(self.known().swept(&plan, []));
        let swept = self.maintenance.sweep(plan, &|_| ()).await?;
        let left = swept.open.iter().map(|(id, _)| id.get());
        self.found(self.known().swept(&swept.plan, left));
        Ok(())
    }

    pub(super) async fn audit(&self) -> Result<(), CommandError> {
        let audit = self.maintenance.audit_channels().await?;
        self.found(self.known().audited(&audit, self.listed_ms(), self.all));
        Ok(())
    }

    pub(super) async fn list(&self) -> Result<(), CommandError> {
        let list = self.maintenance.channels(true).await?;
        self.found(self.known().listed(&list, &self.leftovers, self.all));
        Ok(())
    }

    pub(super) async fn status(&self) -> Result<(), CommandError> {
        let proxy = self.proxy;
        let request = StatusRequest {
            url: Some(proxy.map_or_else(nowhere, |proxy| format!("http://{proxy}"))),
            key: Some(KEY.into()),
        };
        let status = self.maintenance.status(&request).await?;
        if self.all {
            self.found(unsettled(&status));
        }
        Ok(())
    }

    pub(super) async fn budget(&self) -> Result<(), CommandError> {
        let budget = self.maintenance.budget().await?;
        let of_day = self.discord.config().gateway.identifies_per_day;
        self.found(misjudged(&budget, of_day));
        let channels = used(&budget, "guild_channels").and_then(|used| used.try_into().ok());
        let (known, listed_ms) = (self.known(), self.listed_ms());
        let miscounted =
            channels.and_then(|count| known.counted("budget", count, listed_ms, self.all));
        self.found(miscounted);
        Ok(())
    }

    pub(super) async fn keep_alive(&self) -> Result<(), CommandError> {
        let since_ms = self.discord.now_ms();
        let kept = self.maintenance.keepalive_run(&[], &|_| ()).await?;
        let reports = kept.map_err(CommandError::Usage)?;
        let speakers = speakers(&self.discord.replies(), since_ms);
        self.found(unheard(&reports, &speakers));
        Ok(())
    }

    pub(super) fn known(&self) -> Known {
        Known::of(&self.discord)
    }

    /// When Discord made the list of channels that this process was given last, unless that met a fault.
    fn listed_ms(&self) -> Option<u64> {
        let lists = self.discord.requests(Some(LIST)).into_iter().rev();
        let mut given = lists
            .filter(|list| list.client.as_ref() == Some(&self.client) && list.status == Some(200));
        let last = given.next().filter(|list| list.fault.is_none());
        last.and_then(|list| list.executed_ms)
    }
}

/// Where no proxy is, for one that is not ready.
fn nowhere() -> String {
    "http://127.0.0.1:1".to_owned()
}

/// What a proxy says that it has in its hands, with all at rest.
fn unsettled(status: &Status) -> Vec<String> {
    let debts = status.debts.iter().flat_map(|debts| &debts.counts);
    let counts = status.channels.iter().chain(debts);
    let left = counts.filter(|(stage, count)| PASSING.contains(&stage.as_str()) && **count > 0);
    left.map(|(stage, count)| format!("C32: status, at rest: {count} {stage}"))
        .collect()
}

fn used(budget: &Budget, name: &str) -> Option<u64> {
    let mut lines = budget.lines.iter();
    lines.find(|line| line.name == name)?.used
}

/// Budgets of which nothing is said, neither a number nor why there is none; and one of the day's sessions
/// that is not the one that Discord gives.
fn misjudged(budget: &Budget, of_day: u64) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in BUDGETS {
        let mut lines = budget.lines.iter();
        let line = lines.find(|line| line.name == name);
        let is_told = line.is_some_and(|line| line.used.is_some() || line.trouble.is_some());
        let is_so = name != "identifies"
            || line.is_some_and(|line| {
                line.limit == Some(of_day) && line.used.is_some_and(|used| used <= of_day)
            });
        if !is_told || !is_so {
            let wrongly = format!("C32: budget: {name}: {line:?}, of {of_day} sessions");
            wrong.push(wrongly);
        }
    }
    wrong
}

/// The channels in which a bot has written since then.
fn speakers(replies: &[ReplyTruth], since_ms: u64) -> BTreeSet<String> {
    let has_spoken = |reply: &&ReplyTruth| {
        !reply.message_ids.is_empty() && reply.ended_ms.is_none_or(|ended_ms| ended_ms >= since_ms)
    };
    let spoke = replies.iter().filter(has_spoken);
    spoke.map(|reply| reply.channel_id.to_string()).collect()
}

/// Bots that are said to have answered where no bot has written since the command began.
fn unheard(reports: &[KeepAliveReport], speakers: &BTreeSet<String>) -> Vec<String> {
    let heard = reports.iter().filter(|of| HEARD.contains(&of.outcome));
    let made_up = heard.filter(|of| {
        of.bot == "quiet"
            || of
                .channel_id
                .as_ref()
                .is_none_or(|id| !speakers.contains(id))
    });
    made_up
        .map(|report| format!("C32: keepalive: nobody has written: {report:?}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use cordboard_app::maintenance::{budget::BudgetLine, status::DebtsReport};

    use super::*;

    #[test]
    fn a_status_of_something_under_way_is_noticed_at_rest() {
        let mut status = Status::default();
        status.channels.insert("parked".to_owned(), 1);
        status.channels.insert("live".to_owned(), 0);
        assert!(unsettled(&status).is_empty());
        status.channels.insert("live".to_owned(), 1);
        status.debts = Some(DebtsReport {
            counts: BTreeMap::from([("condemned".to_owned(), 2)]),
            deletions_enabled: true,
            first: Vec::new(),
        });
        assert_eq!(unsettled(&status).len(), 2);
    }

    #[test]
    fn a_budget_of_another_size_is_noticed() {
        assert!(misjudged(&budget(7, 1_000), 1_000).is_empty());
        assert_eq!(misjudged(&budget(7, 999), 1_000).len(), 1);
        assert_eq!(misjudged(&budget(1_001, 1_000), 1_000).len(), 1);
    }

    #[test]
    fn a_budget_that_is_not_there_is_noticed() {
        for place in 0..BUDGETS.len() {
            let mut missing = budget(7, 1_000);
            missing.lines.remove(place);
            assert_eq!(misjudged(&missing, 1_000).len(), 1, "{place}");
            let mut renamed = budget(7, 1_000);
            renamed.lines[place].name = "another";
            assert_eq!(misjudged(&renamed, 1_000).len(), 1, "{place}");
        }
        let mut silent = budget(7, 1_000);
        silent.lines[1].used = None;
        assert_eq!(misjudged(&silent, 1_000).len(), 1);
        silent.lines[1].trouble = Some("Discord does not say".to_owned());
        assert!(misjudged(&silent, 1_000).is_empty());
    }

    fn budget(used: u64, limit: u64) -> Budget {
        let line = |name| BudgetLine {
            name,
            used: Some(used),
            limit: Some(limit),
            resets_in_seconds: None,
            is_low: false,
            source: "",
            trouble: None,
        };
        Budget {
            lines: BUDGETS.map(line).to_vec(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn who_has_ended_before_has_not_answered() {
        let reply = |channel_id: &str, message_ids: &[&str], ended_ms: Option<u64>| {
            let reply = serde_json::json!({
                "number": 1, "bot_id": "1", "channel_id": channel_id, "prompt_ids": [], "prompt": "",
                "message_ids": message_ids, "parts": [], "text": "", "began_ms": null,
                "ended_ms": ended_ms, "end": null,
            });
            serde_json::from_value::<ReplyTruth>(reply).unwrap()
        };
        let replies = [
            reply("7", &["70"], Some(9)),
            reply("8", &["80"], Some(10)),
            reply("9", &["90"], None),
            reply("10", &[], Some(11)),
        ];
        let expected = ["8", "9"].map(ToOwned::to_owned);
        assert_eq!(speakers(&replies, 10), BTreeSet::from(expected));
    }

    #[test]
    fn an_answer_that_nobody_has_given_is_noticed() {
        let report = |bot: &str, outcome, channel_id: &str| KeepAliveReport {
            bot: bot.to_owned(),
            outcome,
            latency_ms: None,
            channel_id: Some(channel_id.to_owned()),
            detail: String::new(),
        };
        let speakers = BTreeSet::from(["7".to_owned()]);
        for (bot, outcome, channel_id, expected) in [
            ("bot", "answered", "7", 0),
            ("bot", "silent", "8", 0),
            ("bot", "answered", "8", 1),
            ("quiet", "silent", "7", 0),
            ("quiet", "wrong_answer", "7", 1),
        ] {
            let reports = [report(bot, outcome, channel_id)];
            assert_eq!(
                unheard(&reports, &speakers).len(),
                expected,
                "{bot} {outcome}"
            );
        }
    }
}
