#include "redress/gateway/digest.h"

#include <stdio.h>
#include <string.h>

#include "redress/base/buf.h"
#include "redress/gateway/notices.h"
#include "redress/gateway/owed.h"
#include "redress/gateway/warnings.h"
#include "redress/store/warnings.h"

#define BODY_BYTES_MAX (192u << 10)

/* The parts of a digest, by days from today. */
static const struct part {
	const char *head;
	int from, to;
} parts[] = {
	{ "OVERDUE", -36500, -1 },
	{ "DUE TODAY", 0, 0 },
	{ "DUE WITHIN A WEEK", 1, RD_DIGEST_DAYS },
};

struct digesting {
	struct rd_db *db;
	const struct rd_office *office;
	const struct rd_role_config *role;
	struct rd_arena *arena;
	int64_t now_ms;
	struct rd_date today;
	struct rd_owed *owed;
	size_t n_owed;
	const struct rd_case *unassigned;
	size_t n_unassigned;
	size_t n_of_part[sizeof parts / sizeof parts[0]];
};

static bool is_of(const struct digesting *d, const struct rd_owed *item, const struct part *part)
{
	const int days = rd_date_days_between(d->today, item->due);
	/* What ends at an hour of today is overdue once that hour has passed. */
	const bool past = item->due_ms != 0 && item->due_ms < d->now_ms;

	if (past)
		return part->to < 0;
	return days >= part->from && days <= part->to;
}

/* The words of a task may name what a person wrote down of its case; its kind does not. */
static const char *words_of(const struct rd_owed *item)
{
	return item->what == RD_OWED_CLOCK ? item->text : item->kind;
}

static enum rd_rc add_line(const struct rd_owed *item, struct rd_buf *body, struct rd_err *err)
{
	char due[RD_NOTICE_WHEN_MAX];

	RD_TRY(rd_buf_printf(body, err, "  %-14s  %s (%s)",
		item->matter != NULL ? item->matter->reference : "no case", words_of(item),
		rd_owed_names[item->what]));
	return rd_buf_printf(body, err, "\n    by %s; with %s\n",
		rd_notice_when(item->due, item->due_ms, due),
		item->owner[0] != '\0' ? item->owner : "nobody");
}

static enum rd_rc add_part(
	struct digesting *d, const struct part *part, struct rd_buf *body, struct rd_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n_owed; i++)
		n += is_of(d, &d->owed[i], part);
	d->n_of_part[part - parts] = n;
	RD_TRY(rd_buf_printf(body, err, "%s: %zu\n\n", part->head, n));
	n = 0;
	for (size_t i = 0; i < d->n_owed; i++) {
		if (!is_of(d, &d->owed[i], part) || n++ >= RD_WARNING_LINES_MAX)
			continue;
		RD_TRY(add_line(&d->owed[i], body, err));
	}
	if (n > RD_WARNING_LINES_MAX)
		RD_TRY(rd_buf_printf(body, err, "  and %zu more\n", n - RD_WARNING_LINES_MAX));
	return rd_buf_printf(body, err, n > 0 ? "\n" : "");
}

static enum rd_rc add_unassigned(struct digesting *d, struct rd_buf *body, struct rd_err *err)
{
	char received[RD_LONG_DATE_MAX];

	RD_TRY(rd_buf_printf(body, err, "WITH NOBODY: %zu\n\n", d->n_unassigned));
	for (size_t i = 0; i < d->n_unassigned && i < RD_WARNING_LINES_MAX; i++)
		RD_TRY(rd_buf_printf(body, err, "  %s  %s, received %s\n",
			d->unassigned[i].reference, rd_kind_words[d->unassigned[i].kind],
			rd_date_format_long(rd_date_of(d->unassigned[i].received_ms), received)));
	if (d->n_unassigned > RD_WARNING_LINES_MAX)
		RD_TRY(rd_buf_printf(
			body, err, "  and %zu more\n", d->n_unassigned - RD_WARNING_LINES_MAX));
	return rd_buf_printf(body, err,
		"\n`redressctl tasks` shows what each of them is, `case show REFERENCE` the case, "
		"`case assign REFERENCE --to OWNER` gives it to somebody.\n");
}

static enum rd_rc gather(struct digesting *d, struct rd_err *err)
{
	const struct rd_owed_filter filter = {
		.due_by = rd_date_add(d->today, RD_DIGEST_DAYS),
		.landlord = d->role->landlord[0] != '\0' ? d->role->landlord : NULL,
		.reader = d->role,
	};

	RD_TRY(rd_owed_list(d->db, d->office, &filter, d->arena, &d->owed, &d->n_owed, err));
	return rd_owed_unassigned(
		d->db, d->office, &filter, d->arena, &d->unassigned, &d->n_unassigned, err);
}

static enum rd_rc send(struct digesting *d, const char *name, const char *day, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf body = RD_BUF(BODY_BYTES_MAX);
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	struct rd_notice notice = { .role = d->role, .short_text = "" };
	struct rd_err why = { 0 };
	int64_t id;
	enum rd_rc rc;

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		RD_TRY(add_part(d, &parts[i], &body, err));
	RD_TRY(add_unassigned(d, &body, err));
	notice.landlord =
		d->role->landlord[0] != '\0' ? d->role->landlord : d->office->config->landlord;
	notice.body = rd_buf_str(&body);
	notice.subject = rd_arena_printf(d->arena,
		"Today: %zu overdue, %zu due today, %zu within a week, %zu with nobody",
		d->n_of_part[0], d->n_of_part[1], d->n_of_part[2], d->n_unassigned);
	notice.cause = rd_arena_printf(d->arena, "%s:%s", name, day);
	if (rd_arena_overflowed(d->arena))
		return rd_fail(err, RD_E_RANGE, "a digest does not fit in memory");
	RD_TRY(rd_tx_begin(d->db, &tx, err));
	rc = rd_notice_put(tx, d->office, &notice, d->arena, &id, &why);
	if (rc != RD_OK && rc != RD_E_EXISTS && rc != RD_E_MISSING && rc != RD_E_INPUT) {
		*err = why;
		return rc;
	}
	RD_TRY(rd_round_done(tx, name, day, err));
	return rd_tx_commit(&tx, err);
}

static bool is_time(const struct digesting *d)
{
	const struct rd_config *config = d->office->config;
	const struct rd_policy *policy = rd_live_policy(d->office->live,
		d->role->landlord[0] != '\0' ? d->role->landlord : config->landlord);
	struct rd_err past_calendar = { 0 };
	bool working = true;

	if (!d->role->wants_digest ||
		rd_london_minute_of_day(rd_office_now(d->office)) < d->role->digest_minute)
		return false;
	return policy == NULL ||
	       rd_is_working_day(policy->calendar, d->today, &working, &past_calendar) != RD_OK ||
	       working;
}

static enum rd_rc digest(struct digesting *d, bool *ret_sent, struct rd_err *err)
{
	char day[RD_DATE_MAX];
	const char *name, *last;

	*ret_sent = false;
	if (!is_time(d))
		return RD_OK;
	name = rd_arena_printf(d->arena, "digest:%s:%s", d->role->landlord, d->role->name);
	if (name == NULL)
		return rd_fail(err, RD_E_RANGE, "a digest does not fit in memory");
	rd_date_format(d->today, day);
	RD_TRY(rd_round_last(d->db, name, d->arena, &last, err));
	if (strcmp(last, day) >= 0) /* days compare as text; a clock set back sends no second one */
		return RD_OK;
	RD_TRY(gather(d, err));
	*ret_sent = true;
	return send(d, name, day, err);
}

enum rd_rc rd_digests_round(struct rd_db *db, const struct rd_office *office,
	struct rd_arena *arena, size_t *ret_n, struct rd_err *err)
{
	const struct rd_config *config = office->config;

	*ret_n = 0;
	for (size_t i = 0; i < config->n_roles; i++) {
		struct digesting d = { .db = db,
			.office = office,
			.role = &config->roles[i],
			.arena = arena,
			.now_ms = rd_office_now(office),
			.today = rd_date_of(rd_office_now(office)) };
		bool sent;

		RD_TRY(digest(&d, &sent, err));
		*ret_n += sent;
	}
	return RD_OK;
}
