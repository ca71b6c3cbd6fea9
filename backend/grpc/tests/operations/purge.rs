//! Purge with sub-orchestrations, of a list, and by filter.

use std::sync::Arc;

use taskhub_hub::store::{StoreError, memory::MemoryStore};
use taskhub_proto::{self as proto, purge_instances_request::Request};
use tonic::Code;

use crate::support::{Server, child, done, server, server_on};

/// Ends `x` with two children, one of which has a child of its own; and `y`.
async fn family() -> Server {
    family_on(Arc::new(MemoryStore::default())).await
}

async fn family_on(store: Arc<MemoryStore>) -> Server {
    let mut server = server_on(store).await;
    server.start("x", None).await;
    let mut worker = server.worker(Default::default()).await;
    worker.answer(vec![child("a"), child("b"), done("1")]).await;
    for _ in 0..2 {
        let (token, request) = worker.turn().await;
        let actions =
            if request.instance_id == "a" { vec![child("aa"), done("1")] } else { vec![done("1")] };
        worker.answer_to(token, &request.instance_id, actions).await;
    }
    worker.answer(vec![done("1")]).await;
    server.start("y", None).await;
    worker.answer(vec![done("1")]).await;
    server
}

async fn purge(server: &mut Server, request: Request, recursive: bool) -> (i32, Option<bool>) {
    let request =
        proto::PurgeInstancesRequest { request: Some(request), recursive, is_orchestration: true };
    let answer = server.client.purge_instances(request).await.unwrap().into_inner();
    (answer.deleted_instance_count, answer.is_complete)
}

#[tokio::test]
async fn children_go_along_and_are_counted() {
    let mut server = family().await;
    let one = Request::InstanceId("x".to_owned());
    assert_eq!(purge(&mut server, one, true).await, (4, Some(true)));
    let rest = Request::PurgeInstanceFilter(proto::PurgeInstanceFilter::default());
    assert_eq!(purge(&mut server, rest, false).await, (1, Some(true)));
    let mut server = family().await;
    let one = Request::InstanceId("x".to_owned());
    assert_eq!(purge(&mut server, one, false).await, (1, Some(true)));
    let rest = Request::PurgeInstanceFilter(proto::PurgeInstanceFilter::default());
    assert_eq!(purge(&mut server, rest, true).await, (4, Some(true)));
}

#[tokio::test]
async fn a_list_skips_what_is_active_or_unknown() {
    let mut server = family().await;
    server.start("active", None).await;
    let list = |ids: &[&str]| {
        let instance_ids = ids.iter().map(|id| (*id).to_owned()).collect();
        Request::InstanceBatch(proto::InstanceBatch { instance_ids })
    };
    let request = list(&["y", "active", "unknown", "x", "y"]);
    assert_eq!(purge(&mut server, request, true).await, (5, Some(true)));
    assert_eq!(server.state("active").await.instance_id, "active");
    let many =
        proto::PurgeInstancesRequest { request: Some(list(&["y"; 501])), ..Default::default() };
    let refused = server.client.purge_instances(many).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_filter_that_runs_out_of_time_says_so() {
    let mut server = family().await;
    let timeout = Some(prost_types::Duration { seconds: 0, nanos: 0 });
    let filter = proto::PurgeInstanceFilter { timeout, ..Default::default() };
    let cut = Request::PurgeInstanceFilter(filter);
    assert_eq!(purge(&mut server, cut, true).await, (0, Some(false)));
    let all = Request::PurgeInstanceFilter(proto::PurgeInstanceFilter::default());
    assert_eq!(purge(&mut server, all, true).await, (5, Some(true)));
}

#[tokio::test]
async fn who_only_has_the_id_of_a_child_stays() {
    let mut server = server().await;
    server.start("other", None).await;
    let mut worker = server.worker(Default::default()).await;
    worker.answer(vec![]).await;
    // There is an instance with the id already, so that no child is made.
    server.start("x", None).await;
    worker.answer(vec![child("other")]).await;
    worker.answer(vec![done("1")]).await;
    server.client.terminate_instance(terminate("other")).await.unwrap();
    let one = Request::InstanceId("x".to_owned());
    assert_eq!(purge(&mut server, one, true).await, (1, Some(true)));
    assert_eq!(server.state("other").await.instance_id, "other");
}

fn terminate(id: &str) -> proto::TerminateRequest {
    proto::TerminateRequest { instance_id: id.to_owned(), ..Default::default() }
}

#[tokio::test]
async fn a_purge_that_is_cut_short_can_begin_again() {
    let store = Arc::new(MemoryStore::default());
    let mut server = family_on(Arc::clone(&store)).await;
    // The first of the family goes, then the store fails.
    let source = Arc::new(std::io::Error::other("no space"));
    store.fail_after(1, StoreError::Unavailable { operation: "write", source });
    let request = proto::PurgeInstancesRequest {
        request: Some(Request::InstanceId("x".to_owned())),
        recursive: true,
        is_orchestration: true,
    };
    let failed = server.client.purge_instances(request).await.unwrap_err();
    assert_eq!(failed.code(), Code::Unavailable, "{failed:?}");
    let again = Request::InstanceId("x".to_owned());
    assert_eq!(purge(&mut server, again, true).await, (3, Some(true)));
    let rest = Request::PurgeInstanceFilter(proto::PurgeInstanceFilter::default());
    assert_eq!(purge(&mut server, rest, false).await, (1, Some(true)), "nobody is left but y");
}
