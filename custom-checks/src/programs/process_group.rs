//! A program together with everything that it starts.

use std::process::{Child, Command};

/// Puts the program into a group of its own, so that all of it can be ended.
#[cfg(unix)]
pub fn apart(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// Whether the program itself has ended. Its number stays taken until it is waited for, so that its group can
/// still be ended without meeting another's.
#[cfg(unix)]
pub fn has_ended(child: &mut Child) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let Some(pid) = pid(child) else {
        return true;
    };
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match waitid(WaitId::Pid(pid), options) {
        Ok(status) => status.is_some(),
        Err(rustix::io::Errno::INTR) => false,
        Err(_) => true,
    }
}

/// Ends what there is of the group. Only before the program was waited for.
#[cfg(unix)]
pub fn end(child: &mut Child) {
    if let Some(pid) = pid(child) {
        // Fails where nobody is left.
        let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
    }
}

#[cfg(unix)]
fn pid(child: &Child) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(child.id()).ok()?)
}

#[cfg(not(unix))]
pub fn apart(_: &mut Command) {}

#[cfg(not(unix))]
pub fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

#[cfg(not(unix))]
pub fn end(child: &mut Child) {
    let _ = child.kill();
}
