//! Files that came inside the request.

use std::sync::LazyLock;

use cordboard_conversation::{FILE_BYTES_MAX, File};
use cordboard_openai::ApiError;
use data_encoding::{Encoding, Specification};
use percent_encoding::percent_decode_str;

use crate::limits::{FILE_NAME_CHARS_MAX, MEDIA_TYPE_BYTES_MAX, URL_BYTES_MAX};

/// Base64 as it is found in the wild: either alphabet, with line breaks. Padding is cut before.
static BASE64: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    specification.translate.from.push_str("-_");
    specification.translate.to.push_str("+/");
    specification.ignore.push_str(" \t\r\n");
    specification.check_trailing_bits = false;
    specification
        .encoding()
        .expect("the specification is valid")
});

/// What an address stands for.
#[derive(Debug)]
pub(crate) enum Source<'a> {
    /// Somewhere on the web. Not ours to fetch.
    Address(&'a str),
    /// A `data:` URL.
    Inline(Inline<'a>),
    /// Neither.
    Other(&'a str),
}

/// A `data:` URL (RFC 2397), taken apart.
#[derive(Debug)]
pub(crate) struct Inline<'a> {
    media_type: &'a str,
    base64: bool,
    data: &'a str,
}

/// Looks at an address.
pub(crate) fn source<'a>(url: &'a str, param: &str) -> Result<Source<'a>, ApiError> {
    let url = url.trim();
    if starts(url, "data:") {
        let (head, data) = url["data:".len()..]
            .split_once(',')
            .ok_or_else(|| ApiError::invalid_value(param, "the data: URL has no data."))?;
        let mut words = head.split(';');
        let media_type = words.next().unwrap_or_default().trim();
        let base64 = words.any(|word| word.trim().eq_ignore_ascii_case("base64"));
        return Ok(Source::Inline(Inline {
            media_type,
            base64,
            data,
        }));
    }
    if !starts(url, "https://") && !starts(url, "http://") {
        return Ok(Source::Other(url));
    }
    if url.len() > URL_BYTES_MAX || url.contains(|part: char| part.is_control() || part == ' ') {
        return Err(ApiError::invalid_value(
            param,
            "the address is too long or malformed.",
        ));
    }
    Ok(Source::Address(url))
}

impl Inline<'_> {
    /// The file, called `name`, or after `what` and its number in the message.
    pub(crate) fn decode(
        &self,
        what: &str,
        name: Option<&str>,
        number: usize,
        param: &str,
    ) -> Result<File, ApiError> {
        let bytes = if self.base64 {
            base64(self.data, param)?
        } else {
            percent_decode_str(self.data).collect()
        };
        let content_type = media_type(self.media_type);
        let extension = content_type.as_deref().map_or("bin", extension);
        let name = name.and_then(file_name);
        file(
            name.unwrap_or_else(|| format!("{what}-{number}.{extension}")),
            content_type,
            bytes,
            param,
        )
    }
}

/// A sound in base64.
pub(crate) fn sound(
    data: &str,
    format: &str,
    number: usize,
    param: &str,
) -> Result<File, ApiError> {
    let content_type = match &*format.to_ascii_lowercase() {
        "mp3" => "audio/mpeg".to_owned(),
        format => media_type(&format!("audio/{format}")).unwrap_or_else(|| "audio/wav".to_owned()),
    };
    // Some clients put a whole data: URL here.
    let data = match source(data, param)? {
        Source::Inline(inline) if inline.base64 => inline.data,
        _ => data,
    };
    let name = format!("audio-{number}.{}", extension(&content_type));
    file(name, Some(content_type), base64(data, param)?, param)
}

/// A file in bare base64.
pub(crate) fn base64_file(
    data: &str,
    name: Option<&str>,
    number: usize,
    param: &str,
) -> Result<File, ApiError> {
    let name = name.and_then(file_name);
    let name = name.unwrap_or_else(|| format!("file-{number}.bin"));
    file(name, None, base64(data, param)?, param)
}

fn file(
    name: String,
    content_type: Option<String>,
    bytes: Vec<u8>,
    param: &str,
) -> Result<File, ApiError> {
    if bytes.is_empty() {
        return Err(ApiError::invalid_value(param, "the file is empty."));
    }
    if bytes.len() > FILE_BYTES_MAX {
        let why = format!(
            "Discord takes files of at most {} MiB.",
            FILE_BYTES_MAX >> 20
        );
        return Err(ApiError::invalid_value(param, &why));
    }
    Ok(File {
        name,
        content_type,
        bytes: bytes.into(),
    })
}

fn base64(data: &str, param: &str) -> Result<Vec<u8>, ApiError> {
    let data = data.trim_end_matches(['=', ' ', '\t', '\r', '\n']);
    let decoded = if data.contains('%') {
        let data = percent_decode_str(data).collect::<Vec<u8>>();
        let end = data
            .iter()
            .rposition(|byte| *byte != b'=')
            .map_or(0, |last| last + 1);
        BASE64.decode(&data[..end])
    } else {
        BASE64.decode(data.as_bytes())
    };
    decoded.map_err(|_| ApiError::invalid_value(param, "the data is not valid base64."))
}

/// Media types and names end up in the headers of a multipart body, so nothing unusual passes.
fn media_type(written: &str) -> Option<String> {
    let token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte))
    };
    let (kind, subtype) = written.split_once('/')?;
    let fits = written.len() <= MEDIA_TYPE_BYTES_MAX && token(kind) && token(subtype);
    fits.then(|| written.to_ascii_lowercase())
}

fn file_name(written: &str) -> Option<String> {
    let base = written.rsplit(['/', '\\']).next()?;
    let name: String = base
        .chars()
        .filter(|character| !character.is_control() && *character != '"')
        .take(FILE_NAME_CHARS_MAX)
        .collect();
    let name = name.trim().trim_start_matches('.');
    (!name.is_empty()).then(|| name.to_owned())
}

fn extension(media_type: &str) -> &str {
    match media_type {
        "image/jpeg" => "jpg",
        "image/svg+xml" => "svg",
        "text/plain" => "txt",
        "audio/mpeg" => "mp3",
        "audio/x-wav" => "wav",
        other => match other.split_once('/') {
            Some((_, subtype))
                if subtype.len() <= 5
                    && subtype.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
            {
                subtype
            }
            _ => "bin",
        },
    }
}

fn starts(url: &str, scheme: &str) -> bool {
    url.get(..scheme.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_in_all_its_forms() {
        for data in ["aGk/Pz8+", "aGk_Pz8-", "aGk/\r\nPz8+", "aGk%2FPz8%2B"] {
            assert_eq!(base64(data, "p").unwrap(), b"hi???>", "{data}");
        }
        for data in ["aGk=", "aGk", "aGk%3D", "aGk=\n"] {
            assert_eq!(base64(data, "p").unwrap(), b"hi", "{data}");
        }
        assert!(base64("a", "p").is_err() && base64("@@@@", "p").is_err());
    }

    #[test]
    fn names_cannot_leave_their_place() {
        for (written, name) in [
            ("a.png", Some("a.png")),
            ("../../etc/passwd", Some("passwd")),
            ("c:\\dir\\a.png", Some("a.png")),
            ("a\r\nb\".png", Some("ab.png")),
            ("..", None),
            ("", None),
        ] {
            assert_eq!(file_name(written).as_deref(), name, "{written}");
        }
        assert_eq!(media_type("image/png\r\nx: y"), None);
        assert_eq!(media_type("Image/PNG").as_deref(), Some("image/png"));
    }
}
