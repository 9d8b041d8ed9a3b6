//! Checks an expression before it runs: unknown variables, members and functions, object literals, and a condition that
//! can never be true or false.

use cel::Program;
use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::common::types::{CelBool, CelList, CelNull};
use cel::common::value::Val;

use super::compile::{ExprError, compile};
use super::evaluate::type_name;
use super::object::Object;
use super::samples::sample;
use super::subject_kind::{SubjectKind, VARIABLES};
use crate::source::did_you_mean;

/// Functions and macros, without operators, by the type of what they return.
const FUNCTIONS: [(StaticType, &str); 4] = [
    (
        StaticType::Number,
        "size int uint double indexOf lastIndexOf",
    ),
    (
        StaticType::String,
        "string join lowerAscii upperAscii trim replace substring format charAt reverse",
    ),
    (StaticType::List, "split"),
    (
        StaticType::Any,
        "all bool bytes contains dyn endsWith exists existsOne exists_one filter has map matches startsWith \
         strings.quote type",
    ),
];

/// Names of types, for `type(x) == string`.
const TYPES: &str = "bool bytes double int list map null_type string type uint";

fn functions() -> impl Iterator<Item = (&'static str, StaticType)> {
    let functions = FUNCTIONS.into_iter();
    functions.flat_map(|(returned, names)| names.split(' ').map(move |name| (name, returned)))
}

/// What is known about the value of an expression before it is evaluated.
#[derive(Clone, Copy)]
enum StaticType {
    /// It has the members, or the elements, of this sample.
    Like(&'static dyn Val),
    Bool,
    Number,
    String,
    NumberOrString,
    List,
    Null,
    Any,
}

impl StaticType {
    fn of(sample: &'static dyn Val) -> StaticType {
        if sample.downcast_ref::<CelNull>().is_some() {
            return StaticType::Any;
        }
        let is_bool = sample.downcast_ref::<CelBool>().is_some();
        if is_bool {
            StaticType::Bool
        } else {
            StaticType::Like(sample)
        }
    }

    /// The words for it, if it can never be true or false.
    fn non_bool(self) -> Option<&'static str> {
        Some(match self {
            StaticType::Like(sample) => type_name(sample),
            StaticType::Number => "a number",
            StaticType::String => "a string",
            StaticType::NumberOrString => "a number or a string",
            StaticType::List => "a list",
            StaticType::Null => "null",
            StaticType::Bool | StaticType::Any => return None,
        })
    }

    fn element(self) -> StaticType {
        let StaticType::Like(sample) = self else {
            return StaticType::Any;
        };
        let list = sample.downcast_ref::<CelList>();
        let first = list.and_then(|list| list.inner().first());
        first.map_or(StaticType::Any, |first| StaticType::of(first.as_ref()))
    }
}

/// Compiles a condition, which has to be true or false.
pub fn compile_condition(expression: &str, kind: SubjectKind) -> Result<Program, ExprError> {
    let (program, found) = compile_checked(expression, kind)?;
    match found.non_bool() {
        None => Ok(program),
        Some(found) => Err(ExprError {
            offset: 0,
            message: format!("this is {found}, but it has to be true or false"),
            hint: Some("Compare it with something.".to_owned()),
        }),
    }
}

/// Compiles an expression with any value.
pub fn compile_value(expression: &str, kind: SubjectKind) -> Result<Program, ExprError> {
    compile_checked(expression, kind).map(|(program, _)| program)
}

fn compile_checked(
    expression: &str,
    kind: SubjectKind,
) -> Result<(Program, StaticType), ExprError> {
    let program = compile(expression)?;
    let mut checker = Checker {
        program: &program,
        kind,
        locals: Vec::new(),
    };
    let found = checker.infer(program.expression())?;
    Ok((program, found))
}

struct Checker<'p> {
    program: &'p Program,
    kind: SubjectKind,
    /// The variables of the comprehensions around the current expression, the innermost last.
    locals: Vec<(&'p str, StaticType)>,
}

impl<'p> Checker<'p> {
    fn error(&self, at: &IdedExpr, message: impl Into<String>, hint: Option<String>) -> ExprError {
        let offset = self.program.source_info().offset_for(at.id);
        // CEL places a selection at its dot.
        let dot = usize::from(matches!(&at.expr, Expr::Select(select) if !select.test));
        ExprError {
            offset: offset.map_or(0, |(start, _)| start as usize) + dot,
            message: message.into(),
            hint,
        }
    }

    fn infer(&mut self, at: &'p IdedExpr) -> Result<StaticType, ExprError> {
        match &at.expr {
            Expr::Unspecified => Ok(StaticType::Any),
            Expr::Literal(literal) => Ok(match literal {
                LiteralValue::Boolean(_) => StaticType::Bool,
                LiteralValue::Null => StaticType::Null,
                LiteralValue::String(_) | LiteralValue::Bytes(_) => StaticType::String,
                LiteralValue::Double(_) | LiteralValue::Int(_) | LiteralValue::UInt(_) => {
                    StaticType::Number
                }
            }),
            Expr::Ident(name) => self.variable(at, name),
            Expr::Select(select) => {
                let operand = self.infer(&select.operand)?;
                let member = self.member(at, operand, &select.field)?;
                Ok(if select.test {
                    StaticType::Bool
                } else {
                    member
                })
            }
            Expr::Call(call) => self.call(at, call),
            Expr::List(list) => {
                for element in &list.elements {
                    self.infer(element)?;
                }
                Ok(StaticType::List)
            }
            // `==` compares only objects of the same Rust type, and would call equal ones different.
            Expr::Map(_) => Err(self.error(
                at,
                "an object literal can only be looked up in, as in {'a': 1}[x] or x in {'a': 1}",
                Some("Compare the members one by one.".to_owned()),
            )),
            Expr::Struct(_) => Err(self.error(at, "there are no message types", None)),
            Expr::Comprehension(comprehension) => {
                let element = self.infer(&comprehension.iter_range)?.element();
                let result = self.infer(&comprehension.accu_init)?;
                let outside = self.locals.len();
                self.locals.push((&comprehension.accu_var, StaticType::Any));
                self.locals.push((&comprehension.iter_var, element));
                if let Some(second) = &comprehension.iter_var2 {
                    self.locals.push((second, StaticType::Any));
                }
                self.infer(&comprehension.loop_cond)?;
                self.infer(&comprehension.loop_step)?;
                self.infer(&comprehension.result)?;
                self.locals.truncate(outside);
                // `exists_one` counts, and compares in the end.
                Ok(match result {
                    StaticType::Number => StaticType::Bool,
                    other => other,
                })
            }
        }
    }

    fn variable(&self, at: &IdedExpr, name: &str) -> Result<StaticType, ExprError> {
        if let Some((_, found)) = self.locals.iter().rev().find(|(known, _)| *known == name) {
            return Ok(*found);
        }
        if TYPES.split(' ').any(|known| known == name) {
            return Ok(StaticType::Any);
        }
        let known = self.kind.variables();
        if known.contains(&name) {
            return Ok(sample(name).map_or(StaticType::Any, StaticType::of));
        }
        let all = format!("Variables: {}.", known.join(", "));
        if VARIABLES.contains(&name) {
            let kind = self.kind.name();
            let message = format!("a check on each {kind} has no variable {name}");
            return Err(self.error(at, message, Some(all)));
        }
        let hint = did_you_mean(name, known.iter().copied()).unwrap_or(all);
        Err(self.error(at, format!("unknown variable {name}"), Some(hint)))
    }

    fn member(
        &self,
        at: &IdedExpr,
        operand: StaticType,
        name: &str,
    ) -> Result<StaticType, ExprError> {
        let StaticType::Like(sample) = operand else {
            return Ok(StaticType::Any);
        };
        let Some(object) = sample.downcast_ref::<Object>() else {
            return Ok(StaticType::Any);
        };
        match object.member(name) {
            Some(Ok(member)) => Ok(StaticType::of(member.as_ref())),
            None if object.has_fixed_keys() => {
                let known: Vec<&str> = object.members().map(|(known, _)| known).collect();
                let hint = did_you_mean(name, known.iter().copied())
                    .unwrap_or_else(|| format!("Members: {}.", known.join(", ")));
                Err(self.error(at, format!("unknown member {name}"), Some(hint)))
            }
            _ => Ok(StaticType::Any),
        }
    }

    fn call(&mut self, at: &'p IdedExpr, call: &'p CallExpr) -> Result<StaticType, ExprError> {
        let name = call.func_name.as_str();
        let returned = |name: &str| functions().find(|(known, _)| *known == name);
        // `strings.quote(x)` looks like a call on a variable.
        let is_namespaced = call.target.as_ref().is_some_and(|target| {
            matches!(&target.expr, Expr::Ident(space) if returned(&format!("{space}.{name}")).is_some())
        });
        let returned = match (name, returned(name)) {
            (_, Some((_, returned))) => returned,
            (
                operators::ADD
                | operators::SUBSTRACT
                | operators::MULTIPLY
                | operators::DIVIDE
                | operators::MODULO,
                None,
            ) => StaticType::NumberOrString,
            (operators::NEGATE, None) => StaticType::Number,
            (_, None) if is_namespaced || name.starts_with(['_', '@', '!', '-']) => StaticType::Any,
            (_, None) => {
                let hint = did_you_mean(name, functions().map(|(known, _)| known));
                return Err(self.error(at, format!("unknown function {name}"), hint));
            }
        };
        if let Some(target) = call.target.as_ref().filter(|_| !is_namespaced) {
            self.infer(target)?;
        }
        let mut types = Vec::new();
        for (position, argument) in call.args.iter().enumerate() {
            let is_lookup = matches!((name, position), (operators::INDEX, 0) | (operators::IN, 1));
            let Expr::Map(map) = &argument.expr else {
                types.push(self.infer(argument)?);
                continue;
            };
            if !is_lookup {
                self.infer(argument)?;
            }
            for entry in &map.entries {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    self.infer(&entry.key)?;
                    self.infer(&entry.value)?;
                }
            }
            types.push(StaticType::Any);
        }
        match (name, types.as_slice(), call.args.as_slice()) {
            (operators::INDEX, [operand, _], [_, index]) => match &index.expr {
                Expr::Literal(LiteralValue::String(key)) => {
                    self.member(index, *operand, key.inner())
                }
                _ => Ok(operand.element()),
            },
            _ => Ok(returned),
        }
    }
}
