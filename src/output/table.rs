use comfy_table::{ContentArrangement, Table, presets};
use textwrap::core::display_width;

/// A table without lines; its columns are aligned and never cut.
pub fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(columns.to_vec());
    table
}

/// The table's text without trailing spaces.
pub fn plain_table(table: &Table) -> String {
    table
        .lines()
        .map(|line| format!("{}\n", line.trim()))
        .collect()
}

/// A name without its middle, if it is wider than `most` columns: both ends tell it from others.
pub fn without_middle(name: &str, most: usize, ellipsis: &str) -> String {
    if display_width(name) <= most {
        return name.to_owned();
    }
    let room = most.saturating_sub(display_width(ellipsis));
    let start = start_within(name.chars(), room.div_ceil(2));
    let end = start_within(name.chars().rev(), room / 2);
    let end: String = end.chars().rev().collect();
    format!("{start}{ellipsis}{end}")
}

/// The first characters that fit into so many columns.
pub fn start_within(chars: impl Iterator<Item = char>, most: usize) -> String {
    let mut text = String::new();
    for c in chars {
        text.push(c);
        if display_width(&text) > most {
            text.pop();
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_both_ends() {
        assert_eq!(without_middle("payments-eu", 11, "…"), "payments-eu");
        assert_eq!(
            without_middle("payments-service-eu", 11, "…"),
            "payme…ce-eu"
        );
        assert_eq!(
            without_middle("payments-service-eu", 11, "..."),
            "paym...e-eu"
        );
        assert_eq!(without_middle("日本語サービス", 7, "…"), "日…ス");
        assert_eq!(without_middle("abc", 0, "…"), "…");
    }
}
