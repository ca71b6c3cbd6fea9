//! The question before something is deleted.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use super::failure::Failure;

/// Asks for a word when a person sits at the terminal. Scripts are not asked, and `--yes` answers.
///
/// # Errors
/// When the word was not typed.
pub(crate) fn ask(yes: bool, what: &str, word: &str) -> Result<(), Failure> {
    if yes || !io::stdin().is_terminal() {
        return Ok(());
    }
    let mut err = anstream::stderr();
    writeln!(err, "{what}\nThis cannot be undone. Type {word} to go on:")?;
    err.flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    if line.trim() == word {
        return Ok(());
    }
    Err(Failure::failed("not confirmed, so nothing was changed"))
}

/// Waits for the Enter key, when a person sits at the terminal.
pub(crate) fn wait() {
    if io::stdin().is_terminal() {
        super::screen::hint("Press Enter to go on.");
        // Whatever comes ends it.
        io::stdin().lock().read_line(&mut String::new()).ok();
    }
}
