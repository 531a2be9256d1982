//! Telling somebody who waits what is about to be done.

use std::{fmt, sync::Arc};

type Tell = dyn Fn(&str) + Send + Sync;

/// Who is told, once each, what a command is about to do or waits for. Nobody, unless somebody wants to know.
#[derive(Clone, Default)]
pub(crate) struct Teller(Option<Arc<Tell>>);

// === impl Teller ===

impl Teller {
    pub(crate) fn new(tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(tell)))
    }

    pub(crate) fn tell(&self, what: &str) {
        if let Some(tell) = &self.0 {
            tell(what);
        }
    }
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teller").finish_non_exhaustive()
    }
}
