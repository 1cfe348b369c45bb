#include "redress/gateway/failing.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "redress/base/buf.h"
#include "redress/base/log.h"
#include "redress/gateway/alarms.h"
#include "redress/store/audit.h"
#include "redress/store/rule_failures.h"
#include "redress/store/status.h"

#define ARENA_BYTES (256u << 10)
#define DETAIL_MAX  1024
#define WORDS_MAX   900
#define PLACE_MAX   160 /* "core.rules:14" */

/* One rule that failed on one message. */
struct failure {
	struct rd_tx *tx;
	const struct rd_office *office;
	const char *landlord, *rule;
	struct rd_arena *arena;
	char place[PLACE_MAX]; /* where it stands in the live set */
};

static bool ends_in(const char *text, const char *end)
{
	const size_t n = strlen(text), n_end = strlen(end);

	return n >= n_end && strcmp(text + n - n_end, end) == 0;
}

/* Of [from, to) without blanks around it: is it this text? */
static bool reads(const char *from, const char *to, const char *text)
{
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	return (size_t)(to - from) == strlen(text) &&
	       strncasecmp(from, text, (size_t)(to - from)) == 0;
}

/* A line `Rule: ID`, or of a layer `Override: ID`. This is asked for each failed rule of a message,
 * so the files' lines are looked at and nothing more. */
static bool find_in_file(struct failure *f, const struct rd_rulefile *file)
{
	const char *line = file->bytes, *end = file->bytes + file->len;

	for (int number = 1; line < end; number++) {
		const char *next = memchr(line, '\n', (size_t)(end - line));
		const char *to = next != NULL ? next : end;
		const char *colon = memchr(line, ':', (size_t)(to - line));
		if (colon != NULL && reads(colon + 1, to, f->rule) &&
			(reads(line, colon, "Rule") || reads(line, colon, "Override"))) {
			snprintf(f->place, sizeof f->place, "%.120s:%d", file->name, number);
			return true;
		}
		line = to + 1;
	}
	return false;
}

/* In the landlord's own layer, which may have changed a shipped rule, else among the shipped. */
static bool find_rule(struct failure *f)
{
	const struct rd_rulefiles *files = rd_live_files(f->office->live);
	const char *own = rd_arena_printf(f->arena, "landlords/%s.rules", f->landlord);

	for (size_t i = 0; i < files->n_items && own != NULL; i++)
		if (strcmp(files->items[i].name, own) == 0 && find_in_file(f, &files->items[i]))
			return true;
	for (size_t i = 0; i < files->n_items; i++)
		if (strchr(files->items[i].name, '/') == NULL &&
			ends_in(files->items[i].name, ".rules") &&
			find_in_file(f, &files->items[i]))
			return true;
	return false;
}

/* The numbers with another text between two than a blank. */
static const char *numbers(const struct failure *f, const char *messages, const char *between)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf out = RD_BUF(DETAIL_MAX);
	struct rd_err err = { 0 };

	for (const char *at = messages; *at != '\0'; at++)
		if (rd_buf_add(&out, *at == ' ' ? between : at, *at == ' ' ? strlen(between) : 1,
			    &err) != RD_OK)
			return "";
	return rd_arena_printf(f->arena, "%s", rd_buf_str(&out));
}

static enum rd_rc audit(
	const struct failure *f, const char *messages, int64_t *ret_seq, struct rd_err *err)
{
	const struct rd_audit_row row = {
		.at_ms = rd_office_now(f->office),
		.actor = f->office->actor.name,
		.actor_uid = f->office->actor.uid,
		.what = "rule_switched_off",
		.detail = rd_arena_printf(f->arena,
			"{\"rule\":\"%s\",\"landlord\":\"%s\",\"ruleset\":\"%s\",\"messages\":[%s]"
			"}",
			f->rule, f->landlord, rd_live_sha256(f->office->live),
			numbers(f, messages, ",")),
	};

	if (row.detail == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to switch a rule off");
	return rd_audit_add(f->tx, &row, ret_seq, err);
}

static enum rd_rc raise_alarm(const struct failure *f, const char *messages, struct rd_err *err)
{
	char cause[RD_ALARM_CAUSE_MAX], words[WORDS_MAX];

	snprintf(cause, sizeof cause, RD_ALARM_RULE_OFF "%s:%s", f->landlord, f->rule);
	snprintf(words, sizeof words,
		"Rule `%s` (%s) is switched off for landlord %s: it took too much work on messages "
		"%s and could not be tried to the end. Until it is mended, messages with words "
		"that "
		"it looks for go to a person. Run `redressctl rules lint`, make the rule's pattern "
		"simpler or shorter, and run `redressctl rules activate`; activating the same "
		"rules "
		"again switches it on as it is.",
		f->rule, f->place, f->landlord, numbers(f, messages, ", "));
	return rd_alarms_raise_within(f->tx, f->office, cause, words, f->arena, err);
}

static enum rd_rc switch_off(
	const struct failure *f, const struct rd_rule_failure *row, struct rd_err *err)
{
	int64_t seq = 0;

	RD_TRY(audit(f, row->messages, &seq, err));
	RD_TRY(rd_rule_failures_switch_off(f->tx, row, seq, rd_office_now(f->office), err));
	return raise_alarm(f, row->messages, err);
}

static enum rd_rc count_one(struct failure *f, int64_t message_id, struct rd_err *err)
{
	struct rd_rule_failure row;

	if (!find_rule(f)) {
		rd_log(RD_LOG_WARNING, "A reader named a rule that the live rules do not have.",
			NULL);
		return RD_OK;
	}
	RD_TRY(rd_rule_failures_count(f->tx, rd_live_activation(f->office->live), f->landlord,
		f->rule, message_id, rd_office_now(f->office), f->arena, &row, err));
	if (row.times < RD_RULE_FAILURES_OFF || row.off_ms != 0)
		return RD_OK;
	return switch_off(f, &row, err);
}

enum rd_rc rd_failing_count(struct rd_tx *tx, const struct rd_office *office, const char *landlord,
	int64_t message_id, const struct rd_reading *reading, struct rd_err *err)
{
	const struct rd_score *score = &reading->score;

	if (score->n_failed_rules == 0 ||
		strcmp(reading->ruleset, rd_live_sha256(office->live)) != 0)
		return RD_OK;
	for (size_t i = 0; i < score->n_failed_rules; i++) {
		RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ARENA_BYTES);
		struct failure f = { .tx = tx,
			.office = office,
			.landlord = landlord,
			.rule = score->failed_rules[i],
			.arena = arena };

		RD_TRY(count_one(&f, message_id, err));
	}
	return RD_OK;
}

enum rd_rc rd_failing_forgive(
	struct rd_tx *tx, int64_t now_ms, struct rd_arena *arena, struct rd_err *err)
{
	struct rd_alarm *alarms;
	size_t n;

	RD_TRY(rd_alarm_list(rd_tx_db(tx), arena, &alarms, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strncmp(alarms[i].cause, RD_ALARM_RULE_OFF, strlen(RD_ALARM_RULE_OFF)) == 0)
			RD_TRY(rd_alarm_clear(tx, alarms[i].cause, now_ms, err));
	return RD_OK;
}
