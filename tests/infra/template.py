"""The template as CloudFormation sees it: expanded by AWS's own transform, and with its expressions resolved."""

import copy
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
ACCOUNT = "111122223333"
PARTITIONS = {"eu-west-1": "aws", "us-gov-west-1": "aws-us-gov", "cn-north-1": "aws-cn"}

# Parameters that switch every condition on: what a template holds, some deployment has.
EVERYTHING = {
    "DataBucketArns": "arn:{p}:s3:::captures,arn:{p}:s3:::training",
    "OutputBucketArns": "arn:{p}:s3:::outputs",
    "AskEndpointArns": "arn:{p}:sagemaker:{r}:111122223333:endpoint/churn-*",
    "AlertTopicArns": "arn:{p}:sns:{r}:111122223333:model-alerts",
    "DataKeyArns": "arn:{p}:kms:{r}:111122223333:key/11111111-2222-3333-4444-555555555555",
    "KmsKeyArn": "arn:{p}:kms:{r}:111122223333:key/aaaaaaaa-2222-3333-4444-555555555555",
    "SubnetIds": "subnet-0a,subnet-0b",
    "SecurityGroupIds": "sg-0a",
    "PermissionsBoundaryArn": "arn:{p}:iam::111122223333:policy/boundary",
    "SecondTopicArn": "arn:{p}:sns:{r}:111122223333:second",
    "AlertEmail": "someone@example.com",
    "AlertUrl": "https://example.com/hook",
    "AlertQueueArn": "arn:{p}:sqs:{r}:111122223333:alerts",
    "AnalyzerDigest": "sha256:" + "0" * 64,
    "CaptureRemedy": "true",
}


def load(path=INFRA / "template.yaml"):
    from samtranslator.yaml_helper import yaml_parse

    return yaml_parse(Path(path).read_text())


def expand(template, region="eu-west-1"):
    """Runs the serverless transform; code and definitions are taken as packaged."""
    from samtranslator.translator.transform import transform

    template = copy.deepcopy(template)
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        for member, name in (("CodeUri", "code.zip"), ("DefinitionUri", "machine.json")):
            if isinstance(properties.get(member), str):
                properties[member] = f"s3://code/{name}"

    class NoPolicies:
        def load(self):
            return {}

    os.environ["AWS_DEFAULT_REGION"] = region
    return transform(template, {}, NoPolicies())


class Resolver:
    """Resolves what a policy is written with; a resource's attribute becomes a name that shows whose it is."""

    def __init__(self, template, region="eu-west-1", parameters=None):
        self.template = template
        partition = PARTITIONS[region]
        self.values = {name: str(it.get("Default", "")) for name, it in template["Parameters"].items()}
        for name, it in template["Parameters"].items():
            if it["Type"] == "CommaDelimitedList":
                self.values[name] = self.values[name].split(",")
        fill = lambda text: text.replace("{p}", partition).replace("{r}", region)
        for name, value in (parameters or {}).items():
            is_list = isinstance(self.values.get(name), list)
            self.values[name] = fill(value).split(",") if is_list else fill(value)
        suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        self.values |= {
            "AWS::Partition": partition,
            "AWS::Region": region,
            "AWS::AccountId": ACCOUNT,
            "AWS::StackName": "vigil",
            "AWS::URLSuffix": suffix,
            "AWS::NoValue": None,
        }
        self.arn = f"arn:{partition}:{{}}:{region}:{ACCOUNT}:{{}}"

    def holds(self, condition):
        if isinstance(condition, str):
            return self.holds(self.template["Conditions"][condition])
        ((name, of),) = condition.items()
        if name == "Condition":
            return self.holds(of)
        if name == "Fn::Equals":
            return self(of[0]) == self(of[1])
        if name == "Fn::Not":
            return not self.holds(of[0])
        return (all if name == "Fn::And" else any)(self.holds(it) for it in of)

    def resource(self, name, attribute=None):
        it = self.template["Resources"][name]
        kind, properties = it["Type"], it.get("Properties", {})
        own = lambda member: self(properties[member]) if member in properties else f"vigil-{name}"
        partition = self.values["AWS::Partition"]
        arn = {
            "AWS::S3::Bucket": lambda: f"arn:{partition}:s3:::{own('BucketName')}",
            "AWS::SQS::Queue": lambda: self.arn.format("sqs", own("QueueName")),
            "AWS::SNS::Topic": lambda: self.arn.format("sns", own("TopicName")),
            "AWS::Logs::LogGroup": lambda: self.arn.format("logs", f"log-group:{own('LogGroupName')}:*"),
            "AWS::KMS::Key": lambda: self.arn.format("kms", "key/aaaaaaaa-2222-3333-4444-555555555555"),
            "AWS::IAM::Role": lambda: f"arn:{partition}:iam::{ACCOUNT}:role/{own('RoleName')}",
            "AWS::IAM::ManagedPolicy": lambda: f"arn:{partition}:iam::{ACCOUNT}:policy/{own('ManagedPolicyName')}",
            "AWS::Lambda::Function": lambda: self.arn.format("lambda", f"function:{own('FunctionName')}"),
            "AWS::StepFunctions::StateMachine": lambda: self.arn.format("states", f"stateMachine:{own('StateMachineName')}"),
        }.get(kind, lambda: self.arn.format(kind.split("::")[1].lower(), name))()
        is_arn = attribute == "Arn" or kind in ("AWS::SNS::Topic", "AWS::IAM::ManagedPolicy", "AWS::StepFunctions::StateMachine")
        return arn if is_arn else f"vigil-{name}"

    def __call__(self, value):
        if isinstance(value, list):
            return [it for it in map(self, value) if it is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, of),) = value.items()
            if name == "Ref":
                return self.values[of] if of in self.values else self.resource(of)
            if name == "Fn::GetAtt":
                return self.resource(*(of.split(".", 1) if isinstance(of, str) else of))
            if name == "Fn::If":
                return self(of[1] if self.holds(of[0]) else of[2])
            if name == "Fn::Join":
                return of[0].join(map(str, self(of[1])))
            if name == "Fn::Split":
                return self(of[1]).split(of[0])
            if name == "Fn::Sub":
                return self.sub(*of) if isinstance(of, list) else self.sub(of, {})
        resolved = {name: self(it) for name, it in value.items()}
        return {name: it for name, it in resolved.items() if it is not None}

    def sub(self, text, names):
        done = ""
        while "${" in text:
            before, _, text = text.partition("${")
            name, _, text = text.partition("}")
            if name in names:
                value = self(names[name])
            elif "." in name:
                value = self.resource(*name.split(".", 1))
            else:
                value = self({"Ref": name})
            done += before + str(value)
        return done + text


def policies(expanded, resolver):
    """Yields every policy of every identity: who, and the document."""
    for name, resource in expanded["Resources"].items():
        if "Condition" in resource and not resolver.holds(resource["Condition"]):
            continue
        properties = resource.get("Properties", {})
        if resource["Type"] in ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
            yield name, resolver(properties["PolicyDocument"])
        for policy in properties.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []:
            yield name, resolver(policy["PolicyDocument"])
