//! Where AWS publishes its images (formats I.6).

/// Region, account of the analyzer, account of Clarify; empty where there is none.
const ACCOUNTS: &[(&str, &str, &str)] = &[
    ("af-south-1", "875698925577", "811711786498"),
    ("ap-east-1", "001633400207", "098760798382"),
    ("ap-northeast-1", "574779866223", "377024640650"),
    ("ap-northeast-2", "709848358524", "263625296855"),
    ("ap-northeast-3", "990339680094", "912233562940"),
    ("ap-south-1", "126357580389", "452307495513"),
    ("ap-southeast-1", "245545462676", "834264404009"),
    ("ap-southeast-2", "563025443158", "007051062584"),
    ("ap-southeast-3", "669540362728", "705930551576"),
    ("ca-central-1", "536280801234", "675030665977"),
    ("cn-north-1", "453000072557", "122526803553"),
    ("cn-northwest-1", "453252182341", "122578899357"),
    ("eu-central-1", "048819808253", "017069133835"),
    ("eu-central-2", "590183933784", "730335477804"),
    ("eu-north-1", "895015795356", "763603941244"),
    ("eu-south-1", "933208885752", "638885417683"),
    ("eu-south-2", "437450045455", ""),
    ("eu-west-1", "468650794304", "131013547314"),
    ("eu-west-2", "749857270468", "440796970383"),
    ("eu-west-3", "680080141114", "341593696636"),
    ("il-central-1", "843974653677", ""),
    ("me-central-1", "588750061953", ""),
    ("me-south-1", "607024016150", "835444307964"),
    ("sa-east-1", "539772159869", "520018980103"),
    ("us-east-1", "156813124566", "205585389593"),
    ("us-east-2", "777275614652", "211330385671"),
    ("us-gov-west-1", "362178532790", "598674086554"),
    ("us-isof-east-1", "853188333426", "579539705040"),
    ("us-isof-south-1", "467912361380", "411392592546"),
    ("us-west-1", "890145073186", "740489534195"),
    ("us-west-2", "159807026194", "306415355426"),
];

/// Returns AWS's image of the Model Monitor analyzer; `None` where AWS has none.
pub(crate) fn analyzer(region: &str) -> Option<String> {
    let (_, account, _) = ACCOUNTS.iter().find(|it| it.0 == region)?;
    image(account, region, "sagemaker-model-monitor-analyzer")
}

/// Returns AWS's image of Clarify; `None` where AWS has none.
pub(crate) fn clarify(region: &str) -> Option<String> {
    let (_, _, account) = ACCOUNTS.iter().find(|it| it.0 == region)?;
    image(account, region, "sagemaker-clarify-processing:1.0")
}

fn image(account: &str, region: &str, repository: &str) -> Option<String> {
    let suffix = suffix(region);
    (!account.is_empty()).then(|| format!("{account}.dkr.ecr.{region}.{suffix}/{repository}"))
}

/// Returns the end of host names in a region's partition.
fn suffix(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else if region.starts_with("us-isof-") {
        "csp.hci.ic.gov"
    } else {
        "amazonaws.com"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BY_SDK: &str = include_str!("images_by_sdk.txt");
    /// In AWS's table of the documentation, not in the SDK.
    const BY_DOCS: &str =
        "362178532790.dkr.ecr.us-gov-west-1.amazonaws.com/sagemaker-model-monitor-analyzer";

    #[test]
    fn images_are_those_of_the_sdk() {
        let mut theirs: Vec<&str> = BY_SDK.lines().filter(|it| !it.starts_with('#')).collect();
        theirs.push(BY_DOCS);
        theirs.sort_unstable();
        let mut ours: Vec<String> = ACCOUNTS
            .iter()
            .flat_map(|(region, ..)| [analyzer(region), clarify(region)])
            .flatten()
            .collect();
        ours.sort_unstable();
        assert_eq!(ours, theirs);
    }

    #[test]
    fn defect_31_partitions_have_their_own_hosts() {
        #[track_caller]
        fn check(region: &str, expect: Option<&str>) {
            assert_eq!(analyzer(region).as_deref(), expect);
        }
        check(
            "cn-north-1",
            Some(
                "453000072557.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-model-monitor-analyzer",
            ),
        );
        check("us-gov-west-1", Some(BY_DOCS));
        check("mars-east-1", None);
        assert_eq!(clarify("il-central-1"), None);
    }
}
