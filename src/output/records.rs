//! Lists of records for people and for other programs.

use crate::formats::markdown::escape::prose;
use crate::output::{plain_table, table};
use model::text::{capitalized, sanitize_line};
use textwrap::core::display_width;

/// Rows with a column for each name.
pub struct Records {
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
}

impl Records {
    /// An aligned table, with column names in capitals.
    pub fn human(&self) -> String {
        let columns: Vec<String> = self
            .columns
            .iter()
            .map(|name| name.to_uppercase())
            .collect();
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let mut table = table(&columns);
        for row in &self.rows {
            let cells = row.iter().map(|cell| match cell.is_empty() {
                true => "-".to_owned(),
                false => sanitize_line(cell),
            });
            table.add_row(cells.collect::<Vec<_>>());
        }
        plain_table(&table)
    }

    /// Like [`Records::human`], without the first of the optional columns that leave the table too wide.
    pub fn human_within(&self, optional: &[&str], width: usize) -> String {
        let mut text = self.human();
        let mut hidden: Vec<&str> = Vec::new();
        for column in optional {
            if text.lines().all(|line| display_width(line) <= width) {
                break;
            }
            hidden.push(column);
            text = self.without(&hidden).human();
        }
        text
    }

    fn without(&self, hidden: &[&str]) -> Records {
        let kept = |row: &Vec<String>| -> Vec<String> {
            let cells = self.columns.iter().zip(row);
            let cells = cells.filter(|(column, _)| !hidden.contains(column));
            cells.map(|(_, cell)| cell.clone()).collect()
        };
        let columns = self.columns.iter().copied();
        Records {
            columns: columns.filter(|column| !hidden.contains(column)).collect(),
            rows: self.rows.iter().map(kept).collect(),
        }
    }

    /// A table of Markdown, without markup in its cells.
    pub fn markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let names = self.columns.iter().map(|name| capitalized(name)).collect();
        let rules = self.columns.iter().map(|_| "---".to_owned()).collect();
        let rows = self.rows.iter().map(|row| {
            let cells = row.iter().map(|cell| prose(&sanitize_line(cell)));
            line(cells.collect())
        });
        let head = line(names) + &line(rules);
        head + &rows.collect::<String>()
    }

    /// Comma-separated values. <https://www.rfc-editor.org/rfc/rfc4180>
    pub fn csv(&self) -> String {
        let line = |cells: Vec<String>| cells.join(",") + "\r\n";
        let names = self.columns.iter().map(|name| quoted(name)).collect();
        let rows = self.rows.iter();
        let rows = rows.map(|row| line(row.iter().map(|cell| quoted(cell)).collect()));
        line(names) + &rows.collect::<String>()
    }
}

/// A cell. A spreadsheet would calculate a cell that begins like a formula, so an apostrophe comes before it.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
fn quoted(cell: &str) -> String {
    let mut cell = sanitize_line(cell);
    if cell.starts_with(['=', '+', '-', '@']) {
        cell.insert(0, '\'');
    }
    match cell.contains([',', '"']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_table_has_fewer_columns() {
        let records = Records {
            columns: vec!["a", "b", "c"],
            rows: vec![vec!["11111".into(), "22222".into(), "33333".into()]],
        };
        let narrow = records.human_within(&["b", "c"], 13);
        assert_eq!(narrow, "A      C\n11111  33333\n");
    }

    #[test]
    fn cells_cannot_break_out_of_their_format() {
        let records = Records {
            columns: vec!["who", "command"],
            rows: vec![
                vec!["jane".into(), "echo \"a, b\" | x\u{1b}[31m\n<b>".into()],
                vec!["".into(), "=cmd|' /C calc'!A0".into()],
            ],
        };
        assert_eq!(
            records.human(),
            "WHO   COMMAND\njane  echo \"a, b\" | x[31m <b>\n-     =cmd|' /C calc'!A0\n"
        );
        assert_eq!(
            records.csv(),
            "who,command\r\njane,\"echo \"\"a, b\"\" | x[31m <b>\"\r\n,'=cmd|' /C calc'!A0\r\n"
        );
        assert_eq!(
            records.markdown(),
            "| Who | Command |\n| --- | --- |\n| jane | echo \"a, b\" \\| x\\[31m &lt;b&gt; |\n|  | =cmd\\|' /C calc'\\!A0 |\n"
        );
    }
}
