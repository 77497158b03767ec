use boot::ExitCode;
use state::Function;

fn main() -> ExitCode {
    boot::lambda(Function::RebuildBaseline, rebuild_baseline::run)
}
