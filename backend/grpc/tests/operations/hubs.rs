//! Task hubs that come and go over the wire.

use taskhub_proto as proto;
use tonic::{Code, Request, Status};

use crate::support::{Client, server};

fn in_hub<T>(hub: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if !hub.is_empty() {
        request.metadata_mut().insert("taskhub", hub.parse().unwrap());
    }
    request
}

async fn create(client: &mut Client, hub: &str, recreate: bool) -> Result<(), Status> {
    let message = proto::CreateTaskHubRequest { recreate_if_exists: recreate };
    client.create_task_hub(in_hub(hub, message)).await.map(|_| ())
}

async fn delete(client: &mut Client, hub: &str) -> Result<(), Status> {
    client.delete_task_hub(in_hub(hub, proto::DeleteTaskHubRequest {})).await.map(|_| ())
}

async fn start(client: &mut Client, hub: &str) -> Result<(), Status> {
    let message = proto::CreateInstanceRequest {
        name: "X".to_owned(),
        instance_id: "x".to_owned(),
        ..Default::default()
    };
    client.start_instance(in_hub(hub, message)).await.map(|_| ())
}

async fn exists(client: &mut Client, hub: &str) -> Result<bool, Status> {
    let message = proto::GetInstanceRequest { instance_id: "x".to_owned(), ..Default::default() };
    Ok(client.get_instance(in_hub(hub, message)).await?.into_inner().exists)
}

#[tokio::test]
async fn a_hub_serves_from_its_making_to_its_deletion() {
    let mut server = server().await;
    let client = &mut server.client;
    assert_eq!(start(client, "New").await.unwrap_err().code(), Code::NotFound);
    create(client, "New", false).await.unwrap();
    start(client, "new").await.unwrap();
    assert!(!exists(client, "").await.unwrap(), "the default hub does not see it");
    create(client, "New", false).await.unwrap();
    assert!(exists(client, "New").await.unwrap(), "it is as it was");
    create(client, "New", true).await.unwrap();
    assert!(!exists(client, "New").await.unwrap(), "it is made anew");
    let request = in_hub("New", proto::GetWorkItemsRequest::default());
    let mut items = client.get_work_items(request).await.unwrap().into_inner();
    delete(client, "NEW").await.unwrap();
    assert!(items.message().await.unwrap().is_none(), "the stream ends in order");
    assert_eq!(exists(client, "New").await.unwrap_err().code(), Code::NotFound);
    assert_eq!(delete(client, "New").await.unwrap_err().code(), Code::NotFound);
    let names: Vec<String> = server.hubs.iter().map(|hub| hub.name().to_string()).collect();
    assert_eq!(names, ["DurableFunctionsHub"]);
}

#[tokio::test]
async fn the_default_hub_is_not_deleted() {
    let mut server = server().await;
    start(&mut server.client, "").await.unwrap();
    for hub in ["", "durablefunctionshub"] {
        let refused = delete(&mut server.client, hub).await.unwrap_err();
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.message().contains("--task-hub"), "{}", refused.message());
    }
    assert!(exists(&mut server.client, "").await.unwrap());
    for bad in ["a b", &"x".repeat(100)] {
        let refused = create(&mut server.client, bad, false).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{bad}");
    }
}
