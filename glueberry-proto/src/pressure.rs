//! When a buffer counts as full, and when as calm again.
//!
//! High is told at once. Low is told when the buffer has drained and then stayed away from its high
//! watermark for [`CALM`]: a stream that is busy all the time fills and drains its buffer with each
//! batch, hundreds of times a second, and counts as under pressure all that time.

use std::time::{Duration, Instant};

/// How long a drained buffer must not fill again before it counts as calm: longer than the pause
/// between two batches on any path that still carries them, so that a busy stream tells High once;
/// with it, one buffer tells ten times a second at most.
pub const CALM: Duration = Duration::from_millis(200);

/// Where a buffer counts as full, and where as drained. Made from percentages that were checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks {
    high: usize,
    low: usize,
}

impl Watermarks {
    /// Of a buffer of `size` bytes, in per cent of it. A buffer that is empty is always below low.
    #[must_use]
    pub fn of(size: usize, high: u8, low: u8) -> Self {
        let part = |percent: u8| {
            let percent = usize::from(percent.min(100));
            (size / 100 * percent + size % 100 * percent / 100).max(1)
        };
        Self { high: part(high), low: part(low) }
    }

    /// Bytes from which on the buffer counts as full.
    #[must_use]
    pub fn high(self) -> usize {
        self.high
    }

    /// Bytes below which it counts as drained.
    #[must_use]
    pub fn low(self) -> usize {
        self.low
    }
}

/// What is told of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It has filled.
    High,
    /// It has drained, and stayed so.
    Low,
}

/// One buffer's pressure. Its owner asks it under the buffer's own lock, and tells what it says
/// without any: [`next_report`](Self::next_report) sees to it that reports keep their order and
/// that each High is followed by one Low.
///
/// ```
/// use std::time::Instant;
/// use glueberry_proto::pressure::{CALM, Look, Mark, Pressure, Watermarks};
///
/// let now = Instant::now();
/// let mut pressure = Pressure::new(Watermarks::of(1000, 75, 25));
/// assert!(!pressure.filled(749) && pressure.filled(750));
/// assert_eq!(pressure.next_report(), Some(Mark::High));
/// assert_eq!(pressure.report_done(), None);
///
/// assert!(!pressure.falls(250) && pressure.falls(249));
/// assert!(pressure.drained(now), "somebody has to look again");
/// assert_eq!(pressure.look(now), Look::Again(now + CALM));
/// assert_eq!(pressure.look(now + CALM), Look::Report);
/// assert_eq!(pressure.next_report(), Some(Mark::Low));
/// ```
#[derive(Clone, Debug)]
pub struct Pressure {
    marks: Watermarks,
    level: Level,
    reported: Mark,
    reporting: bool,
    watched: bool,
    /// `usize::MAX` where filling changes nothing.
    rises_at: usize,
    /// 0 where draining changes nothing.
    falls_below: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Low,
    High,
    Calming { since: Instant },
    Ended,
}

/// What a look at a buffer's pressure comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Look again then.
    Again(Instant),
    /// It is calm: there is something to report.
    Report,
    /// It filled again, or ended. The next drain asks for a look again.
    Done,
}

impl Pressure {
    /// An empty buffer.
    #[must_use]
    pub fn new(marks: Watermarks) -> Self {
        Self {
            marks,
            level: Level::Low,
            reported: Mark::Low,
            reporting: false,
            watched: false,
            rises_at: marks.high,
            falls_below: 0,
        }
    }

    /// The buffer holds so much after something came. True: there is something to report.
    #[inline]
    pub fn filled(&mut self, bytes: usize) -> bool {
        bytes >= self.rises_at && self.rise()
    }

    /// Something found no room, which counts as full whatever the buffer holds. True: there is
    /// something to report.
    pub fn found_full(&mut self) -> bool {
        self.rises_at != usize::MAX && self.rise()
    }

    /// Whether holding so much, after something left, has to be told to
    /// [`drained`](Self::drained), which needs the time.
    #[inline]
    #[must_use]
    pub fn falls(&self, bytes: usize) -> bool {
        bytes < self.falls_below
    }

    /// The buffer has drained. True: somebody has to [`look`](Self::look) at `now` + [`CALM`].
    #[must_use]
    pub fn drained(&mut self, now: Instant) -> bool {
        self.set(Level::Calming { since: now });
        !std::mem::replace(&mut self.watched, true)
    }

    /// Looks whether the buffer is calm by now.
    pub fn look(&mut self, now: Instant) -> Look {
        if let Level::Calming { since } = self.level {
            if now < since + CALM {
                return Look::Again(since + CALM);
            }
            self.set(Level::Low);
        }
        self.watched = false;
        if self.level == Level::Low { Look::Report } else { Look::Done }
    }

    /// Nothing will be told of it any more but the Low that is due. True: there is one.
    pub fn end(&mut self) -> bool {
        self.set(Level::Ended);
        self.has_news()
    }

    /// The buffer is used again, after an end; while it is in use this does nothing. True: there is
    /// something to report.
    pub fn begin(&mut self, bytes: usize) -> bool {
        if self.level == Level::Ended {
            self.set(Level::Low);
        }
        self.filled(bytes)
    }

    /// What the buffer counts as.
    #[must_use]
    pub fn mark(&self) -> Mark {
        match self.level {
            Level::High | Level::Calming { .. } => Mark::High,
            Level::Low | Level::Ended => Mark::Low,
        }
    }

    /// Whether the last that was told is that it is calm.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.reported == Mark::Low && !self.reporting && !self.has_news()
    }

    /// What to tell now, if anything. Whoever gets something tells it, and then calls
    /// [`report_done`](Self::report_done); until then nobody else gets anything.
    pub fn next_report(&mut self) -> Option<Mark> {
        if !self.has_news() {
            return None;
        }
        self.reporting = true;
        self.reported = self.mark();
        Some(self.reported)
    }

    /// It was told. What came up meanwhile is to be told too, in the same way.
    pub fn report_done(&mut self) -> Option<Mark> {
        self.reporting = false;
        self.next_report()
    }

    fn has_news(&self) -> bool {
        !self.reporting && self.mark() != self.reported
    }

    #[cold]
    fn rise(&mut self) -> bool {
        self.set(Level::High);
        self.has_news()
    }

    fn set(&mut self, level: Level) {
        self.level = level;
        self.rises_at = match level {
            Level::Low | Level::Calming { .. } => self.marks.high,
            Level::High | Level::Ended => usize::MAX,
        };
        self.falls_below = if level == Level::High { self.marks.low } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARKS: Watermarks = Watermarks { high: 75, low: 25 };

    fn told(pressure: &mut Pressure) -> Option<Mark> {
        let report = pressure.next_report()?;
        assert_eq!(pressure.report_done(), None);
        Some(report)
    }

    #[test]
    fn watermarks_are_parts_of_the_buffer_and_never_above_it() {
        let marks = Watermarks::of(256 * 1024, 75, 25);
        assert!((196_000..=196_700).contains(&marks.high()), "{marks:?}");
        assert!((65_500..=65_700).contains(&marks.low()), "{marks:?}");
        assert_eq!(Watermarks::of(1024, 100, 1).high(), 1024);
        assert_eq!(Watermarks::of(0, 1, 1), Watermarks { high: 1, low: 1 });
    }

    #[test]
    fn a_stream_that_is_always_busy_tells_high_once() {
        let (mut pressure, mut now) = (Pressure::new(MARKS), Instant::now());
        let mut reports = Vec::new();
        for _ in 0..10_000 {
            pressure.filled(90);
            reports.extend(told(&mut pressure));
            if pressure.falls(0) {
                let _watched = pressure.drained(now);
            }
            now += CALM / 40;
            pressure.look(now);
            reports.extend(told(&mut pressure));
        }
        assert_eq!(reports, [Mark::High]);
    }

    #[test]
    fn a_message_without_room_counts_as_full() {
        let mut pressure = Pressure::new(MARKS);
        assert!(pressure.found_full() && !pressure.found_full());
        assert_eq!(told(&mut pressure), Some(Mark::High));
    }

    #[test]
    fn whoever_tells_first_tells_on() {
        let (mut pressure, now) = (Pressure::new(MARKS), Instant::now());
        pressure.filled(80);
        assert_eq!(pressure.next_report(), Some(Mark::High));
        // Another thread sees the buffer end before this one has told.
        assert!(!pressure.end(), "the other one must not overtake");
        assert_eq!(pressure.next_report(), None);
        assert_eq!(pressure.report_done(), Some(Mark::Low));
        assert_eq!(pressure.report_done(), None);
        assert!(!pressure.falls(0) && !pressure.filled(100), "it has ended");
        assert_eq!(pressure.look(now), Look::Done);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Hold(usize),
        Refuse,
        Look,
        Tell,
        Told,
        End,
        Begin,
        Pass(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            8 => (0..120usize).prop_map(Step::Hold),
            1 => Just(Step::Refuse),
            3 => Just(Step::Look),
            3 => Just(Step::Tell),
            3 => Just(Step::Told),
            1 => Just(Step::End),
            1 => Just(Step::Begin),
            3 => (0..300u64).prop_map(Step::Pass),
        ];
        prop::collection::vec(step, 0..200)
    }

    proptest! {
        #[test]
        fn reports_alternate_and_an_end_leaves_no_high_behind(steps in steps()) {
            let (mut pressure, mut now) = (Pressure::new(MARKS), Instant::now());
            let (mut reports, mut telling) = (Vec::new(), None);
            for step in steps {
                match step {
                    Step::Hold(bytes) => {
                        pressure.filled(bytes);
                        if pressure.falls(bytes) {
                            let _watched = pressure.drained(now);
                        }
                    }
                    Step::Refuse => {
                        pressure.found_full();
                    }
                    Step::Look => {
                        pressure.look(now);
                    }
                    Step::Tell => telling = telling.or(pressure.next_report()),
                    Step::Told => if let Some(report) = telling.take() {
                        reports.push((report, now));
                        telling = pressure.report_done();
                    }
                    Step::End => {
                        pressure.end();
                    }
                    Step::Begin => {
                        pressure.begin(0);
                    }
                    Step::Pass(millis) => now += Duration::from_millis(millis),
                }
            }
            pressure.end();
            telling = telling.or(pressure.next_report());
            while let Some(report) = telling {
                reports.push((report, now));
                telling = pressure.report_done();
            }
            for (report, expected) in reports.iter().zip([Mark::High, Mark::Low].iter().cycle()) {
                prop_assert_eq!(&report.0, expected);
            }
            prop_assert_eq!(reports.len() % 2, 0, "a High was left behind");
        }
    }
}
