use boot::ExitCode;
use state::Function;

fn main() -> ExitCode {
    boot::lambda(Function::AlertViolations, alert_violations::run)
}
