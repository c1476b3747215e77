//! Many clips at once, one for each thread of the pool, and told of one after the other as if there were no others.

use super::{Error, Event};
use std::{
    collections::BTreeMap,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{self, SyncSender},
    },
    thread,
};

/// Most clips at once: each needs memory for its frames.
const MOST_AT_ONCE: usize = 8;
/// Events that wait to be heard before a clip waits, too.
const UNHEARD: usize = 64;

/// What comes from a clip's thread.
enum News<R> {
    Event(Event),
    Done(Result<R, Error>),
}

/// Does `work` to every case, and gives what came of each, in order. Events are heard in order, too: those of the first case that is
/// not done as they come, the others' when it is their turn.
///
/// # Errors
/// The first of `work`'s; no further case is begun.
pub(super) fn each<T: Sync, R: Send>(
    cases: &[T],
    hear: &mut dyn FnMut(Event),
    work: impl Fn(&T, &mut dyn FnMut(Event)) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    let at_once = rayon::current_num_threads().min(MOST_AT_ONCE).min(cases.len());
    if at_once <= 1 {
        return cases.iter().map(|case| work(case, hear)).collect();
    }
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (tell, news) = mpsc::sync_channel(UNHEARD);
    let run = |tell: SyncSender<(usize, News<R>)>| {
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(index) else { return };
            // nobody who listens has gone before all is done
            let done = work(case, &mut |event| drop(tell.send((index, News::Event(event)))));
            failed.fetch_or(done.is_err(), Ordering::Relaxed);
            drop(tell.send((index, News::Done(done))));
        }
    };
    thread::scope(|scope| {
        for _ in 0..at_once {
            let (run, tell) = (&run, tell.clone());
            scope.spawn(move || run(tell));
        }
        drop(tell);
        let mut stage = Stage::default();
        for (index, news) in news {
            stage.take(index, news, hear);
        }
        stage.done.into_values().collect()
    })
}

/// Who speaks, and what the others wait to say.
struct Stage<R> {
    speaker: usize,
    unsaid: BTreeMap<usize, Vec<Event>>,
    done: BTreeMap<usize, Result<R, Error>>,
}

impl<R> Default for Stage<R> {
    fn default() -> Self {
        Self { speaker: 0, unsaid: BTreeMap::new(), done: BTreeMap::new() }
    }
}

impl<R> Stage<R> {
    fn take(&mut self, index: usize, news: News<R>, hear: &mut dyn FnMut(Event)) {
        match news {
            News::Event(event) if index == self.speaker => hear(event),
            // how far it had come matters to nobody afterwards
            News::Event(Event::Progress { .. }) => {}
            News::Event(event) => self.unsaid.entry(index).or_default().push(event),
            News::Done(done) => {
                self.done.insert(index, done);
                while self.done.contains_key(&self.speaker) {
                    self.speaker += 1;
                    self.unsaid.remove(&self.speaker).into_iter().flatten().for_each(&mut *hear);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn said(what: String) -> Event {
        Event::Decision { what }
    }

    /// What is heard of cases that take so many milliseconds, and what comes of them; 13 is an error.
    fn run(cases: &[u64], threads: usize) -> (Vec<Event>, Result<Vec<u64>, Error>) {
        let mut heard = Vec::new();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be had");
        let done = pool.install(|| {
            each(cases, &mut |event| heard.push(event), |&millis, hear| {
                hear(said(format!("{millis} begins")));
                thread::sleep(Duration::from_millis(millis));
                hear(said(format!("{millis} ends")));
                if millis == 13 { Err(Error::Interrupted) } else { Ok(millis) }
            })
        });
        (heard, done)
    }

    #[test]
    fn they_are_told_of_in_order_whoever_is_done_first() {
        let cases = [60, 1, 30, 2, 0, 20];
        let in_order: Vec<Event> =
            cases.iter().flat_map(|n| [said(format!("{n} begins")), said(format!("{n} ends"))]).collect();
        for threads in [1, 3, 16] {
            let (heard, done) = run(&cases, threads);
            assert_eq!(heard, in_order, "{threads} threads");
            assert_eq!(done.expect("none fails"), cases);
        }
    }

    #[test]
    fn an_error_lets_no_other_begin() {
        for threads in [1, 2] {
            let (heard, done) = run(&[5, 13, 40, 7, 8, 9], threads);
            assert!(matches!(done, Err(Error::Interrupted)));
            assert!(!heard.contains(&said("9 begins".to_owned())), "{threads} threads: {heard:?}");
        }
    }
}
