//! Names of condition operators, taken apart: `ForAnyValue:StringNotLikeIfExists`.

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
#[derive(Clone, Copy)]
pub struct Operator {
    pub set: SetOperator,
    pub family: Family,
    pub negated: bool,
    pub if_exists: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SetOperator {
    None,
    ForAllValues,
    ForAnyValue,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Family {
    Equals { ignore_case: bool },
    Like,
    Arn,
    Numeric(Relation),
    Date(Relation),
    Bool,
    Binary,
    IpAddress,
    Null,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

impl Operator {
    /// `None`: IAM has no such operator.
    pub fn parse(written: &str) -> Option<Operator> {
        let lower = written.to_ascii_lowercase();
        let (set, name) = match lower.split_once(':') {
            None => (SetOperator::None, lower.as_str()),
            Some(("forallvalues", name)) => (SetOperator::ForAllValues, name),
            Some(("foranyvalue", name)) => (SetOperator::ForAnyValue, name),
            Some(_) => return None,
        };
        let (name, if_exists) = match name.strip_suffix("ifexists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (family, negated) = family(name)?;
        let is_bare = set == SetOperator::None && !if_exists;
        (family != Family::Null || is_bare).then_some(Operator {
            set,
            family,
            negated,
            if_exists,
        })
    }
}

fn family(name: &str) -> Option<(Family, bool)> {
    use Family::*;
    let exact = Equals { ignore_case: false };
    let ignore_case = Equals { ignore_case: true };
    Some(match name {
        "stringequals" => (exact, false),
        "stringnotequals" => (exact, true),
        "stringequalsignorecase" => (ignore_case, false),
        "stringnotequalsignorecase" => (ignore_case, true),
        "stringlike" => (Like, false),
        "stringnotlike" => (Like, true),
        "arnequals" | "arnlike" => (Arn, false),
        "arnnotequals" | "arnnotlike" => (Arn, true),
        "bool" => (Bool, false),
        "binaryequals" => (Binary, false),
        "ipaddress" => (IpAddress, false),
        "notipaddress" => (IpAddress, true),
        "null" => (Null, false),
        _ => {
            let (family, relation): (fn(Relation) -> Family, &str) =
                match name.strip_prefix("numeric") {
                    Some(relation) => (Numeric, relation),
                    None => (Date, name.strip_prefix("date")?),
                };
            let (relation, negated) = match relation {
                "equals" => (Relation::Equals, false),
                "notequals" => (Relation::Equals, true),
                "lessthan" => (Relation::LessThan, false),
                "lessthanequals" => (Relation::LessThanEquals, false),
                "greaterthan" => (Relation::GreaterThan, false),
                "greaterthanequals" => (Relation::GreaterThanEquals, false),
                _ => return None,
            };
            (family(relation), negated)
        }
    })
}

impl Family {
    /// Only these compare with policy variables.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
    pub fn takes_variables(self) -> bool {
        matches!(self, Family::Equals { .. } | Family::Like | Family::Arn)
    }
}

impl Relation {
    pub fn holds(self, value: f64, operand: f64) -> bool {
        match self {
            Relation::Equals => value == operand,
            Relation::LessThan => value < operand,
            Relation::LessThanEquals => value <= operand,
            Relation::GreaterThan => value > operand,
            Relation::GreaterThanEquals => value >= operand,
        }
    }
}
