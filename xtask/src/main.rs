//! Set-up, build, checks and figures of the Taskhub workspace.

fn main() {}
