//! How much memory Plywood may hold, and the errors of those who ask for more.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::{Error, ErrorKind};

/// The environment variable that sets the budget.
const VARIABLE: &str = "PLYWOOD_MEMORY_BUDGET";

/// No allocation of Rust's can be larger.
const ADDRESSABLE: usize = isize::MAX as usize;

/// Stands for a budget that nobody has asked for yet: more than [`ADDRESSABLE`], so no budget.
const UNKNOWN: usize = usize::MAX;

static BUDGET: AtomicUsize = AtomicUsize::new(UNKNOWN);

/// The number of bytes that Plywood may hold at a time.
///
/// By default it is the memory of the machine or the limit of the process's control group,
/// whichever is less: of the two, only Linux is asked, elsewhere it is `isize::MAX`, which refuses
/// no more than Rust does. The environment variable `PLYWOOD_MEMORY_BUDGET` sets another: a number
/// of bytes, or with `K`, `M`, `G` or `T` behind it of 1024, 1024², 1024³ or 1024⁴ bytes. If it
/// holds anything else the budget is 0, and the errors that follow say that this is why.
/// [`set_budget`] goes before both, which are read once.
pub fn budget() -> usize {
    match BUDGET.load(Ordering::Relaxed) {
        UNKNOWN => {
            let budget = *from_environment().as_ref().unwrap_or(&0);
            // Another thread may have set it in the meantime: that one stays.
            BUDGET
                .compare_exchange(UNKNOWN, budget, Ordering::Relaxed, Ordering::Relaxed)
                .map_or_else(|set| set, |_| budget)
        }
        known => known,
    }
}

/// Sets the [`budget`] of the process, in bytes. What is held already stays, also if it is more.
pub fn set_budget(bytes: usize) {
    BUDGET.store(bytes.min(ADDRESSABLE), Ordering::Relaxed);
}

/// Whether the budget allows for `bytes` beside those that are `held`.
pub(crate) fn fits(bytes: usize, held: usize) -> bool {
    held.checked_add(bytes).is_some_and(|sum| sum <= budget())
}

/// The error for `bytes` that the budget doesn't allow for beside those that are `held`.
#[cold]
pub(crate) fn refused(bytes: usize, held: usize) -> Error {
    match (budget(), from_environment()) {
        (0, Err(nonsense)) => Error::new(ErrorKind::Value, nonsense),
        (budget, _) => beyond(bytes, held, budget),
    }
}

fn beyond(bytes: usize, held: usize, budget: usize) -> Error {
    let error = Error::new(
        ErrorKind::Memory,
        format!(
            "{} of memory asked for, {} in use, the budget is {}",
            amount(bytes),
            amount(held),
            amount(budget)
        ),
    );
    match held.checked_add(bytes) {
        Some(needed) if needed <= ADDRESSABLE => {
            let gibibytes = needed.div_ceil(1 << 30);
            error.hint(format!(
                "use smaller sizes, or raise the budget with {VARIABLE}={gibibytes}G or \
                 memory::set_budget"
            ))
        }
        _ => error.hint("no machine can address that much: use smaller sizes"),
    }
}

/// The error for `bytes` within the budget that the system hasn't got.
#[cold]
pub(crate) fn system_refused(bytes: usize, held: usize) -> Error {
    let (bytes, held) = (amount(bytes), amount(held));
    Error::new(
        ErrorKind::Memory,
        format!("{bytes} of memory asked for, {held} in use, the system has no more to give"),
    )
    .hint("use smaller sizes, or free memory elsewhere")
}

/// A number of bytes, for people.
fn amount(bytes: usize) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut rest = bytes as f64 / 1024.0;
    if rest < 1.0 {
        return format!("{bytes} bytes");
    }
    let mut unit = 0;
    // What would be rounded to 1024.0 is 1.0 of the next unit.
    while rest >= 1023.95 && unit + 1 < UNITS.len() {
        rest /= 1024.0;
        unit += 1;
    }
    format!("{rest:.1} {}", UNITS[unit])
}

/// The budget that the environment variable or the machine says, read once, or what is wrong with
/// the variable.
fn from_environment() -> &'static Result<usize, String> {
    static READ: OnceLock<Result<usize, String>> = OnceLock::new();
    READ.get_or_init(|| match std::env::var_os(VARIABLE) {
        Some(text) => parse_budget(&text.to_string_lossy()),
        None => Ok(of_machine()),
    })
}

/// A number of bytes with or without a unit, as the environment variable holds it.
fn parse_budget(text: &str) -> Result<usize, String> {
    let shift = match text.chars().last().map(|last| last.to_ascii_uppercase()) {
        Some('K') => 10,
        Some('M') => 20,
        Some('G') => 30,
        Some('T') => 40,
        _ => 0,
    };
    let digits = if shift == 0 { text } else { &text[..text.len() - 1] };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Too many digits are a number all the same, beyond what can be addressed.
    let bytes = plain.then(|| match digits.parse::<usize>() {
        Ok(number) => number.checked_mul(1 << shift).unwrap_or(ADDRESSABLE).min(ADDRESSABLE),
        Err(_) => ADDRESSABLE,
    });
    bytes.ok_or_else(|| {
        format!("{VARIABLE} is {text:?}, it must be a number of bytes such as 8589934592, or 8G")
    })
}

/// The least of what the machine has and its control groups allow.
#[cfg(target_os = "linux")]
fn of_machine() -> usize {
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    let machine = read(Path::new("/proc/meminfo")).and_then(|text| parse_total(&text));
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let limits =
        limit_files(&groups).into_iter().filter_map(|path| read(&path)?.trim().parse().ok());
    limits.chain(machine).fold(ADDRESSABLE, usize::min)
}

/// Only Linux tells through plain files; asking other systems takes another interface for each.
#[cfg(not(target_os = "linux"))]
fn of_machine() -> usize {
    ADDRESSABLE
}

/// The machine's memory in bytes, of the text of `/proc/meminfo`.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has the file"))]
fn parse_total(meminfo: &str) -> Option<usize> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: usize = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The files that may hold a limit, given the text of `/proc/self/cgroup`: those of the process's
/// own group and of every one above it, up to where the hierarchy is mounted (in a container the
/// names below need not exist, and its own limit is found there). Version 2 writes `max` for no
/// limit, which is no number, version 1 a number beyond any machine.
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux has control groups"))]
fn limit_files(cgroup: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in cgroup.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) =
            (fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        let (mount, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let group = Path::new(path.trim_start_matches('/'));
        files.extend(group.ancestors().map(|group| Path::new(mount).join(group).join(file)));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_holds_bytes_or_a_unit() {
        for (text, bytes) in [
            ("0", 0),
            ("4096", 4096),
            ("3K", 3 << 10),
            ("200m", 200 << 20),
            ("8G", 8 << 30),
            ("2T", 2 << 40),
            ("99999999T", ADDRESSABLE),
            ("99999999999999999999999", ADDRESSABLE),
        ] {
            assert_eq!(parse_budget(text), Ok(bytes), "{text}");
        }
        for text in ["", "G", "8 G", "-1", "+1", "1.5G", "8GB", "half", "8Ğ"] {
            assert_eq!(
                parse_budget(text),
                Err(format!(
                    "PLYWOOD_MEMORY_BUDGET is {text:?}, \
                     it must be a number of bytes such as 8589934592, or 8G"
                )),
            );
        }
    }

    #[test]
    fn the_machines_memory_is_a_line_of_meminfo() {
        let text = "MemTotal:       16384256 kB\nMemFree:         1234567 kB\nHugePages_Total: 0\n";
        assert_eq!(parse_total(text), Some(16_384_256 * 1024));
        for text in ["", "MemFree: 12 kB\n", "MemTotal: 12 MB\n", "MemTotal: many kB\n"] {
            assert_eq!(parse_total(text), None, "{text}");
        }
    }

    #[test]
    fn a_group_is_limited_by_those_above_it_too() {
        let files = |text| -> Vec<String> {
            limit_files(text).iter().map(|path| path.display().to_string()).collect()
        };
        assert_eq!(
            files("0::/user.slice/session-2.scope\n"),
            [
                "/sys/fs/cgroup/user.slice/session-2.scope/memory.max",
                "/sys/fs/cgroup/user.slice/memory.max",
                "/sys/fs/cgroup/memory.max",
            ],
        );
        assert_eq!(files("0::/\n"), ["/sys/fs/cgroup/memory.max"]);
        assert_eq!(
            files("12:cpu,cpuacct:/a\n4:memory:/docker/12:34\n1:name=systemd:/b\nnonsense\n"),
            [
                "/sys/fs/cgroup/memory/docker/12:34/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            ],
        );
    }

    #[test]
    fn refusals_name_the_amounts_and_the_way_out() {
        assert_eq!(
            beyond(5 << 40, 3 << 29, 16 << 30).to_string(),
            "5.0 TiB of memory asked for, 1.5 GiB in use, the budget is 16.0 GiB; \
             use smaller sizes, or raise the budget with PLYWOOD_MEMORY_BUDGET=5122G or \
             memory::set_budget",
        );
        assert_eq!(
            beyond(usize::MAX, 12, 1 << 20).to_string(),
            "16.0 EiB of memory asked for, 12 bytes in use, the budget is 1.0 MiB; \
             no machine can address that much: use smaller sizes",
        );
        assert_eq!(
            system_refused(2048, 1000).to_string(),
            "2.0 KiB of memory asked for, 1000 bytes in use, the system has no more to give; \
             use smaller sizes, or free memory elsewhere",
        );
        assert_eq!(beyond(1, 0, 0).kind(), ErrorKind::Memory);
        let largest = [0, 1023, 1024, (1 << 20) - 1, usize::MAX].map(amount);
        assert_eq!(largest, ["0 bytes", "1023 bytes", "1.0 KiB", "1.0 MiB", "16.0 EiB"]);
    }
}
