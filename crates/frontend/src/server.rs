//! What all requests share.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    Settings,
    body::Bodies,
    health::{DetailsFn, Life},
    key::KeyRing,
    readiness::CausesFn,
};

/// What all requests share.
pub(crate) struct Server<D> {
    pub(crate) desk: D,
    pub(crate) keys: KeyRing,
    pub(crate) bodies: Bodies,
    pub(crate) settings: Settings,
    /// Unix seconds.
    pub(crate) clock: Arc<dyn Fn() -> u64 + Send + Sync>,
    pub(crate) details: Arc<DetailsFn>,
    pub(crate) causes: Arc<CausesFn>,
    /// Unix seconds.
    pub(crate) started: u64,
    pub(crate) life: Life,
    /// Ends what has no end of its own, and can be taken up elsewhere.
    pub(crate) soft: CancellationToken,
    /// Ends what is still going on, with an honest last word.
    pub(crate) hard: CancellationToken,
}
