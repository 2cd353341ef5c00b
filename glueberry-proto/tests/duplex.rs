//! Two streams of one name: the rules one by one, and all of them against a model.

use std::time::{Duration, Instant};

use glueberry_proto::v1::duplex::{
    Duplex, End, Ending, FIRST_PAUSE, Failure, MAX_RETRIES, REFUSAL_WINDOW, Side, Stream, Target,
};
use proptest::prelude::*;

const MIB: usize = 1024 * 1024;

fn established() -> (Duplex, Instant) {
    let (mut duplex, now) = (Duplex::new(), Instant::now());
    duplex.established(now);
    (duplex, now)
}

#[test]
fn nothing_is_sent_before_the_peer_is_established() {
    let (mut duplex, now) = (Duplex::new(), Instant::now());
    let theirs = duplex.theirs_arrived(now);
    assert_eq!(duplex.target(now), Target::NotYet);
    // However long that takes: the window begins when something can be written.
    let later = now + 5 * REFUSAL_WINDOW;
    duplex.established(later);
    assert_eq!(duplex.target(later), Target::Use(theirs));
    duplex.written(b"frames", later);
    assert_eq!(duplex.ended(theirs, End::Failed, later), Ending::Refused);
}

#[test]
fn with_two_streams_the_one_we_opened_is_written_to_and_stays() {
    let (mut duplex, now) = established();
    let own = duplex.own_opened(now);
    let theirs = duplex.theirs_arrived(now);
    assert_eq!(duplex.target(now), Target::Use(own));
    assert_eq!(duplex.ended(theirs, End::Failed, now), Ending::Unaffected);
    assert_eq!(duplex.target(now), Target::Use(own));
}

#[test]
fn a_stream_of_theirs_is_left_for_ours_only_while_nothing_was_written_on_it() {
    let (mut duplex, now) = established();
    duplex.theirs_arrived(now);
    let own = duplex.own_opened(now);
    assert_eq!(duplex.target(now), Target::Use(own));

    let (mut duplex, now) = established();
    let theirs = duplex.theirs_arrived(now);
    duplex.written(b"on its way", now);
    duplex.own_opened(now);
    assert_eq!(duplex.target(now), Target::Use(theirs), "frames must not overtake each other");
}

#[test]
fn while_ours_is_being_opened_theirs_takes_nothing_unless_the_peer_uses_it() {
    let (mut duplex, now) = established();
    duplex.own_opening();
    assert_eq!(duplex.target(now), Target::Opening);
    let theirs = duplex.theirs_arrived(now);
    assert_eq!(duplex.target(now), Target::Opening, "the peer may close it, after it has read");

    let mut opened = duplex.clone();
    let own = opened.own_opened(now);
    assert_eq!(opened.target(now), Target::Use(own));

    let mut refused = duplex.clone();
    refused.open_failed(Failure::Refused, now);
    assert_eq!(refused.target(now), Target::Use(theirs));

    duplex.frame_in(theirs);
    assert_eq!(duplex.target(now), Target::Use(theirs), "the peer has decided");
    duplex.written(b"on its way", now);
    duplex.own_opened(now);
    assert_eq!(duplex.target(now), Target::Use(theirs));
}

#[test]
fn a_refused_stream_is_tried_again_ever_later_until_it_has_failed() {
    let (mut duplex, mut now) = established();
    for refusals in 0..MAX_RETRIES {
        let own = duplex.own_opened(now);
        if refusals == 0 {
            duplex.written(b"frames", now);
        }
        assert_eq!(duplex.ended(own, End::Failed, now), Ending::Refused);
        let not_before = now + FIRST_PAUSE * 2u32.pow(refusals);
        assert_eq!(duplex.target(now), Target::OpenNew { not_before });
        assert!(duplex.replay_waits() && duplex.take_replay().is_none());
        now = not_before;
    }
    duplex.open_failed(Failure::Refused, now);
    assert_eq!(duplex.target(now), Target::Failed(Failure::Refused));
    assert_eq!(duplex.take_replay().as_deref(), Some(&b"frames"[..]), "to be reported as unsent");
    let theirs = duplex.theirs_arrived(now);
    assert_eq!(duplex.target(now), Target::Use(theirs));
    assert_eq!(duplex.take_replay(), None, "what was reported is not sent after all");
}

#[test]
fn a_peer_that_answers_is_met_without_pauses_again() {
    let (mut duplex, now) = established();
    let own = duplex.own_opened(now);
    duplex.ended(own, End::Failed, now);
    let own = duplex.own_opened(now);
    duplex.frame_in(own);
    assert_eq!(duplex.ended(own, End::Failed, now), Ending::Broken);
    // Not at once, so that a peer cannot make us open streams in a tight loop.
    assert_eq!(duplex.target(now), Target::OpenNew { not_before: now + FIRST_PAUSE });
}

#[test]
fn a_failed_write_noticed_twice_counts_once() {
    let (mut duplex, now) = established();
    let own = duplex.own_opened(now);
    assert_eq!(duplex.ended(own, End::Failed, now), Ending::Refused);
    assert_eq!(duplex.ended(own, End::Failed, now), Ending::Unaffected);
    let again = duplex.own_opened(now);
    assert_eq!(duplex.ended(own, End::Failed, now), Ending::Unaffected);
    assert_eq!(duplex.target(now), Target::Use(again));
}

#[test]
fn what_was_written_before_the_window_ended_is_not_replayed_after_it() {
    for (late, ending) in [(0, Ending::Refused), (1, Ending::Broken)] {
        let (mut duplex, now) = established();
        let own = duplex.own_opened(now);
        duplex.written(b"frames", now);
        let end = now + REFUSAL_WINDOW + Duration::from_nanos(late);
        assert_eq!(duplex.ended(own, End::Failed, end), ending);
        assert_eq!(duplex.replay_waits(), ending == Ending::Refused);
    }
}

#[test]
fn what_is_kept_can_be_freed_when_the_window_ends() {
    let (mut duplex, now) = established();
    let own = duplex.own_opened(now);
    duplex.written(b"frames", now);
    let end = duplex.window_ends().unwrap();
    assert_eq!(end, now + REFUSAL_WINDOW);
    let after = end + Duration::from_nanos(1);
    assert_eq!(duplex.target(after), Target::Use(own));
    assert_eq!(duplex.window_ends(), None);
}

#[test]
fn a_stream_that_breaks_again_and_again_is_given_up_until_the_peer_opens_it() {
    let (mut duplex, mut now) = established();
    for attempt in 1..=MAX_RETRIES {
        let own = duplex.own_opened(now);
        duplex.written(b"frames", now);
        // That the peer answers does not make up for its breaking the stream.
        duplex.frame_in(own);
        assert_eq!(duplex.ended(own, End::Failed, now), Ending::Broken);
        assert_eq!(duplex.attempt(), Some(attempt));
        let not_before = now + FIRST_PAUSE * 2u32.pow(attempt - 1);
        assert_eq!(duplex.target(now), Target::OpenNew { not_before });
        now = not_before;
    }
    duplex.open_failed(Failure::Refused, now);
    assert_eq!((duplex.attempt(), duplex.target(now)), (None, Target::Failed(Failure::Broken)));
    assert_eq!(duplex.take_replay(), None, "what was on its way is not sent twice");
    let theirs = duplex.theirs_arrived(now);
    assert_eq!(duplex.target(now), Target::Use(theirs));
}

#[test]
fn a_stream_that_the_peer_closes_between_frames_has_not_failed() {
    let (mut duplex, now) = established();
    for _ in 0..3 * MAX_RETRIES {
        let own = duplex.own_opened(now);
        duplex.written(b"frames", now);
        assert_eq!(duplex.ended(own, End::Closed, now), Ending::Broken);
        assert_eq!((duplex.attempt(), duplex.replay_waits()), (None, false));
        assert_eq!(duplex.target(now), Target::OpenNew { not_before: now + FIRST_PAUSE });
        let theirs = duplex.theirs_arrived(now);
        duplex.frame_in(theirs);
        assert_eq!(duplex.ended(theirs, End::Closed, now), Ending::Broken);
        assert_eq!(duplex.attempt(), None);
    }
}

#[test]
fn a_stream_of_theirs_that_ends_untouched_is_nothing_to_us() {
    let (mut duplex, now) = established();
    for _ in 0..3 * MAX_RETRIES {
        let theirs = duplex.theirs_arrived(now);
        duplex.ended(theirs, End::Failed, now);
        assert_eq!(duplex.attempt(), None);
    }
    // Go closes a stream of its own unread when both opened at once: what we wrote goes elsewhere.
    let theirs = duplex.theirs_arrived(now);
    duplex.written(b"frames", now);
    assert_eq!(duplex.ended(theirs, End::Closed, now), Ending::Refused);
    assert!(duplex.replay_waits() && duplex.attempt() == Some(1));
}

#[test]
fn a_stream_that_fails_while_another_stands_has_not_failed() {
    let (mut duplex, now) = established();
    let own = duplex.own_opened(now);
    let theirs = duplex.theirs_arrived(now);
    duplex.frame_in(own);
    assert_eq!(duplex.ended(own, End::Failed, now), Ending::Broken);
    assert_eq!((duplex.attempt(), duplex.target(now)), (None, Target::Use(theirs)));
}

#[derive(Clone, Debug)]
enum Input {
    Establish,
    BeginOpen,
    Open,
    OpenFails,
    Arrive,
    FrameIn { which: usize },
    End { which: usize },
    Write { size: usize },
    Pass { millis: u64 },
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let input = prop_oneof![
        1 => Just(Input::Establish),
        2 => Just(Input::BeginOpen),
        3 => Just(Input::Open),
        1 => Just(Input::OpenFails),
        2 => Just(Input::Arrive),
        1 => (0..6usize).prop_map(|which| Input::FrameIn { which }),
        4 => (0..3usize).prop_map(|which| Input::End { which }),
        6 => (4..200usize).prop_map(|size| Input::Write { size }),
        1 => (MIB / 3..MIB + MIB / 4).prop_map(|size| Input::Write { size }),
        2 => (0..2_500u64).prop_map(|millis| Input::Pass { millis }),
    ];
    (any::<bool>(), prop::collection::vec(input, 0..60)).prop_map(|(established, mut inputs)| {
        inputs.splice(0..0, established.then_some(Input::Establish));
        inputs
    })
}

/// What a stream has been through.
struct Past {
    stream: Stream,
    at: Instant,
    heard: bool,
    ended: bool,
    /// All that was written on it, replays included.
    sent: Vec<u8>,
    /// How much of that was there when the last write began.
    before_last_write: usize,
}

/// A caller that does as the documentation says, and remembers everything.
struct World {
    duplex: Duplex,
    now: Instant,
    established: Option<Instant>,
    past: Vec<Past>,
    current: Option<Stream>,
    opening: bool,
    waiting: Vec<u8>,
    writes: u32,
    largest: usize,
}

impl World {
    fn new() -> Self {
        Self {
            duplex: Duplex::new(),
            now: Instant::now(),
            established: None,
            past: Vec::new(),
            current: None,
            opening: false,
            waiting: Vec::new(),
            writes: 0,
            largest: 0,
        }
    }

    fn take(&mut self, input: &Input) {
        match *input {
            Input::Establish => {
                self.established.get_or_insert(self.now);
                self.duplex.established(self.now);
            }
            Input::BeginOpen => self.begin_open(),
            Input::Open => self.open(Side::Own),
            Input::Arrive => self.open(Side::Theirs),
            Input::OpenFails => {
                self.opening = false;
                self.duplex.open_failed(Failure::Refused, self.now);
            }
            Input::FrameIn { which } => self.frame_in(which),
            Input::End { which } => self.end(which),
            Input::Write { size } => self.write(size),
            Input::Pass { millis } => self.now += Duration::from_millis(millis),
        }
    }

    fn begin_open(&mut self) {
        if let Target::OpenNew { not_before } = self.duplex.target(self.now) {
            self.now = self.now.max(not_before);
            self.opening = true;
            self.duplex.own_opening();
        }
    }

    fn open(&mut self, side: Side) {
        if self.alive(side).is_some() {
            return;
        }
        self.opening &= side == Side::Theirs;
        let stream = match side {
            Side::Own => self.duplex.own_opened(self.now),
            Side::Theirs => self.duplex.theirs_arrived(self.now),
        };
        let stays = self.current.and_then(|current| self.find(current)).is_some_and(|current| {
            current.stream.side() == Side::Own || side == Side::Theirs || !current.sent.is_empty()
        });
        if !stays {
            self.current = Some(stream);
        }
        let (at, sent) = (self.now, Vec::new());
        let new = Past { stream, at, heard: false, ended: false, sent, before_last_write: 0 };
        self.past.push(new);
    }

    fn alive(&self, side: Side) -> Option<Stream> {
        let alive = self.past.iter().find(|past| !past.ended && past.stream.side() == side);
        alive.map(|past| past.stream)
    }

    fn find(&mut self, stream: Stream) -> Option<&mut Past> {
        self.past.iter_mut().find(|past| past.stream == stream)
    }

    /// Streams are counted from the newest.
    fn nth_newest(&mut self, which: usize) -> Option<&mut Past> {
        self.past.iter_mut().rev().nth(which)
    }

    fn frame_in(&mut self, which: usize) {
        if let Some(past) = self.nth_newest(which) {
            past.heard |= !past.ended;
            let stream = past.stream;
            self.duplex.frame_in(stream);
        }
    }

    fn end(&mut self, which: usize) {
        let Some(past) = self.nth_newest(which) else { return };
        past.ended = true;
        let (stream, sent) = (past.stream, past.sent.clone());
        let refused = self.is_refused(stream);
        let ending = self.duplex.ended(stream, End::Failed, self.now);
        if self.current != Some(stream) {
            return assert_eq!(ending, Ending::Unaffected);
        }
        assert_eq!(ending, if refused { Ending::Refused } else { Ending::Broken });
        if refused && !sent.is_empty() {
            assert!(self.waiting.is_empty(), "what waits is written first");
            self.waiting = sent;
        }
        self.current = self.alive(Side::Own).or(self.alive(Side::Theirs));
    }

    /// The rule as the page has it.
    fn is_refused(&mut self, stream: Stream) -> bool {
        let (now, established) = (self.now, self.established);
        let past = self.find(stream).unwrap();
        let begin = established.map_or(now, |established| past.at.max(established));
        !past.heard && now <= begin + REFUSAL_WINDOW && past.before_last_write < MIB
    }

    fn write(&mut self, size: usize) {
        match self.duplex.target(self.now) {
            Target::Use(stream) => {
                assert_eq!(Some(stream), self.current);
                self.write_to(stream, size);
            }
            Target::Failed(_) => {
                let unsent = self.duplex.take_replay().unwrap_or_default();
                assert_eq!(unsent, std::mem::take(&mut self.waiting));
            }
            Target::OpenNew { .. } => {
                assert_eq!(self.current, None);
                assert_eq!(self.duplex.take_replay(), None, "there is nowhere to write it");
            }
            Target::Opening => {
                assert!(self.opening);
                let used = |past: &Past| past.heard || !past.sent.is_empty();
                let current = self.current.map(|it| self.find(it).expect("it has a past"));
                assert!(
                    current.is_none_or(|past| past.stream.side() == Side::Theirs && !used(past))
                );
            }
            Target::NotYet => assert_eq!(self.established, None),
        }
        assert_eq!(self.duplex.replay_waits(), !self.waiting.is_empty());
    }

    fn write_to(&mut self, stream: Stream, size: usize) {
        let replay = self.duplex.take_replay().unwrap_or_default();
        assert!(replay == self.waiting, "{} bytes instead of {}", replay.len(), self.waiting.len());
        assert!(replay.len() <= MIB + self.largest, "{} bytes were kept", replay.len());
        self.waiting.clear();

        self.writes += 1;
        let mut write = self.writes.to_be_bytes().to_vec();
        write.resize(size, 0xee);
        self.largest = self.largest.max(size);
        self.duplex.written(&write, self.now);
        let opening = self.opening;
        let past = self.find(stream).unwrap();
        assert!(!past.ended, "written to a stream that has ended");
        let is_used = stream.side() == Side::Own || past.heard || !past.sent.is_empty();
        assert!(is_used || !opening, "the peer may close it in favour of ours, read or not");
        past.sent.extend(replay);
        past.before_last_write = past.sent.len();
        past.sent.extend(write);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_a_refused_stream_was_given_is_replayed_whole_and_in_order(inputs in inputs()) {
        let mut world = World::new();
        for input in &inputs {
            world.take(input);
        }
    }
}
