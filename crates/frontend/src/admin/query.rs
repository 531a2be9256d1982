//! Which debts a query string asks for.

use std::borrow::Cow;

use cordboard_openai::ApiError;
use percent_encoding::percent_decode_str;

use crate::{
    DebtQuery, DebtStage,
    limits::{DEBTS_AFTER_BYTES_MAX, DEBTS_DEFAULT, DEBTS_MAX, QUERY_NAME_CHARS_MAX},
};

/// Refuses what it does not know: whoever misspells `stage` must not take all debts for some.
pub(super) fn parse(query: &str) -> Result<DebtQuery, ApiError> {
    let (mut after, mut limit, mut stage) = (None, None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name), decoded(value));
        let twice = match &*name {
            "after" => after.replace(read_after(&value)?).is_some(),
            "limit" => limit.replace(read_limit(&value)?).is_some(),
            "stage" => stage.replace(read_stage(&value)?).is_some(),
            _ => {
                let name: String = name.chars().take(QUERY_NAME_CHARS_MAX).collect();
                let why = "a query takes after, limit and stage.";
                return Err(ApiError::unsupported_parameter(&name, why));
            }
        };
        if twice {
            return Err(ApiError::invalid_value(&name, "it is given twice."));
        }
    }
    Ok(DebtQuery {
        after: after.flatten(),
        limit: limit.unwrap_or(DEBTS_DEFAULT),
        stage,
    })
}

/// What is no text becomes replacement characters, and no value has those.
fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Empty is the beginning, so that a loop over pages need not treat its first round apart.
fn read_after(value: &str) -> Result<Option<String>, ApiError> {
    if value.len() > DEBTS_AFTER_BYTES_MAX {
        return Err(no_such_page());
    }
    Ok(Some(value.to_owned()).filter(|value| !value.is_empty()))
}

/// Also the answer when the registry does not know the value.
pub(super) fn no_such_page() -> ApiError {
    let why = "expected the `next` of the page before; leave it out for the first page.";
    ApiError::invalid_value("after", why)
}

fn read_limit(value: &str) -> Result<usize, ApiError> {
    let limit = value.parse().ok();
    limit
        .filter(|limit| (1..=DEBTS_MAX).contains(limit))
        .ok_or_else(|| {
            let why = format!("expected a whole number from 1 to {DEBTS_MAX}.");
            ApiError::invalid_value("limit", &why)
        })
}

fn read_stage(value: &str) -> Result<DebtStage, ApiError> {
    let stage = DebtStage::ALL
        .into_iter()
        .find(|stage| stage.name() == value);
    stage.ok_or_else(|| {
        let names = DebtStage::ALL.map(DebtStage::name).join(", ");
        ApiError::invalid_value("stage", &format!("expected one of {names}."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_which_debts() {
        let all = DebtQuery {
            after: None,
            limit: 100,
            stage: None,
        };
        for (query, meant) in [
            ("", all.clone()),
            ("&", all.clone()),
            ("after=", all.clone()),
            (
                "limit=1",
                DebtQuery {
                    limit: 1,
                    ..all.clone()
                },
            ),
            (
                "stage=p%61rked&limit=500&after=a%2Bb%3D",
                DebtQuery {
                    after: Some("a+b=".into()),
                    limit: 500,
                    stage: Some(DebtStage::Parked),
                },
            ),
        ] {
            assert_eq!(parse(query).unwrap(), meant, "{query}");
        }
        for stage in DebtStage::ALL {
            let query = parse(&format!("stage={}", stage.name())).unwrap();
            assert_eq!(query.stage, Some(stage));
        }
    }

    #[test]
    fn a_bad_query_is_refused_by_the_name_of_what_is_wrong() {
        let long = format!("after={}", "a".repeat(129));
        for (query, param, message) in [
            ("limit=0", "limit", "from 1 to 500"),
            ("limit=501", "limit", "from 1 to 500"),
            ("limit=-1", "limit", "from 1 to 500"),
            ("limit=ten", "limit", "from 1 to 500"),
            ("limit", "limit", "from 1 to 500"),
            ("limit=1&limit=1", "limit", "given twice"),
            ("after=&after=", "after", "given twice"),
            ("stage=", "stage", "condemned, verifying, parked"),
            ("stage=Parked", "stage", "condemned, verifying, parked"),
            ("stage=%ff", "stage", "condemned, verifying, parked"),
            ("stages=parked", "stages", "after, limit and stage"),
            ("=parked", "", "after, limit and stage"),
            (&long, "after", "leave it out"),
        ] {
            let error = parse(query).unwrap_err();
            assert_eq!(error.status, 400, "{query}");
            assert_eq!(error.param.as_deref(), Some(param), "{query}");
            assert!(error.message.contains(message), "{}", error.message);
        }
        let error = parse(&"x".repeat(10_000)).unwrap_err();
        assert!(error.param.is_some_and(|name| name.len() < 100));
    }
}
