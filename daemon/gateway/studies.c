#include "redress/gateway/studies.h"

#include <stdlib.h>
#include <string.h>

#include "redress/base/buf.h"
#include "redress/base/stanza.h"
#include "redress/gateway/progress.h"
#include "redress/policy/anonymise.h"
#include "redress/policy/answer.h"
#include "redress/store/case_actions.h"
#include "redress/store/report_cases.h"

#define LEARNED_BYTES_MAX 8000
#define NAMES_MAX	  64

/* One case as a candidate: what it teaches, and what it is about. */
struct candidate {
	const struct rd_report_case *c;
	const char *learned; /* "" where staff recorded nothing */
	const char *about;   /* "a delay and a leak" */
	const char *first;   /* the first topic, so that not all are of one matter */
	bool promised, money;
	size_t n_actions, n_done;
	bool taken;
};

struct making {
	struct rd_db *db;
	const struct rd_office *office;
	const struct rd_policy *policy;
	const struct rd_studies_ask *ask;
	struct rd_arena *arena;
};

/* --- what it is about --- */

/* A topic that stands in the rules says nothing of anybody; what staff typed might. */
static bool is_rules_topic(const struct making *m, const char *topic)
{
	const struct rd_rulefiles *files = rd_live_files(m->office->live);
	const size_t len = strlen(topic);

	for (size_t i = 0; i < files->n_items; i++) {
		const char *at = files->items[i].bytes;

		if (strstr(files->items[i].name, ".rules") == NULL)
			continue;
		while ((at = strstr(at, "\nTopic:")) != NULL) {
			at += strlen("\nTopic:");
			at += strspn(at, " \t");
			if (strncmp(at, topic, len) == 0 && strchr("\r\n", at[len]) != NULL)
				return true;
		}
	}
	return false;
}

static void set_about(const struct making *m, struct candidate *candidate)
{
	const struct rd_report_case *c = candidate->c;
	const char *about = "";
	size_t n = 0;

	for (size_t i = 0; i < c->n_topics && n < 3; i++) {
		if (!is_rules_topic(m, c->topics[i]))
			continue;
		if (n == 0)
			candidate->first = c->topics[i];
		about = rd_arena_printf(m->arena, "%s%s%s", about, n > 0 ? "; " : "", c->topics[i]);
		n++;
	}
	candidate->about = n > 0 ? about : "matters that the rules do not name";
}

/* --- what staff recorded --- */

/* Everybody whose name the case holds. */
static enum rd_rc names_of(const struct making *m, const struct rd_case *matter,
	const struct rd_case_act *acts, size_t n_acts, const char **names, size_t *ret_n,
	struct rd_err *err)
{
	struct rd_case_contact *contacts;
	size_t n_contacts, n = 0;

	RD_TRY(rd_case_contacts(m->db, matter->id, m->arena, &contacts, &n_contacts, err));
	names[n++] = matter->contact_name;
	names[n++] = matter->handler;
	names[n++] = m->policy->landlord.full_name;
	for (size_t i = 0; i < n_contacts && n < NAMES_MAX; i++)
		names[n++] = contacts[i].name;
	for (size_t i = 0; i < n_acts && n + 1 < NAMES_MAX; i++) {
		names[n++] = acts[i].person;
		names[n++] = acts[i].actor;
	}
	*ret_n = n;
	return RD_OK;
}

/* The answers' `Learning:` and `Prevention:`, of the last one that says any. */
static enum rd_rc set_learned(const struct making *m, struct candidate *candidate,
	const struct rd_case *matter, const struct rd_case_act *acts, size_t n_acts,
	struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf learned = RD_BUF(LEARNED_BYTES_MAX);
	const char *names[NAMES_MAX];
	size_t n_names;

	RD_TRY(names_of(m, matter, acts, n_acts, names, &n_names, err));
	for (size_t i = 0; i < n_acts; i++) {
		struct rd_answer answer;
		struct rd_err unread = { 0 };

		if (strcmp(acts[i].what, RD_DID_RESPONDED) != 0 || acts[i].why[0] == '\0' ||
			rd_answer_parse("answer", acts[i].why, strlen(acts[i].why), m->arena,
				&answer, &unread) != RD_OK)
			continue;
		if (answer.learning[0] == '\0' && answer.prevention[0] == '\0')
			continue;
		rd_buf_clear(&learned);
		RD_TRY(rd_anonymise(answer.learning, names, n_names, &learned, err));
		RD_TRY(rd_anonymise(answer.prevention, names, n_names, &learned, err));
	}
	candidate->learned = rd_arena_strdup(m->arena, rd_buf_str(&learned));
	return RD_OK;
}

static enum rd_rc look_at(const struct making *m, struct candidate *candidate, struct rd_err *err)
{
	struct rd_case_action *actions;
	struct rd_case_act *acts;
	struct rd_case matter;
	size_t n_acts;

	set_about(m, candidate);
	RD_TRY(rd_case_get(m->db, candidate->c->id, m->arena, &matter, err));
	RD_TRY(rd_case_act_list(m->db, candidate->c->id, m->arena, &acts, &n_acts, err));
	RD_TRY(rd_case_action_list(
		m->db, candidate->c->id, m->arena, &actions, &candidate->n_actions, err));
	for (size_t i = 0; i < candidate->n_actions; i++)
		candidate->n_done += actions[i].done_ms != 0;
	candidate->money = candidate->c->ends.offered_pence > 0;
	return set_learned(m, candidate, &matter, acts, n_acts, err);
}

/* --- choosing --- */

/* What was held with another for safeguarding may tell of that one. */
static enum rd_rc is_fit(
	struct rd_db *db, const struct rd_report_case *c, bool *ret_fit, struct rd_err *err)
{
	bool near = false;

	*ret_fit = c->kind == RD_COMPLAINT && c->status == RD_STATUS_CLOSED &&
		   c->answered_ms != 0 && !c->flags[RD_SAFEGUARDING] && c->ends.withdrawn_at == 0 &&
		   c->ends.excluded_for[0] == '\0';
	if (!*ret_fit)
		return RD_OK;
	RD_TRY(rd_case_near_safeguarding(db, c->id, &near, err));
	*ret_fit = !near;
	return RD_OK;
}

static bool is_of_taken_matter(
	const struct candidate *all, size_t n, const struct candidate *candidate)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].taken && all[i].first != NULL && candidate->first != NULL &&
			strcmp(all[i].first, candidate->first) == 0)
			return true;
	return false;
}

/* First those that teach something, each of another matter; then whatever there is, the oldest
 * first. */
static struct candidate *choose(struct candidate *all, size_t n)
{
	for (int round = 0; round < 4; round++)
		for (size_t i = 0; i < n; i++) {
			const bool teaches = all[i].learned[0] != '\0';
			const bool other = !is_of_taken_matter(all, n, &all[i]);

			if (all[i].taken || ((round & 1) == 0 && !other) || (round < 2 && !teaches))
				continue;
			all[i].taken = true;
			return &all[i];
		}
	return NULL;
}

/* --- telling --- */

static void say(struct rd_study *study, const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	RD_ASSERT(study->n_lines < RD_STUDY_LINES_MAX);
	study->lines[study->n_lines++] = (struct rd_study_line){ name, text };
}

static const char *found_words(const struct rd_report_case *c, int stage)
{
	static const char *const words[RD_N_FOUND] = { "answered", "upheld", "upheld in part",
		"not upheld" };

	return words[c->ends.found[stage]];
}

/* Days alone, so that nobody can look them up. */
static const char *days_between(
	const struct making *m, int64_t from_ms, int64_t to_ms, const char *what)
{
	struct rd_err past_calendar = { 0 };
	int n = 0;

	if (from_ms == 0 || to_ms == 0 ||
		rd_workdays_between(m->policy->calendar, rd_date_of(from_ms), rd_date_of(to_ms), &n,
			&past_calendar) != RD_OK)
		return "";
	return rd_arena_printf(m->arena, "%s after %d working day%s", what, n, n == 1 ? "" : "s");
}

static const char *listed(const struct making *m, const char *const *parts, size_t n)
{
	const char *all = "";

	for (size_t i = 0; i < n; i++)
		if (parts[i][0] != '\0')
			all = rd_arena_printf(
				m->arena, "%s%s%s", all, all[0] != '\0' ? "; " : "", parts[i]);
	return all;
}

static const char *what_happened(const struct making *m, const struct rd_report_case *c)
{
	const struct rd_report_clock *first = &c->clocks[RD_REPORT_RESPOND];
	const struct rd_report_clock *longer = &c->clocks[RD_REPORT_EXTENDED];
	const struct rd_report_clock *second = &c->clocks[RD_REPORT_RESPOND_2];
	const int64_t answered = first->met_ms != 0 ? first->met_ms : longer->met_ms;
	const char *const parts[] = {
		days_between(m, c->received_ms, c->acknowledged_ms, "acknowledged"),
		days_between(m, c->acknowledged_ms, answered, "answered at stage 1"),
		c->ends.extended[0] ? "the answer needed longer, and the resident was told" : "",
		second->ran ? "stage 2 was asked for" : "",
		c->ends.refused ? "stage 2 was not taken on" : "",
		c->ends.referred ? "it went to the Ombudsman" : "",
	};

	return listed(m, parts, sizeof parts / sizeof parts[0]);
}

static const char *what_needed_care(const struct making *m, const struct rd_report_case *c)
{
	const char *const parts[] = {
		c->flags[RD_HEALTH_SAFETY] ? "health and safety" : "",
		c->flags[RD_HEAT_LOSS] ? "loss of heating or hot water" : "",
		c->flags[RD_DAMP_MOULD] ? "damp or mould" : "",
		c->flags[RD_VULNERABLE] ? "a resident who needed it to be done in another way" : "",
	};

	return listed(m, parts, sizeof parts / sizeof parts[0]);
}

static const char *what_was_put_right(const struct making *m, const struct candidate *candidate)
{
	const char *const parts[] = {
		candidate->money ? "money was offered" : "",
		candidate->n_actions > 0
			? rd_arena_printf(m->arena, "%zu action%s promised, %zu done",
				  candidate->n_actions, candidate->n_actions == 1 ? "" : "s",
				  candidate->n_done)
			: "",
	};

	return listed(m, parts, sizeof parts / sizeof parts[0]);
}

static void tell(const struct making *m, const struct candidate *candidate, struct rd_study *study)
{
	static const char *const channels[] = { "by e-mail", "by text message", "by telephone",
		"by letter", "in person", "in another way" };
	const struct rd_report_case *c = candidate->c;
	const char *outcome = rd_arena_printf(m->arena, "stage 1: %s", found_words(c, 0));

	if (c->stage == RD_STAGE_2 && outcome != NULL)
		outcome = rd_arena_printf(m->arena, "%s; stage 2: %s", outcome, found_words(c, 1));
	say(study, "about", candidate->about);
	say(study, "came", channels[c->channel]);
	say(study, "needed_care", what_needed_care(m, c));
	say(study, "happened", what_happened(m, c));
	say(study, "outcome", outcome);
	say(study, "put_right", what_was_put_right(m, candidate));
	say(study, "learned",
		candidate->learned[0] != '\0' ? candidate->learned
					      : "nothing was recorded; ask who answered it");
}

static enum rd_rc arena_check(const struct rd_arena *arena, struct rd_err *err)
{
	return rd_arena_overflowed(arena)
		       ? rd_fail(err, RD_E_RANGE, "too many cases; ask for fewer days")
		       : RD_OK;
}

enum rd_rc rd_studies_left_out(struct rd_db *db, const struct rd_studies_ask *ask,
	struct rd_arena *arena, size_t *ret_n, struct rd_err *err)
{
	const struct rd_arena_mark mark = rd_arena_mark(arena);
	struct rd_report_case *cases;
	size_t n_cases, n = 0;

	RD_TRY(rd_report_cases(
		db, ask->landlord, ask->from, ask->to, arena, &cases, &n_cases, err));
	for (size_t i = 0; i < n_cases; i++) {
		bool fit = false;

		RD_TRY(is_fit(db, &cases[i], &fit, err));
		n += cases[i].kind == RD_COMPLAINT && cases[i].status == RD_STATUS_CLOSED && !fit;
	}
	rd_arena_back_to(arena, mark);
	*ret_n = n;
	return RD_OK;
}

enum rd_rc rd_studies_make(struct rd_db *db, const struct rd_office *office,
	const struct rd_studies_ask *ask, struct rd_arena *arena, struct rd_study **ret_studies,
	size_t *ret_n, struct rd_err *err)
{
	struct making m = { .db = db, .office = office, .ask = ask, .arena = arena };
	struct rd_report_case *cases;
	struct candidate *all, *chosen;
	size_t n_cases, n = 0, n_studies = 0;

	RD_TRY(rd_office_policy(office, ask->landlord, &m.policy, err));
	RD_TRY(rd_report_cases(
		db, ask->landlord, ask->from, ask->to, arena, &cases, &n_cases, err));
	all = rd_arena_array(arena, n_cases + 1, sizeof *all);
	struct rd_study *studies = rd_arena_array(arena, ask->most + 1, sizeof *studies);
	if (all == NULL || studies == NULL)
		return rd_fail(err, RD_E_RANGE, "too many cases; ask for fewer days");
	for (size_t i = 0; i < n_cases; i++) {
		bool fit = false;

		RD_TRY(is_fit(db, &cases[i], &fit, err));
		if (!fit)
			continue;
		all[n] = (struct candidate){ .c = &cases[i] };
		RD_TRY(look_at(&m, &all[n++], err));
		RD_TRY(arena_check(arena, err));
	}
	while (n_studies < ask->most && (chosen = choose(all, n)) != NULL)
		tell(&m, chosen, &studies[n_studies++]);
	RD_TRY(arena_check(arena, err));
	*ret_studies = studies;
	*ret_n = n_studies;
	return RD_OK;
}
