//! `cargo xtask report`: opens reports in headless Chromium, as a reader would, and takes screenshots.

use crate::command::{cargo, run as run_command};
use crate::workspace::{self, EXAMPLES};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The pages [default: the one that the example `digits` leaves]
    pages: Vec<PathBuf>,
    /// Chromium, such as Debian's package has it
    #[arg(long, value_name = "PROGRAM", default_value = "chromium")]
    chromium: PathBuf,
    /// The folder of the screenshots [default: report, in Cargo's target folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The height of the screenshots
    #[arg(long, value_name = "PIXELS", default_value_t = 2400)]
    height: u32,
}

/// A way to look at a page: its name, the window's width, and whether the system is set to dark.
const LOOKS: [(&str, u32, bool); 4] = [
    ("desktop-light", 1200, false),
    ("desktop-dark", 1200, true),
    ("phone-light", 390, false),
    ("phone-dark", 390, true),
];

/// What a report says of itself: the browser refuses whatever else it would load, and says so in its console. Requests
/// that aren't refused are said nowhere but in a log that has the browser's own among them.
const POLICY: &str =
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:\"";

pub(crate) fn run(args: &Args) -> Result<()> {
    let target = workspace::metadata()?.target_directory.join("report");
    let folder = args.out.clone().unwrap_or_else(|| target.clone().into());
    fs::create_dir_all(&folder).with_context(|| format!("can't make {}", folder.display()))?;
    let pages = match args.pages.is_empty() {
        true => vec![usual_page(target.as_std_path())?],
        false => args.pages.clone(),
    };
    for page in pages {
        let whole = page.canonicalize();
        let whole = whole.with_context(|| format!("there is no {}", page.display()))?;
        if !fs::read_to_string(&whole)?.contains(POLICY) {
            bail!("{} has no policy that refuses requests: `{POLICY}`", page.display());
        }
        for (look, width, dark) in LOOKS {
            let stem = whole.parent().and_then(Path::file_name).unwrap_or("page".as_ref());
            let screenshot = folder.join(format!("{}-{look}.png", stem.to_string_lossy()));
            if screenshot.exists() {
                fs::remove_file(&screenshot)?;
            }
            let said = open(args, &whole, &screenshot, width, dark)?;
            let troubles = troubles(&said);
            if !troubles.is_empty() {
                bail!("{} ({look}):\n{}", page.display(), troubles.join("\n"));
            }
            if !screenshot.exists() {
                bail!("{} ({look}): no screenshot was taken:\n{said}", page.display());
            }
            println!("{}", screenshot.display());
        }
    }
    Ok(())
}

/// As CI does it: whether there was a Chromium to open the page in.
pub(crate) fn check() -> Result<bool> {
    let args = Args { pages: Vec::new(), chromium: "chromium".into(), out: None, height: 2400 };
    let probe = Command::new(&args.chromium).arg("--version").stdout(Stdio::null()).status();
    if probe.is_err() {
        return Ok(false);
    }
    run(&args).map(|()| true)
}

/// The page that the example of the tour leaves.
fn usual_page(folder: &Path) -> Result<PathBuf> {
    run_command(&mut cargo(["build", "--release", "--package", EXAMPLES, "--example", "digits"]))?;
    let target = workspace::metadata()?.target_directory;
    let program = target.join(format!("release/examples/digits{}", std::env::consts::EXE_SUFFIX));
    fs::create_dir_all(folder)?;
    run_command(Command::new(program).current_dir(folder))?;
    Ok(folder.join("runs/digits/report.html"))
}

/// Opens a page, takes a screenshot, and gives what the browser says: what the page's own policy refuses, too.
fn open(args: &Args, page: &Path, screenshot: &Path, width: u32, dark: bool) -> Result<String> {
    let mut command = Command::new(&args.chromium);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .args(["--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"])
        .args(["--enable-logging=stderr", "--log-level=0"])
        .arg(format!("--blink-settings=preferredColorScheme={}", if dark { 0 } else { 1 }))
        .arg(format!("--window-size={width},{}", args.height))
        .arg(format!("--screenshot={}", screenshot.display()))
        .arg(format!("file://{}", page.display()));
    let output = command.output().with_context(|| {
        format!(
            "{} can't be started; Debian has it in the package `chromium`, another is named by --chromium",
            args.chromium.display()
        )
    })?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !output.status.success() {
        bail!("{} failed ({}):\n{said}", args.chromium.display(), output.status);
    }
    Ok(said)
}

/// What a page has said in the browser's console, where errors of scripts and of requests go.
fn troubles(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.contains("CONSOLE")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_page_says_is_a_trouble() {
        let said = "[1:2:0101/000000.1:ERROR:dbus/bus.cc:405] Failed to connect to the bus\n\
                    [1:2:0101/000000.1:INFO:CONSOLE:3] \"Failed to load resource\", source: http://x/ (3)\n\
                    19 bytes written to file a.png";
        assert_eq!(troubles(said).len(), 1);
        assert!(troubles(said)[0].contains("Failed to load resource"));
        assert!(troubles("").is_empty());
    }
}
