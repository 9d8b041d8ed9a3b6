//! Follows the references of an expression through the variables and outputs of modules to resources.

use serde_json::{Map, Value};

use super::selection::{Source, select_by_key, sources, with_attribute};
use crate::plan::TerraformPlan;
use crate::plan::address::{
    InstanceKey, ModuleStep, ReferencePart, leading_names, parse_reference, split_key,
};
use crate::plan::configuration::{VariableInput, fields, references, select};
use crate::plan::module_tree::has_repetition;
use crate::plan::resource::Resource;

/// Limits how far references lead from module to module. Real ones stay far below.
const MAX_DEPTH: usize = 32;

/// Limits the references followed for one expression: in a hostile plan they could double at every level.
const MAX_STEPS: usize = 10_000;

/// The place of an expression.
#[derive(Clone, Copy)]
struct Scope<'p> {
    module: &'p [ModuleStep],
    /// The value of `each.key` or `count.index`.
    key: Option<&'p InstanceKey>,
    /// The expression behind `each.value`.
    for_each: Option<&'p Value>,
    depth: usize,
}

impl<'p> Scope<'p> {
    fn module(module: &'p [ModuleStep], depth: usize) -> Scope<'p> {
        Scope {
            module,
            key: None,
            for_each: None,
            depth,
        }
    }
}

/// Everything that an expression refers to, as far as the trace can follow.
#[derive(Debug, Default)]
pub struct Trace<'p> {
    /// Resources and data sources, in the order of the references.
    pub sources: Vec<Source<'p>>,
    /// Known values in the expression: part of its value, or what selects one.
    pub constants: Vec<&'p Value>,
    /// Modules whose locals or dynamic blocks the value comes from. A plan does not hold their expressions, but they
    /// can only use what is in the module or passed to it.
    pub scopes: Vec<&'p [ModuleStep]>,
    /// A part of the expression cannot be followed: it may be any value.
    pub is_open: bool,
}

/// Traces the expression of an attribute.
pub fn trace<'p>(plan: &'p TerraformPlan, resource: &'p Resource, path: &str) -> Trace<'p> {
    let Some(block) = plan.configuration.resource(resource) else {
        return Trace {
            is_open: true,
            ..Trace::default()
        };
    };
    let scope = Scope {
        key: resource.key.as_ref(),
        for_each: block.get("for_each_expression"),
        ..Scope::module(&resource.module, 0)
    };
    match plan.configuration.expression(resource, path) {
        Some(expression) => trace_all(plan, [expression], scope),
        // A plan does not hold the configuration of dynamic blocks.
        None => Trace {
            scopes: vec![&resource.module],
            ..Trace::default()
        },
    }
}

/// Traces everything that is passed to a module's variables.
pub fn trace_inputs<'p>(plan: &'p TerraformPlan, module: &'p [ModuleStep]) -> Trace<'p> {
    let call = plan.configuration.call(module);
    let (Some((last, parent)), Some(call)) = (module.split_last(), call) else {
        return Trace {
            constants: plan.configuration.root_variables().collect(),
            ..Trace::default()
        };
    };
    let scope = Scope {
        key: last.key.as_ref(),
        for_each: call.get("for_each_expression"),
        ..Scope::module(parent, 0)
    };
    let inputs = fields(Some(call), "expressions");
    trace_all(plan, inputs.map(|(_, input)| input), scope)
}

/// Traces all outputs of a module.
pub fn trace_outputs<'p>(plan: &'p TerraformPlan, module: &'p [ModuleStep]) -> Trace<'p> {
    let outputs = fields(plan.configuration.module(module), "outputs");
    let outputs = outputs.filter_map(|(_, output)| output.get("expression"));
    trace_all(plan, outputs, Scope::module(module, 0))
}

fn trace_all<'p>(
    plan: &'p TerraformPlan,
    expressions: impl IntoIterator<Item = &'p Value>,
    scope: Scope<'p>,
) -> Trace<'p> {
    let mut tracer = Tracer {
        plan,
        steps_left: MAX_STEPS,
        trace: Trace::default(),
    };
    for expression in expressions {
        tracer.steps_left = MAX_STEPS;
        let sources = tracer.follow(&references(expression), scope, None);
        tracer.trace.sources.extend(sources);
        let constant = expression.get("constant_value");
        tracer.trace.constants.extend(constant);
    }
    tracer.trace
}

/// What to do with the first two names of a reference.
#[derive(Clone, Copy)]
struct Step<'a, 'p> {
    scope: Scope<'p>,
    /// The parts of the reference after these names.
    after: &'a [ReferencePart],
    /// The key of the element that the outer reference selects.
    preferred: Option<&'a InstanceKey>,
}

struct Tracer<'p> {
    plan: &'p TerraformPlan,
    steps_left: usize,
    /// Everything found but the sources, which the methods return.
    trace: Trace<'p>,
}

impl<'p> Tracer<'p> {
    fn follow(
        &mut self,
        references: &[&str],
        scope: Scope<'p>,
        preferred: Option<&InstanceKey>,
    ) -> Vec<Source<'p>> {
        let references = without_prefixes(references);
        let own = selecting_key(self.plan, &references, scope);
        let preferred = preferred.or(own.as_ref());
        let mut found = Vec::new();
        for parts in &references {
            if scope.depth > MAX_DEPTH || self.steps_left == 0 {
                self.trace.is_open = true;
                break;
            }
            self.steps_left -= 1;
            let after = parts.get(2..).unwrap_or_default();
            let step = Step {
                scope,
                after,
                preferred,
            };
            found.extend(self.follow_one(&leading_names(parts), step));
        }
        found
    }

    fn follow_one(&mut self, names: &[&str], step: Step<'_, 'p>) -> Vec<Source<'p>> {
        let (plan, module) = (self.plan, step.scope.module);
        let (resources, after) = match names {
            ["var", variable, ..] => return self.variable(variable, step),
            ["module", name, ..] => return self.output(name, step),
            ["each", "value", ..] => return self.each_value(step),
            ["path" | "terraform" | "each" | "count", ..] => return Vec::new(),
            ["local", ..] => {
                // A plan does not hold the expressions of locals.
                if !self.trace.scopes.contains(&module) {
                    self.trace.scopes.push(module);
                }
                return Vec::new();
            }
            ["data", resource_type, name, ..] => (
                plan.data.instances(module, resource_type, name),
                step.after.get(1..).unwrap_or_default(),
            ),
            [resource_type, name, ..] if *resource_type != "self" => (
                plan.resources.instances(module, resource_type, name),
                step.after,
            ),
            _ => return self.lost(),
        };
        let (key, after) = split_key(after);
        let key_of = |resource: &Resource| resource.key.clone();
        sources(select_by_key(resources, key_of, key, step.preferred), after)
    }

    /// The trace ends here: the value may be anything.
    fn lost(&mut self) -> Vec<Source<'p>> {
        self.trace.is_open = true;
        Vec::new()
    }

    fn constant(&mut self, value: &'p Value) -> Vec<Source<'p>> {
        self.trace.constants.push(value);
        Vec::new()
    }

    fn variable(&mut self, name: &str, step: Step<'_, 'p>) -> Vec<Source<'p>> {
        let Step { scope, after, .. } = step;
        let configuration = &self.plan.configuration;
        let (expression, parent, last) = match configuration.variable(name, scope.module) {
            Some(VariableInput::Value(value)) => {
                return self.constant(select(value, after).unwrap_or(value));
            }
            Some(VariableInput::Expression(expression, parent, last)) => (expression, parent, last),
            None => return self.lost(),
        };
        let call = configuration.call(scope.module);
        let outer = Scope {
            key: last.key.as_ref(),
            for_each: call.and_then(|call| call.get("for_each_expression")),
            ..Scope::module(parent, scope.depth + 1)
        };
        let (key, after) = split_key(after);
        let found = self.follow(&references(expression), outer, key.or(step.preferred));
        with_attribute(found, after)
    }

    fn output(&mut self, name: &str, step: Step<'_, 'p>) -> Vec<Source<'p>> {
        let plan = self.plan;
        let Step {
            scope, preferred, ..
        } = step;
        let (module_key, after) = split_key(step.after);
        let Some((ReferencePart::Name(output), after)) = after.split_first() else {
            return self.lost();
        };
        let (key, after) = split_key(after);
        let key_of = |module: &[ModuleStep]| module.last().and_then(|step| step.key.clone());
        let modules = plan.modules.instances(scope.module, name);
        let modules = select_by_key(modules, key_of, module_key, preferred);
        let mut calls = plan.configuration.calls(scope.module);
        let may_be_none = calls.any(|(call, block)| call == name && has_repetition(block));
        if modules.is_empty() && !may_be_none {
            return self.lost();
        }
        let mut found = Vec::new();
        for module in modules {
            let block = plan.configuration.module(module);
            let output = block.and_then(|block| block.get("outputs")?.get(output));
            let Some(expression) = output.and_then(|output| output.get("expression")) else {
                self.trace.is_open = true;
                continue;
            };
            self.trace
                .constants
                .extend(expression.get("constant_value"));
            let inner = Scope::module(module, scope.depth + 1);
            let through = self.follow(&references(expression), inner, key.or(preferred));
            found.extend(with_attribute(through, after));
        }
        found
    }

    /// `each.value`: the element of `for_each` that the resource or module is for.
    fn each_value(&mut self, Step { scope, after, .. }: Step<'_, 'p>) -> Vec<Source<'p>> {
        if let Some(value) = each_value(self.plan, after, scope) {
            return self.constant(value);
        }
        let elements = scope.for_each.map(references).unwrap_or_default();
        if elements.is_empty() {
            return match after.is_empty() && scope.for_each.is_some_and(is_set_of_constants) {
                true => Vec::new(),
                false => self.lost(),
            };
        }
        let outer = Scope {
            for_each: None,
            depth: scope.depth + 1,
            ..scope
        };
        with_attribute(self.follow(&elements, outer, scope.key), after)
    }
}

/// The key by which references select an element: `each.key`, `count.index` or a known `each.value`. `None` if they
/// name several, since the plan does not show which one belongs to which reference.
fn selecting_key(
    plan: &TerraformPlan,
    references: &[Vec<ReferencePart>],
    scope: Scope,
) -> Option<InstanceKey> {
    let mut keys: Vec<InstanceKey> = Vec::new();
    for parts in references {
        let key = match leading_names(parts).as_slice() {
            ["each", "key"] | ["count", "index"] => scope.key.cloned(),
            ["each", "value", ..] => match scope.for_each {
                Some(set) if parts.len() == 2 && is_set_of_constants(set) => scope.key.cloned(),
                _ => each_value(plan, parts.get(2..).unwrap_or_default(), scope)
                    .and_then(InstanceKey::from_json),
            },
            _ => None,
        };
        keys.extend(key.filter(|key| !keys.contains(key)));
    }
    keys.pop().filter(|_| keys.is_empty())
}

/// The value of `each.value`, if the plan holds the values of `for_each`.
fn each_value<'p>(
    plan: &'p TerraformPlan,
    after: &[ReferencePart],
    scope: Scope<'p>,
) -> Option<&'p Value> {
    let InstanceKey::Text(key) = scope.key? else {
        return None;
    };
    let element = match plan.configuration.constant(scope.for_each?, scope.module)? {
        Value::Object(fields) => fields.get(key)?,
        Value::Array(items) => items.iter().find(|item| item.as_str() == Some(key))?,
        _ => return None,
    };
    select(element, after)
}

/// Whether `for_each` is a set such as `toset(["a", "b"])`, which a plan shows as empty. Its values equal its keys.
fn is_set_of_constants(for_each: &Value) -> bool {
    for_each.as_object().is_some_and(Map::is_empty)
}

/// The references that are not the start of another one. Terraform lists each with all its prefixes, the longest first.
fn without_prefixes(references: &[&str]) -> Vec<Vec<ReferencePart>> {
    let mut kept: Vec<Vec<ReferencePart>> = Vec::new();
    let mut last: Vec<ReferencePart> = Vec::new();
    for parts in references
        .iter()
        .filter_map(|reference| parse_reference(reference))
    {
        let is_prefix = parts.len() < last.len() && last.starts_with(&parts);
        last.clone_from(&parts);
        if !is_prefix {
            kept.push(parts);
        }
    }
    kept
}
