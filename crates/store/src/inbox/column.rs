//! Ids and objects as columns.

use rusqlite::{
    Row,
    types::{FromSqlError, Type},
};
use serde_json::value::RawValue;
use twilight_model::id::Id;

use crate::record::{damaged, signed};

/// An id, as a column.
pub(super) fn of<T>(id: Id<T>) -> i64 {
    signed(id.get())
}

/// An id or `NULL`, as a column.
pub(super) fn of_some<T>(id: Option<Id<T>>) -> Option<i64> {
    id.map(of)
}

/// The id in a column.
pub(super) fn id<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Id<T>> {
    some_id(row, column)?.ok_or_else(|| damaged(column, FromSqlError::InvalidType))
}

/// The id in a column, if there is one.
pub(super) fn some_id<T>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Id<T>>> {
    let id: Option<i64> = row.get(column)?;
    Ok(id.and_then(|id| Id::new_checked(id.cast_unsigned())))
}

/// The object in a column, if there is one.
pub(super) fn json(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Box<RawValue>>> {
    let text: Option<String> = row.get(column)?;
    let json = text.map(RawValue::from_string).transpose();
    json.map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
    })
}
