//! Files of the store belong to the console's account alone: alerts, digests of sessions, sealed secrets, the key.

use std::{io, os::unix::fs::PermissionsExt, path::Path};

/// What the group and everybody else may do.
const OTHERS: u32 = 0o077;

/// Takes from other accounts what they may do with a file or folder; an error where this account may not do that.
pub(super) fn close_to_others(path: &Path) -> io::Result<()> {
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o7777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & !OTHERS)).map_err(|error| {
        let advice = "give the console's account a folder of its own, with mode 0700";
        io::Error::new(
            error.kind(),
            format!(
                "other accounts may open {} (mode {mode:04o}), which could not be changed ({error}); {advice}",
                path.display()
            ),
        )
    })?;
    tracing::warn!("{} was open to other accounts (mode {mode:04o}) and is closed to them now", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_may_do_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        std::fs::write(&file, "x").unwrap();
        for (before, after) in [(0o644, 0o600), (0o600, 0o600), (0o666, 0o600), (0o400, 0o400), (0o755, 0o700)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(before)).unwrap();
            close_to_others(&file).unwrap();
            assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, after, "{before:o}");
        }
        assert!(close_to_others(&folder.path().join("nothing")).is_err());
    }
}
