#include "redress/gateway/backtest.h"

#include <inttypes.h>
#include <string.h>

#include "redress/store/reading.h"

#define PAGE_ROWS	 RD_REHEARSAL_MAX
#define PAGE_ARENA_BYTES (4u << 20)

struct backtest {
	const struct rd_backtest_order *order;
	struct rd_backtest_outcome *out;
	struct rd_rehearsal *rehearsal;
	struct rd_arena *arena; /* of one run */
	struct rd_rehearsed items[RD_REHEARSAL_MAX];
	size_t n_items, n_bytes;
	int64_t n_done;
};

struct rd_replay_range rd_backtest_last_days(int64_t now_ms, int n_days)
{
	return (struct rd_replay_range){
		.from_ms = rd_date_start_ms(rd_date_add(rd_date_of(now_ms), 1 - n_days)),
	};
}

static enum rd_rc take(void *context, const struct rd_rehearsed *message, struct rd_err *err)
{
	struct backtest *b = context;
	const struct rd_replay_row *row = message->tag;
	const size_t n_lost = b->out->sums.n_lost;

	if (rd_replayed_confirmed(&message->result) == RD_CONFIRMED_LOST &&
		n_lost <= RD_ACTIVATION_LOST_MAX)
		b->out->lost[n_lost - 1] = row->message_id;
	return b->order->each != NULL ? b->order->each(b->order->context, message, err) : RD_OK;
}

static enum rd_rc run_items(struct backtest *b, struct rd_err *err)
{
	if (b->n_items > 0)
		RD_TRY(rd_rehearsal_run(
			b->rehearsal, b->items, b->n_items, b->arena, &b->out->sums, take, b, err));
	rd_arena_reset(b->arena);
	b->n_items = b->n_bytes = 0;
	return RD_OK;
}

static bool is_in_use(const struct rd_backtest_order *order, const char *landlord)
{
	for (size_t i = 0; i < order->n_landlords; i++)
		if (strcmp(order->landlords[i], landlord) == 0)
			return true;
	return false;
}

static enum rd_rc add_row(struct backtest *b, const struct rd_replay_row *row, struct rd_err *err)
{
	struct rd_rehearsed *item = &b->items[b->n_items];
	struct rd_score *decided = rd_arena_alloc(b->arena, sizeof *decided);
	const char *ruleset;
	bool erased = false;

	if (decided == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to try these messages");
	*item = (struct rd_rehearsed){ .landlord = row->landlord,
		.received_ms = row->received_ms,
		.decided = decided,
		.tag = row,
		.result = { .confirmed = row->confirmed, .day = rd_date_of(row->received_ms) } };
	RD_TRY(rd_reading_get(b->order->db, row->message_id, b->arena, &item->message, decided,
		&ruleset, &erased, err));
	if (erased) { /* between the page and now */
		b->out->counts.replayable--;
		b->out->counts.erased++;
		return RD_OK;
	}
	b->n_items++;
	b->n_bytes += item->message.body_len;
	return RD_OK;
}

static enum rd_rc run_page(
	struct backtest *b, const struct rd_replay_row *rows, size_t n, struct rd_err *err)
{
	for (size_t i = 0; i < n; i++) {
		b->n_done++;
		if (!is_in_use(b->order, rows[i].landlord)) {
			b->out->n_elsewhere++;
			continue;
		}
		RD_TRY(add_row(b, &rows[i], err));
		if (b->n_items == RD_REHEARSAL_MAX || b->n_bytes >= RD_REHEARSAL_TEXT_BYTES)
			RD_TRY(run_items(b, err));
	}
	return run_items(b, err);
}

static size_t page_size(const struct backtest *b)
{
	const int64_t left = b->out->n_all - b->n_done;

	return left < PAGE_ROWS ? (size_t)left : PAGE_ROWS;
}

static enum rd_rc run_pages(struct backtest *b, struct rd_err *err)
{
	const struct rd_backtest_order *order = b->order;
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(PAGE_ARENA_BYTES);
	struct rd_replay_row *rows, last = { 0 };
	size_t n = 0;

	while (page_size(b) > 0) {
		if (order->go_on != NULL && !order->go_on(order->context, b->n_done, b->out->n_all))
			return rd_fail(err, RD_E_AGAIN, "the replay was stopped");
		rd_arena_reset(arena);
		RD_TRY(rd_replay_page(order->db, &order->range, b->n_done > 0 ? &last : NULL,
			page_size(b), arena, &rows, &n, err));
		if (n == 0)
			break;
		last = rows[n - 1];
		RD_TRY(run_page(b, rows, n, err));
	}
	if (order->go_on != NULL)
		order->go_on(order->context, b->n_done, b->out->n_all);
	return RD_OK;
}

/* Landlords that both sets know: others' messages cannot be compared. */
static size_t shared_landlords(const struct rd_backtest_order *order, const char **landlords)
{
	struct rd_err ignored = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < order->n_landlords; i++)
		if (rd_rulefiles_check_landlord(order->was, order->landlords[i], &ignored) ==
				RD_OK &&
			rd_rulefiles_check_landlord(order->is, order->landlords[i], &ignored) ==
				RD_OK)
			landlords[n++] = order->landlords[i];
	return n;
}

static enum rd_rc open_rehearsal(
	struct backtest *b, const struct rd_backtest_order *order, struct rd_err *err)
{
	const struct rd_rehearsal_order wanted = {
		.spawner = order->spawner,
		.was = order->was,
		.is = order->is,
		.landlords = order->landlords,
		.n_landlords = order->n_landlords,
		.n_children = order->n_children,
	};

	RD_TRY(rd_rehearsal_open(&wanted, &b->rehearsal, err));
	memcpy(b->out->blind, rd_rehearsal_blind(b->rehearsal), sizeof b->out->blind);
	return RD_OK;
}

static void close_backtest(struct backtest *b)
{
	rd_rehearsal_close(b->rehearsal);
	rd_arena_free(b->arena);
}

enum rd_rc rd_backtest_run(const struct rd_backtest_order *given,
	struct rd_backtest_outcome *ret_outcome, struct rd_err *err)
{
	const char *landlords[RD_READER_LANDLORDS_MAX];
	struct rd_backtest_order order = *given;
	RD_CLEANUP(close_backtest) struct backtest b = { .order = &order, .out = ret_outcome };

	RD_ASSERT(given->n_landlords <= RD_READER_LANDLORDS_MAX);
	memset(ret_outcome, 0, sizeof *ret_outcome);
	order.landlords = landlords;
	order.n_landlords = shared_landlords(given, landlords);
	RD_TRY(rd_replay_count(order.db, &order.range, &ret_outcome->counts, err));
	ret_outcome->n_all = ret_outcome->counts.replayable;
	if (order.max > 0 && ret_outcome->n_all > order.max)
		ret_outcome->n_all = order.max;
	if (ret_outcome->n_all == 0)
		return RD_OK;
	b.arena = rd_arena_new(RD_REHEARSAL_ARENA_BYTES);
	if (order.n_landlords > 0)
		RD_TRY(open_rehearsal(&b, &order, err));
	return run_pages(&b, err);
}
