package main

import "sync"

// queue is a first-in-first-out list without a bound. Whoever drains the node
// must never wait: the library drops what its application does not take.
type queue[T any] struct {
	mu     sync.Mutex
	filled sync.Cond
	items  []T
	closed bool
}

func newQueue[T any]() *queue[T] {
	q := &queue[T]{}
	q.filled.L = &q.mu
	return q
}

func (q *queue[T]) push(item T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = append(q.items, item)
	q.filled.Signal()
}

// close lets drain return once what was pushed before has been taken.
func (q *queue[T]) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Signal()
}

// drain hands over item after item until the queue is closed and empty.
func (q *queue[T]) drain(take func(T)) {
	for {
		batch := q.next()
		if batch == nil {
			return
		}
		for _, item := range batch {
			take(item)
		}
	}
}

func (q *queue[T]) next() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 && !q.closed {
		q.filled.Wait()
	}
	batch := q.items
	q.items = nil
	return batch
}

// lanes runs tasks in order within a lane and side by side across lanes.
type lanes struct {
	mu    sync.Mutex
	queue map[string]*queue[func()]
}

func newLanes() *lanes {
	return &lanes{queue: make(map[string]*queue[func()])}
}

func (l *lanes) run(lane string, task func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	q, ok := l.queue[lane]
	if !ok {
		q = newQueue[func()]()
		l.queue[lane] = q
		go q.drain(func(task func()) { task() })
	}
	q.push(task)
}
