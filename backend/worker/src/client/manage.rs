//! Looking at one instance, waiting for it, acting on it.

use std::time::Duration;

use serde::Serialize;
use taskhub_proto::purge_instances_request::Request as Purge;
use taskhub_proto::{
    GetInstanceRequest, GetInstanceResponse, PurgeInstancesRequest, RaiseEventRequest,
    RestartInstanceRequest, ResumeRequest, RewindInstanceRequest, SuspendRequest, TerminateRequest,
};
use tokio::time::Instant;
use tonic::{Response, Status};

use super::start::write;
use super::{Client, ClientError, Instance};
use crate::backoff::Backoff;
use crate::connection::Client as Rpc;

/// Whether something is done to sub-orchestrations, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Children {
    /// Only to the instance itself.
    Keep,
    /// To the instance and all its sub-orchestrations, at any depth.
    Include,
}

impl Client {
    /// The instance with its input and output; `None` when there is none.
    ///
    /// # Errors
    /// When the server does not answer; not when there is no such instance.
    pub async fn get(&self, instance_id: &str) -> Result<Option<Instance>, ClientError> {
        self.look(instance_id, true).await
    }

    /// The instance without input and output, which may be large.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn get_without_payloads(
        &self,
        instance_id: &str,
    ) -> Result<Option<Instance>, ClientError> {
        self.look(instance_id, false).await
    }

    async fn look(
        &self,
        instance_id: &str,
        get_inputs_and_outputs: bool,
    ) -> Result<Option<Instance>, ClientError> {
        let instance_id = instance_id.to_owned();
        let what = about(&instance_id);
        let request = GetInstanceRequest { instance_id, get_inputs_and_outputs };
        let mut rpc = self.rpc.clone();
        Ok(found(Self::answer(&what, rpc.get_instance(request)).await?))
    }

    /// Waits until the instance is no longer pending.
    ///
    /// # Errors
    /// As [`wait_for_completion`](Self::wait_for_completion).
    pub async fn wait_for_start(
        &self,
        instance_id: &str,
        timeout: Duration,
    ) -> Result<Instance, ClientError> {
        self.wait(instance_id, timeout, |mut rpc, request| async move {
            rpc.wait_for_instance_start(request).await
        })
        .await
    }

    /// Waits until the instance has ended, however it ended: look at
    /// [`Instance::status`].
    ///
    /// It keeps waiting while the server restarts.
    ///
    /// # Errors
    /// [`ClientError::TimedOut`] when it has not ended in time,
    /// [`ClientError::Unavailable`] when the server cannot be reached by then,
    /// [`ClientError::NotFound`] when there is no such instance.
    pub async fn wait_for_completion(
        &self,
        instance_id: &str,
        timeout: Duration,
    ) -> Result<Instance, ClientError> {
        self.wait(instance_id, timeout, |mut rpc, request| async move {
            rpc.wait_for_instance_completion(request).await
        })
        .await
    }

    async fn wait<F>(
        &self,
        instance_id: &str,
        timeout: Duration,
        call: impl Fn(Rpc, GetInstanceRequest) -> F,
    ) -> Result<Instance, ClientError>
    where
        F: Future<Output = Result<Response<GetInstanceResponse>, Status>>,
    {
        let what = about(instance_id);
        let request = GetInstanceRequest {
            instance_id: instance_id.to_owned(),
            get_inputs_and_outputs: true,
        };
        let mut backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(5));
        let start = Instant::now();
        let left = || timeout.saturating_sub(start.elapsed());
        loop {
            let answer =
                tokio::time::timeout(left(), Box::pin(call(self.rpc.clone(), request.clone())))
                    .await;
            let error = match answer {
                Err(_) => return Err(ClientError::TimedOut { what }),
                Ok(Err(status)) => ClientError::of(&what, status),
                Ok(Ok(response)) => {
                    return found(response.into_inner()).ok_or_else(|| ClientError::NotFound {
                        what,
                        message: "no such instance".to_owned(),
                    });
                }
            };
            // The server may cut a wait short, or be about to start.
            let goes_on =
                matches!(error, ClientError::TimedOut { .. } | ClientError::Unavailable { .. });
            let delay = backoff.delay();
            if !goes_on || delay >= left() {
                return Err(error);
            }
            tokio::time::sleep(delay).await;
        }
    }

    /// Raises an external event; its name is compared without regard to case.
    /// An instance that has ended gets nothing, and nobody is told.
    ///
    /// # Errors
    /// [`ClientError::NotFound`] when there is no such instance.
    pub async fn raise_event(
        &self,
        instance_id: &str,
        name: impl Into<String>,
        payload: impl Serialize,
    ) -> Result<(), ClientError> {
        let (what, name) = (about(instance_id), name.into());
        let input = write(&format!("payload of event {name:?}"), &payload)?;
        let request = RaiseEventRequest { instance_id: instance_id.to_owned(), name, input };
        let mut rpc = self.rpc.clone();
        Self::answer(&what, rpc.raise_event(request)).await.map(drop)
    }

    /// Ends the instance with `output`; does nothing to one that has ended.
    /// Activities that run are not stopped.
    ///
    /// # Errors
    /// [`ClientError::NotFound`] when there is no such instance, on servers that
    /// tell.
    pub async fn terminate(
        &self,
        instance_id: &str,
        output: impl Serialize,
        children: Children,
    ) -> Result<(), ClientError> {
        let what = about(instance_id);
        let request = TerminateRequest {
            instance_id: instance_id.to_owned(),
            output: write(&format!("output of {what}"), &output)?,
            recursive: children == Children::Include,
        };
        let mut rpc = self.rpc.clone();
        Self::answer(&what, rpc.terminate_instance(request)).await.map(drop)
    }

    /// Holds the instance until it is resumed; what happens meanwhile waits.
    ///
    /// # Errors
    /// [`ClientError::NotFound`] when there is no such instance.
    pub async fn suspend(
        &self,
        instance_id: &str,
        reason: impl Into<String>,
    ) -> Result<(), ClientError> {
        let request =
            SuspendRequest { instance_id: instance_id.to_owned(), reason: Some(reason.into()) };
        let mut rpc = self.rpc.clone();
        Self::answer(&about(instance_id), rpc.suspend_instance(request)).await.map(drop)
    }

    /// Lets a suspended instance go on.
    ///
    /// # Errors
    /// [`ClientError::NotFound`] when there is no such instance.
    pub async fn resume(
        &self,
        instance_id: &str,
        reason: impl Into<String>,
    ) -> Result<(), ClientError> {
        let request =
            ResumeRequest { instance_id: instance_id.to_owned(), reason: Some(reason.into()) };
        let mut rpc = self.rpc.clone();
        Self::answer(&about(instance_id), rpc.resume_instance(request)).await.map(drop)
    }

    /// Runs a failed instance again from where it failed: what succeeded is
    /// kept, what failed is done again, in sub-orchestrations, too.
    ///
    /// # Errors
    /// [`ClientError::WrongStatus`] unless it failed, [`ClientError::NotFound`]
    /// when there is no such instance.
    pub async fn rewind(
        &self,
        instance_id: &str,
        reason: impl Into<String>,
    ) -> Result<(), ClientError> {
        let request = RewindInstanceRequest {
            instance_id: instance_id.to_owned(),
            reason: Some(reason.into()),
        };
        let mut rpc = self.rpc.clone();
        Self::answer(&about(instance_id), rpc.rewind_instance(request)).await.map(drop)
    }

    /// Runs an instance that has ended again from the start, under its id.
    ///
    /// # Errors
    /// [`ClientError::WrongStatus`] when it has not ended,
    /// [`ClientError::NotFound`] when there is no such instance.
    pub async fn restart(&self, instance_id: &str) -> Result<(), ClientError> {
        self.start_again(instance_id, false).await.map(drop)
    }

    /// Starts another instance with the name, input, version and tags of this
    /// one, and gives its id.
    ///
    /// # Errors
    /// [`ClientError::NotFound`] when there is no such instance.
    pub async fn restart_with_new_id(&self, instance_id: &str) -> Result<String, ClientError> {
        self.start_again(instance_id, true).await
    }

    async fn start_again(
        &self,
        instance_id: &str,
        restart_with_new_instance_id: bool,
    ) -> Result<String, ClientError> {
        let instance_id = instance_id.to_owned();
        let what = about(&instance_id);
        let request = RestartInstanceRequest { instance_id, restart_with_new_instance_id };
        let mut rpc = self.rpc.clone();
        Ok(Self::answer(&what, rpc.restart_instance(request)).await?.instance_id)
    }

    /// Removes an instance that has ended, with its history; gives how many were
    /// removed, 0 when there is none.
    ///
    /// # Errors
    /// [`ClientError::WrongStatus`] when it has not ended.
    pub async fn purge(&self, instance_id: &str, children: Children) -> Result<u32, ClientError> {
        let request = PurgeInstancesRequest {
            recursive: children == Children::Include,
            is_orchestration: true,
            request: Some(Purge::InstanceId(instance_id.to_owned())),
        };
        let mut rpc = self.rpc.clone();
        let answer = Self::answer(&about(instance_id), rpc.purge_instances(request)).await?;
        Ok(u32::try_from(answer.deleted_instance_count).unwrap_or(0))
    }
}

fn about(instance_id: &str) -> String {
    format!("instance {instance_id:?}")
}

fn found(response: GetInstanceResponse) -> Option<Instance> {
    response.orchestration_state.filter(|_| response.exists).map(Instance::from)
}
