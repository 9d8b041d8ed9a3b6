//! Separates the keys that decide what is run, or as whom, from harmless ones. If a project brings a file, the first kind
//! needs the user's trust.

use std::collections::BTreeMap;

use model::text::short_list;

use super::file::{ConfigFile, PluginSettings, Recipe, ServiceSettings};

/// A file in two parts.
pub struct Split {
    /// The file without the keys that need trust.
    pub harmless: ConfigFile,
    /// The keys that need trust, one line each, for a person to read.
    pub trusted_keys: Vec<String>,
}

/// Decides about each key: a key that is added to the types but not here does not compile.
pub fn split(file: &ConfigFile) -> Split {
    let ConfigFile {
        cluster,
        region,
        profile,
        service_prefix,
        plan_is_complete,
        services,
        shell,
        escape,
        recipes,
        expect,
        checks,
        plugins,
    } = file.clone();
    let mut lines = Vec::new();
    add_string(&mut lines, "profile", &profile);
    add_string(&mut lines, "shell", &shell);
    let services = services.into_iter().map(|(name, settings)| {
        let ServiceSettings { container, shell } = settings;
        add_string(&mut lines, &format!("services.{name}.shell"), &shell);
        let harmless = ServiceSettings {
            container,
            shell: None,
        };
        (name, harmless)
    });
    let services: BTreeMap<String, ServiceSettings> = services.collect();
    for (name, recipe) in &recipes {
        lines.push(format!("recipes.{name} = {}", recipe_line(recipe)));
    }
    if let Some(checks) = &checks {
        let names: Vec<&str> = checks.keys().map(String::as_str).collect();
        let names = match names.is_empty() {
            true => "none".to_owned(),
            false => short_list(&names, 20),
        };
        lines.push(format!("checks = {names}"));
    }
    if let Some(plugins) = &plugins {
        lines.push(format!("plugins = {}", plugins_line(plugins)));
    }
    Split {
        harmless: ConfigFile {
            cluster,
            region,
            profile: None,
            service_prefix,
            plan_is_complete,
            services,
            shell: None,
            escape,
            recipes: BTreeMap::new(),
            expect,
            checks: None,
            plugins: None,
        },
        trusted_keys: lines,
    }
}

fn add_string(lines: &mut Vec<String>, key: &str, value: &Option<String>) {
    lines.extend(value.iter().map(|value| format!("{key} = {value:?}")));
}

fn recipe_line(recipe: &Recipe) -> String {
    let Recipe {
        service,
        description: _,
        container,
        command,
        interactive: _,
    } = recipe;
    let target = match container {
        Some(container) => format!("{service}/{container}"),
        None => service.clone(),
    };
    format!("{command:?} in {target}")
}

fn plugins_line(plugins: &PluginSettings) -> String {
    let PluginSettings {
        enabled,
        timeout_seconds,
    } = plugins;
    let enabled = enabled.map(|enabled| format!("enabled: {enabled}"));
    let timeout = timeout_seconds.map(|seconds| format!("timeout_seconds: {seconds}"));
    let set: Vec<String> = enabled.into_iter().chain(timeout).collect();
    set.join(", ")
}

#[cfg(test)]
mod tests {
    use custom_checks::source::SourceFile;

    use super::*;

    fn parse(text: &str) -> ConfigFile {
        super::super::file::parse(&SourceFile::new("x.toml", text)).unwrap()
    }

    const ALL: &str = r#"
        cluster = "c"
        region = "eu-west-1"
        profile = "admin"
        service_prefix = "p-"
        shell = "/bin/ash"
        [services.web]
        container = "app"
        shell = "/bin/sh -c 'curl x'"
        [recipes.a]
        service = "web"
        command = ["rm", "-r"]
        [expect]
        session_logging = true
        [checks.tag]
        each = "task"
        [plugins]
        enabled = true
    "#;

    #[test]
    fn without_trust_only_harmless_keys_count() {
        let Split {
            harmless,
            trusted_keys,
        } = split(&parse(ALL));
        let expected = r#"
            cluster = "c"
            region = "eu-west-1"
            service_prefix = "p-"
            [services.web]
            container = "app"
            [expect]
            session_logging = true
        "#;
        assert_eq!(harmless, parse(expected));
        assert_eq!(
            trusted_keys,
            [
                "profile = \"admin\"",
                "shell = \"/bin/ash\"",
                "services.web.shell = \"/bin/sh -c 'curl x'\"",
                "recipes.a = [\"rm\", \"-r\"] in web",
                "checks = tag",
                "plugins = enabled: true",
            ]
        );
        assert!(split(&harmless).trusted_keys.is_empty());
    }
}
