#include "redress/reader/reader.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "redress/base/backoff.h"
#include "redress/base/clock.h"
#include "redress/base/date.h"
#include "redress/reader/codec.h"
#include "redress/reader/frame.h"
#include "redress/reader/pack.h"
#include "redress/reader/slot.h"
#include "redress/reader/spawner.h"

#define BACK_OFF_MIN_MS	  100 /* between two failing starts of children, doubled up to MAX */
#define BACK_OFF_MAX_MS	  10000
#define STARTS_FAILED_MAX 6 /* in a row, before a batch is given up */

struct rd_reader {
	struct rd_spawner *spawner; /* borrowed */
	int n_slots;
	struct rd_slot slots[RD_READER_CHILDREN_MAX];
	int64_t wall_ms;
	int64_t start_not_before_ms, back_off_ms;
	int n_starts_failed;
	pthread_mutex_t lock; /* over what follows: set_rules comes from any thread */
	struct rd_buf setup;  /* a SETUP frame's bytes */
	char ruleset[RD_RULESET_NAME_MAX];
	uint64_t generation;
};

enum job_state { JOB_WAITING = 0, JOB_SENT, JOB_DONE };

struct job {
	enum job_state state;
	bool alone; /* the child that was at it died: once more, alone in a fresh one */
};

/* One call of rd_reader_read. */
struct batch {
	struct rd_reader *reader;
	const struct rd_reading_request *requests;
	size_t n, n_done, n_decoded;
	struct rd_arena *arena;
	struct rd_reading *readings;
	struct job *jobs;
	size_t first;	/* no job before it waits */
	size_t n_alone; /* waiting to be alone */
};

/* ---- sources ---- */

static enum rd_rc memory_next(
	void *context, const void **ret_piece, size_t *ret_len, struct rd_err *err)
{
	struct rd_raw_memory *memory = context;

	size_t left = memory->len - memory->given;

	(void)err;
	*ret_piece = (const char *)memory->bytes + memory->given;
	*ret_len = left < RD_RAW_PIECE_BYTES ? left : RD_RAW_PIECE_BYTES;
	memory->given += *ret_len;
	return RD_OK;
}

static enum rd_rc memory_rewind(void *context, struct rd_err *err)
{
	struct rd_raw_memory *memory = context;

	(void)err;
	memory->given = 0;
	return RD_OK;
}

struct rd_raw_source rd_raw_from_memory(struct rd_raw_memory *memory)
{
	return (struct rd_raw_source){ memory_next, memory_rewind, memory };
}

/* ---- children ---- */

static enum rd_rc slot_start_current(
	struct rd_reader *reader, struct rd_slot *slot, struct rd_err *err)
{
	pthread_mutex_lock(&reader->lock);
	slot->generation = reader->generation;
	memcpy(slot->ruleset, reader->ruleset, sizeof slot->ruleset);
	enum rd_rc rc = rd_slot_start(slot, reader->spawner, &reader->setup, err);
	pthread_mutex_unlock(&reader->lock);
	return rc;
}

static void start_failed(struct rd_reader *reader)
{
	reader->n_starts_failed++;
	reader->back_off_ms =
		rd_backoff_next(reader->back_off_ms, BACK_OFF_MIN_MS, BACK_OFF_MAX_MS);
	reader->start_not_before_ms = rd_monotonic_ms() + reader->back_off_ms;
}

static void start_worked(struct rd_reader *reader)
{
	reader->n_starts_failed = 0;
	reader->back_off_ms = 0;
	reader->start_not_before_ms = 0;
}

/* Compiled from an older set, or on another day (`Until:` of a disabled rule ends at midnight). */
static bool slot_is_stale(struct rd_reader *reader, const struct rd_slot *slot)
{
	pthread_mutex_lock(&reader->lock);
	bool old = slot->generation != reader->generation;
	pthread_mutex_unlock(&reader->lock);
	return old || rd_date_compare(slot->day, rd_date_of(rd_now_ms(&rd_system_clock))) != 0;
}

/* ---- a batch ---- */

RD_PRINTF(4, 5)
static void job_end(struct batch *batch, size_t i, enum rd_reading_end end, const char *format, ...)
{
	struct rd_reading *reading = &batch->readings[i];
	va_list args;

	RD_ASSERT(batch->jobs[i].state != JOB_DONE);
	reading->end = end;
	va_start(args, format);
	vsnprintf(reading->detail, sizeof reading->detail, format, args);
	va_end(args);
	batch->jobs[i].state = JOB_DONE;
	batch->n_done++;
}

/* Back among those that wait: the child that held it is gone. */
static void job_again(struct batch *batch, size_t i, bool alone)
{
	const struct rd_raw_source *raw = &batch->requests[i].raw;
	struct rd_err err = { 0 };

	if (raw->rewind == NULL || raw->rewind(raw->context, &err) != RD_OK) {
		job_end(batch, i, RD_READ_FAILED, "its parse child died; it must be tried again");
		return;
	}
	batch->jobs[i].state = JOB_WAITING;
	batch->jobs[i].alone = batch->jobs[i].alone || alone;
	batch->n_alone += batch->jobs[i].alone;
	if (i < batch->first)
		batch->first = i;
}

/* The child is gone, hangs or lies. Only a message that was alone in a fresh child is to blame, and
 * none where the spawner is gone: its children go with it. */
static void slot_died(struct batch *batch, struct rd_slot *slot, const char *instead)
{
	char detail[RD_SLOT_DETAIL_MAX];
	size_t held[RD_SLOT_DEPTH], n = slot->n_flight;
	bool was_alone = n == 1 && slot->n_asked == 1;
	bool was_starting = slot->state == RD_SLOT_STARTING;

	memcpy(held, slot->flight, sizeof held);
	rd_slot_clear(slot, batch->reader->spawner, detail);
	if (was_starting)
		start_failed(batch->reader);
	if (was_alone && detail[0] != '\0') {
		job_end(batch, held[0], RD_READ_DIED, "%s", instead != NULL ? instead : detail);
		return;
	}
	for (size_t i = 0; i < n; i++)
		job_again(batch, held[i], i == 0);
}

/* The caller decides what was read in the same arena: a quarter is left to it, but for the sake of
 * the first reading alone. */
static enum rd_rc decode(struct batch *batch, struct rd_reading *reading, const uint8_t *bytes,
	size_t len, struct rd_err *err)
{
	const struct rd_arena_mark mark = rd_arena_mark(batch->arena);
	const size_t wanted = (rd_arena_used(batch->arena) + rd_arena_room(batch->arena)) / 4;

	enum rd_rc rc = rd_reading_decode(
		bytes, len, batch->arena, &reading->message, &reading->score, err);
	if (rc == RD_OK && batch->n_decoded > 0 && rd_arena_room(batch->arena) < wanted)
		rc = rd_fail(err, RD_E_RANGE, "the rest of the arena is for the deciding");
	if (rc == RD_OK) {
		batch->n_decoded++;
		return RD_OK;
	}
	rd_arena_back_to(batch->arena, mark);
	memset(&reading->message, 0, sizeof reading->message);
	memset(&reading->score, 0, sizeof reading->score);
	return rc;
}

static void take_reading(
	struct batch *batch, struct rd_slot *slot, const uint8_t *bytes, size_t len)
{
	size_t i = slot->flight[0];
	struct rd_reading *reading = &batch->readings[i];
	struct rd_err err = { 0 };

	/* The first child that has work is at its next message from here on. */
	enum rd_rc rc = decode(batch, reading, bytes, len, &err);
	if (rc == RD_E_RANGE) {
		job_end(batch, i, RD_READ_FAILED, "no room left for it in this batch");
	} else if (rc != RD_OK) {
		slot_died(batch, slot, "what the parse child said cannot be");
		return;
	} else {
		memcpy(reading->ruleset, slot->ruleset, sizeof reading->ruleset);
		job_end(batch, i, RD_READ, "%s", "");
	}
}

static void take_answer(struct batch *batch, struct rd_slot *slot, const uint8_t *bytes, size_t len)
{
	size_t i;

	if (slot->n_flight == 0 || slot->flight[0] == slot->sending || len < 1) {
		slot_died(batch, slot, "what the parse child said cannot be");
		return;
	}
	i = slot->flight[0];
	if (bytes[0] == RD_OK)
		take_reading(batch, slot, bytes + 1, len - 1);
	else if (bytes[0] == RD_E_MISSING)
		job_end(batch, i, RD_READ_FAILED, "landlord %.60s is not loaded",
			batch->requests[i].landlord);
	else if (bytes[0] == RD_E_RANGE)
		job_end(batch, i, RD_READ_DIED, "more than can be read of one message");
	else
		job_end(batch, i, RD_READ_DIED, "reading it failed (%u)", (unsigned)bytes[0]);
	if (slot->state == RD_SLOT_EMPTY)
		return;
	slot->n_flight--;
	memmove(slot->flight, slot->flight + 1, slot->n_flight * sizeof slot->flight[0]);
	slot->exclusive = false;
	slot->since_ms = rd_monotonic_ms();
}

/* Every whole frame that the child sent. */
static void slot_answers(struct batch *batch, struct rd_slot *slot)
{
	struct rd_err err = { 0 };
	struct rd_slot_frame frame;

	while (slot->state != RD_SLOT_EMPTY) {
		if (rd_slot_frame(slot, &frame, &err) != RD_OK) {
			slot_died(batch, slot, "what the parse child said cannot be");
			return;
		}
		if (!frame.whole)
			return;
		if (frame.type == RD_FRAME_READY && slot->state == RD_SLOT_STARTING &&
			frame.len == 0) {
			slot->state = RD_SLOT_READY;
			start_worked(batch->reader);
		} else if (frame.type == RD_FRAME_ANSWER && slot->state == RD_SLOT_READY) {
			take_answer(batch, slot, frame.bytes, frame.len);
		} else {
			slot_died(batch, slot, "what the parse child said cannot be");
		}
		if (slot->state != RD_SLOT_EMPTY)
			rd_slot_frame_drop(slot, frame.len);
	}
}

/* The next piece of what is being sent into slot->out, or its END. */
static void slot_fill(struct batch *batch, struct rd_slot *slot)
{
	size_t i = slot->sending;
	const struct rd_reading_request *request = &batch->requests[i];
	struct rd_err err = { 0 };
	const void *piece = NULL;
	size_t len = 0;
	uint8_t cut = request->cut ? 1 : 0;

	enum rd_rc rc = request->raw.next(request->raw.context, &piece, &len, &err);
	if (rc == RD_OK && len > RD_RAW_PIECE_BYTES)
		rc = RD_E_RANGE;
	if (rc == RD_OK && slot->sent_bytes + len > RD_MAIL_BYTES_MAX) {
		len = 0; /* read as far as may be, and say so */
		cut = 1;
	}
	slot->sent_bytes += len;
	slot->big = slot->big || slot->sent_bytes > RD_READER_BIG_BYTES;
	if (rc == RD_OK && len > 0)
		rc = rd_slot_say(slot, RD_FRAME_PIECE, piece, len, &err);
	else if (rc == RD_OK)
		rc = rd_slot_say(slot, RD_FRAME_END, &cut, 1, &err);
	if (rc == RD_OK && len > 0)
		return;
	slot->sending = RD_SLOT_NONE;
	if (rc == RD_OK)
		return;
	slot->n_flight--; /* what is being sent is the last it holds */
	job_end(batch, i, RD_READ_FAILED, "its raw bytes could not be had");
	if (rd_slot_say(slot, RD_FRAME_ABORT, NULL, 0, &err) != RD_OK)
		slot_died(batch, slot, NULL);
}

static bool slot_is_sending(const struct rd_slot *slot)
{
	return slot->sending != RD_SLOT_NONE;
}

static enum rd_begin begin_of(const struct rd_reading_request *request)
{
	if (request->taken_apart)
		return RD_BEGIN_TAKEN_APART;
	return request->channel == RD_CHANNEL_SMS ? RD_BEGIN_TEXT : RD_BEGIN_MAIL;
}

static void assign(struct batch *batch, struct rd_slot *slot, size_t i)
{
	const struct rd_reading_request *request = &batch->requests[i];
	RD_CLEANUP(rd_buf_free) struct rd_buf begin = RD_BUF(RD_BEGIN_BYTES_MAX);
	struct rd_packer packer = { &begin, false };
	struct rd_err err = { 0 };

	batch->n_alone -= batch->jobs[i].alone;
	rd_pack_u8(&packer, (uint8_t)begin_of(request));
	rd_pack_u64(&packer, (uint64_t)request->received_ms);
	rd_pack_str(&packer, request->landlord);
	rd_pack_str(&packer, request->from != NULL ? request->from : "");
	rd_origin_pack(&packer, request->origin);
	if (packer.full ||
		rd_slot_say(slot, RD_FRAME_BEGIN, begin.data, begin.len, &err) != RD_OK) {
		job_end(batch, i, RD_READ_FAILED, "its landlord's name or sender is too long");
		return;
	}
	batch->jobs[i].state = JOB_SENT;
	if (slot->n_flight == 0)
		slot->since_ms = rd_monotonic_ms();
	slot->flight[slot->n_flight++] = i;
	slot->n_asked++;
	slot->exclusive = batch->jobs[i].alone;
	slot->sending = i;
	slot->sent_bytes = 0;
	while (slot_is_sending(slot) && slot->out.len < RD_RAW_PIECE_BYTES / 4)
		slot_fill(batch, slot); /* small mail goes out in one write */
}

static size_t next_waiting(struct batch *batch, bool alone)
{
	if (alone && batch->n_alone == 0)
		return RD_SLOT_NONE;
	while (batch->first < batch->n && batch->jobs[batch->first].state != JOB_WAITING)
		batch->first++;
	for (size_t i = batch->first; i < batch->n; i++)
		if (batch->jobs[i].state == JOB_WAITING && batch->jobs[i].alone == alone)
			return i;
	return RD_SLOT_NONE;
}

/* Can it take a message? A fresh one is left to those that must be alone, while there are any. */
static bool slot_is_open(struct rd_reader *reader, const struct rd_slot *slot, bool alone)
{
	if (slot->state != RD_SLOT_READY || slot->big || slot->exclusive || slot_is_sending(slot) ||
		slot->n_flight == RD_SLOT_DEPTH || slot_is_stale(reader, slot))
		return false;
	return !alone || (slot->n_asked == 0 && slot->n_flight == 0);
}

static struct rd_slot *least_busy(struct rd_reader *reader, bool alone)
{
	struct rd_slot *best = NULL;

	for (int s = 0; s < reader->n_slots; s++) {
		struct rd_slot *slot = &reader->slots[s];
		if (slot_is_open(reader, slot, alone) &&
			(best == NULL || slot->n_flight < best->n_flight))
			best = slot;
	}
	return best;
}

static void dispatch(struct batch *batch, bool alone)
{
	for (;;) {
		size_t i = next_waiting(batch, alone);
		struct rd_slot *slot = i != RD_SLOT_NONE ? least_busy(batch->reader, alone) : NULL;
		if (slot == NULL)
			return;
		assign(batch, slot, i);
	}
}

/* Ends idle children that are used up, and starts new ones where there are none. */
static enum rd_rc maintain(struct batch *batch, struct rd_err *err)
{
	struct rd_reader *reader = batch->reader;
	bool fresh_wanted = batch->n_alone > 0;
	bool fresh_coming = false;

	for (int s = 0; s < reader->n_slots; s++) {
		const struct rd_slot *slot = &reader->slots[s];
		fresh_coming = fresh_coming || slot->state != RD_SLOT_READY ||
			       (slot->n_asked == 0 && !slot_is_stale(reader, slot));
	}
	for (int s = 0; s < reader->n_slots; s++) {
		struct rd_slot *slot = &reader->slots[s];
		bool idle = slot->state == RD_SLOT_READY && slot->n_flight == 0;
		if (idle && (slot->big || slot_is_stale(reader, slot))) {
			rd_slot_clear(slot, reader->spawner, NULL);
		} else if (idle && fresh_wanted && !fresh_coming) {
			rd_slot_clear(slot, reader->spawner, NULL);
			fresh_coming = true;
		}
		if (slot->state != RD_SLOT_EMPTY || rd_monotonic_ms() < reader->start_not_before_ms)
			continue;
		if (slot_start_current(reader, slot, err) != RD_OK)
			start_failed(reader);
	}
	if (reader->n_starts_failed >= STARTS_FAILED_MAX) {
		reader->n_starts_failed = 0; /* the next batch tries anew */
		return rd_fail(err, RD_E_AGAIN, "the parse children do not start");
	}
	return RD_OK;
}

static int64_t slot_deadline(const struct rd_reader *reader, const struct rd_slot *slot)
{
	if (slot->state == RD_SLOT_STARTING)
		return slot->since_ms + RD_READER_START_MS;
	if (slot->state == RD_SLOT_READY && slot->n_flight > 0)
		return slot->since_ms + reader->wall_ms;
	return INT64_MAX;
}

static void end_hung(struct batch *batch)
{
	struct rd_reader *reader = batch->reader;
	int64_t now = rd_monotonic_ms();

	for (int s = 0; s < reader->n_slots; s++)
		if (now >= slot_deadline(reader, &reader->slots[s])) {
			char detail[64];
			snprintf(detail, sizeof detail, "no answer within %lld ms",
				(long long)reader->wall_ms);
			slot_died(batch, &reader->slots[s], detail);
		}
}

static int wait_ms(const struct rd_reader *reader)
{
	int64_t now = rd_monotonic_ms(), until = now + 1000;

	for (int s = 0; s < reader->n_slots; s++) {
		int64_t deadline = slot_deadline(reader, &reader->slots[s]);
		if (reader->slots[s].state == RD_SLOT_EMPTY)
			deadline = reader->start_not_before_ms;
		if (deadline < until)
			until = deadline;
	}
	return until > now ? (int)(until - now) : 0;
}

static void serve_slot(struct batch *batch, struct rd_slot *slot, short events)
{
	struct rd_err err = { 0 };
	enum rd_rc rc = RD_OK;

	if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) {
		rc = rd_slot_read(slot, &err);
		slot_answers(batch, slot); /* what it said before it died counts */
	}
	if (slot->state != RD_SLOT_EMPTY && rc == RD_OK && (events & POLLOUT) != 0) {
		/* A child that is gone may have said something yet: reading tells. */
		if (rd_slot_write(slot, &err) != RD_OK)
			rd_buf_clear(&slot->out), slot->out_sent = 0;
		while (slot_is_sending(slot) && slot->out.len == 0)
			slot_fill(batch, slot);
	}
	if (slot->state != RD_SLOT_EMPTY && rc != RD_OK)
		slot_died(batch, slot, NULL);
}

/* One round of waiting; ret_stopped: stop_fd became readable. */
static void turn(struct batch *batch, int stop_fd, bool *ret_stopped)
{
	struct rd_reader *reader = batch->reader;
	struct pollfd fds[RD_READER_CHILDREN_MAX + 1];

	for (int s = 0; s < reader->n_slots; s++) {
		struct rd_slot *slot = &reader->slots[s];
		bool writes = slot->out.len > 0 || slot_is_sending(slot);
		fds[s] = (struct pollfd){ .fd = slot->state == RD_SLOT_EMPTY ? -1 : slot->fd,
			.events = (short)(POLLIN | (writes ? POLLOUT : 0)) };
	}
	fds[reader->n_slots] = (struct pollfd){ .fd = stop_fd, .events = POLLIN };
	int n = poll(fds, (nfds_t)reader->n_slots + 1, wait_ms(reader));
	if (n > 0) {
		for (int s = 0; s < reader->n_slots; s++)
			if (fds[s].revents != 0 && reader->slots[s].state != RD_SLOT_EMPTY)
				serve_slot(batch, &reader->slots[s], fds[s].revents);
		*ret_stopped = (fds[reader->n_slots].revents & (POLLIN | POLLHUP)) != 0;
	}
	end_hung(batch);
}

/* Children that ended by themselves between two batches: no message is to blame. */
static void clear_gone(struct rd_reader *reader)
{
	for (int s = 0; s < reader->n_slots; s++)
		if (reader->slots[s].state == RD_SLOT_READY && rd_slot_is_gone(&reader->slots[s]))
			rd_slot_clear(&reader->slots[s], reader->spawner, NULL);
}

static enum rd_rc run(struct batch *batch, int stop_fd, bool *ret_stopped, struct rd_err *err)
{
	clear_gone(batch->reader);
	while (batch->n_done < batch->n && !*ret_stopped) {
		RD_TRY(maintain(batch, err));
		dispatch(batch, true);
		dispatch(batch, false);
		if (batch->n_done < batch->n)
			turn(batch, stop_fd, ret_stopped);
	}
	return RD_OK;
}

/* What was not read by now will not be. */
static void give_up(struct batch *batch, const char *why)
{
	struct rd_reader *reader = batch->reader;

	for (int s = 0; s < reader->n_slots; s++)
		if (reader->slots[s].n_flight > 0)
			rd_slot_clear(&reader->slots[s], reader->spawner, NULL);
	for (size_t i = 0; i < batch->n; i++)
		if (batch->jobs[i].state != JOB_DONE)
			job_end(batch, i, RD_READ_FAILED, "%s", why);
}

static void free_jobs(struct job **jobs)
{
	free(*jobs);
}

enum rd_rc rd_reader_read(struct rd_reader *reader, const struct rd_reading_request *requests,
	size_t n, int stop_fd, struct rd_arena *arena, struct rd_reading *readings,
	struct rd_err *err)
{
	RD_ASSERT(n >= 1 && n <= RD_READER_BATCH_MAX);
	RD_CLEANUP(free_jobs) struct job *jobs = calloc(n, sizeof *jobs);
	RD_ASSERT(jobs != NULL);
	struct batch batch = {
		.reader = reader,
		.requests = requests,
		.n = n,
		.arena = arena,
		.readings = readings,
		.jobs = jobs,
	};
	bool stopped = false;

	memset(readings, 0, n * sizeof *readings);
	enum rd_rc rc = run(&batch, stop_fd, &stopped, err);
	if (rc != RD_OK || stopped)
		give_up(&batch, stopped ? "the daemon is stopping" : "no parse child starts");
	return rc;
}

/* ---- opening, rules, closing ---- */

/* Has one child compile the set; RD_E_INPUT with its words where it cannot. */
static enum rd_rc try_setup(
	struct rd_reader *reader, const struct rd_buf *setup, struct rd_err *err)
{
	struct rd_slot trial = { .sending = RD_SLOT_NONE };
	struct rd_slot_frame frame = { .whole = false };
	int64_t deadline = rd_monotonic_ms() + RD_READER_START_MS;
	char detail[RD_SLOT_DETAIL_MAX];

	RD_TRY(rd_slot_start(&trial, reader->spawner, setup, err));
	enum rd_rc rc = RD_OK;
	while (rc == RD_OK && !frame.whole) {
		struct pollfd pollfd = { .fd = trial.fd,
			.events = (short)(POLLIN | (trial.out.len > 0 ? POLLOUT : 0)) };
		int64_t left = deadline - rd_monotonic_ms();
		if (poll(&pollfd, 1, left > 0 ? (int)left : 0) == 0)
			rc = rd_fail(err, RD_E_AGAIN, "a parse child was not ready in time");
		if (rc == RD_OK && (pollfd.revents & POLLOUT) != 0 &&
			rd_slot_write(&trial, err) != RD_OK)
			rd_buf_clear(&trial.out);
		if (rc == RD_OK && (pollfd.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
			rc = rd_slot_read(&trial, err);
		if (rc == RD_OK)
			rc = rd_slot_frame(&trial, &frame, err);
	}
	if (rc == RD_OK && frame.type == RD_FRAME_UNFIT)
		rc = rd_fail(err, RD_E_INPUT, "%.*s",
			(int)(frame.len < RD_UNFIT_BYTES_MAX ? frame.len : RD_UNFIT_BYTES_MAX),
			(const char *)frame.bytes);
	else if (rc == RD_OK && frame.type != RD_FRAME_READY)
		rc = rd_fail(err, RD_E_AGAIN, "a parse child does not speak as it should");
	bool died = rc != RD_OK && !frame.whole;
	rd_slot_clear(&trial, reader->spawner, detail);
	if (died)
		rd_fail(err, rc, "a parse child ended while it took in the rules: %s", detail);
	return rc;
}

enum rd_rc rd_reader_set_rules(struct rd_reader *reader, const struct rd_rulefiles *files,
	const char *const *landlords, size_t n_landlords, const struct rd_off_rules *off,
	struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf setup = RD_BUF(RD_SETUP_BYTES_MAX);

	if (n_landlords > RD_READER_LANDLORDS_MAX)
		return rd_fail(err, RD_E_RANGE, "more than %d landlords", RD_READER_LANDLORDS_MAX);
	RD_TRY(rd_setup_encode(files, landlords, n_landlords, off, &setup, err));
	RD_TRY(try_setup(reader, &setup, err));
	pthread_mutex_lock(&reader->lock);
	struct rd_buf old = reader->setup;
	reader->setup = setup;
	memcpy(reader->ruleset, files->sha256, sizeof reader->ruleset);
	reader->generation++;
	pthread_mutex_unlock(&reader->lock);
	setup = old;
	return RD_OK;
}

static void close_reader(struct rd_reader **reader)
{
	rd_reader_close(*reader);
}

enum rd_rc rd_reader_open(struct rd_spawner *spawner, int n_children,
	const struct rd_rulefiles *files, const char *const *landlords, size_t n_landlords,
	const struct rd_off_rules *off, struct rd_reader **ret_reader, struct rd_err *err)
{
	RD_ASSERT(n_children >= 1 && n_children <= RD_READER_CHILDREN_MAX);
	RD_CLEANUP(close_reader) struct rd_reader *reader = calloc(1, sizeof *reader);
	RD_ASSERT(reader != NULL);
	reader->spawner = spawner;
	reader->n_slots = n_children;
	reader->wall_ms = RD_READER_WALL_MS;
	pthread_mutex_init(&reader->lock, NULL);
	for (int s = 0; s < n_children; s++)
		reader->slots[s].sending = RD_SLOT_NONE;
	RD_TRY(rd_reader_set_rules(reader, files, landlords, n_landlords, off, err));
	/* The first batch waits for them to be ready. */
	for (int s = 0; s < n_children; s++)
		RD_TRY(slot_start_current(reader, &reader->slots[s], err));
	*ret_reader = RD_STEAL(reader);
	return RD_OK;
}

void rd_reader_close(struct rd_reader *reader)
{
	if (reader == NULL)
		return;
	for (int s = 0; s < reader->n_slots; s++)
		rd_slot_clear(&reader->slots[s], reader->spawner, NULL);
	rd_buf_free(&reader->setup);
	pthread_mutex_destroy(&reader->lock);
	free(reader);
}

void rd_reader_set_wall_ms(struct rd_reader *reader, int64_t wall_ms)
{
	reader->wall_ms = wall_ms;
}

size_t rd_reader_children(const struct rd_reader *reader, int *pids, size_t max)
{
	size_t n = 0;

	for (int s = 0; s < reader->n_slots && n < max; s++) {
		int pid = atomic_load(&reader->slots[s].pid);
		if (pid != 0)
			pids[n++] = pid;
	}
	return n;
}
