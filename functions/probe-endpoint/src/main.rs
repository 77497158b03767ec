use boot::ExitCode;
use state::Function;

fn main() -> ExitCode {
    boot::lambda(Function::ProbeEndpoint, probe_endpoint::run)
}
