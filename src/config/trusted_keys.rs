//! Which keys of a file only name places, and which say what is run, or as whom. The second kind needs trust in the
//! file where a project brings it.

use std::collections::BTreeMap;

use checks::text::short_list;

use super::file::{File, PluginSettings, Recipe, ServiceSettings};

/// A file in two halves.
pub struct Halves {
    /// The file with nothing but its places.
    pub places: File,
    /// The rest, a line for each key, for a person to read.
    pub commands: Vec<String>,
}

/// Decides about each key there is: one that is added to the types and not here does not compile.
pub fn halves(file: &File) -> Halves {
    let File {
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
    let mut commands = Commands::default();
    let places = File {
        cluster: place(cluster),
        region: place(region),
        service_prefix: place(service_prefix),
        plan_is_complete: place(plan_is_complete),
        escape: place(escape),
        expect: place(expect),
        profile: commands.take("profile", profile, quoted),
        shell: commands.take("shell", shell, quoted),
        services: of_services(services, &mut commands),
        recipes: commands.take_all("recipes", recipes, command_of),
        checks: commands.take("checks", checks, names),
        plugins: commands.take("plugins", plugins, of_plugins),
    };
    Halves {
        places,
        commands: commands.lines,
    }
}

fn of_services(
    services: BTreeMap<String, ServiceSettings>,
    commands: &mut Commands,
) -> BTreeMap<String, ServiceSettings> {
    let split = services.into_iter().map(|(name, settings)| {
        let ServiceSettings { container, shell } = settings;
        let key = format!("services.{name}.shell");
        let places = ServiceSettings {
            container: place(container),
            shell: commands.take(&key, shell, quoted),
        };
        (name, places)
    });
    split.collect()
}

fn place<T>(value: T) -> T {
    value
}

#[derive(Default)]
struct Commands {
    lines: Vec<String>,
}

impl Commands {
    /// Notes the value, and leaves nothing in its place.
    fn take<T>(&mut self, key: &str, value: Option<T>, show: fn(&T) -> String) -> Option<T> {
        let value = value?;
        self.lines.push(format!("{key} = {}", show(&value)));
        None
    }

    fn take_all<T>(
        &mut self,
        key: &str,
        values: BTreeMap<String, T>,
        show: fn(&T) -> String,
    ) -> BTreeMap<String, T> {
        for (name, value) in values {
            self.lines.push(format!("{key}.{name} = {}", show(&value)));
        }
        BTreeMap::new()
    }
}

fn quoted(text: &String) -> String {
    format!("{text:?}")
}

fn command_of(recipe: &Recipe) -> String {
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

fn names(checks: &toml::Table) -> String {
    let names: Vec<&str> = checks.keys().map(String::as_str).collect();
    match names.is_empty() {
        true => "none".to_owned(),
        false => short_list(&names, 20),
    }
}

fn of_plugins(plugins: &PluginSettings) -> String {
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
    use std::path::Path;

    use super::super::file::parse;
    use super::*;

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
    fn a_file_without_trust_names_places_only() {
        let file = parse(ALL, Path::new("x.toml")).unwrap();
        let Halves { places, commands } = halves(&file);
        let expected = r#"
            cluster = "c"
            region = "eu-west-1"
            service_prefix = "p-"
            [services.web]
            container = "app"
            [expect]
            session_logging = true
        "#;
        assert_eq!(places, parse(expected, Path::new("x.toml")).unwrap());
        assert_eq!(
            commands,
            [
                "profile = \"admin\"",
                "shell = \"/bin/ash\"",
                "services.web.shell = \"/bin/sh -c 'curl x'\"",
                "recipes.a = [\"rm\", \"-r\"] in web",
                "checks = tag",
                "plugins = enabled: true",
            ]
        );
        assert!(halves(&places).commands.is_empty());
    }
}
