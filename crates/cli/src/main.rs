//! The `plywood` command: thin over the library, one file for each of its commands.
//!
//! It answers on standard output and tells of progress and errors on standard error. It ends with 0
//! when it has done what it was asked, with 1 when it couldn't, with 2 when it didn't understand, with 3
//! when some of the answers are missing, and with 130 when it was asked to stop and has saved where it was.

mod amount;
mod class_weights;
mod classify;
mod compare;
mod data;
mod doubts;
mod eval;
mod eval_audio;
mod fetch;
mod finetune;
mod help;
mod how_good;
mod image_files;
mod learnt_from;
mod look;
mod look_audio;
mod missing;
mod models;
mod names;
mod options;
mod predict;
mod report;
mod say;
mod sound;
mod split;
mod summary;
mod table_file;
mod target;
mod train;
mod translate;
mod wrap;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use plywood::tensor::{ErrorKind, Result, check_instructions, threads};

use say::Output;

/// What `--help` says of how the command ends.
const EXIT_STATUS: &str = "\
Exit status:
  0    done
  1    it couldn't be done: the error says why
  2    the command line wasn't understood
  3    predict: some rows or files couldn't be read, and have no answer
  130  stopped by Ctrl-C; a training run has saved where it was";

/// The exit status where an answer is missing.
const INCOMPLETE: u8 = 3;

/// What shells give for a program that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// Deep learning from the command line: photos, recordings, tables and texts.
#[derive(Parser)]
#[command(name = "plywood", version, after_help = EXIT_STATUS)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List the models
    Models,
    /// Print a model layer by layer, with shapes and parameters
    Summary(summary::Arguments),
    /// Say what is in photos
    Classify(classify::Arguments),
    /// Show on a page what a network sees in an image or a recording
    Look(look::Arguments),
    /// Teach a trained network the classes of a folder of images
    Finetune(finetune::Arguments),
    /// Train a model on a table, images, recordings or sentences
    Train(Box<train::Arguments>),
    /// Evaluate a trained model on other data
    Eval(eval::Arguments),
    /// Predict what isn't known of a table's rows, images or recordings
    Predict(predict::Arguments),
    /// Translate sentences by a network that has learnt it
    Translate(translate::Arguments),
    /// Set runs side by side: settings that differ, and figures
    Compare(compare::Arguments),
    /// Look at data before training
    Data(data::Arguments),
    /// Bring data sets and weights, or list those that can be brought
    Fetch(fetch::Arguments),
    /// Print the completions of a shell, to be sourced or installed
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let matches = help::wrapped(Arguments::command()).get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    threads::init();
    let mut out = Output::stdout();
    match check_instructions()
        .and_then(|()| run(arguments.command, &mut out))
        .and_then(|()| out.end())
    {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(INCOMPLETE),
        Err(error) => {
            say::complain(&error);
            match error.kind() {
                ErrorKind::Interrupted => ExitCode::from(INTERRUPTED),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn run(command: Command, out: &mut Output) -> Result<()> {
    match command {
        Command::Models => models::run(out),
        Command::Summary(arguments) => summary::run(&arguments, out),
        Command::Classify(arguments) => classify::run(&arguments, out),
        Command::Look(arguments) => look::run(&arguments, out),
        Command::Finetune(arguments) => finetune::run(&arguments, out),
        Command::Train(arguments) => train::run(&arguments, out),
        Command::Eval(arguments) => eval::run(&arguments, out),
        Command::Predict(arguments) => predict::run(&arguments, out),
        Command::Translate(arguments) => translate::run(&arguments, out),
        Command::Compare(arguments) => compare::run(&arguments, out),
        Command::Data(arguments) => data::run(&arguments, out),
        Command::Fetch(arguments) => fetch::run(&arguments, out),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "plywood", &mut script);
            out.say(String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_make_sense() {
        help::wrapped(Arguments::command()).debug_assert();
    }

    #[test]
    fn help_fits_a_terminal() {
        let mut command = help::wrapped(Arguments::command());
        command.build();
        let mut pages = vec![command.render_help()];
        pages.extend(command.get_subcommands_mut().map(clap::Command::render_help));
        for page in pages {
            let page = page.to_string();
            for line in page.lines() {
                assert!(line.chars().count() <= 80, "{line}\n{page}");
            }
        }
    }
}
