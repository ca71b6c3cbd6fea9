//! A durable orchestration server with a console, in one binary.

fn main() {}
