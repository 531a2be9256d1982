//! Which debts a query string asks for.

use cordboard_openai::ApiError;

use crate::{
    DebtQuery, DebtStage,
    limits::{DEBTS_AFTER_BYTES_MAX, DEBTS_DEFAULT, DEBTS_MAX},
    query,
};

/// Which debts, or what is wrong with the query.
pub(super) fn parse(query: &str) -> Result<DebtQuery, ApiError> {
    let (mut after, mut limit, mut stage) = (None, None, None);
    for (name, value) in query::pairs(query) {
        let twice = match &*name {
            "after" => after.replace(read_after(&value)?).is_some(),
            "limit" => limit.replace(query::limit(&value, DEBTS_MAX)?).is_some(),
            "stage" => stage.replace(read_stage(&value)?).is_some(),
            _ => {
                return Err(query::unknown(
                    &name,
                    "a query takes after, limit and stage.",
                ));
            }
        };
        if twice {
            return Err(query::twice(&name));
        }
    }
    Ok(DebtQuery {
        after: after.flatten(),
        limit: limit.unwrap_or(DEBTS_DEFAULT),
        stage,
    })
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
