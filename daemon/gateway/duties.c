#include "redress/gateway/duties.h"

#include <string.h>

static enum rd_rc make_room(struct rd_tx *tx, int64_t case_id, const char *name, int64_t known_ms,
	struct rd_arena *arena, int64_t now_ms, bool *ret_room, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n;

	*ret_room = false;
	RD_TRY(rd_case_clocks(rd_tx_db(tx), case_id, arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(clocks[i].name, name) == 0 && clocks[i].met_ms != 0 &&
			clocks[i].met_ms < known_ms) {
			*ret_room = true;
			return rd_case_retire_clock(tx, case_id, name, now_ms, err);
		}
	return RD_OK;
}

enum rd_rc rd_duty_start(struct rd_tx *tx, const struct rd_landlord *landlord, int64_t case_id,
	const struct rd_duty *duty, int64_t known_ms, struct rd_arena *arena, int64_t now_ms,
	struct rd_err *err)
{
	const struct rd_case_clock clock = {
		.case_id = case_id,
		.name = rd_clock_names[duty->clock],
		.starts = duty->starts,
		.due = duty->due,
		.due_ms = duty->due_ms,
		.source = landlord->clocks[duty->clock].source,
	};
	enum rd_rc rc = rd_case_start_clock(tx, &clock, err);
	bool room = false;

	if (rc != RD_E_EXISTS)
		return rc;
	if (rd_clock_is_hazard(duty->clock))
		RD_TRY(make_room(tx, case_id, clock.name, known_ms, arena, now_ms, &room, err));
	return room ? rd_case_start_clock(tx, &clock, err) : RD_OK;
}

enum rd_rc rd_duties_end_of_kind(struct rd_tx *tx, int64_t case_id, struct rd_arena *arena,
	int64_t now_ms, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n;

	RD_TRY(rd_case_clocks(rd_tx_db(tx), case_id, arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (clocks[i].met_ms == 0 && !rd_duty_outlives_kind(clocks[i].name))
			RD_TRY(rd_case_cancel_clock(tx, case_id, clocks[i].name, now_ms, err));
	return RD_OK;
}

enum rd_rc rd_duty_meet(struct rd_tx *tx, int64_t case_id, enum rd_clock_id clock, int64_t at_ms,
	struct rd_err *err)
{
	const enum rd_rc rc = rd_case_meet_clock(tx, case_id, rd_clock_names[clock], at_ms, err);

	return rc == RD_E_MISSING ? RD_OK : rc;
}
