//! A server in the test's own process, on a free port of loopback, over a memory log and memory views.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // each test file uses its part

use std::sync::Arc;
use std::time::Duration;

use origem_domain::event::Event as DomainEvent;
use origem_engine::Engine;
use origem_grpc::api::changes_client::ChangesClient;
use origem_grpc::api::conversations_client::ConversationsClient;
use origem_grpc::api::operations_client::OperationsClient;
use origem_grpc::api::producers_client::ProducersClient;
use origem_grpc::{Options, ServeError, serve};
use origem_log::{EventLog, MemoryLog};
use origem_testkit::SECRET;
use origem_views::rows::MemoryStore;
use origem_wire::proto::submission::Content;
use origem_wire::proto::{AppendEventsRequest, AppendEventsResponse, Event, Submission};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Server {
    pub engine: Arc<Engine>,
    pub channel: Channel,
    end: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<Result<(), ServeError>>>,
}

pub fn options() -> Options {
    Options {
        wait_timeout: PATIENCE,
        health_interval: Duration::from_millis(10),
        ..Options::default()
    }
}

pub async fn server(options: Options) -> Server {
    server_on(Arc::new(MemoryLog::default()), options).await
}

pub async fn server_on(log: Arc<dyn EventLog>, options: Options) -> Server {
    server_of(log, origem_engine::Options::default(), options).await
}

pub async fn server_of(log: Arc<dyn EventLog>, engine: origem_engine::Options, options: Options) -> Server {
    let engine = Engine::over(log, SECRET, engine).unwrap();
    for partition in engine.partitions() {
        engine.own(partition, Arc::new(MemoryStore::default())).unwrap();
    }
    let engine = Arc::new(engine);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let ended = async { drop(ended.await) };
    let served = tokio::spawn(serve(listener, engine.clone(), options, ended));
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    Server {
        engine,
        channel: endpoint.connect().await.unwrap(),
        end: Some(end),
        served: Some(served),
    }
}

impl Server {
    pub fn conversations(&self) -> ConversationsClient<Channel> {
        ConversationsClient::new(self.channel.clone())
    }

    pub fn changes(&self) -> ChangesClient<Channel> {
        ChangesClient::new(self.channel.clone())
    }

    pub fn producers(&self) -> ProducersClient<Channel> {
        ProducersClient::new(self.channel.clone())
    }

    pub fn operations(&self) -> OperationsClient<Channel> {
        OperationsClient::new(self.channel.clone())
    }

    pub async fn append(&self, contents: impl IntoIterator<Item = Content>) -> Result<AppendEventsResponse, Status> {
        let request = AppendEventsRequest {
            submissions: contents.into_iter().map(submission).collect(),
        };
        Ok(self.producers().append_events(request).await?.into_inner())
    }

    /// Appends and gives the position to read behind.
    pub async fn told(&self, contents: impl IntoIterator<Item = Content>) -> Option<String> {
        let answer = self.append(contents).await.unwrap();
        assert_eq!(answer.unrecognised, 0, "a story is understood");
        answer.position
    }

    /// Tells the server to end.
    pub fn end(&mut self) {
        drop(self.end.take());
    }

    /// Tells the server to end, and waits for it.
    pub async fn ended(mut self) {
        self.end();
        let served = self.served.take().unwrap();
        tokio::time::timeout(PATIENCE, served)
            .await
            .expect("it ends")
            .unwrap()
            .unwrap();
    }
}

impl Drop for Server {
    /// Stopping waits for threads that wait for events; the next test need not.
    fn drop(&mut self) {
        let engine = self.engine.clone();
        std::thread::spawn(move || drop(engine.stop()));
    }
}

pub fn submission(content: Content) -> Submission {
    Submission { content: Some(content) }
}

pub fn event(event: &DomainEvent) -> Content {
    Content::Event(Event::of(event))
}

pub fn json(text: &str) -> Content {
    Content::EventJson(text.to_owned())
}

/// A message of a customer, as JSON.
pub fn message(phone: &str, time: &str, id: &str, text: &str) -> Content {
    message_on("200000000000002", phone, time, id, text)
}

/// A message of a customer on a channel, as JSON.
pub fn message_on(channel: &str, phone: &str, time: &str, id: &str, text: &str) -> Content {
    json(&format!(
        r#"{{"kind":"message_received","channel":{{"kind":"whatsapp","id":"{channel}"}},"contact":{{"aliases":[{{"kind":"phone","value":"{phone}"}}],"name":"Rita Teste"}},"occurred_at":"{time}","message":{{"id":"{id}","type":"text","text":"{text}"}}}}"#
    ))
}

/// What a refusal says of itself: status, word, whether to try again.
pub fn refusal(status: &Status) -> (tonic::Code, &str, &str) {
    let said = |name: &str| status.metadata().get(name).map_or("", |value| value.to_str().unwrap());
    (status.code(), said("origem-code"), said("origem-retryable"))
}
