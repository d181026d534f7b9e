//! The rule that a crate depends only on crates below it in the stack.

use super::{SourceFile, Violation};
use crate::workspace;
use cargo_metadata::{DependencyKind, Metadata};

/// The stack, from the bottom to the top.
const STACK: [&str; 10] = [
    "plywood-tensor",
    "plywood-autodiff",
    "plywood-layers",
    "plywood-optimizers",
    "plywood-datasets",
    "plywood-training",
    "plywood-look",
    "plywood-zoo",
    "plywood",
    "plywood-cli",
];

/// What stands lower in the stack and must stay unknown all the same.
const MUST_NOT_KNOW: [(&str, &str, &str); 4] = [
    (
        "plywood-optimizers",
        "plywood-layers",
        "an optimizer sees parameters and gradients: any model will do",
    ),
    ("plywood-datasets", "plywood-autodiff", DATA_WHY),
    ("plywood-datasets", "plywood-layers", DATA_WHY),
    ("plywood-datasets", "plywood-optimizers", DATA_WHY),
];
const DATA_WHY: &str =
    "data are tensors and labels: whoever only reads data shouldn't build the rest";

/// The derive macro, for the crates from the layers upwards.
const DERIVE: &str = "plywood-derive";
const DERIVE_FROM: &str = "plywood-layers";
/// What the tests share, for tests alone.
const TESTKIT: &str = "plywood-testkit";
const XTASK: &str = "xtask";
/// What brings data sets, for the command and the chores.
const FETCH: &str = "plywood-fetch";
const FETCH_FOR: &str = "plywood-cli";

/// A package of the workspace, with its dependencies on others of the workspace.
#[derive(Debug)]
pub(super) struct Crate {
    name: String,
    manifest: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug)]
struct Dependency {
    name: String,
    kind: DependencyKind,
    optional: bool,
    line: usize,
}

/// Reads the crates from `cargo metadata`, and the lines of their dependencies from their manifests.
pub(super) fn crates(metadata: &Metadata, files: &[SourceFile]) -> Vec<Crate> {
    let members: Vec<&str> =
        metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let root = workspace::root();
    let mut crates = Vec::new();
    for package in &metadata.packages {
        let manifest = package.manifest_path.as_std_path();
        let manifest = manifest
            .strip_prefix(&root)
            .unwrap_or(manifest)
            .display()
            .to_string()
            .replace('\\', "/");
        let text = files.iter().find(|file| file.path == manifest).map_or("", |file| &file.text);
        let inside = package
            .dependencies
            .iter()
            .filter(|dependency| members.contains(&dependency.name.as_str()));
        let dependencies = inside
            .map(|dependency| Dependency {
                line: line_of(
                    text,
                    dependency.rename.as_deref().unwrap_or(&dependency.name),
                    dependency.kind,
                ),
                name: dependency.name.clone(),
                kind: dependency.kind,
                optional: dependency.optional,
            })
            .collect();
        crates.push(Crate { name: package.name.to_string(), manifest, dependencies });
    }
    crates
}

/// The line of a manifest on which a dependency is declared, or 1.
fn line_of(manifest: &str, name: &str, kind: DependencyKind) -> usize {
    let table = match kind {
        DependencyKind::Development => "dev-dependencies",
        DependencyKind::Build => "build-dependencies",
        _ => "dependencies",
    };
    let mut inside = false;
    for (index, line) in manifest.lines().enumerate() {
        if let Some(header) =
            line.trim().strip_prefix('[').and_then(|header| header.split(']').next())
        {
            let last = header.rsplit('.').next().unwrap_or_default();
            inside = last == table;
            if last == name && header.trim_end_matches(name).trim_end_matches('.').ends_with(table)
            {
                return index + 1;
            }
        } else if inside {
            let rest = line.trim_start().strip_prefix(name);
            if rest.is_some_and(|rest| rest.starts_with(['.', ' ', '='])) {
                return index + 1;
            }
        }
    }
    1
}

pub(super) fn check(crates: &[Crate]) -> Vec<Violation> {
    let mut violations = Vec::new();
    for user in crates {
        for used in &user.dependencies {
            if let Some((what, why, mend)) = problem(user, used) {
                violations.push(Violation {
                    path: user.manifest.clone(),
                    line: used.line,
                    what,
                    why,
                    mend,
                });
            }
        }
    }
    violations
}

/// What is wrong with a dependency, why it matters, and what to do instead.
fn problem(user: &Crate, used: &Dependency) -> Option<(String, &'static str, String)> {
    let (user, name) = (user.name.as_str(), used.name.as_str());
    let what = format!("{user} depends on {name}");
    let for_tests = used.kind == DependencyKind::Development;
    if user == TESTKIT {
        let why =
            "every crate's tests use the testkit, which works only while it knows none of them";
        return Some((what, why, "move what needs it into that crate's own tests".to_string()));
    }
    if user == FETCH {
        let why = "xtask uses it, which must build while the crates don't, and be quick to build";
        return Some((what, why, "move what needs it to the command".to_string()));
    }
    if user == XTASK && name == FETCH {
        return None;
    }
    if user == XTASK {
        let why = "xtask must build while the crates don't, and be quick to build";
        return Some((
            what,
            why,
            "run the crate's examples or tests with Cargo instead".to_string(),
        ));
    }
    if name == TESTKIT && !for_tests {
        let why = "oracles and strategies are for tests: no user should build them";
        return Some((what, why, "move it to [dev-dependencies]".to_string()));
    }
    if for_tests {
        return None;
    }
    if user == DERIVE {
        let why = "the macro writes code for crates above it, and is built before them all";
        return Some((what, why, "name the crate's paths in the generated code only".to_string()));
    }
    if name == FETCH && user != FETCH_FOR {
        let why =
            "the library reads what is on the disk: it starts no programs and fetches nothing";
        return Some((what, why, format!("do it in {FETCH_FOR}")));
    }
    let height = |name: &str| STACK.iter().position(|other| *other == name);
    let at = height(user)?;
    if let Some((.., why)) = MUST_NOT_KNOW.iter().find(|(from, to, _)| *from == user && *to == name)
    {
        return Some((
            what,
            why,
            "pass what is needed in as an argument from a crate above both".to_string(),
        ));
    }
    if name == DERIVE {
        let why = "below the layers the trait is written by hand, so that those crates stay light";
        let mend = format!("implement the trait by hand, or move the code to {DERIVE_FROM}");
        return (Some(at) < height(DERIVE_FROM)).then_some((what, why, mend));
    }
    if name == FETCH {
        return None;
    }
    let why = "a crate may be used without what lies above it, and is understood without it";
    match height(name) {
        Some(below) if below < at => None,
        Some(_) => {
            let what = format!("{what}, which isn't below it in the stack");
            Some((what, why, format!("move the code to a crate above {name}, or below {user}")))
        }
        None if used.optional => None,
        None => {
            let what = format!("{what}, which has no place in the stack");
            let mend =
                format!("make it optional, or give {name} its place in xtask/src/tidy/stack.rs");
            Some((what, why, mend))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_one(user: &str, used: &str, kind: DependencyKind, optional: bool) -> Option<String> {
        let dependency = Dependency { name: used.to_string(), kind, optional, line: 12 };
        let user = Crate {
            name: user.to_string(),
            manifest: "crates/x/Cargo.toml".to_string(),
            dependencies: vec![dependency],
        };
        let mut violations = check(&[user]);
        assert!(violations.iter().all(|violation| violation.line == 12));
        violations.pop().map(|violation| violation.what)
    }

    fn normal(user: &str, used: &str) -> Option<String> {
        check_one(user, used, DependencyKind::Normal, false)
    }

    #[test]
    fn a_crate_may_use_what_lies_below_it() {
        assert_eq!(normal("plywood-autodiff", "plywood-tensor"), None);
        assert_eq!(normal("plywood", "plywood-zoo"), None);
        assert_eq!(normal("plywood-examples", "plywood"), None);
        let upwards = normal("plywood-tensor", "plywood-autodiff").unwrap();
        assert!(
            upwards.ends_with("depends on plywood-autodiff, which isn't below it in the stack")
        );
        assert!(check_one("plywood-layers", "plywood-zoo", DependencyKind::Build, false).is_some());
    }

    #[test]
    fn tests_may_look_upwards() {
        let dev = DependencyKind::Development;
        assert_eq!(check_one("plywood-optimizers", "plywood-layers", dev, false), None);
        assert_eq!(check_one("plywood-autodiff", "plywood-derive", dev, false), None);
    }

    #[test]
    fn some_lower_crates_stay_unknown() {
        assert!(normal("plywood-optimizers", "plywood-layers").is_some());
        assert!(normal("plywood-datasets", "plywood-autodiff").is_some());
        assert!(normal("plywood-datasets", "plywood-layers").is_some());
        assert!(normal("plywood-datasets", "plywood-optimizers").is_some());
        assert_eq!(normal("plywood-datasets", "plywood-tensor"), None);
    }

    #[test]
    fn the_macro_is_for_the_layers_and_above() {
        assert_eq!(normal("plywood-layers", "plywood-derive"), None);
        assert_eq!(normal("plywood-zoo", "plywood-derive"), None);
        assert!(normal("plywood-autodiff", "plywood-derive").is_some());
        assert!(normal("plywood-derive", "plywood-tensor").is_some());
    }

    #[test]
    fn the_testkit_is_for_tests() {
        let dev = DependencyKind::Development;
        assert_eq!(check_one("plywood-tensor", "plywood-testkit", dev, false), None);
        assert!(normal("plywood-tensor", "plywood-testkit").is_some());
        assert!(check_one("plywood-testkit", "plywood-tensor", dev, false).is_some());
    }

    #[test]
    fn crates_beside_the_stack_are_optional_in_it() {
        assert!(normal("plywood", "plywood-onnx").is_some());
        assert_eq!(check_one("plywood", "plywood-onnx", DependencyKind::Normal, true), None);
        assert_eq!(normal("plywood-onnx", "plywood"), None);
        assert!(normal("xtask", "plywood-tensor").is_some());
    }

    #[test]
    fn what_fetches_is_for_the_command_and_the_chores() {
        assert_eq!(normal("plywood-cli", "plywood-fetch"), None);
        assert_eq!(normal("xtask", "plywood-fetch"), None);
        assert!(normal("plywood-zoo", "plywood-fetch").is_some());
        assert!(normal("plywood-fetch", "plywood-tensor").is_some());
    }

    #[test]
    fn a_dependency_is_found_on_its_line() {
        let manifest = "[package]\nname = \"a\"\n[dependencies]\nplywood-tensor-x = \"1\"\n\
            plywood-tensor.workspace = true\n[dev-dependencies]\nplywood-tensor = \"1\"\n\
            [target.'cfg(unix)'.dependencies]\nlibc = \"1\"\n[dependencies.plywood]\nversion = \"1\"\n";
        assert_eq!(line_of(manifest, "plywood-tensor", DependencyKind::Normal), 5);
        assert_eq!(line_of(manifest, "plywood-tensor", DependencyKind::Development), 7);
        assert_eq!(line_of(manifest, "libc", DependencyKind::Normal), 9);
        assert_eq!(line_of(manifest, "plywood", DependencyKind::Normal), 10);
        assert_eq!(line_of(manifest, "serde", DependencyKind::Normal), 1);
    }
}
