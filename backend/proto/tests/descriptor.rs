//! The `.proto` says what the published protocol says: every name, number and
//! type is held against `tests/data/fields.txt`, which was written from the
//! descriptor inside the `PyPI` package durabletask 1.12.0.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::Path;

use tonic_prost_build::FileDescriptorSet;

const EXPECTED: &str = include_str!("data/fields.txt");
const FILE: &str = "durabletask/internal/orchestrator_service.proto";

#[test]
fn names_numbers_and_types_are_the_published_ones() {
    let actual = lines(&compile());
    let expected: BTreeSet<String> = EXPECTED.lines().map(str::to_owned).collect();
    let missing: Vec<_> = expected.difference(&actual).collect();
    let extra: Vec<_> = actual.difference(&expected).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "orchestrator_service.proto left the published protocol\nmissing: {missing:#?}\nextra: {extra:#?}"
    );
}

#[test]
fn nothing_was_lost_on_the_way() {
    let count = |kind: &str| EXPECTED.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!(count("message "), 118);
    assert_eq!(count("field "), 379);
    assert_eq!(count("rpc "), 29);
    assert_eq!(EXPECTED.lines().filter(|l| l.starts_with("enum ") && l.contains(" 0 ")).count(), 2);
}

fn compile() -> FileDescriptorSet {
    protox::compile([FILE], [Path::new(env!("CARGO_MANIFEST_DIR")).join("proto")])
        .expect("compile orchestrator_service.proto")
}

/// One line per message, field, reserved range, enum value and rpc.
fn lines(set: &FileDescriptorSet) -> BTreeSet<String> {
    let file = set.file.iter().find(|file| file.name() == FILE).expect("the protocol's file");
    assert_eq!(file.package(), "", "the package must stay empty, rpc paths depend on it");
    assert_eq!(file.syntax(), "proto3");
    let mut out = BTreeSet::new();
    for item in &file.enum_type {
        for value in &item.value {
            out.insert(format!("enum {} {} {}", item.name(), value.number(), value.name()));
        }
    }
    for message in &file.message_type {
        out.insert(format!("message {}", message.name()));
        for range in &message.reserved_range {
            let (from, to) = (range.start(), range.end() - 1);
            out.insert(format!("reserved {} {from} {to}", message.name()));
        }
        for field in &message.field {
            out.insert(field_line(message, field));
        }
    }
    for service in &file.service {
        for rpc in &service.method {
            let input = streamed(rpc.client_streaming(), rpc.input_type());
            let output = streamed(rpc.server_streaming(), rpc.output_type());
            out.insert(format!("rpc /{}/{} {input} -> {output}", service.name(), rpc.name()));
        }
    }
    out
}

fn streamed(stream: bool, type_name: &str) -> String {
    let type_name = type_name.trim_start_matches('.');
    if stream { format!("stream {type_name}") } else { type_name.to_owned() }
}

fn field_line(
    message: &prost_types::DescriptorProto,
    field: &prost_types::FieldDescriptorProto,
) -> String {
    use prost_types::field_descriptor_proto::Label;

    let mut line = format!("field {} {} {} ", message.name(), field.number(), field.name());
    let entry = message.nested_type.iter().find(|nested| {
        nested.options.as_ref().is_some_and(|options| options.map_entry())
            && field.type_name().ends_with(&format!("{}.{}", message.name(), nested.name()))
    });
    match entry {
        Some(entry) => {
            let part = |number| {
                let part = entry.field.iter().find(|part| part.number() == number);
                type_name(part.expect("a map entry has a key and a value"))
            };
            line += &format!("map<{},{}>", part(1), part(2));
        }
        None => {
            if field.label() == Label::Repeated {
                line += "repeated ";
            }
            line += &type_name(field);
        }
    }
    if let Some(index) = field.oneof_index {
        let index = usize::try_from(index).expect("an index is not negative");
        line += &format!(" oneof={}", message.oneof_decl[index].name());
    }
    if field.options.as_ref().is_some_and(|options| options.deprecated()) {
        line += " deprecated";
    }
    line
}

fn type_name(field: &prost_types::FieldDescriptorProto) -> String {
    match field.type_name() {
        "" => field.r#type().as_str_name().trim_start_matches("TYPE_").to_lowercase(),
        named => named.trim_start_matches('.').to_owned(),
    }
}
