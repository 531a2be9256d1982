//! What a client's URL asks for: version, encoding, compression.

use super::close::CloseCode;

/// Compression of the whole connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Transport {
    /// Text frames.
    #[default]
    Plain,
    /// One zlib stream, flushed after each payload.
    Zlib,
    /// One zstd stream, flushed after each payload.
    Zstd,
}

/// Reads the query of `/?v=10&encoding=json&compress=zlib-stream`.
///
/// The version must be 10: Discord's default without `v` is one that it no longer speaks.
pub(crate) fn transport(query: &str) -> Result<Transport, CloseCode> {
    let value = |key: &str| {
        query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(name, value)| (name == key).then_some(value))
    };
    if value("v") != Some("10") {
        return Err(CloseCode::InvalidVersion);
    }
    if !matches!(value("encoding"), None | Some("json")) {
        return Err(CloseCode::DecodeError);
    }
    match value("compress") {
        None => Ok(Transport::Plain),
        Some("zlib-stream") => Ok(Transport::Zlib),
        Some("zstd-stream") => Ok(Transport::Zstd),
        Some(_) => Err(CloseCode::DecodeError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_and_what_they_ask_for() {
        assert_eq!(transport("v=10&encoding=json"), Ok(Transport::Plain));
        assert_eq!(
            transport("encoding=json&v=10&compress=zlib-stream"),
            Ok(Transport::Zlib)
        );
        assert_eq!(transport("v=10&compress=zstd-stream"), Ok(Transport::Zstd));
        assert_eq!(transport("v=6"), Err(CloseCode::InvalidVersion));
        assert_eq!(transport(""), Err(CloseCode::InvalidVersion));
        assert_eq!(transport("v=10&encoding=etf"), Err(CloseCode::DecodeError));
    }
}
