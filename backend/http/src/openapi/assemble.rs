//! Makes the document out of the table of routes and their descriptions.

use taskhub_shared::{problem::Problem, request::Method, role::Role};
use utoipa::openapi::{
    Components, ContentBuilder, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, PathItem, Paths,
    RefOr, Required, ResponseBuilder, ResponsesBuilder,
    extensions::Extensions,
    path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    request_body::{RequestBody, RequestBodyBuilder},
    schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type},
};

use super::{
    compat, own,
    shape::{self, Answer, Body, Component, Content, Described, Kind, Param, answer},
};
use crate::route::{ROUTES, Route, Serve};

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";
const PROBLEM: &str = "application/problem+json";
const ABOUT: &str = "The management API of Durable Functions, and the API of the console. The paths under \
    `/runtime/webhooks/durabletask` are also there under `/durabletask`, in any case. Each operation names the least \
    role that it will need in `x-least-role`; nothing is asked for yet.";

/// Answers of every route that is not one of Durable Functions.
const ALWAYS: &[Answer] = &[
    answer(400, "A field of the request is wrong.", Content::Problem),
    answer(403, "Host or Origin is not allowed.", Content::Problem),
    answer(404, "There is no such thing.", Content::Problem),
    answer(413, "Too large.", Content::Problem),
    answer(414, "Path and query have more than 16 KiB.", Content::Text(TEXT)),
    answer(500, "Something went wrong.", Content::Problem),
    answer(503, "The store cannot do it, or the server is shutting down.", Content::Problem),
];

/// The document of this version of the server.
pub(super) fn document(version: &str) -> OpenApi {
    let info = InfoBuilder::new().title("Taskhub").version(version).description(Some(ABOUT));
    let mut parts = Vec::new();
    let mut paths = Paths::new();
    for route in ROUTES {
        for (path, id) in templates(route) {
            let operation = operation(route, &path, id, &mut parts);
            let item = PathItem::new(method(route.method), operation);
            match paths.paths.get_mut(&path) {
                Some(known) => known.merge_operations(item),
                None => {
                    paths.paths.insert(path, item);
                }
            }
        }
    }
    let mut components = Components::new();
    components.schemas.extend(parts);
    OpenApiBuilder::new().info(info.build()).paths(paths).components(Some(components)).build()
}

/// Description of a route; none for one that somebody forgot, which a test finds.
pub(super) fn described(route: &Route) -> Option<&'static Described> {
    own::ROUTES.iter().chain(compat::ROUTES).find(|described| described.route == route.name)
}

/// Path templates of a route with the ids of their operations: two, when the last segment may be absent.
fn templates(route: &Route) -> Vec<(String, String)> {
    match route.path.strip_suffix("?}") {
        None => vec![(route.path.to_owned(), route.name.to_owned())],
        Some(with) => {
            let (without, last) = with.rsplit_once("/{").unwrap_or((with, ""));
            vec![
                (without.to_owned(), route.name.to_owned()),
                (format!("{with}}}"), format!("{}-with-{last}", route.name)),
            ]
        }
    }
}

fn operation(
    route: &Route,
    path: &str,
    id: String,
    parts: &mut Vec<(String, RefOr<Schema>)>,
) -> Operation {
    let is_compat = matches!(route.serve, Serve::Durabletask(_));
    let described = described(route);
    let (everywhere, always): (&[Param], _) =
        if is_compat { (compat::EVERYWHERE, compat::ALWAYS) } else { (&[], ALWAYS) };
    let tag = match (is_compat, route.path.starts_with("/api/")) {
        (true, _) => "Durable Functions",
        (false, true) => "Console",
        (false, false) => "Server",
    };
    let segments = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let own_query = described.map_or(&[][..], |described| described.query);
    let query = own_query.iter().chain(everywhere);
    let parameters: Vec<Parameter> = segments.map(segment).chain(query.map(parameter)).collect();
    let mut responses = ResponsesBuilder::new();
    let special = described.map_or(&[][..], |described| described.answers);
    let usual =
        always.iter().filter(|usual| special.iter().all(|other| other.status != usual.status));
    for answer in special.iter().chain(usual) {
        let mut response = ResponseBuilder::new().description(answer.what);
        // A file that may be JSON or any other text has two contents.
        let second = matches!(answer.content, Content::File).then_some(Content::Text(TEXT));
        let contents = std::iter::once(answer.content).chain(second);
        for (kind, schema) in contents.filter_map(|one| content(one, parts)) {
            for kind in kind.split(", ") {
                let schema = Some(schema.clone());
                response = response.content(kind, ContentBuilder::new().schema(schema).build());
            }
        }
        responses = responses.response(answer.status.to_string(), response.build());
    }
    let extensions = Extensions::builder()
        .add("x-least-role", role(route.least))
        .add("x-audit", route.audit)
        .build();
    OperationBuilder::new()
        .tag(tag)
        .operation_id(Some(id))
        .summary(described.map(|described| described.summary))
        .parameters(Some(parameters))
        .request_body(described.and_then(|described| body(described.body, parts)))
        .responses(responses.build())
        .extensions(Some(extensions))
        .build()
}

fn segment(name: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

fn parameter(param: &Param) -> Parameter {
    let string = || ObjectBuilder::new().schema_type(Type::String);
    let time = SchemaFormat::KnownFormat(KnownFormat::DateTime);
    let schema = match param.kind {
        Kind::Text => string(),
        Kind::Whole => ObjectBuilder::new().schema_type(Type::Integer),
        Kind::Seconds => ObjectBuilder::new().schema_type(Type::Number),
        Kind::Flag => ObjectBuilder::new().schema_type(Type::Boolean),
        Kind::Time => string().format(Some(time)),
    };
    ParameterBuilder::new()
        .name(param.name)
        .parameter_in(ParameterIn::Query)
        .required(if param.required { Required::True } else { Required::False })
        .description(Some(param.what))
        .schema(Some(schema))
        .build()
}

fn body(body: Body, parts: &mut Vec<(String, RefOr<Schema>)>) -> Option<RequestBody> {
    let (schema, required) = match body {
        Body::None => return None,
        Body::Json(schema) => (take(schema, parts), Required::False),
        Body::Any => (RefOr::T(utoipa::openapi::schema::empty()), Required::False),
        Body::AnyRequired => (RefOr::T(utoipa::openapi::schema::empty()), Required::True),
    };
    let content = ContentBuilder::new().schema(Some(schema)).build();
    Some(RequestBodyBuilder::new().content(JSON, content).required(Some(required)).build())
}

fn content(
    content: Content,
    parts: &mut Vec<(String, RefOr<Schema>)>,
) -> Option<(&'static str, RefOr<Schema>)> {
    Some(match content {
        Content::None => return None,
        Content::Json(schema) => (JSON, take(schema, parts)),
        Content::Any | Content::File => (JSON, RefOr::T(utoipa::openapi::schema::empty())),
        Content::Problem => (PROBLEM, take(shape::of::<Problem>, parts)),
        Content::Text(kind) => {
            (kind, RefOr::T(ObjectBuilder::new().schema_type(Type::String).into()))
        }
    })
}

fn take(schema: shape::SchemaOf, parts: &mut Vec<(String, RefOr<Schema>)>) -> RefOr<Schema> {
    let Component { used, parts: more } = schema();
    parts.extend(more);
    used
}

fn method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Delete => HttpMethod::Delete,
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Anyone => "anyone",
        Role::Viewer => "viewer",
        Role::Approver => "approver",
        Role::Operator => "operator",
        Role::Admin => "admin",
        Role::Worker => "worker",
    }
}
