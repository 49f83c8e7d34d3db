//! The program `tailorbird`.
fn main() {}
