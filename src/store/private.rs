//! Files of the store belong to the console's account alone: alerts, digests of sessions, sealed secrets, the key.

use std::{io, os::unix::fs::PermissionsExt, path::Path};

/// What the group and everybody else may do.
const OTHERS: u32 = 0o077;

/// Closes the data folder, where it is one: a folder with other things in it keeps its mode, and so does a mount that belongs
/// to another account. What is in them is closed file by file.
pub(super) fn close_folder(folder: &Path) -> io::Result<()> {
    let is_ours = folder.join("store.db").exists() || std::fs::read_dir(folder)?.next().is_none();
    if !is_ours {
        tracing::warn!("{} holds other files too; give the console a folder of its own", folder.display());
    } else if let Err(error) = close(folder) {
        tracing::warn!("{error}; give the console's account a folder of its own, with mode 0700");
    }
    Ok(())
}

/// Closes the files of a folder whose names are wanted; an error where this account may not do that.
pub(super) fn close_files(folder: &Path, wanted: impl Fn(&str) -> bool) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() && entry.file_name().to_str().is_some_and(&wanted) {
            close(&entry.path())?;
        }
    }
    Ok(())
}

fn close(path: &Path) -> io::Result<()> {
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o7777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode & !OTHERS)).map_err(|error| {
        let what =
            format!("other accounts may open {} (mode {mode:04o}), which cannot be changed: {error}", path.display());
        io::Error::new(error.kind(), what)
    })?;
    tracing::warn!("{} was open to other accounts (mode {mode:04o}) and is closed to them now", path.display());
    Ok(())
}
