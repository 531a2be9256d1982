//! `CORDBOARD__SECTION__KEY`: configuration from the environment, laid over the file.

use toml::{Table, Value};

use super::problem::Problem;
use crate::Environment;

/// What all variables start with.
pub(crate) const PREFIX: &str = "CORDBOARD__";

/// Lays every `CORDBOARD__…` variable over `table`. Names are case-insensitive, `__` separates
/// levels, a number picks an element of a list: `CORDBOARD__KEYS__0__SECRET`.
///
/// A value is a string, unless it reads as a TOML list, table or truth value.
pub(crate) fn lay_over(table: &mut Table, environment: &Environment) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, text) in environment.with_prefix(PREFIX) {
        let path: Vec<String> = name.split("__").map(str::to_lowercase).collect();
        if path.iter().any(String::is_empty) {
            problems.push(Problem::new(
                format!("{PREFIX}{name}"),
                "has an empty part",
                "write CORDBOARD__SECTION__KEY, with two underscores between the parts",
            ));
        } else if let Err(reason) = put(table, &path, value_of(text)) {
            problems.push(Problem::new(
                format!("{PREFIX}{name}"),
                reason,
                "check its parts against the configuration file",
            ));
        }
    }
    problems
}

fn value_of(text: &str) -> Value {
    let looks_like_toml = text.starts_with(['[', '{', '"']) || matches!(text, "true" | "false");
    let parsed = looks_like_toml
        .then(|| {
            format!("value = {text}")
                .parse::<Table>()
                .ok()?
                .remove("value")
        })
        .flatten();
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn put(table: &mut Table, path: &[String], value: Value) -> Result<(), &'static str> {
    let Some((first, rest)) = path.split_first() else {
        return Err("names no key");
    };
    if rest.is_empty() {
        table.insert(first.clone(), value);
        return Ok(());
    }
    let below = table.entry(first.clone()).or_insert_with(|| {
        if rest[0].parse::<usize>().is_ok() {
            Value::Array(Vec::new())
        } else {
            Value::Table(Table::new())
        }
    });
    match below {
        Value::Table(table) => put(table, rest, value),
        Value::Array(list) => put_in_list(list, rest, value),
        _ => Err("goes below a key that has a plain value"),
    }
}

fn put_in_list(list: &mut Vec<Value>, path: &[String], value: Value) -> Result<(), &'static str> {
    let (index, rest) = path.split_first().ok_or("names no element")?;
    let index: usize = index
        .parse()
        .map_err(|_| "needs a number to pick from a list")?;
    if index > list.len() {
        return Err("leaves a hole in a list");
    }
    if rest.is_empty() {
        if index == list.len() {
            list.push(value);
        } else {
            list[index] = value;
        }
        return Ok(());
    }
    if index == list.len() {
        list.push(Value::Table(Table::new()));
    }
    match &mut list[index] {
        Value::Table(table) => put(table, rest, value),
        _ => Err("goes below a key that has a plain value"),
    }
}
