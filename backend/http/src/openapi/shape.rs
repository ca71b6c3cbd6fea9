//! How a route is described: what the table of routes does not say about it.

use std::borrow::Cow;

use utoipa::{
    ToSchema,
    openapi::{Ref, RefOr, schema::Schema},
};

/// A route in words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Described {
    /// Name of the route in the table.
    pub(super) route: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: &'static [Param],
    pub(super) body: Body,
    /// Answers beside those of every route.
    pub(super) answers: &'static [Answer],
}

/// A query parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Param {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    pub(super) what: &'static str,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Whole,
    Seconds,
    Flag,
    Time,
}

/// What a request carries.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    None,
    /// A JSON object of this type; a call without a body is one with an empty object.
    Json(SchemaOf),
    /// Any JSON value, or nothing.
    Any,
    /// Any JSON value.
    AnyRequired,
}

/// An answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) what: &'static str,
    pub(super) content: Content,
}

/// What an answer carries.
#[derive(Debug, Clone, Copy)]
pub(super) enum Content {
    None,
    /// JSON of this type.
    Json(SchemaOf),
    /// Any JSON value.
    Any,
    /// A stored text: any JSON value, or plain text.
    File,
    /// RFC 9457.
    Problem,
    /// A text of this media type, or one of these, with commas between them.
    Text(&'static str),
}

/// Gives a schema.
pub(super) type SchemaOf = fn() -> Component;

/// A schema with the schemas that it refers to.
pub(super) struct Component {
    /// What an operation holds: a reference, unless the schema has no name.
    pub(super) used: RefOr<Schema>,
    /// What the document needs for it.
    pub(super) parts: Vec<(String, RefOr<Schema>)>,
}

/// Schema of a type that has a name.
pub(super) fn of<T: ToSchema>() -> Component {
    let name = match T::name() {
        Cow::Borrowed(name) => name.to_owned(),
        Cow::Owned(name) => name,
    };
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    let used = RefOr::Ref(Ref::from_schema_name(&name));
    parts.push((name, T::schema()));
    Component { used, parts }
}

/// Schema of a type that has none, such as a list: it stands where it is used.
pub(super) fn inline<T: ToSchema>() -> Component {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    Component { used: T::schema(), parts }
}

/// Schema of a list or page of `T`, which stands where it is used.
pub(super) fn listed<L: ToSchema, T: ToSchema>() -> Component {
    let mut list = inline::<L>();
    list.parts.extend(of::<T>().parts);
    list
}

/// A parameter that may be absent.
pub(super) const fn param(name: &'static str, kind: Kind, what: &'static str) -> Param {
    Param { name, kind, required: false, what }
}

/// An answer.
pub(super) const fn answer(status: u16, what: &'static str, content: Content) -> Answer {
    Answer { status, what, content }
}
