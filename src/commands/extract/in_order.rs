//! A parallel map that streams its results in the order of the inputs.
//!
//! rayon's own ordered map collects all results before the first can be written. This one runs in
//! rayon's pool too, but each result is written as soon as those before it are.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

/// Results per core that may wait for a slower one before them.
const AHEAD: usize = 8;

/// Computes `work` of every input on all cores, and hands the results to `write` in the order of
/// the inputs, each as soon as those before it are written. At most [`AHEAD`] results per core
/// wait. Ends at the first error of `write`.
pub(super) fn in_order<T: Sync, R: Send>(
    inputs: &[T],
    work: &(impl Fn(&T) -> R + Sync),
    write: &mut impl FnMut(&T, R) -> io::Result<()>,
) -> io::Result<()> {
    let room = rayon::current_num_threads() * AHEAD;
    let ended = AtomicBool::new(false);
    rayon::in_place_scope_fifo(|scope| {
        let mut waiting = VecDeque::with_capacity(room);
        let mut rest = inputs.iter();
        let written = loop {
            while waiting.len() < room
                && let Some(input) = rest.next()
            {
                let (sender, receiver) = mpsc::sync_channel(1);
                let ended = &ended;
                scope.spawn_fifo(move |_| {
                    if !ended.load(Ordering::Relaxed) {
                        let _ = sender.send(work(input));
                    }
                });
                waiting.push_back((input, receiver));
            }
            let Some((input, receiver)) = waiting.pop_front() else { break Ok(()) };
            // Only a panic leaves no result. The scope passes it on.
            let Ok(result) = receiver.recv() else { break Ok(()) };
            if let Err(error) = write(input, result) {
                break Err(error);
            }
        };
        ended.store(true, Ordering::Relaxed);
        written
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_inputs_and_all_of_them() {
        let inputs: Vec<usize> = (0..500).collect();
        let slow_first = |input: &usize| {
            if input.is_multiple_of(100) {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            input * 2
        };
        let mut written = Vec::new();
        in_order(&inputs, &slow_first, &mut |input, result| {
            written.push((*input, result));
            Ok(())
        })
        .unwrap();
        assert_eq!(written, inputs.iter().map(|input| (*input, input * 2)).collect::<Vec<_>>());
    }

    #[test]
    fn a_closed_output_ends_the_work() {
        let inputs = vec![(); 10_000];
        let done = AtomicUsize::new(0);
        let work = |(): &()| done.fetch_add(1, Ordering::Relaxed);
        let ended = in_order(&inputs, &work, &mut |(), _| Err(io::ErrorKind::BrokenPipe.into()));
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(done.into_inner() <= rayon::current_num_threads() * AHEAD);
    }

    #[test]
    #[should_panic(expected = "no page")]
    fn a_panic_is_passed_on() {
        let _ = in_order(&[()], &|()| panic!("no page"), &mut |(), (): ()| Ok(()));
    }
}
