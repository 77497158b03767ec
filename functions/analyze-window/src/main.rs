use boot::ExitCode;
use state::Function;

fn main() -> ExitCode {
    boot::lambda(Function::AnalyzeWindow, analyze_window::run)
}
