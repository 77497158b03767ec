use boot::ExitCode;
use state::Function;

fn main() -> ExitCode {
    boot::lambda(Function::SweepEndpoints, sweep_endpoints::run)
}
