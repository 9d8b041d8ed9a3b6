//! The encryption of a session's content: AES-256-GCM, one key a direction, no additional data.
//!
//! A sealed payload is a nonce of 12 bytes, the ciphertext, and a tag of 16 bytes.

use std::fmt;

use aws_lc_rs::aead::{
    AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, RandomizedNonceKey, UnboundKey,
};
use bytes::Bytes;

const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// The length of the data key, in bytes, that KMS is asked for: one key for each direction.
pub const DATA_KEY_BYTES: usize = 2 * KEY_BYTES;

/// The keys of one side.
pub struct Cipher {
    opening: LessSafeKey,
    sealing: RandomizedNonceKey,
}

impl Cipher {
    /// The client's side of a data key: it opens with the first half and seals with the second.
    /// Nothing, where the key does not have [`DATA_KEY_BYTES`].
    pub fn client(data_key: &[u8]) -> Option<Cipher> {
        let (first, second) = halves(data_key)?;
        Cipher::new(first, second)
    }

    /// The agent's side.
    #[cfg(any(test, feature = "testing"))]
    pub fn agent(data_key: &[u8]) -> Option<Cipher> {
        let (first, second) = halves(data_key)?;
        Cipher::new(second, first)
    }

    fn new(opening: &[u8], sealing: &[u8]) -> Option<Cipher> {
        Some(Cipher {
            opening: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, opening).ok()?),
            sealing: RandomizedNonceKey::new(&AES_256_GCM, sealing).ok()?,
        })
    }

    /// Nothing, where the system has no random numbers or the text is larger than the algorithm allows.
    pub fn seal(&self, text: &[u8]) -> Option<Bytes> {
        let mut ciphertext = text.to_vec();
        let nonce = self
            .sealing
            .seal_in_place_append_tag(Aad::empty(), &mut ciphertext)
            .ok()?;
        Some([nonce.as_ref().as_slice(), &ciphertext].concat().into())
    }

    /// Nothing, where the payload was not sealed with the other side's key.
    pub fn open(&self, payload: &[u8]) -> Option<Bytes> {
        if payload.len() < NONCE_LEN + TAG_BYTES {
            return None;
        }
        let (nonce, ciphertext) = payload.split_at(NONCE_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = ciphertext.to_vec();
        let length = self
            .opening
            .open_in_place(nonce, Aad::empty(), &mut text)
            .ok()?
            .len();
        text.truncate(length);
        Some(text.into())
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(secret)")
    }
}

fn halves(data_key: &[u8]) -> Option<(&[u8], &[u8])> {
    (data_key.len() == DATA_KEY_BYTES).then(|| data_key.split_at(KEY_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data_key() -> Vec<u8> {
        (0..64).collect()
    }

    #[test]
    fn each_side_opens_what_the_other_sealed() {
        let client = Cipher::client(&data_key()).unwrap();
        let agent = Cipher::agent(&data_key()).unwrap();
        let sealed = client.seal(b"ls\r").unwrap();
        assert_eq!(sealed.len(), 12 + 3 + 16);
        assert_eq!(agent.open(&sealed).unwrap(), "ls\r");
        assert_eq!(client.open(&agent.seal(b"").unwrap()).unwrap(), "");
        assert!(
            client.open(&sealed).is_none(),
            "the halves are not the same"
        );
        assert_ne!(client.seal(b"ls\r"), client.seal(b"ls\r"));
    }

    /// Made with another implementation: Python's `cryptography`, key `00..1f`, nonce twelve times `07`.
    #[test]
    fn the_first_half_opens() {
        let sealed = [
            7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0x67, 0x0f, 0xca, 0x30, 0x00, 0xc2, 0x86, 0x63,
            0x41, 0x77, 0x79, 0x23, 0x3e, 0xdb, 0xed, 0x7e, 0x5c, 0x24, 0x29, 0x3a, 0xbf,
        ];
        let client = Cipher::client(&data_key()).unwrap();
        assert_eq!(client.open(&sealed).unwrap(), "hello");
    }

    #[test]
    fn refuses_damage_and_wrong_lengths() {
        let client = Cipher::client(&data_key()).unwrap();
        let agent = Cipher::agent(&data_key()).unwrap();
        let sealed = client.seal(b"ls\r").unwrap();
        for at in 0..sealed.len() {
            let mut damaged = sealed.to_vec();
            damaged[at] ^= 1;
            assert!(agent.open(&damaged).is_none(), "byte {at}");
            assert!(agent.open(&sealed[..at]).is_none(), "length {at}");
        }
        assert!(Cipher::client(&data_key()[1..]).is_none());
    }
}
