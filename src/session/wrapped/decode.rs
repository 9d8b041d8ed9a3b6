//! Decodes output.

use data_encoding::{BASE64, HEXLOWER};

/// How the script encodes output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Base64,
    Hex,
    /// Not at all: the image lacks the programs.
    Raw,
}

/// Decodes text that comes in pieces. Line ends are ignored.
pub struct Decoder {
    encoding: Encoding,
    waiting: Vec<u8>,
}

impl Decoder {
    /// Nothing is waiting yet.
    pub fn new(encoding: Encoding) -> Decoder {
        Decoder {
            encoding,
            waiting: Vec::new(),
        }
    }

    /// How the text is encoded.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// `None`: the text is not in this encoding.
    pub fn take(&mut self, text: Vec<u8>) -> Option<Vec<u8>> {
        let (group, encoding) = match self.encoding {
            Encoding::Base64 => (4, &BASE64),
            Encoding::Hex => (2, &HEXLOWER),
            Encoding::Raw => return Some(text),
        };
        let letters = text.into_iter().filter(|byte| !byte.is_ascii_whitespace());
        self.waiting.extend(letters);
        let whole = self.waiting.len() - self.waiting.len() % group;
        let decoded = encoding.decode(&self.waiting[..whole]).ok()?;
        self.waiting.drain(..whole);
        Some(decoded)
    }

    /// Whether no incomplete group is left.
    pub fn is_complete(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(encoding: Encoding, text: &[u8]) -> Option<Vec<u8>> {
        let mut answers: Vec<_> = (1..=text.len())
            .map(|size| {
                let mut decoder = Decoder::new(encoding);
                let pieces = text.chunks(size).map(|piece| decoder.take(piece.to_vec()));
                let decoded = pieces.collect::<Option<Vec<_>>>()?.concat();
                decoder.is_complete().then_some(decoded)
            })
            .collect();
        answers.dedup();
        assert_eq!(answers.len(), 1, "the pieces' size must not matter");
        answers.remove(0)
    }

    #[test]
    fn pieces_of_any_size_and_padding_are_decoded() {
        let text = b"YQ==\r\nYmM=\nZGVm\n";
        assert_eq!(decode(Encoding::Base64, text).unwrap(), b"abcdef");
        assert_eq!(
            decode(Encoding::Hex, b" 00 ff\n 0a\r\n").unwrap(),
            b"\0\xff\n"
        );
        assert_eq!(decode(Encoding::Raw, b"a \n").unwrap(), b"a \n");
        for (encoding, bad) in [
            (Encoding::Base64, &b"YQ=x"[..]),
            (Encoding::Base64, b"YQ="),
            (Encoding::Hex, b"0g"),
            (Encoding::Hex, b"0"),
        ] {
            assert_eq!(decode(encoding, bad), None, "{bad:?}");
        }
    }
}
