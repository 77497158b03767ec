//! One account: its services side by side, under one clock.
//!
//! Whatever a service announces reaches the bus at once, and nothing happens but by a call or by the clock. A handle is
//! cheap to clone, so that a function may use the account while it runs.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::Value;

use crate::cloudwatch::CloudWatch;
use crate::events::{Events, HandlerError, Runaway};
use crate::faults::Faults;
use crate::iam::{Caller, Context, Denied, Guard};
use crate::place::Place;
use crate::s3::{Condition, Refused, Store};
use crate::sagemaker::{ContainerEnd, ContainerTask, Containers, Pace, SageMaker};
use crate::sns::Sns;
use crate::template::Stack;

/// The services of one AWS account.
#[derive(Clone)]
pub struct Account {
    place: Place,
    events: Events,
    guard: Guard,
    services: Arc<Mutex<Services>>,
    containers: Arc<Mutex<Box<dyn Containers>>>,
    listener: Arc<Mutex<Option<Listener>>>,
}

/// Hears the events of SageMaker as they are announced.
pub type Listener = Box<dyn FnMut(&Value) + Send>;

/// What a call can reach, one service a field.
#[derive(Debug)]
pub struct Services {
    pub s3: Store,
    pub sagemaker: SageMaker,
    pub sns: Sns,
    pub cloudwatch: CloudWatch,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Account {
    /// Opens an account with the buckets, topics, queues, functions and rules of a template.
    ///
    /// # Errors
    /// A bucket of the template cannot be made.
    pub fn open(
        place: Place,
        pace: Pace,
        seed: u64,
        faults: &Faults,
        now: Timestamp,
        stack: &Stack,
    ) -> Result<Self, Refused> {
        let mut s3 = Store::new(place.clone(), seed, faults.clone());
        for bucket in &stack.buckets {
            s3.make_bucket(now, &bucket.named.name, bucket.announces)?;
        }
        let sagemaker = SageMaker::new(place.clone(), pace, seed, faults.clone());
        let sns = Sns::open(seed, faults.clone(), stack);
        let services =
            Services { s3, sagemaker, sns, cloudwatch: CloudWatch::open(faults.clone()) };
        let guard = Guard::open(place.clone(), stack);
        let events = Events::open(place.clone(), seed, faults.clone(), now, stack);
        events.guard_with(guard.clone());
        let none: Box<dyn Containers> = Box::new(no_image);
        let services = Arc::new(Mutex::new(services));
        Ok(Self {
            place,
            events,
            guard,
            services,
            containers: Arc::new(Mutex::new(none)),
            listener: Arc::default(),
        })
    }

    /// Says what runs the containers of processing jobs; until then every job fails for want of its image.
    pub fn run_containers(&self, containers: impl Containers + 'static) {
        *self.containers.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(containers);
    }

    /// Lets someone hear what SageMaker announces, besides the bus.
    pub fn overhear(&self, listener: Listener) {
        *self.listener.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
    }

    pub fn place(&self) -> &Place {
        &self.place
    }

    pub fn now(&self) -> Timestamp {
        self.events.now()
    }

    pub fn events(&self) -> &Events {
        &self.events
    }

    /// Returns the guard, which lets everything pass until it is told to enforce.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// Asks whether a caller may do something; see [`Guard::authorize`].
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
        self.guard.authorize(caller, action, resource, context)
    }

    /// Calls services at the present time; what they announce is on the bus when this returns.
    pub fn call<R>(&self, what: impl FnOnce(&mut Services, Timestamp) -> R) -> R {
        let now = self.now();
        let mut services = self.services();
        let answer = what(&mut services, now);
        self.announce(&mut services);
        answer
    }

    /// Lets time pass until `end`: endpoints change, captures are uploaded, schedules fire, functions run.
    ///
    /// # Errors
    /// Events keep starting each other while no time passes.
    pub fn run_until(
        &self,
        end: Timestamp,
        mut handler: impl FnMut(&str, &Value) -> Result<Value, HandlerError>,
    ) -> Result<u64, Runaway> {
        let mut invocations = 0;
        loop {
            let due = self.services().sagemaker.next_due().filter(|due| *due < end).unwrap_or(end);
            if let Some(next) = self.events.next_due().filter(|next| *next < due) {
                // What its functions begin may come due before any other event.
                invocations += self.events.run_until(next.max(self.now()), &mut handler)?;
                continue;
            }
            invocations += self.events.run_until(due.max(self.now()), &mut handler)?;
            self.settle();
            if end <= due {
                // What was announced at the very end still runs at its time.
                return Ok(invocations + self.events.run_until(end, &mut handler)?);
            }
        }
    }

    /// Does what has come due in the services: state changes, uploads of captures, executions and jobs.
    fn settle(&self) {
        let now = self.now();
        let tasks = self.settle_services(now);
        if tasks.is_empty() {
            return;
        }
        // Containers run while others may use the account.
        for task in tasks {
            let mut containers = self.containers.lock().unwrap_or_else(PoisonError::into_inner);
            let end = containers.run(&task);
            drop(containers);
            self.services().sagemaker.container_ended(&task.job, end);
        }
    }

    fn settle_services(&self, now: Timestamp) -> Vec<ContainerTask> {
        let mut services = self.services();
        for upload in services.sagemaker.take_uploads(now) {
            // A capture whose bucket refuses it is lost, as SageMaker's are.
            let _lost = services.s3.put(
                now,
                &upload.bucket,
                &upload.key,
                upload.body,
                Some("application/x-jsonlines"),
                &Condition::Always,
            );
        }
        let Services { s3, sagemaker, cloudwatch, .. } = &mut *services;
        let tasks = sagemaker.work(now, s3, &self.guard);
        for left in sagemaker.take_metrics() {
            left.publish(now, cloudwatch);
        }
        self.announce(&mut services);
        tasks
    }

    fn announce(&self, services: &mut Services) {
        let told = services.sagemaker.take_events();
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listener) = &mut *listener {
            told.iter().for_each(listener);
        }
        for event in told.into_iter().chain(services.s3.take_events()) {
            self.events.emit(event);
        }
    }

    fn services(&self) -> MutexGuard<'_, Services> {
        // A call that panicked left whole values behind: each service changes in one step.
        self.services.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands where nobody has said what runs containers.
fn no_image(task: &ContainerTask) -> ContainerEnd {
    ContainerEnd::failed(format!("nothing here runs the image {}", task.image))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use jiff::ToSpan;
    use serde_json::json;

    use super::*;

    const TEMPLATE: &str = r"
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: b
      NotificationConfiguration: { EventBridgeConfiguration: { EventBridgeEnabled: true } }
  WatchFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: x
      Events:
        Written:
          Type: EventBridgeRule
          Properties: { Pattern: { source: [aws.s3], detail: { object: { key: [{ prefix: in/ }] } } } }
        Often:
          Type: Schedule
          Properties: { Schedule: rate(5 minutes) }
";

    fn account() -> Account {
        let stack = Stack::parse(TEMPLATE, &[]).expect("the template is sound");
        let now = "2026-03-02T00:00:00Z".parse().expect("a time");
        Account::open(Place::default(), Pace::default(), 7, &Faults::none(), now, &stack)
            .expect("the bucket is new")
    }

    fn after_minutes(
        account: &Account,
        minutes: i64,
        handler: impl FnMut(&str, &Value) -> Result<Value, HandlerError>,
    ) {
        let end = account.now() + minutes.minutes();
        account.run_until(end, handler).expect("events come to rest");
        assert_eq!(account.now(), end);
    }

    #[test]
    fn written_object_wakes_its_function() {
        let account = account();
        account
            .call(|all, now| all.s3.put(now, "b", "in/x", b"1".to_vec(), None, &Condition::Always))
            .expect("put");
        account
            .call(|all, now| all.s3.put(now, "b", "out/x", b"1".to_vec(), None, &Condition::Always))
            .expect("put");
        let seen = RefCell::new(Vec::new());
        after_minutes(&account, 4, |function, event| {
            seen.borrow_mut().push((function.to_owned(), event["detail"]["object"]["key"].clone()));
            Ok(json!({}))
        });
        assert_eq!(seen.into_inner(), [("WatchFunction".to_owned(), json!("in/x"))]);
    }

    #[test]
    fn function_uses_the_account_while_it_runs() {
        let account = account();
        let again = account.clone();
        let ticks = RefCell::new(0);
        after_minutes(&account, 16, |_, event| {
            if event["detail-type"] == "Scheduled Event" {
                let key = format!("out/{}", again.now().as_second());
                again
                    .call(|all, now| {
                        all.s3.put(now, "b", &key, Vec::new(), None, &Condition::Absent)
                    })
                    .expect("put");
                *ticks.borrow_mut() += 1;
            }
            Ok(json!({}))
        });
        assert_eq!(ticks.into_inner(), 3);
    }
}
