//! Checks an expression before it runs: unknown variables, members and functions, object literals, and a condition that
//! can never be true or false.

use cel::Program;
use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, MapExpr, operators};
use cel::common::types::CelList;
use cel::common::value::Val;

use super::compile::{ExprError, compile};
use super::evaluate::type_name;
use super::object::Object;
use super::samples::sample;
use super::subject_kind::SubjectKind;
use crate::source::did_you_mean;

const NUMBER: StaticType = StaticType::NotBool("a number");
const STRING: StaticType = StaticType::NotBool("a string");
const LIST: StaticType = StaticType::NotBool("a list");

/// Functions and macros by the type of what they return. Of the operators only those of arithmetic.
const FUNCTIONS: [(StaticType, &str); 5] = [
    (NUMBER, "size int uint double indexOf lastIndexOf -_"),
    (
        STRING,
        "string join lowerAscii upperAscii trim replace substring format charAt reverse",
    ),
    (LIST, "split"),
    (
        StaticType::NotBool("a number or a string"),
        "_+_ _-_ _*_ _/_ _%_",
    ),
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

fn is_operator(function: &str) -> bool {
    function.starts_with(['_', '@', '!', '-'])
}

/// What is known about the value of an expression before it is evaluated.
#[derive(Clone, Copy)]
enum StaticType {
    /// It has the members, or the elements, of this sample, which is neither null nor a bool.
    Like(&'static dyn Val),
    /// It can never be true or false; the words say what it is.
    NotBool(&'static str),
    Any,
}

impl StaticType {
    fn of(sample: &'static dyn Val) -> StaticType {
        match type_name(sample) {
            "null" | "bool" => StaticType::Any,
            _ => StaticType::Like(sample),
        }
    }

    fn element(self) -> StaticType {
        let sample = self.sample();
        let list = sample.and_then(|sample| sample.downcast_ref::<CelList>());
        let first = list.and_then(|list| list.inner().first());
        first.map_or(StaticType::Any, |first| StaticType::of(first.as_ref()))
    }

    fn sample(self) -> Option<&'static dyn Val> {
        match self {
            StaticType::Like(sample) => Some(sample),
            StaticType::NotBool(_) | StaticType::Any => None,
        }
    }
}

/// Compiles a condition, which has to be true or false.
pub fn compile_condition(expression: &str, kind: SubjectKind) -> Result<Program, ExprError> {
    let (program, found) = compile_checked(expression, kind)?;
    let found = match found {
        StaticType::Any => return Ok(program),
        StaticType::Like(sample) => type_name(sample),
        StaticType::NotBool(words) => words,
    };
    let message = format!("this is {found}, but it has to be true or false");
    Err(ExprError::new(0, message).hint("Compare it with something."))
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
    fn error(&self, at: &IdedExpr, message: impl Into<String>) -> ExprError {
        let offset = self.program.source_info().offset_for(at.id);
        // CEL places a selection at its dot.
        let dot = usize::from(matches!(&at.expr, Expr::Select(select) if !select.test));
        ExprError::new(offset.map_or(0, |(start, _)| start as usize) + dot, message)
    }

    fn infer(&mut self, at: &'p IdedExpr) -> Result<StaticType, ExprError> {
        match &at.expr {
            Expr::Unspecified => Ok(StaticType::Any),
            Expr::Literal(literal) => Ok(match literal {
                LiteralValue::Boolean(_) => StaticType::Any,
                LiteralValue::Null => StaticType::NotBool("null"),
                LiteralValue::String(_) | LiteralValue::Bytes(_) => STRING,
                LiteralValue::Double(_) | LiteralValue::Int(_) | LiteralValue::UInt(_) => NUMBER,
            }),
            Expr::Ident(name) => self.variable(at, name),
            Expr::Select(select) => {
                let operand = self.infer(&select.operand)?;
                let member = self.member(at, operand, &select.field)?;
                Ok(if select.test { StaticType::Any } else { member })
            }
            Expr::Call(call) => self.call(at, call),
            Expr::List(list) => {
                for element in &list.elements {
                    self.infer(element)?;
                }
                Ok(LIST)
            }
            // `==` compares only objects of the same Rust type, and would call equal ones different.
            Expr::Map(_) => {
                let message = "an object literal can only be looked up in, as in {'a': 1}[x] or x in {'a': 1}";
                let error = self.error(at, message);
                Err(error.hint("Compare the members one by one."))
            }
            Expr::Struct(_) => Err(self.error(at, "there are no message types")),
            Expr::Comprehension(comprehension) => {
                let element = self.infer(&comprehension.iter_range)?.element();
                let initial = self.infer(&comprehension.accu_init)?;
                let outside = self.locals.len();
                self.locals.push((&comprehension.accu_var, initial));
                self.locals.push((&comprehension.iter_var, element));
                if let Some(second) = &comprehension.iter_var2 {
                    self.locals.push((second, StaticType::Any));
                }
                self.infer(&comprehension.loop_cond)?;
                self.infer(&comprehension.loop_step)?;
                let result = self.infer(&comprehension.result)?;
                self.locals.truncate(outside);
                Ok(result)
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
        if SubjectKind::all_variables().contains(&name) {
            let message = format!("a check on each {} has no variable {name}", self.kind);
            return Err(self.error(at, message).hint(all));
        }
        let hint = did_you_mean(name, known.iter().copied()).unwrap_or(all);
        let error = self.error(at, format!("unknown variable {name}"));
        Err(error.hint(hint))
    }

    fn member(
        &self,
        at: &IdedExpr,
        operand: StaticType,
        name: &str,
    ) -> Result<StaticType, ExprError> {
        let sample = operand.sample();
        let Some(object) = sample.and_then(|sample| sample.downcast_ref::<Object>()) else {
            return Ok(StaticType::Any);
        };
        match object.member(name) {
            Some(Ok(member)) => Ok(StaticType::of(member.as_ref())),
            None if object.has_fixed_keys() => {
                let known: Vec<&str> = object.members().map(|(known, _)| known).collect();
                let hint = did_you_mean(name, known.iter().copied())
                    .unwrap_or_else(|| format!("Members: {}.", known.join(", ")));
                let error = self.error(at, format!("unknown member {name}"));
                Err(error.hint(hint))
            }
            _ => Ok(StaticType::Any),
        }
    }

    fn call(&mut self, at: &'p IdedExpr, call: &'p CallExpr) -> Result<StaticType, ExprError> {
        let name = call.func_name.as_str();
        let find = |name: &str| functions().find(|(known, _)| *known == name);
        // `strings.quote(x)` looks like a call on a variable.
        let is_namespaced = call.target.as_ref().is_some_and(|target| {
            matches!(&target.expr, Expr::Ident(space) if find(&format!("{space}.{name}")).is_some())
        });
        let returned = match find(name) {
            Some((_, returned)) => returned,
            None if is_namespaced || is_operator(name) => StaticType::Any,
            None => {
                let names = functions().map(|(known, _)| known);
                let hint = did_you_mean(name, names.filter(|known| !is_operator(known)));
                let error = self.error(at, format!("unknown function {name}"));
                return Err(ExprError { hint, ..error });
            }
        };
        if let Some(target) = call.target.as_ref().filter(|_| !is_namespaced) {
            self.infer(target)?;
        }
        let mut types = Vec::new();
        for (position, argument) in call.args.iter().enumerate() {
            let is_lookup = matches!((name, position), (operators::INDEX, 0) | (operators::IN, 1));
            types.push(match &argument.expr {
                Expr::Map(literal) if is_lookup => self.object_literal(literal)?,
                _ => self.infer(argument)?,
            });
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

    fn object_literal(&mut self, literal: &'p MapExpr) -> Result<StaticType, ExprError> {
        for entry in &literal.entries {
            if let EntryExpr::MapEntry(entry) = &entry.expr {
                self.infer(&entry.key)?;
                self.infer(&entry.value)?;
            }
        }
        Ok(StaticType::Any)
    }
}
