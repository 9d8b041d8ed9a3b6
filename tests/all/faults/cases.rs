//! Runs many cases in one test and prints a table of failures.

use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The name of a case and its test.
pub type Case = (String, Box<dyn Fn() -> Result<(), String> + Send + Sync>);

/// Runs all cases on a few threads and prints the table.
pub fn run_cases(title: &str, cases: Vec<Case>) {
    const THREADS: usize = 2;
    let next = AtomicUsize::new(0);
    let results = Mutex::new(vec![Ok(()); cases.len()]);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((_, case)) = cases.get(at) else {
                        return;
                    };
                    let result = case();
                    results.lock().unwrap()[at] = result;
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    let wrong = results.iter().filter(|result| result.is_err()).count();
    let mut table = String::new();
    for ((name, _), result) in cases.iter().zip(&results) {
        let verdict = match result {
            Ok(()) => "right".to_owned(),
            Err(why) => format!("WRONG: {why}"),
        };
        table.push_str(&format!("  {name}: {verdict}\n"));
    }
    // Written directly, because the test harness shows only the output of failing tests.
    let count = cases.len();
    let line = format!(
        "{title}: {count} platforms, {} right, {wrong} wrong\n",
        count - wrong
    );
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert_eq!(wrong, 0, "{title}\n{table}");
}
