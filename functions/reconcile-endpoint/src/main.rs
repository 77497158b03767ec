use boot::ExitCode;
use state::Function;

fn main() -> ExitCode {
    boot::lambda(Function::ReconcileEndpoint, reconcile_endpoint::run)
}
