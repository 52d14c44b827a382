//! The lines in front of the log, one for each partition: who waits together is appended together.
//!
//! ```text
//! append --join--> line --call--> thread of the partition --one append--> log
//!    ^                                                                     |
//!    +------- answers of the whole group, from one task of the runtime ----+
//! ```
//! To wake a thread costs more than to read a webhook. So whoever is first in a line lets everybody come who is ready now (one turn of
//! the runtime) before it calls, and the answers of a group go back as one task, which wakes those who wait where they run.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use origem_domain::position::{Offset, Partition};
use origem_log::{AppendError, EventLog};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::oneshot;

use crate::error::EngineError;
use crate::intake::{Accepted, IntakeLimits, Prepared};
use crate::meter::QueueMeter;

/// Bytes of records that one append takes at most, apart from a single larger delivery.
const APPEND_BYTES_MAX: usize = 8 << 20;

type Outcome = Result<Range<Offset>, AppendError>;
type Reply = oneshot::Sender<Outcome>;

/// A delivery that waits.
struct Job {
    records: Vec<Vec<u8>>,
    bytes: usize,
    reply: Reply,
}

/// Deliveries that are appended at once.
struct Group {
    jobs: Vec<Job>,
    bytes: usize,
    runtime: Option<Handle>,
}

/// Whether the thread of a line was told that somebody waits.
#[derive(Default, PartialEq, Eq)]
enum Call {
    /// Nobody has come since the last group was taken.
    #[default]
    None,
    /// Whoever came first will call.
    Coming,
    Made,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// Of their records, those that are being appended included.
    bytes: usize,
    call: Call,
    /// Of whoever came first.
    runtime: Option<Handle>,
    /// The thread sleeps.
    idle: bool,
    closed: bool,
}

/// What waits in front of a partition.
struct Line {
    waiting: Mutex<Waiting>,
    called: Condvar,
    limits: IntakeLimits,
    meter: QueueMeter,
}

/// Calls the thread of a line when it is dropped.
struct Caller(Arc<Line>);

impl Drop for Caller {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        if waiting.call == Call::Coming {
            waiting.call = Call::Made;
        }
        let idle = std::mem::take(&mut waiting.idle);
        drop(waiting);
        if idle {
            self.0.called.notify_one();
        }
    }
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a delivery of so many bytes finds room.
    fn has_room(&self, waiting: &Waiting, more: usize) -> bool {
        let fits = waiting.bytes == 0 || waiting.bytes.saturating_add(more) <= self.limits.bytes_max;
        fits && waiting.jobs.len() < self.limits.deliveries_max
    }

    /// Gets in line. To the first since the last group: what has to be dropped before anything is appended.
    fn join(self: &Arc<Self>, records: Vec<Vec<u8>>, reply: Reply) -> Result<Option<Caller>, EngineError> {
        let bytes = records.iter().map(Vec::len).sum();
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(EngineError::Closed);
        }
        if !self.has_room(&waiting, bytes) {
            self.meter.turned_away();
            return Err(EngineError::Overloaded);
        }
        self.meter.come();
        waiting.bytes += bytes;
        waiting.jobs.push_back(Job { records, bytes, reply });
        let first = waiting.call == Call::None;
        if first {
            waiting.call = Call::Coming;
            waiting.runtime = Handle::try_current().ok();
        }
        Ok(first.then(|| Caller(Arc::clone(self))))
    }

    /// Waits for a call and takes all that waits, as far as one append takes it; `None` once the line is closed and empty.
    fn take(&self) -> Option<Group> {
        let mut waiting = self.lock();
        while !waiting.closed && (waiting.jobs.is_empty() || waiting.call != Call::Made) {
            waiting.idle = true;
            waiting = self.called.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.idle = false;
        let mut group = Group {
            jobs: Vec::with_capacity(waiting.jobs.len()),
            bytes: 0,
            runtime: waiting.runtime.clone(),
        };
        while group.bytes < APPEND_BYTES_MAX
            && let Some(job) = waiting.jobs.pop_front()
        {
            self.meter.taken();
            group.bytes += job.bytes;
            group.jobs.push(job);
        }
        if waiting.jobs.is_empty() {
            waiting.call = Call::None;
        }
        (!group.jobs.is_empty()).then_some(group)
    }

    fn give_back(&self, bytes: usize) {
        self.lock().bytes -= bytes;
    }

    fn close(&self) {
        self.lock().closed = true;
        self.called.notify_one();
    }
}

/// Answers that are on their way. They are given when this is dropped, so that none is lost with a runtime that ends.
#[derive(Default)]
struct Answers(Vec<(Reply, Outcome)>);

impl Drop for Answers {
    fn drop(&mut self) {
        for (reply, outcome) in self.0.drain(..) {
            // A caller that went away does not need the answer; its events are kept all the same.
            drop(reply.send(outcome));
        }
    }
}

impl Answers {
    /// Gives them from a task of the runtime, where those who wait are woken without a lock and a call of the system each. A
    /// runtime of one thread may not be run by anybody at the moment.
    fn give(self, runtime: Option<Handle>) {
        let many_threads = |runtime: &Handle| runtime.runtime_flavor() == RuntimeFlavor::MultiThread;
        match runtime.filter(|runtime| self.0.len() > 1 && many_threads(runtime)) {
            Some(runtime) => drop(runtime.spawn(async move { drop(self) })),
            None => drop(self),
        }
    }
}

/// The lines in front of the log, so that no partition waits for another.
pub(crate) struct Appenders {
    lines: Vec<Arc<Line>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Appenders {
    pub(crate) fn spawn(log: &Arc<dyn EventLog>, limits: &IntakeLimits) -> std::io::Result<Self> {
        let (mut lines, mut threads) = (Vec::new(), Vec::new());
        for partition in (0..log.partitions()).map(Partition) {
            let line = Arc::new(Line {
                waiting: Mutex::default(),
                called: Condvar::new(),
                limits: *limits,
                meter: QueueMeter::default(),
            });
            lines.push(line.clone());
            let log = log.clone();
            let thread = thread::Builder::new().name(format!("append-{partition}"));
            threads.push(thread.spawn(move || run(&*log, partition, &line))?);
        }
        Ok(Self {
            lines,
            threads: Mutex::new(threads),
        })
    }

    /// Refuses a delivery of so many bytes that would find no room in any line, before anybody has read it.
    ///
    /// # Errors
    /// `Overloaded`.
    pub(crate) fn admit(&self, bytes: usize) -> Result<(), EngineError> {
        if self.lines.iter().any(|line| line.has_room(&line.lock(), bytes)) {
            return Ok(());
        }
        // Which line it would have come to nobody knows yet.
        if let Some(line) = self.lines.first() {
            line.meter.turned_away();
        }
        Err(EngineError::Overloaded)
    }

    /// Appends in company with whatever else waits; done when durable.
    pub(crate) async fn append(&self, prepared: Prepared) -> Result<Accepted, EngineError> {
        let mut accepted = Accepted {
            events: prepared.len() as u64,
            unrecognised: prepared.unrecognised(),
            spans: Vec::new(),
        };
        let (mut answers, mut callers) = (Vec::new(), Vec::new());
        for (partition, records) in prepared.into_partitions() {
            let line = self.line(partition).ok_or(EngineError::Closed)?;
            let (reply, answer) = oneshot::channel();
            callers.extend(line.join(records, reply)?);
            answers.push((partition, answer));
        }
        call_soon(callers);
        for (partition, answer) in answers {
            let appended = answer.await.map_err(|_| EngineError::Closed)?;
            accepted.spans.push((partition, appended.map_err(EngineError::Append)?));
        }
        Ok(accepted)
    }

    fn line(&self, partition: Partition) -> Option<&Arc<Line>> {
        self.lines.get(partition.0 as usize)
    }

    /// What is measured of the line of a partition.
    pub(crate) fn meter(&self, partition: Partition) -> Option<&QueueMeter> {
        self.line(partition).map(|line| &line.meter)
    }

    /// Ends the lines, when what waits in them is appended.
    pub(crate) fn join(&self) {
        self.lines.iter().for_each(|line| line.close());
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            drop(thread.join());
        }
    }
}

/// Calls after one turn of the runtime: until then everybody comes who is ready. From a task of its own, for whoever came first may not be
/// polled again for long, by a caller who does not read its answers, and all the others wait for the call.
fn call_soon(callers: Vec<Caller>) {
    if callers.is_empty() {
        return;
    }
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(async move {
            tokio::task::yield_now().await;
            drop(callers);
        });
    }
}

/// Closes a line when its thread ends, however it does: nobody is left waiting.
struct End<'a>(&'a Line);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.closed = true;
        waiting.jobs.clear();
    }
}

/// Takes all that waits, appends it at once, answers each.
fn run(log: &dyn EventLog, partition: Partition, line: &Line) {
    let _end = End(line);
    while let Some(Group { jobs, bytes, runtime }) = line.take() {
        let mut answers = Answers::default();
        append(log, partition, jobs, &line.meter, &mut answers);
        line.give_back(bytes);
        answers.give(runtime);
    }
}

fn append(log: &dyn EventLog, partition: Partition, jobs: Vec<Job>, meter: &QueueMeter, answers: &mut Answers) {
    let records: Vec<&[u8]> = jobs.iter().flat_map(|job| &job.records).map(Vec::as_slice).collect();
    let began = Instant::now();
    let appended = log.append(partition, &records);
    meter.appended(began.elapsed(), appended.as_ref().ok().map(|range| range.end));
    let is_too_large = matches!(
        appended,
        Err(AppendError::RecordTooLarge { .. } | AppendError::BatchTooLarge { .. })
    );
    // One delivery that is too large must not fail its neighbours. A log that takes nothing at all is not asked for each of them.
    if jobs.len() > 1 && is_too_large {
        for job in jobs {
            append(log, partition, vec![job], meter, answers);
        }
        return;
    }
    let whole = appended.as_ref().map_or(Offset(0)..Offset(0), Range::clone);
    // Where others write too, their records may stand between ours; then nobody knows whose is where.
    let dense = whole.end.0 - whole.start.0 == records.len() as u64;
    let mut next = whole.start;
    for job in jobs {
        let own = next..next.plus(job.records.len() as u64);
        next = own.end;
        let range = if dense { own } else { whole.clone() };
        let outcome = appended.as_ref().map(|_| range).map_err(AppendError::clone);
        answers.0.push((job.reply, outcome));
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;
    use std::time::Duration;

    use origem_channels::{Delivery, Source};
    use origem_domain::time::Timestamp;
    use origem_log::MemoryLog;
    use origem_testkit::SECRET;

    use super::*;

    fn line(deliveries_max: usize, bytes_max: usize) -> Arc<Line> {
        Arc::new(Line {
            waiting: Mutex::default(),
            called: Condvar::new(),
            limits: IntakeLimits {
                deliveries_max,
                bytes_max,
            },
            meter: QueueMeter::default(),
        })
    }

    fn join(line: &Arc<Line>, bytes: usize) -> Result<Option<Caller>, EngineError> {
        line.join(vec![vec![0; bytes]], oneshot::channel().0)
    }

    /// How many jobs a group has, and its bytes.
    fn taken(line: &Line) -> Option<(usize, usize)> {
        line.take().map(|group| (group.jobs.len(), group.bytes))
    }

    #[test]
    fn the_first_since_the_last_group_calls() {
        let line = line(10, 1_000);
        let first = join(&line, 1).unwrap();
        assert!(first.is_some());
        assert!(join(&line, 2).unwrap().is_none(), "somebody is about to call");
        drop(first);
        assert!(join(&line, 3).unwrap().is_none(), "somebody has called");
        assert_eq!(taken(&line), Some((3, 6)));
        let next = join(&line, 4).unwrap();
        assert!(next.is_some(), "nobody has called since");
        drop(next);
        assert_eq!(taken(&line), Some((1, 4)));
    }

    #[test]
    fn what_one_append_does_not_take_is_taken_next_without_a_call() {
        let line = line(10, 100 << 20);
        drop(join(&line, APPEND_BYTES_MAX).unwrap());
        assert!(join(&line, 5).unwrap().is_none());
        assert_eq!(taken(&line), Some((1, APPEND_BYTES_MAX)));
        assert!(join(&line, 6).unwrap().is_none());
        assert_eq!(taken(&line), Some((2, 11)));
    }

    #[test]
    fn there_is_room_for_so_many_and_so_much_and_always_for_one() {
        // Bytes that are there, appended or waiting; deliveries that wait; bytes that come.
        for (held, waiting, more, room) in [
            (0, 0, 10, true),
            (0, 0, 11, true), // larger than all that may wait: it would never be taken otherwise
            (1, 0, 9, true),
            (1, 0, 10, false),
            (2, 2, 1, true),
            (3, 3, 1, false),
            (3, 3, 0, false),
        ] {
            let line = line(3, 10);
            (0..waiting).for_each(|_| drop(join(&line, 0).unwrap()));
            line.lock().bytes = held;
            assert_eq!(line.has_room(&line.lock(), more), room, "{held} {waiting} {more}");
            assert_eq!(join(&line, more).is_ok(), room, "{held} {waiting} {more}");
            assert_eq!(line.meter.read().turned_away, u64::from(!room));
        }
    }

    #[test]
    fn what_waits_when_a_line_is_closed_is_still_taken_and_nothing_more_comes() {
        let line = line(10, 100);
        let caller = join(&line, 1).unwrap();
        line.close();
        assert!(matches!(join(&line, 1), Err(EngineError::Closed)));
        assert_eq!(taken(&line), Some((1, 1)));
        drop(caller);
        assert_eq!(taken(&line), None);
    }

    #[test]
    fn nobody_is_left_waiting_when_a_thread_breaks_off() {
        let line = line(10, 100);
        let (reply, mut answer) = oneshot::channel();
        drop(line.join(vec![vec![1]], reply).unwrap());
        drop(End(&line));
        assert!(matches!(answer.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_comes_first_and_is_not_polled_again_holds_back_nobody() {
        let log: Arc<dyn EventLog> = Arc::new(MemoryLog::default());
        let appenders = Appenders::spawn(&log, &IntakeLimits::default()).unwrap();
        let prepared = || {
            let delivery = Delivery {
                source: Source::Event,
                body: b"{}",
                received_at: Timestamp::from_seconds(0),
                account: "default",
            };
            Prepared::of([delivery], &SECRET, 1)
        };
        let mut first = pin!(appenders.append(prepared()));
        let polled = poll_fn(|context| Poll::Ready(first.as_mut().poll(context))).await;
        let second = tokio::time::timeout(Duration::from_secs(60), appenders.append(prepared()));
        assert_eq!(second.await.expect("it waits for the first").unwrap().events, 1);
        if polled.is_pending() {
            first.await.unwrap();
        }
        appenders.join();
    }

    #[tokio::test]
    async fn answers_outlive_the_runtime_that_was_to_give_them() {
        let ended = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let handle = ended.handle().clone();
        ended.shutdown_background();
        let (first, second) = (oneshot::channel(), oneshot::channel());
        let outcome = |offset| Ok(Offset(offset)..Offset(offset + 1));
        Answers(vec![(first.0, outcome(0)), (second.0, outcome(1))]).give(Some(handle));
        assert_eq!(first.1.await.unwrap().unwrap(), Offset(0)..Offset(1));
        assert_eq!(second.1.await.unwrap().unwrap(), Offset(1)..Offset(2));
    }
}
