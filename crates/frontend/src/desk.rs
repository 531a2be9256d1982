//! Where questions go.

use cordboard_conversation::{AskError, Exchanges, MessageApi, Piece, Reply, ReplyError, Request};
use cordboard_recovery::History;
use futures_util::Stream;

/// Who takes questions and gives replies: the front's view of [`Exchanges`].
pub trait Desk: Send + Sync + 'static {
    /// A reply under way. Polling it drives it; dropping it ends the conversation.
    type Reply: Stream<Item = Result<Piece, ReplyError>> + Send + 'static;

    /// The names of all models, in the order to list them.
    fn models(&self) -> Vec<String>;

    /// Whether it has this model, in any case and also as `openai/<id>`.
    fn serves(&self, model: &str) -> bool;

    /// Asks. Returns once the prompt is posted; dropping the future gives the question up.
    fn ask(&self, request: Request) -> impl Future<Output = Result<Self::Reply, AskError>> + Send;
}

impl<D: MessageApi + History> Desk for Exchanges<D> {
    type Reply = Reply;

    fn models(&self) -> Vec<String> {
        Self::models(self).map(ToString::to_string).collect()
    }

    fn serves(&self, model: &str) -> bool {
        Self::serves(self, model)
    }

    fn ask(&self, request: Request) -> impl Future<Output = Result<Reply, AskError>> + Send {
        Self::ask(self, request)
    }
}
