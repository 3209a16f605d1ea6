//! What this program writes and reads as its account's alone: a ready file with a sign-in link, files with secrets.

use crate::{Failure, config::ServeFlags};
use std::{
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Everything that is made from now on is closed to other accounts, before a mode could be set.
pub(super) fn close_what_is_made() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Writes a file beside itself and renames it into place, so that whoever waits for it sees it whole. It may hold a sign-in
/// link: a link that somebody put in its place is not followed.
pub(super) fn write_ready(path: &Path, content: &serde_json::Value) -> Result<(), Failure> {
    let part = path.with_extension("part");
    match std::fs::remove_file(&part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    file.write_all(format!("{content}\n").as_bytes())?;
    Ok(std::fs::rename(&part, path)?)
}

/// Warns of files with secrets that other accounts may read. They are not refused: orchestrators mount secrets that way, in
/// places that nobody else enters.
pub(super) fn warn_of_open_secrets(settings: &ServeFlags) {
    let config = settings.config.iter().filter(|_| settings.client_secret.is_some() || settings.key.is_some());
    let certificates = settings.tenants.iter().filter_map(|tenant| tenant.client_certificate.as_ref());
    for path in config.chain(&settings.client_certificate).chain(certificates) {
        if let Some(mode) = open_mode(path) {
            tracing::warn!(
                "{} holds a secret and other accounts may read it (mode {mode:04o}); chmod 600 it",
                path.display()
            );
        }
    }
}

/// The mode of a file that other accounts may read.
fn open_mode(path: &Path) -> Option<u32> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o044 != 0).then_some(mode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn the_ready_file_is_private_and_follows_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let (ready, elsewhere) = (folder.path().join("ready.json"), folder.path().join("elsewhere"));
        std::fs::write(&elsewhere, "untouched").unwrap();
        symlink(&elsewhere, folder.path().join("ready.part")).unwrap();
        write_ready(&ready, &serde_json::json!({"console": "http://127.0.0.1:3000"})).unwrap();
        assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), "untouched");
        let found = std::fs::symlink_metadata(&ready).unwrap();
        assert!(found.is_file() && found.permissions().mode() & 0o777 == 0o600, "{found:?}");
    }

    #[test]
    fn a_secret_that_others_may_read_is_named_with_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("app.pem");
        std::fs::write(&file, "x").unwrap();
        for (mode, said) in [(0o600, None), (0o400, None), (0o640, Some(0o640)), (0o644, Some(0o644))] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(open_mode(&file), said);
        }
        assert_eq!(open_mode(&folder.path().join("nothing")), None);
    }
}
