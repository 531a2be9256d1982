//! Request bodies: JSON, forms, and multipart with files (Discord: reference#uploading-files).

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use serde_json::{Value, json};

use super::{multipart, query::Query};
use crate::world::{ApiError, File};

/// A body that was understood.
#[derive(Debug)]
pub(crate) struct Body {
    /// The JSON object; empty for an empty body.
    pub(crate) json: Value,
    /// Files by the number in `files[n]`.
    pub(crate) files: Vec<(u64, File)>,
}

impl Body {
    /// Reads a body by its content type. Anything but JSON, a form or multipart is a 50035.
    pub(crate) fn read(headers: &HeaderMap, bytes: &Bytes) -> Result<Self, ApiError> {
        if bytes.is_empty() {
            return Ok(Self {
                json: json!({}),
                files: Vec::new(),
            });
        }
        let kind = headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or("");
        let essence = kind
            .split(';')
            .next()
            .unwrap_or("")
            .trim()
            .to_ascii_lowercase();
        match essence.as_str() {
            "application/json" => Ok(Self {
                json: parsed(bytes)?,
                files: Vec::new(),
            }),
            "multipart/form-data" => Self::multipart(kind, bytes),
            "application/x-www-form-urlencoded" => {
                let text = String::from_utf8_lossy(bytes);
                let query = Query::parse(&text);
                let fields = query
                    .pairs()
                    .map(|(key, value)| (key.clone(), json!(value)));
                Ok(Self {
                    json: Value::Object(fields.collect()),
                    files: Vec::new(),
                })
            }
            _ => {
                let message = "Expected \"Content-Type\" header to be one of \
                               {'multipart/form-data', 'application/x-www-form-urlencoded', \
                               'application/json'}.";
                Err(ApiError::form("", "CONTENT_TYPE_INVALID", message))
            }
        }
    }

    fn multipart(kind: &str, bytes: &Bytes) -> Result<Self, ApiError> {
        let malformed = || ApiError::form("", "MULTIPART_INVALID", "Malformed multipart body");
        let parts = multipart::parts(kind, bytes).ok_or_else(malformed)?;
        let mut body = Self {
            json: json!({}),
            files: Vec::new(),
        };
        let mut payload = None;
        for part in parts {
            if part.name == "payload_json" {
                payload = Some(parsed(&part.bytes)?);
            } else if let Some(filename) = part.filename {
                // `files[n]` is the form to use; `file` and `file3` are older ones.
                let digits: String = part.name.chars().filter(char::is_ascii_digit).collect();
                let file = File {
                    filename,
                    content_type: part.content_type,
                    description: None,
                    bytes: part.bytes,
                };
                body.files.push((digits.parse().unwrap_or(0), file));
            } else {
                let text = String::from_utf8_lossy(&part.bytes).into_owned();
                body.json[part.name] = json!(text);
            }
        }
        if let Some(payload) = payload {
            body.json = payload;
        }
        Ok(body)
    }
}

fn parsed(bytes: &Bytes) -> Result<Value, ApiError> {
    serde_json::from_slice(bytes).map_err(|_| ApiError::invalid_json())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(kind: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, http::HeaderValue::from_static(kind))])
    }

    #[test]
    fn files_and_payload_come_out_of_multipart() {
        let bytes = Bytes::from_static(
            b"--x\r\nContent-Disposition: form-data; name=\"payload_json\"\r\n\
              Content-Type: application/json\r\n\r\n{\"content\":\"hi\"}\r\n\
              --x\r\nContent-Disposition: form-data; name=\"files[2]\"; filename=\"a.txt\"\r\n\
              Content-Type: text/plain\r\n\r\nline\r\n--y\r\n--x--\r\n",
        );
        let body = Body::read(&typed("multipart/form-data; boundary=x"), &bytes).unwrap();
        assert_eq!(body.json, json!({ "content": "hi" }));
        let (number, file) = &body.files[0];
        assert_eq!((*number, file.filename.as_str()), (2, "a.txt"));
        assert_eq!(file.bytes, Bytes::from_static(b"line\r\n--y"));
    }

    #[test]
    fn what_is_no_json_is_refused_with_the_right_code() {
        let bytes = Bytes::from_static(b"{");
        let refused = |kind| Body::read(&typed(kind), &bytes).unwrap_err().code;
        assert_eq!(refused("application/json"), 50109);
        assert_eq!(refused("text/plain"), 50035);
        assert_eq!(refused("multipart/form-data; boundary=x"), 50035);
    }
}
