#include "redress/gateway/progress.h"

#include <stdlib.h>
#include <string.h>

static bool runs(const struct rd_case_clock *clock, enum rd_clock_id id)
{
	return clock->met_ms == 0 && strcmp(clock->name, rd_clock_names[id]) == 0;
}

static bool was_met(const struct rd_case_clock *clocks, size_t n, enum rd_clock_id id)
{
	for (size_t i = 0; i < n; i++)
		if (clocks[i].met_ms != 0 && strcmp(clocks[i].name, rd_clock_names[id]) == 0)
			return true;
	return false;
}

/* The last word about the request: nobody has taken it on or refused it. */
static bool waits_for_stage2(const struct rd_case_act *acts, size_t n)
{
	bool waits = false;

	for (size_t i = 0; i < n; i++)
		if (strcmp(acts[i].what, RD_DID_ESCALATED) == 0)
			waits = true;
		else if (strcmp(acts[i].what, RD_DID_ACCEPTED) == 0 ||
			 strcmp(acts[i].what, RD_DID_REFUSED) == 0)
			waits = false;
	return waits;
}

static bool answered_stage1(const struct rd_case_act *acts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (acts[i].stage == RD_STAGE_1 && strcmp(acts[i].what, RD_DID_RESPONDED) == 0)
			return true;
	return false;
}

/* Its clock was met, whatever became of it later; a policy without one has the word alone. */
static enum rd_rc answer_reached(
	struct rd_db *db, int64_t case_id, struct rd_arena *arena, bool *ret_is, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	bool is_held = false, met = false;
	size_t n;

	RD_TRY(rd_case_clocks_all(db, case_id, arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(clocks[i].name, rd_clock_names[RD_CLOCK_STAGE1_RESPOND]) != 0 &&
			strcmp(clocks[i].name, rd_clock_names[RD_CLOCK_STAGE1_EXTENDED]) != 0)
			continue;
		is_held = true;
		met = met || clocks[i].met_ms != 0;
	}
	*ret_is = met || !is_held;
	return RD_OK;
}

enum rd_rc rd_progress_standing(struct rd_db *db, const struct rd_case *matter,
	struct rd_date today, struct rd_arena *arena, struct rd_standing *ret_standing,
	struct rd_err *err)
{
	struct rd_standing standing = {
		.reference = matter->reference,
		.kind = matter->kind,
		.stage = matter->stage,
		.status = matter->status,
		.defined = matter->definition[0] != '\0',
	};
	struct rd_case_clock *clocks, answer;
	struct rd_err none_runs = { 0 };
	struct rd_date original;
	struct rd_case_act *acts;
	size_t n_clocks, n_acts;

	RD_TRY(rd_case_clocks(db, matter->id, arena, &clocks, &n_clocks, err));
	RD_TRY(rd_case_act_list(db, matter->id, arena, &acts, &n_acts, err));
	standing.stage2_waits = matter->stage == RD_STAGE_2 && waits_for_stage2(acts, n_acts);
	standing.answered = answered_stage1(acts, n_acts);
	if (standing.answered)
		RD_TRY(answer_reached(db, matter->id, arena, &standing.answer_reached, err));
	standing.acknowledged = matter->stage == RD_STAGE_2
					? was_met(clocks, n_clocks, RD_CLOCK_STAGE2_ACKNOWLEDGE)
					: matter->acknowledged_ms != 0;
	if (rd_progress_answer_clock(db, matter, arena, &answer, &original, &none_runs) == RD_OK) {
		standing.stage1_overdue = matter->stage == RD_STAGE_1 &&
					  rd_date_is_set(answer.due) &&
					  rd_date_compare(answer.due, today) < 0;
		standing.answer_waits = matter->status == RD_STATUS_ANSWERED;
	}
	/* Never acknowledged in time: the date of the answer never even began to run. */
	for (size_t i = 0; i < n_clocks; i++)
		if (matter->stage == RD_STAGE_1 && runs(&clocks[i], RD_CLOCK_STAGE1_ACKNOWLEDGE) &&
			clocks[i].cancelled_ms == 0 && rd_date_is_set(clocks[i].due) &&
			rd_date_compare(clocks[i].due, today) < 0)
			standing.stage1_overdue = true;
	*ret_standing = standing;
	return RD_OK;
}

enum rd_rc rd_progress_answer_clock(struct rd_db *db, const struct rd_case *matter,
	struct rd_arena *arena, struct rd_case_clock *ret_clock, struct rd_date *ret_original,
	struct rd_err *err)
{
	const enum rd_clock_id extended = rd_life_extension(matter->stage);
	const enum rd_clock_id respond =
		matter->stage == RD_STAGE_2 ? RD_CLOCK_STAGE2_RESPOND : RD_CLOCK_STAGE1_RESPOND;
	struct rd_case_clock *clocks;
	size_t n;

	RD_TRY(rd_case_clocks(db, matter->id, arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++) {
		const bool longer = runs(&clocks[i], extended);

		if (!longer && !runs(&clocks[i], respond))
			continue;
		*ret_clock = clocks[i];
		*ret_original = longer ? clocks[i].starts : clocks[i].due;
		return RD_OK;
	}
	return rd_fail(
		err, RD_E_MISSING, "no date for an answer runs on case %s", matter->reference);
}

static enum rd_rc start_clock(struct rd_tx *tx, const struct rd_landlord *landlord, int64_t case_id,
	const struct rd_clock_start *start, struct rd_err *err)
{
	const struct rd_case_clock clock = {
		.case_id = case_id,
		.name = rd_clock_names[start->clock],
		.starts = start->starts,
		.due = start->due,
		.source = landlord->clocks[start->clock].source,
	};
	enum rd_rc rc = rd_case_start_clock(tx, &clock, err);

	return rc == RD_E_EXISTS ? RD_OK : rc;
}

enum rd_rc rd_progress_apply(struct rd_tx *tx, const struct rd_landlord *landlord, int64_t case_id,
	const struct rd_clock_changes *changes, int64_t at_ms, struct rd_err *err)
{
	for (size_t i = 0; i < changes->n_meets; i++) {
		enum rd_rc rc = rd_case_meet_clock(
			tx, case_id, rd_clock_names[changes->meets[i]], at_ms, err);

		if (rc != RD_OK && rc != RD_E_MISSING)
			return rc;
	}
	for (size_t i = 0; i < changes->n_stops; i++)
		RD_TRY(rd_case_cancel_clock(
			tx, case_id, rd_clock_names[changes->stops[i]], at_ms, err));
	for (size_t i = 0; i < changes->n_starts; i++) {
		const char *name = rd_clock_names[changes->starts[i].clock];

		if (changes->anew) {
			RD_TRY(rd_case_cancel_clock(tx, case_id, name, at_ms, err));
			RD_TRY(rd_case_retire_clock(tx, case_id, name, at_ms, err));
		}
		RD_TRY(start_clock(tx, landlord, case_id, &changes->starts[i], err));
	}
	return RD_OK;
}

enum rd_rc rd_progress_event(struct rd_tx *tx, const struct rd_landlord *landlord,
	const struct rd_calendar *calendar, int64_t case_id, enum rd_event event,
	struct rd_date day, int64_t at_ms, struct rd_err *err)
{
	struct rd_clock_changes changes;

	rd_life_event(landlord, calendar, event, day, &changes);
	return rd_progress_apply(tx, landlord, case_id, &changes, at_ms, err);
}

enum rd_rc rd_progress_was_at_stage1(struct rd_db *db, int64_t case_id, const char *person,
	struct rd_arena *arena, bool *ret_was, struct rd_err *err)
{
	struct rd_case_act *acts;
	bool was = false;
	size_t n;

	RD_TRY(rd_case_act_list(db, case_id, arena, &acts, &n, err));
	for (size_t i = 0; i < n; i++) {
		const bool worked = strcmp(acts[i].what, RD_DID_ASSIGNED) == 0 ||
				    strcmp(acts[i].what, RD_DID_RESPONDED) == 0;

		if (acts[i].stage == RD_STAGE_1 && worked && acts[i].person[0] != '\0')
			was = was || rd_life_same_person(acts[i].person, person);
	}
	*ret_was = was;
	return RD_OK;
}

enum rd_rc rd_progress_act_of_cause(struct rd_db *db, const char *cause, struct rd_arena *arena,
	struct rd_case_act *ret_act, struct rd_err *err)
{
	const size_t len = strlen(RD_PROGRESS_CAUSE);

	if (strncmp(cause, RD_PROGRESS_CAUSE, len) != 0)
		return rd_fail(err, RD_E_MISSING, "no act asks for this letter");
	return rd_case_act_get(db, strtoll(cause + len, NULL, 10), arena, ret_act, err);
}
