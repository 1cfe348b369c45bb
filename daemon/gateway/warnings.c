#include "redress/gateway/warnings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "redress/base/buf.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/digest.h"
#include "redress/gateway/notices.h"
#include "redress/policy/life.h"
#include "redress/policy/warning.h"
#include "redress/store/warnings.h"

#define ROUND_ARENA_BYTES (64u << 20)
#define BODY_BYTES_MAX	  (128u << 10)
#define TOLD_MAX	  4 /* the owner, the one in charge, and who is above each */
#define HOUR_MAX	  24
#define ROUND_HOURLY	  "warnings"
#define ROUND_DAILY	  "warnings-forget"

struct warning {
	const struct rd_case_clock *clock;
	const struct rd_case *matter;
	const char *words; /* what is owed */
	int step;
	const struct rd_role_config *to[TOLD_MAX];
	size_t n_to;
};

struct round {
	struct rd_db *db;
	const struct rd_office *office;
	const struct rd_config *config;
	struct rd_arena *arena;
	int64_t now_ms;
	struct rd_date today;
	struct warning *warnings;
	size_t n_warnings;
	size_t n_put;
};

static enum rd_rc no_memory(struct rd_err *err)
{
	return rd_fail(err, RD_E_RANGE, "the warnings do not fit in memory");
}

/* --- whom it concerns --- */

static void add_role(struct round *r, struct warning *w, const struct rd_role_config *role)
{
	struct rd_about about;

	rd_about_of_marks((const char *const *)w->matter->marks, w->matter->n_marks, &about);
	role = rd_notice_round(r->config, w->matter->landlord, role, &about);
	for (size_t i = 0; role != NULL && i < w->n_to; i++)
		if (w->to[i] == role)
			return;
	if (role != NULL && w->n_to < TOLD_MAX)
		w->to[w->n_to++] = role;
}

static const struct rd_role_config *role_above(
	const struct round *r, const struct warning *w, const struct rd_role_config *role)
{
	if (role == NULL || role->then_up[0] == '\0')
		return NULL;
	return rd_config_role(r->config, w->matter->landlord, role->then_up);
}

static void find_roles(struct round *r, struct warning *w)
{
	const char *landlord = w->matter->landlord;
	const struct rd_role_config *owner =
		w->matter->handler[0] != '\0'
			? rd_config_role(r->config, landlord, w->matter->handler)
			: NULL;
	const struct rd_role_config *above =
		r->config->warnings_to[0] != '\0'
			? rd_config_role(r->config, landlord, r->config->warnings_to)
			: NULL;

	add_role(r, w, owner);
	if (owner == NULL || w->step <= RD_WARNING_TODAY)
		add_role(r, w, above);
	if (w->step > RD_WARNING_PAST)
		return;
	add_role(r, w, role_above(r, w, owner));
	add_role(r, w, role_above(r, w, above));
}

/* --- what is near --- */

static enum rd_rc look_at(struct round *r, const struct rd_case_clock *clock, struct rd_err *err)
{
	struct warning *w = &r->warnings[r->n_warnings];
	struct rd_case *matter = rd_arena_alloc(r->arena, sizeof *matter);
	const struct rd_policy *policy;
	int given = RD_WARNING_NONE;
	enum rd_clock_id id;

	if (matter == NULL)
		return no_memory(err);
	if (!rd_clock_is_owed(clock->name) || !rd_clock_parse(clock->name, &id) ||
		rd_clock_words(id)[0] == '\0')
		return RD_OK;
	RD_TRY(rd_warning_given(r->db, clock->case_id, clock->name, clock->due, &given, err));
	if (given == RD_WARNING_PAST)
		return RD_OK;
	RD_TRY(rd_case_get(r->db, clock->case_id, r->arena, matter, err));
	policy = rd_live_policy(r->office->live, matter->landlord);
	*w = (struct warning){ .clock = clock,
		.matter = matter,
		.words = matter->status == RD_STATUS_ANSWERED ? rd_clock_words_answered(id)
							      : rd_clock_words(id) };
	w->step = rd_warning_step(policy != NULL ? policy->calendar : NULL, r->config->warn_before,
		r->config->n_warn_before, clock->due, clock->due_ms, r->now_ms);
	if (w->step >= given) /* where none was given: it is not near yet */
		return RD_OK;
	find_roles(r, w);
	if (w->n_to > 0)
		r->n_warnings++;
	return RD_OK;
}

/* Enough calendar days for the most working days, whatever holidays lie between. */
static struct rd_date horizon(const struct round *r)
{
	const int most = r->config->n_warn_before > 0 ? r->config->warn_before[0] : 0;

	return rd_date_add(r->today, 2 * most + 14);
}

/* name NULL: all that end with a day. */
static enum rd_rc find_warnings(struct round *r, const char *name, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n;

	r->n_warnings = 0;
	RD_TRY(rd_case_clocks_due(r->db, name, horizon(r), r->arena, &clocks, &n, err));
	r->warnings = rd_arena_array(r->arena, n + 1, sizeof *r->warnings);
	if (r->warnings == NULL)
		return no_memory(err);
	for (size_t i = 0; i < n; i++)
		if ((name == NULL) == (clocks[i].due_ms == 0))
			RD_TRY(look_at(r, &clocks[i], err));
	return RD_OK;
}

/* --- the words --- */

static bool is_told(const struct warning *w, const struct rd_role_config *role)
{
	for (size_t i = 0; i < w->n_to; i++)
		if (w->to[i] == role)
			return true;
	return false;
}

static bool is_of_part(const struct warning *w, int part)
{
	return part == 1 ? w->step >= 1 : w->step == part;
}

static enum rd_rc add_part(struct round *r, const struct rd_role_config *role, int part,
	const char *head, size_t *n_left, struct rd_buf *body, struct rd_err *err)
{
	size_t n = 0, n_untold = 0;

	for (size_t i = 0; i < r->n_warnings; i++) {
		const struct warning *w = &r->warnings[i];
		char due[RD_NOTICE_WHEN_MAX];

		if (!is_of_part(w, part) || !is_told(w, role))
			continue;
		if (*n_left == 0) {
			n_untold++;
			continue;
		}
		if (n++ == 0)
			RD_TRY(rd_buf_printf(body, err, "%s\n\n", head));
		RD_TRY(rd_buf_printf(body, err, "  %s  %s\n    by %s; %s; with %s\n",
			w->matter->reference, w->words,
			rd_notice_when(w->clock->due, w->clock->due_ms, due),
			rd_kind_words[w->matter->kind],
			w->matter->handler[0] != '\0' ? w->matter->handler : "nobody"));
		--*n_left;
	}
	if (n_untold > 0)
		RD_TRY(rd_buf_printf(body, err, "  %s: %zu more\n", head, n_untold));
	return n + n_untold > 0 ? rd_buf_printf(body, err, "\n") : RD_OK;
}

static enum rd_rc write_body(
	struct round *r, const struct rd_role_config *role, struct rd_buf *body, struct rd_err *err)
{
	size_t n_left = RD_WARNING_LINES_MAX;

	RD_TRY(add_part(r, role, RD_WARNING_PAST, "THE DATE HAS PASSED", &n_left, body, err));
	RD_TRY(add_part(r, role, RD_WARNING_TODAY, "IT ENDS TODAY", &n_left, body, err));
	RD_TRY(add_part(r, role, 1, "IT COMES NEAR", &n_left, body, err));
	return rd_buf_printf(body, err,
		"`redressctl case show REFERENCE` shows a case, `redressctl tasks` all that is "
		"owed. "
		"An answer that needs longer is extended before its date (`case extend`). Each "
		"date is warned of once for each step.\n");
}

static void count(
	const struct round *r, const struct rd_role_config *role, size_t *ret_n, size_t *ret_past)
{
	*ret_n = *ret_past = 0;
	for (size_t i = 0; i < r->n_warnings; i++)
		if (is_told(&r->warnings[i], role)) {
			++*ret_n;
			*ret_past += r->warnings[i].step == RD_WARNING_PAST;
		}
}

static const struct warning *first_of(const struct round *r, const struct rd_role_config *role)
{
	for (size_t i = 0; i < r->n_warnings; i++)
		if (is_told(&r->warnings[i], role))
			return &r->warnings[i];
	return NULL;
}

static const char *write_subject(
	struct round *r, const struct rd_role_config *role, size_t n, size_t n_past)
{
	const struct warning *first = first_of(r, role);
	char due[RD_NOTICE_WHEN_MAX];

	if (n == 1)
		return rd_arena_printf(r->arena, "%s: %s, %s %s", first->matter->reference,
			first->words, n_past > 0 ? "was due" : "by",
			rd_notice_when(first->clock->due, first->clock->due_ms, due));
	return rd_arena_printf(r->arena, "%zu dates need you, %zu of them overdue", n, n_past);
}

/* --- sending --- */

static enum rd_rc warn_role(struct round *r, struct rd_tx *tx, const struct rd_role_config *role,
	const char *key, bool at_once, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf body = RD_BUF(BODY_BYTES_MAX);
	const struct warning *first = first_of(r, role);
	struct rd_about about;
	struct rd_notice notice = { .role = role, .at_once = at_once, .about = &about };
	struct rd_err why = { 0 };
	size_t n, n_past;
	int64_t id;
	enum rd_rc rc;

	count(r, role, &n, &n_past);
	if (first == NULL)
		return RD_OK;
	RD_TRY(write_body(r, role, &body, err));
	/* What goes at once is of one case. */
	rd_about_of_marks(
		(const char *const *)first->matter->marks, first->matter->n_marks, &about);
	notice.landlord = first->matter->landlord;
	notice.body = rd_buf_str(&body);
	notice.subject = write_subject(r, role, n, n_past);
	notice.cause =
		rd_arena_printf(r->arena, "warning:%s:%s:%s", key, role->landlord, role->name);
	notice.short_text = rd_arena_printf(r->arena, "Redress: %s. See redressctl tasks.",
		notice.subject != NULL ? notice.subject : "");
	if (rd_arena_overflowed(r->arena))
		return no_memory(err);
	rc = rd_notice_put(tx, r->office, &notice, r->arena, &id, &why);
	if (rc == RD_OK)
		r->n_put++;
	if (rc == RD_OK || rc == RD_E_EXISTS || rc == RD_E_MISSING || rc == RD_E_INPUT)
		return RD_OK; /* with no way out the alarms and `tasks` stand */
	*err = why;
	return rc;
}

static enum rd_rc audit(
	struct round *r, struct rd_tx *tx, const struct warning *w, struct rd_err *err)
{
	const char *detail = rd_arena_printf(
		r->arena, "{\"clock\":\"%s\",\"step\":%d}", w->clock->name, w->step);

	if (detail == NULL)
		return no_memory(err);
	return rd_casework_audit(tx, r->office, "warned", w->matter->id, 0, 0, detail, err);
}

/* All that was found: a mail for each role, and the steps. */
static enum rd_rc give(
	struct round *r, struct rd_tx *tx, const char *key, bool at_once, struct rd_err *err)
{
	for (size_t i = 0; i < r->config->n_roles; i++)
		RD_TRY(warn_role(r, tx, &r->config->roles[i], key, at_once, err));
	for (size_t i = 0; i < r->n_warnings; i++) {
		const struct warning *w = &r->warnings[i];

		RD_TRY(rd_warning_give(
			tx, w->matter->id, w->clock->name, w->clock->due, w->step, r->now_ms, err));
		RD_TRY(audit(r, tx, w, err));
	}
	return RD_OK;
}

/* Hours that the law counts: each by itself, whatever the time. */
static enum rd_rc warn_of_instants(struct round *r, struct rd_err *err)
{
	struct warning *all;
	size_t n;

	RD_TRY(find_warnings(r, rd_clock_names[RD_CLOCK_HAZARD_EMERGENCY], err));
	all = r->warnings;
	n = r->n_warnings;
	for (size_t i = 0; i < n; i++) {
		RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
		const char *key = rd_arena_printf(r->arena, "%" PRId64 ":%" PRId64 ":%d",
			all[i].matter->id, all[i].clock->due_ms, all[i].step);

		if (key == NULL)
			return no_memory(err);
		r->warnings = &all[i];
		r->n_warnings = 1;
		RD_TRY(rd_tx_begin(r->db, &tx, err));
		RD_TRY(give(r, tx, key, true, err));
		RD_TRY(rd_tx_commit(&tx, err));
	}
	return RD_OK;
}

static enum rd_rc warn_of_days(struct round *r, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	char hour[HOUR_MAX], day[RD_DATE_MAX];
	const char *last;

	if (rd_london_minute_of_day(r->now_ms) < RD_WARNINGS_FROM_MIN)
		return RD_OK;
	snprintf(hour, sizeof hour, "%sT%02d", rd_date_format(r->today, day),
		rd_london_minute_of_day(r->now_ms) / 60);
	RD_TRY(rd_round_last(r->db, ROUND_HOURLY, r->arena, &last, err));
	if (strcmp(last, hour) == 0)
		return RD_OK;
	RD_TRY(find_warnings(r, NULL, err));
	RD_TRY(rd_tx_begin(r->db, &tx, err));
	RD_TRY(give(r, tx, hour, false, err));
	RD_TRY(rd_round_done(tx, ROUND_HOURLY, hour, err));
	return rd_tx_commit(&tx, err);
}

static enum rd_rc forget_old(struct round *r, struct rd_err *err)
{
	RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
	char day[RD_DATE_MAX];
	const char *last;

	RD_TRY(rd_round_last(r->db, ROUND_DAILY, r->arena, &last, err));
	rd_date_format(r->today, day);
	if (strcmp(last, day) == 0)
		return RD_OK;
	RD_TRY(rd_tx_begin(r->db, &tx, err));
	RD_TRY(rd_warnings_forget(
		tx, rd_date_start_ms(rd_date_add(r->today, -RD_LISTS_KEEP_DAYS)), err));
	RD_TRY(rd_round_done(tx, ROUND_DAILY, day, err));
	return rd_tx_commit(&tx, err);
}

enum rd_rc rd_warnings_round(
	struct rd_db *db, const struct rd_office *office, size_t *ret_n, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(ROUND_ARENA_BYTES);
	struct round r = { .db = db,
		.office = office,
		.config = office->config,
		.arena = arena,
		.now_ms = rd_office_now(office) };
	size_t n_digests = 0;

	*ret_n = 0;
	if (office->config->n_roles == 0)
		return RD_OK; /* nobody to tell; the alarms stand */
	r.today = rd_date_of(r.now_ms);
	RD_TRY(warn_of_instants(&r, err));
	RD_TRY(warn_of_days(&r, err));
	RD_TRY(rd_digests_round(db, office, arena, &n_digests, err));
	RD_TRY(forget_old(&r, err));
	*ret_n = r.n_put + n_digests;
	return RD_OK;
}
