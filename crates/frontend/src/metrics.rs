//! `GET /metrics`: numbers for Prometheus, for keys with the scope `admin`. They tell how a guild is
//! used, which is nobody else's business; Prometheus sends a key when its configuration has one.

mod exposition;

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};

use crate::{Desk, Scope, answer::Refusal, server::Server};

/// Text format 0.0.4, which every Prometheus reads
/// (<https://prometheus.io/docs/instrumenting/exposition_formats/>).
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// One metric with all its samples. Each name occurs once in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Letters, digits and underscores, the unit last: `cordboard_debts`. A counter's ends in `_total`.
    pub name: &'static str,
    /// What is counted.
    pub help: &'static str,
    /// How it may move.
    pub kind: MetricKind,
    /// Its values, one for each set of labels.
    pub samples: Vec<Sample>,
}

/// How a metric may move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Up only, from zero at the start of the process.
    Counter,
    /// Up and down.
    Gauge,
}

/// One value of a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// What tells it from the metric's other samples: names of letters, digits and underscores,
    /// and values of any text. Few: Prometheus keeps a series for each.
    pub labels: Vec<(&'static str, String)>,
    /// A whole number, which stays exact however large it is: things, bytes or seconds.
    pub value: u64,
}

// === impl Metric ===

impl Metric {
    /// A counter without samples.
    #[must_use]
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, MetricKind::Counter)
    }

    /// A gauge without samples.
    #[must_use]
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self::new(name, help, MetricKind::Gauge)
    }

    const fn new(name: &'static str, help: &'static str, kind: MetricKind) -> Self {
        Self {
            name,
            help,
            kind,
            samples: Vec::new(),
        }
    }

    /// Adds a sample.
    #[must_use]
    pub fn with<const N: usize>(mut self, labels: [(&'static str, &str); N], value: u64) -> Self {
        self.samples.push(Sample {
            labels: labels.map(|(name, text)| (name, text.to_owned())).into(),
            value,
        });
        self
    }
}

pub(crate) type MetricsFn = dyn Fn() -> Vec<Metric> + Send + Sync;

/// The route. Without metrics there is none, and the path is unknown.
pub(crate) fn router<D: Desk>(server: Arc<Server<D>>, metrics: Arc<MetricsFn>) -> Router {
    Router::new()
        .route("/metrics", get(show::<D>))
        .with_state((server, metrics))
}

async fn show<D: Desk>(
    State((server, metrics)): State<(Arc<Server<D>>, Arc<MetricsFn>)>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    server.keys.caller(&headers, Scope::Admin)?;
    let text = exposition::text(&metrics());
    Ok(([(CONTENT_TYPE, TEXT)], text).into_response())
}
