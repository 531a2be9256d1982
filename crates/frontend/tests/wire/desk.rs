//! A desk whose replies are written in the question.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use cordboard_conversation::{AskError, End, EndReason, Piece, ReplyError, Request};
use cordboard_frontend::Desk;
use futures_util::{Stream, stream};
use parking_lot::Mutex;
use tokio::time::sleep;

/// Reads the last turn as a script, one step a line:
/// before the prompt is posted `post MS`, `refuse WHY`, `panic`; then `pause MS`, `say TEXT`,
/// `flood`, `break WHY`, `vanish`, `hang`; at the end of the script the reply is complete.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    open: AtomicUsize,
    asked: Mutex<Vec<Request>>,
}

impl Script {
    /// Conversations that nobody has let go of.
    pub(crate) fn open(&self) -> usize {
        self.0.open.load(Ordering::SeqCst)
    }

    /// What has been asked so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.0.asked.lock().clone()
    }
}

/// Stands for the channel of one conversation.
struct Guard(Arc<Shared>);

impl Guard {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.open.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shared))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Talk {
    steps: VecDeque<String>,
    text: String,
    over: bool,
    _guard: Guard,
}

impl Desk for Script {
    type Reply = Pin<Box<dyn Stream<Item = Result<Piece, ReplyError>> + Send>>;

    fn models(&self) -> Vec<String> {
        vec!["Demo".into(), "maker/other".into()]
    }

    fn serves(&self, model: &str) -> bool {
        let model = model.strip_prefix("openai/").unwrap_or(model);
        self.models()
            .iter()
            .any(|own| own.eq_ignore_ascii_case(model))
    }

    async fn ask(&self, request: Request) -> Result<Self::Reply, AskError> {
        let guard = Guard::new(&self.0);
        let script = request.turns.last().map(|turn| turn.text.clone());
        let mut steps: VecDeque<String> = script
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect();
        self.0.asked.lock().push(request);
        while let Some((verb, rest)) = steps.front().map(|step| words(step)) {
            match verb {
                "post" => sleep(milliseconds(rest)).await,
                "refuse" => return Err(refusal(rest)),
                "panic" => panic!("as asked"),
                _ => break,
            }
            steps.pop_front();
        }
        let talk = Talk {
            steps,
            text: String::new(),
            over: false,
            _guard: guard,
        };
        Ok(Box::pin(stream::unfold(talk, next)))
    }
}

async fn next(mut talk: Talk) -> Option<(Result<Piece, ReplyError>, Talk)> {
    if talk.over {
        return None;
    }
    loop {
        let Some(step) = talk.steps.pop_front() else {
            talk.over = true;
            let end = End {
                reason: EndReason::Complete,
                text: talk.text.clone(),
                conflict: false,
            };
            return Some((Ok(Piece::End(end)), talk));
        };
        match words(&step) {
            ("pause", rest) => sleep(milliseconds(rest)).await,
            ("say", text) => {
                talk.text += text;
                return Some((Ok(Piece::Text(text.to_owned())), talk));
            }
            ("flood", _) => {
                talk.steps.push_front("flood".into());
                return Some((Ok(Piece::Text("x".repeat(16 << 10))), talk));
            }
            ("length", _) => {
                talk.over = true;
                let end = End {
                    reason: EndReason::Length,
                    text: talk.text.clone(),
                    conflict: false,
                };
                return Some((Ok(Piece::End(end)), talk));
            }
            ("break", why) => {
                talk.over = true;
                return Some((Err(breakage(why, !talk.text.is_empty())), talk));
            }
            ("vanish", _) => return None,
            ("hang", _) => std::future::pending().await,
            (other, _) => panic!("no such step: {other}"),
        }
    }
}

fn words(step: &str) -> (&str, &str) {
    step.split_once(' ').unwrap_or((step, ""))
}

fn milliseconds(text: &str) -> Duration {
    Duration::from_millis(text.parse().unwrap())
}

fn refusal(why: &str) -> AskError {
    match why {
        "busy" => AskError::Busy {
            retry_after: Duration::from_secs(7),
        },
        "unavailable" => AskError::Unavailable {
            retry_after: Some(Duration::from_millis(1_500)),
            source: "down".into(),
        },
        "refused" => AskError::Refused {
            source: "no permission".into(),
        },
        "too_long" => AskError::TooLong {
            what: "the prompt",
            size: 9,
            max: 8,
        },
        "unknown_model" => AskError::UnknownModel {
            model: "Demo".into(),
        },
        "empty" => AskError::Empty,
        "deadline" => AskError::Deadline,
        "half" | "half_late" => AskError::HalfAsked {
            overdue: why == "half_late",
            source: "the second part got lost".into(),
        },
        "closed" => AskError::Closed,
        other => panic!("no such refusal: {other}"),
    }
}

fn breakage(why: &str, given: bool) -> ReplyError {
    match why {
        "deadline" => ReplyError::Deadline { given },
        "silent" => ReplyError::Silent,
        "stalled" => ReplyError::Stalled { given },
        "channel_gone" => ReplyError::ChannelGone { given },
        "message_deleted" => ReplyError::MessageDeleted { given },
        "limited" => ReplyError::Limited {
            message: "come back tomorrow".into(),
        },
        "lost" => ReplyError::Lost {
            given,
            source: "gap".into(),
        },
        other => panic!("no such breakage: {other}"),
    }
}
