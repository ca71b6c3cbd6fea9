//! The console of Taskhub, compiled to WebAssembly.

fn main() {}
