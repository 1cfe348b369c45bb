/* The shipped profiles, each through a whole complaint over Christmas 2026 and Easter 2027. Every
 * date was counted by hand from the clause that its row names: free are Friday 25 and Monday 28
 * December, Friday 1 January, Good Friday 26 and Easter Monday 29 March, Monday 3 May. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/policy/clocks.h"
#include "redress/policy/landlord.h"

#define N_LANDLORDS 6

static const char *const names[N_LANDLORDS] = { "code-2024", "plexus-omega", "feedback-first",
	"one-housing", "later-living", "homes-in-sedgemoor" };

struct fixture {
	struct rd_arena *arena;
	struct rd_calendar *calendar;
	struct rd_landlord of[N_LANDLORDS];
};

static int setup(void **state)
{
	static struct fixture f;
	struct rd_err err = { 0 };
	const char *text;
	char path[256];
	size_t len;

	memset(&f, 0, sizeof f);
	f.arena = rd_arena_new(8u << 20);
	if (rd_file_read(RD_SOURCE_DIR "/rules/calendars/bank-holidays.json", 1u << 20, f.arena,
		    &text, &len, &err) != RD_OK ||
		rd_calendar_parse("c", text, len, RD_ENGLAND, NULL, 0, &f.calendar, &err) != RD_OK)
		fail_msg("%s", err.msg);
	for (size_t i = 0; i < N_LANDLORDS; i++) {
		snprintf(path, sizeof path, "%s/rules/landlords/%s.landlord", RD_SOURCE_DIR,
			names[i]);
		if (rd_file_read(path, 1u << 20, f.arena, &text, &len, &err) != RD_OK ||
			rd_landlord_parse(path, text, len, names[i], f.arena, &f.of[i], &err) !=
				RD_OK)
			fail_msg("%s", err.msg);
	}
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	rd_calendar_free(f->calendar);
	rd_arena_free(f->arena);
	return 0;
}

static const struct rd_landlord *landlord_of(const struct fixture *f, const char *name)
{
	for (size_t i = 0; i < N_LANDLORDS; i++)
		if (strcmp(names[i], name) == 0)
			return &f->of[i];
	fail_msg("no landlord %s", name);
	return NULL;
}

/* "received=2026-12-14 ..." */
static void set_events(const char *text, struct rd_events *events)
{
	char copy[512];
	char *save = NULL;
	struct rd_err err = { 0 };

	snprintf(copy, sizeof copy, "%s", text);
	for (char *word = strtok_r(copy, " ", &save); word != NULL;
		word = strtok_r(NULL, " ", &save)) {
		char *equals = strchr(word, '=');
		struct rd_date day;
		int64_t at;
		int event = 0;
		*equals = '\0';
		while (rd_event_names[event] != NULL && strcmp(rd_event_names[event], word) != 0)
			event++;
		if (rd_event_names[event] == NULL)
			fail_msg("no event %s", word);
		if (rd_date_parse(equals + 1, &day, &err) == RD_OK)
			rd_events_set_day(events, (enum rd_event)event, day);
		else if (rd_instant_parse(equals + 1, &at, &err) == RD_OK)
			rd_events_set_instant(events, (enum rd_event)event, at);
		else
			fail_msg("%s: %s", word, err.msg);
	}
}

/* "DAY DAY", "?" behind what is supposed; "null" where the start is not known. */
static const char *describe(const struct rd_clock_line *line, char out[static 96])
{
	char a[RD_INSTANT_MAX], b[RD_INSTANT_MAX];

	if (!line->known)
		snprintf(out, 96, "null");
	else if (line->instants)
		snprintf(out, 96, "%s %s%s", rd_instant_format(line->starts_ms, a),
			rd_instant_format(line->due_ms, b), line->supposed ? "?" : "");
	else
		snprintf(out, 96, "%s %s%s", rd_date_format(line->starts, a),
			rd_date_format(line->due, b), line->supposed ? "?" : "");
	return out;
}

/* What happened, day by day. */
#define OF_LAW " hazard-known=2026-12-24T10:00:00Z investigated=2026-12-30"
static const char at_code[] =
	"received=2026-12-14 acknowledged=2026-12-18 assigned=2026-12-18 "
	"extended=2027-01-05 responded=2027-01-20 stage2-requested=2027-03-03 "
	"stage2-acknowledged=2027-03-09 stage2-assigned=2027-03-09 "
	"stage2-extended=2027-03-31 enquired=2026-12-21" OF_LAW;
static const char at_feedback[] =
	"received=2026-12-14 acknowledged=2026-12-18 extended=2026-12-31 "
	"responded=2027-03-15 stage2-requested=2027-03-24 "
	"stage2-acknowledged=2027-03-25 stage2-extended=2027-04-01" OF_LAW;
static const char at_sedgemoor[] =
	"received=2026-12-14 acknowledged=2026-12-16 extended=2026-12-31 "
	"responded=2027-01-18 stage2-requested=2027-03-03 "
	"stage2-acknowledged=2027-03-09 stage2-extended=2027-04-07 "
	"surveyed=2026-12-23" OF_LAW;

/* Every clock that a profile holds is here, and no other: a row that is missing fails too. */
static const struct row {
	const char *landlord, *events;
	enum rd_clock_id clock;
	const char *line;
	const char *why;
} rows[] = {
	{ "code-2024", at_code, RD_CLOCK_STAGE1_ACKNOWLEDGE, "2026-12-14 2026-12-21",
		"Code 6.2: 15 to 18 and 21 December" },
	{ "code-2024", at_code, RD_CLOCK_STAGE1_DEFINE, "2026-12-14 2026-12-21",
		"Code 6.2: with the acknowledgement" },
	{ "code-2024", at_code, RD_CLOCK_STAGE1_RESPOND, "2026-12-18 2027-01-06",
		"Code 6.3, from Friday 18: 21 to 24 and 29 to 31 December are 7, then 4 to 6 "
		"January" },
	{ "code-2024", at_code, RD_CLOCK_STAGE1_EXTENDED, "2027-01-06 2027-01-20",
		"Code 6.4, from the due date: 7, 8, 11 to 15 and 18 to 20 January" },
	{ "code-2024", at_code, RD_CLOCK_STAGE2_ACKNOWLEDGE, "2027-03-03 2027-03-10",
		"Code 6.11: 4, 5 and 8 to 10 March" },
	{ "code-2024", at_code, RD_CLOCK_STAGE2_RESPOND, "2027-03-09 2027-04-08",
		"Code 6.14, from the 9th: 12 to Thursday 25 March, over Easter, 30 March to 8 "
		"April" },
	{ "code-2024", at_code, RD_CLOCK_STAGE2_EXTENDED, "2027-04-08 2027-05-07",
		"Code 6.15: 16 to 30 April, 3 May is free, 4 to 7 May" },
	{ "code-2024", at_code, RD_CLOCK_AGE_LIMIT, "2025-12-14 2026-12-14",
		"Code 2.2: twelve months back from receipt" },
	{ "code-2024", at_code, RD_CLOCK_HAZARD_EMERGENCY,
		"2026-12-24T10:00:00+00:00 2026-12-25T10:00:00+00:00",
		"S.I. 2025/1042: 24 hours, Christmas or not" },
	{ "code-2024", at_code, RD_CLOCK_HAZARD_INVESTIGATE, "2026-12-24 2027-01-12",
		"S.I. 2025/1042: 3 days of December, 7 of January from the 4th" },
	{ "code-2024", at_code, RD_CLOCK_HAZARD_SUMMARY, "2026-12-30 2027-01-05",
		"S.I. 2025/1042: 31 December, 4 and 5 January" },
	{ "code-2024", at_code, RD_CLOCK_HAZARD_MAKE_SAFE, "2026-12-30 2027-01-07",
		"S.I. 2025/1042: 31 December, 4 to 7 January" },
	{ "plexus-omega", at_code, RD_CLOCK_STAGE1_ACKNOWLEDGE, "2026-12-14 2026-12-21",
		"000:185, within five working days of receipt" },
	{ "plexus-omega", at_code, RD_CLOCK_STAGE1_DEFINE, "2026-12-14 2026-12-21",
		"Code 6.2 where 000:190 names no day" },
	{ "plexus-omega", at_code, RD_CLOCK_STAGE1_RESPOND, "2026-12-18 2027-01-06",
		"000:190, 10 working days; Code 6.3 starts them at the acknowledgement" },
	{ "plexus-omega", at_code, RD_CLOCK_STAGE1_EXTENDED, "2027-01-06 2027-01-20",
		"000:195, up to a further 10" },
	{ "plexus-omega", at_code, RD_CLOCK_STAGE2_REQUEST, "2027-01-20 2027-02-03",
		"000:213, 10 working days from the response: 21, 22, 25 to 29 January, 1 to 3 "
		"February" },
	{ "plexus-omega", at_code, RD_CLOCK_STAGE2_ACCEPT, "2027-03-03 2027-03-10",
		"000:253, within 5 of the escalation, though it came late" },
	{ "plexus-omega", at_code, RD_CLOCK_STAGE2_ACKNOWLEDGE, "2027-03-03 2027-03-10",
		"Code 6.11 where 000 acknowledges nothing" },
	{ "plexus-omega", at_code, RD_CLOCK_STAGE2_RESPOND, "2027-03-09 2027-04-08",
		"000:253, 20 working days; Code 6.14 starts them at the acknowledgement" },
	{ "plexus-omega", at_code, RD_CLOCK_STAGE2_EXTENDED, "2027-04-08 2027-05-07",
		"000:255, a further 20" },
	{ "plexus-omega", at_code, RD_CLOCK_AGE_LIMIT, "2025-12-14 2026-12-14",
		"Code 2.2: twelve months back from receipt" },
	{ "plexus-omega", at_code, RD_CLOCK_HAZARD_EMERGENCY,
		"2026-12-24T10:00:00+00:00 2026-12-25T10:00:00+00:00",
		"S.I. 2025/1042: 24 hours, Christmas or not" },
	{ "plexus-omega", at_code, RD_CLOCK_HAZARD_INVESTIGATE, "2026-12-24 2027-01-12",
		"S.I. 2025/1042: 3 days of December, 7 of January from the 4th" },
	{ "plexus-omega", at_code, RD_CLOCK_HAZARD_SUMMARY, "2026-12-30 2027-01-05",
		"S.I. 2025/1042: 31 December, 4 and 5 January" },
	{ "plexus-omega", at_code, RD_CLOCK_HAZARD_MAKE_SAFE, "2026-12-30 2027-01-07",
		"S.I. 2025/1042: 31 December, 4 to 7 January" },
	{ "feedback-first", at_feedback, RD_CLOCK_STAGE1_ACKNOWLEDGE, "2026-12-14 2026-12-21",
		"Code 6.2 where 001 has none" },
	{ "feedback-first", at_feedback, RD_CLOCK_STAGE1_DEFINE, "2026-12-14 2026-12-21",
		"Code 6.2 where 001 has none" },
	{ "feedback-first", at_feedback, RD_CLOCK_STAGE1_RESPOND, "2026-12-18 2027-01-04",
		"001:47, 8 working days: 7 in December, 4 January" },
	{ "feedback-first", at_feedback, RD_CLOCK_STAGE1_EXTENDED, "2027-01-04 2027-01-18",
		"Code 6.4 where 001 has none: 5 to 8, 11 to 15 and 18 January" },
	{ "feedback-first", at_feedback, RD_CLOCK_STAGE2_REQUEST, "2027-03-15 2027-03-31",
		"001:47, 10 days read as working days: 16 to 19, 22 to 25, 30 and 31 March" },
	{ "feedback-first", at_feedback, RD_CLOCK_STAGE2_ACKNOWLEDGE, "2027-03-24 2027-04-02",
		"Code 6.11: 25, 30 and 31 March, 1 and 2 April" },
	{ "feedback-first", at_feedback, RD_CLOCK_STAGE2_RESPOND, "2027-03-24 2027-04-02",
		"001:49, 5 working days of the escalation, whenever it was acknowledged" },
	{ "feedback-first", at_feedback, RD_CLOCK_STAGE2_EXTENDED, "2027-04-02 2027-04-30",
		"Code 6.15 where 001 has none: the 20 working days of April from the 5th" },
	{ "feedback-first", at_feedback, RD_CLOCK_FEEDBACK_RESPOND, "2026-12-14 2026-12-16",
		"001:45, 2 working days of the first report" },
	{ "feedback-first", at_feedback, RD_CLOCK_AGE_LIMIT, "2025-12-14 2026-12-14",
		"Code 2.2: twelve months back from receipt" },
	{ "feedback-first", at_feedback, RD_CLOCK_HAZARD_EMERGENCY,
		"2026-12-24T10:00:00+00:00 2026-12-25T10:00:00+00:00",
		"S.I. 2025/1042: 24 hours, Christmas or not" },
	{ "feedback-first", at_feedback, RD_CLOCK_HAZARD_INVESTIGATE, "2026-12-24 2027-01-12",
		"S.I. 2025/1042: 3 days of December, 7 of January from the 4th" },
	{ "feedback-first", at_feedback, RD_CLOCK_HAZARD_SUMMARY, "2026-12-30 2027-01-05",
		"S.I. 2025/1042: 31 December, 4 and 5 January" },
	{ "feedback-first", at_feedback, RD_CLOCK_HAZARD_MAKE_SAFE, "2026-12-30 2027-01-07",
		"S.I. 2025/1042: 31 December, 4 to 7 January" },
	{ "one-housing", at_code, RD_CLOCK_STAGE1_ACKNOWLEDGE, "2026-12-14 2026-12-21",
		"002:162, within 5 working days" },
	{ "one-housing", at_code, RD_CLOCK_STAGE1_DEFINE, "2026-12-14 2026-12-21",
		"002:163, with the acknowledgement" },
	{ "one-housing", at_code, RD_CLOCK_STAGE1_RESPOND, "2026-12-18 2027-01-06",
		"002:190, within 10 of being acknowledged" },
	{ "one-housing", at_code, RD_CLOCK_STAGE1_EXTENDED, "2027-01-06 2027-01-20",
		"002:190, a further 10 days, read as the Code's working days" },
	{ "one-housing", at_code, RD_CLOCK_STAGE1_CONTACT, "2026-12-18 2026-12-23",
		"002:188, three working days of being assigned: 21 to 23 December" },
	{ "one-housing", at_code, RD_CLOCK_STAGE2_ACKNOWLEDGE, "2027-03-03 2027-03-10",
		"002:214, within five working days" },
	{ "one-housing", at_code, RD_CLOCK_STAGE2_CONTACT, "2027-03-09 2027-03-12",
		"002:218, three working days of being assigned" },
	{ "one-housing", at_code, RD_CLOCK_STAGE2_RESPOND, "2027-03-03 2027-04-02",
		"002:224, 20 from the receipt of the request: 16 to 25 March, 30 March to 2 "
		"April" },
	{ "one-housing", at_code, RD_CLOCK_STAGE2_EXTENDED, "2027-04-02 2027-04-30",
		"002:226, a further 20: the 20 working days of April from the 5th" },
	{ "one-housing", at_code, RD_CLOCK_CASE_CLOSE, "2027-01-20 2027-02-17",
		"002:204, 28 calendar days from the response" },
	{ "one-housing", at_code, RD_CLOCK_ENQUIRY_RESPOND, "2026-12-21 2027-01-07",
		"002:296: 22 to 24 and 29 to 31 December, 4 to 7 January" },
	{ "one-housing", at_code, RD_CLOCK_AGE_LIMIT, "2025-12-14 2026-12-14",
		"Code 2.2: twelve months back from receipt" },
	{ "one-housing", at_code, RD_CLOCK_HAZARD_EMERGENCY,
		"2026-12-24T10:00:00+00:00 2026-12-25T10:00:00+00:00",
		"S.I. 2025/1042: 24 hours, Christmas or not" },
	{ "one-housing", at_code, RD_CLOCK_HAZARD_INVESTIGATE, "2026-12-24 2027-01-12",
		"S.I. 2025/1042: 3 days of December, 7 of January from the 4th" },
	{ "one-housing", at_code, RD_CLOCK_HAZARD_SUMMARY, "2026-12-30 2027-01-05",
		"S.I. 2025/1042: 31 December, 4 and 5 January" },
	{ "one-housing", at_code, RD_CLOCK_HAZARD_MAKE_SAFE, "2026-12-30 2027-01-07",
		"S.I. 2025/1042: 31 December, 4 to 7 January" },
	{ "later-living", at_code, RD_CLOCK_STAGE1_ACKNOWLEDGE, "2026-12-14 2026-12-21",
		"003:210 and 216, five working days, receipt is day zero" },
	{ "later-living", at_code, RD_CLOCK_STAGE1_DEFINE, "2026-12-14 2026-12-21",
		"003:210, with the acknowledgement" },
	{ "later-living", at_code, RD_CLOCK_STAGE1_RESPOND, "2026-12-18 2027-01-06",
		"003:212, 10 of the complaint being acknowledged" },
	{ "later-living", at_code, RD_CLOCK_STAGE1_EXTENDED, "2027-01-06 2027-01-20",
		"003:212, a further 10" },
	{ "later-living", at_code, RD_CLOCK_STAGE2_ACKNOWLEDGE, "2027-03-03 2027-03-10",
		"003:214, five working days of the request" },
	{ "later-living", at_code, RD_CLOCK_STAGE2_RESPOND, "2027-03-09 2027-04-08",
		"003:214, 20 of the complaint being acknowledged" },
	{ "later-living", at_code, RD_CLOCK_STAGE2_EXTENDED, "2027-04-08 2027-05-07",
		"003:214, a further 20" },
	{ "later-living", at_code, RD_CLOCK_AGE_LIMIT, "2025-12-14 2026-12-14",
		"Code 2.2: twelve months back from receipt" },
	{ "later-living", at_code, RD_CLOCK_HAZARD_EMERGENCY,
		"2026-12-24T10:00:00+00:00 2026-12-25T10:00:00+00:00",
		"S.I. 2025/1042: 24 hours, Christmas or not" },
	{ "later-living", at_code, RD_CLOCK_HAZARD_INVESTIGATE, "2026-12-24 2027-01-12",
		"S.I. 2025/1042: 3 days of December, 7 of January from the 4th" },
	{ "later-living", at_code, RD_CLOCK_HAZARD_SUMMARY, "2026-12-30 2027-01-05",
		"S.I. 2025/1042: 31 December, 4 and 5 January" },
	{ "later-living", at_code, RD_CLOCK_HAZARD_MAKE_SAFE, "2026-12-30 2027-01-07",
		"S.I. 2025/1042: 31 December, 4 to 7 January" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_STAGE1_ACKNOWLEDGE, "2026-12-14 2026-12-16",
		"004:356, 2 working days, the shorter of its two promises" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_STAGE1_DEFINE, "2026-12-14 2026-12-16",
		"Code 6.2: with the acknowledgement" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_STAGE1_RESPOND, "2026-12-16 2027-01-04",
		"004:171, 10 of this acknowledgement: 9 in December from the 17th, 4 January" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_STAGE1_EXTENDED, "2027-01-04 2027-01-18",
		"004:356 names no length: Code 6.4" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_STAGE2_ACKNOWLEDGE, "2027-03-03 2027-03-10",
		"004:189, within 5 working days" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_STAGE2_RESPOND, "2027-03-09 2027-04-08",
		"004:195, 20 working days; Code 6.14 starts them at the acknowledgement" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_STAGE2_EXTENDED, "2027-04-08 2027-05-07",
		"004:195 names no length: Code 6.15" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_SURVEY_CONTACT, "2026-12-23 2027-01-11",
		"004:332: 24 and 29 to 31 December, 4 to 8 and 11 January" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_CONDUCT_RESPOND, "2026-12-14 2026-12-30",
		"004:275, 10 from receipt: 8 to Christmas Eve, 29 and 30 December" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_AGE_LIMIT, "2025-12-14 2026-12-14",
		"Code 2.2: twelve months back from receipt" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_HAZARD_EMERGENCY,
		"2026-12-24T10:00:00+00:00 2026-12-25T10:00:00+00:00",
		"S.I. 2025/1042: 24 hours, Christmas or not" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_HAZARD_INVESTIGATE, "2026-12-24 2027-01-12",
		"S.I. 2025/1042: 3 days of December, 7 of January from the 4th" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_HAZARD_SUMMARY, "2026-12-30 2027-01-05",
		"S.I. 2025/1042: 31 December, 4 and 5 January" },
	{ "homes-in-sedgemoor", at_sedgemoor, RD_CLOCK_HAZARD_MAKE_SAFE, "2026-12-30 2027-01-07",
		"S.I. 2025/1042: 31 December, 4 to 7 January" },
};

#define N_ROWS (sizeof rows / sizeof rows[0])

static const struct row *row_of(const char *landlord, enum rd_clock_id clock)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].landlord, landlord) == 0 && rows[i].clock == clock)
			return &rows[i];
	return NULL;
}

static void a_whole_complaint_keeps_every_clause(void **state)
{
	struct fixture *f = *state;
	size_t n_seen = 0;

	for (size_t i = 0; i < N_LANDLORDS; i++) {
		const struct row *any = row_of(names[i], RD_CLOCK_STAGE1_RESPOND);
		struct rd_events events = { 0 };
		struct rd_clock_line lines[RD_N_CLOCKS];
		struct rd_err err = { 0 };
		char text[96];
		size_t n;
		set_events(any->events, &events);
		if (rd_clocks_run(&f->of[i], f->calendar, &events, lines, &n, &err) != RD_OK)
			fail_msg("%s: %s", names[i], err.msg);
		for (size_t j = 0; j < n; j++) {
			const char *clock = rd_clock_names[lines[j].clock];
			const struct row *row = row_of(names[i], lines[j].clock);
			if (row == NULL)
				fail_msg("%s: nobody worked out %s", names[i], clock);
			if (strcmp(describe(&lines[j], text), row->line) != 0)
				fail_msg("%s %s: got %s, want %s (%s)", names[i], clock, text,
					row->line, row->why);
			n_seen++;
		}
	}
	if (n_seen != N_ROWS)
		fail_msg("%zu clocks stand in the profiles, %zu were worked out", n_seen, N_ROWS);
}

/* Day by day as little is known: what an officer sees on the day of receipt. Received on Wednesday
 * 24 March 2027, before Easter, and nothing more. */
static void on_the_day_of_receipt_the_last_days_are_supposed(void **state)
{
	static const struct {
		const char *landlord;
		enum rd_clock_id clock;
		const char *line, *why;
	} wants[] = {
		{ "code-2024", RD_CLOCK_STAGE1_ACKNOWLEDGE, "2027-03-24 2027-04-02",
			"25, 30 and 31 March, 1 and 2 April" },
		{ "code-2024", RD_CLOCK_STAGE1_RESPOND, "2027-04-02 2027-04-16?",
			"acknowledged on its last day" },
		{ "code-2024", RD_CLOCK_STAGE1_EXTENDED, "2027-04-16 2027-04-30?",
			"the longest extension" },
		{ "code-2024", RD_CLOCK_STAGE2_ACKNOWLEDGE, "null",
			"no window: not before it is asked for" },
		{ "plexus-omega", RD_CLOCK_STAGE2_REQUEST, "2027-04-16 2027-04-30?",
			"answered on its last day, 10 more" },
		{ "plexus-omega", RD_CLOCK_STAGE2_ACCEPT, "2027-04-30 2027-05-10?",
			"asked for on its last day, 3 May is free" },
		{ "plexus-omega", RD_CLOCK_STAGE2_RESPOND, "2027-05-10 2027-06-08?",
			"acknowledged on its last day, 31 May is free" },
		{ "feedback-first", RD_CLOCK_FEEDBACK_RESPOND, "2027-03-24 2027-03-30",
			"25 and 30 March" },
		{ "feedback-first", RD_CLOCK_STAGE2_RESPOND, "2027-04-28 2027-05-06?",
			"8 to 14 April, 10 to 28 April, 5 over 3 May" },
		{ "one-housing", RD_CLOCK_STAGE1_CONTACT, "2027-04-02 2027-04-07?",
			"assigned with the acknowledgement" },
		{ "one-housing", RD_CLOCK_CASE_CLOSE, "2027-04-16 2027-05-14?",
			"28 calendar days from the supposed answer" },
		{ "one-housing", RD_CLOCK_STAGE2_CONTACT, "null",
			"no window: not before it is asked for" },
		{ "one-housing", RD_CLOCK_ENQUIRY_RESPOND, "null", "nobody enquired" },
		{ "later-living", RD_CLOCK_STAGE2_RESPOND, "null",
			"no window: not before it is asked for" },
		{ "homes-in-sedgemoor", RD_CLOCK_STAGE1_ACKNOWLEDGE, "2027-03-24 2027-03-30",
			"25 and 30 March" },
		{ "homes-in-sedgemoor", RD_CLOCK_SURVEY_CONTACT, "null", "no survey" },
		{ "homes-in-sedgemoor", RD_CLOCK_HAZARD_EMERGENCY, "null", "no hazard" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++) {
		struct rd_events events = { 0 };
		struct rd_clock_line lines[RD_N_CLOCKS];
		struct rd_err err = { 0 };
		char text[96] = "missing";
		size_t n;
		set_events("received=2027-03-24", &events);
		if (rd_clocks_run(landlord_of(f, wants[i].landlord), f->calendar, &events, lines,
			    &n, &err) != RD_OK)
			fail_msg("%s", err.msg);
		for (size_t j = 0; j < n; j++)
			if (lines[j].clock == wants[i].clock)
				describe(&lines[j], text);
		if (strcmp(text, wants[i].line) != 0)
			fail_msg("%s %s: got %s, want %s (%s)", wants[i].landlord,
				rd_clock_names[wants[i].clock], text, wants[i].line, wants[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_whole_complaint_keeps_every_clause, setup, teardown),
		cmocka_unit_test_setup_teardown(
			on_the_day_of_receipt_the_last_days_are_supposed, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
