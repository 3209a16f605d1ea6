//! Cells of CSV files (RFC 4180). Alert texts are an attacker's, and a spreadsheet runs what begins like a formula.

/// What a formula begins with, in full-width form too.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// A cell: quoted, and never a formula, wherever a reader begins a cell. Excel opens a file with the separator of its region,
/// which is `;` in much of Europe: there a quote in the middle of a line protects nothing.
pub(super) fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut begins = true;
    for c in text.chars() {
        if begins && FORMULA.contains(&c) {
            out.push('\'');
        }
        begins = matches!(c, ';' | '\t' | '\n' | '\r') || (begins && (c.is_whitespace() || c == '"'));
        if c == '"' {
            out.push('"');
        }
        out.push(c);
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The cells of a line as a lenient reader splits it: quotes count where a cell begins with one.
    fn split(line: &str, separator: char) -> Vec<String> {
        let mut cells = vec![String::new()];
        let (mut quoted, mut begins) = (false, true);
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            let cell = cells.last_mut().unwrap();
            match c {
                '"' if begins => quoted = true,
                '"' if quoted && rest.peek() == Some(&'"') => {
                    rest.next();
                    cell.push('"');
                }
                '"' if quoted => quoted = false,
                '\r' | '\n' if !quoted => {
                    cells.push(String::new());
                    begins = true;
                    continue;
                }
                c if c == separator && !quoted => {
                    cells.push(String::new());
                    begins = true;
                    continue;
                }
                c => cell.push(c),
            }
            begins = false;
        }
        cells
    }

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (text, wanted) in [
            ("plain", "\"plain\""),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "\"'=1+1\""),
            ("-1", "\"'-1\""),
            ("＠SUM(A1)", "\"'＠SUM(A1)\""),
            ("disk full;=HYPERLINK(\"x\")", "\"disk full;'=HYPERLINK(\"\"x\"\")\""),
            ("a\n \"=1", "\"a\n \"\"'=1\""),
            ("a=b", "\"a=b\""),
        ] {
            assert_eq!(cell(text), wanted);
        }
    }

    proptest! {
        #[test]
        fn no_reader_finds_a_formula(pieces in prop::collection::vec(prop::collection::vec(
            prop::sample::select(vec![";", ",", "\"", "=", "+", "-", "@", "＝", "\t", "\n", "\r", " ", "a", "'", "|"]), 0..9), 1..4))
        {
            let texts: Vec<String> = pieces.into_iter().map(|text| text.concat()).collect();
            let line = texts.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",");
            for separator in [',', ';', '\t'] {
                for found in split(&line, separator) {
                    prop_assert!(!found.trim_start_matches([' ', '"', '\t', '\r', '\n']).starts_with(FORMULA), "{separator:?} {found:?} in {line:?}");
                }
            }
            prop_assert_eq!(split(&line, ',').len(), texts.len());
        }
    }
}
