//! The answers to the questions that people ask about continuous export: the words, and how facts become tables.
//!
//! Pure: it must not know where facts come from (`console` gathers them), nor how an article is shown.

pub mod facts;
pub mod schema;
mod text;

pub use text::{Text, text};

#[cfg(test)]
mod tests {
    use super::text;
    use domain::article::Slug;

    #[test]
    fn every_question_has_an_answer_and_a_page_of_microsofts() {
        for slug in Slug::ALL {
            let text = text(*slug);
            assert!(!text.answer.is_empty() && !text.links.is_empty(), "{slug}");
            assert!(text.answer.iter().all(|one| one.ends_with(['.', '?'])), "{slug}: whole sentences");
            assert!(text.links.iter().all(|(_, to)| to.starts_with("https://")), "{slug}");
        }
    }
}
