//! The process as the system sees it, under the names that Prometheus clients share: `process_*`.
//! The figures are in `/proc/self` (proc(5)); one that cannot be read is left out. The start is by
//! the daemon's own clock, because a sandbox may hide the time of the boot.

use std::fmt;
use std::fs;

use chrono::{DateTime, Utc};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

/// Ticks of a second in `/proc`: fixed by the system's interface to programs, whatever the kernel
/// uses inside.
const TICKS: f64 = 100.0;

/// Reads `/proc/self` at each scrape.
#[derive(Debug)]
pub(super) struct ProcessCollector {
    pub(super) started_at: DateTime<Utc>,
}

/// The figures of one moment.
#[derive(Debug, Default, PartialEq)]
struct Usage {
    cpu_seconds: Option<f64>,
    resident_bytes: Option<u64>,
    virtual_bytes: Option<u64>,
    threads: Option<u64>,
    open_fds: Option<u64>,
    max_fds: Option<u64>,
}

impl Usage {
    fn now() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let open = fs::read_dir("/proc/self/fd").ok();
        Self {
            // The directory that is read here is open too.
            open_fds: open.map(|files| (files.count() as u64).saturating_sub(1)),
            ..Self::of(
                &read("/proc/self/stat"),
                &read("/proc/self/status"),
                &read("/proc/self/limits"),
            )
        }
    }

    fn of(stat: &str, status: &str, limits: &str) -> Self {
        // The name of the process is in brackets, and may contain brackets and spaces.
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .map(|(_, rest)| rest.split_ascii_whitespace().collect())
            .unwrap_or_default();
        // Field 3 of proc(5) is the first after the name.
        let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
        let kilobytes = |key| number(status, key).map(|size: u64| size.saturating_mul(1024));
        Self {
            cpu_seconds: ticks(14).zip(ticks(15)).map(|(user, system)| (user + system) / TICKS),
            resident_bytes: kilobytes("VmRSS:"),
            virtual_bytes: kilobytes("VmSize:"),
            threads: number(status, "Threads:"),
            open_fds: None,
            max_fds: number(limits, "Max open files"),
        }
    }
}

/// The first number after a key at the start of a line.
fn number(text: &str, key: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(key))?;
    rest.split_ascii_whitespace().next()?.parse().ok()
}

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let usage = Usage::now();
        if let Some(seconds) = usage.cpu_seconds {
            let counter = ConstCounter::new(seconds);
            counter.encode(encoder.encode_descriptor(
                "process_cpu_seconds",
                "Processor time of the process",
                None,
                MetricType::Counter,
            )?)?;
        }
        let float = |value: u64| value as f64;
        for (name, help, value) in [
            (
                "process_start_time_seconds",
                "When the process started, as a Unix time",
                Some(self.started_at.timestamp() as f64),
            ),
            (
                "process_resident_memory_bytes",
                "Memory of the process that is in use, without its database",
                usage.resident_bytes.map(float),
            ),
            (
                "process_virtual_memory_bytes",
                "Address space of the process",
                usage.virtual_bytes.map(float),
            ),
            ("process_threads", "Threads of the process", usage.threads.map(float)),
            ("process_open_fds", "Open files of the process", usage.open_fds.map(float)),
            ("process_max_fds", "Files that the process may open", usage.max_fds.map(float)),
        ] {
            let Some(value) = value else { continue };
            let encoder = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(encoder)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_proc() {
        let stat = "7 (odd) name)) S 1 7 7 0 -1 4194560 900 0 0 0 250 50 0 0 20 0 9 0 12000 \
                    99 88 77";
        let status = "Name:\tx\nVmSize:\t  2000 kB\nVmRSS:\t  100 kB\nThreads:\t9\n";
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files  1024  4096  files\n";
        let usage = Usage::of(stat, status, limits);
        let expected = Usage {
            cpu_seconds: Some(3.0),
            resident_bytes: Some(102_400),
            virtual_bytes: Some(2_048_000),
            threads: Some(9),
            open_fds: None,
            max_fds: Some(1024),
        };
        assert_eq!(usage, expected);
        assert_eq!(Usage::of("", "", ""), Usage::default());
    }

    #[test]
    fn this_process_has_all_figures() {
        let usage = Usage::now();
        assert!(usage.cpu_seconds.is_some(), "{usage:?}");
        assert!(usage.resident_bytes.is_some() && usage.open_fds.is_some(), "{usage:?}");
        assert!(usage.threads.is_some() && usage.max_fds.is_some(), "{usage:?}");
    }
}
