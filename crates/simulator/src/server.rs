//! The one port on which everything listens: REST, gateway, CDN and `/__sim`.
//!
//! ```text
//!   listener ─► connection ─► front ─┬─ upgrade ───────► gateway::accept
//!                                    ├─ /attachments/ ─► rest::attachment
//!                                    ├─ /__sim/ ───────► control::act
//!                                    └─ /api/v10/ ─────► exchange: latency, faults, limits, rest::act
//! ```

use std::{future::Future, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::{bots, shared::Shared};

mod exchange;
mod front;
mod glance;
mod lasting;
mod link;
mod page;
mod tasks;
mod wording;

pub(crate) use self::{front::CLIENT, tasks::Tasks};
use self::{front::Front, link::Link};

/// How long the listener rests when the process has no descriptor left for another connection.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Serves until `stop`, then drops every connection where it stands.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) {
    let tasks = Tasks::default();
    // Ends the tasks too when this future itself is dropped.
    let _guard = tasks.stop_on_drop();
    tasks.start_whole(bots::run(Arc::clone(&shared), tasks.clone()));
    let front = Arc::new(Front::new(shared, tasks.clone()));

    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            () = tasks.broken() => panic!("the simulator itself broke: see the panic above"),
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                tasks.start(connection(Arc::clone(&front), stream));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
    tasks.end().await;
}

/// One connection's life.
async fn connection(front: Arc<Front>, stream: TcpStream) {
    // Nagle's algorithm would hold a streamed event back for 40 ms.
    let _ = stream.set_nodelay(true);
    let (link, reset) = Link::new(stream);
    let service = service_fn(move |request| {
        let (front, reset) = (Arc::clone(&front), reset.clone());
        async move { front.answer(request, &reset).await }
    });
    let serving = http1::Builder::new().serve_connection(TokioIo::new(link), service);
    // A fault that hangs up ends here as an error, and so does a client that does.
    if let Err(error) = serving.with_upgrades().await {
        tracing::debug!(%error, "a connection ended");
    }
}
