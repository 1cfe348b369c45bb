#include "redress/gateway/rehearsal.h"

#include <stdlib.h>
#include <string.h>

#include "redress/base/limits.h"
#include "redress/policy/decision.h"
#include "redress/reader/codec.h"
#include "redress/reader/frame.h"

struct rd_rehearsal {
	struct rd_reader *was; /* NULL: blind */
	struct rd_reader *is;
	struct rd_buf bytes; /* of one message on its way */
	char blind[RD_ERR_MAX];
};

static enum rd_rc open_was(
	struct rd_rehearsal *r, const struct rd_rehearsal_order *order, struct rd_err *err)
{
	struct rd_err why = { 0 };

	if (order->was == NULL)
		return RD_OK;
	const enum rd_rc rc = rd_reader_open(order->spawner, order->n_children, order->was,
		order->landlords, order->n_landlords, NULL, &r->was, &why);

	if (rc == RD_E_INPUT) {
		memcpy(r->blind, why.msg, sizeof r->blind);
		return RD_OK;
	}
	if (rc != RD_OK)
		*err = why;
	return rc;
}

enum rd_rc rd_rehearsal_open(const struct rd_rehearsal_order *order,
	struct rd_rehearsal **ret_rehearsal, struct rd_err *err)
{
	RD_CLEANUP(rd_rehearsal_cleanup) struct rd_rehearsal *r = calloc(1, sizeof *r);

	RD_ASSERT(r != NULL);
	r->bytes.max = RD_ANSWER_BYTES_MAX;
	RD_TRY(open_was(r, order, err));
	RD_TRY(rd_reader_open(order->spawner, order->n_children, order->is, order->landlords,
		order->n_landlords, NULL, &r->is, err));
	*ret_rehearsal = RD_STEAL(r);
	return RD_OK;
}

void rd_rehearsal_close(struct rd_rehearsal *r)
{
	if (r == NULL)
		return;
	rd_reader_close(r->was);
	rd_reader_close(r->is);
	rd_buf_free(&r->bytes);
	free(r);
}

void rd_rehearsal_cleanup(struct rd_rehearsal **r)
{
	rd_rehearsal_close(*r);
}

const char *rd_rehearsal_blind(const struct rd_rehearsal *r)
{
	return r->blind;
}

/* One message on its way to the children; the bytes are kept for both. */
struct passage {
	struct rd_raw_memory memory;
	struct rd_reading_request request;
};

static enum rd_rc pack(struct rd_rehearsal *r, const struct rd_rehearsed *item,
	struct rd_arena *arena, struct passage *passage, struct rd_err *err)
{
	rd_buf_clear(&r->bytes);
	RD_TRY(rd_message_encode(&item->message, &r->bytes, err));
	passage->memory.bytes = rd_arena_copy(arena, r->bytes.data, r->bytes.len);
	passage->memory.len = r->bytes.len;
	passage->request = (struct rd_reading_request){
		.landlord = item->landlord,
		.received_ms = item->received_ms,
		.raw = rd_raw_from_memory(&passage->memory),
		.taken_apart = true,
	};
	return RD_OK;
}

/* A run's messages and what each reader said of them. */
struct run {
	struct passage *passages;
	struct rd_reading_request *requests;
	struct rd_reading *was, *is;
};

static enum rd_rc read_by(struct rd_reader *reader, struct run *run, size_t first, size_t n,
	struct rd_reading *readings, struct rd_arena *arena, struct rd_err *err)
{
	for (size_t i = 0; i < n; i++) {
		run->passages[first + i].memory.given = 0;
		run->requests[i] = run->passages[first + i].request;
	}
	return rd_reader_read(reader, run->requests, n, -1, arena, readings + first, err);
}

static enum rd_rc read_both(struct rd_rehearsal *r, struct run *run, size_t first, size_t n,
	struct rd_arena *arena, struct rd_err *err)
{
	if (r->was != NULL)
		RD_TRY(read_by(r->was, run, first, n, run->was, arena, err));
	return read_by(r->is, run, first, n, run->is, arena, err);
}

static bool failed(const struct rd_rehearsal *r, const struct run *run, size_t i)
{
	return (r->was != NULL && run->was[i].end == RD_READ_FAILED) ||
	       run->is[i].end == RD_READ_FAILED;
}

static const struct rd_score *score_of(const struct rd_reading *reading)
{
	return reading->end == RD_READ ? &reading->score : NULL;
}

static enum rd_rc hand_on(struct rd_rehearsal *r, const struct run *run, size_t i,
	struct rd_rehearsed *item, struct rd_backtest *sums, rd_rehearsed_taker *each,
	void *context, struct rd_err *err)
{
	item->result.was = r->was != NULL ? score_of(&run->was[i]) : item->decided;
	item->result.is = score_of(&run->is[i]);
	item->result.person_was = rd_score_needs_person(item->result.was);
	item->result.person_is = rd_score_needs_person(item->result.is);
	rd_backtest_add(sums, &item->result);
	return each != NULL ? each(context, item, err) : RD_OK;
}

enum rd_rc rd_rehearsal_run(struct rd_rehearsal *r, struct rd_rehearsed *items, size_t n,
	struct rd_arena *arena, struct rd_backtest *sums, rd_rehearsed_taker *each, void *context,
	struct rd_err *err)
{
	struct run run = {
		.passages = rd_arena_array(arena, n, sizeof *run.passages),
		.requests = rd_arena_array(arena, n, sizeof *run.requests),
		.was = rd_arena_array(arena, n, sizeof *run.was),
		.is = rd_arena_array(arena, n, sizeof *run.is),
	};

	RD_ASSERT(n >= 1 && n <= RD_REHEARSAL_MAX);
	for (size_t i = 0; i < n && !rd_arena_overflowed(arena); i++)
		RD_TRY(pack(r, &items[i], arena, &run.passages[i], err));
	if (rd_arena_overflowed(arena))
		return rd_fail(err, RD_E_RANGE, "no room left to try these messages");
	const struct rd_arena_mark mark = rd_arena_mark(arena);
	RD_TRY(read_both(r, &run, 0, n, arena, err));
	for (size_t i = 0; i < n; i++)
		if (!failed(r, &run, i))
			RD_TRY(hand_on(r, &run, i, &items[i], sums, each, context, err));
	/* What found no room beside the others is read once more, alone. */
	for (size_t i = 0; i < n; i++) {
		if (!failed(r, &run, i))
			continue;
		rd_arena_back_to(arena, mark);
		RD_TRY(read_both(r, &run, i, 1, arena, err));
		if (failed(r, &run, i))
			return rd_fail(err, RD_E_AGAIN, "a message could not be tried: %s",
				run.is[i].end == RD_READ_FAILED ? run.is[i].detail
								: run.was[i].detail);
		RD_TRY(hand_on(r, &run, i, &items[i], sums, each, context, err));
	}
	return RD_OK;
}
