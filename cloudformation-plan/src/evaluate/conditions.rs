//! Conditions of templates, as far as the parameters are known.

use serde_json::Value;

use super::Evaluator;

impl Evaluator<'_> {
    /// Whether a condition holds; `None` if that is unknown.
    pub fn condition(&self, stack: usize, name: &str) -> Option<bool> {
        let key = (stack, name.to_owned());
        if let Some(known) = self.conditions.borrow().get(&key) {
            return *known;
        }
        self.conditions.borrow_mut().insert(key.clone(), None);
        let expression = self.stacks.get(stack)?.entry("Conditions", name)?;
        let decided = self.decide_expression(stack, expression);
        self.conditions.borrow_mut().insert(key, decided);
        decided
    }

    fn decide_expression(&self, stack: usize, expression: &Value) -> Option<bool> {
        match self.evaluate(stack, expression).as_text()?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    pub(super) fn decide(&self, stack: usize, function: &str, argument: &Value) -> Option<bool> {
        let arguments = argument.as_array()?;
        if function == "Fn::Equals" {
            let [one, other] = arguments.as_slice() else {
                return None;
            };
            let (one, other) = (self.evaluate(stack, one), self.evaluate(stack, other));
            return Some(one.as_text()? == other.as_text()?);
        }
        let decided = arguments
            .iter()
            .map(|one| self.decide_expression(stack, one));
        let decided: Vec<Option<bool>> = decided.collect();
        match function {
            "Fn::Not" => (*decided.first()?).map(|flag| !flag),
            "Fn::And" if decided.contains(&Some(false)) => Some(false),
            "Fn::Or" if decided.contains(&Some(true)) => Some(true),
            _ if decided.contains(&None) => None,
            _ => Some(function == "Fn::And"),
        }
    }
}
