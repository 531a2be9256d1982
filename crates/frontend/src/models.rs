//! `GET /v1/models`: what a key may ask for.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::Response,
};
use cordboard_conversation::same_model;
use cordboard_openai::{ApiError, Model, ModelList};
use http::HeaderMap;

use crate::{
    Desk, Scope,
    answer::{self, Refusal},
    server::Server,
};

pub(crate) async fn list<D: Desk>(
    State(server): State<Arc<Server<D>>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let key = server.keys.caller(&headers, Scope::Chat)?;
    let models = server.desk.models();
    let models = models
        .into_iter()
        .filter(|model| key.allows(model))
        .map(|model| Model::new(model, server.started));
    Ok(answer::json(&ModelList::new(models.collect())))
}

/// Ids may contain slashes and percent escapes. One that is no text names no model.
pub(crate) async fn one<D: Desk>(
    State(server): State<Arc<Server<D>>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let key = server.keys.caller(&headers, Scope::Chat)?;
    let id = id.map_or_else(|_| char::REPLACEMENT_CHARACTER.into(), |Path(id)| id);
    let models = server.desk.models();
    let model = models
        .into_iter()
        .find(|model| same_model(model, &id) && key.allows(model))
        .ok_or_else(|| ApiError::model_not_found(&id))?;
    Ok(answer::json(&Model::new(model, server.started)))
}
