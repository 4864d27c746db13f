//! A log that drops lines rather than wait for a reader.
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{sync_channel, SyncSender};
use std::thread;

static DROPPED: AtomicU64 = AtomicU64::new(0); // export this number, and alert on it

fn log(lines: &SyncSender<String>, line: String) {
    if lines.try_send(line).is_err() {
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

fn main() {
    let (lines, queue) = sync_channel(1000);
    thread::spawn(move || {
        for line in queue {
            let _ = writeln!(std::io::stderr(), "{line}"); // the one thread that may sleep
        }
    });
    for request in 0..10_000 {
        log(&lines, format!("request {request} is answered, whoever reads this: ok"));
    }
    println!("dropped {}", DROPPED.load(Ordering::Relaxed));
}
