//! Where a value that is not known yet comes from: the references of its expression, followed through the
//! variables and outputs of modules to resources.

use serde_json::Value;

use crate::plan::TerraformPlan;
use crate::plan::address::{InstanceKey, ModuleStep, ReferencePart, parts};
use crate::plan::configuration::{Given, part_of, references};
use crate::plan::resource::Resource;
use crate::resolve::instances::{found, picked, picked_modules, with_attribute};

/// Modules in modules, and resources that refer to resources: deeper than anybody nests them.
const DEPTH: usize = 32;

/// More than any real expression takes; a hostile one could double at every level.
const STEPS: usize = 10_000;

/// A resource that a value comes from.
#[derive(Debug, Clone)]
pub struct Source<'p> {
    pub instance: &'p Resource,
    /// Which of its attributes, where the reference tells.
    pub attribute: Option<String>,
}

/// Where the references stand.
#[derive(Clone, Copy)]
struct Scope<'p> {
    module: &'p [ModuleStep],
    /// What `each.key` or `count.index` is there.
    key: Option<&'p InstanceKey>,
    /// What `each.value` comes from.
    for_each: Option<&'p Value>,
    depth: usize,
}

/// All that an expression refers to, as far as it can be followed.
#[derive(Debug, Default)]
pub struct Traced<'p> {
    /// In the order of their addresses, data sources among them.
    pub sources: Vec<Source<'p>>,
    /// Values that are known and that it refers to besides: they may be a part of it, or what picks one.
    pub constants: Vec<&'p Value>,
    /// Modules whose locals it takes values from, or whose dynamic blocks: a plan does not hold their expressions, but
    /// they can only be made of what is in the module, and of what the module is given.
    pub scopes: Vec<&'p [ModuleStep]>,
    /// Something in it cannot be followed: it may be any value.
    pub is_open: bool,
}

/// What an attribute's expression refers to.
pub fn trace<'p>(plan: &'p TerraformPlan, instance: &'p Resource, path: &[&str]) -> Traced<'p> {
    let Some(resource) = plan.resource(instance) else {
        return Traced {
            is_open: true,
            ..Traced::default()
        };
    };
    // Dynamic blocks are not in the configuration that a plan holds.
    let Some(expression) = plan.expression(instance, path) else {
        return Traced {
            scopes: vec![&instance.module],
            ..Traced::default()
        };
    };
    let scope = Scope {
        module: &instance.module,
        key: instance.key.as_ref(),
        for_each: resource.get("for_each_expression"),
        depth: 0,
    };
    follow(plan, expression, scope)
}

/// What a module is given for its variables.
pub fn inputs<'p>(plan: &'p TerraformPlan, module: &'p [ModuleStep]) -> Traced<'p> {
    let call = plan.call(module);
    let (Some((last, parent)), Some(call)) = (module.split_last(), call) else {
        return Traced {
            constants: plan.values_of_variables().collect(),
            ..Traced::default()
        };
    };
    let scope = Scope {
        module: parent,
        key: last.key.as_ref(),
        for_each: call.get("for_each_expression"),
        depth: 0,
    };
    let given = call.get("expressions").and_then(Value::as_object);
    let each = given.into_iter().flat_map(serde_json::Map::values);
    all_of(plan, each, scope)
}

/// What the outputs of a module are.
pub fn outputs<'p>(plan: &'p TerraformPlan, module: &'p [ModuleStep]) -> Traced<'p> {
    let scope = Scope {
        module,
        key: None,
        for_each: None,
        depth: 0,
    };
    let outputs = plan.module(module).and_then(|module| module.get("outputs"));
    let outputs = outputs.and_then(Value::as_object).into_iter();
    let each = outputs.flat_map(serde_json::Map::values);
    all_of(
        plan,
        each.filter_map(|output| output.get("expression")),
        scope,
    )
}

fn all_of<'p>(
    plan: &'p TerraformPlan,
    expressions: impl Iterator<Item = &'p Value>,
    scope: Scope<'p>,
) -> Traced<'p> {
    let mut all = Traced::default();
    for expression in expressions {
        all.constants.extend(expression.get("constant_value"));
        let one = follow(plan, expression, scope);
        all.sources.extend(one.sources);
        all.constants.extend(one.constants);
        let scopes = one.scopes.into_iter();
        let scopes: Vec<_> = scopes.filter(|scope| !all.scopes.contains(scope)).collect();
        all.scopes.extend(scopes);
        all.is_open |= one.is_open;
    }
    all
}

fn follow<'p>(plan: &'p TerraformPlan, expression: &'p Value, scope: Scope<'p>) -> Traced<'p> {
    let mut trace = Trace {
        plan,
        steps_left: STEPS,
        constants: Vec::new(),
        scopes: Vec::new(),
        is_open: false,
    };
    let sources = trace.follow(&references(expression), scope, None);
    Traced {
        sources,
        constants: trace.constants,
        scopes: trace.scopes,
        is_open: trace.is_open,
    }
}

struct Trace<'p> {
    plan: &'p TerraformPlan,
    steps_left: usize,
    constants: Vec<&'p Value>,
    scopes: Vec<&'p [ModuleStep]>,
    is_open: bool,
}

impl<'p> Trace<'p> {
    /// `pick`: which element of a collection is meant, where that is told.
    fn follow(
        &mut self,
        references: &[&str],
        scope: Scope<'p>,
        pick: Option<&InstanceKey>,
    ) -> Vec<Source<'p>> {
        let references = longest(references);
        let own = key_of(self.plan, &references, scope);
        let pick = pick.or(own.as_ref());
        let mut found = Vec::new();
        for parts in &references {
            if scope.depth > DEPTH || self.steps_left == 0 {
                self.is_open = true;
                break;
            }
            self.steps_left -= 1;
            found.extend(self.one(parts, scope, pick));
        }
        found
    }

    fn one(
        &mut self,
        parts: &[ReferencePart],
        scope: Scope<'p>,
        pick: Option<&InstanceKey>,
    ) -> Vec<Source<'p>> {
        let after = parts.get(2..).unwrap_or_default();
        match names(parts).as_slice() {
            ["var", variable, ..] => self.variable(variable, after, scope, pick),
            ["module", name, ..] => self.output(name, after, scope, pick),
            ["each", "value", ..] => self.each_value(after, scope),
            ["data", resource_type, name, ..] => {
                let instances = self.plan.data_instances(scope.module, resource_type, name);
                let (key, after) = indexed(parts.get(3..).unwrap_or_default());
                found(picked(instances, key, pick), after)
            }
            ["path" | "terraform" | "each" | "count", ..] => Vec::new(),
            ["local", ..] => self.local(scope),
            ["self", ..] => self.lost(),
            [resource_type, name, ..] => {
                let (key, after) = indexed(after);
                let instances = self.plan.instances(scope.module, resource_type, name);
                found(picked(instances, key, pick), after)
            }
            _ => self.lost(),
        }
    }

    /// A plan does not hold the expressions of locals.
    fn local(&mut self, scope: Scope<'p>) -> Vec<Source<'p>> {
        if !self.scopes.contains(&scope.module) {
            self.scopes.push(scope.module);
        }
        Vec::new()
    }

    /// Here the trail ends.
    fn lost(&mut self) -> Vec<Source<'p>> {
        self.is_open = true;
        Vec::new()
    }

    fn constant(&mut self, value: &'p Value, rest: &[ReferencePart]) -> Vec<Source<'p>> {
        self.constants.push(part_of(value, rest).unwrap_or(value));
        Vec::new()
    }

    /// A module's variable is what the module's call gives it.
    fn variable(
        &mut self,
        name: &str,
        after: &[ReferencePart],
        scope: Scope<'p>,
        pick: Option<&InstanceKey>,
    ) -> Vec<Source<'p>> {
        let (expression, parent, last) = match self.plan.given(name, scope.module) {
            Some(Given::Value(value)) => return self.constant(value, after),
            Some(Given::By(expression, parent, last)) => (expression, parent, last),
            None => return self.lost(),
        };
        let outer = Scope {
            module: parent,
            key: last.key.as_ref(),
            for_each: self
                .plan
                .call(scope.module)
                .and_then(|call| call.get("for_each_expression")),
            depth: scope.depth + 1,
        };
        let (key, after) = indexed(after);
        let through = self.follow(&references(expression), outer, key.or(pick));
        with_attribute(through, after)
    }

    fn output(
        &mut self,
        module: &str,
        after: &[ReferencePart],
        scope: Scope<'p>,
        pick: Option<&InstanceKey>,
    ) -> Vec<Source<'p>> {
        let plan = self.plan;
        let (module_key, after) = indexed(after);
        let Some((ReferencePart::Name(output), after)) = after.split_first() else {
            return self.lost();
        };
        let (key, after) = indexed(after);
        let mut found = Vec::new();
        let children = picked_modules(plan.children(scope.module, module), module_key, pick);
        if children.is_empty() && !plan.may_be_none(scope.module, module) {
            return self.lost();
        }
        for child in children {
            let outputs = plan.module(child).and_then(|module| module.get("outputs"));
            let expression = outputs.and_then(|outputs| outputs.get(output)?.get("expression"));
            let Some(expression) = expression else {
                self.is_open = true;
                continue;
            };
            self.constants.extend(expression.get("constant_value"));
            let inner = Scope {
                module: child,
                key: None,
                for_each: None,
                depth: scope.depth + 1,
            };
            let through = self.follow(&references(expression), inner, key.or(pick));
            found.extend(with_attribute(through, after));
        }
        found
    }

    /// The element of `for_each` that the resource, or the module, is made for.
    fn each_value(&mut self, after: &[ReferencePart], scope: Scope<'p>) -> Vec<Source<'p>> {
        if let Some(value) = each_value(self.plan, after, scope) {
            self.constants.push(value);
            return Vec::new();
        }
        let of = scope.for_each.map(|expression| references(expression));
        let Some(of) = of.filter(|of| !of.is_empty()) else {
            return match after.is_empty() && scope.for_each.is_some_and(is_set_of_constants) {
                true => Vec::new(),
                false => self.lost(),
            };
        };
        let outer = Scope {
            for_each: None,
            depth: scope.depth + 1,
            ..scope
        };
        let through = self.follow(&of, outer, scope.key);
        with_attribute(through, after)
    }
}

/// The key that references pick an element by, where they tell one: `each.key`, `count.index`, or an `each.value`
/// that is known.
fn key_of(
    plan: &TerraformPlan,
    references: &[Vec<ReferencePart>],
    scope: Scope,
) -> Option<InstanceKey> {
    let mut keys: Vec<InstanceKey> = Vec::new();
    for parts in references {
        let key = match names(parts).as_slice() {
            ["each", "key"] | ["count", "index"] => scope.key.cloned(),
            ["each", "value", ..] => {
                let after = parts.get(2..).unwrap_or_default();
                let is_key = after.is_empty() && scope.for_each.is_some_and(is_set_of_constants);
                let own = scope.key.filter(|_| is_key).cloned();
                own.or_else(|| each_value(plan, after, scope).and_then(InstanceKey::of))
            }
            _ => None,
        };
        keys.extend(key.filter(|key| !keys.contains(key)));
    }
    // With more than one, nobody can tell which is meant for what.
    keys.pop().filter(|_| keys.is_empty())
}

/// What `each.value` is, where the plan holds the values of `for_each`.
fn each_value<'p>(
    plan: &'p TerraformPlan,
    after: &[ReferencePart],
    scope: Scope<'p>,
) -> Option<&'p Value> {
    let all = plan.value_of(scope.for_each?, scope.module)?;
    let of_key = match (all, scope.key?) {
        (Value::Object(fields), InstanceKey::Text(key)) => fields.get(key)?,
        (Value::Array(items), InstanceKey::Text(key)) => items
            .iter()
            .find(|item| item.as_str() == Some(key.as_str()))?,
        _ => return None,
    };
    part_of(of_key, after)
}

/// `toset(["a", "b"])`, say: Terraform shows nothing of a function of constants. Each value is its own key.
fn is_set_of_constants(for_each: &Value) -> bool {
    for_each.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Terraform lists each reference with all its beginnings, the longest first: only that one counts.
fn longest(references: &[&str]) -> Vec<Vec<ReferencePart>> {
    let mut kept: Vec<Vec<ReferencePart>> = Vec::new();
    let mut last: Vec<ReferencePart> = Vec::new();
    for parts in references.iter().filter_map(|reference| parts(reference)) {
        let is_beginning = parts.len() < last.len() && last.starts_with(&parts);
        last.clone_from(&parts);
        if !is_beginning {
            kept.push(parts);
        }
    }
    kept
}

/// The names at the start, before the first key.
fn names(parts: &[ReferencePart]) -> Vec<&str> {
    parts.iter().map_while(ReferencePart::name).collect()
}

/// A key at the start, with what follows it.
fn indexed(parts: &[ReferencePart]) -> (Option<&InstanceKey>, &[ReferencePart]) {
    match parts.split_first() {
        Some((ReferencePart::Index(key), rest)) => (Some(key), rest),
        _ => (None, parts),
    }
}
