//! holdstill, the command.
fn main() {}
