//! Encrypts a session's content: AES-256-GCM, one key for each direction, no additional data. aws-lc wipes the keys.
//!
//! A sealed payload is a nonce of 12 bytes, the ciphertext, and a tag of 16 bytes.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use bytes::Bytes;

const KEY_BYTES: usize = 32;

/// The keys of one side.
pub struct Cipher {
    opening: RandomizedNonceKey,
    sealing: RandomizedNonceKey,
}

impl Cipher {
    /// The client opens with the first half of the data key and seals with the second. `None`: the key does not have
    /// 64 bytes.
    pub fn client(data_key: &[u8]) -> Option<Cipher> {
        let (opening, sealing) = data_key.split_at_checked(KEY_BYTES)?;
        Some(Cipher {
            opening: RandomizedNonceKey::new(&AES_256_GCM, opening).ok()?,
            sealing: RandomizedNonceKey::new(&AES_256_GCM, sealing).ok()?,
        })
    }

    /// The agent's side of the same data key.
    #[cfg(any(test, feature = "testing"))]
    pub fn agent(data_key: &[u8]) -> Option<Cipher> {
        let Cipher { opening, sealing } = Cipher::client(data_key)?;
        Some(Cipher {
            opening: sealing,
            sealing: opening,
        })
    }

    /// `None`: the system has no random numbers, or the text is too large for the algorithm.
    pub fn seal(&self, text: &[u8]) -> Option<Bytes> {
        let mut ciphertext = text.to_vec();
        let nonce = self
            .sealing
            .seal_in_place_append_tag(Aad::empty(), &mut ciphertext)
            .ok()?;
        Some([nonce.as_ref().as_slice(), &ciphertext].concat().into())
    }

    /// `None`: the payload was not sealed with the other side's key.
    pub fn open(&self, payload: &[u8]) -> Option<Bytes> {
        let (nonce, ciphertext) = payload.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = ciphertext.to_vec();
        let opened = self.opening.open_in_place(nonce, Aad::empty(), &mut text);
        let length = opened.ok()?.len();
        text.truncate(length);
        Some(text.into())
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data_key() -> Vec<u8> {
        (0..64).collect()
    }

    #[test]
    fn each_side_decrypts_the_messages_of_the_other() {
        let client = Cipher::client(&data_key()).unwrap();
        let agent = Cipher::agent(&data_key()).unwrap();
        let sealed = client.seal(b"ls\r").unwrap();
        assert_eq!(sealed.len(), 12 + 3 + 16);
        assert_eq!(agent.open(&sealed).unwrap(), "ls\r");
        assert_eq!(client.open(&agent.seal(b"").unwrap()).unwrap(), "");
        assert!(
            client.open(&sealed).is_none(),
            "each direction has its own key"
        );
        assert_ne!(client.seal(b"ls\r"), client.seal(b"ls\r"));
    }

    /// Generated with Python's `cryptography`: key `00..1f`, nonce twelve times `07`.
    #[test]
    fn the_first_half_of_the_data_key_decrypts() {
        let sealed = [
            7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0x67, 0x0f, 0xca, 0x30, 0x00, 0xc2, 0x86, 0x63,
            0x41, 0x77, 0x79, 0x23, 0x3e, 0xdb, 0xed, 0x7e, 0x5c, 0x24, 0x29, 0x3a, 0xbf,
        ];
        let client = Cipher::client(&data_key()).unwrap();
        assert_eq!(client.open(&sealed).unwrap(), "hello");
    }

    #[test]
    fn damaged_payloads_and_short_keys_are_refused() {
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
