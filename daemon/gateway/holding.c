#include "redress/gateway/holding.h"

#include <string.h>

#include "redress/gateway/casework.h"
#include "redress/policy/clocks.h"
#include "redress/store/outbox.h"

/* One hold being told. */
struct holding {
	struct rd_tx *tx;
	const struct rd_office *office;
	struct rd_arena *arena;
	const char *cause;
};

/* Stopped, it leaves the resident without an answer. */
static bool is_answer(const char *letter)
{
	static const enum rd_letter_kind others[] = { RD_LETTER_ADDED, RD_LETTER_LATER,
		RD_LETTER_COMPLIMENT, RD_LETTER_DEFINITION, RD_LETTER_CLOSING, RD_LETTER_AGREE,
		RD_LETTER_STAGE2_ASKED, RD_LETTER_CLOSING_CHECK };

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (strcmp(letter, rd_letter_names[others[i]]) == 0)
			return false;
	return true;
}

/* One that is on the wire in this moment may come back and is held then. */
static bool is_stopped(const struct rd_outbox_row *row)
{
	return row->state == RD_OUTBOX_SENDING ||
	       (row->state == RD_OUTBOX_HELD && strcmp(row->hold_reason, "safeguarding") == 0);
}

static enum rd_rc answer_was_stopped(
	struct holding *h, int64_t case_id, bool *ret_stopped, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = case_id };
	struct rd_outbox_row *rows;
	size_t n;

	RD_TRY(rd_outbox_list(rd_tx_db(h->tx), &filter, h->arena, &rows, &n, err));
	*ret_stopped = false;
	for (size_t i = 0; i < n; i++)
		if (is_stopped(&rows[i]) && is_answer(rows[i].letter))
			*ret_stopped = true;
	return RD_OK;
}

/* The running clock's day; without one as long as an acknowledgement may take; past the calendar
 * today. */
static enum rd_rc acknowledge_day(struct holding *h, const struct rd_case *matter,
	struct rd_date *ret_day, struct rd_err *err)
{
	const char *name = rd_clock_names[RD_CLOCK_STAGE1_ACKNOWLEDGE];
	const struct rd_policy *policy;
	struct rd_case_clock *clocks;
	struct rd_err unused = { 0 };
	size_t n;

	RD_TRY(rd_office_policy(h->office, matter->landlord, &policy, err));
	if (rd_clock_due(&policy->landlord, policy->calendar, RD_CLOCK_STAGE1_ACKNOWLEDGE,
		    rd_date_of(matter->received_ms), ret_day, &unused) != RD_OK)
		*ret_day = rd_date_of(rd_office_now(h->office));
	RD_TRY(rd_case_clocks(rd_tx_db(h->tx), matter->id, h->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(clocks[i].name, name) == 0 && rd_date_is_set(clocks[i].due))
			*ret_day = clocks[i].due;
	return RD_OK;
}

static enum rd_rc put_task(struct holding *h, enum rd_task_kind kind, const struct rd_case *matter,
	struct rd_date day, struct rd_err *err)
{
	return rd_casework_task(h->tx, h->office, kind, matter->id, 0, 0, matter->landlord, day,
		h->cause, false, err);
}

/* From a closed case nothing more goes; mail that joins it is held all the same. */
static enum rd_rc tell(struct holding *h, int64_t case_id, struct rd_err *err)
{
	struct rd_case matter;
	struct rd_date day;
	bool stopped;

	RD_TRY(rd_case_get(rd_tx_db(h->tx), case_id, h->arena, &matter, err));
	RD_TRY(answer_was_stopped(h, case_id, &stopped, err));
	if (matter.status == RD_STATUS_CLOSED && !stopped)
		return RD_OK;
	RD_TRY(put_task(
		h, RD_TASK_SAFEGUARDING, &matter, rd_date_of(rd_office_now(h->office)), err));
	if (!stopped)
		return RD_OK;
	RD_TRY(acknowledge_day(h, &matter, &day, err));
	return put_task(h, RD_TASK_ACKNOWLEDGE, &matter, day, err);
}

enum rd_rc rd_holding_flagged(struct rd_tx *tx, const struct rd_office *office, int64_t case_id,
	const char *cause, struct rd_arena *arena, struct rd_err *err)
{
	struct holding holding = { .tx = tx, .office = office, .arena = arena, .cause = cause };
	int64_t *held;
	size_t n;

	RD_TRY(rd_case_hold(tx, case_id, rd_office_now(office), arena, &held, &n, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(tell(&holding, held[i], err));
	return RD_OK;
}
