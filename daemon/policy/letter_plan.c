#include "redress/policy/letter_plan.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>
#include "redress/policy/clocks.h"

static int64_t at_minute(struct rd_date day, int minute)
{
	return rd_date_at_ms(day, minute / 60, minute % 60);
}

int64_t rd_text_hours_next(int64_t now_ms, struct rd_text_hours hours)
{
	struct rd_date day = rd_date_of(now_ms);
	int minute = rd_london_minute_of_day(now_ms);

	if (minute >= hours.from_minute && minute < hours.to_minute)
		return now_ms;
	if (minute >= hours.to_minute)
		day = rd_date_add(day, 1);
	return at_minute(day, hours.from_minute);
}

static double points_of(const struct rd_score *score, const char *topic)
{
	double points = 0;

	for (size_t i = 0; i < score->n_hits; i++)
		if (strcmp(score->hits[i].topic, topic) == 0)
			points += score->hits[i].points;
	return points;
}

size_t rd_letter_topics(
	const struct rd_score *score, struct rd_arena *arena, const char *const **ret_topics)
{
	const char **sorted = rd_arena_array(arena, score->n_topics + 1, sizeof *sorted);
	double *points = rd_arena_array(arena, score->n_topics + 1, sizeof *points);
	bool flagged = false;

	if (sorted == NULL || points == NULL)
		return 0;
	for (size_t i = 0; i < score->n_topics; i++) {
		double strength = points_of(score, score->topics[i]);
		size_t at = i;

		if (!flagged && strength == 0) {
			flagged = true;
			strength = HUGE_VAL;
		}
		for (; at > 0 && points[at - 1] < strength; at--) {
			sorted[at] = sorted[at - 1];
			points[at] = points[at - 1];
		}
		sorted[at] = score->topics[i];
		points[at] = strength;
	}
	*ret_topics = sorted;
	return score->n_topics;
}

static enum rd_letter_kind letter_of_kind(enum rd_kind kind)
{
	switch (kind) {
	case RD_SERVICE_REQUEST:
		return RD_LETTER_SERVICE_REQUEST;
	case RD_COMPLAINT:
		return RD_LETTER_ACKNOWLEDGEMENT;
	case RD_COMPLIMENT:
		return RD_LETTER_COMPLIMENT;
	case RD_ASB_REPORT:
		return RD_LETTER_ASB_REPORT;
	case RD_SURVEY_FEEDBACK:
		return RD_LETTER_SURVEY_FEEDBACK;
	case RD_ENQUIRY:
		return RD_LETTER_ENQUIRY;
	case RD_OTHER:
	case RD_N_KINDS:
		break;
	}
	return RD_LETTER_NONE;
}

struct rd_letter_choice rd_letter_for(enum rd_kind kind, bool review,
	const bool flags[static RD_N_FLAGS], size_t n_topics, enum rd_channel channel,
	bool later_text)
{
	struct rd_letter_choice choice = { .letter = letter_of_kind(kind) };

	if (kind == RD_COMPLAINT && flags[RD_ASKS_NOT_FORMAL] && review)
		choice.letter = RD_LETTER_CHOICE;
	else if (review || (kind == RD_COMPLAINT && n_topics == 0))
		choice.letter = RD_LETTER_RECEIVED;
	if (later_text && channel == RD_CHANNEL_SMS && choice.letter != RD_LETTER_NONE)
		choice.letter = RD_LETTER_LATER;
	choice.meets_acknowledge = choice.letter == RD_LETTER_ACKNOWLEDGEMENT;
	choice.person_acknowledges = kind == RD_COMPLAINT && !review && !choice.meets_acknowledge;
	return choice;
}

static bool ends_with(const char *text, const char *end)
{
	const size_t len = strlen(text), n = strlen(end);

	return len >= n && strcasecmp(text + len - n, end) == 0;
}

bool rd_address_of_member(const char *address)
{
	static const char *const parliaments[] = { "@parliament.uk", ".parliament.uk",
		"@parliament.scot", ".parliament.scot", "@senedd.wales", "@senedd.cymru",
		"@mla.niassembly.gov.uk" };
	static const char *const councillors[] = { "cllr", "councillor", "cynghorydd" };
	const char *at = strchr(address, '@');

	for (size_t i = 0; i < sizeof parliaments / sizeof parliaments[0]; i++)
		if (ends_with(address, parliaments[i]))
			return true;
	if (at == NULL || !(ends_with(address, ".gov.uk") || ends_with(address, ".gov.wales") ||
				  ends_with(address, ".llyw.cymru")))
		return false;
	for (size_t i = 0; i < sizeof councillors / sizeof councillors[0]; i++)
		if (strcasestr(address, councillors[i]) != NULL)
			return true;
	return false;
}

enum rd_letter_kind rd_letter_form(
	enum rd_letter_kind letter, const bool flags[static RD_N_FLAGS], const char *address)
{
	const bool acknowledges = letter == RD_LETTER_ACKNOWLEDGEMENT;

	if ((acknowledges || letter == RD_LETTER_ENQUIRY) && flags[RD_MP_COUNCILLOR] &&
		rd_address_of_member(address))
		return RD_LETTER_MP_COUNCILLOR;
	return acknowledges && flags[RD_ADVOCATE] ? RD_LETTER_THIRD_PARTY : letter;
}

enum rd_letter_kind rd_letter_by_channel(enum rd_letter_kind letter, enum rd_channel channel)
{
	if (letter == RD_LETTER_LATER && channel == RD_CHANNEL_EMAIL)
		return RD_LETTER_ADDED;
	if (letter == RD_LETTER_ADDED && channel == RD_CHANNEL_SMS)
		return RD_LETTER_LATER;
	return letter;
}

bool rd_letter_is_receipt(enum rd_letter_kind letter)
{
	return letter == RD_LETTER_ADDED || letter == RD_LETTER_LATER ||
	       letter == RD_LETTER_AGREE || letter == RD_LETTER_STAGE2_ASKED;
}

struct rd_letter_wishes rd_letter_wishes_of(
	const char *const *marks, size_t n_marks, const char *language, const char *adjustments)
{
	struct rd_letter_wishes wishes = {
		.welsh = strcmp(language, "cy") == 0,
		.large_print = strcasestr(adjustments, "large print") != NULL ||
			       strcasestr(adjustments, "larger print") != NULL ||
			       strcasestr(adjustments, "print bras") != NULL,
	};

	for (size_t i = 0; i < n_marks; i++) {
		wishes.welsh = wishes.welsh || strcmp(marks[i], "welsh") == 0;
		wishes.large_print = wishes.large_print || strcmp(marks[i], "large-print") == 0;
	}
	return wishes;
}

/* These say that a person will look: to hold them back would be silence. */
static bool never_waits(const struct rd_letter_ask *ask)
{
	return ask->emergency || ask->letter == RD_LETTER_RECEIVED ||
	       ask->letter == RD_LETTER_CHOICE;
}

static enum rd_rc wait_for_approval(const struct rd_letter_ask *ask,
	const struct rd_calendar *calendar, struct rd_letter_time *time, struct rd_err *err)
{
	struct rd_date day;

	if (rd_date_is_set(ask->due))
		RD_TRY(rd_workday_last_before(calendar, ask->due, &day, err));
	else
		RD_TRY(rd_workday_due(calendar, ask->day_zero, RD_APPROVAL_WORKDAY, &day, err));
	int64_t at = rd_date_at_ms(day, RD_APPROVAL_HOUR, 0);
	if (at <= time->leave_ms)
		return RD_OK;
	time->leave_ms = at;
	time->waits_for_approval = true;
	return RD_OK;
}

static void keep_text_hours(const struct rd_letter_ask *ask, struct rd_letter_time *time)
{
	int64_t next = rd_text_hours_next(time->leave_ms, ask->hours);

	if (next != time->leave_ms && rd_date_is_set(ask->due)) {
		int64_t last = at_minute(ask->due, RD_TEXT_DUE_MINUTE);
		if (next > last) {
			time->person_too = true;
			next = time->leave_ms > last ? time->leave_ms : last;
		}
	}
	time->leave_ms = next;
}

enum rd_rc rd_letter_when(const struct rd_letter_ask *ask, const struct rd_calendar *calendar,
	struct rd_letter_time *ret_time, struct rd_err *err)
{
	struct rd_letter_time time = { .leave_ms = ask->now_ms };

	if (ask->approval_wanted && !ask->approved && !never_waits(ask))
		RD_TRY(wait_for_approval(ask, calendar, &time, err));
	if (ask->channel == RD_CHANNEL_SMS && !ask->emergency)
		keep_text_hours(ask, &time);
	time.written_for = rd_date_of(time.leave_ms);
	*ret_time = time;
	return RD_OK;
}

enum rd_rc rd_letter_dates(const struct rd_landlord *landlord, const struct rd_calendar *calendar,
	enum rd_kind kind, struct rd_date received, struct rd_date written,
	struct rd_letter_values *values, struct rd_err *err)
{
	struct rd_date read_by, acknowledge_by;
	struct rd_date respond_by = { 0 };

	RD_TRY(rd_workday_next(calendar, written, &read_by, err));
	RD_TRY(rd_clock_due(
		landlord, calendar, RD_CLOCK_STAGE1_ACKNOWLEDGE, received, &acknowledge_by, err));
	if (kind == RD_COMPLAINT)
		RD_TRY(rd_clock_due(
			landlord, calendar, RD_CLOCK_STAGE1_RESPOND, written, &respond_by, err));
	else if (kind == RD_SURVEY_FEEDBACK && landlord->clocks[RD_CLOCK_SURVEY_CONTACT].held)
		RD_TRY(rd_clock_due(
			landlord, calendar, RD_CLOCK_SURVEY_CONTACT, received, &respond_by, err));
	values->written = written;
	values->received = received;
	values->read_by = read_by;
	values->acknowledge_by = acknowledge_by;
	values->respond_by = respond_by;
	return RD_OK;
}
