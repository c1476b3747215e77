//! Two kinds of work on one thing after the other: while the second is done to one, the first is done to those behind it.
//!
//! Each kind is done in order, and lies in wait as a task of rayon's only while there is something to do: nothing blocks a thread of
//! the pool, and while one kind is alone its loops have all threads.

use std::{
    any::Any,
    collections::VecDeque,
    fmt, mem,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Things in work at once: one in each hand, and two between them, since neither kind takes the same time for each.
const ROOM: usize = 4;
/// How long a thread of the pool sleeps before it looks for work again.
const NAP: Duration = Duration::from_millis(1);

/// One kind of work.
pub(super) trait Work: Send + 'static {
    type In: Send + 'static;
    type Out: Send + 'static;

    fn work(&mut self, on: Self::In) -> Self::Out;
}

/// What is in work.
pub(super) struct Line<A: Work, B: Work<In = A::Out>>(Arc<Shared<A, B>>);

struct Shared<A: Work, B: Work<In = A::Out>> {
    state: Mutex<State<A, B>>,
    changed: Condvar,
}

struct State<A: Work, B: Work<In = A::Out>> {
    /// Who does it, unless they are at it.
    first: Option<A>,
    second: Option<B>,
    waiting: VecDeque<A::In>,
    between: VecDeque<A::Out>,
    done: Vec<B::Out>,
    /// Things that were put in and are not done.
    inside: usize,
    /// What a worker panicked with.
    panic: Option<Box<dyn Any + Send>>,
}

impl<A: Work, B: Work<In = A::Out>> fmt::Debug for Line<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("inside", &self.0.lock().inside).finish_non_exhaustive()
    }
}

impl<A: Work, B: Work<In = A::Out>> Line<A, B> {
    pub(super) fn new(first: A, second: B) -> Self {
        let (waiting, between) = (VecDeque::new(), VecDeque::new());
        let (first, second) = (Some(first), Some(second));
        let state = State { first, second, waiting, between, done: Vec::new(), inside: 0, panic: None };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Puts in the next thing as soon as there is room for it. Gives what has been done since, in order.
    pub(super) fn put(&mut self, thing: A::In) -> Vec<B::Out> {
        let mut state = self.0.wait(|state| state.inside < ROOM);
        state.inside += 1;
        state.waiting.push_back(thing);
        if let Some(first) = state.first.take() {
            let shared = Arc::clone(&self.0);
            rayon::spawn(move || shared.do_first(first));
        }
        mem::take(&mut state.done)
    }

    /// Gives what has been done since the last call, once all that was put in is done.
    pub(super) fn rest(&mut self) -> Vec<B::Out> {
        mem::take(&mut self.0.wait(|state| state.inside == 0).done)
    }

    /// Gives back who did it, once all is done.
    pub(super) fn end(self) -> (A, B) {
        let mut state = self.0.wait(|state| state.inside == 0 && state.first.is_some() && state.second.is_some());
        match (state.first.take(), state.second.take()) {
            (Some(first), Some(second)) => (first, second),
            _ => unreachable!("that was waited for"),
        }
    }
}

impl<A: Work, B: Work<In = A::Out>> Shared<A, B> {
    fn lock(&self) -> MutexGuard<'_, State<A, B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the state is as wished; a thread of the pool does work of the pool meanwhile.
    fn wait(&self, wished: impl Fn(&State<A, B>) -> bool) -> MutexGuard<'_, State<A, B>> {
        let is_of_pool = rayon::current_thread_index().is_some();
        let mut state = self.lock();
        loop {
            if let Some(panic) = state.panic.take() {
                drop(state);
                panic::resume_unwind(panic);
            }
            if wished(&state) {
                return state;
            }
            state = if is_of_pool {
                drop(state);
                let worked = rayon::yield_now() == Some(rayon::Yield::Executed);
                let state = self.lock();
                if worked || wished(&state) {
                    state
                } else {
                    self.changed.wait_timeout(state, NAP).unwrap_or_else(PoisonError::into_inner).0
                }
            } else {
                self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    /// Does the first work to all that waits.
    fn do_first(self: Arc<Self>, mut first: A) {
        loop {
            let mut state = self.lock();
            let Some(thing) = state.waiting.pop_front() else {
                state.first = Some(first);
                self.changed.notify_all();
                return;
            };
            drop(state);
            let made = panic::catch_unwind(AssertUnwindSafe(|| first.work(thing)));
            let mut state = self.lock();
            match made {
                Ok(made) => state.between.push_back(made),
                Err(panic) => return self.give_up(state, panic),
            }
            if let Some(second) = state.second.take() {
                let shared = Arc::clone(&self);
                rayon::spawn(move || shared.do_second(second));
            }
        }
    }

    /// Does the second work to all to which the first was done.
    fn do_second(self: Arc<Self>, mut second: B) {
        loop {
            let mut state = self.lock();
            let Some(thing) = state.between.pop_front() else {
                state.second = Some(second);
                self.changed.notify_all();
                return;
            };
            drop(state);
            let made = panic::catch_unwind(AssertUnwindSafe(|| second.work(thing)));
            let mut state = self.lock();
            match made {
                Ok(made) => state.done.push(made),
                Err(panic) => return self.give_up(state, panic),
            }
            state.inside -= 1;
            self.changed.notify_all();
        }
    }

    /// Lets whoever waits for it panic: a task of rayon's has no one above it.
    fn give_up(&self, mut state: MutexGuard<'_, State<A, B>>, panic: Box<dyn Any + Send>) {
        state.panic = Some(panic);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Add(u32);

    impl Work for Add {
        type In = u32;
        type Out = u32;

        fn work(&mut self, on: u32) -> u32 {
            assert!(on != 1000, "a thousand is too much");
            self.0 += on;
            self.0
        }
    }

    fn line() -> Line<Add, Add> {
        Line::new(Add(0), Add(0))
    }

    /// What comes of 1, 2, 3 …: the sums of the sums.
    fn run() -> Vec<u32> {
        let mut line = line();
        let mut done: Vec<u32> = (1..=50).flat_map(|thing| line.put(thing)).collect();
        done.extend(line.rest());
        let (Add(first), Add(second)) = line.end();
        assert_eq!((first, Some(&second)), (50 * 51 / 2, done.last()));
        done
    }

    #[test]
    fn everything_is_done_in_order_from_outside_a_pool_and_from_inside() {
        let expected: Vec<u32> = (1..=50).map(|n| n * (n + 1) * (n + 2) / 6).collect();
        assert_eq!(run(), expected);
        for threads in [1, 2, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be had");
            assert_eq!(pool.install(run), expected, "{threads}");
        }
    }

    #[test]
    #[should_panic = "a thousand is too much"]
    fn a_panic_reaches_who_waits() {
        let mut line = line();
        line.put(1000);
        line.rest();
    }

    #[test]
    fn nothing_put_in_is_nothing_done() {
        assert!(line().rest().is_empty());
        let (Add(first), Add(second)) = line().end();
        assert_eq!((first, second), (0, 0));
    }
}
