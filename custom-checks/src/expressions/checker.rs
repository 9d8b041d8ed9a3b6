//! Looks through an expression, before anything runs, for what can never be right: unknown variables, members and
//! functions, and objects that are written out.

use cel::Program;
use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, MapExpr, operators};

use super::compile::FUNCTIONS;
use super::kind::{Kind, result_of};
use super::node::Node;
use super::samples;
use super::subject_kind::{Each, VARIABLES};
use crate::source::did_you_mean;

/// What is wrong with an expression.
pub struct Wrong {
    /// In bytes, within the expression.
    pub offset: usize,
    pub message: String,
    pub help: Option<String>,
}

/// Names of types, for `type(x) == string`.
const TYPES: [&str; 10] = [
    "bool",
    "bytes",
    "double",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
];

struct Look<'p> {
    program: &'p Program,
    each: Each,
    /// The variables of the comprehensions around, the innermost last.
    local: Vec<(&'p str, Kind<'static>)>,
}

/// Whether the expression's names are right; with `boolean`, also whether it can be true or false at all.
pub fn look(program: &Program, each: Each, boolean: bool) -> Result<(), Wrong> {
    let mut look = Look {
        program,
        each,
        local: Vec::new(),
    };
    let root = program.expression();
    let kind = look.kind(root)?;
    match kind.word() {
        Some(word) if boolean => Err(Wrong {
            offset: 0,
            message: format!("this is {word}, and has to be true or false"),
            help: Some("compare it with something".to_owned()),
        }),
        _ => Ok(()),
    }
}

impl<'p> Look<'p> {
    fn wrong(&self, at: &IdedExpr, message: String, help: Option<String>) -> Wrong {
        let offset = self.program.source_info().offset_for(at.id);
        // A selection is placed at its dot.
        let dot = usize::from(matches!(&at.expr, Expr::Select(select) if !select.test));
        Wrong {
            offset: offset.map_or(0, |(start, _)| start as usize) + dot,
            message,
            help,
        }
    }

    fn kind(&mut self, at: &'p IdedExpr) -> Result<Kind<'static>, Wrong> {
        match &at.expr {
            Expr::Unspecified => Ok(Kind::Open),
            Expr::Literal(literal) => Ok(match literal {
                LiteralValue::Boolean(_) => Kind::Boolean,
                LiteralValue::Null => Kind::Other("null"),
                LiteralValue::String(_) | LiteralValue::Bytes(_) => Kind::Other("a text"),
                LiteralValue::Double(_) | LiteralValue::Int(_) | LiteralValue::UInt(_) => {
                    Kind::Other("a number")
                }
            }),
            Expr::Ident(name) => self.variable(at, name),
            Expr::Select(select) => {
                let operand = self.kind(&select.operand)?;
                let member = self.member(at, operand, &select.field)?;
                Ok(if select.test { Kind::Boolean } else { member })
            }
            Expr::Call(call) => self.call(at, call),
            Expr::List(list) => {
                for element in &list.elements {
                    self.kind(element)?;
                }
                Ok(Kind::Other("a list"))
            }
            // One side of `==` would know only the other's own kind of object, and call them different.
            Expr::Map(_) => Err(self.wrong(
                at,
                "an object that is written out can only be looked up in, as in {'a': 1}[x], or x in {'a': 1}"
                    .to_owned(),
                Some("compare the members one by one".to_owned()),
            )),
            Expr::Struct(_) => Err(self.wrong(at, "there are no types to make here".to_owned(), None)),
            Expr::Comprehension(comprehension) => {
                let range = self.kind(&comprehension.iter_range)?;
                let element = match range {
                    Kind::Like(Node::List(nodes)) => nodes.first().map_or(Kind::Open, Kind::Like),
                    _ => Kind::Open,
                };
                let result = self.kind(&comprehension.accu_init)?;
                let outside = self.local.len();
                self.local.push((&comprehension.accu_var, Kind::Open));
                self.local.push((&comprehension.iter_var, element));
                if let Some(second) = &comprehension.iter_var2 {
                    self.local.push((second, Kind::Open));
                }
                self.kind(&comprehension.loop_cond)?;
                self.kind(&comprehension.loop_step)?;
                self.kind(&comprehension.result)?;
                self.local.truncate(outside);
                // `exists_one` counts, and compares in the end.
                Ok(match result {
                    Kind::Other("a number") => Kind::Boolean,
                    other => other,
                })
            }
        }
    }

    fn variable(&self, at: &IdedExpr, name: &str) -> Result<Kind<'static>, Wrong> {
        if let Some((_, kind)) = self.local.iter().rev().find(|(known, _)| *known == name) {
            return Ok(*kind);
        }
        if TYPES.contains(&name) {
            return Ok(Kind::Open);
        }
        let known = self.each.variables();
        if known.contains(&name) {
            return Ok(samples::example(name).map_or(Kind::Open, Kind::Like));
        }
        let each = self.each.name();
        let (message, help) = if VARIABLES.contains(&name) {
            (
                format!("there is no {name} where a check is judged on each {each}"),
                format!("there are {}", known.join(", ")),
            )
        } else {
            (
                format!("unknown variable {name}"),
                did_you_mean(name, known.iter().copied())
                    .unwrap_or_else(|| format!("there are {}", known.join(", "))),
            )
        };
        Err(self.wrong(at, message, Some(help)))
    }

    fn member(
        &self,
        at: &IdedExpr,
        operand: Kind<'static>,
        name: &str,
    ) -> Result<Kind<'static>, Wrong> {
        match operand {
            Kind::Like(node @ Node::Struct(members)) => match node.member(name) {
                Some(member) => Ok(Kind::Like(member).settled()),
                None => {
                    let known = || members.iter().map(|(known, _)| known.as_str());
                    let all = || format!("there are {}", known().collect::<Vec<_>>().join(", "));
                    Err(self.wrong(
                        at,
                        format!("there is no member {name}"),
                        Some(did_you_mean(name, known()).unwrap_or_else(all)),
                    ))
                }
            },
            _ => Ok(Kind::Open),
        }
    }

    fn call(&mut self, at: &'p IdedExpr, call: &'p CallExpr) -> Result<Kind<'static>, Wrong> {
        let name = call.func_name.as_str();
        let is_operator = name.starts_with(['_', '@', '!', '-']);
        // `strings.quote(x)` reads like a call on a variable.
        let namespaced = call.target.as_ref().and_then(|target| match &target.expr {
            Expr::Ident(space) => Some(format!("{space}.{name}")),
            _ => None,
        });
        let is_namespaced = namespaced.is_some_and(|full| FUNCTIONS.contains(&full.as_str()));
        if !is_operator && !is_namespaced && !FUNCTIONS.contains(&name) {
            let help = did_you_mean(name, FUNCTIONS.iter().copied());
            return Err(self.wrong(at, format!("unknown function {name}"), help));
        }
        let mut kinds = Vec::new();
        if let Some(target) = call.target.as_ref().filter(|_| !is_namespaced) {
            self.kind(target)?;
        }
        for (position, argument) in call.args.iter().enumerate() {
            let looked_up = matches!((name, position), (operators::INDEX, 0) | (operators::IN, 1));
            kinds.push(match &argument.expr {
                Expr::Map(map) if looked_up => self.entries(map)?,
                _ => self.kind(argument)?,
            });
        }
        if let (operators::INDEX, [operand, _], [_, index]) =
            (name, kinds.as_slice(), call.args.as_slice())
        {
            return match (&index.expr, operand) {
                (Expr::Literal(LiteralValue::String(key)), _) => {
                    self.member(index, *operand, key.inner())
                }
                (_, Kind::Like(Node::List(nodes))) => Ok(nodes
                    .first()
                    .map_or(Kind::Open, |node| Kind::Like(node).settled())),
                _ => Ok(Kind::Open),
            };
        }
        Ok(result_of(name))
    }

    fn entries(&mut self, map: &'p MapExpr) -> Result<Kind<'static>, Wrong> {
        for entry in &map.entries {
            if let EntryExpr::MapEntry(entry) = &entry.expr {
                self.kind(&entry.key)?;
                self.kind(&entry.value)?;
            }
        }
        Ok(Kind::Open)
    }
}
