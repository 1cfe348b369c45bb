#include "redress/gateway/routes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "redress/base/buf.h"
#include "redress/gateway/acts_record.h"
#include "redress/gateway/alarms.h"
#include "redress/gateway/casework.h"
#include "redress/policy/decision.h"
#include "redress/store/tasks.h"

#define BODY_BYTES_MAX	(64u << 10)
#define TEXT_BYTES_MAX	(16u << 10)
#define TO_MAX		16 /* roles of one route */
#define TOPICS_TOLD_MAX 20
#define DOES_TOLD_MAX	40
#define LINE_MAX_TOLD	1000 /* bytes of one line of the profile */
#define PHRASE_MAX_TOLD 200

/* One case being routed. */
struct routed {
	struct rd_tx *tx;
	const struct rd_office *office;
	const struct rd_policy *policy;
	struct rd_arena *arena;
	struct rd_case matter;
	int64_t message_id;
	const char *cause;
	struct rd_about about;
	bool quiet; /* old mail: tasks alone */
	struct rd_date today;
};

/* What became of one route. */
struct sent {
	const struct rd_role_config *told[TO_MAX];
	int64_t outbox_ids[TO_MAX];
	size_t n_told;
	const char *unknown; /* a phrase that no role is called; NULL: none */
	bool only_about;     /* somebody was gone round, and nobody stands above */
	bool no_way;	     /* there is no way out for a mail or a text */
};

static enum rd_rc whole(const struct routed *r, struct rd_err *err)
{
	return rd_arena_overflowed(r->arena)
		       ? rd_fail(err, RD_E_RANGE, "the routes of a case do not fit in memory")
		       : RD_OK;
}

/* --- whom it is about --- */

static bool words_name_role(const struct rd_message *words, const struct rd_role_config *role)
{
	const struct {
		const char *text;
		size_t len;
	} parts[] = { { words->subject, words->subject_len }, { words->body, words->body_len } };

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		if (rd_words_name(parts[i].text, parts[i].len, role->name, false))
			return true;
		for (size_t k = 0; k < role->n_also_called; k++)
			if (rd_words_name(parts[i].text, parts[i].len, role->also_called[k], false))
				return true;
		for (size_t k = 0; k < role->n_held_by; k++)
			if (rd_words_name(parts[i].text, parts[i].len, role->held_by[k], true))
				return true;
	}
	return false;
}

/* Marks the case with every role that the words speak of and that is not marked yet. *ret_about:
 * the profile's route for one of them, or NULL. */
static enum rd_rc find_about(struct routed *r, const struct rd_message *words,
	const struct rd_provision **ret_route, struct rd_err *err)
{
	const struct rd_config *config = r->office->config;

	*ret_route = NULL;
	for (size_t i = 0; i < config->n_roles; i++) {
		const struct rd_role_config *role = &config->roles[i];
		const char *mark;
		const char *called[2] = { role->name };

		if ((role->landlord[0] != '\0' &&
			    strcmp(role->landlord, r->matter.landlord) != 0) ||
			rd_about_names(&r->about, role) || !words_name_role(words, role) ||
			r->about.n == RD_NOTICE_ABOUT_MAX)
			continue;
		mark = rd_arena_printf(r->arena, RD_NOTICE_ABOUT "%s", role->name);
		if (mark == NULL)
			return whole(r, err);
		r->about.who[r->about.n++] = role->name;
		RD_TRY(rd_case_add_marks(r->tx, r->matter.id, &mark, 1, err));
		if (*ret_route == NULL)
			*ret_route = rd_route_about(&r->policy->landlord, called, 1);
		if (*ret_route == NULL)
			*ret_route = rd_route_about(
				&r->policy->landlord, role->also_called, role->n_also_called);
	}
	return RD_OK;
}

/* --- the words --- */

/* No more of a profile's line than that, and whole characters. */
static const char *cut(const struct routed *r, const char *text, size_t max)
{
	size_t len = strlen(text);
	const char *kept;

	if (len <= max)
		return text;
	for (len = max; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
		;
	kept = rd_arena_copy(r->arena, text, len);
	return kept != NULL ? kept : "";
}

static enum rd_rc add_list(struct rd_buf *body, const char *head, const char *const *words,
	size_t n, struct rd_err *err)
{
	if (n == 0)
		return RD_OK;
	RD_TRY(rd_buf_printf(body, err, "%-13s", head));
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_buf_printf(body, err, "%s%s", i > 0 ? ", " : "", words[i]));
	return rd_buf_printf(body, err, "\n");
}

static enum rd_rc add_what(
	struct routed *r, struct rd_buf *body, struct rd_date due, struct rd_err *err)
{
	static const char *const stages[] = { "", ", stage 1", ", stage 2" };
	const struct rd_case *matter = &r->matter;
	const char *flags[RD_N_FLAGS];
	char received[RD_LONG_DATE_MAX], by[RD_LONG_DATE_MAX];
	const char **topics;
	size_t n = 0, n_topics;

	for (int i = 0; i < RD_N_FLAGS; i++)
		if (matter->flags[i])
			flags[n++] = rd_flag_names[i];
	RD_TRY(rd_case_rules_topics(rd_tx_db(r->tx), matter, r->arena, &topics, &n_topics, err));
	RD_TRY(rd_buf_printf(body, err, "What it is:  %s%s%s\nLandlord:    %s\n",
		rd_kind_words[matter->kind], stages[matter->stage],
		matter->status == RD_STATUS_REVIEW ? " (nobody has decided yet)" : "",
		r->policy->landlord.full_name));
	RD_TRY(add_list(body, "About:", (const char *const *)topics,
		n_topics < TOPICS_TOLD_MAX ? n_topics : TOPICS_TOLD_MAX, err));
	RD_TRY(add_list(body, "Flags:", flags, n, err));
	return rd_buf_printf(body, err, "Received:    %s\nDo it by:    %s\n",
		rd_date_format_long(rd_date_of(matter->received_ms), received),
		rd_date_format_long(due, by));
}

static enum rd_rc add_policy(const struct routed *r, struct rd_buf *body,
	const struct rd_raised *raised, struct rd_err *err)
{
	const struct rd_field *field = NULL;

	if (raised->provision == NULL)
		return rd_buf_printf(body, err,
			"\nThe landlord's policy does not say where such a case goes, so it comes "
			"to you.\n");
	RD_TRY(rd_buf_printf(body, err, "\nThe policy says of it:\n"));
	for (int i = 0; i < DOES_TOLD_MAX; i++) {
		field = rd_stanza_next(raised->provision->stanza, "Does", field);
		if (field == NULL)
			break;
		RD_TRY(rd_buf_printf(body, err, "- %s\n", cut(r, field->value, LINE_MAX_TOLD)));
	}
	return rd_buf_printf(body, err, "(%s)\n", cut(r, raised->provision->source, LINE_MAX_TOLD));
}

static enum rd_rc write_body(struct routed *r, const struct rd_raised *raised, struct rd_date due,
	struct rd_buf *body, struct rd_err *err)
{
	RD_TRY(rd_buf_printf(body, err, "Case %s comes to you, because of %s.\n\n%s\n\n",
		r->matter.reference, rd_route_words(raised->name), rd_route_task(raised->name)));
	RD_TRY(add_what(r, body, due, err));
	RD_TRY(add_policy(r, body, raised, err));
	return rd_buf_printf(body, err,
		"\nThis mail holds no word of the resident and does not say who it is. Read the "
		"case "
		"under its reference first (redressctl case show %s), or ask the team that has it "
		"to show it to you. What you do is written on the case, or told to that team.\n",
		r->matter.reference);
}

/* --- telling --- */

static enum rd_rc tell_role(struct routed *r, const struct rd_raised *raised,
	const struct rd_role_config *role, struct rd_date due, struct sent *sent,
	struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf body = RD_BUF(BODY_BYTES_MAX);
	struct rd_notice notice = {
		.role = role,
		.landlord = r->matter.landlord,
		.about = &r->about,
		.at_once = raised->at_once,
	};
	struct rd_err why = { 0 };
	int64_t id = 0;
	enum rd_rc rc;

	for (size_t i = 0; i < sent->n_told; i++)
		if (sent->told[i] == role)
			return RD_OK;
	RD_TRY(write_body(r, raised, due, &body, err));
	notice.body = rd_buf_str(&body);
	notice.cause = rd_arena_printf(r->arena, "route:%" PRId64 ":%s:%s:%s", r->matter.id,
		raised->name, r->cause, role->name);
	notice.subject = rd_arena_printf(
		r->arena, "%s: %s", r->matter.reference, rd_route_words(raised->name));
	notice.short_text = rd_arena_printf(r->arena,
		"Redress: case %s comes to you, because of %s. %s The complaints team can show it "
		"to you.",
		r->matter.reference, rd_route_words(raised->name),
		raised->at_once ? "Act today." : "By the next working day.");
	RD_TRY(whole(r, err));
	rc = rd_notice_put(r->tx, r->office, &notice, r->arena, &id, &why);
	if (rc == RD_E_MISSING || rc == RD_E_INPUT) {
		sent->no_way = true;
		return RD_OK;
	}
	if (rc != RD_OK && rc != RD_E_EXISTS) {
		*err = why;
		return rc;
	}
	sent->told[sent->n_told] = role;
	sent->outbox_ids[sent->n_told++] = id;
	return RD_OK;
}

static enum rd_rc tell_phrase(struct routed *r, const struct rd_raised *raised, const char *phrase,
	struct rd_date due, struct sent *sent, struct rd_err *err)
{
	const struct rd_config *config = r->office->config;
	const struct rd_role_config *role = rd_config_role(config, r->matter.landlord, phrase);

	if (role == NULL) {
		if (sent->unknown == NULL)
			sent->unknown = phrase;
		return RD_OK;
	}
	role = rd_notice_round(config, r->matter.landlord, role, &r->about);
	if (role == NULL) {
		sent->only_about = true;
		return RD_OK;
	}
	return sent->n_told == TO_MAX ? RD_OK : tell_role(r, raised, role, due, sent, err);
}

static enum rd_rc tell(struct routed *r, const struct rd_raised *raised, struct rd_date due,
	struct sent *sent, struct rd_err *err)
{
	const char *above = r->office->config->warnings_to;
	const struct rd_field *field = NULL;

	if (r->quiet)
		return RD_OK;
	if (raised->provision == NULL)
		return above[0] != '\0' ? tell_phrase(r, raised, above, due, sent, err) : RD_OK;
	while ((field = rd_stanza_next(raised->provision->stanza, "To", field)) != NULL)
		RD_TRY(tell_phrase(r, raised, field->value, due, sent, err));
	/* Danger that reaches nobody whom the policy names goes to whoever stands above all. */
	if (raised->is_danger && sent->n_told == 0 && above[0] != '\0')
		return tell_phrase(r, raised, above, due, sent, err);
	return RD_OK;
}

/* --- the task --- */

static enum rd_rc write_task(struct routed *r, const struct rd_raised *raised,
	const struct sent *sent, struct rd_buf *text, struct rd_err *err)
{
	RD_TRY(rd_buf_printf(text, err, "%s", rd_route_task(raised->name)));
	for (size_t i = 0; i < sent->n_told; i++)
		RD_TRY(rd_buf_printf(
			text, err, "%s%s", i == 0 ? " Told: " : ", ", sent->told[i]->name));
	if (sent->n_told > 0)
		RD_TRY(rd_buf_printf(text, err, "."));
	if (r->quiet)
		return rd_buf_printf(text, err,
			" It is old mail, of which nobody was told: pass it to %s.",
			cut(r, rd_stanza_value(raised->provision->stanza, "To", ""),
				PHRASE_MAX_TOLD));
	if (sent->unknown != NULL)
		RD_TRY(rd_buf_printf(text, err,
			" Tell %s by hand: the configuration has no `Role:` of that name.",
			cut(r, sent->unknown, PHRASE_MAX_TOLD)));
	if (sent->only_about)
		RD_TRY(rd_buf_printf(text, err,
			" It may be about the person whom it would go to, and no `Then up:` names "
			"another: find somebody else."));
	if (sent->no_way)
		RD_TRY(rd_buf_printf(text, err,
			" Not everybody could be told: there is no way out to them; tell them by "
			"hand."));
	return RD_OK;
}

static enum rd_rc put_task(struct routed *r, const struct rd_raised *raised,
	const struct sent *sent, struct rd_date due, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf text = RD_BUF(TEXT_BYTES_MAX);
	const bool advocate = strcmp(raised->name, rd_flag_names[RD_ADVOCATE]) == 0;
	struct rd_task task = {
		/* `case consent` ends what asks for consent. */
		.kind = advocate ? RD_ACT_TASK_CONSENT : RD_ROUTE_TASK,
		.case_id = r->matter.id,
		.message_id = r->message_id,
		.cause = rd_arena_printf(r->arena, "route:%s", raised->name),
		.landlord = r->matter.landlord,
		.due = due,
		.n = 1,
	};

	RD_TRY(whole(r, err));
	RD_TRY(write_task(r, raised, sent, &text, err));
	task.text = rd_buf_str(&text);
	return rd_task_put(r->tx, &task, rd_office_now(r->office), NULL, NULL, err);
}

/* --- one route --- */

static enum rd_rc audit(struct routed *r, const struct rd_raised *raised, const struct sent *sent,
	struct rd_err *err)
{
	json_t *rows = json_array();
	json_t *detail;
	char *text;
	enum rd_rc rc;

	for (size_t i = 0; i < sent->n_told; i++)
		json_array_append_new(rows, json_integer(sent->outbox_ids[i]));
	detail = json_pack("{s:s,s:b,s:b,s:b,s:b,s:o}", "route", raised->name, "at_once",
		raised->at_once, "unknown_role", sent->unknown != NULL, "gone_round",
		r->about.n > 0, "old", r->quiet, "notices", rows);
	RD_ASSERT(detail != NULL);
	text = json_dumps(detail, JSON_COMPACT | JSON_ENSURE_ASCII);
	json_decref(detail);
	RD_ASSERT(text != NULL);
	rc = rd_casework_audit(
		r->tx, r->office, "routed", r->matter.id, r->message_id, 0, text, err);
	free(text);
	return rc;
}

static struct rd_date due_of(const struct routed *r, const struct rd_raised *raised)
{
	struct rd_err past_calendar = { 0 };
	struct rd_date next;

	if (raised->at_once ||
		rd_workday_next(r->policy->calendar, r->today, &next, &past_calendar) != RD_OK)
		return r->today;
	return next;
}

/* It must not lie in a list alone: nobody is configured, or it is about whoever would be told. */
static enum rd_rc alarm_untold(struct routed *r, struct rd_err *err)
{
	return rd_alarms_raise_within(r->tx, r->office, rd_alarm_names[RD_ALARM_DANGER_UNTOLD],
		"A case speaks of danger, and none of the landlord's roles could be told of it. "
		"Run `redressctl tasks` today, and `redressd --check`.",
		r->arena, err);
}

/* Danger that no stanza routes has its task already (decision.h). */
static enum rd_rc follow_one(
	struct routed *r, const struct rd_raised *raised, bool with_task, struct rd_err *err)
{
	const struct rd_date due = due_of(r, raised);
	struct sent sent = { .n_told = 0 };

	RD_TRY(tell(r, raised, due, &sent, err));
	if (raised->is_danger && sent.n_told == 0 && !r->quiet && r->office->config->n_roles > 0)
		RD_TRY(alarm_untold(r, err));
	if (raised->provision != NULL && with_task)
		RD_TRY(put_task(r, raised, &sent, due, err));
	return audit(r, raised, &sent, err);
}

static void begin(struct routed *r, const struct rd_case *matter)
{
	r->matter = *matter;
	r->today = rd_date_of(rd_office_now(r->office));
	rd_about_of_marks((const char *const *)matter->marks, matter->n_marks, &r->about);
}

static struct rd_signs signs_of(const struct rd_case *matter)
{
	return (struct rd_signs){
		.flags = matter->flags,
		.marks = (const char *const *)matter->marks,
		.n_marks = matter->n_marks,
		.topics = (const char *const *)matter->topics,
		.n_topics = matter->n_topics,
	};
}

/* Where the profile has a route for complaints about that very role, it takes the place of the
 * common one. */
static size_t put_about(struct rd_raised *raised, size_t n, const struct rd_landlord *landlord,
	const struct rd_provision *about)
{
	struct rd_raised instead;

	if (about == NULL || !rd_route_by_name(landlord, about->name, &instead))
		return n;
	for (size_t i = 0; i < n; i++)
		if (strcmp(raised[i].name, RD_ROUTE_CONDUCT) == 0) {
			raised[i] = instead;
			return n;
		}
	if (n < RD_ROUTES_MAX)
		raised[n++] = instead;
	return n;
}

/* Danger that stood on the case already and is told of again: told on, once a day. */
static enum rd_rc follow_again(
	struct routed *r, const struct rd_routing *routing, struct rd_err *err)
{
	bool again[RD_N_FLAGS] = { false };
	struct rd_raised raised[RD_ROUTES_MAX];
	const struct rd_signs signs = { .flags = again };
	char day[RD_DATE_MAX];
	size_t n;

	if (routing->before == NULL || routing->flags == NULL)
		return RD_OK;
	for (int i = 0; i < RD_N_FLAGS; i++)
		again[i] = routing->flags[i] && routing->before->flags[i];
	r->cause = rd_arena_printf(r->arena, "again:%s", rd_date_format(r->today, day));
	RD_TRY(whole(r, err));
	n = rd_routes_raised(&r->policy->landlord, NULL, &signs, raised);
	for (size_t i = 0; i < n; i++)
		if (raised[i].is_danger)
			RD_TRY(follow_one(r, &raised[i], true, err));
	return RD_OK;
}

/* A case that may be about everybody who is warned of its dates is in no notice, warning or digest:
 * that is said where staff look. */
static enum rd_rc owe_somebody(struct routed *r, struct rd_err *err)
{
	const struct rd_config *config = r->office->config;
	const struct rd_role_config *role =
		config->warnings_to[0] != '\0'
			? rd_config_role(config, r->matter.landlord, config->warnings_to)
			: NULL;
	const struct rd_task task = {
		.kind = RD_ROUTE_TASK,
		.case_id = r->matter.id,
		.message_id = r->message_id,
		.cause = "route:nobody",
		.text = "Nobody is told of this case or warned of its dates: it may be about "
			"everybody who would be. Find somebody else to look after it (`case "
			"assign`), and look at its dates by hand; in the configuration `Then up:` "
			"names who stands above.",
		.landlord = r->matter.landlord,
		.due = r->today,
		.n = 1,
	};

	if (role == NULL || r->about.n == 0 ||
		rd_notice_round(config, r->matter.landlord, role, &r->about) != NULL)
		return RD_OK;
	return rd_task_put(r->tx, &task, rd_office_now(r->office), NULL, NULL, err);
}

enum rd_rc rd_routes_follow(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_routing *routing, struct rd_arena *arena, struct rd_err *err)
{
	struct routed r = { .tx = tx,
		.office = office,
		.policy = routing->policy,
		.arena = arena,
		.message_id = routing->message_id,
		.cause = routing->cause,
		.quiet = routing->old };
	const struct rd_landlord *landlord = &routing->policy->landlord;
	const struct rd_provision *about = NULL;
	struct rd_raised raised[RD_ROUTES_MAX];
	struct rd_signs now, before = { 0 };
	size_t n;

	begin(&r, routing->matter);
	now = signs_of(&r.matter);
	if (routing->before != NULL)
		before = signs_of(routing->before);
	if (routing->before == NULL && rd_signs_of_conduct(landlord, &now))
		about = rd_route_about(landlord, r.about.who, r.about.n);
	if (about == NULL && routing->words != NULL && rd_signs_of_conduct(landlord, &now))
		RD_TRY(find_about(&r, routing->words, &about, err));
	n = rd_routes_raised(landlord, routing->before != NULL ? &before : NULL, &now, raised);
	n = put_about(raised, n, landlord, about);
	for (size_t i = 0; i < n; i++)
		RD_TRY(follow_one(&r, &raised[i], true, err));
	RD_TRY(owe_somebody(&r, err));
	return follow_again(&r, routing, err);
}

enum rd_rc rd_routes_send(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_policy *policy, int64_t case_id, const char *name, const char *cause,
	bool with_task, struct rd_arena *arena, struct rd_err *err)
{
	struct routed r = {
		.tx = tx, .office = office, .policy = policy, .arena = arena, .cause = cause
	};
	struct rd_raised raised;
	struct rd_case matter;

	RD_TRY(rd_case_get(rd_tx_db(tx), case_id, arena, &matter, err));
	begin(&r, &matter);
	if (!rd_route_by_name(&policy->landlord, name, &raised))
		return rd_fail(err, RD_E_MISSING,
			"the policy of %s names no route `%s`; `redressctl landlord show %s` lists "
			"them",
			policy->landlord.full_name, name, policy->landlord.name);
	RD_TRY(owe_somebody(&r, err));
	return follow_one(&r, &raised, with_task, err);
}
