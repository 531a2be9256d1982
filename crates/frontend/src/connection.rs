//! One connection: HTTP/1.1 or HTTP/2, whichever the client speaks.

use std::sync::Arc;

use hyper::{rt::Executor, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use parking_lot::Mutex;
use tokio::{
    net::TcpStream,
    time::{Duration, Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::debug;

use crate::{
    entrance::Answering,
    limits::{
        HEAD_BYTES_MAX, HEAD_TIMEOUT, HTTP2_HEAD_BYTES_MAX, HTTP2_PING_INTERVAL,
        HTTP2_PING_TIMEOUT, HTTP2_STREAMS_MAX, IDLE_TIMEOUT,
    },
    transport::Transport,
    visit::visit,
};

/// Runs what connections need beside themselves: one task for each HTTP/2 request.
#[derive(Clone, Debug)]
pub(crate) struct Tasks {
    pub(crate) tracker: TaskTracker,
    /// Longer than any request may take. An HTTP/2 client that grants no window is not polled,
    /// so that nothing but this ends its request.
    pub(crate) request_max: Duration,
    /// Ends them all.
    pub(crate) cut: CancellationToken,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, future: F) {
        let (cut, request_max) = (self.cut.clone(), self.request_max);
        self.tracker.spawn(async move {
            tokio::select! {
                biased;
                () = cut.cancelled() => {}
                _ = timeout(request_max, future) => {}
            }
        });
    }
}

/// How connections are spoken with; the same for all.
pub(crate) fn builder(tasks: Tasks) -> Builder<Tasks> {
    let mut builder = Builder::new(tasks);
    // Half-closed clients count as gone: `half_close` stays off, or hang-ups go unnoticed.
    builder
        .http1()
        .timer(TokioTimer::new())
        // It also runs while a connection is idle. A first head has less time: see `Activity`.
        .header_read_timeout(IDLE_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HTTP2_PING_INTERVAL)
        .keep_alive_timeout(HTTP2_PING_TIMEOUT)
        .max_concurrent_streams(HTTP2_STREAMS_MAX)
        .max_header_list_size(HTTP2_HEAD_BYTES_MAX)
        .max_send_buf_size(HEAD_BYTES_MAX);
    builder
}

/// Serves a connection until it ends, idles too long, has a request that takes longer than
/// `request_max`, or `cut`. After `soft` it takes no further
/// request and ends with those under way.
pub(crate) async fn serve(
    stream: TcpStream,
    builder: &Builder<Tasks>,
    answering: Answering,
    request_max: Duration,
    soft: CancellationToken,
    cut: CancellationToken,
) {
    let activity = Arc::new(Activity::new());
    let service = service_fn(|request| visit(answering.router(), Stay::begin(&activity), request));
    let io = TokioIo::new(Transport::new(stream));
    let mut connection = std::pin::pin!(builder.serve_connection(io, service));
    let idle = activity.idle(request_max);
    tokio::pin!(idle);
    let mut draining = false;
    loop {
        tokio::select! {
            biased;
            () = cut.cancelled() => return,
            result = connection.as_mut() => {
                if let Err(error) = result {
                    debug!(error, "a connection ended early");
                }
                return;
            }
            () = soft.cancelled(), if !draining => {
                draining = true;
                connection.as_mut().graceful_shutdown();
            }
            () = idle.as_mut() => return,
        }
    }
}

/// Whether a connection is used, and since when not.
#[derive(Debug)]
struct Activity(Mutex<Use>);

#[derive(Debug)]
struct Use {
    /// When each request under way began.
    requests: Vec<Instant>,
    /// When an unused connection is closed.
    close_at: Instant,
}

impl Activity {
    fn new() -> Self {
        Self(Mutex::new(Use {
            requests: Vec::new(),
            close_at: Instant::now() + HEAD_TIMEOUT,
        }))
    }

    /// Until the connection has been without a request for too long, or with one: a client that
    /// takes a byte now and then is never stuck, and would keep its conversation for ever.
    async fn idle(&self, request_max: Duration) {
        loop {
            let now = Instant::now();
            let (close_at, look_at) = {
                let usage = self.0.lock();
                match usage.requests.iter().min() {
                    None => (usage.close_at, usage.close_at),
                    Some(began) => (*began + request_max, now + IDLE_TIMEOUT),
                }
            };
            if close_at <= now {
                return;
            }
            sleep_until(close_at.min(look_at)).await;
        }
    }
}

/// A request on a connection. It is in use until this is dropped.
#[derive(Debug)]
pub(crate) struct Stay {
    activity: Arc<Activity>,
    began: Instant,
}

impl Stay {
    fn begin(activity: &Arc<Activity>) -> Self {
        let began = Instant::now();
        activity.0.lock().requests.push(began);
        Self {
            activity: Arc::clone(activity),
            began,
        }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        let mut usage = self.activity.0.lock();
        let own = usage.requests.iter().position(|at| *at == self.began);
        if let Some(index) = own {
            usage.requests.swap_remove(index);
        }
        usage.close_at = Instant::now() + IDLE_TIMEOUT;
    }
}
