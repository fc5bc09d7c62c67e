package filethrottle

import (
	"errors"
	"slices"
	"time"
)

// kick starts an exchange, or another one after that which is under way. It is called with mu held.
func (d *desk) kick() {
	d.kicked = true
	if !d.working {
		d.working = true
		go d.work()
	}
}

// work makes exchanges as long as there is a reason for one.
func (d *desk) work() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		said, queries, reason := d.collect(time.Now())
		if !reason {
			break
		}
		d.mu.Unlock()
		heard, err := d.exchange(said)
		d.mu.Lock()
		if err != nil {
			d.fail(said, queries, err)
		} else {
			d.hear(said, queries, heard)
		}
	}
	d.working = false
	d.schedule()
}

// collect puts together what there is to say, and tells whether there is a reason to say it now.
func (d *desk) collect(now time.Time) (said *ask, queries []*query, reason bool) {
	reason, d.kicked = d.kicked, false
	due := func(at time.Time) bool { return !at.IsZero() && !at.After(now) }
	said = &ask{pause: max(0, d.paused.Sub(now)), gone: d.gone, tells: d.owed, waiting: len(d.queue)}
	reason = reason || due(d.tellAt) || len(d.queue) > 0 && due(d.lookAt)
	if due(d.renewAt) {
		for s, taken := range d.held {
			if now.Sub(taken) >= d.renewal() {
				said.renew = append(said.renew, s)
			}
		}
		d.renewAt = now.Add(d.renewal())
		reason = reason || len(said.renew) > 0
	}
	if !reason {
		return nil, nil, false
	}
	d.gone, d.owed, d.tellAt = nil, nil, time.Time{}
	for _, w := range d.queue[:min(len(d.queue), batch)] {
		said.wait = append(said.wait, &ticket{w.id, w.since})
	}
	queries, d.queries = d.queries, nil
	for _, q := range queries {
		said.estimates = append(said.estimates, q.calls)
		said.status = said.status || q.status
	}
	return said, queries, true
}

// hear passes on what the books have said.
func (d *desk) hear(said *ask, queries []*query, heard *answer) {
	now := time.Now()
	d.scarce = heard.scarce
	for _, s := range said.renew {
		if _, under := d.held[s]; under {
			d.held[s] = heard.taken
		}
	}
	for i, q := range queries {
		own := *heard
		own.estimates = heard.estimates[i : i+1]
		q.reply <- &own
	}
	for i, place := range said.wait {
		at := slices.IndexFunc(d.queue, func(w *waiter) bool { return w.id == place.id })
		if at >= 0 {
			d.queue[at].since = place.since
		}
		if i < len(heard.granted) {
			d.grant(at, heard.granted[i], heard.taken)
		}
	}
	if len(d.queue) == 0 {
		return
	}
	if len(heard.granted) == batch || len(heard.at) == 0 {
		d.kicked = true // there are more to ask for
		return
	}
	d.lookAt = now.Add(max(heard.look.Sub(now), time.Millisecond))
	d.dismiss(func(place int) time.Time { return d.at(heard.at, place) })
}

// grant gives a slot to a caller, or back to the books when the caller has left.
func (d *desk) grant(at int, s slot, taken time.Time) {
	if len(d.held) == 0 {
		d.renewAt = taken.Add(d.renewal())
	}
	d.held[s] = taken
	if at < 0 {
		d.end(s, false)
		return
	}
	d.queue[at].turn <- outcome{slot: s, taken: taken}
	d.queue = slices.Delete(d.queue, at, at+1)
}

// at returns when a caller can have its slot at the earliest that has so many ahead in the queue.
func (d *desk) at(known []time.Time, place int) time.Time {
	if place < len(known) {
		return known[place]
	}
	if rounds := (place-len(known))/d.calls + 1; d.calls <= len(known) && rounds < batch {
		return known[place-rounds*d.calls].Add(time.Duration(rounds) * d.per)
	}
	return known[len(known)-1]
}

// dismiss fails those whose slot comes after their deadline; the others move up.
func (d *desk) dismiss(slot func(place int) time.Time) {
	place, left := 0, d.gone
	d.queue = slices.DeleteFunc(d.queue, func(w *waiter) bool {
		err := w.check(slot(place))
		if err == nil {
			place++
			return false
		}
		w.turn <- outcome{err: err}
		left = append(left, w.ticket)
		return true
	})
	if len(left) > len(d.gone) {
		d.gone = left
		d.kick()
	}
}

// fail tells those who asked that the books cannot be used. What was to be told is still owed.
func (d *desk) fail(said *ask, queries []*query, err error) {
	d.owed = append(said.tells, d.owed...)
	d.gone = append(said.gone, d.gone...)
	now := time.Now()
	d.forget(now)
	if len(d.owed)+len(d.gone) > 0 {
		d.tellAt = now.Add(max(d.look(), 100*time.Millisecond))
	}
	if _, busy := errors.AsType[*busyError](err); busy {
		d.queries = append(queries, d.queries...)
		d.kicked = d.kicked || len(d.queue)+len(d.queries) > 0
		return
	}
	for _, q := range queries {
		q.err <- err
	}
	for _, place := range said.wait {
		at := slices.IndexFunc(d.queue, func(w *waiter) bool { return w.id == place.id })
		if at >= 0 {
			d.gone = append(d.gone, d.queue[at].ticket)
			d.queue[at].turn <- outcome{err: err}
			d.queue = slices.Delete(d.queue, at, at+1)
		}
	}
	d.kicked = d.kicked || len(d.queue) > 0
}

// forget drops what has run out by itself while the books could not be used.
func (d *desk) forget(now time.Time) {
	d.owed = slices.DeleteFunc(d.owed, func(t tell) bool {
		return now.Sub(t.over) > d.per+d.grace()
	})
	if more := len(d.gone) - mostGone; more > 0 {
		d.gone = slices.Delete(d.gone, 0, more)
	}
}

// mostGone is how many who gave up are remembered; the places of others run out.
const mostGone = 4 * batch

// schedule sets the timer for the next exchange. It is called with mu held.
func (d *desk) schedule() {
	if d.working {
		return // it schedules in the end
	}
	if d.timer != nil {
		d.timer.Stop()
	}
	var next []time.Time
	if len(d.queue) > 0 {
		next = append(next, d.lookAt)
	}
	if len(d.held) > 0 {
		next = append(next, d.renewAt)
	}
	if len(d.owed)+len(d.gone) > 0 && !d.tellAt.IsZero() {
		next = append(next, d.tellAt)
	}
	if len(next) == 0 {
		return
	}
	wait := time.Until(slices.MinFunc(next, time.Time.Compare))
	if d.timer == nil {
		d.timer = time.AfterFunc(wait, d.tick)
	} else {
		d.timer.Reset(wait)
	}
}

func (d *desk) tick() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.working {
		d.working = true
		go d.work()
	}
}
