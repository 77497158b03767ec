//! The guard of one account: judges calls and keeps account of grants.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::json;

use super::policy::{By, Fit};
use super::{Caller, Context, Denied, Policy, Reason, Request};
use crate::place::Place;
use crate::template::{Role, Stack};

/// A handle on the guard; clones share it. It lets everything pass until [`Guard::enforce`].
#[derive(Debug, Clone)]
pub struct Guard {
    rights: Arc<Mutex<Rights>>,
}

#[derive(Debug)]
struct Rights {
    place: Place,
    enforced: bool,
    roles: Vec<Held>,
    /// Policies of resources, with the ARNs that they hang on.
    resources: Vec<Policy>,
    /// Roles of functions, by the functions' logical ids.
    functions: BTreeMap<String, String>,
    denied: BTreeMap<Denied, u64>,
}

/// A role with its policies and how often each part was used.
#[derive(Debug)]
struct Held {
    id: String,
    arn: String,
    policies: Vec<Counted>,
    boundary: Option<Policy>,
    calls: u64,
}

#[derive(Debug)]
struct Counted {
    name: String,
    policy: Policy,
    /// By statement, then by action.
    actions: Vec<Vec<u64>>,
    resources: Vec<Vec<u64>>,
    /// Whether it is one of AWS's own, whose grants nobody chooses.
    is_aws: bool,
}

/// A part of a grant that no call has used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unused {
    /// The logical id of the role.
    pub role: String,
    pub policy: String,
    /// The statement's `Sid`, or its place.
    pub statement: String,
    pub part: Part,
    /// Whether it lets the role change something.
    pub writes: bool,
}

/// Which part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Action(String),
    /// A resource of a statement whose other resources may have been used.
    Resource(String),
}

impl Guard {
    /// Opens with the roles and policies of a template.
    pub fn open(place: Place, stack: &Stack) -> Self {
        let of_resource = |it: &crate::template::ResourcePolicy| Policy::parse(&it.document).ok();
        let functions = stack.functions.iter();
        let functions = functions.filter_map(|it| Some((it.named.id.clone(), it.role.clone()?)));
        let rights = Rights {
            place,
            enforced: false,
            roles: stack.roles.iter().map(Held::of).collect(),
            resources: stack.resource_policies.iter().filter_map(of_resource).collect(),
            functions: functions.collect(),
            denied: BTreeMap::new(),
        };
        Self { rights: Arc::new(Mutex::new(rights)) }
    }

    /// Lets nothing pass from now on that no policy allows.
    pub fn enforce(&self) {
        self.rights().enforced = true;
    }

    pub fn is_enforced(&self) -> bool {
        self.rights().enforced
    }

    /// Returns the role that a function runs with, by the function's logical id.
    pub fn role_of(&self, function: &str) -> Option<Caller> {
        self.rights().functions.get(function).cloned().map(Caller::Role)
    }

    /// Whether the template has the role of this ARN.
    pub fn knows(&self, role: &str) -> bool {
        self.rights().roles.iter().any(|it| it.arn == role)
    }

    /// Judges a call, and notes which grants let it pass.
    ///
    /// # Errors
    /// The call is denied, and the guard is enforced.
    pub fn authorize(
        &self,
        caller: &Caller,
        action: &str,
        resource: &str,
        context: &Context,
    ) -> Result<(), Denied> {
        let mut rights = self.rights();
        if !rights.enforced {
            return Ok(());
        }
        let context = rights.complete(caller, context.clone());
        let request = Request { caller, action, resource, context: &context };
        rights.judge(&request).map_err(|reason| {
            let denied = Denied {
                caller: caller.clone(),
                action: action.to_owned(),
                resource: resource.to_owned(),
                reason,
            };
            *rights.denied.entry(denied.clone()).or_default() += 1;
            denied
        })
    }

    /// Returns the calls that were denied, each with how often.
    pub fn denied(&self) -> Vec<(Denied, u64)> {
        self.rights().denied.iter().map(|(denied, count)| (denied.clone(), *count)).collect()
    }

    /// Returns the grants that no call has used, of roles that have called at all or of every role.
    pub fn unused(&self, of_idle_roles: bool) -> Vec<Unused> {
        let rights = self.rights();
        let roles = rights.roles.iter().filter(|role| of_idle_roles || role.calls > 0);
        roles.flat_map(Held::unused).collect()
    }

    /// Adds the uses that another guard of the same template has seen.
    pub fn add_uses(&self, other: &Guard) {
        if Arc::ptr_eq(&self.rights, &other.rights) {
            return;
        }
        let other = other.rights();
        let mut own = self.rights();
        for role in &mut own.roles {
            let Some(seen) = other.roles.iter().find(|it| it.id == role.id) else { continue };
            role.calls += seen.calls;
            for policy in &mut role.policies {
                let same = |it: &&Counted| it.name == policy.name && it.policy == policy.policy;
                if let Some(seen) = seen.policies.iter().find(same) {
                    add(&mut policy.actions, &seen.actions);
                    add(&mut policy.resources, &seen.resources);
                }
            }
        }
    }

    fn rights(&self) -> MutexGuard<'_, Rights> {
        // Counters alone change under it.
        self.rights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(own: &mut [Vec<u64>], seen: &[Vec<u64>]) {
    for (own, seen) in own.iter_mut().zip(seen) {
        for (own, seen) in own.iter_mut().zip(seen) {
            *own += seen;
        }
    }
}

impl Rights {
    /// Adds what IAM itself knows of every call.
    fn complete(&self, caller: &Caller, context: Context) -> Context {
        let context = context
            .or("aws:securetransport", "true")
            .or("aws:requestedregion", self.place.region.as_str());
        match caller {
            Caller::Role(arn) => context
                .or("aws:principalarn", arn.as_str())
                .or("aws:principalaccount", self.place.account.as_str())
                .or("aws:principaltype", "AssumedRole")
                .or("aws:principalisawsservice", "false"),
            Caller::Service(name) => context
                .or("aws:principalservicename", name.as_str())
                .or("aws:principalisawsservice", "true"),
        }
    }

    fn judge(&mut self, request: &Request<'_>) -> Result<(), Reason> {
        let role = match request.caller {
            Caller::Role(arn) => self.roles.iter_mut().find(|role| role.arn == *arn),
            Caller::Service(_) => None,
        };
        if self.resources.iter().any(|policy| !policy.fits(request, false).is_empty()) {
            return Err(Reason::DeniedByResource);
        }
        let by_resource =
            self.resources.iter().any(|policy| !policy.fits(request, true).is_empty());
        let Some(role) = role else {
            return if by_resource { Ok(()) } else { Err(Reason::NotAllowed) };
        };
        role.calls += 1;
        let denies = |policy: &Policy| !policy.fits(request, false).is_empty();
        if role.policies.iter().any(|it| denies(&it.policy))
            || role.boundary.as_ref().is_some_and(denies)
        {
            return Err(Reason::DeniedToRole);
        }
        let mut allowed = by_resource;
        for counted in &mut role.policies {
            for fit in counted.policy.fits(request, true) {
                counted.count(fit);
                allowed = true;
            }
        }
        let within = |boundary: &Policy| by_resource || !boundary.fits(request, true).is_empty();
        match (allowed, role.boundary.as_ref().is_none_or(within)) {
            (true, true) => Ok(()),
            (true, false) => Err(Reason::Bounded),
            (false, _) => Err(Reason::NotAllowed),
        }
    }
}

impl Held {
    fn of(role: &Role) -> Self {
        let own = role.policies.iter().filter_map(|it| {
            Some(Counted::new(&it.name, Policy::parse(&it.document).ok()?, false))
        });
        let managed = role.managed.iter().filter_map(|arn| {
            let (_, name) = arn.split_once(":aws:policy/")?;
            Some(Counted::new(name, managed(name)?, true))
        });
        let boundary = role.boundary.as_ref().and_then(|it| it.document.as_ref());
        Self {
            id: role.named.id.clone(),
            arn: role.named.arn.clone(),
            policies: own.chain(managed).collect(),
            boundary: boundary.and_then(|it| Policy::parse(it).ok()),
            calls: 0,
        }
    }

    fn unused(&self) -> Vec<Unused> {
        let mut unused = Vec::new();
        for counted in self.policies.iter().filter(|it| !it.is_aws) {
            let statements = counted.policy.statements.iter().enumerate();
            for (at, statement) in statements.filter(|(_, statement)| statement.allows) {
                let of = |part: Part, writes: bool| Unused {
                    role: self.id.clone(),
                    policy: counted.name.clone(),
                    statement: statement.name.clone(),
                    part,
                    writes,
                };
                let writes = |action: &str| statement.actions.except || changes(action);
                let mut used = false;
                for (text, uses) in statement.actions.texts.iter().zip(&counted.actions[at]) {
                    used |= *uses > 0;
                    if *uses == 0 {
                        let action = text.written();
                        unused.push(of(Part::Action(action.to_owned()), writes(action)));
                    }
                }
                if !used || statement.resources.except {
                    continue;
                }
                let any = statement.actions.texts.iter().any(|text| writes(text.written()));
                for (text, uses) in statement.resources.texts.iter().zip(&counted.resources[at]) {
                    if *uses == 0 {
                        unused.push(of(Part::Resource(text.written().to_owned()), any));
                    }
                }
            }
        }
        unused
    }
}

impl Counted {
    fn new(name: &str, policy: Policy, is_aws: bool) -> Self {
        let statements = policy.statements.iter();
        let actions = statements.clone().map(|it| vec![0; it.actions.texts.len()]).collect();
        let resources = statements.map(|it| vec![0; it.resources.texts.len()]).collect();
        Self { name: name.to_owned(), policy, actions, resources, is_aws }
    }

    fn count(&mut self, fit: Fit) {
        if let By::Text(action) = fit.action {
            self.actions[fit.statement][action] += 1;
        }
        if let By::Text(resource) = fit.resource {
            self.resources[fit.statement][resource] += 1;
        }
    }
}

/// Whether an action may change something; by its verb, and a wildcard may.
fn changes(action: &str) -> bool {
    let verb = action.split_once(':').map_or(action, |(_, verb)| verb);
    let reads = ["Get", "List", "Describe", "Head", "BatchGet", "BatchCheck", "Search", "Decrypt"];
    // SageMaker's InvokeEndpoint is a read in AWS's own table.
    !reads.iter().any(|read| verb.starts_with(read)) && verb != "InvokeEndpoint"
}

/// Returns what one of AWS's own policies grants, of those that the serverless transform hangs on roles.
fn managed(name: &str) -> Option<Policy> {
    let logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
    let traces = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
    let actions = match name {
        "service-role/AWSLambdaBasicExecutionRole" => logs.to_vec(),
        "AWSXrayWriteOnlyAccess" | "AWSXRayDaemonWriteAccess" => traces.to_vec(),
        "service-role/AWSLambdaVPCAccessExecutionRole" => {
            [logs.as_slice(), &["ec2:CreateNetworkInterface"]].concat()
        }
        _ => return None,
    };
    let statement = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    Policy::parse(&json!({"Version": "2012-10-17", "Statement": statement})).ok()
}
