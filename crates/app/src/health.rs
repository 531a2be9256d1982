//! What `/healthz`, `/readyz` and `/metrics` say.

use cordboard_frontend::{Cause, Details, Metric};
use cordboard_gateway::Hub;
use cordboard_lifecycle::Channels;
use cordboard_upkeep::alerts::Tally;

use crate::{Watchdog, arrears::Arrears, canary::Canary, gateway, relay::Told};

/// Everybody who knows how a part of the proxy is.
#[derive(Clone, Debug)]
pub(crate) struct Witnesses {
    pub(crate) hub: Hub,
    pub(crate) channels: Channels,
    pub(crate) canary: Canary,
    pub(crate) arrears: Arrears,
    pub(crate) watchdog: Watchdog,
    pub(crate) alerts: Tally,
    pub(crate) relay: Option<Told>,
}

// === impl Witnesses ===

impl Witnesses {
    /// How the gateway stands and why, what REST last said, each with the seconds since, and how the
    /// relay stands.
    pub(crate) fn details(&self) -> Details {
        let (rest, rest_seconds) = self.canary.last().unzip();
        let rest = rest.map(|is_well| if is_well { "ok" } else { "failed" });
        let mut details = gateway::details(&self.hub.health());
        details.insert("rest", rest.into());
        details.insert("rest_seconds", rest_seconds.into());
        details.extend(self.relay.iter().flat_map(Told::details));
        details
    }

    /// Why no new conversation can begin, or should, if so.
    pub(crate) fn causes(&self) -> Vec<Cause> {
        let conditions = self.channels.conditions().into_iter();
        let stopping = conditions.filter(|(condition, _)| condition.stops_openings());
        let stopping = stopping.map(|(condition, detail)| Cause {
            name: condition.name(),
            detail,
        });
        self.own_causes().chain(stopping).collect()
    }

    /// What is wrong beside what the lifecycle knows.
    fn own_causes(&self) -> impl Iterator<Item = Cause> {
        let stuck = self.watchdog.cause().into_iter();
        let discord = self.gateway().into_iter().chain(self.canary.cause());
        stuck.chain(discord).chain(self.arrears.causes())
    }

    /// What is wrong with the gateway, if so.
    fn gateway(&self) -> Option<Cause> {
        let state = self.hub.health().state;
        (!state.is_ready()).then(|| Cause {
            name: "gateway",
            detail: format!("discord sends no events at the moment: {state}"),
        })
    }

    /// What is counted about channels, events and messages, and what is wrong.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let mut metrics = self.channels_and_conditions();
        metrics.extend(gateway::metrics(&self.hub.shards()));
        metrics.extend(self.relay.iter().flat_map(Told::metrics));
        metrics
    }

    fn channels_and_conditions(&self) -> Vec<Metric> {
        let channels = &self.channels;
        let counts = channels.counts();
        let stages = [
            ("planned", counts.planned),
            ("live", counts.live),
            ("unknown", counts.unknown),
            ("abandoned", counts.abandoned),
            ("quarantined", counts.quarantined),
            ("condemned", counts.condemned),
            ("verifying", counts.verifying),
            ("parked", counts.parked),
        ];
        let mut standing = Metric::gauge(
            "cordboard_channels",
            "Rows of the registry by the stage they stand at.",
        );
        for (stage, count) in stages {
            standing = standing.with([("stage", stage)], count);
        }
        let mut ended = Metric::counter(
            "cordboard_channels_ended_total",
            "Rows that were settled since the start.",
        );
        for (how, count) in [
            ("gone", counts.gone),
            ("disowned", counts.disowned),
            ("kept", counts.kept),
            ("not_created", counts.not_created),
        ] {
            ended = ended.with([("how", how)], count);
        }
        let mut refused = Metric::counter(
            "cordboard_deletions_refused_total",
            "Deletions that a check stopped, by the check.",
        );
        for (check, count) in channels.refusals() {
            refused = refused.with([("check", check)], count);
        }
        let mut degraded = Metric::gauge(
            "cordboard_degraded",
            "Conditions that keep the proxy from doing all of its work.",
        );
        let conditions = channels.conditions().into_iter();
        let conditions = conditions.map(|(condition, _)| condition.name());
        let own = self.own_causes().map(|cause| cause.name);
        for condition in own.chain(conditions) {
            degraded = degraded.with([("condition", condition)], 1);
        }
        let mut alerts = Metric::counter(
            "cordboard_alerts_total",
            "Attempts to deliver an alert since the start, by what came of them.",
        );
        for (outcome, count) in self.alerts.counts() {
            alerts = alerts.with([("outcome", outcome)], count);
        }
        vec![standing, ended, refused, degraded, alerts]
    }
}
