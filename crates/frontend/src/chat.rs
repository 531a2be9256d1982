//! `POST /v1/chat/completions`.

mod events;

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Request as HttpRequest, State},
    response::Response,
};
use cordboard_conversation::{AskError, EndReason, Piece, Request};
use cordboard_openai::{ApiError, ChatCompletion, ChunkWriter, FinishReason, Head, Usage};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use self::events::Events;
use crate::{
    Desk, Scope,
    answer::{self, Refusal},
    body,
    limits::DEADLINE_GRACE,
    order::Order,
    server::Server,
    trouble,
    visit::Arrival,
};

/// Authenticates, reads and translates; then asks, and answers as the client wants it.
pub(crate) async fn create<D: Desk>(
    State(server): State<Arc<Server<D>>>,
    Extension(arrival): Extension<Arrival>,
    request: HttpRequest,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let key = match server.keys.caller(&parts.headers, Scope::Chat) {
        Ok(key) => key,
        Err(error) => return Err(body::refuse(&parts.headers, body, error).await.into()),
    };
    let held = server.bodies.read(&parts.headers, body).await?;
    let deadline = arrival.at() + server.settings.request_timeout;
    let order = Order::read(held.bytes, deadline).await?;
    arrival.note(&key, &order.model);
    if !server.desk.serves(&order.model) || !key.allows(&order.model) {
        return Err(ApiError::model_not_found(&order.model).into());
    }

    let question = Question {
        head: Head {
            id: format!("chatcmpl-{}", arrival.id()),
            created: (server.clock)(),
            model: order.model.clone(),
        },
        include_usage: order.include_usage,
        prompt_chars: order.prompt_chars,
        overdue: deadline + DEADLINE_GRACE,
        arrival,
    };
    let request = Request {
        id: question.arrival.id().to_owned(),
        tenant: key.name.clone(),
        model: order.model,
        turns: order.turns,
        stop: order.stop,
        deadline,
    };
    let desk = Arc::clone(&server);
    let place = held.place;
    // Dropped with the handler or with the body of the answer, whichever hyper drops when the
    // client hangs up: there is no task to outlive it.
    let ask = async move {
        let reply = desk.desk.ask(request).await;
        // The prompt has left memory.
        drop(place);
        reply
    };
    if order.stream {
        stream(&server, question, ask).await
    } else {
        whole(&server, question, ask).await
    }
}

/// What is needed to answer, beside the reply.
#[derive(Debug)]
struct Question {
    head: Head,
    include_usage: bool,
    prompt_chars: usize,
    /// When the desk has missed the deadline for good.
    overdue: Instant,
    arrival: Arrival,
}

/// The whole answer at once, or an error with its own status.
async fn whole<D: Desk>(
    server: &Server<D>,
    question: Question,
    ask: impl Future<Output = Result<D::Reply, AskError>> + Send,
) -> Result<Response, Refusal> {
    let id = question.arrival.id();
    let conversation = async {
        let reply = ask.await.map_err(|error| trouble::not_asked(id, &error))?;
        let mut reply = std::pin::pin!(reply);
        loop {
            match reply.next().await {
                Some(Ok(Piece::Text(_))) => {}
                Some(Ok(Piece::End(end))) => return Ok(end),
                Some(Err(error)) => return Err(trouble::not_answered(id, &error)),
                None => return Err(trouble::cut_short(id)),
            }
        }
    };
    let end = tokio::select! {
        biased;
        ended = timeout_at(question.overdue, conversation) => {
            ended.unwrap_or_else(|_| Err(trouble::overdue(id)))?
        }
        () = server.hard.cancelled() => return Err(trouble::cut_off().into()),
    };
    let usage = Usage::estimate(question.prompt_chars, end.text.chars().count());
    let completion = ChatCompletion::new(question.head, end.text, finish(end.reason), usage);
    Ok(answer::json(&completion))
}

/// A stream that begins once the prompt is posted: until then errors get their own status. It does
/// not wait for ever, since some clients give up without a head.
async fn stream<D: Desk>(
    server: &Server<D>,
    question: Question,
    ask: impl Future<Output = Result<D::Reply, AskError>> + Send + 'static,
) -> Result<Response, Refusal> {
    let mut ask = Box::pin(ask);
    let commit_at = question.arrival.at() + server.settings.commit_after;
    let asked = tokio::select! {
        biased;
        asked = timeout_at(commit_at, &mut ask) => asked,
        () = server.hard.cancelled() => return Err(trouble::cut_off().into()),
    };
    let stage = match asked {
        Ok(Ok(reply)) => events::Stage::Answering(Box::pin(reply)),
        Ok(Err(error)) => return Err(trouble::not_asked(question.arrival.id(), &error).into()),
        Err(_) => events::Stage::Asking(ask),
    };
    let (writer, opening) = ChunkWriter::open(question.head, question.include_usage);
    let events = Events::new(
        stage,
        writer,
        opening,
        events::Bounds {
            keep_alive: server.settings.keep_alive,
            overdue: question.overdue,
            hard: server.hard.clone(),
        },
        question.prompt_chars,
        question.arrival,
    );
    Ok(answer::events(Body::new(events)))
}

fn finish(reason: EndReason) -> FinishReason {
    match reason {
        EndReason::Complete | EndReason::StopSequence => FinishReason::Stop,
        EndReason::Length => FinishReason::Length,
    }
}
