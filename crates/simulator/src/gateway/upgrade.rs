//! From an HTTP request to a websocket.

use std::{future::Future, sync::Arc};

use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE},
};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::connection::serve;
use crate::shared::Shared;

/// Answers a websocket upgrade: 101, and the connection's whole life as a future for the caller to
/// run. `None` if the request is no upgrade. The caller has asked `Sessions::refusing` before.
///
/// Nobody's task but the future holds the socket: dropping it is an abrupt end.
pub(crate) fn accept<B>(
    shared: &Arc<Shared>,
    request: &mut Request<B>,
) -> Option<(Response<()>, impl Future<Output = ()> + Send + use<B>)> {
    let key = upgrade_key(request.headers())?;
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_ACCEPT, key)
        .body(())
        .expect("the names are constants and the key is base64");
    let query = request.uri().query().unwrap_or_default().to_owned();
    let upgrade = hyper::upgrade::on(request);
    let shared = Arc::clone(shared);
    let life = async move {
        // The client may vanish before the 101 is written.
        if let Ok(socket) = upgrade.await {
            serve(shared, TokioIo::new(socket), &query).await;
        }
    };
    Some((response, life))
}

/// `Sec-WebSocket-Accept` for a request that asks for a websocket.
fn upgrade_key(headers: &HeaderMap) -> Option<String> {
    let asks = headers
        .get(UPGRADE)?
        .as_bytes()
        .eq_ignore_ascii_case(b"websocket");
    let key = headers.get(SEC_WEBSOCKET_KEY)?;
    asks.then(|| derive_accept_key(key.as_bytes()))
}
