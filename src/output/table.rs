use comfy_table::{ContentArrangement, Table, presets};

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
