//! All scheduled work, as a daemon.

use clap::Args;
use cordboard_app::{
    WallClock, Watchdog,
    maintenance::{Served, serve},
    run_to_end, stop, telemetry,
};

use crate::{
    context::Context,
    exit::{Ended, Outcome},
};

/// Do all scheduled work until told to stop, beside the proxy or without it.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cordboard-maintenance serve --config /etc/cordboard/cordboard.toml\n\n\
A configuration that changes is picked up, at once with SIGHUP. It tells systemd how it is \
(Type=notify), and others at upkeep.listen (GET /healthz)."
)]
pub(crate) struct Serve {}

// === impl Serve ===

impl Serve {
    /// Its own runtime's life: it ends well when it is told to stop.
    pub(crate) fn run(self, context: &Context) -> Ended {
        let Self {} = self;
        telemetry::init(&context.environment);
        let stop = stop::signals().map_err(cordboard_app::Failed::from)?;
        let watchdog =
            Watchdog::start(&context.environment).map_err(cordboard_app::Failed::from)?;
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        runtime.worker_threads(2);
        run_to_end(&mut runtime, async {
            let served = Served {
                path: context.path.clone(),
                environment: context.environment.clone(),
                clock: WallClock::of_system(),
                watchdog,
                hangups: Some(stop::hangups()?),
                actor: "cordboard-maintenance serve".to_owned(),
            };
            serve(served, stop, |address| {
                if let Some(address) = address {
                    tracing::info!(%address, "tells that it is alive");
                }
            })
            .await
        })?;
        Ok(Outcome::Done)
    }
}
