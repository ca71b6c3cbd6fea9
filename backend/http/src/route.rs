//! THE table: every route once, with method, path, least role, audit name and handler; and the router made from it.

use std::{fmt, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter, on},
};
use taskhub_shared::{
    request::{
        ApiRequest, CancelBatch, CountInstances, CreateBatch, DeleteHub, DeleteView, GetBatch,
        GetHistogram, GetHistory, GetInstance, GetRetention, GetServer, GetStatistics, GetWork,
        ListBatchItems, ListBatches, ListFacets, ListInstances, ListNames, ListViews, Method,
        PauseBatch, PurgeInstance, RaiseEvent, RestartInstance, ResumeBatch, ResumeInstance,
        RetryBatch, RewindInstance, SaveView, SearchInstances, SetRetention, StartInstance,
        SuspendInstance, TerminateInstance,
    },
    role::Role::{self, Admin, Anyone, Approver, Operator, Viewer},
};

use crate::{
    asset, console, docs,
    door::{Door, HttpState},
    durabletask,
    fault::Fault,
    health, live,
    middleware::{body, edge, guard},
    openapi,
};

/// One route.
#[derive(Clone, Copy)]
pub struct Route {
    /// Name of the route, unique in the table.
    pub name: &'static str,
    /// Method; a GET answers HEAD too, but for clients of Durable Functions.
    pub method: Method,
    /// Path template; each `{name}` is one segment, and one that ends with `?}` may be absent.
    pub path: &'static str,
    /// Least role that may call it. Nobody asks for it yet: the server listens on loopback only.
    pub least: Role,
    /// Name of the operation in logs and in the audit; the same on every surface.
    pub audit: &'static str,
    pub(crate) serve: Serve,
}

/// How a route is served.
#[derive(Clone, Copy)]
pub(crate) enum Serve {
    /// By the router, which finds it by its path as it is.
    Own(fn(MethodFilter) -> MethodRouter<Arc<Door>>),
    /// By [`durabletask::dispatch`], whose paths are decoded first and compared without regard to case.
    Durabletask(durabletask::Handler),
}

/// Route of an answer, for the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Served(pub(crate) &'static Route);

macro_rules! own {
    ($handler:path) => {
        Serve::Own(|method| on(method, $handler))
    };
}

macro_rules! compat {
    ($handler:path) => {
        Serve::Durabletask(|call| Box::pin($handler(call)))
    };
}

const fn route(
    name: &'static str,
    method: Method,
    path: &'static str,
    least: Role,
    audit: &'static str,
    serve: Serve,
) -> Route {
    Route { name, method, path, least, audit, serve }
}

/// A row whose method and path stand in the request catalogue.
const fn call<T: ApiRequest>(
    name: &'static str,
    least: Role,
    audit: &'static str,
    serve: Serve,
) -> Route {
    route(name, T::METHOD, T::PATH, least, audit, serve)
}

macro_rules! base {
    ($path:literal) => {
        concat!("/runtime/webhooks/durabletask", $path)
    };
}

use Method::{Delete, Get, Post};

/// All routes. What is not here is a file of the console, or 404.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    // The server itself.
    route("healthz", Get, "/healthz", Anyone, "server.health", own!(health::healthz)),
    route("readyz", Get, "/readyz", Anyone, "server.ready", own!(health::readyz)),
    route("metrics", Get, "/metrics", Viewer, "server.metrics", own!(health::metrics)),
    route("error-page", Get, "/docs/errors/{code}", Anyone, "server.docs", own!(docs::error_page)),
    route("openapi", Get, "/api/openapi.json", Viewer, "server.docs", own!(openapi::document)),
    route("api-docs", Get, "/api/docs", Viewer, "server.docs", own!(openapi::page)),
    route("api-docs-style", Get, "/api/docs.css", Viewer, "server.docs", own!(openapi::style)),

    // The console's API.
    call::<GetServer>("get-server", Viewer, "server.read", own!(console::server::get_server)),
    call::<DeleteHub>("delete-hub", Admin, "hub.delete", own!(console::server::delete_hub)),
    call::<ListNames>("list-names", Viewer, "name.list", own!(console::server::list_names)),
    call::<GetWork>("get-work", Viewer, "work.read", own!(console::work::get_work)),
    call::<ListInstances>("list-instances", Viewer, "instance.list", own!(console::list::list_instances)),
    call::<CountInstances>("count-instances", Viewer, "instance.list", own!(console::search::counts)),
    call::<ListFacets>("list-facets", Viewer, "instance.list", own!(console::search::facets)),
    call::<GetHistogram>("get-histogram", Viewer, "instance.list", own!(console::search::histogram)),
    call::<SearchInstances>("search-instances", Viewer, "instance.list", own!(console::search::search)),
    route("export-instances", Get, "/api/v1/hubs/{hub}/export", Viewer, "instance.list", own!(console::export::export)),
    call::<ListViews>("list-views", Viewer, "view.list", own!(console::views::list)),
    call::<SaveView>("save-view", Operator, "view.save", own!(console::views::save)),
    call::<DeleteView>("delete-view", Operator, "view.delete", own!(console::views::delete)),
    call::<GetInstance>("get-instance", Viewer, "instance.read", own!(console::instance::get_instance)),
    call::<GetHistory>("get-history", Viewer, "instance.history", own!(console::history::get_history)),
    route("get-event-payload", Get, "/api/v1/hubs/{hub}/instances/{id}/history/{position}/payload", Viewer, "instance.history", own!(console::payload::of_event)),
    route("get-input", Get, "/api/v1/hubs/{hub}/instances/{id}/input", Viewer, "instance.read", own!(console::payload::input)),
    route("get-output", Get, "/api/v1/hubs/{hub}/instances/{id}/output", Viewer, "instance.read", own!(console::payload::output)),
    route("get-custom-status", Get, "/api/v1/hubs/{hub}/instances/{id}/custom-status", Viewer, "instance.read", own!(console::payload::custom_status)),
    call::<StartInstance>("start-instance", Operator, "instance.start", own!(console::start::start_instance)),
    call::<RaiseEvent>("raise-event", Approver, "instance.raise-event", own!(console::action::raise_event)),
    call::<TerminateInstance>("terminate-instance", Operator, "instance.terminate", own!(console::action::terminate)),
    call::<SuspendInstance>("suspend-instance", Operator, "instance.suspend", own!(console::action::suspend)),
    call::<ResumeInstance>("resume-instance", Operator, "instance.resume", own!(console::action::resume)),
    call::<RewindInstance>("rewind-instance", Operator, "instance.rewind", own!(console::action::rewind)),
    call::<RestartInstance>("restart-instance", Operator, "instance.restart", own!(console::action::restart)),
    call::<PurgeInstance>("purge-instance", Operator, "instance.purge", own!(console::action::purge)),
    call::<GetStatistics>("get-statistics", Viewer, "statistics.read", own!(console::statistics::get_statistics)),
    call::<ListBatches>("list-batches", Viewer, "batch.list", own!(console::batch::list)),
    call::<CreateBatch>("create-batch", Operator, "batch.create", own!(console::batch::create)),
    call::<GetBatch>("get-batch", Viewer, "batch.read", own!(console::batch::get)),
    call::<ListBatchItems>("list-batch-items", Viewer, "batch.items", own!(console::batch::items)),
    call::<PauseBatch>("pause-batch", Operator, "batch.pause", own!(console::batch::pause)),
    call::<ResumeBatch>("resume-batch", Operator, "batch.resume", own!(console::batch::resume)),
    call::<CancelBatch>("cancel-batch", Operator, "batch.cancel", own!(console::batch::cancel)),
    call::<RetryBatch>("retry-batch", Operator, "batch.retry", own!(console::batch::retry)),
    call::<GetRetention>("get-retention", Viewer, "retention.read", own!(console::retention::get)),
    call::<SetRetention>("set-retention", Admin, "retention.write", own!(console::retention::set)),
    route("live", Get, "/api/v1/hubs/{hub}/live", Viewer, "instance.watch", own!(live::stream)),

    // Durable Functions. Source: HttpApiHandler of the durable extension.
    route("df-start", Post, base!("/orchestrators/{functionName}/{instanceId?}"), Operator, "instance.start", compat!(durabletask::start::start)),
    route("df-list", Get, base!("/instances"), Viewer, "instance.list", compat!(durabletask::list::list)),
    route("df-status", Get, base!("/instances/{instanceId}"), Viewer, "instance.read", compat!(durabletask::status::get)),
    route("df-raise-event", Post, base!("/instances/{instanceId}/raiseEvent/{eventName}"), Approver, "instance.raise-event", compat!(durabletask::raise_event::raise)),
    route("df-terminate", Post, base!("/instances/{instanceId}/terminate"), Operator, "instance.terminate", compat!(durabletask::control::terminate)),
    route("df-suspend", Post, base!("/instances/{instanceId}/suspend"), Operator, "instance.suspend", compat!(durabletask::control::suspend)),
    route("df-resume", Post, base!("/instances/{instanceId}/resume"), Operator, "instance.resume", compat!(durabletask::control::resume)),
    route("df-purge", Delete, base!("/instances/{instanceId}"), Operator, "instance.purge", compat!(durabletask::purge::purge)),
    route("df-rewind", Post, base!("/instances/{instanceId}/rewind"), Operator, "instance.rewind", compat!(durabletask::again::rewind)),
    route("df-restart", Post, base!("/instances/{instanceId}/restart"), Operator, "instance.restart", compat!(durabletask::again::restart)),
    route("df-restart-with-options", Post, base!("/instances/{instanceId}/restartWithOptions"), Operator, "instance.restart", compat!(durabletask::again::restart_with_options)),
    route("df-purge-many", Delete, base!("/instances"), Admin, "instance.purge-many", compat!(durabletask::purge::purge_many)),
    route("df-list-entities", Get, base!("/entities/{name?}"), Viewer, "entity.list", compat!(durabletask::entities::list)),
    route("df-get-entity", Get, base!("/entities/{name}/{key}"), Viewer, "entity.read", compat!(durabletask::entities::get)),
    route("df-signal-entity", Post, base!("/entities/{name}/{key?}"), Operator, "entity.signal", compat!(durabletask::entities::signal)),
    route("df-delete-entity", Delete, base!("/entities/{name}/{key}"), Operator, "entity.delete", compat!(durabletask::entities::delete)),
    route("df-client-binding", Get, base!("/clientBinding"), Viewer, "server.client-binding", compat!(durabletask::binding::get)),
    route("df-make-primary", Post, base!("/makeprimary"), Admin, "server.make-primary", compat!(durabletask::missing::make_primary)),

    // The samples of the page on managing instances, at the top level.
    route("sample-start", Post, "/orchestrators/{functionName}", Operator, "instance.start", compat!(durabletask::sample::start)),
    route("sample-wait", Post, "/orchestrators/{functionName}/wait", Operator, "instance.start", compat!(durabletask::sample::wait)),
];

impl Route {
    /// Route with this method and path template.
    pub(crate) fn find(method: &http::Method, path: &str) -> Option<&'static Self> {
        ROUTES.iter().find(|route| route.path == path && route.answers(method))
    }

    fn answers(&self, method: &http::Method) -> bool {
        match self.method {
            Get => matches!(*method, http::Method::GET | http::Method::HEAD),
            Post => *method == http::Method::POST,
            Delete => *method == http::Method::DELETE,
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} {}", self.name, self.method, self.path)
    }
}

/// The router of the whole server.
pub fn router(state: HttpState) -> Router {
    let door = Arc::new(Door::new(state));
    let mut router = Router::new();
    for route in ROUTES {
        if let Serve::Own(serve) = route.serve {
            router = router.route(route.path, serve(filter(route.method)));
        }
    }
    router
        .fallback(rest)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn(body::run))
        .layer(from_fn_with_state(Arc::clone(&door), guard::run))
        .layer(from_fn_with_state(Arc::clone(&door), edge::run))
        .with_state(door)
}

/// Everything that the router does not find by its path: Durable Functions, and the console.
async fn rest(State(door): State<Arc<Door>>, request: Request) -> Response {
    if durabletask::rest(request.uri().path()).is_some() {
        return durabletask::dispatch(door, request).await;
    }
    asset::serve(&door, request.method(), request.uri(), request.headers())
}

async fn wrong_method(request: Request) -> Response {
    Fault::wrong_method(request.method(), request.uri().path()).into_response()
}

fn filter(method: Method) -> MethodFilter {
    match method {
        Get => MethodFilter::GET,
        Post => MethodFilter::POST,
        Delete => MethodFilter::DELETE,
    }
}
