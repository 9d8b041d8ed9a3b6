/// Names that were found in an error text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// ARN of the principal that was refused.
    pub user: Option<String>,
    pub action: Option<String>,
    /// ARN of the resource that the refusal is about.
    pub resource: Option<String>,
    pub region: Option<String>,
    pub cluster: Option<String>,
    pub service: Option<String>,
    pub task: Option<String>,
}

impl Mentions {
    pub fn read(text: &str) -> Mentions {
        let mut mentions = Mentions {
            user: after(text, "User: "),
            action: after(text, "perform: "),
            resource: after(text, "resource: "),
            ..Mentions::default()
        };
        for word in words(text) {
            match word.strip_prefix("ecs:") {
                Some(target) => mentions.add_target(target),
                None if word.starts_with("arn:") => mentions.add_arn(word),
                None => mentions.add_host(word),
            }
        }
        mentions
    }

    fn add_arn(&mut self, arn: &str) {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let [_, _, service, region, _, resource] = parts.as_slice() else {
            return;
        };
        if !region.is_empty() {
            set(&mut self.region, region);
        }
        if *service != "ecs" {
            return;
        }
        match resource.split('/').collect::<Vec<_>>().as_slice() {
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

    /// `CLUSTER_TASK_RUNTIME`, as Systems Manager names a container. A cluster's name may hold underscores.
    fn add_target(&mut self, target: &str) {
        let mut parts = target.rsplitn(3, '_');
        if let (Some(_), Some(task), Some(cluster)) = (parts.next(), parts.next(), parts.next()) {
            set(&mut self.cluster, cluster);
            set(&mut self.task, task);
        }
    }

    /// `https://ecs.REGION.amazonaws.com/`
    fn add_host(&mut self, word: &str) {
        let host = word.split("//").last().unwrap_or(word);
        let host = host.split(['/', ':']).next().unwrap_or(host);
        if let Some((before, _)) = host.split_once(".amazonaws.com")
            && let Some((_, region)) = before.split_once('.')
            && region.matches('-').count() >= 2
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

fn after(text: &str, mark: &str) -> Option<String> {
    let (_, rest) = text.split_once(mark)?;
    words(rest).find(|word| !word.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::Mentions;

    #[test]
    fn a_refusal_names_who_what_and_where() {
        let mentions = Mentions::read(
            "User: arn:aws:sts::123456789012:assumed-role/ops/jane is not authorized to perform: ecs:ExecuteCommand on \
             resource: arn:aws:ecs:us-west-2:123456789012:task/prod/0a1b because no identity-based policy allows it",
        );
        let user = "arn:aws:sts::123456789012:assumed-role/ops/jane";
        assert_eq!(mentions.user.as_deref(), Some(user));
        assert_eq!(mentions.action.as_deref(), Some("ecs:ExecuteCommand"));
        assert_eq!(mentions.region.as_deref(), Some("us-west-2"));
        assert_eq!(mentions.cluster.as_deref(), Some("prod"));
        assert_eq!(mentions.task.as_deref(), Some("0a1b"));
    }

    #[test]
    fn addresses_and_targets() {
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
