//! One REST request from its arrival to its end.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Response, header::AUTHORIZATION};
use tokio::time::sleep;

use super::{
    front::{Asked, Front, response},
    glance::{Glance, reason_in},
    lasting,
    page::Page,
    wording,
};
use crate::{
    fault::{FaultKind, Scope},
    limits::{Admission, BucketState, RATE_LIMITED, Refusal, Subject},
    record::{Answered, Arrival, Told},
    rest::{self, Answer, AnswerBody, Call, Route},
    shared::Shared,
    world::{ApiError, Replica, World},
};

const DELETE_ROLE: &str = "DELETE /guilds/{guild_id}/roles/{role_id}";

/// How a request ends.
#[derive(Debug)]
pub(super) enum Ending {
    /// With an answer, whole or not.
    Answer(Response<Page>),
    /// Never: the connection stays open and silent.
    Silence,
    /// With a FIN and without a byte.
    HangUp,
    /// With an RST.
    Reset,
}

/// A request on its way through Discord.
struct Exchange<'a> {
    front: &'a Front,
    shared: &'a Arc<Shared>,
    number: u64,
    subject: Subject,
    answered: Answered,
    fault: Option<FaultKind>,
    bucket: Option<BucketState>,
    refusal: Option<Refusal>,
}

/// Latency, history, token, faults, limits, act, faults, headers, latency.
pub(super) async fn run(front: &Front, asked: Asked) -> Ending {
    let (there, back) = front.latency();
    let route = Route::parse(&asked.method, &asked.path);
    let mut exchange = Exchange::begin(front, &asked, route.as_ref());
    sleep(there).await;
    let Some(answer) = exchange.answer(asked, route).await else {
        return exchange.end_without_answer();
    };
    if let Some(FaultKind::SlowAnswer { delay_ms }) = exchange.fault {
        sleep(Duration::from_millis(delay_ms)).await;
    }
    if !back.is_zero() {
        sleep(back).await;
    }
    exchange.end(answer)
}

// === impl Exchange ===

impl<'a> Exchange<'a> {
    /// Notes the arrival.
    fn begin(front: &'a Front, asked: &Asked, route: Option<&Route>) -> Self {
        let shared = &front.shared;
        let template = route.map_or("unknown", |route| route.template);
        let glance = Glance::at(template, &asked.headers, &asked.body);
        let reason = reason_in(&asked.headers);
        let creates = template == "POST /guilds/{guild_id}/channels"
            || template.starts_with("POST") && template.ends_with("/threads");
        let channel_id = route.and_then(|route| route.id("channel_id"));
        let role_id = route
            .filter(|route| route.template == DELETE_ROLE)
            .and_then(|route| route.id("guild_id").zip(route.id("role_id")));
        let (actor, creator_id, role) = {
            let world = shared.world.lock();
            let creator_id = channel_id.and_then(|id| world.creator_of(id));
            let actor = actor_of(&world, asked);
            let role = role_id.map(|(guild_id, id)| world.role_seen(actor, guild_id, id));
            (actor, creator_id, role)
        };
        let arrival = Arrival {
            at_ms: shared.clock.now_ms(),
            actor,
            client: asked.client.clone(),
            route: template,
            path: asked.path.clone(),
            channel_id,
            creator_id,
            role,
            resource: route.and_then(|route| route.resource).unwrap_or_default(),
            mark: glance.mark(reason.as_deref()).filter(|_| creates),
            allowed_mentions: glance.allowed_mentions,
            nonce: glance.nonce,
            reason,
        };
        // A webhook's caller has no token, and limits of its own.
        let limited = route.is_some_and(Route::needs_token);
        let subject = Subject {
            actor: arrival.actor.filter(|_| limited).unwrap_or_default(),
            route: template,
            resource: arrival.resource,
            message_id: route.and_then(|route| route.id("message_id")),
            renames: glance.name.is_some(),
            retopics: glance.topic.is_some(),
        };
        let answered = Answered::to(&arrival);
        let number = shared.record.arrived(arrival);
        Self {
            front,
            shared,
            number,
            subject,
            answered,
            fault: None,
            bucket: None,
            refusal: None,
        }
    }

    /// What Discord says; `None`: nothing.
    async fn answer(&mut self, asked: Asked, route: Option<Route>) -> Option<Answer> {
        let Some(route) = route else {
            return Some(rest::unrouted(&asked.method, &asked.path));
        };
        if self.answered.actor.is_none() && route.needs_token() {
            return Some(ApiError::unauthorized().into());
        }
        self.fault = self.shared.faults.rest(&route);
        match self.fault {
            Some(FaultKind::Hang | FaultKind::HangUp | FaultKind::Reset) => return None,
            Some(FaultKind::Late { delay_ms }) => sleep(Duration::from_millis(delay_ms)).await,
            Some(FaultKind::Status { status, code }) => return Some(wording::status(status, code)),
            Some(FaultKind::Html { status }) => return Some(wording::html(status)),
            Some(FaultKind::RateLimited {
                scope,
                retry_after_ms,
            }) => {
                let refusal = invented(scope, retry_after_ms, self.shared.clock.now_ms());
                return Some(self.refuse(refusal));
            }
            _ => {}
        }
        match self
            .shared
            .limits
            .admit(self.shared.clock.now_ms(), &self.subject)
        {
            Admission::Admitted(bucket) => self.bucket = bucket,
            Admission::Refused(refusal) => return Some(self.refuse(refusal)),
            Admission::Banned => return Some(wording::banned()),
        }
        let answer = self.act(route, asked);
        match self.fault {
            Some(FaultKind::ActThenHangUp | FaultKind::ActThenHang) => None,
            Some(FaultKind::StatusAfter { status }) => Some(wording::status(status, 0)),
            Some(FaultKind::Garbage) => Some(wording::garbage(answer.status)),
            _ => Some(lasting::outlast(self.shared, answer).await),
        }
    }

    fn act(&mut self, route: Route, asked: Asked) -> Answer {
        let deletes = route.template == "DELETE /channels/{channel_id}";
        let Asked {
            query,
            headers,
            body,
            ..
        } = asked;
        let call = Call {
            route,
            query,
            headers,
            body,
            replica: replica_under(self.fault),
        };
        let again = matches!(self.fault, Some(FaultKind::ActTwice)).then(|| Call {
            route: call.route.clone(),
            query: call.query.clone(),
            headers: call.headers.clone(),
            body: call.body.clone(),
            replica: call.replica,
        });
        let answer = rest::act(self.shared, self.answered.actor, call);
        lasting::finish(self.front, &answer);
        if let Some(again) = again {
            lasting::finish(
                self.front,
                &rest::act(self.shared, self.answered.actor, again),
            );
        }
        self.shared
            .record
            .executed(self.number, self.shared.clock.now_ms());
        let says = |code| matches!(&answer.body, AnswerBody::Json(body) if body["code"] == code);
        // Who was not answered, or so late that it may have gone, was told nothing.
        let told = !matches!(
            self.fault,
            Some(
                FaultKind::ActThenHangUp
                    | FaultKind::ActThenHang
                    | FaultKind::Late { .. }
                    | FaultKind::SlowAnswer { .. }
                    | FaultKind::StatusAfter { .. }
                    | FaultKind::Garbage
                    | FaultKind::CutBody
                    | FaultKind::StallBody
            )
        );
        let gone = (deletes && answer.status == 200) || (answer.status == 404 && says(10_003));
        self.answered.gone = told && gone;
        let gone = answer.status == 204 || (answer.status == 404 && says(10_011));
        self.answered.role_gone = told && gone && self.answered.role_id.is_some();
        answer
    }

    fn refuse(&mut self, refusal: Refusal) -> Answer {
        let until_ms = self.shared.clock.now_ms() + refusal.retry_after_ms;
        self.answered.told = Told::RetryAfter {
            scope: refusal.scope,
            until_ms,
        };
        let answer = wording::refusal(&refusal);
        self.refusal = Some(refusal);
        answer
    }

    fn end(mut self, answer: Answer) -> Ending {
        if let Some(bucket) = &self.bucket
            && bucket.remaining == 0
        {
            self.answered.told = Told::Spent {
                until_ms: bucket.resets_at_ms,
            };
        }
        self.note(Some(answer.status));
        let halved = match self.fault {
            Some(FaultKind::StallBody) => Some(Page::stalled as fn(&Bytes) -> Page),
            Some(FaultKind::CutBody) => Some(Page::cut as fn(&Bytes) -> Page),
            _ => None,
        };
        let mut response = response(answer);
        wording::date(self.shared.clock.now_ms(), response.headers_mut());
        if let Some(bucket) = &self.bucket {
            wording::bucket_headers(bucket, response.headers_mut());
        }
        if let Some(refusal) = &self.refusal {
            wording::refusal_headers(refusal, response.headers_mut());
        }
        Ending::Answer(match halved {
            Some(halve) => response.map(|page| halve(&page.into_bytes())),
            None => response,
        })
    }

    fn end_without_answer(mut self) -> Ending {
        self.note(None);
        match self.fault {
            Some(FaultKind::Hang | FaultKind::ActThenHang) => Ending::Silence,
            Some(FaultKind::Reset) => Ending::Reset,
            _ => Ending::HangUp,
        }
    }

    fn note(&mut self, status: Option<u16>) {
        let now_ms = self.shared.clock.now_ms();
        self.answered.at_ms = now_ms;
        self.answered.status = status;
        // What the load balancer says is not the world's word.
        self.answered.role_gone &= status != Some(504);
        self.answered.fault = self.fault;
        if let Some(status) = status {
            let shared = matches!(
                self.answered.told,
                Told::RetryAfter {
                    scope: Scope::Shared,
                    ..
                }
            );
            self.shared.limits.answered(now_ms, status, shared);
        }
        self.shared.record.answered(self.number, &self.answered);
    }
}

/// What a list lacks under this fault.
fn replica_under(fault: Option<FaultKind>) -> Replica {
    Replica {
        lag_ms: match fault {
            Some(FaultKind::Stale { lag_ms }) => lag_ms,
            _ => 0,
        },
        omits_one: fault == Some(FaultKind::OmitOne),
    }
}

/// Whose token the request carries.
fn actor_of(world: &World, asked: &Asked) -> Option<u64> {
    let header = asked.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let token = header.strip_prefix("Bot ")?;
    world.user_for_token(token)
}

/// A 429 that no limit asked for.
fn invented(scope: Scope, retry_after_ms: u64, now_ms: u64) -> Refusal {
    let bucket = (scope != Scope::Global).then(|| BucketState {
        hash: "5d3f0c1a9b7e42668d1f0e2a4c6b8d90".to_owned(),
        limit: 5,
        // Of a shared limit the bot's own bucket knows nothing.
        remaining: if scope == Scope::Shared { 4 } else { 0 },
        resets_at_ms: now_ms + retry_after_ms,
        reset_after_ms: retry_after_ms,
    });
    Refusal {
        scope,
        retry_after_ms,
        code: None,
        message: RATE_LIMITED,
        bucket,
    }
}
