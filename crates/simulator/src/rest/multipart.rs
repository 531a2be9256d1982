//! `multipart/form-data` of a body that is all there (RFC 7578).

use bytes::Bytes;

/// One part.
#[derive(Debug)]
pub(crate) struct Part {
    /// `name` of its Content-Disposition.
    pub(crate) name: String,
    /// `filename` of its Content-Disposition.
    pub(crate) filename: Option<String>,
    /// Its Content-Type.
    pub(crate) content_type: Option<String>,
    /// What is in it.
    pub(crate) bytes: Bytes,
}

/// The parts of a body whose Content-Type is `kind`; `None` when it is malformed.
pub(crate) fn parts(kind: &str, body: &Bytes) -> Option<Vec<Part>> {
    let boundary = parameter(kind, "boundary")?;
    let delimiter = format!("--{boundary}");
    let separator = format!("\r\n{delimiter}");
    let mut at = find(body, delimiter.as_bytes(), 0)? + delimiter.len();
    let mut parts = Vec::new();
    loop {
        if body[at..].starts_with(b"--") {
            return Some(parts);
        }
        // Blanks may follow a delimiter before the line ends.
        let head = find(body, b"\r\n", at)? + 2;
        let content = find(body, b"\r\n\r\n", head.saturating_sub(2))? + 4;
        let end = find(body, separator.as_bytes(), content.saturating_sub(2))?;
        let headers = String::from_utf8_lossy(&body[head..content.saturating_sub(2).max(head)]);
        parts.push(part(&headers, body.slice(content.min(end)..end))?);
        at = end + separator.len();
    }
}

fn part(headers: &str, bytes: Bytes) -> Option<Part> {
    let header = |wanted: &str| {
        headers.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim()
                .eq_ignore_ascii_case(wanted)
                .then(|| value.trim())
        })
    };
    let disposition = header("content-disposition")?;
    Some(Part {
        name: parameter(disposition, "name")?,
        filename: parameter(disposition, "filename"),
        content_type: header("content-type").map(ToOwned::to_owned),
        bytes,
    })
}

/// A parameter of a header value, quoted or not.
fn parameter(value: &str, wanted: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (text, next) = if let Some(quoted) = after.strip_prefix('"') {
            unquoted(quoted)?
        } else {
            let (text, next) = after.split_once(';').unwrap_or((after, ""));
            (text.trim().to_owned(), next)
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(text);
        }
        rest = next.trim_start().trim_start_matches(';');
    }
}

/// Reads up to the closing quote, minding backslashes.
fn unquoted(quoted: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, one)) = characters.next() {
        match one {
            '"' => return Some((text, &quoted[at + 1..])),
            '\\' => text.push(characters.next()?.1),
            _ => text.push(one),
        }
    }
    None
}

fn find(body: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let haystack = body.get(from..)?;
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
        .map(|at| at + from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_may_be_quoted_and_in_any_order() {
        let value = r#"form-data; filename="a\"b;c.txt"; name=files[0]"#;
        assert_eq!(parameter(value, "filename").as_deref(), Some("a\"b;c.txt"));
        assert_eq!(parameter(value, "name").as_deref(), Some("files[0]"));
        assert_eq!(parameter(value, "boundary"), None);
    }

    #[test]
    fn a_part_may_be_empty() {
        let body = Bytes::from_static(
            b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--x--",
        );
        let parts = parts("multipart/form-data; boundary=\"x\"", &body).unwrap();
        assert_eq!((parts[0].name.as_str(), parts[0].bytes.len()), ("a", 0));
    }

    #[test]
    fn a_cut_body_is_no_body() {
        let body =
            Bytes::from_static(b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nabc");
        assert!(parts("multipart/form-data; boundary=x", &body).is_none());
        assert!(parts("multipart/form-data", &body).is_none());
    }
}
