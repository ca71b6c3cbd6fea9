//! Load driver and figures of Taskhub.

fn main() {}
