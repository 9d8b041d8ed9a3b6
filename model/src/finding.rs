//! Findings: what checks say of their subjects.

mod json;

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::check::Check;
use crate::evidence::Evidence;
use crate::facts::Task;
use crate::fix::Fix;
use crate::task_scope::TaskScope;
use crate::text::Sanitized;

pub use json::FindingJson;

/// What a check says of one subject.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything that was looked at is as it should be.
    Pass,
    /// Works, but is risky.
    Warn,
    /// Sessions will not work, or a declared expectation is broken.
    Fail,
    /// The fact could not be read.
    Unknown,
    /// Does not apply.
    Skip,
}

impl Status {
    /// The word for it in reports for people.
    pub fn word(self) -> &'static str {
        match self {
            Status::Pass => "passed",
            Status::Warn => "warning",
            Status::Fail => "failed",
            Status::Unknown => "unknown",
            Status::Skip => "skipped",
        }
    }

    /// Somebody should look at it.
    pub fn needs_attention(self) -> bool {
        matches!(self, Status::Warn | Status::Fail | Status::Unknown)
    }
}

/// How much a failure matters, from the least to the most.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Advice, and what only some ways to use a session need.
    Low,
    /// Part of a session suffers, such as its recording.
    Medium,
    /// Sessions into the affected tasks fail.
    High,
    /// No session opens: the first requirements of ECS Exec.
    Critical,
}

/// The thing that a finding is about.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Subject {
    /// `task`, `container`, `role`, `vpc`, …
    pub kind: Cow<'static, str>,
    /// Its ARN, ID or name.
    #[schemars(with = "String")]
    pub id: Sanitized,
    /// The service that is concerned, where it is one.
    #[schemars(with = "Option<String>")]
    pub service: Option<Sanitized>,
}

impl Subject {
    /// A subject that belongs to no service.
    pub fn new(kind: &'static str, id: impl Into<Sanitized>) -> Subject {
        Subject {
            kind: Cow::Borrowed(kind),
            id: id.into(),
            service: None,
        }
    }

    /// What the same subject is called in a later report: tasks and revisions come and go with every deployment, so
    /// that those of a service are known by its name.
    pub fn lasting_id(&self) -> &str {
        let comes_and_goes = matches!(
            &*self.kind,
            "task" | "tasks" | "container" | "container-definition" | "task-definition"
        );
        match &self.service {
            Some(service) if comes_and_goes => service,
            _ => &self.id,
        }
    }

    /// The name of the container that it is about, in a task or in a task definition; none where it is something else.
    pub fn container(&self) -> Option<&str> {
        let is_container = matches!(&*self.kind, "container" | "container-definition");
        let (_, name) = self.id.rsplit_once('/').filter(|_| is_container)?;
        Some(name)
    }

    /// Sets the name of the service that the subject belongs to.
    pub fn of_service(mut self, service: Option<Sanitized>) -> Subject {
        self.service = service;
        self
    }
}

/// What a finding says of the connection between the agent in a container and Systems Manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentLink {
    /// This failure shows that the agent is not connected, not why.
    Lost,
    /// This warning could be why the agent is not connected, though many agents connect in spite of it.
    AtRisk,
}

/// What a check found on one subject, with the evidence and the fixes.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The check that made the finding.
    pub check: &'static Check,
    /// The verdict on the subject.
    pub status: Status,
    /// The check's own severity, unless the finding sets another.
    pub severity: Severity,
    /// One sentence.
    pub title: String,
    /// Why we think so, in as many sentences as it takes.
    pub detail: String,
    /// What the finding is about.
    pub subject: Subject,
    /// The facts that the verdict rests on.
    pub evidence: Evidence,
    /// The IAM action that the caller lacks, so that the check could not decide.
    pub missing_permission: Option<String>,
    /// What repairs it; empty if nothing is wrong, or nobody but the user can know.
    pub fixes: Vec<Fix>,
    /// The title of the root cause that findings with the same cause on several subjects share. Empty: the finding's
    /// own title stands for all.
    pub group_title: &'static str,
    /// The tasks that the finding is about, so that the diagnosis relates it to others on the same tasks.
    pub tasks: TaskScope,
    /// IDs of checks whose failing explains this one; filled in by the diagnosis.
    pub caused_by: Vec<&'static str>,
    /// If set, only these checks can explain this failure, whatever others claim to explain.
    pub explained_only_by: Option<&'static [&'static str]>,
    /// What it says of the agent's connection, if it concerns that.
    pub agent_link: Option<AgentLink>,
}

impl Finding {
    /// A finding without details, evidence or fixes, about all tasks of its subject.
    pub fn new(
        check: &'static Check,
        status: Status,
        subject: Subject,
        title: impl Into<String>,
    ) -> Finding {
        Finding {
            check,
            status,
            severity: check.severity,
            title: title.into(),
            detail: String::new(),
            subject,
            evidence: Evidence::default(),
            missing_permission: None,
            fixes: Vec::new(),
            group_title: "",
            tasks: TaskScope::All,
            caused_by: Vec::new(),
            explained_only_by: None,
            agent_link: None,
        }
    }

    /// Sets why we think so, in as many sentences as it takes.
    pub fn detail(mut self, detail: impl Into<String>) -> Finding {
        self.detail = detail.into();
        self
    }

    /// Adds a value that the verdict rests on, by its name in JSON reports.
    pub fn evidence(mut self, name: &'static str, value: impl Into<Value>) -> Finding {
        self.evidence.insert(name, value.into());
        self
    }

    /// Adds a fix after those that are there.
    pub fn fix(mut self, fix: Fix) -> Finding {
        self.fixes.push(fix);
        self
    }

    /// Adds a fix, if there is one.
    pub fn fix_some(self, fix: Option<Fix>) -> Finding {
        match fix {
            Some(fix) => self.fix(fix),
            None => self,
        }
    }

    /// Sets the title that findings with the same cause on several subjects share.
    pub fn group_title(mut self, title: &'static str) -> Finding {
        self.group_title = title;
        self
    }

    /// Limits the finding to these tasks.
    pub fn on(mut self, tasks: impl Into<TaskScope>) -> Finding {
        self.tasks = tasks.into();
        self
    }

    /// Limits the finding to these tasks, a list of any length.
    pub fn on_tasks<'a>(self, tasks: impl IntoIterator<Item = &'a Task>) -> Finding {
        self.on(TaskScope::of(tasks))
    }

    /// Lets only these checks, by ID, explain this failure.
    pub fn explained_only_by(mut self, checks: &'static [&'static str]) -> Finding {
        self.explained_only_by = Some(checks);
        self
    }

    /// Sets what the finding says of the agent's connection to Systems Manager.
    pub fn agent_link(mut self, link: AgentLink) -> Finding {
        self.agent_link = Some(link);
        self
    }

    /// Names the permission whose lack left this undecided.
    pub fn missing(mut self, permission: Option<impl Into<String>>) -> Finding {
        self.missing_permission = permission.map(Into::into);
        self
    }

    /// How much this matters, where that differs from the check's own severity.
    pub fn severity(mut self, severity: Severity) -> Finding {
        self.severity = severity;
        self
    }

    /// Whether not knowing this leaves it open whether sessions work.
    pub fn leaves_open(&self) -> bool {
        self.status == Status::Unknown && self.severity >= Severity::High
    }

    /// Whether new tasks would fail in the same way: what is wrong with the caller or this machine is not about tasks,
    /// and expectations do not keep sessions from working.
    pub fn fails_new_tasks(&self) -> bool {
        let area = self.check.area;
        self.status == Status::Fail && !area.is_client_side() && !area.is_expectation()
    }

    /// IDs of the fixes.
    pub fn fix_ids(&self) -> impl Iterator<Item = &str> {
        self.fixes.iter().map(|fix| fix.id.as_str())
    }
}
