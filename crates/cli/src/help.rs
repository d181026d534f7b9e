//! Help that fits a terminal of 80 columns.

use clap::{Arg, Command};

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

/// The columns that an argument takes in front of its text.
fn width(argument: &Arg) -> usize {
    let spaces = if argument.is_positional() { 2 } else { 0 };
    let shown = argument.to_string().chars().count();
    spaces + shown + if argument.is_positional() { 0 } else { "  -h, ".len() }
}

fn of_argument(argument: Arg, room: usize) -> Arg {
    let Some(mut text) = argument.get_help().map(ToString::to_string) else { return argument };
    let list = |values: Vec<String>| values.join(", ");
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<String> =
        defaults.map(|value| value.to_string_lossy().into_owned()).collect();
    let takes_values = argument.get_action().takes_values();
    if !defaults.is_empty() && takes_values && !argument.is_hide_default_value_set() {
        text += &format!(" [default: {}]", list(defaults));
    }
    let possible = argument.get_possible_values();
    if !possible.is_empty() && takes_values && !argument.is_hide_possible_values_set() {
        let names = possible.iter().map(|value| value.get_name().to_owned());
        text += &format!(" [possible values: {}]", list(names.collect()));
    }
    argument.help(lines(&text, room)).hide_default_value(true).hide_possible_values(true)
}
