//! The facts as the variables of expressions.

use std::collections::BTreeMap;

use cel::Context;
use cel::common::value::Val;
use checks::arn;
use checks::facts::{Container, Fact, Facts, Task, Unavailable};
use checks::world::{Group, World};

use super::compile::language;
use super::facts_value::node;
use super::node::Node;
use super::object::value;
use super::unseen::Unseen;

/// The variables of one evaluation, by name. Those that could not be seen are there too, with the reason.
pub type Variables = BTreeMap<&'static str, Result<Box<dyn Val>, Unavailable>>;

/// Everything that expressions may look at.
pub struct View<'a> {
    pub world: &'a World<'a>,
    pub unseen: Unseen,
    facts: Result<Box<dyn Val>, Unavailable>,
    cluster: Result<Box<dyn Val>, Unavailable>,
}

impl<'a> View<'a> {
    pub fn new(world: &'a World<'a>) -> View<'a> {
        let unseen = Unseen::default();
        View {
            world,
            facts: value(&facts_node(world), &unseen),
            cluster: value(&node(&world.facts.cluster), &unseen),
            unseen,
        }
    }

    pub fn whole(&self) -> Variables {
        BTreeMap::from([
            ("facts", self.facts.clone()),
            ("cluster", self.cluster.clone()),
        ])
    }

    fn add(&self, variables: &mut Variables, name: &'static str, node: &Node) {
        variables.insert(name, value(node, &self.unseen));
    }

    pub fn add_service(&self, variables: &mut Variables, group: &Group) {
        let node = match (group.service_fact, group.service) {
            (Some(fact), _) => node(fact),
            (None, Some(name)) => Node::Unseen(not_read("service", name)),
            // The tasks belong to no service.
            (None, None) => Node::Null,
        };
        self.add(variables, "service", &node);
    }

    pub fn add_task(&self, variables: &mut Variables, task: &Task) {
        self.add(variables, "task", &task_node(task, self.world.facts));
        self.add_definition(variables, Some(&task.task_definition));
    }

    pub fn add_container(&self, variables: &mut Variables, task: &Task, container: &Container) {
        let definition = match self.world.definition(task) {
            Some(Fact::Known(definition)) => definition
                .container(&container.name)
                .map_or(Node::Null, node),
            Some(Fact::Absent) => Node::Null,
            Some(Fact::Unavailable(why)) => Node::Unseen(why.clone()),
            None => Node::Unseen(not_read("task definition", &task.task_definition)),
        };
        let container = node(container)
            .with("task", Node::text(Some(task.id())))
            .with("definition", definition);
        self.add(variables, "container", &container);
    }

    pub fn add_definition(&self, variables: &mut Variables, arn: Option<&str>) {
        let definitions = &self.world.facts.task_definitions;
        let node = match arn {
            None => Node::Null,
            Some(arn) => match definitions.get(arn) {
                Some(fact) => node(fact),
                None => Node::Unseen(not_read("task definition", arn)),
            },
        };
        self.add(variables, "definition", &node);
    }

    pub fn add_role(&self, variables: &mut Variables, arn: Option<&str>) {
        let node = match arn {
            None => Node::Null,
            Some(arn) => match self.world.facts.roles.get(arn) {
                Some(fact) => node(fact),
                None => Node::Unseen(not_read("role", arn)),
            },
        };
        self.add(variables, "role", &node);
    }

    pub fn hide_role(&self, variables: &mut Variables, why: Unavailable) {
        variables.insert("role", Err(why));
    }

    /// What an evaluation sees. A variable that could not be seen is left out: CEL makes an error of reading it.
    pub fn context(&self, variables: &Variables) -> Context<'static, 'static> {
        let mut context = Context::with_env(language());
        for (name, variable) in variables {
            if let Ok(value) = variable {
                context.add_variable_as_val(*name, value.clone());
            }
        }
        context
    }
}

/// A task with its handy members.
pub fn task_node(task: &Task, facts: &Facts) -> Node {
    let family = arn::family(&task.task_definition);
    let age = task
        .started_at
        .map(|started| facts.taken_at.as_second() - started.as_second());
    node(task)
        .with("id", Node::text(Some(task.id())))
        .with("service", Node::text(task.service_name()))
        .with("family", Node::text(Some(family)))
        .with("age_seconds", age.map_or(Node::Null, Node::Int))
}

/// All facts, marked where a listing is missing, so that nobody takes "not in the list" for "not there".
fn facts_node(world: &World) -> Node {
    /// What follows from tasks and their definitions.
    const DERIVED: [&str; 12] = [
        "task_definitions",
        "roles",
        "simulations",
        "identities",
        "container_instances",
        "instance_profiles",
        "probes",
        "kms_keys",
        "log_groups",
        "buckets",
        "service_tasks",
        "network",
    ];
    let facts = world.facts;
    let mut all = node(facts);
    if let Some(simulations) = all.member_mut("simulations") {
        *simulations = node(world.simulations);
    }
    let services = facts.unlisted.as_ref();
    let tasks = services
        .or_else(|| facts.services.values().find_map(Fact::unavailable))
        .or_else(|| facts.service_tasks.values().find_map(Fact::unavailable));
    let derived = tasks
        .or_else(|| facts.cluster.unavailable())
        .or_else(|| facts.tasks.values().find_map(Fact::unavailable))
        .or_else(|| facts.task_definitions.values().find_map(Fact::unavailable));
    if let Some(why) = services {
        all.mark_incomplete("services", why);
    }
    if let Some(why) = tasks {
        all.mark_incomplete("tasks", why);
    }
    if let Some(why) = derived {
        for member in DERIVED {
            all.mark_incomplete(member, why);
        }
    }
    all
}

fn not_read(what: &str, arn: &str) -> Unavailable {
    Unavailable::not_asked("this program", format!("the {what} {arn} was not read"))
}
