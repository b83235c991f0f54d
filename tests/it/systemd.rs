//! systemd hears what it has to, and never holds the daemon up; the unit is as tight as we say.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use wiresift::daemon::heartbeat::Heartbeats;
use wiresift::daemon::systemd::Notifier;
use wiresift::units::parse_size;

fn heard(socket: &UnixDatagram) -> Vec<String> {
    socket.set_nonblocking(true).unwrap();
    let mut buffer = [0; 4096];
    std::iter::from_fn(|| {
        socket.recv(&mut buffer).ok().map(|n| String::from_utf8(buffer[..n].to_vec()).unwrap())
    })
    .collect()
}

#[test]
fn each_message_is_one_datagram_in_the_words_of_the_protocol() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let notifier = Notifier::to(path.as_os_str()).unwrap();
    notifier.extend_timeout(Duration::from_millis(1500));
    notifier.ready("polling 3 feeds");
    notifier.status("two\nlines");
    assert!(notifier.feed_watchdog(&Heartbeats::default(), Instant::now()).is_empty());
    notifier.reloading();
    notifier.stopping("draining");
    let heard = heard(&socket);
    let reload =
        heard[4].strip_prefix("RELOADING=1\nMONOTONIC_USEC=").expect("both in one datagram");
    assert!(reload.parse::<u64>().unwrap() > 0);
    assert_eq!(
        heard[..4],
        [
            "EXTEND_TIMEOUT_USEC=1500000",
            "READY=1\nSTATUS=polling 3 feeds",
            "STATUS=two lines",
            "WATCHDOG=1"
        ]
    );
    assert_eq!(heard[5..], ["STOPPING=1\nSTATUS=draining"]);
}

#[test]
fn abstract_sockets_are_reached_too() {
    let name = format!("wiresift-test-{}", std::process::id());
    let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    Notifier::to(OsStr::new(&format!("@{name}"))).unwrap().ready("up");
    assert_eq!(heard(&socket), ["READY=1\nSTATUS=up"]);
}

#[test]
fn a_receiver_that_never_drains_holds_nobody_up_and_hears_the_state_in_the_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let notifier = Notifier::to(path.as_os_str()).unwrap();
    // Far more than any queue; with a blocking socket this would not come back.
    for turn in 0..100_000 {
        notifier.status(&turn.to_string());
    }
    notifier.ready("too late for the queue");
    let kept = heard(&socket);
    assert!(kept.len() < 100_000 && !kept.iter().any(|message| message.contains("READY")));
    notifier.status("next");
    assert_eq!(heard(&socket), ["READY=1\nSTATUS=too late for the queue", "STATUS=next"]);
}

#[test]
fn the_watchdog_starves_when_a_loop_hangs() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let notifier = Notifier::to(path.as_os_str()).unwrap();
    let (heartbeats, start) = (Heartbeats::default(), Instant::now());
    let heartbeat = heartbeats.register("poll", Duration::from_mins(1), start);
    let later = start + Duration::from_secs(61);
    assert_eq!(notifier.feed_watchdog(&heartbeats, later), ["poll"]);
    assert!(heard(&socket).is_empty());
    heartbeat.mark(later);
    assert!(notifier.feed_watchdog(&heartbeats, later).is_empty());
    assert_eq!(heard(&socket), ["WATCHDOG=1"]);
}

#[test]
fn without_systemd_nothing_happens() {
    let notifier = Notifier::default();
    notifier.ready("up");
    notifier.stopping("down");
    // A receiver that has gone away is no trouble either.
    let gone = Notifier::to(OsStr::new("/nonexistent/notify")).unwrap();
    gone.ready("up");
    gone.status("still up");
    assert!(Notifier::to(OsStr::new("")).is_ok_and(|empty| {
        empty.ready("up");
        true
    }));
}

/// The unit file of the package, with a program that exists in place of ours.
fn unit(dir: &Path) -> std::path::PathBuf {
    let text =
        include_str!("../../deploy/wiresift.service").replace("/usr/bin/wiresift", "/bin/true");
    let path = dir.join("wiresift.service");
    std::fs::write(&path, text).unwrap();
    path
}

fn analyze(arguments: &[&str], unit: &Path) -> std::process::Output {
    let mut command = Command::new("systemd-analyze");
    command.args(arguments).arg(unit).env("LC_ALL", "C");
    command.output().expect("systemd-analyze is installed")
}

/// The daemon, the embedded database, and room for both.
#[test]
fn the_unit_bounds_memory_above_the_budget() {
    let unit = include_str!("../../deploy/wiresift.service");
    let bytes = |key: &str| {
        let value = unit.lines().find_map(|line| line.strip_prefix(key)).expect(key);
        parse_size(&value.replace('G', "GiB").replace('M', "MiB")).unwrap()
    };
    let (high, most) = (bytes("MemoryHigh="), bytes("MemoryMax="));
    let budget = wiresift::config::DaemonSettings::default().memory;
    assert!(2 * budget + 500_000_000 < high && high < most, "{high} {most}");
}

#[test]
#[ignore = "needs systemd-analyze"]
fn the_unit_is_valid() {
    let dir = tempfile::tempdir().unwrap();
    let output = analyze(&["verify", "--man=no"], &unit(dir.path()));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("wiresift.service:"), "{said}");
}

#[test]
#[ignore = "needs systemd-analyze"]
fn the_unit_is_tight() {
    let dir = tempfile::tempdir().unwrap();
    let output = analyze(&["security", "--offline=true", "--threshold=15"], &unit(dir.path()));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
