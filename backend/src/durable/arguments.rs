//! The command line of `func`, made into one that clap reads.
//!
//! `func` takes names in any case, options as `--opt value`, `--opt=value`, `--opt:value` and `/opt value`, and switches
//! with or without `true`, `false`, `on` or `off`. Everything outside `taskhub durable` stays as it is.

use std::ffi::OsString;

use clap::{Arg, Command};

/// Name of the command whose arguments are read so.
const CONTEXT: &str = "durable";

/// How an option takes its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// The next word, whatever it is.
    One,
    /// Words up to the next option.
    Many,
    /// `true`, `false`, `on` or `off`, which may be absent.
    Switch,
    Nothing,
}

/// Arguments that clap can read; `command` is the whole command line.
pub(crate) fn read(arguments: impl Iterator<Item = OsString>, command: &Command) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.collect();
    if matches(arguments.get(1), "help") && matches(arguments.get(2), CONTEXT) {
        lower(arguments.get_mut(1));
        arguments.iter_mut().skip(2).for_each(|word| lower(Some(word)));
        return arguments;
    }
    if !matches(arguments.get(1), CONTEXT) {
        return arguments;
    }
    let Some(durable) = command.get_subcommands().find(|known| known.get_name() == CONTEXT) else {
        return arguments;
    };
    let rest = arguments.split_off(2);
    lower(arguments.get_mut(1));
    arguments.extend(Reader { durable, action: None }.read(rest));
    arguments
}

/// Whether the arguments are of `taskhub durable`.
pub(crate) fn is_durable(arguments: &[OsString]) -> bool {
    matches(arguments.get(1), CONTEXT)
}

/// Whether a switch stands among arguments that have been read.
pub(crate) fn has_switch(arguments: &[OsString], name: &str) -> bool {
    let on = [format!("--{name}"), format!("--{name}=true"), format!("--{name}=on")];
    arguments.iter().filter_map(|word| word.to_str()).any(|word| on.iter().any(|on| on == word))
}

fn matches(word: Option<&OsString>, name: &str) -> bool {
    word.and_then(|word| word.to_str()).is_some_and(|word| word.eq_ignore_ascii_case(name))
}

fn lower(word: Option<&mut OsString>) {
    if let Some(word) = word {
        word.make_ascii_lowercase();
    }
}

struct Reader<'a> {
    durable: &'a Command,
    action: Option<&'a Command>,
}

impl Reader<'_> {
    fn read(mut self, words: Vec<OsString>) -> Vec<OsString> {
        let mut out = Vec::new();
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.next() {
            let Some(text) = word.to_str() else {
                out.push(word);
                continue;
            };
            if text == "--" {
                out.push(word);
                out.extend(words);
                break;
            }
            if text == "-?" {
                out.push("--help".into());
                continue;
            }
            let Some((name, takes, value)) = self.option(text) else {
                out.push(self.action_of(text).unwrap_or(word));
                continue;
            };
            if let Some(value) = value {
                out.push(joined(&name, &value.into()));
                continue;
            }
            match takes {
                Takes::One => match words.next_if(|next| !self.is_option(next)) {
                    Some(value) => out.push(joined(&name, &value)),
                    None => out.push(format!("--{name}").into()),
                },
                Takes::Many => {
                    let mut all = OsString::new();
                    while let Some(value) = words.next_if(|next| !self.is_option(next)) {
                        if !all.is_empty() {
                            all.push(" ");
                        }
                        all.push(value);
                    }
                    out.push(match all.is_empty() {
                        true => format!("--{name}").into(),
                        false => joined(&name, &all),
                    });
                }
                Takes::Switch => match words.next_if(|next| !looks_like_option(next)) {
                    Some(value) => out.push(joined(&name, &value)),
                    None => out.push(format!("--{name}").into()),
                },
                Takes::Nothing => out.push(format!("--{name}").into()),
            }
        }
        out
    }

    /// The name of an action in its own spelling; the first word that is none ends the search.
    fn action_of(&mut self, text: &str) -> Option<OsString> {
        if self.action.is_some() {
            return None;
        }
        let known = self.durable.get_subcommands().find(|known| {
            known.get_name_and_visible_aliases().iter().any(|name| name.eq_ignore_ascii_case(text))
        })?;
        self.action = Some(known);
        Some(known.get_name().into())
    }

    /// Name of a known option, how it takes its value, and the value that is joined to it.
    fn option(&self, text: &str) -> Option<(String, Takes, Option<String>)> {
        let rest = text.strip_prefix("--").or_else(|| text.strip_prefix('/'))?;
        let (name, value) = match rest.find(['=', ':']) {
            Some(at) => (rest.get(..at)?, rest.get(at + 1..).map(str::to_owned)),
            None => (rest, None),
        };
        let known = self.known().find_map(|known| {
            let names = known.get_long_and_visible_aliases().unwrap_or_default();
            let named = names.iter().any(|long| long.eq_ignore_ascii_case(name));
            Some((known.get_long()?, known)).filter(|_| named)
        });
        let (name, known) = known?;
        Some((name.to_owned(), takes(known), value))
    }

    fn is_option(&self, word: &OsString) -> bool {
        word.to_str().is_some_and(|text| text == "--" || self.option(text).is_some())
    }

    fn known(&self) -> impl Iterator<Item = &Arg> {
        self.durable
            .get_arguments()
            .chain(self.action.into_iter().flat_map(|action| action.get_arguments()))
    }
}

fn looks_like_option(word: &OsString) -> bool {
    word.to_str().is_some_and(|text| text.starts_with('-') || text.starts_with('/'))
}

fn takes(argument: &Arg) -> Takes {
    if !argument.get_action().takes_values() {
        return Takes::Nothing;
    }
    match argument.get_num_args() {
        Some(range) if range.min_values() == 0 => Takes::Switch,
        Some(range) if range.max_values() > 1 => Takes::Many,
        _ => Takes::One,
    }
}

fn joined(name: &str, value: &OsString) -> OsString {
    let mut word = OsString::from(format!("--{name}="));
    word.push(value);
    word
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::commands::Cli;

    fn read_line(line: &str) -> String {
        let mut command = Cli::command();
        command.build();
        let words = std::iter::once("taskhub").chain(line.split('|')).map(OsString::from);
        let words = read(words, &command).into_iter().skip(1);
        words.map(|word| word.into_string().unwrap()).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn every_form_of_an_option_becomes_one() {
        for (line, expected) in [
            ("DURABLE|Terminate|--ID|x", "durable|terminate|--id=x"),
            ("durable|terminate|/id|x|/Reason:a b", "durable|terminate|--id=x|--reason=a b"),
            ("durable|terminate|--id:x=y|--reason=a:b", "durable|terminate|--id=x=y|--reason=a:b"),
            ("durable|--server|http://h|terminate", "durable|--server=http://h|terminate"),
            ("durable|terminate|--reason|-x|--id|/y", "durable|terminate|--reason=-x|--id=/y"),
            ("durable|terminate|--reason|--id|x", "durable|terminate|--reason|--id=x"),
            ("durable|terminate|--id", "durable|terminate|--id"),
            (
                "durable|get-runtime-status|--show-input|--id|x",
                "durable|get-runtime-status|--show-input|--id=x",
            ),
            (
                "durable|get-runtime-status|--show-input|ON|--yes",
                "durable|get-runtime-status|--show-input=ON|--yes",
            ),
            (
                "durable|get-instances|--runtime-status|running|completed|--top|5",
                "durable|get-instances|--runtime-status=running completed|--top=5",
            ),
            (
                "durable|terminate|--prefix|d|--unknown|x|/etc",
                "durable|terminate|--script-root=d|--unknown|x|/etc",
            ),
            ("durable|terminate|-?", "durable|terminate|--help"),
            ("durable|terminate|--|--ID|x", "durable|terminate|--|--ID|x"),
            ("durable|Nothing|--ID|x", "durable|Nothing|--ID|x"),
            ("Help|Durable|Start-New", "help|durable|start-new"),
            ("serve|--Listen|x", "serve|--Listen|x"),
        ] {
            assert_eq!(read_line(line), expected, "{line}");
        }
    }
}
