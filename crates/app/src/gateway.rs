//! How the gateway stands, as `/healthz` and `/metrics` tell it.

use cordboard_frontend::{Details, Metric};
use cordboard_gateway::{Counts, Health, State};
use serde_json::json;

/// How it stands, since when and why, and when events may have been lost last. How many come tells how
/// the guild is used: that is among the metrics.
pub(crate) fn details(health: &Health) -> Details {
    let state = &health.state;
    let why = state.why().map(ToString::to_string);
    let lapse = health.last_lapse.map(|lapse| {
        let missing = lapse.at.duration_since(lapse.since);
        json!({
            "why": lapse.reason.to_string(),
            "seconds": missing.as_secs(),
            "ended_seconds_ago": lapse.at.elapsed().as_secs(),
        })
    });
    Details::from([
        ("gateway", state.name().into()),
        ("gateway_seconds", state.since().elapsed().as_secs().into()),
        ("gateway_why", why.into()),
        ("gateway_last_lapse", lapse.into()),
        ("gateway_undecodable", health.counts.undecodable.into()),
    ])
}

/// What is counted and measured of each shard.
pub(crate) fn metrics(shards: &[(u32, Health)]) -> Vec<Metric> {
    let mut states = Metric::gauge(
        "cordboard_gateway_state",
        "1 for the state that the connection of a shard is in, 0 for all others.",
    );
    let mut latency = Metric::gauge(
        "cordboard_gateway_heartbeat_milliseconds",
        "How long the last heartbeat of this connection took.",
    );
    let mut event_age = Metric::gauge(
        "cordboard_gateway_event_age_seconds",
        "How long ago the last event came.",
    );
    for (shard, health) in shards {
        let shard = shard.to_string();
        for name in State::NAMES {
            let is_it = (health.state.name() == name).into();
            states = states.with([("shard", &*shard), ("state", name)], is_it);
        }
        if let Some(took) = health.latency {
            let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            latency = latency.with([("shard", &*shard)], took);
        }
        if let Some(age) = health.last_event_age {
            event_age = event_age.with([("shard", &*shard)], age.as_secs());
        }
    }
    let mut metrics = vec![states, latency, event_age];
    metrics.extend(counted(shards));
    metrics
}

fn counted(shards: &[(u32, Health)]) -> impl Iterator<Item = Metric> {
    type Count = fn(&Counts) -> u64;
    let counters: [(_, _, Count); 6] = [
        (
            "cordboard_gateway_reconnects_total",
            "Connections that were lost or could not be made, each followed by another attempt.",
            |counts| counts.reconnects,
        ),
        (
            "cordboard_gateway_identifies_total",
            "IDENTIFYs that were sent, each for a new session.",
            |counts| counts.identifies,
        ),
        (
            "cordboard_gateway_resumes_total",
            "RESUMEs that were sent, each to go on with a session.",
            |counts| counts.resumes,
        ),
        (
            "cordboard_gateway_lapses_total",
            "Times in which events may have been lost, the first session's beginning included.",
            |counts| counts.lapses,
        ),
        (
            "cordboard_gateway_undecodable_total",
            "Frames from Discord that could not be read.",
            |counts| counts.undecodable,
        ),
        (
            "cordboard_gateway_unreadable_total",
            "Events about channels and the guild that are not as Discord documents them.",
            |counts| counts.unreadable,
        ),
    ];
    counters.into_iter().map(|(name, help, count)| {
        let metric = Metric::counter(name, help);
        shards.iter().fold(metric, |metric, (shard, health)| {
            metric.with([("shard", &*shard.to_string())], count(&health.counts))
        })
    })
}
