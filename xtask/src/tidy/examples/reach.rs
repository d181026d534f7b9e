//! Which types of a crate its users can name.

use super::tree::{Modules, Path, Type};
use std::collections::BTreeSet;

/// The types that a path of public names leads to from the crate's root, each with its file.
pub(super) fn reachable(modules: &Modules) -> Vec<(&str, &Type)> {
    let mut walk = Walk { modules, shown: BTreeSet::new(), types: BTreeSet::new() };
    walk.show(&Path::new());
    let found = walk.types.iter().filter_map(|(path, at)| {
        let module = modules.get(path)?;
        Some((module.file.as_str(), module.types.get(*at)?))
    });
    found.collect()
}

struct Walk<'m> {
    modules: &'m Modules,
    /// The modules whose public names users can reach.
    shown: BTreeSet<Path>,
    /// The types that they can reach: a module, and a type's place in it.
    types: BTreeSet<(Path, usize)>,
}

/// The names that were looked up on the way, each in its module: `use`s may lead in a circle.
type Tried = BTreeSet<(Path, String)>;

/// What a path leads to.
enum Target {
    Module(Path),
    Type(Path, usize),
}

impl Walk<'_> {
    /// Notes all that a module shows.
    fn show(&mut self, path: &Path) {
        let modules = self.modules;
        let Some(module) = modules.get(path) else { return };
        if !self.shown.insert(path.clone()) {
            return;
        }
        for (at, _) in module.types.iter().enumerate().filter(|(_, kind)| kind.public) {
            self.types.insert((path.clone(), at));
        }
        for name in &module.public_modules {
            self.show(&[path.as_slice(), std::slice::from_ref(name)].concat());
        }
        for used in module.uses.iter().filter(|used| used.public) {
            match self.resolve(path, &used.path, &mut Tried::new()) {
                Some(Target::Module(module)) => self.show(&module),
                Some(Target::Type(module, at)) if modules[&module].types[at].public => {
                    self.types.insert((module, at));
                }
                _ => {}
            }
        }
    }

    /// What a path stands for in a module; none for what is another crate's, or no type.
    fn resolve(&self, from: &Path, path: &[String], tried: &mut Tried) -> Option<Target> {
        let (mut here, names) = match path.first()?.as_str() {
            "crate" => (Path::new(), &path[1..]),
            "self" => (from.clone(), &path[1..]),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                (from[..from.len().checked_sub(ups)?].to_vec(), &path[ups..])
            }
            _ => (from.clone(), path),
        };
        for (at, name) in names.iter().enumerate() {
            match self.look_up(&here, name, tried)? {
                Target::Module(module) => here = module,
                found => return (at + 1 == names.len()).then_some(found),
            }
        }
        Some(Target::Module(here))
    }

    /// What a name stands for in a module: something of its own, or what a `use` brings.
    fn look_up(&self, module: &Path, name: &String, tried: &mut Tried) -> Option<Target> {
        let inner = [module.as_slice(), std::slice::from_ref(name)].concat();
        if self.modules.contains_key(&inner) {
            return Some(Target::Module(inner));
        }
        let known = self.modules.get(module)?;
        if let Some(at) = known.types.iter().position(|kind| kind.name == *name) {
            return Some(Target::Type(module.clone(), at));
        }
        if !tried.insert((module.clone(), name.clone())) {
            return None;
        }
        known.uses.iter().find_map(|used| match &used.name {
            // A `use` of the name by itself is another crate's.
            Some(given) if given == name && used.path.len() > 1 => {
                self.resolve(module, &used.path, tried)
            }
            Some(_) => None,
            None => match self.resolve(module, &used.path, tried)? {
                Target::Module(all) => self.look_up(&all, name, tried),
                Target::Type(..) => None,
            },
        })
    }
}
