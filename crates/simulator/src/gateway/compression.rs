//! How payloads become websocket messages.

use std::io::{self, Write};

use flate2::{Compression, write::ZlibEncoder};
use tokio_tungstenite::tungstenite::{Bytes, Message, Utf8Bytes};

use super::{limits::COMPRESS_BYTES_MIN, query::Transport};

/// The state of one connection's compression.
pub(crate) enum Encoder {
    /// Text, as it is.
    Plain,
    /// Large payloads as one complete zlib blob each (`compress: true` in IDENTIFY).
    Payload,
    /// `zlib-stream`: one context; each message ends with `00 00 ff ff`.
    Zlib(ZlibEncoder<Vec<u8>>),
    /// `zstd-stream`: one context; one websocket message is one payload.
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    /// The encoder that a URL asked for.
    pub(crate) fn new(transport: Transport) -> io::Result<Self> {
        Ok(match transport {
            Transport::Plain => Self::Plain,
            Transport::Zlib => Self::Zlib(ZlibEncoder::new(Vec::new(), Compression::fast())),
            Transport::Zstd => Self::Zstd(zstd::stream::write::Encoder::new(
                Vec::new(),
                zstd::DEFAULT_COMPRESSION_LEVEL,
            )?),
        })
    }

    /// Turns payload compression on, unless the whole connection is compressed already: Discord
    /// has the two exclude each other.
    pub(crate) fn compress_payloads(&mut self) {
        if matches!(self, Self::Plain) {
            *self = Self::Payload;
        }
    }

    /// One payload as one websocket message.
    pub(crate) fn encode(&mut self, payload: Utf8Bytes) -> io::Result<Message> {
        let compressed = match self {
            Self::Plain => return Ok(Message::Text(payload)),
            Self::Payload if payload.len() < COMPRESS_BYTES_MIN => {
                return Ok(Message::Text(payload));
            }
            Self::Payload => {
                let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(payload.as_bytes())?;
                encoder.finish()?
            }
            Self::Zlib(encoder) => {
                encoder.write_all(payload.as_bytes())?;
                encoder.flush()?;
                std::mem::take(encoder.get_mut())
            }
            Self::Zstd(encoder) => {
                encoder.write_all(payload.as_bytes())?;
                encoder.flush()?;
                std::mem::take(encoder.get_mut())
            }
        };
        Ok(Message::Binary(Bytes::from(compressed)))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::{Decompress, FlushDecompress};

    use super::*;

    /// Payloads of very different sizes, the largest many times the encoder's own buffer.
    fn payloads() -> Vec<String> {
        let mut dice = fastrand::Rng::with_seed(7);
        [2, 300, 40_000, 1_000_000, 5]
            .map(|length| {
                std::iter::repeat_with(|| dice.alphanumeric())
                    .take(length)
                    .collect()
            })
            .to_vec()
    }

    #[test]
    fn every_zlib_message_ends_at_a_flush_and_reads_on_its_own() {
        let mut encoder = Encoder::new(Transport::Zlib).unwrap();
        let mut context = Decompress::new(true);
        for payload in payloads() {
            let message = encoder.encode(payload.clone().into()).unwrap().into_data();
            assert!(message.ends_with(&[0, 0, 0xff, 0xff]));
            let mut text = Vec::with_capacity(payload.len() + 1_024);
            context
                .decompress_vec(&message, &mut text, FlushDecompress::Sync)
                .unwrap();
            assert_eq!(text, payload.into_bytes());
        }
    }

    #[test]
    fn every_zstd_message_reads_as_soon_as_it_is_there() {
        let mut encoder = Encoder::new(Transport::Zstd).unwrap();
        let mut context = zstd::stream::write::Decoder::new(Vec::new()).unwrap();
        for payload in payloads() {
            let message = encoder.encode(payload.clone().into()).unwrap().into_data();
            context.write_all(&message).unwrap();
            context.flush().unwrap();
            assert_eq!(std::mem::take(context.get_mut()), payload.into_bytes());
        }
    }

    #[test]
    fn payload_compression_yields_to_transport_compression() {
        let mut encoder = Encoder::new(Transport::Zlib).unwrap();
        encoder.compress_payloads();
        assert!(matches!(encoder, Encoder::Zlib(_)));

        let mut encoder = Encoder::new(Transport::Plain).unwrap();
        encoder.compress_payloads();
        assert!(encoder.encode("{}".into()).unwrap().is_text());
        let long = "x".repeat(COMPRESS_BYTES_MIN);
        let message = encoder.encode(long.clone().into()).unwrap().into_data();
        let mut text = String::new();
        flate2::read::ZlibDecoder::new(&*message)
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, long);
    }
}
