//! What commands write: columns of mixed Chinese and Latin text.

use std::io;

use super::ExitError;

/// Columns on the screen: a Chinese character or full-width sign takes two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if c >= '\u{2E80}' { 2 } else { 1 }).sum()
}

/// `text` filled with spaces on the right to `columns` on the screen.
pub(super) fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` filled with spaces on the left to `columns` on the screen.
pub(super) fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// A reader that closed the pipe (`| head`) has seen enough; any other failure is one.
pub(super) fn written(result: io::Result<()>) -> Result<(), ExitError> {
    match result {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(ExitError::Io(e.to_string())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_a_chinese_character_as_two() {
        assert_eq!(left("中度", 6), "中度  ");
        assert_eq!(right("PM₂", 5), "  PM₂");
        assert_eq!(left("中度污染", 6), "中度污染");
    }

    #[test]
    fn a_closed_pipe_is_no_fault() {
        assert!(written(Err(io::ErrorKind::BrokenPipe.into())).is_ok());
        assert!(matches!(written(Err(io::ErrorKind::StorageFull.into())), Err(ExitError::Io(_))));
    }
}
