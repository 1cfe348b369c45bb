#include "redress/policy/duties.h"

#include <string.h>

#include "redress/base/stanza.h"
#include "redress/policy/clocks.h"

#define MS_PER_HOUR ((int64_t)3600 * 1000)
#define FEEDBACK    "feedback" /* the categories that are called so begin with it */

bool rd_duty_from(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	enum rd_clock_id clock, int64_t from_ms, struct rd_duty *ret_duty)
{
	const struct rd_clock_rule *rule = &landlord->clocks[clock];
	struct rd_duty duty = { .clock = clock, .starts = rd_date_of(from_ms) };
	struct rd_err past_calendar = { 0 };

	if (!rule->held)
		return false;
	if (rule->unit == RD_UNIT_HOURS) {
		duty.due_ms = from_ms + rule->length * MS_PER_HOUR;
		duty.due = rd_date_of(duty.due_ms);
	} else if (rd_clock_due(landlord, calendar, clock, duty.starts, &duty.due,
			   &past_calendar) != RD_OK) {
		duty.due = (struct rd_date){ 0 };
	}
	*ret_duty = duty;
	return true;
}

static bool is_feedback(const struct rd_landlord *landlord, enum rd_kind kind)
{
	bool any = false;

	for (size_t i = 0; i < landlord->n_provisions; i++) {
		const struct rd_provision *category = &landlord->provisions[i];

		if (category->kind != RD_PROVISION_CATEGORY ||
			strncmp(category->name, FEEDBACK, strlen(FEEDBACK)) != 0)
			continue;
		any = true;
		if (rd_provision_has(category, "Kind", rd_kind_names[kind]))
			return true;
	}
	return !any && kind == RD_COMPLAINT;
}

static bool is_emergency(const struct rd_landlord *landlord, const bool *flags)
{
	static const enum rd_flag of[] = { RD_HEALTH_SAFETY, RD_HEAT_LOSS };

	for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
		if (flags[of[i]] &&
			rd_hazard_clock_runs(landlord, RD_CLOCK_HAZARD_EMERGENCY, of[i]))
			return true;
	return false;
}

static bool is_hazard(const struct rd_landlord *landlord, const bool *flags)
{
	static const enum rd_flag of[] = { RD_DAMP_MOULD, RD_HEAT_LOSS };

	for (size_t i = 0; i < sizeof of / sizeof of[0]; i++)
		if (flags[of[i]] &&
			rd_hazard_clock_runs(landlord, RD_CLOCK_HAZARD_INVESTIGATE, of[i]))
			return true;
	return false;
}

/* Praise and circulars that speak of mould report no hazard. */
static bool can_tell_of_hazard(enum rd_kind kind)
{
	return kind != RD_COMPLIMENT && kind != RD_OTHER;
}

size_t rd_duties_of(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	enum rd_kind kind, bool decided, const struct rd_signs *signs, int64_t known_ms,
	struct rd_duty out[static RD_DUTIES_MAX])
{
	const bool hazards = signs->flags != NULL && (can_tell_of_hazard(kind) || !decided);
	size_t n = 0;

	if (decided && is_feedback(landlord, kind) &&
		rd_duty_from(landlord, calendar, RD_CLOCK_FEEDBACK_RESPOND, known_ms, &out[n]))
		n++;
	if (decided && kind == RD_COMPLAINT && rd_signs_of_conduct(landlord, signs) &&
		rd_duty_from(landlord, calendar, RD_CLOCK_CONDUCT_RESPOND, known_ms, &out[n]))
		n++;
	if (hazards && is_emergency(landlord, signs->flags) &&
		rd_duty_from(landlord, calendar, RD_CLOCK_HAZARD_EMERGENCY, known_ms, &out[n]))
		n++;
	if (hazards && is_hazard(landlord, signs->flags) &&
		rd_duty_from(landlord, calendar, RD_CLOCK_HAZARD_INVESTIGATE, known_ms, &out[n]))
		n++;
	return n;
}

bool rd_duty_outlives_kind(const char *clock)
{
	enum rd_clock_id id;

	return rd_clock_parse(clock, &id) && rd_clock_is_hazard(id);
}
