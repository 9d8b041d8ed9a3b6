//! A program together with everything that it starts.

use std::process::{Child, Command};

#[cfg(unix)]
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// Starts the program in a process group of its own, so that [`kill`] reaches its children.
#[cfg(unix)]
pub fn isolate(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

/// Whether the program itself has exited. Does not reap it: its process ID stays taken, so that [`kill`] cannot hit
/// another group.
#[cfg(unix)]
pub fn has_exited(child: &mut Child) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match waitid(WaitId::Pid(Pid::from_child(child)), options) {
        Ok(status) => status.is_some(),
        Err(rustix::io::Errno::INTR) => false,
        Err(_) => true,
    }
}

/// Kills what is left of the group. Call it only before the program is reaped.
#[cfg(unix)]
pub fn kill(child: &mut Child) {
    // Fails if no process is left.
    let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
}

#[cfg(not(unix))]
pub fn isolate(_: &mut Command) {}

#[cfg(not(unix))]
pub fn has_exited(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

#[cfg(not(unix))]
pub fn kill(child: &mut Child) {
    let _ = child.kill();
}
