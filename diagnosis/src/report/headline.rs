use std::collections::BTreeSet;

use super::{Report, Source, Verdict};
use model::finding::{Finding, Status};
use model::text::sanitize_line;

impl Report {
    /// The verdict in words, the same in every format.
    pub fn headline(&self) -> String {
        let sentence = match (self.verdict, self.source) {
            (Verdict::Fail, _) if self.since.is_some() && self.only_expectations_fail() => {
                "a new expectation is not met"
            }
            (Verdict::Fail, _) if self.since.is_some() => "new problems will make sessions fail",
            (Verdict::Fail, _) if self.only_expectations_fail() && self.leaves_open() => {
                "an expectation is not met, and some required checks could not run"
            }
            (Verdict::Fail, _) if self.only_expectations_fail() => {
                "an expectation is not met, which does not affect sessions"
            }
            (Verdict::Fail, Source::Plan) => {
                return format!(
                    "after deployment, sessions will fail for {}",
                    self.affected()
                );
            }
            (Verdict::Fail, _) => return format!("sessions will fail for {}", self.affected()),
            (Verdict::Inconclusive, _) => {
                "inconclusive: no failures, but some required checks could not run"
            }
            (Verdict::Pass, _) if self.since.is_some() => "no new problems",
            (Verdict::Pass, _) if self.partial => "the selected checks found no problems",
            (Verdict::Pass, Source::Plan) => "after deployment, sessions would work",
            (Verdict::Pass, _) => "sessions would work",
        };
        sentence.to_owned()
    }

    /// The one service, `1 of 6 services` or `all 6 services`. A failure that is about no service may affect more than can be counted.
    fn affected(&self) -> String {
        let findings = self.findings.iter();
        let failed = findings.filter(|finding| {
            finding.status == Status::Fail && !finding.check.area.is_expectation()
        });
        let mut services = BTreeSet::new();
        let mut all_have_services = true;
        for finding in failed {
            match finding.subject.service.as_deref() {
                Some(service) => _ = services.insert(service),
                None => all_have_services = false,
            }
        }
        match (services.len(), self.target.services.len()) {
            (1, 1) if all_have_services => services.into_iter().map(sanitize_line).collect(),
            (_, 0 | 1) | (0, _) => "at least one target".to_owned(),
            (count, all) if count >= all => format!("all {all} services"),
            (count, all) if all_have_services => format!("{count} of {all} services"),
            (count, all) => format!("at least {count} of {all} services"),
        }
    }

    /// Whether only declared expectations failed, which do not affect sessions.
    fn only_expectations_fail(&self) -> bool {
        self.findings
            .iter()
            .filter(|finding| finding.status == Status::Fail)
            .all(|finding| finding.check.area.is_expectation())
    }

    /// Whether a required check could not run.
    fn leaves_open(&self) -> bool {
        self.findings.iter().any(Finding::leaves_open)
    }
}

#[cfg(test)]
mod tests {
    use crate::baseline::Baseline;
    use crate::report::Source;
    use crate::{Selection, examine};
    use model::facts::{Fact, Facts, Outcome};
    use test_facts::{decide, definition, denied, healthy, healthy_coder, service, task};

    fn headline(facts: &Facts) -> String {
        examine(facts, &Selection::default()).headline()
    }

    fn exec_is_forbidden() -> Facts {
        let mut facts = healthy_coder();
        facts.expect.exec_forbidden = vec!["coder-*".into()];
        facts
    }

    #[test]
    fn a_failed_expectation_does_not_affect_sessions() {
        assert_eq!(
            headline(&exec_is_forbidden()),
            "an expectation is not met, which does not affect sessions"
        );
    }

    #[test]
    fn a_failed_expectation_with_unknown_required_checks() {
        let mut facts = exec_is_forbidden();
        for role in facts.roles.values_mut() {
            *role = denied("iam:GetRole");
        }
        facts
            .services
            .values_mut()
            .for_each(|service| *service = denied("ecs:DescribeServices"));
        assert_eq!(
            headline(&facts),
            "an expectation is not met, and some required checks could not run"
        );
    }

    /// Earlier problems are not part of the report.
    #[test]
    fn the_headline_names_new_problems_and_expectations() {
        let known = examine(&healthy_coder(), &Selection::default());
        let known = Baseline::read(&serde_json::to_vec(&known).unwrap())
            .unwrap()
            .remove(0);
        let now = examine(&exec_is_forbidden(), &Selection::default());
        assert_eq!(now.since(&known).headline(), "a new expectation is not met");
        let mut broken = healthy_coder();
        definition(&mut broken).task_role = None;
        let now = examine(&broken, &Selection::default());
        assert_eq!(
            now.since(&known).headline(),
            "new problems will make sessions fail"
        );
    }

    #[test]
    fn a_root_cause_takes_precedence_over_an_expectation() {
        let mut facts = exec_is_forbidden();
        definition(&mut facts).task_role = None;
        assert_eq!(
            headline(&facts),
            "sessions will fail for coder-production-coder"
        );
    }

    #[test]
    fn the_headline_names_plans_and_selections() {
        let mut report = examine(&healthy_coder(), &Selection::default());
        report.source = Source::Plan;
        assert_eq!(report.headline(), "after deployment, sessions would work");
        report.partial = true;
        assert_eq!(report.headline(), "the selected checks found no problems");
        let mut facts = healthy_coder();
        definition(&mut facts).task_role = None;
        let mut report = examine(&facts, &Selection::default());
        report.source = Source::Plan;
        assert_eq!(
            report.headline(),
            "after deployment, sessions will fail for coder-production-coder"
        );
        let mut facts = healthy_coder();
        for role in facts.roles.values_mut() {
            *role = denied("iam:GetRole");
        }
        assert_eq!(
            headline(&facts),
            "inconclusive: no failures, but some required checks could not run"
        );
        let earlier = examine(&healthy_coder(), &Selection::default());
        let baseline = Baseline::read(&serde_json::to_vec(&earlier).unwrap()).unwrap();
        assert_eq!(earlier.since(&baseline[0]).headline(), "no new problems");
    }

    #[test]
    fn affected_services_are_counted() {
        let mut facts = healthy();
        assert_eq!(facts.target.services.len(), 6);
        let broken = service(&mut facts).name.clone();
        let services = &facts.target.services;
        let other = services.iter().find(|service| service.name != *broken);
        facts.expect.exec_forbidden = vec![other.unwrap().name.clone()];
        task(&mut facts).exec_enabled = false;
        assert_eq!(headline(&facts), "sessions will fail for 1 of 6 services");
        facts.local.clock_ahead_seconds = Fact::Known(300);
        assert_eq!(
            headline(&facts),
            "sessions will fail for at least 1 of 6 services"
        );
        let mut facts = healthy();
        decide(&mut facts, "ssmmessages:", "*", |decision| {
            decision.outcome = Outcome::ImplicitDeny;
        });
        assert_eq!(headline(&facts), "sessions will fail for all 6 services");
    }
}
