//! The facts, joined: which tasks belong to which service, which role a task has, what IAM decided.

use std::collections::{BTreeMap, HashMap};

use crate::check::Check;
use crate::facts::{
    Container, Decision, Endpoint, ExecLog, Fact, Facts, Instance, Interface, KmsKey, Service,
    Simulation, Task, TaskDefinition, Unavailable,
};
use crate::finding::{Finding, Subject};
use crate::iam::like;
use crate::needs::{Place, recording_group};

pub struct World<'a> {
    pub facts: &'a Facts,
    /// One a service, then one for the tasks that belong to none.
    pub groups: Vec<Group<'a>>,
    decisions: HashMap<Question<'a>, Vec<Answer<'a>>>,
}

/// The tasks of one service, or those that belong to no service.
pub struct Group<'a> {
    pub service: Option<&'a str>,
    /// What is known of the service itself; `None` for tasks that belong to none.
    pub service_fact: Option<&'a Fact<Service>>,
    /// The container that a session enters, where one is asked for or configured, and is there.
    pub container: Option<&'a str>,
    /// A container that the configuration names and no task has.
    pub misnamed: Option<&'a str>,
    pub tasks: Fact<Vec<&'a Task>>,
    /// Tasks that the user named.
    pub named: bool,
}

/// The role whose credentials the containers of a task get.
pub enum TaskRole<'a> {
    Role(&'a str),
    /// Neither the task nor its definition names a role.
    Unnamed,
    Unknown(Unavailable),
}

/// Principal, action, resource.
type Question<'a> = (&'a str, &'a str, &'a str);

pub struct Answer<'a> {
    pub simulation: &'a Simulation,
    pub decision: &'a Decision,
}

impl<'a> World<'a> {
    pub fn new(facts: &'a Facts) -> World<'a> {
        let mut decisions: HashMap<Question, Vec<Answer>> = HashMap::new();
        for simulation in &facts.simulations {
            for decision in simulation.decisions.known().into_iter().flatten() {
                decisions
                    .entry((
                        simulation.principal.as_str(),
                        decision.action.as_str(),
                        decision.resource.as_str(),
                    ))
                    .or_default()
                    .push(Answer {
                        simulation,
                        decision,
                    });
            }
        }
        World {
            facts,
            groups: groups(facts),
            decisions,
        }
    }

    /// What IAM decided for a principal; one answer for each context that was asked about.
    pub fn decisions<'w>(
        &'w self,
        principal: &'w str,
        action: &'w str,
        resource: &'w str,
    ) -> &'w [Answer<'a>] {
        let decisions: &HashMap<Question<'w>, Vec<Answer<'a>>> = &self.decisions;
        decisions
            .get(&(principal, action, resource))
            .map_or(&[], Vec::as_slice)
    }

    /// The simulations of a principal that include an action; where there is none, nobody asked.
    pub fn simulations(
        &self,
        principal: &str,
        action: &str,
    ) -> impl Iterator<Item = &'a Simulation> {
        self.facts.simulations.iter().filter(move |simulation| {
            simulation.principal == principal && simulation.actions.iter().any(|a| a == action)
        })
    }

    /// What the cluster's own exec configuration says of recording; only where it says something.
    pub fn exec_log(&self) -> Option<&'a ExecLog> {
        let exec = self.facts.cluster.known()?.exec_configuration.as_ref()?;
        exec.log.as_ref().filter(|_| exec.logging == "OVERRIDE")
    }

    /// The cluster demands that the log group be encrypted.
    pub fn demands_encrypted_group(&self) -> bool {
        self.exec_log()
            .is_some_and(|log| log.log_group.is_some() && log.log_group_encrypted)
    }

    /// The KMS key of the exec configuration, as it is named there.
    pub fn key_name(&self) -> Option<&'a str> {
        let exec = self.facts.cluster.known()?.exec_configuration.as_ref()?;
        exec.kms_key.as_deref().filter(|name| !name.is_empty())
    }

    /// The key itself. `Absent`: none is named, or the one that is named does not exist.
    pub fn key(&self) -> Fact<&'a KmsKey> {
        if let Fact::Unavailable(why) = &self.facts.cluster {
            return Fact::Unavailable(why.clone());
        }
        let Some(name) = self.key_name() else {
            return Fact::Absent;
        };
        match self.facts.kms_keys.get(name) {
            Some(fact) => fact.as_ref(),
            None => Fact::Unavailable(Unavailable::not_asked(
                "kms:DescribeKey",
                "nobody asked KMS about the cluster's key",
            )),
        }
    }

    /// Where the account's resources are; needs the account.
    pub fn place(&self) -> Option<Place<'a>> {
        Some(Place {
            partition: &self.facts.partition,
            region: &self.facts.region,
            account: self.facts.account.as_deref()?,
        })
    }

    /// The log groups that record sessions into these tasks.
    pub fn recording_groups(&self, tasks: &[&Task]) -> Vec<&'a str> {
        let exec = self
            .facts
            .cluster
            .known()
            .and_then(|cluster| cluster.exec_configuration.as_ref());
        let logging = exec.map_or("DEFAULT", |exec| exec.logging.as_str());
        let own = exec.and_then(|exec| exec.log.as_ref());
        let mut groups: Vec<&str> = tasks
            .iter()
            .filter_map(|task| self.definition(task)?.known())
            .flat_map(|definition| &definition.containers)
            .filter_map(|container| recording_group(logging, own, container.log.as_ref()))
            .collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// Every running task.
    pub fn running(&self) -> impl Iterator<Item = &'a Task> {
        self.groups.iter().flat_map(Group::running)
    }

    /// The user declared that this service's tasks must not be entered.
    pub fn is_exec_forbidden_service(&self, group: &Group) -> bool {
        group.service.is_some_and(|name| self.is_forbidden(name))
    }

    /// The user declared that this task must not be entered: by its service's name or its family.
    pub fn is_exec_forbidden(&self, group: &Group, task: &Task) -> bool {
        self.is_exec_forbidden_service(group) || self.is_forbidden(family(&task.task_definition))
    }

    /// The same of the tasks that a service would start.
    pub fn is_exec_forbidden_for(&self, group: &Group, service: &Service) -> bool {
        let definition = service.task_definition.as_deref().unwrap_or_default();
        self.is_exec_forbidden_service(group) || self.is_forbidden(family(definition))
    }

    fn is_forbidden(&self, name: &str) -> bool {
        let patterns = &self.facts.expect.exec_forbidden;
        patterns.iter().any(|pattern| like(pattern, name))
    }

    pub fn definition(&self, task: &Task) -> Option<&'a Fact<TaskDefinition>> {
        self.facts.task_definitions.get(&task.task_definition)
    }

    pub fn task_role(&self, task: &'a Task) -> TaskRole<'a> {
        let definition = self.definition(task);
        match (task.role(definition.and_then(Fact::known)), definition) {
            (Some(role), _) => TaskRole::Role(role),
            (None, Some(Fact::Known(_))) if task.is_fargate() => TaskRole::Unnamed,
            (None, Some(Fact::Known(_))) => self.instance_role(task),
            (None, Some(Fact::Unavailable(why))) => TaskRole::Unknown(why.clone()),
            (None, Some(Fact::Absent) | None) => TaskRole::Unknown(Unavailable::not_asked(
                "ecs:DescribeTaskDefinition",
                "the task definition was not found",
            )),
        }
    }

    /// On EC2 a task without a role of its own gets the credentials of its instance's profile.
    fn instance_role(&self, task: &Task) -> TaskRole<'a> {
        let instance = match self.instance(task) {
            Fact::Known(instance) => instance,
            Fact::Unavailable(why) => return TaskRole::Unknown(why),
            Fact::Absent => return TaskRole::Unnamed,
        };
        let Some(profile) = &instance.profile else {
            return TaskRole::Unnamed;
        };
        match self.facts.instance_profiles.get(profile) {
            Some(Fact::Known(role)) => TaskRole::Role(role),
            Some(Fact::Absent) => TaskRole::Unnamed,
            Some(Fact::Unavailable(why)) => TaskRole::Unknown(why.clone()),
            None => TaskRole::Unknown(not_found("instance profile", profile)),
        }
    }

    /// The network interface that a task's packets leave through: its own, or its instance's.
    pub fn interface(&self, task: &Task) -> Fact<&'a Interface> {
        let network = &self.facts.network;
        if let Some(attachment) = &task.interface {
            let known = attachment
                .id
                .as_ref()
                .and_then(|id| network.interfaces.get(id));
            return known.map_or(Fact::Absent, Fact::as_ref);
        }
        if self.has_no_network(task) {
            return Fact::Unavailable(Unavailable::not_asked(
                "ecs:DescribeTaskDefinition",
                format!("the containers of task {} have no network", task.id()),
            ));
        }
        self.instance(task)
            .map(|instance: &Instance| &instance.interface)
    }

    /// The task definition keeps its containers off every network.
    pub fn has_no_network(&self, task: &Task) -> bool {
        let definition = self.definition(task).and_then(Fact::known);
        definition.is_some_and(|definition| definition.network_mode.as_deref() == Some("none"))
    }

    /// The EC2 instance that a task runs on.
    pub fn instance(&self, task: &Task) -> Fact<&'a Instance> {
        let facts = self.facts;
        let Some(host) = task.container_instance.as_ref() else {
            return Fact::Unavailable(Unavailable::not_asked(
                "ecs:DescribeTasks",
                format!(
                    "what task {} runs on is AWS's own and not to be seen",
                    task.id()
                ),
            ));
        };
        let host = match facts.container_instances.get(host) {
            Some(Fact::Known(host)) => host,
            Some(Fact::Unavailable(why)) => return Fact::Unavailable(why.clone()),
            Some(Fact::Absent) | None => {
                return Fact::Unavailable(not_found("container instance", host));
            }
        };
        match host.instance.as_deref() {
            Some(id) if id.starts_with("mi-") => Fact::Unavailable(Unavailable::not_asked(
                "ecs:DescribeContainerInstances",
                format!("task {} runs on {id}, a machine outside AWS", task.id()),
            )),
            Some(id) => match facts.network.instances.get(id) {
                Some(Fact::Known(instance)) => Fact::Known(instance),
                Some(Fact::Unavailable(why)) => Fact::Unavailable(why.clone()),
                Some(Fact::Absent) | None => Fact::Unavailable(not_found("instance", id)),
            },
            None => Fact::Unavailable(not_found("instance of", &host.arn)),
        }
    }

    /// The endpoints of a service in a VPC that are there or on their way.
    pub fn endpoints_of(&self, vpc: &str, service: &str) -> Fact<Vec<&'a Endpoint>> {
        match &self.facts.network.endpoints {
            Some(fact) => fact.as_ref().map(|endpoints| {
                endpoints
                    .iter()
                    .filter(|endpoint| {
                        endpoint.vpc == vpc
                            && self.facts.is_endpoint_service(&endpoint.service, service)
                            && endpoint.is_live()
                    })
                    .collect()
            }),
            None => Fact::Unavailable(Unavailable::not_asked(
                "ec2:DescribeVpcEndpoints",
                "the VPC's endpoints were not read",
            )),
        }
    }

    pub fn execution_role(&self, task: &'a Task) -> Option<&'a str> {
        task.execution_role(self.definition(task).and_then(Fact::known))
    }

    /// A finding for each service that is there; one that says why for each other.
    pub fn each_service(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, Subject, &Service) -> Finding,
    ) -> Vec<Finding> {
        self.groups
            .iter()
            .filter_map(|group| {
                Some(check.judge(
                    group.subject(),
                    group.service_fact?,
                    |subject| check.skip(subject, "There is no such service"),
                    |subject, service| judge(group, subject, service),
                ))
            })
            .collect()
    }

    /// Findings for each group of tasks that could be entered; one that says why for each other group.
    pub fn each_running(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &[&'a Task]) -> Vec<Finding>,
    ) -> Vec<Finding> {
        self.groups
            .iter()
            .flat_map(|group| match &group.tasks {
                Fact::Unavailable(why) => vec![check.unknown(group.subject(), why)],
                Fact::Known(_) | Fact::Absent => {
                    let running = group.running();
                    if running.is_empty() {
                        vec![check.skip(group.subject(), "No task is running")]
                    } else {
                        judge(group, &running)
                    }
                }
            })
            .collect()
    }

    /// Findings for each container of each running task, but only for the one that was asked for.
    pub fn each_container(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &'a Task, &'a Container) -> Finding,
    ) -> Vec<Finding> {
        let asked = self.facts.target.container.as_deref();
        self.each_running(check, |group, tasks| {
            tasks
                .iter()
                .flat_map(|task| {
                    task.containers
                        .iter()
                        .filter(|container| asked.is_none_or(|name| name == container.name))
                        .map(|container| {
                            judge(group, task, container).on_tasks([task.arn.as_str()])
                        })
                })
                .collect()
        })
    }

    /// Findings for each task definition of the running tasks.
    pub fn each_definition(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &'a TaskDefinition, &[&'a Task]) -> Vec<Finding>,
    ) -> Vec<Finding> {
        self.each_running(check, |group, tasks| {
            let mut by_definition: BTreeMap<&str, Vec<&'a Task>> = BTreeMap::new();
            for &task in tasks {
                by_definition
                    .entry(&task.task_definition)
                    .or_default()
                    .push(task);
            }
            by_definition
                .into_iter()
                .flat_map(|(arn, tasks)| {
                    let subject = || group.definition_subject(arn);
                    match self.facts.task_definitions.get(arn) {
                        Some(Fact::Known(definition)) => judge(group, definition, &tasks),
                        Some(Fact::Unavailable(why)) => vec![check.unknown(subject(), why)],
                        Some(Fact::Absent) | None => {
                            vec![check.unsure(subject(), "The task definition was not found")]
                        }
                    }
                    .into_iter()
                    .map(|finding| finding.on_tasks(arns(&tasks)))
                    .collect::<Vec<_>>()
                })
                .collect()
        })
    }

    /// Whether the agents of these containers have been RUNNING for so long that a fault which is only
    /// suspected cannot be there.
    pub fn is_proven(&self, tasks: &[&Task], container: &str) -> bool {
        const LONG_SECONDS: i64 = 300;
        !tasks.is_empty()
            && tasks.iter().all(|task| {
                let agent = task
                    .containers
                    .iter()
                    .find(|known| known.name == container)
                    .and_then(Container::exec_agent);
                agent.is_some_and(|agent| {
                    let since = agent.last_started_at.or(task.started_at);
                    agent.last_status == "RUNNING"
                        && since.is_some_and(|since| self.age(since) >= LONG_SECONDS)
                })
            })
    }

    /// Seconds from a moment to when the facts were taken.
    pub fn age(&self, moment: jiff::Timestamp) -> i64 {
        self.facts.taken_at.as_second() - moment.as_second()
    }
}

impl<'a> Group<'a> {
    /// The subject for what concerns the whole group.
    pub fn subject(&self) -> Subject {
        match self.service {
            Some(name) => Subject::new("service", name).of_service(Some(name)),
            None => Subject::new("tasks", "standalone"),
        }
    }

    pub fn task_subject(&self, task: &Task) -> Subject {
        Subject::new("task", &task.arn).of_service(self.service)
    }

    pub fn container_subject(&self, task: &Task, container: &str) -> Subject {
        Subject::new("container", format!("{}/{container}", task.id())).of_service(self.service)
    }

    pub fn definition_subject(&self, arn: &str) -> Subject {
        Subject::new("task-definition", arn).of_service(self.service)
    }

    pub fn all(&self) -> &[&'a Task] {
        self.tasks.known().map_or(&[], Vec::as_slice)
    }

    pub fn running(&self) -> Vec<&'a Task> {
        self.all()
            .iter()
            .copied()
            .filter(|task| task.is_running())
            .collect()
    }

    /// How to name the group in a sentence.
    pub fn name(&self) -> &'a str {
        self.service.unwrap_or("standalone tasks")
    }
}

fn not_found(what: &str, id: &str) -> Unavailable {
    Unavailable::not_asked(
        "ecs:DescribeContainerInstances",
        format!("the {what} {id} was not found"),
    )
}

/// ARNs of tasks, for [`Finding::on_tasks`].
pub fn arns<'t>(tasks: &'t [&'t Task]) -> impl Iterator<Item = &'t str> {
    tasks.iter().map(|task| task.arn.as_str())
}

fn groups(facts: &Facts) -> Vec<Group<'_>> {
    let named = named_tasks_by_service(facts);
    let mut groups: Vec<Group> = facts
        .target
        .services
        .iter()
        .map(|wanted| {
            let tasks = service_tasks(facts, &wanted.name);
            let configured = wanted.container.as_deref();
            let there = |name: &&str| {
                let tasks = tasks.known().map_or(&[][..], Vec::as_slice);
                tasks.is_empty() || tasks.iter().any(|task| task.has_container(name))
            };
            let asked = facts.target.container.as_deref();
            Group {
                service: Some(&wanted.name),
                service_fact: facts.services.get(&wanted.name),
                container: asked.or(configured).filter(there),
                misnamed: configured.filter(|name| asked.is_none() && !there(name)),
                tasks,
                named: false,
            }
        })
        .collect();
    for (service, tasks) in named {
        groups.push(Group {
            service,
            service_fact: service.and_then(|name| facts.services.get(name)),
            container: facts.target.container.as_deref(),
            misnamed: None,
            tasks,
            named: true,
        });
    }
    groups
}

fn service_tasks<'a>(facts: &'a Facts, service: &str) -> Fact<Vec<&'a Task>> {
    match facts.service_tasks.get(service) {
        Some(Fact::Known(arns)) => known_tasks(facts, arns),
        Some(Fact::Unavailable(why)) => Fact::Unavailable(why.clone()),
        Some(Fact::Absent) | None => Fact::Absent,
    }
}

/// The tasks that could be described; unavailable when any could not. One that is gone since it was
/// listed is left out.
fn known_tasks<'a>(facts: &'a Facts, arns: &[String]) -> Fact<Vec<&'a Task>> {
    let mut tasks = Vec::new();
    for arn in arns {
        match facts.tasks.get(arn) {
            Some(Fact::Known(task)) => tasks.push(task),
            Some(Fact::Unavailable(why)) => return Fact::Unavailable(why.clone()),
            Some(Fact::Absent) | None => {}
        }
    }
    Fact::Known(tasks)
}

fn named_tasks_by_service(facts: &Facts) -> BTreeMap<Option<&str>, Fact<Vec<&Task>>> {
    let mut by_service: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    for arn in &facts.target.tasks {
        let service = facts
            .tasks
            .get(arn)
            .and_then(Fact::known)
            .and_then(Task::service_name);
        by_service.entry(service).or_default().push(arn.clone());
    }
    by_service
        .into_iter()
        .map(|(service, arns)| (service, known_tasks(facts, &arns)))
        .collect()
}

/// The family in the ARN of a task definition.
fn family(definition: &str) -> &str {
    let name = definition.rsplit('/').next().unwrap_or_default();
    name.split(':').next().unwrap_or_default()
}
