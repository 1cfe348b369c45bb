#include "redress/gateway/owed.h"

#include <stdlib.h>
#include <string.h>

#include "redress/policy/clocks.h"
#include "redress/policy/decision.h"
#include "redress/policy/life.h"
#include "redress/policy/warning.h"
#include "redress/store/outbox.h"
#include "redress/store/review.h"
#include "redress/store/tasks.h"

#define FAR_DAYS 36500 /* no clock ends later */

const char *const rd_owed_names[RD_N_OWED + 1] = { "task", "clock", "review", "letter", "approval",
	NULL };

/* Gathering: into an array that doubles; what it outgrew stays in the arena. */
struct gathering {
	struct rd_db *db;
	const struct rd_office *office;
	const struct rd_owed_filter *filter;
	struct rd_arena *arena;
	struct rd_case *cases; /* not closed, by number */
	size_t n_cases;
	struct rd_task *tasks;
	size_t n_tasks;
	struct rd_owed *items;
	size_t n, room;
};

static int by_number(const void *key, const void *item)
{
	const int64_t id = *(const int64_t *)key, other = ((const struct rd_case *)item)->id;

	return id < other ? -1 : id > other;
}

/* A closed one is looked up apart: a task may outlive its case. */
static enum rd_rc case_of(
	struct gathering *g, int64_t case_id, const struct rd_case **ret_case, struct rd_err *err)
{
	struct rd_case *closed;

	*ret_case = NULL;
	if (case_id == 0)
		return RD_OK;
	if (g->n_cases > 0)
		*ret_case = bsearch(&case_id, g->cases, g->n_cases, sizeof g->cases[0], by_number);
	if (*ret_case != NULL)
		return RD_OK;
	closed = rd_arena_alloc(g->arena, sizeof *closed);
	if (closed == NULL)
		return rd_fail(err, RD_E_RANGE, "what is owed does not fit in memory");
	RD_TRY(rd_case_get(g->db, case_id, g->arena, closed, err));
	*ret_case = closed;
	return RD_OK;
}

/* --- whom it concerns --- */

static bool is_owners(
	const struct rd_office *office, const char *landlord, const char *owner, const char *wanted)
{
	const struct rd_role_config *role;

	if (strcmp(wanted, RD_OWNER_NOBODY) == 0)
		return owner[0] == '\0';
	if (owner[0] == '\0')
		return false;
	if (rd_life_same_person(owner, wanted) || rd_role_is_called(owner, wanted))
		return true;
	role = office != NULL ? rd_config_role(office->config, landlord, owner) : NULL;
	return role != NULL && rd_config_role(office->config, landlord, wanted) == role;
}

static bool may_read(const struct rd_office *office, const struct rd_role_config *reader,
	const struct rd_case *matter)
{
	struct rd_about about;

	if (reader == NULL || matter == NULL)
		return true;
	rd_about_of_marks((const char *const *)matter->marks, matter->n_marks, &about);
	return !rd_about_reads(office->config, &about, reader);
}

static bool is_wanted(const struct gathering *g, const struct rd_owed *item)
{
	const struct rd_owed_filter *f = g->filter;

	if (rd_date_is_set(f->due_by) && rd_date_compare(item->due, f->due_by) > 0)
		return false;
	/* What is no landlord's is everybody's. */
	if (f->landlord != NULL && item->landlord[0] != '\0' &&
		strcmp(item->landlord, f->landlord) != 0)
		return false;
	if (f->owner != NULL && !is_owners(g->office, item->landlord, item->owner, f->owner))
		return false;
	return may_read(g->office, f->reader, item->matter);
}

static enum rd_rc add(struct gathering *g, struct rd_owed item, struct rd_err *err)
{
	RD_TRY(case_of(g, item.case_id, &item.matter, err));
	if (item.matter != NULL) {
		item.owner = item.matter->handler;
		item.landlord = item.matter->landlord;
	}
	if (!is_wanted(g, &item))
		return RD_OK;
	if (g->n == g->room) {
		const size_t room = g->room > 0 ? 2 * g->room : 64;
		struct rd_owed *more = rd_arena_array(g->arena, room, sizeof *more);

		if (more == NULL)
			return rd_fail(err, RD_E_RANGE, "what is owed does not fit in memory");
		if (g->n > 0)
			memcpy(more, g->items, g->n * sizeof *more);
		g->items = more;
		g->room = room;
	}
	g->items[g->n++] = item;
	return RD_OK;
}

/* --- tasks --- */

static enum rd_rc add_tasks(struct gathering *g, struct rd_err *err)
{
	for (size_t i = 0; i < g->n_tasks; i++) {
		const struct rd_task *task = &g->tasks[i];

		RD_TRY(add(g,
			(struct rd_owed){ .what = RD_OWED_TASK,
				.kind = task->kind,
				.text = task->text,
				.due = task->due,
				.row = task->id,
				.case_id = task->case_id,
				.landlord = task->landlord,
				.owner = "",
				.n = task->n },
			err));
	}
	return RD_OK;
}

/* --- clocks --- */

/* The tasks by which a clock is met. */
static bool serves(const char *task, const char *clock)
{
	static const struct {
		enum rd_task_kind task;
		enum rd_clock_id clock;
	} pairs[] = {
		{ RD_TASK_ACKNOWLEDGE, RD_CLOCK_STAGE1_ACKNOWLEDGE },
		{ RD_TASK_REVIEW, RD_CLOCK_STAGE1_ACKNOWLEDGE },
		{ RD_TASK_DEFINE, RD_CLOCK_STAGE1_DEFINE },
		{ RD_TASK_CONTACT, RD_CLOCK_SURVEY_CONTACT },
		{ RD_TASK_STAGE2, RD_CLOCK_STAGE2_ACCEPT },
		{ RD_TASK_STAGE2, RD_CLOCK_STAGE2_ACKNOWLEDGE },
	};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		if (strcmp(rd_task_names[pairs[i].task], task) == 0 &&
			strcmp(rd_clock_names[pairs[i].clock], clock) == 0)
			return true;
	return false;
}

static bool has_its_task(const struct gathering *g, const struct rd_case_clock *clock)
{
	for (size_t i = 0; i < g->n_tasks; i++)
		if (g->tasks[i].case_id == clock->case_id &&
			rd_date_compare(g->tasks[i].due, clock->due) <= 0 &&
			serves(g->tasks[i].kind, clock->name))
			return true;
	return false;
}

static enum rd_rc add_clocks(struct gathering *g, struct rd_err *err)
{
	const struct rd_date by =
		rd_date_is_set(g->filter->due_by)
			? g->filter->due_by
			: rd_date_add(rd_date_of(rd_office_now(g->office)), FAR_DAYS);
	struct rd_case_clock *clocks;
	size_t n;

	RD_TRY(rd_case_clocks_due(g->db, NULL, by, g->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++) {
		const struct rd_case *matter = NULL;
		enum rd_clock_id id;

		if (!rd_clock_is_owed(clocks[i].name) || !rd_clock_parse(clocks[i].name, &id) ||
			rd_clock_words(id)[0] == '\0' || has_its_task(g, &clocks[i]))
			continue;
		RD_TRY(case_of(g, clocks[i].case_id, &matter, err));
		RD_TRY(add(g,
			(struct rd_owed){ .what = RD_OWED_CLOCK,
				.kind = clocks[i].name,
				.text = matter != NULL && matter->status == RD_STATUS_ANSWERED
						? rd_clock_words_answered(id)
						: rd_clock_words(id),
				.due = clocks[i].due,
				.due_ms = clocks[i].due_ms,
				.case_id = clocks[i].case_id,
				.landlord = "",
				.owner = "",
				.n = 1 },
			err));
	}
	return RD_OK;
}

/* --- reviews and letters --- */

static bool has_task(
	const struct gathering *g, int64_t case_id, int64_t message_id, int64_t outbox_id)
{
	for (size_t i = 0; i < g->n_tasks; i++) {
		const struct rd_task *task = &g->tasks[i];

		if (outbox_id != 0 ? task->outbox_id == outbox_id
				   : task->case_id == case_id && task->message_id == message_id)
			return true;
	}
	return false;
}

static enum rd_rc add_reviews(struct gathering *g, struct rd_err *err)
{
	struct rd_review *reviews;
	size_t n;

	RD_TRY(rd_review_list(g->db, 0, false, g->arena, &reviews, &n, err));
	for (size_t i = 0; i < n; i++) {
		if (has_task(g, reviews[i].case_id, reviews[i].message_id, 0))
			continue;
		RD_TRY(add(g,
			(struct rd_owed){ .what = RD_OWED_REVIEW,
				.kind = "review",
				.text = "Decide what this message is (`review decide`).",
				.due = rd_date_of(reviews[i].created_ms),
				.row = reviews[i].id,
				.case_id = reviews[i].case_id,
				.landlord = "",
				.owner = "",
				.n = 1 },
			err));
	}
	return RD_OK;
}

static const char *words_of_letter(const struct rd_outbox_row *row)
{
	switch (row->state) {
	case RD_OUTBOX_UNCERTAIN:
		return "Nobody knows whether this letter left: find out, then `outbox settle`.";
	case RD_OUTBOX_FAILED:
		return "This letter could not be sent: `outbox retry` or `outbox cancel`, and "
		       "reach the reader another way.";
	case RD_OUTBOX_HELD:
		return "This letter is held: read it, then `outbox approve` or `outbox cancel`.";
	case RD_OUTBOX_QUEUED:
	case RD_OUTBOX_SENDING:
	case RD_OUTBOX_SENT:
	case RD_OUTBOX_CANCELLED:
		break;
	}
	return "This letter waits for approval (`outbox approve`); it goes by itself on that day.";
}

static enum rd_rc add_letters_in(
	struct gathering *g, enum rd_outbox_state state, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .state = &state };
	struct rd_outbox_row *rows;
	size_t n;

	RD_TRY(rd_outbox_list(g->db, &filter, g->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++) {
		const bool waits = state == RD_OUTBOX_QUEUED;

		if ((waits && !rows[i].needs_approval) || has_task(g, 0, 0, rows[i].id))
			continue;
		RD_TRY(add(g,
			(struct rd_owed){ .what = waits ? RD_OWED_APPROVAL : RD_OWED_LETTER,
				.kind = rows[i].letter,
				.text = words_of_letter(&rows[i]),
				.due = rd_date_is_set(rows[i].written_for)
					       ? rows[i].written_for
					       : rd_date_of(rows[i].created_ms),
				.row = rows[i].id,
				.case_id = rows[i].case_id,
				.landlord = "",
				.owner = "",
				.n = 1 },
			err));
	}
	return RD_OK;
}

static enum rd_rc add_letters(struct gathering *g, struct rd_err *err)
{
	static const enum rd_outbox_state states[] = { RD_OUTBOX_UNCERTAIN, RD_OUTBOX_FAILED,
		RD_OUTBOX_HELD, RD_OUTBOX_QUEUED };

	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		RD_TRY(add_letters_in(g, states[i], err));
	return RD_OK;
}

/* --- all of it --- */

static int64_t end_of(const struct rd_owed *item)
{
	return item->due_ms != 0 ? item->due_ms : rd_date_start_ms(rd_date_add(item->due, 1));
}

static int soonest_first(const void *a, const void *b)
{
	const struct rd_owed *one = a, *other = b;
	const int64_t ends = end_of(one), other_ends = end_of(other);

	if (ends != other_ends)
		return ends < other_ends ? -1 : 1;
	if (one->what != other->what)
		return one->what < other->what ? -1 : 1;
	if (one->row != other->row)
		return one->row < other->row ? -1 : 1;
	if (one->case_id != other->case_id)
		return one->case_id < other->case_id ? -1 : 1;
	return strcmp(one->kind, other->kind);
}

enum rd_rc rd_owed_list(struct rd_db *db, const struct rd_office *office,
	const struct rd_owed_filter *filter, struct rd_arena *arena, struct rd_owed **ret_owed,
	size_t *ret_n, struct rd_err *err)
{
	const struct rd_case_filter open = { .not_closed = true };
	struct gathering g = { .db = db, .office = office, .filter = filter, .arena = arena };

	RD_TRY(rd_case_list(db, &open, arena, &g.cases, &g.n_cases, err));
	RD_TRY(rd_task_list(db, (struct rd_date){ 0 }, arena, &g.tasks, &g.n_tasks, err));
	RD_TRY(add_tasks(&g, err));
	RD_TRY(add_clocks(&g, err));
	RD_TRY(add_reviews(&g, err));
	RD_TRY(add_letters(&g, err));
	if (g.n > 1)
		qsort(g.items, g.n, sizeof g.items[0], soonest_first);
	*ret_owed = g.items;
	*ret_n = g.n;
	return RD_OK;
}

enum rd_rc rd_owed_unassigned(struct rd_db *db, const struct rd_office *office,
	const struct rd_owed_filter *filter, struct rd_arena *arena,
	const struct rd_case **ret_cases, size_t *ret_n, struct rd_err *err)
{
	const struct rd_case_filter open = { .not_closed = true, .landlord = filter->landlord };
	struct rd_case *cases;
	size_t n, n_found = 0;

	RD_TRY(rd_case_list(db, &open, arena, &cases, &n, err));
	for (size_t i = 0; i < n; i++)
		if (cases[i].handler[0] == '\0' && cases[i].status != RD_STATUS_ANSWERED &&
			may_read(office, filter->reader, &cases[i]))
			cases[n_found++] = cases[i];
	*ret_cases = cases;
	*ret_n = n_found;
	return RD_OK;
}
