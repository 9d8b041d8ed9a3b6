//! A client of sessions, and simulated AWS responses.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use ssm_channel::testing::Gateway;
use ssm_channel::{
    AwsApi, CancellationToken, Credentials, DataKey, DataKeyError, Input, Notice, Options, Output,
    ResumeError, Resumed, Secret, Session, SessionError, Zeroizing,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than any step takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub const DATA_KEY: [u8; 64] = {
    let mut key = [0; 64];
    let mut at = 0;
    while at < 64 {
        key[at] = at as u8 * 3;
        at += 1;
    }
    key
};

/// Simulated AWS responses. Clones share their state.
#[derive(Clone, Default)]
pub struct Aws {
    /// Responses to `ResumeSession`, in order; after them, the session no longer exists.
    pub resumes: Arc<Mutex<VecDeque<Result<Resumed, ResumeError>>>>,
    /// The encryption contexts of the requested keys.
    pub contexts: Arc<Mutex<Vec<BTreeMap<String, String>>>>,
    /// Denies keys if the encryption context has this name.
    pub denies: Option<&'static str>,
    pub credentials: Option<Credentials>,
}

impl Aws {
    pub fn with_resumes<const N: usize>(answers: [Result<Resumed, ResumeError>; N]) -> Aws {
        Aws {
            resumes: Arc::new(Mutex::new(answers.into())),
            ..Aws::default()
        }
    }
}

pub fn resumed(token: &str) -> Result<Resumed, ResumeError> {
    Ok(Resumed {
        token: Secret::new(token),
        stream_url: None,
    })
}

impl AwsApi for Aws {
    async fn data_key(
        &self,
        key_id: &str,
        context: &BTreeMap<String, String>,
    ) -> Result<DataKey, DataKeyError> {
        assert_eq!(key_id, "arn:aws:kms:eu-central-1:1:key/k");
        self.contexts.lock().unwrap().push(context.clone());
        if self.denies.is_some_and(|name| context.contains_key(name)) {
            return Err(DataKeyError::Denied("not authorized to use the key".into()));
        }
        Ok(DataKey {
            plaintext: Zeroizing::new(DATA_KEY.to_vec()),
            ciphertext: b"blob".to_vec(),
            key_arn: Some(key_id.to_owned()),
        })
    }

    async fn resume(&self, session_id: &str) -> Result<Resumed, ResumeError> {
        assert_eq!(session_id, "ecs-execute-command-0a");
        let next = self.resumes.lock().unwrap().pop_front();
        next.unwrap_or(Err(ResumeError::Gone))
    }

    async fn credentials(&self) -> Option<Credentials> {
        self.credentials.clone()
    }
}

pub fn session(gateway: &Gateway) -> Session {
    Session {
        id: "ecs-execute-command-0a".into(),
        stream_url: gateway.url(),
        token: Secret::new("first-token"),
        target: "ecs:production_0123_0123-456".into(),
        kms_key: None,
        region: "eu-central-1".into(),
    }
}

pub struct Client {
    pub input: mpsc::Sender<Input>,
    pub output: mpsc::Receiver<Output>,
    pub cancel: CancellationToken,
    run: JoinHandle<Result<Option<String>, SessionError>>,
}

impl Client {
    pub fn join(gateway: &Gateway) -> Client {
        Client::start(session(gateway), Aws::default(), Options::default())
    }

    pub fn start(session: Session, aws: Aws, options: Options) -> Client {
        let (input, taken) = mpsc::channel(8);
        let (given, output) = mpsc::channel(8);
        let cancel = options.cancel.clone();
        let run =
            tokio::spawn(
                async move { ssm_channel::run(session, &aws, taken, given, options).await },
            );
        Client {
            input,
            output,
            cancel,
            run,
        }
    }

    pub async fn type_in(&self, text: &'static str) {
        let bytes = Bytes::from_static(text.as_bytes());
        self.input.send(Input::Bytes(bytes)).await.unwrap();
    }

    pub async fn next(&mut self) -> Option<Output> {
        within_timeout(self.output.recv()).await
    }

    pub async fn started(&mut self) {
        assert_eq!(self.next().await, Some(Output::Started));
    }

    pub async fn notice(&mut self, notice: Notice) {
        assert_eq!(self.next().await, Some(Output::Notice(notice)));
    }

    /// Exactly this many bytes of output.
    pub async fn stdout(&mut self, length: usize) -> Vec<u8> {
        let mut stdout = Vec::new();
        while stdout.len() < length {
            match self.next().await {
                Some(Output::Bytes(bytes)) => stdout.extend_from_slice(&bytes),
                Some(Output::Started) => {}
                other => panic!("after {} bytes came {other:?}", stdout.len()),
            }
        }
        assert_eq!(stdout.len(), length);
        stdout
    }

    pub async fn end(self) -> Result<Option<String>, SessionError> {
        // A caller keeps the input open until the session ends.
        let ended = within_timeout(self.run).await.unwrap();
        drop(self.input);
        ended
    }
}

pub async fn within_timeout<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future).await.expect("in time")
}

/// Bytes without a pattern, so that a misplaced piece is noticed.
pub fn random_bytes(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut random_bytes = Vec::with_capacity(length + 8);
    while random_bytes.len() < length {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        random_bytes.extend_from_slice(&state.to_be_bytes()[..4]);
    }
    random_bytes.truncate(length);
    random_bytes
}

pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
