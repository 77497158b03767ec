//! A function whose use case panics: what becomes of it is tested at the release profile.

use boot::ExitCode;
use state::Function;

fn main() -> ExitCode {
    boot::lambda(Function::SweepEndpoints, async |_, _, _| panic!("canary-4711"))
}
