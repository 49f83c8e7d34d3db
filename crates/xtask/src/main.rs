//! What a contributor types: demo, test, pkg, size, bench.
fn main() {}
