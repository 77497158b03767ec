use boot::ExitCode;
use state::Function;

fn main() -> ExitCode {
    boot::lambda(Function::MergeGroundTruth, merge_ground_truth::run)
}
