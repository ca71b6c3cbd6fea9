//! A server that does what a test says and reports what the worker does.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use taskhub_proto::task_hub_sidecar_service_server::{
    TaskHubSidecarService, TaskHubSidecarServiceServer,
};
use taskhub_proto::work_item::Request as Item;
use taskhub_proto::{
    AbandonActivityTaskRequest, AbandonActivityTaskResponse, AbandonEntityTaskRequest,
    AbandonEntityTaskResponse, AbandonOrchestrationTaskRequest, AbandonOrchestrationTaskResponse,
    ActivityResponse, CleanEntityStorageRequest, CleanEntityStorageResponse, CompleteTaskResponse,
    CreateInstanceRequest, CreateInstanceResponse, CreateTaskHubRequest, CreateTaskHubResponse,
    DeleteTaskHubRequest, DeleteTaskHubResponse, EntityBatchResult, GetEntityRequest,
    GetEntityResponse, GetInstanceRequest, GetInstanceResponse, GetWorkItemsRequest, HistoryChunk,
    HistoryEvent, ListInstanceIdsRequest, ListInstanceIdsResponse, OrchestratorResponse,
    PurgeInstancesRequest, PurgeInstancesResponse, QueryEntitiesRequest, QueryEntitiesResponse,
    QueryInstancesRequest, QueryInstancesResponse, RaiseEventRequest, RaiseEventResponse,
    RestartInstanceRequest, RestartInstanceResponse, ResumeRequest, ResumeResponse,
    RewindInstanceRequest, RewindInstanceResponse, SignalEntityRequest, SignalEntityResponse,
    SkipGracefulOrchestrationTerminationsRequest, SkipGracefulOrchestrationTerminationsResponse,
    StreamInstanceHistoryRequest, SuspendRequest, SuspendResponse, TerminateRequest,
    TerminateResponse, WorkItem,
};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status};

/// No test waits longer than this for something that must happen.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a worker answered.
#[derive(Debug)]
pub enum Answer {
    Orchestration(OrchestratorResponse),
    Activity(ActivityResponse),
    Entity(EntityBatchResult),
    /// An abandoned item, by its token.
    Abandoned(String),
}

/// One stream a worker opened.
pub struct Stream {
    pub request: GetWorkItemsRequest,
    pub metadata: MetadataMap,
    items: mpsc::Sender<Result<WorkItem, Status>>,
}

impl Stream {
    pub async fn send(&self, token: &str, item: Item) {
        let item = WorkItem { request: Some(item), completion_token: token.to_owned() };
        self.items.send(Ok(item)).await.expect("the worker reads its stream");
    }

    pub async fn fail(self, status: Status) {
        self.items.send(Err(status)).await.expect("the worker reads its stream");
    }
}

pub struct Server {
    pub address: SocketAddr,
    pub door: Arc<Door>,
    streams: mpsc::UnboundedReceiver<Stream>,
    answers: mpsc::UnboundedReceiver<Answer>,
}

impl Server {
    pub async fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub fn on(listener: TcpListener) -> Self {
        let (stream_sender, streams) = mpsc::unbounded_channel();
        let (answer_sender, answers) = mpsc::unbounded_channel();
        let door = Arc::new(Door {
            streams: stream_sender,
            answers: answer_sender,
            n_refusals: AtomicU32::new(0),
            refusal: Mutex::new(Code::Unavailable),
            histories: Mutex::default(),
            asked: Mutex::default(),
            replies: Mutex::default(),
        });
        let address = listener.local_addr().unwrap();
        let service = TaskHubSidecarServiceServer::from_arc(Arc::clone(&door));
        let serving = tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(serving);
        Self { address, door, streams, answers }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next stream a worker opens.
    pub async fn stream(&mut self) -> Stream {
        let stream = tokio::time::timeout(PATIENCE, self.streams.recv()).await;
        stream.expect("a worker must connect").unwrap()
    }

    /// The next answer of a worker.
    pub async fn answer(&mut self) -> Answer {
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        answer.expect("a worker must answer").unwrap()
    }

    pub async fn activity(&mut self) -> ActivityResponse {
        match self.answer().await {
            Answer::Activity(response) => response,
            other => panic!("not an activity: {other:?}"),
        }
    }

    pub async fn orchestration(&mut self) -> OrchestratorResponse {
        match self.answer().await {
            Answer::Orchestration(response) => response,
            other => panic!("not an orchestration: {other:?}"),
        }
    }

    pub async fn entity(&mut self) -> EntityBatchResult {
        match self.answer().await {
            Answer::Entity(result) => result,
            other => panic!("not an entity: {other:?}"),
        }
    }

    pub async fn abandoned(&mut self) -> String {
        match self.answer().await {
            Answer::Abandoned(token) => token,
            other => panic!("not abandoned: {other:?}"),
        }
    }

    pub fn has_no_answer(&mut self) -> bool {
        self.answers.try_recv().is_err()
    }
}

pub struct Door {
    streams: mpsc::UnboundedSender<Stream>,
    answers: mpsc::UnboundedSender<Answer>,
    /// How many answers are refused before the next is taken.
    n_refusals: AtomicU32,
    refusal: Mutex<Code>,
    histories: Mutex<HashMap<String, Vec<HistoryEvent>>>,
    /// What clients asked and were not looked at yet, with their metadata.
    asked: Mutex<VecDeque<(MetadataMap, Box<dyn Any + Send>)>>,
    /// What clients are answered, in order, each a `Result<Response, Status>`.
    replies: Mutex<VecDeque<Box<dyn Any + Send>>>,
}

impl Door {
    /// Refuses the next `n` answers.
    pub fn refuse(&self, n: u32, code: Code) {
        *self.refusal.lock().unwrap() = code;
        self.n_refusals.store(n, Ordering::SeqCst);
    }

    pub fn n_refusals_left(&self) -> u32 {
        self.n_refusals.load(Ordering::SeqCst)
    }

    pub fn keep_history(&self, instance_id: &str, events: Vec<HistoryEvent>) {
        self.histories.lock().unwrap().insert(instance_id.to_owned(), events);
    }

    /// What the next request of a client is answered.
    pub fn reply<T: Send + 'static>(&self, reply: Result<T, Status>) {
        self.replies.lock().unwrap().push_back(Box::new(reply));
    }

    /// The next request of a client, which must be an `R`.
    pub fn asked<R: 'static>(&self) -> R {
        self.asked_with_metadata().1
    }

    pub fn asked_with_metadata<R: 'static>(&self) -> (MetadataMap, R) {
        let (metadata, request) = self.asked.lock().unwrap().pop_front().expect("no request");
        (metadata, *request.downcast().expect("another request"))
    }

    fn serve<R: Send + 'static, T: 'static>(
        &self,
        request: Request<R>,
    ) -> Result<Response<T>, Status> {
        let (metadata, _, request) = request.into_parts();
        self.asked.lock().unwrap().push_back((metadata, Box::new(request)));
        let reply = self.replies.lock().unwrap().pop_front().expect("no reply is ready");
        let reply: Result<T, Status> = *reply.downcast().expect("another reply");
        reply.map(Response::new)
    }

    fn take<T>(&self, answer: Answer, response: T) -> Result<Response<T>, Status> {
        let left =
            self.n_refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1));
        if left.is_ok() {
            return Err(Status::new(*self.refusal.lock().unwrap(), "not now"));
        }
        // A test that is over no longer listens.
        let _ = self.answers.send(answer);
        Ok(Response::new(response))
    }
}

/// The whole service; the rpcs that are listed are those of clients.
macro_rules! service {
    ($($name:ident: $request:ty => $response:ty;)*) => {
        #[tonic::async_trait]
        impl TaskHubSidecarService for Door {
            type GetWorkItemsStream = ReceiverStream<Result<WorkItem, Status>>;
            type StreamInstanceHistoryStream =
                tokio_stream::Iter<std::vec::IntoIter<Result<HistoryChunk, Status>>>;

            async fn hello(&self, _: Request<()>) -> Result<Response<()>, Status> {
                Ok(Response::new(()))
            }

            async fn get_work_items(
                &self,
                request: Request<GetWorkItemsRequest>,
            ) -> Result<Response<Self::GetWorkItemsStream>, Status> {
                let (items, receiver) = mpsc::channel(1000);
                let (metadata, _, request) = request.into_parts();
                let _ = self.streams.send(Stream { request, metadata, items });
                Ok(Response::new(ReceiverStream::new(receiver)))
            }

            async fn stream_instance_history(
                &self,
                request: Request<StreamInstanceHistoryRequest>,
            ) -> Result<Response<Self::StreamInstanceHistoryStream>, Status> {
                let request = request.into_inner();
                assert!(request.for_work_item_processing);
                let histories = self.histories.lock().unwrap();
                let events = histories
                    .get(&request.instance_id)
                    .ok_or_else(|| Status::not_found("no such instance"))?;
                let chunks: Vec<_> = events
                    .chunks(2)
                    .map(|events| Ok(HistoryChunk { events: events.to_vec() }))
                    .collect();
                Ok(Response::new(tokio_stream::iter(chunks)))
            }

            async fn complete_activity_task(
                &self,
                request: Request<ActivityResponse>,
            ) -> Result<Response<CompleteTaskResponse>, Status> {
                self.take(Answer::Activity(request.into_inner()), CompleteTaskResponse {})
            }

            async fn complete_orchestrator_task(
                &self,
                request: Request<OrchestratorResponse>,
            ) -> Result<Response<CompleteTaskResponse>, Status> {
                self.take(Answer::Orchestration(request.into_inner()), CompleteTaskResponse {})
            }

            async fn complete_entity_task(
                &self,
                request: Request<EntityBatchResult>,
            ) -> Result<Response<CompleteTaskResponse>, Status> {
                self.take(Answer::Entity(request.into_inner()), CompleteTaskResponse {})
            }

            async fn abandon_task_activity_work_item(
                &self,
                request: Request<AbandonActivityTaskRequest>,
            ) -> Result<Response<AbandonActivityTaskResponse>, Status> {
                let token = request.into_inner().completion_token;
                self.take(Answer::Abandoned(token), AbandonActivityTaskResponse {})
            }

            async fn abandon_task_orchestrator_work_item(
                &self,
                request: Request<AbandonOrchestrationTaskRequest>,
            ) -> Result<Response<AbandonOrchestrationTaskResponse>, Status> {
                let token = request.into_inner().completion_token;
                self.take(Answer::Abandoned(token), AbandonOrchestrationTaskResponse {})
            }

            async fn abandon_task_entity_work_item(
                &self,
                request: Request<AbandonEntityTaskRequest>,
            ) -> Result<Response<AbandonEntityTaskResponse>, Status> {
                let token = request.into_inner().completion_token;
                self.take(Answer::Abandoned(token), AbandonEntityTaskResponse {})
            }

            $(
                async fn $name(
                    &self,
                    request: Request<$request>,
                ) -> Result<Response<$response>, Status> {
                    self.serve(request)
                }
            )*
        }
    };
}

service! {
    start_instance: CreateInstanceRequest => CreateInstanceResponse;
    get_instance: GetInstanceRequest => GetInstanceResponse;
    rewind_instance: RewindInstanceRequest => RewindInstanceResponse;
    restart_instance: RestartInstanceRequest => RestartInstanceResponse;
    wait_for_instance_start: GetInstanceRequest => GetInstanceResponse;
    wait_for_instance_completion: GetInstanceRequest => GetInstanceResponse;
    raise_event: RaiseEventRequest => RaiseEventResponse;
    terminate_instance: TerminateRequest => TerminateResponse;
    suspend_instance: SuspendRequest => SuspendResponse;
    resume_instance: ResumeRequest => ResumeResponse;
    query_instances: QueryInstancesRequest => QueryInstancesResponse;
    list_instance_ids: ListInstanceIdsRequest => ListInstanceIdsResponse;
    purge_instances: PurgeInstancesRequest => PurgeInstancesResponse;
    create_task_hub: CreateTaskHubRequest => CreateTaskHubResponse;
    delete_task_hub: DeleteTaskHubRequest => DeleteTaskHubResponse;
    signal_entity: SignalEntityRequest => SignalEntityResponse;
    get_entity: GetEntityRequest => GetEntityResponse;
    query_entities: QueryEntitiesRequest => QueryEntitiesResponse;
    clean_entity_storage: CleanEntityStorageRequest => CleanEntityStorageResponse;
    skip_graceful_orchestration_terminations:
        SkipGracefulOrchestrationTerminationsRequest => SkipGracefulOrchestrationTerminationsResponse;
}
