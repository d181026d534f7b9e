//! Help that fits a terminal of 80 columns.

use clap::{Arg, ArgAction, Command};

use crate::wrap::{WIDTH, lines};

/// The least room that is left for a text, however long an option is.
const LEAST: usize = 30;

/// A command whose texts, and those of its commands, are broken into lines.
pub(crate) fn wrapped(command: Command) -> Command {
    let column = |is_of_section: fn(&Arg) -> bool| {
        let own = command.get_arguments().filter(|argument| is_of_section(argument));
        own.map(width).max().unwrap_or(0)
    };
    let (named, placed) = (column(|arg| !arg.is_positional()), column(Arg::is_positional));
    // `-h, --help` is among the options.
    let named = named.max("      --help".len());
    command
        .mut_args(|argument| {
            let own = if argument.is_positional() { placed } else { named };
            of_argument(argument, WIDTH.saturating_sub(own + 2).max(LEAST))
        })
        .mut_subcommands(wrapped)
}

/// The columns that an argument takes in front of its text: `  -h, --help`, `      --csv <FILE>` or
/// `  <PHOTO>...`.
fn width(argument: &Arg) -> usize {
    let mut width = match argument.get_long() {
        Some(long) => "  -h, --".len() + long.chars().count(),
        None => "  ".len(),
    };
    for name in argument.get_value_names().unwrap_or_default() {
        width += " <>".len() + name.chars().count();
    }
    let several = argument.is_positional() && matches!(argument.get_action(), ArgAction::Append);
    width + if several { "...".len() } else { 0 }
}

/// An argument with its text in lines of so many letters, its default and its possible values among them.
fn of_argument(argument: Arg, room: usize) -> Arg {
    let Some(mut text) = argument.get_help().map(ToString::to_string) else { return argument };
    if !argument.get_action().takes_values() {
        return argument.help(lines(&text, room));
    }
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<_> = defaults.map(|value| value.to_string_lossy()).collect();
    if !defaults.is_empty() {
        text += &format!(" [default: {}]", defaults.join(", "));
    }
    let possible = argument.get_possible_values();
    if !possible.is_empty() && !argument.is_hide_possible_values_set() {
        let names: Vec<&str> = possible.iter().map(|value| value.get_name()).collect();
        text += &format!(" [possible values: {}]", names.join(", "));
    }
    argument.help(lines(&text, room)).hide_default_value(true).hide_possible_values(true)
}
