#include "redress/gateway/health.h"

#include <inttypes.h>
#include <string.h>

#include "redress/gateway/activate.h"
#include "redress/gateway/timekeeper.h"
#include "redress/policy/life.h"
#include "redress/store/audit.h"
#include "redress/store/casebook.h"
#include "redress/store/rule_failures.h"
#include "redress/store/tasks.h"

#define METRICS_ARENA_BYTES (8u << 20)

static void add_line(const char **lines, size_t *n, const char *line)
{
	if (line != NULL && *n < RD_HEALTH_LINES_MAX)
		lines[(*n)++] = line;
}

static void add_problem(struct rd_health *health, const char *line)
{
	add_line(health->problems, &health->n_problems, line);
}

/* These are looked up anew below: a daemon that is dead neither raises nor clears them. */
static bool is_looked_up(const char *cause)
{
	static const char *const causes[] = { "clocks-overdue", "clocks-due-today",
		"messages-waiting" };

	for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
		if (strcmp(causes[i], cause) == 0)
			return true;
	return strncmp(cause, RD_ALARM_SILENT, strlen(RD_ALARM_SILENT)) == 0 ||
	       strncmp(cause, RD_ALARM_SIGN_IN, strlen(RD_ALARM_SIGN_IN)) == 0;
}

static enum rd_rc standing_alarms(
	struct rd_db *db, struct rd_arena *arena, struct rd_health *health, struct rd_err *err)
{
	struct rd_alarm *alarms;
	size_t n;

	RD_TRY(rd_alarm_list(db, arena, &alarms, &n, err));
	for (size_t i = 0; i < n; i++)
		if (!is_looked_up(alarms[i].cause))
			add_problem(health, alarms[i].text);
	return RD_OK;
}

/* --- what shows at the moment of asking --- */

/* One look at the store. */
struct look {
	struct rd_db *db;
	const struct rd_office *office;
	struct rd_arena *arena;
	struct rd_health *health;
	int64_t now_ms;
	bool served; /* a redressd holds the state */
};

/* A name may have moved from one mailbox to another. */
static int64_t last_read(const struct rd_health *health, const char *name)
{
	int64_t last_ms = 0;

	for (size_t i = 0; i < health->n_sources; i++)
		if (health->sources[i].kind != RD_SOURCE_TEXTS &&
			strcmp(health->sources[i].name, name) == 0 &&
			health->sources[i].last_success_ms > last_ms)
			last_ms = health->sources[i].last_success_ms;
	return last_ms;
}

/* One that was never read and is being tried is a notice; its failures are alarms. */
static bool is_unread(const struct look *look, int64_t last_ms)
{
	return last_ms == 0 ? !look->served : look->now_ms - last_ms > RD_HEALTH_UNREAD_MS;
}

static size_t unread_mailboxes(const struct look *look)
{
	static const char *const dos[] = {
		"Start redressd (`systemctl start redressd`).",
		"See the journal (`journalctl -u redressd`) and try the mailbox's password by hand."
	};
	const struct rd_config *config = look->office->config;
	size_t n = 0;

	for (size_t i = 0; i < config->n_mailboxes; i++) {
		const char *name = config->mailboxes[i].name;
		const int64_t last_ms = last_read(look->health, name);

		if (!is_unread(look, last_ms))
			continue;
		n++;
		if (last_ms == 0)
			add_problem(look->health,
				rd_arena_printf(look->arena, "Mailbox %s has never been read. %s",
					name, dos[look->served]));
		else
			add_problem(look->health,
				rd_arena_printf(look->arena,
					"Mailbox %s has not been read for %" PRId64
					" minutes; mail in it is seen by nobody. %s",
					name, (look->now_ms - last_ms) / 60000, dos[look->served]));
	}
	return n;
}

/* A gateway that runs by `redressd --once` now and then is well while it does. */
static enum rd_rc nobody_at_work(const struct look *look, bool unread, struct rd_err *err)
{
	int64_t last_ms = 0;

	if (look->served)
		return RD_OK;
	if (!unread && look->office->config->n_mailboxes == 0) {
		RD_TRY(rd_audit_last(look->db, &last_ms, err));
		unread = look->now_ms - last_ms > RD_HEALTH_UNREAD_MS;
	}
	if (unread)
		add_problem(look->health,
			"redressd is not running: nothing is read and no letter leaves. Start it "
			"(`systemctl start redressd`).");
	return RD_OK;
}

static void messages_undecided(const struct look *look)
{
	const int64_t oldest_ms = look->health->counts.oldest_waiting_ms;

	if (oldest_ms == 0 || look->now_ms - oldest_ms <= RD_WAITING_TOO_LONG_MS)
		return;
	add_problem(look->health,
		rd_arena_printf(look->arena,
			"%" PRId64 " message%s to be decided, the oldest for %" PRId64
			" minutes. %s",
			look->health->counts.waiting,
			look->health->counts.waiting == 1 ? " waits" : "s wait",
			(look->now_ms - oldest_ms) / 60000,
			look->served ? "See the journal (`journalctl -u redressd`)."
				     : "Start redressd (`systemctl start redressd`)."));
}

static enum rd_rc dates_due(const struct look *look, struct rd_err *err)
{
	const struct rd_date today = rd_date_of(look->now_ms);
	struct rd_case_clock *clocks;
	size_t n, n_today = 0, n_past = 0;

	RD_TRY(rd_case_clocks_due(look->db, NULL, today, look->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (rd_date_is_set(clocks[i].due) && rd_clock_is_owed(clocks[i].name)) {
			n_today += rd_date_compare(clocks[i].due, today) == 0;
			n_past += rd_date_compare(clocks[i].due, today) < 0;
		}
	if (n_past > 0)
		add_problem(look->health,
			rd_arena_printf(look->arena,
				"%zu date%s of the complaints policy %s passed without the "
				"landlord's answer. Run `redressctl tasks` and `redressctl case "
				"list`.",
				n_past, n_past == 1 ? "" : "s", n_past == 1 ? "has" : "have"));
	if (n_today > 0)
		add_problem(look->health,
			rd_arena_printf(look->arena,
				"%zu date%s of the complaints policy end%s today. Run `redressctl "
				"tasks`.",
				n_today, n_today == 1 ? "" : "s", n_today == 1 ? "s" : ""));
	return RD_OK;
}

static enum rd_rc tasks_overdue(const struct look *look, struct rd_err *err)
{
	char day[RD_DATE_MAX];
	const struct rd_date yesterday = rd_date_add(rd_date_of(look->now_ms), -1);
	struct rd_task *tasks;
	size_t n;

	RD_TRY(rd_task_list(look->db, yesterday, look->arena, &tasks, &n, err));
	if (n > 0)
		add_problem(look->health,
			rd_arena_printf(look->arena,
				"%zu task%s overdue. Run `redressctl tasks --due-by %s`.", n,
				n == 1 ? " is" : "s are", rd_date_format(yesterday, day)));
	return RD_OK;
}

static void sign_ins_end(const struct look *look)
{
	const struct rd_config *config = look->office->config;

	for (size_t i = 0; i < config->n_oauths; i++) {
		char words[RD_SIGN_IN_WORDS];
		struct rd_err err = { 0 };
		struct rd_sign_in *sign_in = &look->health->sign_ins[i];

		sign_in->oauth = &config->oauths[i];
		look->health->n_sign_ins++;
		if (rd_sign_in_look(&config->oauths[i], look->now_ms, sign_in, &err) != RD_OK)
			add_problem(look->health, rd_arena_printf(look->arena, "OAuth %s: %s.",
							  config->oauths[i].name, err.msg));
		else if (rd_sign_in_warns(sign_in, words))
			add_problem(look->health, rd_arena_strdup(look->arena, words));
	}
}

static enum rd_rc what_shows(struct look *look, struct rd_err *err)
{
	bool unread;

	look->served = rd_store_is_served(rd_db_store(look->db));
	unread = unread_mailboxes(look) > 0;
	RD_TRY(nobody_at_work(look, unread, err));
	messages_undecided(look);
	sign_ins_end(look);
	RD_TRY(dates_due(look, err));
	return tasks_overdue(look, err);
}

static void problems_in_counts(struct rd_arena *arena, struct rd_health *health)
{
	const struct rd_status_counts *counts = &health->counts;

	if (counts->outbox_uncertain > 0)
		add_line(health->problems, &health->n_problems,
			rd_arena_printf(arena,
				"%" PRId64 " letter%s may or may not have arrived. Run "
				"`redressctl outbox list --state uncertain` and settle each.",
				counts->outbox_uncertain,
				counts->outbox_uncertain == 1 ? "" : "s"));
	if (counts->outbox_failed > 0)
		add_line(health->problems, &health->n_problems,
			rd_arena_printf(arena,
				"%" PRId64 " letter%s could not be sent. Run `redressctl outbox "
				"list --state failed`; reach the resident another way, or retry.",
				counts->outbox_failed, counts->outbox_failed == 1 ? "" : "s"));
}

static void notices_of_sources(struct rd_arena *arena, struct rd_health *health)
{
	for (size_t i = 0; i < health->n_sources; i++) {
		const struct rd_source_status *source = &health->sources[i];

		if (source->kind != RD_SOURCE_TEXTS && source->last_success_ms == 0)
			add_line(health->notices, &health->n_notices,
				rd_arena_printf(
					arena, "Mailbox %s has not been read yet.", source->name));
		if (source->gone > 0)
			add_line(health->notices, &health->n_notices,
				rd_arena_printf(arena,
					"Mailbox %s: %" PRId64 " mail%s gone before we saw "
					"%s; somebody or something else takes mail out of it.",
					source->name, source->gone,
					source->gone == 1 ? " was" : "s were",
					source->gone == 1 ? "it" : "them"));
	}
}

/* What every letter prints of the Ombudsman may have changed since. One line a file: landlords
 * share it. */
static void notices_of_ombudsman(struct look *look)
{
	const char *landlords[RD_LIVE_LANDLORDS_MAX];
	const size_t n = rd_config_landlords(look->office->config, landlords);
	const char *told = "";
	char day[RD_LONG_DATE_MAX];

	for (size_t i = 0; i < n; i++) {
		const struct rd_policy *policy = rd_live_policy(look->office->live, landlords[i]);
		const struct rd_ombudsman *o = policy != NULL ? &policy->landlord.ombudsman : NULL;

		if (o == NULL || strcmp(o->file, told) == 0 ||
			!rd_checked_over_a_year_ago(o->checked_on, rd_date_of(look->now_ms)))
			continue;
		told = o->file;
		add_line(look->health->notices, &look->health->n_notices,
			rd_arena_printf(look->arena,
				"What letters say of the %s was last checked on %s, over a year "
				"ago. Look it up, set `Checked on:` in %s of the rules folder and "
				"activate it.",
				o->name, rd_date_format_long(o->checked_on, day), o->file));
	}
}

/* One that is switched off stands as an alarm. */
static enum rd_rc failing_rules(const struct look *look, struct rd_err *err)
{
	struct rd_rule_failure *rules;
	size_t n;

	RD_TRY(rd_rule_failures_list(look->db, look->arena, &rules, &n, err));
	for (size_t i = 0; i < n; i++)
		if (rules[i].off_ms == 0)
			add_line(look->health->notices, &look->health->n_notices,
				rd_arena_printf(look->arena,
					"Rule `%s` of landlord %s could not be tried to the end on "
					"%" PRId64 " message%s; at %d it is switched off. Run "
					"`redressctl rules lint`.",
					rules[i].rule, rules[i].landlord, rules[i].times,
					rules[i].times == 1 ? "" : "s", RD_RULE_FAILURES_OFF));
	return RD_OK;
}

/* A reload takes what lies in the folder: what is forgotten there would undo what a person did. */
static enum rd_rc notice_of_folder(struct look *look, struct rd_err *err)
{
	const char *dir = look->office->config->rules, *line = NULL;
	enum rd_folder folder;
	int64_t number;

	RD_TRY(rd_rules_look(look->db, look->office->live, dir, &folder, &number, err));
	switch (folder) {
	case RD_FOLDER_LIVE:
		return RD_OK;
	case RD_FOLDER_OLDER:
		line = rd_arena_printf(look->arena,
			"The folder %s holds older rules (number %" PRId64
			" of `redressctl rules history`) than those that are live, and a reload of "
			"redressd would bring them back. Write the live ones with `redressctl "
			"rules export live DIR` and put DIR in the place of %s.",
			dir, number, dir);
		break;
	case RD_FOLDER_OTHER:
		line = rd_arena_printf(look->arena,
			"The files in %s differ from the rules that are live. To keep what is "
			"live: `redressctl rules export live DIR`, and put DIR in the place of %s. "
			"To put the files in %s to work instead: `redressctl rules activate`.",
			dir, dir, dir);
		break;
	case RD_FOLDER_UNREADABLE:
		line = rd_arena_printf(look->arena,
			"The folder %s cannot be read, so a reload of redressd would be refused. "
			"`redressctl rules export live DIR` writes the rules that are live.",
			dir);
		break;
	}
	add_line(look->health->notices, &look->health->n_notices, line);
	return RD_OK;
}

enum rd_rc rd_health_look(struct rd_db *db, const struct rd_office *office, struct rd_arena *arena,
	struct rd_health *ret_health, struct rd_err *err)
{
	struct look look = { .db = db,
		.office = office,
		.arena = arena,
		.health = ret_health,
		.now_ms = rd_office_now(office) };

	memset(ret_health, 0, sizeof *ret_health);
	RD_TRY(rd_status_counts(db, &ret_health->counts, err));
	RD_TRY(rd_source_list(db, arena, &ret_health->sources, &ret_health->n_sources, err));
	RD_TRY(what_shows(&look, err));
	RD_TRY(standing_alarms(db, arena, ret_health, err));
	RD_TRY(failing_rules(&look, err));
	problems_in_counts(arena, ret_health);
	notices_of_sources(arena, ret_health);
	notices_of_ombudsman(&look);
	return notice_of_folder(&look, err);
}

/* --- metrics --- */

static enum rd_rc gauge(
	struct rd_buf *out, const char *name, const char *help, int64_t value, struct rd_err *err)
{
	return rd_buf_printf(out, err,
		"# TYPE redress_%s gauge\n# HELP redress_%s %s\nredress_%s %" PRId64 "\n", name,
		name, help, name, value);
}

static enum rd_rc labelled(struct rd_buf *out, const char *name, const char *label,
	const char *value, int64_t number, struct rd_err *err)
{
	return rd_buf_printf(
		out, err, "redress_%s{%s=\"%s\"} %" PRId64 "\n", name, label, value, number);
}

static enum rd_rc family(struct rd_buf *out, const char *name, const char *help, struct rd_err *err)
{
	return rd_buf_printf(
		out, err, "# TYPE redress_%s gauge\n# HELP redress_%s %s\n", name, name, help);
}

static enum rd_rc message_metrics(
	struct rd_buf *out, const struct rd_status_counts *counts, struct rd_err *err)
{
	RD_TRY(family(out, "messages", "Messages in the store, by what became of them.", err));
	RD_TRY(labelled(out, "messages", "state", "accepted", counts->accepted, err));
	RD_TRY(labelled(out, "messages", "state", "processed", counts->processed, err));
	RD_TRY(labelled(out, "messages", "state", "waiting", counts->waiting, err));
	RD_TRY(labelled(out, "messages", "state", "quarantined", counts->quarantined, err));
	RD_TRY(labelled(out, "messages", "state", "duplicate", counts->duplicate, err));
	RD_TRY(labelled(out, "messages", "state", "guarded", counts->guarded, err));
	return labelled(out, "messages", "state", "other", counts->other, err);
}

static enum rd_rc rule_metrics(
	struct rd_buf *out, const struct rd_status_counts *counts, struct rd_err *err)
{
	RD_TRY(rd_buf_printf(out, err,
		"# TYPE redress_rule_failures counter\n# HELP redress_rule_failures Messages that "
		"a rule could not be tried to the end on.\nredress_rule_failures_total %" PRId64
		"\n",
		counts->rule_failures));
	return gauge(out, "rules_off", "Rules that are switched off for they failed too often.",
		counts->rules_off, err);
}

static enum rd_rc outbox_metrics(
	struct rd_buf *out, const struct rd_status_counts *counts, struct rd_err *err)
{
	RD_TRY(family(out, "letters", "Letters in the outbox, by state.", err));
	RD_TRY(labelled(out, "letters", "state", "queued", counts->outbox_queued, err));
	RD_TRY(labelled(out, "letters", "state", "held", counts->outbox_held, err));
	RD_TRY(labelled(out, "letters", "state", "sending", counts->outbox_sending, err));
	RD_TRY(labelled(out, "letters", "state", "sent", counts->outbox_sent, err));
	RD_TRY(labelled(out, "letters", "state", "failed", counts->outbox_failed, err));
	return labelled(out, "letters", "state", "uncertain", counts->outbox_uncertain, err);
}

static enum rd_rc source_metrics(
	struct rd_buf *out, const struct rd_health *health, struct rd_err *err)
{
	RD_TRY(family(out, "source_last_success_seconds",
		"When a mailbox was last read whole, in seconds since 1970.", err));
	for (size_t i = 0; i < health->n_sources; i++)
		RD_TRY(labelled(out, "source_last_success_seconds", "source",
			health->sources[i].name, health->sources[i].last_success_ms / 1000, err));
	RD_TRY(family(out, "source_unmarked", "Stored messages whose mark is still due.", err));
	for (size_t i = 0; i < health->n_sources; i++)
		RD_TRY(labelled(out, "source_unmarked", "source", health->sources[i].name,
			health->sources[i].unmarked, err));
	return RD_OK;
}

enum rd_rc rd_health_metrics(
	struct rd_db *db, const struct rd_office *office, struct rd_buf *out, struct rd_err *err)
{
	RD_CLEANUP(rd_arena_cleanup) struct rd_arena *arena = rd_arena_new(METRICS_ARENA_BYTES);
	const int64_t now_ms = rd_office_now(office);
	struct rd_health health;
	int64_t oldest_s;

	RD_TRY(rd_health_look(db, office, arena, &health, err));
	oldest_s = health.counts.oldest_waiting_ms == 0
			   ? 0
			   : (now_ms - health.counts.oldest_waiting_ms) / 1000;
	RD_TRY(message_metrics(out, &health.counts, err));
	RD_TRY(gauge(out, "oldest_waiting_seconds", "Age of the oldest message without a fate.",
		oldest_s, err));
	RD_TRY(gauge(
		out, "reviews", "Messages that a person must look at.", health.counts.review, err));
	RD_TRY(gauge(out, "tasks", "What people owe.", health.counts.tasks_open, err));
	RD_TRY(gauge(
		out, "cases_open", "Cases that are not closed.", health.counts.cases_open, err));
	RD_TRY(outbox_metrics(out, &health.counts, err));
	RD_TRY(source_metrics(out, &health, err));
	RD_TRY(rule_metrics(out, &health.counts, err));
	RD_TRY(gauge(out, "problems", "What makes `redressctl status` exit with 1.",
		(int64_t)health.n_problems, err));
	return rd_buf_add_str(out, "# EOF\n", err);
}
