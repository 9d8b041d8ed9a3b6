//! The names that resources go by: their IDs or ARNs, or their addresses until they have one.

use std::collections::BTreeMap;
use std::rc::Rc;

use model::arn::UNKNOWN_ACCOUNT;

use super::resolver::Resolver;
use super::resource_kind::ResourceKind;
use crate::plan::resource::Resource;

/// The resources of a kind, by the names that they go by and by their other names.
pub type ResourcesByName<'p> = BTreeMap<String, &'p Resource>;

impl<'p> Resolver<'p> {
    /// The resource with this name.
    pub fn find(&self, name: &str, kind: ResourceKind) -> Option<&'p Resource> {
        self.by_name(kind).get(name).copied()
    }

    /// The resource with this name, or the data source that has read it.
    pub fn find_or_data(&self, name: &str, kind: ResourceKind) -> Option<&'p Resource> {
        self.find(name, kind).or_else(|| {
            let mut data = self.data(kind.resource_types().first()?);
            data.find(|data| self.name_of(data, kind) == name)
        })
    }

    fn by_name(&self, kind: ResourceKind) -> Rc<ResourcesByName<'p>> {
        if let Some(known) = self.by_name.borrow().get(&kind) {
            return Rc::clone(known);
        }
        let mut names = ResourcesByName::new();
        for resource in self.of_kind(kind) {
            let name = self.name_of(resource, kind);
            names.entry(name).or_insert(resource);
        }
        for resource in self.of_kind(kind) {
            for alias in aliases(resource, kind) {
                names.entry(alias).or_insert(resource);
            }
        }
        let names = Rc::new(names);
        self.by_name.borrow_mut().insert(kind, Rc::clone(&names));
        names
    }

    /// The name that a resource goes by.
    pub fn name_of(&self, resource: &Resource, kind: ResourceKind) -> String {
        if let Some(adopted) = self.adopted_default(resource, kind) {
            return adopted;
        }
        let name = resource.known_text(kind.data().name_attribute);
        name.map(str::to_owned)
            .or_else(|| self.arn_of(resource, kind))
            .unwrap_or_else(|| resource.address.clone())
    }

    /// Whether a resource of the kind goes by its address only for lack of a name.
    fn is_nameless(&self, resource: &Resource, kind: ResourceKind) -> bool {
        let address = &resource.address;
        let is_name = |name: &str| name == address;
        resource.is(kind.resource_types())
            && self.name_of(resource, kind) == *address
            && !resource
                .known_text(kind.data().name_attribute)
                .is_some_and(is_name)
            && !aliases(resource, kind).iter().any(|name| is_name(name))
    }

    /// A resource that adopts what AWS created with a VPC goes by the name that the VPC has for it.
    fn adopted_default(&self, resource: &Resource, kind: ResourceKind) -> Option<String> {
        let attribute = match resource.resource_type.as_str() {
            "aws_default_route_table" => "default_route_table_id",
            "aws_default_network_acl" => "default_network_acl_id",
            "aws_default_security_group" => "vpc_id",
            _ => return None,
        };
        if resource.id().is_some() {
            return None;
        }
        if attribute != "vpc_id" {
            return self.resolve(resource, attribute, kind).ok()?;
        }
        let vpc = self
            .resolve(resource, attribute, ResourceKind::Vpc)
            .ok()??;
        self.vpc_default(&vpc, kind)
    }

    fn arn_of(&self, resource: &Resource, kind: ResourceKind) -> Option<String> {
        if let Some(arn) = resource.known_text("arn") {
            return Some(arn.to_owned());
        }
        let iam_type = match kind {
            ResourceKind::Role => "role",
            ResourceKind::Policy => "policy",
            ResourceKind::TaskDefinition => {
                let family = resource.known_text("family")?;
                return Some(self.ecs_arn("task-definition", &format!("{family}:planned")));
            }
            _ => return None,
        };
        let name = resource.known_text("name")?;
        let path = resource.text("path").ok()?.unwrap_or("/");
        let (partition, account) = (self.partition, self.account?);
        Some(format!(
            "arn:{partition}:iam::{account}:{iam_type}{path}{name}"
        ))
    }

    /// The ID of the account, or what stands for it.
    pub fn account_id(&self) -> &'p str {
        self.account.unwrap_or(UNKNOWN_ACCOUNT)
    }

    /// The ARN that an ECS resource will have.
    pub fn ecs_arn(&self, ecs_type: &str, name: &str) -> String {
        let (partition, region) = (self.partition, self.region);
        let account = self.account_id();
        format!("arn:{partition}:ecs:{region}:{account}:{ecs_type}/{name}")
    }

    /// The name of what AWS creates with a VPC of the plan.
    pub fn vpc_default(&self, vpc: &str, kind: ResourceKind) -> Option<String> {
        let vpc = self.find(vpc, ResourceKind::Vpc)?;
        self.default_of(vpc, kind)
    }

    /// The name of what AWS creates with a VPC.
    pub fn default_of(&self, vpc: &Resource, kind: ResourceKind) -> Option<String> {
        let attribute = *kind.data().vpc_attributes.first()?;
        let id = vpc.known_text(attribute).map(str::to_owned);
        Some(id.unwrap_or_else(|| format!("{}.{attribute}", vpc.address)))
    }

    /// The name of a resource that a known value identifies, which may be one of its other names.
    pub(super) fn canonical_name(&self, text: &str, kind: ResourceKind) -> String {
        // A text is no reference: it does not mean a resource that goes by its address for lack of a name.
        let at_address = self.plan.resources.at_address(text);
        if at_address.is_some_and(|resource| self.is_nameless(resource, kind)) {
            return format!("\"{text}\"");
        }
        let resource = match kind {
            ResourceKind::Cluster => return text.rsplit('/').next().unwrap_or(text).to_owned(),
            ResourceKind::Role | ResourceKind::TaskDefinition => self.find(text, kind),
            _ => None,
        };
        resource.map_or_else(|| text.to_owned(), |resource| self.name_of(resource, kind))
    }
}

/// The other names of a resource: policies identify a role by its name, and services a task definition by its family,
/// or by family and revision.
fn aliases(resource: &Resource, kind: ResourceKind) -> Vec<String> {
    let text = |attribute| resource.known_text(attribute).map(str::to_owned);
    let names = match kind {
        ResourceKind::Role => vec![text("name")],
        ResourceKind::TaskDefinition => {
            let revision = resource.number("revision").ok().flatten();
            let numbered = text("family").zip(revision);
            let numbered = numbered.map(|(family, revision)| format!("{family}:{revision}"));
            vec![text("arn_without_revision"), text("family"), numbered]
        }
        _ => Vec::new(),
    };
    names.into_iter().flatten().collect()
}
