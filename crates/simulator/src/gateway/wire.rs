//! One websocket and what waits to go out on it.

use std::{collections::VecDeque, io};

use futures_util::{SinkExt, StreamExt, future::poll_fn};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Bytes, Message, Utf8Bytes,
        protocol::{CloseFrame, Role, WebSocketConfig},
    },
};

use super::{
    close::CloseCode,
    compression::Encoder,
    limits::{CLOSE_WAIT, MESSAGE_BYTES_MAX, WRITE_STALL},
};

/// A websocket, its compression and its outbox. Dropping it ends the TCP stream without a word.
pub(crate) struct Wire<S> {
    socket: WebSocketStream<S>,
    encoder: Encoder,
    /// Messages that are compressed already and go out next, in this order.
    outbox: VecDeque<Message>,
}

/// What happened on the wire.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The outbox is empty.
    Written,
    /// The client said this.
    Heard(Bytes),
    /// A ping or a pong: answered by the websocket itself.
    Idle,
    /// The client closed, with this code if any.
    Closed(Option<u16>),
    /// The stream ended, broke, or nobody reads it.
    Ended,
}

// === impl Wire ===

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// The server's end of a stream that was upgraded.
    pub(crate) async fn new(stream: S) -> Self {
        let limits = WebSocketConfig::default()
            .max_message_size(Some(MESSAGE_BYTES_MAX))
            .max_frame_size(Some(MESSAGE_BYTES_MAX));
        let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(limits)).await;
        Self {
            socket,
            encoder: Encoder::Plain,
            outbox: VecDeque::new(),
        }
    }

    /// What compresses from here on.
    pub(crate) fn encoder(&mut self) -> &mut Encoder {
        &mut self.encoder
    }

    /// Whether something still waits to be written.
    pub(crate) fn is_writing(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Puts a payload into the outbox. Compressed in the order in which it goes out: the context
    /// is shared, and a message that is compressed and then lost would spoil all that follow.
    pub(crate) fn say(&mut self, payload: impl Into<Utf8Bytes>) -> io::Result<()> {
        let message = self.encoder.encode(payload.into())?;
        self.outbox.push_back(message);
        Ok(())
    }

    /// Writes what there is to write, or else waits for the client to say something. May be
    /// dropped at any point: what is not written stays in the outbox or in the socket's buffer.
    pub(crate) async fn turn(&mut self) -> Turn {
        if self.is_writing() {
            return match timeout(WRITE_STALL, self.write()).await {
                Ok(Ok(())) => Turn::Written,
                _ => Turn::Ended,
            };
        }
        match self.socket.next().await {
            Some(Ok(Message::Text(text))) => Turn::Heard(text.into()),
            Some(Ok(Message::Binary(bytes))) => Turn::Heard(bytes),
            Some(Ok(Message::Close(frame))) => Turn::Closed(frame.map(|frame| frame.code.into())),
            Some(Ok(_)) => Turn::Idle,
            Some(Err(_)) | None => Turn::Ended,
        }
    }

    /// Sends a close frame and waits a moment for the other side's.
    pub(crate) async fn close(mut self, code: CloseCode) {
        let frame = CloseFrame {
            code: code.number().into(),
            reason: code.reason().into(),
        };
        let goodbye = async {
            if self.socket.close(Some(frame)).await.is_ok() {
                while let Some(Ok(_)) = self.socket.next().await {}
            }
        };
        // A client that does not answer is left without its answer.
        let _ = timeout(CLOSE_WAIT, goodbye).await;
    }

    /// Answers the client's close frame, if it is still there to read it.
    pub(crate) async fn close_back(mut self) {
        let _ = timeout(CLOSE_WAIT, self.socket.flush()).await;
    }

    async fn write(&mut self) -> Result<(), tokio_tungstenite::tungstenite::Error> {
        while self.is_writing() {
            poll_fn(|context| self.socket.poll_ready_unpin(context)).await?;
            if let Some(message) = self.outbox.pop_front() {
                self.socket.start_send_unpin(message)?;
            }
        }
        self.socket.flush().await
    }
}
