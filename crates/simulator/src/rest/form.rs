//! Reading JSON objects the way Discord does: null counts as absent, every wrong field is named.

use serde_json::{Map, Value};

use crate::world::{ApiError, error::FormErrors};

/// Discord's integers have 32 bits.
const NUMBER_MAX: u64 = 2_147_483_647;

/// One JSON object and what is wrong with it so far.
#[derive(Debug)]
pub(crate) struct Form<'a> {
    fields: &'a Map<String, Value>,
    prefix: String,
    errors: FormErrors,
}

impl<'a> Form<'a> {
    /// Reads a whole body.
    pub(crate) fn of(body: &'a Value) -> Result<Self, ApiError> {
        Self::at(body, "")
    }

    /// Reads an object at a dotted path of the body.
    pub(crate) fn at(value: &'a Value, path: &str) -> Result<Self, ApiError> {
        let Value::Object(fields) = value else {
            let message = "Only dictionaries may be used in a DictType";
            return Err(ApiError::form(path, "DICT_TYPE_CONVERT", message));
        };
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("{path}.")
        };
        Ok(Self {
            fields,
            prefix,
            errors: FormErrors::default(),
        })
    }

    /// `Err` when any field was wrong.
    pub(crate) fn done(self) -> Result<(), ApiError> {
        self.errors.done()
    }

    /// Notes a fault of a field.
    pub(crate) fn fault(&mut self, key: &str, code: &str, message: impl Into<String>) {
        self.errors
            .push(&format!("{}{key}", self.prefix), code, message);
    }

    /// Whether the field is there at all, be it as null.
    pub(crate) fn given(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// The field, unless it is absent or null.
    pub(crate) fn value(&self, key: &str) -> Option<&'a Value> {
        self.fields.get(key).filter(|value| !value.is_null())
    }

    /// A string.
    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => Some(text.clone()),
            other => {
                let message = format!("Could not interpret \"{other}\" as string.");
                self.fault(key, "STRING_TYPE_CONVERT", message);
                None
            }
        }
    }

    /// A string that must be there.
    pub(crate) fn required_text(&mut self, key: &str) -> String {
        if self.value(key).is_none() {
            self.required(key);
        }
        self.text(key).unwrap_or_default()
    }

    /// Notes that a field is missing.
    pub(crate) fn required(&mut self, key: &str) {
        self.fault(key, "BASE_TYPE_REQUIRED", "This field is required");
    }

    /// A whole number, as a number or as digits.
    pub(crate) fn number(&mut self, key: &str) -> Option<u64> {
        let value = self.value(key)?;
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
        if number.is_none() {
            let message = format!("Value \"{}\" is not int.", plain(value));
            self.fault(key, "NUMBER_TYPE_COERCE", message);
        }
        if number.is_some_and(|number| number > NUMBER_MAX) {
            let message = format!("int value should be less than or equal to {NUMBER_MAX}.");
            self.fault(key, "NUMBER_TYPE_MAX", message);
            return None;
        }
        number
    }

    /// A truth value.
    pub(crate) fn flag(&mut self, key: &str) -> Option<bool> {
        let flag = self.value(key)?.as_bool();
        if flag.is_none() {
            self.fault(key, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.");
        }
        flag
    }

    /// An id; Discord takes numbers too.
    pub(crate) fn id(&mut self, key: &str) -> Option<u64> {
        let value = self.value(key)?;
        let id = id_of(value);
        if id.is_none() {
            let message = format!("Value \"{}\" is not snowflake.", plain(value));
            self.fault(key, "NUMBER_TYPE_COERCE", message);
        }
        id
    }

    /// A list.
    pub(crate) fn list(&mut self, key: &str) -> Option<&'a Vec<Value>> {
        let list = self.value(key)?.as_array();
        if list.is_none() {
            let message = "Only iterables may be used in a ListType";
            self.fault(key, "LIST_TYPE_CONVERT", message);
        }
        list
    }

    /// A list of objects.
    pub(crate) fn objects(&mut self, key: &str) -> Option<Vec<Value>> {
        let list = self.list(key)?;
        for (index, item) in list
            .iter()
            .enumerate()
            .filter(|(_, item)| !item.is_object())
        {
            let message = format!("Only dictionaries may be used in a DictType, not {item}");
            self.fault(&format!("{key}.{index}"), "DICT_TYPE_CONVERT", message);
        }
        Some(list.clone())
    }

    /// A list of ids.
    pub(crate) fn ids(&mut self, key: &str) -> Option<Vec<u64>> {
        let list = self.list(key)?;
        let mut ids = Vec::with_capacity(list.len());
        for (index, item) in list.iter().enumerate() {
            if let Some(id) = id_of(item) {
                ids.push(id);
            } else {
                let message = format!("Value \"{}\" is not snowflake.", plain(item));
                self.fault(&format!("{key}.{index}"), "NUMBER_TYPE_COERCE", message);
            }
        }
        Some(ids)
    }
}

/// The id in a JSON value.
pub(crate) fn id_of(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_wrong_field_is_named_at_its_place() {
        let body = json!({ "name": 5, "nsfw": "x", "type": null, "list": ["1", "y"] });
        let mut form = Form::of(&body).unwrap();
        assert_eq!(form.text("name"), None);
        assert_eq!(form.flag("nsfw"), None);
        assert_eq!(form.number("type"), None);
        assert_eq!(form.ids("list"), Some(vec![1]));
        let errors = form.done().unwrap_err().errors.unwrap();
        assert_eq!(errors["name"]["_errors"][0]["code"], "STRING_TYPE_CONVERT");
        assert_eq!(errors["nsfw"]["_errors"][0]["code"], "BOOLEAN_TYPE_CONVERT");
        assert_eq!(
            errors["list"]["1"]["_errors"][0]["code"],
            "NUMBER_TYPE_COERCE"
        );
        assert_eq!(errors.get("type"), None);
    }
}
