/* decisions: what is decided, with the facts and the verdict in words, so that each sentence of the
 * promises that decides something can be read in a table's row.
 */
#ifndef REDRESS_SUPPORT_DECISIONS_H
#define REDRESS_SUPPORT_DECISIONS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/base/stanza.h"
#include "redress/policy/decision.h"

/* Facts: a kind, a flag, or one of the names in decisions_set_fact and decisions_decide. Without
 * `sms` the channel is email; without `notopic` the message names one topic; received and seen on
 * Friday 20 November 2026, 10:00. Verdict: `fate kind letter|withheld` then, sorted as they come,
 * `task@day`, `clock@due`, marks. */
struct decisions_row {
	const char *why;
	const char *facts;
	const char *verdict;
};

struct decisions {
	struct rd_arena *arena;
	struct rd_calendar *calendar;
	struct rd_landlord code, sedgemoor, one_housing;
};

static inline int decisions_setup(void **state)
{
	static struct decisions f;
	static const char *const names[] = { "code-2024", "homes-in-sedgemoor", "one-housing" };
	struct rd_landlord *const landlords[] = { &f.code, &f.sedgemoor, &f.one_housing };
	struct rd_err err = { 0 };
	const char *text;
	size_t len;

	memset(&f, 0, sizeof f);
	f.arena = rd_arena_new(4u << 20);
	if (rd_file_read(RD_SOURCE_DIR "/rules/calendars/bank-holidays.json", 1u << 20, f.arena,
		    &text, &len, &err) != RD_OK ||
		rd_calendar_parse("c", text, len, RD_ENGLAND, NULL, 0, &f.calendar, &err) != RD_OK)
		fail_msg("%s", err.msg);
	for (int i = 0; i < 3; i++) {
		char path[256];
		snprintf(path, sizeof path, "%s/rules/landlords/%s.landlord", RD_SOURCE_DIR,
			names[i]);
		if (rd_file_read(path, 1u << 20, f.arena, &text, &len, &err) != RD_OK ||
			rd_landlord_parse(path, text, len, names[i], f.arena, landlords[i], &err) !=
				RD_OK)
			fail_msg("%s", err.msg);
	}
	*state = &f;
	return 0;
}

static inline int decisions_teardown(void **state)
{
	struct decisions *f = *state;

	rd_calendar_free(f->calendar);
	rd_arena_free(f->arena);
	return 0;
}

static inline int64_t decisions_at(int year, int month, int day)
{
	return rd_date_at_ms((struct rd_date){ year, month, day }, 10, 0);
}

static inline void decisions_set_received(struct rd_facts *facts, int64_t received_ms)
{
	facts->received_ms = received_ms;
}

static inline bool decisions_set_joined(const char *word, struct rd_joined_case *joined)
{
	if (strncmp(word, "joins:", 6) == 0) {
		joined->present = rd_kind_parse(word + 6, &joined->kind);
		joined->stage = joined->kind == RD_COMPLAINT ? RD_STAGE_1 : RD_STAGE_NONE;
		joined->status = RD_STATUS_OPEN;
		joined->received = (struct rd_date){ 2026, 11, 18 };
		return joined->present;
	}
	if (strcmp(word, "held") == 0)
		joined->safeguarding_hold = true;
	else if (strcmp(word, "addedtoday") == 0)
		joined->added_sent_today = true;
	else if (strcmp(word, "textcase") == 0)
		joined->by_text = true;
	else if (strcmp(word, "mailcase") == 0)
		joined->by_text = false;
	else if (strcmp(word, "choicetoday") == 0)
		joined->choice_sent_today = true;
	else if (strcmp(word, "answeredtext") == 0)
		joined->first_text_answered = true;
	else if (strcmp(word, "haslinked") == 0)
		joined->has_open_linked_complaint = true;
	else if (strcmp(word, "answered") == 0)
		joined->status = RD_STATUS_ANSWERED;
	else if (strcmp(word, "closed") == 0)
		joined->status = RD_STATUS_CLOSED;
	else if (strcmp(word, "underreview") == 0)
		joined->status = RD_STATUS_REVIEW;
	else if (strcmp(word, "casetopic") == 0)
		joined->n_topics = 1;
	else if (strcmp(word, "informal") == 0)
		joined->flags[RD_ASKS_NOT_FORMAL] = true;
	else if (strcmp(word, "mayescalate") == 0)
		joined->may_escalate = true;
	else if (strcmp(word, "definitionopen") == 0)
		joined->definition_open = true;
	else
		return false;
	return true;
}

static inline bool decisions_set_fact(const char *word, struct rd_facts *facts)
{
	static const struct {
		const char *word;
		size_t offset;
	} bools[] = {
		{ "troubled", offsetof(struct rd_facts, troubled) },
		{ "nothing_new", offsetof(struct rd_facts, nothing_new) },
		{ "pictures", offsetof(struct rd_facts, pictures) },
		{ "asks2", offsetof(struct rd_facts, asks_stage2) },
		{ "quarantined", offsetof(struct rd_facts, quarantined) },
		{ "says_complaint", offsetof(struct rd_facts, says_complaint) },
		{ "second", offsetof(struct rd_facts, second_body) },
		{ "flood", offsetof(struct rd_facts, flood) },
		{ "together", offsetof(struct rd_facts, flood_together) },
		{ "known", offsetof(struct rd_facts, sender_known) },
		{ "related", offsetof(struct rd_facts, possibly_related) },
		{ "locked", offsetof(struct rd_facts, codes_locked_now) },
		{ "noaddress", offsetof(struct rd_facts, no_address) },
		{ "capped", offsetof(struct rd_facts, rate_capped) },
		{ "optedout", offsetof(struct rd_facts, opted_out) },
		{ "unauthenticated", offsetof(struct rd_facts, unauthenticated) },
		{ "sincebackup", offsetof(struct rd_facts, after_backup) },
		{ "staff", offsetof(struct rd_facts, by_staff) },
		{ "names", offsetof(struct rd_facts, names_resident) },
		{ "automatic", offsetof(struct rd_facts, automatic.auto_submitted) },
		{ "list", offsetof(struct rd_facts, automatic.list) },
		{ "noreply", offsetof(struct rd_facts, automatic.no_reply_address) },
		{ "othergateway", offsetof(struct rd_facts, automatic.from_redress) },
	};

	for (size_t i = 0; i < sizeof bools / sizeof bools[0]; i++) {
		if (strcmp(bools[i].word, word) != 0)
			continue;
		*(bool *)((char *)facts + bools[i].offset) = true;
		return true;
	}
	if (strcmp(word, "sms") == 0) {
		facts->channel = RD_CHANNEL_SMS;
		facts->joined.by_text = true;
	} else if (strcmp(word, "old") == 0) {
		decisions_set_received(facts, decisions_at(2026, 11, 2));
	} else if (strcmp(word, "fivedays") == 0) {
		decisions_set_received(facts, decisions_at(2026, 11, 13));
	} else if (strcmp(word, "endofcalendar") == 0) {
		decisions_set_received(facts, decisions_at(2028, 12, 28));
		facts->first_seen_ms = facts->now_ms = facts->received_ms;
	} else if (strncmp(word, "guard:", 6) == 0) {
		int guard = 0;
		while (rd_guard_names[guard] != NULL &&
			strcmp(rd_guard_names[guard], word + 6) != 0)
			guard++;
		facts->guard = (enum rd_guard)guard;
		return guard < RD_N_GUARDS;
	} else if (strncmp(word, "reply:", 6) == 0) {
		int reply = 0;
		while (rd_reply_names[reply] != NULL &&
			strcmp(rd_reply_names[reply], word + 6) != 0)
			reply++;
		facts->reply = (enum rd_reply)reply;
		return reply < RD_N_REPLIES;
	} else if (strncmp(word, "case:", 5) == 0) {
		int against = 0;
		while (rd_withheld_names[against] != NULL &&
			strcmp(rd_withheld_names[against], word + 5) != 0)
			against++;
		facts->case_apart = true;
		facts->case_withheld = (enum rd_withheld)against;
		return against < RD_N_WITHHELD;
	} else {
		return decisions_set_joined(word, &facts->joined);
	}
	return true;
}

struct decisions_text {
	char data[1024];
	size_t used;
};

RD_PRINTF(2, 3)
static inline void decisions_say(struct decisions_text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(text->data + text->used, sizeof text->data - text->used, format, args);
	va_end(args);
	text->used += (size_t)n;
}

static inline void decisions_describe(const struct rd_verdict *v, struct decisions_text *text)
{
	char day[RD_DATE_MAX];

	decisions_say(text, "%s %s", rd_fate_names[v->fate], rd_kind_names[v->kind]);
	if (v->fate == RD_FATE_OPENED || v->fate == RD_FATE_JOINED)
		decisions_say(text, " %s %s", rd_stage_names[v->stage], rd_status_names[v->status]);
	if (v->letter != RD_LETTER_NONE)
		decisions_say(text, " %s", rd_letter_names[v->letter]);
	else if (v->withheld == RD_WITHHELD_NO_LETTER)
		decisions_say(text, " no_letter");
	else
		decisions_say(text, " withheld:%s", rd_withheld_names[v->withheld]);
	for (size_t i = 0; i < v->n_tasks; i++)
		decisions_say(text, " %s@%s%s", rd_task_names[v->tasks[i].kind],
			rd_date_format(v->tasks[i].day, day), v->tasks[i].shared ? ":shared" : "");
	for (size_t i = 0; i < v->n_clocks; i++)
		decisions_say(text, " +%s@%s", rd_clock_names[v->clocks[i].clock],
			v->clocks[i].when_letter_leaves	   ? "letter"
			: rd_date_is_set(v->clocks[i].due) ? rd_date_format(v->clocks[i].due, day)
							   : "none");
	decisions_say(text, "%s%s%s%s%s%s%s%s%s%s", v->letter_meets_acknowledge ? " meets" : "",
		v->letter_waits ? " waits" : "", v->emergency_health ? " block" : "",
		v->emergency_heat ? " heat-block" : "", v->safeguarding_hold ? " hold" : "",
		v->linked ? " linked" : "", v->begin_stage1 ? " begins" : "",
		v->possibly_related ? " related" : "",
		v->fate == RD_FATE_JOINED && v->review ? " review" : "",
		v->calendar_ended ? " calendar-ended" : "");
	for (size_t i = 0; i < v->n_alarms; i++)
		decisions_say(text, " !%s", rd_alarm_names[v->alarms[i]]);
	if (v->old)
		decisions_say(text, " old");
	if (v->letter_to == RD_LETTER_TO_CASE)
		decisions_say(text, " to-case");
	decisions_say(text, "%s%s", v->escalates ? " escalates" : "", v->agrees ? " agrees" : "");
}

static inline void decisions_decide(
	const struct decisions *f, const struct decisions_row *row, struct rd_verdict *v)
{
	static const char *const topic[] = { "a delay" };
	struct rd_facts facts = { .received_ms = decisions_at(2026, 11, 20),
		.first_seen_ms = decisions_at(2026, 11, 20),
		.now_ms = decisions_at(2026, 11, 20) };
	struct rd_score score = { .kind = RD_SERVICE_REQUEST, .topics = topic, .n_topics = 1 };
	bool scored = true;
	const struct rd_landlord *landlord = &f->code;
	char copy[256];
	char *save = NULL;

	snprintf(copy, sizeof copy, "%s", row->facts);
	for (char *word = strtok_r(copy, " ", &save); word != NULL;
		word = strtok_r(NULL, " ", &save)) {
		enum rd_flag flag;
		if (rd_kind_parse(word, &score.kind))
			continue;
		if (rd_flag_parse(word, &flag))
			score.flags[flag] = true;
		else if (strcmp(word, "unsure") == 0)
			score.review = true;
		else if (strcmp(word, "unhappy") == 0)
			score.totals[RD_COMPLAINT] = 1;
		else if (strcmp(word, "notopic") == 0)
			score.n_topics = 0;
		else if (strcmp(word, "norules") == 0)
			scored = false;
		else if (strcmp(word, "sedgemoor") == 0)
			landlord = &f->sedgemoor;
		else if (strcmp(word, "onehousing") == 0)
			landlord = &f->one_housing;
		else if (!decisions_set_fact(word, &facts))
			fail_msg("%s: no fact \"%s\"", row->why, word);
	}
	rd_decide(scored ? &score : NULL, &facts, landlord, f->calendar, v);
}

/* Says of each row that does not hold what was got. */
static inline void decisions_hold(
	const struct decisions *f, const struct decisions_row *rows, size_t n_rows)
{
	int wrong = 0;

	for (size_t i = 0; i < n_rows; i++) {
		struct rd_verdict v;
		struct decisions_text text = { .used = 0 };
		decisions_decide(f, &rows[i], &v);
		decisions_describe(&v, &text);
		if (strcmp(text.data, rows[i].verdict) == 0)
			continue;
		print_error("%s (%s)\n  got  %s\n  want %s\n", rows[i].why, rows[i].facts,
			text.data, rows[i].verdict);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

#endif
