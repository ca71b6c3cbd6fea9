//! Rows as a table, JSON, JSON lines or comma-separated values.

use std::fmt::Write as _;

use serde_json::Value;

use super::screen::{Format, pretty};

/// Most characters of a cell of a table for people.
const CELL: usize = 60;

/// Writes the rows. Tables and comma-separated values have these columns, JSON has everything.
pub(crate) fn render(format: Format, columns: &[&str], rows: &[Value]) -> String {
    match format {
        Format::Json => pretty(&rows),
        Format::Jsonl => rows.iter().map(|row| format!("{row}\n")).collect(),
        Format::Csv => csv(columns, rows),
        Format::Table => table(columns, rows),
    }
}

/// Comma-separated values after RFC 4180, with line feeds.
fn csv(columns: &[&str], rows: &[Value]) -> String {
    let mut out = csv_line(columns.iter().map(|column| (*column).to_owned()));
    for row in rows {
        out.push_str(&csv_line(columns.iter().map(|column| cell(row.get(column)))));
    }
    out
}

/// One line of comma-separated values.
pub(crate) fn csv_line(cells: impl Iterator<Item = String>) -> String {
    let quoted = |cell: String| {
        if cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') || cell.ends_with(' ') {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell
        }
    };
    let mut line = cells.map(quoted).collect::<Vec<_>>().join(",");
    line.push('\n');
    line
}

fn table(columns: &[&str], rows: &[Value]) -> String {
    let heads: Vec<String> = columns.iter().map(|column| head(column)).collect();
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| columns.iter().map(|column| short(&cell(row.get(column)))).collect())
        .collect();
    let widths: Vec<usize> = heads
        .iter()
        .enumerate()
        .map(|(at, head)| {
            let column = cells.iter().filter_map(|row| row.get(at));
            column.map(|cell| cell.chars().count()).chain([head.chars().count()]).max().unwrap_or(0)
        })
        .collect();
    let mut out = line(&heads, &widths);
    for row in &cells {
        out.push_str(&line(row, &widths));
    }
    out
}

fn line(cells: &[String], widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        // Writing into a string cannot fail.
        write!(line, "{cell:width$}  ").ok();
    }
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

/// `lastUpdatedAt` as `LAST UPDATED AT`.
fn head(column: &str) -> String {
    let mut head = String::new();
    for letter in column.chars() {
        if letter.is_uppercase() {
            head.push(' ');
        }
        head.extend(letter.to_uppercase());
    }
    head
}

/// Text of a value.
pub(crate) fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// A cell that fits and cannot steer the terminal.
fn short(cell: &str) -> String {
    let mut clean: String =
        cell.chars().take(CELL + 1).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() > CELL {
        clean = clean.chars().take(CELL - 1).collect();
        clean.push('…');
    }
    clean
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows() -> Vec<Value> {
        vec![
            json!({ "id": "a,\"b\"", "runtimeStatus": "Failed", "n": 1, "more": [1] }),
            json!({ "id": " é\u{1b}[2J" }),
        ]
    }

    #[test]
    fn comma_separated_values() {
        let text = render(Format::Csv, &["id", "runtimeStatus", "n", "more"], &rows());
        assert_eq!(
            text,
            "id,runtimeStatus,n,more\n\"a,\"\"b\"\"\",Failed,1,[1]\n\" é\u{1b}[2J\",,,\n"
        );
    }

    #[test]
    fn tables_are_aligned_and_harmless() {
        let text = render(Format::Table, &["id", "runtimeStatus"], &rows());
        assert_eq!(text, "ID      RUNTIME STATUS\na,\"b\"   Failed\n é [2J\n");
        let long = json!({ "id": "x".repeat(61) });
        let text = render(Format::Table, &["id"], &[long]);
        assert!(text.ends_with(&format!("{}…\n", "x".repeat(59))), "{text}");
    }

    #[test]
    fn json_has_everything() {
        let lines = render(Format::Jsonl, &[], &rows());
        assert_eq!(lines.lines().count(), 2);
        let all: Value = serde_json::from_str(&render(Format::Json, &[], &rows())).unwrap();
        assert_eq!(all[0]["more"], json!([1]));
        assert_eq!(render(Format::Jsonl, &[], &[]), "");
    }
}
