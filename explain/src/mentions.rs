//! Reads ARNs, names and the region out of an error text.

/// What an error text mentions.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// ARN of the principal that was denied.
    pub principal: Option<String>,
    /// The IAM action that was denied.
    pub action: Option<String>,
    /// ARN of the resource that the action was denied on.
    pub resource: Option<String>,
    /// The AWS region.
    pub region: Option<String>,
    /// Name of the cluster.
    pub cluster: Option<String>,
    /// Name of the service.
    pub service: Option<String>,
    /// ID of the task.
    pub task: Option<String>,
}

impl Mentions {
    /// Reads normalized text. Of several clusters or regions, the first counts.
    pub fn read(text: &str) -> Mentions {
        let word_after = |label| {
            let (_, rest) = text.split_once(label)?;
            words(rest).find(|word| !word.is_empty()).map(str::to_owned)
        };
        let mut mentions = Mentions {
            principal: word_after("User: "),
            action: word_after("perform: "),
            resource: word_after("resource: "),
            ..Mentions::default()
        };
        for word in words(text) {
            if let Some(target) = word.strip_prefix("ecs:") {
                mentions.add_target(target);
            } else if word.starts_with("arn:") {
                mentions.add_arn(word);
            } else {
                mentions.add_host(word);
            }
        }
        mentions
    }

    fn add_arn(&mut self, arn: &str) {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, _, service, region, _, resource] = parts[..] else {
            return;
        };
        set(&mut self.region, region);
        let path: Vec<&str> = resource.split('/').collect();
        match path[..] {
            _ if service != "ecs" => {}
            ["cluster", cluster] => set(&mut self.cluster, cluster),
            ["service", cluster, name] => {
                set(&mut self.cluster, cluster);
                set(&mut self.service, name);
            }
            ["task", cluster, task] => {
                set(&mut self.cluster, cluster);
                set(&mut self.task, task);
            }
            ["task", task] => set(&mut self.task, task),
            _ => {}
        }
    }

    /// `CLUSTER_TASK_RUNTIME`, as Systems Manager names a container. A cluster's name may contain underscores.
    fn add_target(&mut self, target: &str) {
        let parts: Vec<&str> = target.rsplitn(3, '_').collect();
        if let [_, task, cluster] = parts[..] {
            set(&mut self.cluster, cluster);
            set(&mut self.task, task);
        }
    }

    /// `https://ecs.REGION.amazonaws.com/`
    fn add_host(&mut self, word: &str) {
        let host = word.split("//").last().unwrap_or(word);
        if let Some((name, _)) = host.split_once(".amazonaws.com")
            && let Some((_, region)) = name.split_once('.')
            && region.matches('-').count() >= 2
            && !name.contains(['/', ':'])
        {
            set(&mut self.region, region);
        }
    }
}

fn set(field: &mut Option<String>, value: &str) {
    if !value.is_empty() {
        field.get_or_insert_with(|| value.to_owned());
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '(' | ')' | '<' | '>'))
        .map(|word| word.trim_end_matches(['.', ':', ';']))
}

#[cfg(test)]
mod tests {
    use super::Mentions;

    #[test]
    fn a_denial_mentions_principal_action_and_resource() {
        let mentions = Mentions::read(
            "User: arn:aws:sts::123456789012:assumed-role/ops/jane is not authorized to perform: ecs:ExecuteCommand on \
             resource: arn:aws:ecs:us-west-2:123456789012:task/prod/0a1b because no identity-based policy allows it",
        );
        let principal = "arn:aws:sts::123456789012:assumed-role/ops/jane";
        assert_eq!(mentions.principal.as_deref(), Some(principal));
        assert_eq!(mentions.action.as_deref(), Some("ecs:ExecuteCommand"));
        assert_eq!(mentions.region.as_deref(), Some("us-west-2"));
        assert_eq!(mentions.cluster.as_deref(), Some("prod"));
        assert_eq!(mentions.task.as_deref(), Some("0a1b"));
    }

    #[test]
    fn endpoints_and_targets_are_read() {
        let mentions = Mentions::read(
            "Could not connect to the endpoint URL: \"https://ecs.eu-west-1.amazonaws.com/\"",
        );
        assert_eq!(mentions.region.as_deref(), Some("eu-west-1"));
        let mentions = Mentions::read("ecs:my_cluster_0a1b_0a1b-99 is not connected.");
        assert_eq!(mentions.cluster.as_deref(), Some("my_cluster"));
        assert_eq!(mentions.task.as_deref(), Some("0a1b"));
        let mentions = Mentions::read("arn:aws:ecs:r-1:1:service/prod/web.");
        assert_eq!(mentions.service.as_deref(), Some("web"));
    }
}
