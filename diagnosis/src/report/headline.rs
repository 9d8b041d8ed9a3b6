use super::{Report, Source, Verdict};
use model::finding::{Finding, Status};

impl Report {
    /// The verdict in words, the same in every format.
    pub fn headline(&self) -> &'static str {
        match (self.verdict, self.source) {
            (Verdict::Fail, _) if self.since.is_some() && self.only_wishes_fail() => {
                "something new that was declared does not hold"
            }
            (Verdict::Fail, _) if self.since.is_some() => {
                "something new stands in the way of sessions"
            }
            (Verdict::Fail, _) if self.only_wishes_fail() && self.leaves_open() => {
                "something that was declared does not hold; nothing else is broken as far as can be seen"
            }
            (Verdict::Fail, _) if self.only_wishes_fail() => {
                "something that was declared does not hold; it keeps no session from working"
            }
            (Verdict::Fail, Source::Plan) => {
                "after apply, sessions would not work, or not everywhere"
            }
            (Verdict::Fail, _) => "sessions would not work, or not everywhere",
            (Verdict::Inconclusive, _) => {
                "inconclusive: nothing is broken as far as can be seen, but not everything that matters could be"
            }
            (Verdict::Pass, _) if self.since.is_some() => "nothing is new that stands in the way",
            (Verdict::Pass, _) if self.partial => {
                "nothing stands in the way, as far as the checks that ran can tell"
            }
            (Verdict::Pass, Source::Plan) => "after apply, sessions would work",
            (Verdict::Pass, _) => "sessions would work",
        }
    }

    /// Nothing is known to stand in the way of sessions, but not all that was declared holds.
    fn only_wishes_fail(&self) -> bool {
        self.findings
            .iter()
            .filter(|finding| finding.status == Status::Fail)
            .all(|finding| finding.check.area.is_expectation())
    }

    /// Something that matters could not be seen.
    fn leaves_open(&self) -> bool {
        self.findings.iter().any(Finding::leaves_open)
    }
}

#[cfg(test)]
mod tests {
    use crate::baseline::Baseline;
    use crate::{Selection, examine};
    use model::facts::Facts;
    use test_facts::{definition, denied, healthy_coder};

    fn headline(facts: &Facts) -> &'static str {
        examine(facts, &Selection::default()).headline()
    }

    fn exec_is_forbidden() -> Facts {
        let mut facts = healthy_coder();
        facts.expect.exec_forbidden = vec!["coder-*".into()];
        facts
    }

    #[test]
    fn a_broken_wish_keeps_no_session_from_working() {
        assert_eq!(
            headline(&exec_is_forbidden()),
            "something that was declared does not hold; it keeps no session from working"
        );
    }

    #[test]
    fn a_broken_wish_where_not_everything_could_be_seen() {
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
            "something that was declared does not hold; nothing else is broken as far as can be seen"
        );
    }

    /// What was known before may stand in the way, and is left out.
    #[test]
    fn a_new_broken_wish() {
        let known = examine(&healthy_coder(), &Selection::default());
        let known = Baseline::read(&serde_json::to_vec(&known).unwrap())
            .unwrap()
            .remove(0);
        let now = examine(&exec_is_forbidden(), &Selection::default());
        assert_eq!(
            now.since(&known).headline(),
            "something new that was declared does not hold"
        );
        let mut broken = healthy_coder();
        definition(&mut broken).task_role = None;
        let now = examine(&broken, &Selection::default());
        assert_eq!(
            now.since(&known).headline(),
            "something new stands in the way of sessions"
        );
    }

    #[test]
    fn a_broken_wish_beside_what_keeps_sessions_from_working() {
        let mut facts = exec_is_forbidden();
        definition(&mut facts).task_role = None;
        assert_eq!(
            headline(&facts),
            "sessions would not work, or not everywhere"
        );
    }
}
