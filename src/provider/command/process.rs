//! A child process with bounded time, bounded output and no orphans.

use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    collections::VecDeque,
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, Command},
    sync::mpsc,
    time::{Instant, sleep, timeout, timeout_at},
};

/// How long a program may tidy up after SIGTERM before SIGKILL.
const GRACE: Duration = Duration::from_secs(5);
/// How often it is asked whether to stop.
const TICK: Duration = Duration::from_millis(50);
/// How long output is awaited after the program's end; a grandchild may hold the pipe open for ever.
const DRAIN: Duration = Duration::from_millis(500);
/// Longest line of output that is understood, in bytes.
const LONGEST_LINE: usize = 1 << 16;
/// Lines waiting to be understood.
const WAITING_LINES: usize = 64;
/// Kept end of standard error, in bytes.
const STDERR_TAIL: usize = 2048;

/// What to run.
pub(super) struct Order<'a> {
    /// Program and arguments, one or more.
    pub(super) words: &'a [String],
    /// Where it runs.
    pub(super) folder: &'a Path,
    /// Written to its standard input.
    pub(super) stdin: Vec<u8>,
    /// Longest time that it may take.
    pub(super) limit: Duration,
}

/// How a program came to its end; `stderr` is the end of what it wrote to standard error.
pub(super) enum Ended {
    /// With exit status 0.
    Well { stderr: String },
    /// With another one, or by a signal.
    Badly { status: ExitStatus, stderr: String },
    /// It was stopped after the time limit.
    Late,
    /// It was stopped because somebody asked for it.
    Cancelled,
}

/// Runs a program to its end, or stops it and everything that it started.
pub(super) async fn run(
    order: &Order<'_>,
    started: &mut dyn FnMut(u32),
    hear: &mut dyn FnMut(&str),
    is_cancelled: &dyn Fn() -> bool,
) -> io::Result<Ended> {
    let mut child = Command::new(&order.words[0])
        .args(&order.words[1..])
        .current_dir(order.folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    let group = child.id().and_then(|id| Pid::from_raw(id as i32));
    started(child.id().unwrap_or_default());
    let input = order.stdin.clone();
    let mut stdin = child.stdin.take();
    let feed = tokio::spawn(async move {
        if let Some(stdin) = &mut stdin {
            // a program that does not read its input is no error
            let _ = stdin.write_all(&input).await;
        }
    });
    let (send, mut lines) = mpsc::channel(WAITING_LINES);
    let out = child.stdout.take().map(|pipe| tokio::spawn(read_lines(pipe, send)));
    let err = child.stderr.take().map(|pipe| tokio::spawn(read_tail(pipe)));

    let outcome = watch(&mut child, &mut lines, order.limit, hear, is_cancelled).await;
    if !matches!(outcome, Outcome::Itself(_)) {
        stop(&mut child, group).await;
    }
    feed.abort();
    let drained = Instant::now() + DRAIN;
    while let Ok(Some(line)) = timeout_at(drained, lines.recv()).await {
        hear(&line);
    }
    if let Some(out) = out {
        out.abort();
    }
    let stderr = match err {
        Some(task) => timeout(DRAIN, task).await.ok().and_then(Result::ok).unwrap_or_default(),
        None => String::new(),
    };
    Ok(match outcome {
        Outcome::Itself(status) if status.success() => Ended::Well { stderr },
        Outcome::Itself(status) => Ended::Badly { status, stderr },
        Outcome::Late => Ended::Late,
        Outcome::Cancelled => Ended::Cancelled,
    })
}

enum Outcome {
    Itself(ExitStatus),
    Late,
    Cancelled,
}

async fn watch(
    child: &mut Child,
    lines: &mut mpsc::Receiver<String>,
    limit: Duration,
    hear: &mut dyn FnMut(&str),
    is_cancelled: &dyn Fn() -> bool,
) -> Outcome {
    let deadline = Instant::now() + limit;
    let mut is_talking = true;
    loop {
        tokio::select! {
            line = lines.recv(), if is_talking => match line {
                Some(line) => hear(&line),
                None => is_talking = false,
            },
            status = child.wait() => match status {
                Ok(status) => return Outcome::Itself(status),
                Err(_) => return Outcome::Cancelled,
            },
            () = sleep(TICK) => {}
        }
        if is_cancelled() {
            return Outcome::Cancelled;
        }
        if Instant::now() >= deadline {
            return Outcome::Late;
        }
    }
}

/// Ends the program and everything that it started.
async fn stop(child: &mut Child, group: Option<Pid>) {
    let signal = |signal| group.map(|group| kill_process_group(group, signal));
    signal(Signal::TERM);
    let _ = timeout(GRACE, child.wait()).await;
    signal(Signal::KILL);
    let _ = child.wait().await;
}

/// Sends the lines on; one that is too long is dropped.
async fn read_lines(mut pipe: impl AsyncRead + Unpin, send: mpsc::Sender<String>) {
    let mut line = Vec::new();
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = pipe.read(&mut chunk).await {
        for &byte in &chunk[..read] {
            if byte != b'\n' {
                if line.len() <= LONGEST_LINE {
                    line.push(byte);
                }
                continue;
            }
            let whole = std::mem::take(&mut line);
            if whole.len() <= LONGEST_LINE && send.send(String::from_utf8_lossy(&whole).into_owned()).await.is_err() {
                return;
            }
        }
    }
}

async fn read_tail(mut pipe: impl AsyncRead + Unpin) -> String {
    let mut tail = VecDeque::new();
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = pipe.read(&mut chunk).await {
        tail.extend(&chunk[..read]);
        tail.drain(..tail.len().saturating_sub(STDERR_TAIL));
    }
    let text = String::from_utf8_lossy(tail.make_contiguous()).into_owned();
    text.chars().filter(|c| !c.is_control() || *c == '\n').collect()
}
