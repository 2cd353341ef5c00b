use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures::AsyncWrite;
use glueberry_proto::v1::duplex::{End, Ending, Failure, Side, Stream, Target};
use glueberry_proto::v1::frame::{FrameReader, MAX_SKIPPABLE, Step};
use glueberry_proto::v1::record::OpenRecord;
use proptest::prelude::*;

use super::*;

#[derive(Clone, Copy, Debug)]
enum Input {
    /// So many messages are taken to be written, with so much in each.
    Take {
        messages: u32,
        len: usize,
    },
    /// The stream in use takes so many bytes.
    Write(usize),
    BeginOpen,
    OpenOwn,
    OpenFails,
    OpenTheirs,
    Hear,
    HearTheirs,
    End(End),
    EndTheirs(End),
    Pass(u64),
    /// The link ends, and another one goes on.
    Inherit,
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let input = prop_oneof![
        4 => (1..5u32, 0..40usize).prop_map(|(messages, len)| Input::Take { messages, len }),
        1 => (1..3u32, 200_000..700_000usize)
            .prop_map(|(messages, len)| Input::Take { messages, len }),
        6 => (0..80usize).prop_map(Input::Write),
        2 => (0..800_000usize).prop_map(Input::Write),
        2 => Just(Input::Write(usize::MAX)),
        2 => Just(Input::BeginOpen),
        4 => Just(Input::OpenOwn),
        3 => Just(Input::OpenTheirs),
        1 => Just(Input::OpenFails),
        1 => Just(Input::Hear),
        1 => Just(Input::HearTheirs),
        5 => Just(Input::End(End::Failed)),
        1 => Just(Input::End(End::Closed)),
        1 => Just(Input::EndTheirs(End::Failed)),
        1 => Just(Input::EndTheirs(End::Closed)),
        3 => (0..400u64).prop_map(Input::Pass),
        1 => (2_000..40_000u64).prop_map(Input::Pass),
        1 => Just(Input::Inherit),
    ];
    prop::collection::vec(input, 0..80)
}

/// A link and its peer.
struct World {
    duplex: Duplex,
    pending: Pending,
    now: Instant,
    returned: VecDeque<Batch>,
    /// Every message has its number; so many were taken.
    taken: u32,
    /// The batch that was taken last counts as unwritten.
    counting: bool,
    /// What went to the stream in use.
    sent: Vec<u8>,
    /// What the peer has read, or may have.
    read: Vec<u32>,
}

impl World {
    fn new() -> Self {
        let (mut duplex, now) = (Duplex::new(), Instant::now());
        duplex.established(now);
        Self {
            duplex,
            pending: Pending::default(),
            now,
            returned: VecDeque::new(),
            taken: 0,
            counting: false,
            sent: Vec::new(),
            read: Vec::new(),
        }
    }

    fn step(&mut self, input: Input) {
        match input {
            Input::Take { messages, len } if !self.pending.has_batch() => {
                self.begin(messages, len);
            }
            Input::Take { .. } => {}
            Input::Write(most) => self.write(most),
            Input::BeginOpen => self.begin_open(),
            Input::OpenOwn => self.open_own(),
            Input::OpenFails => self.open_fails(),
            Input::OpenTheirs => self.open_theirs(),
            Input::HearTheirs => {
                if let Some(stream) = self.duplex.standing(Side::Theirs) {
                    self.duplex.frame_in(stream);
                }
            }
            Input::EndTheirs(how) => {
                if let Some(stream) = self.duplex.standing(Side::Theirs) {
                    self.end(stream, how);
                }
            }
            Input::Hear => {
                if let Target::Use(stream) = self.duplex.target(self.now) {
                    self.duplex.frame_in(stream);
                }
            }
            Input::End(how) => {
                if let Target::Use(stream) = self.duplex.target(self.now) {
                    self.end(stream, how);
                }
            }
            Input::Pass(millis) => self.now += Duration::from_millis(millis),
            Input::Inherit => self.inherit(),
        }
        if let Target::Failed(_) = self.duplex.target(self.now) {
            self.inherit();
        }
    }

    fn begin(&mut self, messages: u32, len: usize) {
        assert!(!std::mem::replace(&mut self.counting, true), "one batch at a time");
        if let Some(batch) = self.returned.pop_front() {
            return self.pending.begin(batch);
        }
        let mut record = OpenRecord::plain();
        for _ in 0..messages {
            let mut message = self.taken.to_be_bytes().to_vec();
            message.resize(4 + len, 0);
            record.push(&message).unwrap();
            self.taken += 1;
        }
        self.pending.begin(Batch::seal(record));
    }

    fn write(&mut self, most: usize) {
        let Target::Use(_) = self.duplex.target(self.now) else { return };
        self.pending.announce(&mut self.duplex, self.now);
        let mut sink = Sink { taken: &mut self.sent, left: most };
        let mut context = Context::from_waker(Waker::noop());
        while let Some(batch) = self.pending.next() {
            match batch.poll_write(Pin::new(&mut sink), &mut context) {
                Poll::Ready(outcome) => outcome.unwrap(),
                Poll::Pending => return,
            }
            if self.pending.done().is_some() {
                assert!(std::mem::take(&mut self.counting), "each batch is done once");
            }
        }
    }

    fn begin_open(&mut self) {
        if let Target::OpenNew { not_before } = self.duplex.target(self.now) {
            self.now = self.now.max(not_before);
            self.duplex.own_opening();
        }
    }

    fn open_own(&mut self) {
        self.begin_open();
        if self.duplex.target(self.now) == Target::Opening {
            self.duplex.own_opened(self.now);
        }
    }

    fn open_fails(&mut self) {
        if self.duplex.target(self.now) == Target::Opening {
            self.duplex.open_failed(Failure::Refused, self.now);
        }
    }

    fn open_theirs(&mut self) {
        if let Some(earlier) = self.duplex.standing(Side::Theirs) {
            self.end(earlier, End::Closed);
        }
        self.duplex.theirs_arrived(self.now);
    }

    fn end(&mut self, stream: Stream, how: End) {
        match self.duplex.ended(stream, how, self.now) {
            Ending::Unaffected => {}
            Ending::Refused => {
                self.pending.owe(self.now);
                self.sent.clear();
            }
            Ending::Broken => {
                self.pending.rewind();
                self.peer_reads();
            }
        }
    }

    /// What waits is what was not read, whatever came before.
    fn inherit(&mut self) {
        let unsent = std::mem::take(&mut self.pending).into_unsent(&mut self.duplex);
        self.peer_reads();
        self.returned = unsent.into_iter().chain(std::mem::take(&mut self.returned)).collect();
        let unwritten: u64 = self.returned.iter().map(|batch| batch.tally().messages).sum();
        assert_eq!(unwritten + self.read.len() as u64, u64::from(self.taken));
        self.counting = false;
        self.duplex = Duplex::new();
        self.duplex.established(self.now);
    }

    /// Frame by frame; one that was cut never came.
    fn peer_reads(&mut self) {
        let mut frames = FrameReader::new(MAX_SKIPPABLE);
        let (sent, mut at) = (std::mem::take(&mut self.sent), 0);
        while let Step::Frame { data, consumed } = frames.step(&sent[at..]).unwrap() {
            let number = sent[at..][data][..4].try_into().unwrap();
            self.read.push(u32::from_be_bytes(number));
            at += consumed;
        }
    }

    /// From now on nothing fails.
    fn settle(&mut self) {
        loop {
            self.open_theirs();
            self.open_own();
            self.write(usize::MAX);
            if self.returned.is_empty() {
                break;
            }
            self.begin(0, 0);
        }
        assert!(self.pending.is_empty() && !self.counting);
        self.peer_reads();
    }
}

struct Sink<'a> {
    taken: &'a mut Vec<u8>,
    left: usize,
}

impl AsyncWrite for Sink<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let count = bytes.len().min(self.left);
        self.taken.extend_from_slice(&bytes[..count]);
        self.left -= count;
        if count == 0 { Poll::Pending } else { Poll::Ready(Ok(count)) }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn every_message_is_read_once(inputs: impl IntoIterator<Item = Input>) {
    let mut world = World::new();
    inputs.into_iter().for_each(|input| world.step(input));
    world.settle();
    // A stream that broke counts as read. Then each message comes whole, once and in order.
    assert_eq!(world.read, (0..world.taken).collect::<Vec<_>>());
}

#[test]
fn a_replay_that_a_break_interrupts_goes_on_after_the_next_refusal() {
    let batch = Input::Take { messages: 3, len: 40 };
    for with_batch in [true, false] {
        let mut inputs = vec![Input::OpenOwn, batch, Input::Write(usize::MAX)];
        inputs.extend([Input::End(End::Failed), Input::OpenOwn, Input::Write(60)]);
        // A frame that comes in: the end that follows is no refusal.
        inputs.extend([Input::Hear, Input::End(End::Failed), Input::OpenOwn]);
        inputs.extend(with_batch.then_some(batch));
        inputs.extend([Input::Write(70), Input::End(End::Failed), Input::OpenOwn]);
        every_message_is_read_once(inputs);
    }
}

#[test]
fn nothing_more_is_taken_while_a_replay_holds_what_counts_as_unwritten() {
    let batch = Input::Take { messages: 3, len: 40 };
    let mut world = World::new();
    for input in [Input::OpenOwn, batch, Input::Write(60), Input::End(End::Failed)] {
        world.step(input);
    }
    assert!(world.pending.has_batch(), "it waits for a stream");
    world.step(Input::OpenOwn);
    world.step(Input::Write(10));
    assert!(world.pending.has_batch(), "it is written again");
    world.step(Input::Write(usize::MAX));
    assert!(!world.pending.has_batch());
}

#[test]
fn what_was_refused_counts_as_unwritten_once_the_connection_has_outlived_it() {
    for (passes, messages) in [(0, 0), (600, 3)] {
        let mut world = World::new();
        let batch = Input::Take { messages: 3, len: 40 };
        for input in [Input::OpenOwn, batch, Input::Write(usize::MAX), Input::End(End::Failed)] {
            world.step(input);
        }
        world.step(Input::Pass(passes));
        let unwritten = world.pending.into_unwritten(&mut world.duplex, world.now);
        let count: u64 = unwritten.iter().map(|batch| batch.tally().messages).sum();
        assert_eq!(count, messages, "after {passes} ms");
    }
}

proptest! {
    #[test]
    fn every_message_arrives_once_and_in_order_but_for_what_a_broken_stream_may_have_read(
        inputs in inputs()
    ) {
        every_message_is_read_once(inputs);
    }
}
