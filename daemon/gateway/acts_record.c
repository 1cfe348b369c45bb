#include "redress/gateway/acts_record.h"

#include <inttypes.h>
#include <string.h>

#include "redress/gateway/acts.h"
#include "redress/gateway/consent.h"
#include "redress/gateway/letter_words.h"
#include "redress/gateway/routes.h"
#include "redress/gateway/stage_act.h"
#include "redress/message/compose.h"
#include "redress/policy/letter_plan.h"
#include "redress/store/case_actions.h"
#include "redress/store/outbox.h"
#include "redress/store/tasks.h"

#define CONSENT_WORKDAYS 5 /* no policy says how long a person may be waited for */

const char *const rd_consent_names[RD_N_CONSENTS + 1] = { "asked", "given", "refused", NULL };
const char *const rd_compensation_names[RD_N_COMPENSATIONS + 1] = { "asked", "offered", "accepted",
	"refused", NULL };

static enum rd_rc put_task(struct rd_act *act, const char *kind, const char *cause,
	const char *text, struct rd_date due, struct rd_err *err)
{
	const struct rd_task task = {
		.kind = kind,
		.case_id = act->matter.id,
		.cause = cause,
		.text = text,
		.landlord = act->matter.landlord,
		.due = due,
		.n = 1,
	};
	int64_t id;
	bool is_new;

	return rd_task_put(act->tx, &task, act->now_ms, &id, &is_new, err);
}

static enum rd_rc end_tasks(
	struct rd_act *act, const char *kind, const char *how, struct rd_err *err)
{
	return rd_task_done_of_case(act->tx, act->matter.id, kind, act->office->actor.name, how,
		act->now_ms, NULL, err);
}

static enum rd_rc check_future(
	const struct rd_stage_act *stage, struct rd_date day, const char *what, struct rd_err *err)
{
	if (rd_date_is_set(day) && rd_date_compare(day, stage->today) >= 0)
		return RD_OK;
	return rd_fail(err, RD_E_INPUT, "%s is a day from today on", what);
}

/* The working day that many days on; past the calendar today. */
static struct rd_date workdays_on(struct rd_act *act, const struct rd_stage_act *stage, int n)
{
	struct rd_err past_calendar = { 0 };
	struct rd_date day;

	if (rd_workday_due(act->policy->calendar, stage->today, n, &day, &past_calendar) != RD_OK)
		return stage->today;
	return day;
}

/* --- actions --- */

static const char *cause_of_action(struct rd_act *act, int64_t action)
{
	const char *cause = rd_arena_printf(act->arena, "action:%" PRId64, action);

	RD_ASSERT(cause != NULL);
	return cause;
}

enum rd_rc rd_stage_act_promise(struct rd_act *act, struct rd_stage_act *stage, const char *text,
	struct rd_date due, const char *owner, int64_t *ret_action, struct rd_err *err)
{
	const struct rd_case_action action = { .case_id = act->matter.id,
		.due = due,
		.owner = owner != NULL ? owner : "",
		.words = text,
		.added_by = act->office->actor.name,
		.added_ms = act->now_ms };

	RD_TRY(rd_act_check_text(text, "what is to be done (--text)", err));
	RD_TRY(check_future(stage, due, "the day by which it is done (--due)", err));
	if (owner != NULL)
		RD_TRY(rd_stage_act_check_person(owner, "who does it (--to)", err));
	RD_TRY(rd_case_action_add(act->tx, &action, ret_action, err));
	RD_TRY(rd_stage_act_put(act, stage, RD_DID_PROMISED, owner,
		rd_arena_printf(act->arena, "%" PRId64, *ret_action), NULL, err));
	return put_task(act, RD_ACT_TASK_ACTION, cause_of_action(act, *ret_action),
		rd_arena_printf(act->arena,
			"Do what was promised to the resident: action %" PRId64
			" (`case show`), then `case action done`.",
			*ret_action),
		due, err);
}

enum rd_rc rd_act_action_add(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *text, struct rd_date due, const char *owner, int64_t *ret_action,
	struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_RECORD, err));
	RD_TRY(rd_stage_act_promise(&act, &stage, text, due, owner, ret_action, err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* Its task alone: other actions of the case go on. */
static enum rd_rc end_action_task(struct rd_act *act, int64_t action, struct rd_err *err)
{
	const char *cause = cause_of_action(act, action);
	struct rd_task *tasks;
	size_t n;

	RD_TRY(rd_task_list_case(rd_tx_db(act->tx), act->matter.id, act->arena, &tasks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (tasks[i].done_ms == 0 && strcmp(tasks[i].kind, RD_ACT_TASK_ACTION) == 0 &&
			strcmp(tasks[i].cause, cause) == 0)
			RD_TRY(rd_task_done(act->tx, tasks[i].id, act->office->actor.name, "done",
				act->now_ms, err));
	return RD_OK;
}

/* What was promised may be done after the case was closed by force. */
enum rd_rc rd_act_action_done(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	int64_t action, const char *how, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_LINK, err));
	if (how != NULL)
		RD_TRY(rd_act_check_text(how, "how it was done (--how)", err));
	RD_TRY(rd_case_action_done(act.tx, case_id, action, office->actor.name,
		how != NULL ? how : "", act.now_ms, err));
	RD_TRY(end_action_task(&act, action, err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_DONE, NULL,
		rd_arena_printf(act.arena, "%" PRId64, action), NULL, err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- somebody who speaks for the resident --- */

/* The first line of the act's words; an address may stand behind it. */
static enum rd_rc check_who(const char *who, struct rd_err *err)
{
	RD_TRY(rd_act_check_text(who, "who speaks for the resident (--who)", err));
	if (strpbrk(who, "\r\n") == NULL)
		return RD_OK;
	return rd_fail(err, RD_E_INPUT,
		"who speaks for the resident (--who) is one line; write it without line breaks");
}

static bool is_copy(const struct rd_outbox_row *row)
{
	return strncmp(row->cause, RD_COPY_CAUSE, strlen(RD_COPY_CAUSE)) == 0;
}

/* What those that are cancelled would have said is told to the resident, but for a receipt; what an
 * acknowledgement or an answer owes stands with its clock as well. */
static enum rd_rc owe_what_was_cancelled(
	struct rd_act *act, const struct rd_stage_act *stage, const char *names, struct rd_err *err)
{
	if (names[0] == '\0')
		return RD_OK;
	return rd_act_owe_telling(act, stage->cause, (struct rd_date){ 0 },
		rd_arena_printf(act->arena,
			"Tell the resident, and nobody else, what these letters say: %s. They "
			"were on their way to whoever wrote first, whom the resident does not "
			"want, and do not go. Say first where the resident gets letters (`case "
			"contact REF --address ADDRESS`).",
			names),
		err);
}

/* to_writer: those to whoever wrote first too, and not copies alone. */
static enum rd_rc cancel_unsent(
	struct rd_act *act, const struct rd_stage_act *stage, bool to_writer, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = act->matter.id };
	struct rd_outbox_row *rows;
	const char *names = "";
	size_t n;

	RD_TRY(rd_outbox_list(rd_tx_db(act->tx), &filter, act->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++) {
		enum rd_letter_kind letter;

		if ((rows[i].state != RD_OUTBOX_QUEUED && rows[i].state != RD_OUTBOX_HELD) ||
			!(to_writer || is_copy(&rows[i])) ||
			!rd_letter_parse_kind(rows[i].letter, &letter))
			continue;
		RD_TRY(rd_outbox_cancel(act->tx, rows[i].id,
			"the resident has not agreed that another speaks for them", act->now_ms,
			err));
		if (!is_copy(&rows[i]) && !rd_letter_is_receipt(letter))
			names = rd_arena_printf(act->arena, "%s%s%s", names,
				names[0] != '\0' ? ", " : "", rows[i].letter);
		RD_ASSERT(names != NULL);
	}
	return owe_what_was_cancelled(act, stage, names, err);
}

enum rd_rc rd_act_consent(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	enum rd_consent consent, const char *who, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;
	bool is_residents;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_RECORD, err));
	RD_TRY(check_who(who, err));
	RD_TRY(rd_stage_act_put(
		&act, &stage, RD_DID_CONSENT, NULL, rd_consent_names[consent], who, err));
	RD_TRY(end_tasks(&act, RD_ACT_TASK_CONSENT, rd_consent_names[consent], err));
	RD_TRY(rd_consent_writes_to_resident(
		rd_tx_db(act.tx), case_id, act.arena, &is_residents, err));
	if (consent != RD_CONSENT_GIVEN)
		RD_TRY(cancel_unsent(
			&act, &stage, consent == RD_CONSENT_REFUSED && !is_residents, err));
	if (consent == RD_CONSENT_ASKED)
		RD_TRY(put_task(&act, RD_ACT_TASK_CONSENT, stage.cause,
			"Has the resident agreed that somebody speaks for them? Record it (`case "
			"consent`); tell that somebody nothing of the case before.",
			workdays_on(&act, &stage, CONSENT_WORKDAYS), err));
	return rd_stage_act_commit(&act, &stage, err);
}

enum rd_rc rd_act_consent_to_copies(struct rd_db *db, const struct rd_office *office,
	int64_t case_id, const char *who, const char *address, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	const bool flags[RD_N_FLAGS] = { [RD_ADVOCATE] = true };
	struct rd_stage_act stage;
	const char *words;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_RECORD, err));
	RD_TRY(check_who(who, err));
	if (!rd_address_fit(address))
		return rd_fail(err, RD_E_INPUT,
			"--copy is the e-mail address of whoever speaks for the resident");
	if (!act.policy->landlord.third_party_copies)
		return rd_fail(err, RD_E_REFUSED,
			"the policy of %s sends no copies to whoever speaks for a resident "
			"(`Third party: copies` in its profile); leave out --copy",
			act.policy->landlord.full_name);
	words = rd_arena_printf(act.arena, "%s%c%s", who, RD_CONSENT_BETWEEN, address);
	RD_ASSERT(words != NULL);
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_CONSENT, NULL,
		rd_consent_names[RD_CONSENT_GIVEN], words, err));
	RD_TRY(rd_case_add_flags(act.tx, case_id, flags, err));
	RD_TRY(end_tasks(&act, RD_ACT_TASK_CONSENT, rd_consent_names[RD_CONSENT_GIVEN], err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- restrictions --- */

static enum rd_rc check_restriction(const struct rd_stage_act *stage,
	const struct rd_act_restriction *restriction, struct rd_err *err)
{
	RD_TRY(rd_act_check_text(restriction->terms, "what is restricted (--terms)", err));
	if (strchr(restriction->terms, '\n') != NULL || strchr(restriction->terms, '\r') != NULL)
		return rd_fail(err, RD_E_INPUT,
			"what is restricted (--terms) stands in one paragraph of a letter; write "
			"it without line breaks");
	RD_TRY(rd_act_check_text(restriction->why, "the reason (--why)", err));
	RD_TRY(check_future(stage, restriction->review,
		"the day on which it is looked at again (--review)", err));
	if (restriction->approved_by == NULL)
		return RD_OK;
	return rd_stage_act_check_person(
		restriction->approved_by, "who approved it (--approved-by)", err);
}

/* In writing, whatever it takes: where no letter can go, or a text went that tells nothing of it, a
 * person owes it. */
static enum rd_rc tell_of_restriction(
	struct rd_act *act, struct rd_stage_act *stage, bool told, struct rd_err *err)
{
	struct rd_err why = { 0 };

	if (told)
		return RD_OK;
	const enum rd_rc rc = rd_act_send_letter(act, RD_LETTER_RESTRICTION, false,
		(struct rd_date){ 0 }, stage->cause, &stage->outbox_id, &why);
	if (rc == RD_E_STORE || rc == RD_E_AGAIN || rc == RD_E_BUG) {
		*err = why;
		return rc;
	}
	if (rc == RD_OK && !act->by_text)
		return RD_OK;
	return rd_act_owe_telling(act, stage->cause, (struct rd_date){ 0 },
		"Tell the resident in writing how contact is restricted, why, until when, how to "
		"have that looked at, and that they can ask the Ombudsman. Emergency repairs are "
		"never held back.",
		err);
}

enum rd_rc rd_act_restrict(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const struct rd_act_restriction *restriction, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;
	char review[RD_DATE_MAX];
	const char *words;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_RECORD, err));
	RD_TRY(check_restriction(&stage, restriction, err));
	RD_TRY(rd_stage_act_on(&act, &stage, restriction->given_on,
		rd_date_of(act.matter.received_ms), "the day on which the resident was told", err));
	words = rd_arena_printf(
		act.arena, "%s%c%s", restriction->terms, RD_RESTRICTION_BETWEEN, restriction->why);
	RD_ASSERT(words != NULL);
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_RESTRICTED, restriction->approved_by,
		rd_date_format(restriction->review, review), words, err));
	RD_TRY(end_tasks(&act, RD_ACT_TASK_RESTRICTION, "new terms", err));
	RD_TRY(put_task(&act, RD_ACT_TASK_RESTRICTION, stage.cause,
		"Look again at the restriction of contact: lift it (`case restrict REF --lift`), "
		"or record new terms. Emergency repairs are never held back.",
		restriction->review, err));
	RD_TRY(tell_of_restriction(&act, &stage, rd_date_is_set(restriction->given_on), err));
	return rd_stage_act_commit(&act, &stage, err);
}

static enum rd_rc check_restricted(struct rd_act *act, struct rd_err *err)
{
	struct rd_case_act *acts;
	bool restricted = false;
	size_t n;

	RD_TRY(rd_case_act_list(rd_tx_db(act->tx), act->matter.id, act->arena, &acts, &n, err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(acts[i].what, RD_DID_RESTRICTED) == 0)
			restricted = true;
		else if (strcmp(acts[i].what, RD_DID_UNRESTRICTED) == 0)
			restricted = false;
	if (restricted)
		return RD_OK;
	return rd_fail(
		err, RD_E_REFUSED, "nothing is restricted on case %s", act->matter.reference);
}

enum rd_rc rd_act_unrestrict(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_LINK, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	RD_TRY(check_restricted(&act, err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_UNRESTRICTED, NULL, NULL, why, err));
	RD_TRY(end_tasks(&act, RD_ACT_TASK_RESTRICTION, "lifted", err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- compensation --- */

/* "120" or "120.50". */
static bool is_amount(const char *amount)
{
	const size_t pounds = strspn(amount, "0123456789");
	const char *rest = amount + pounds;

	if (pounds == 0 || strlen(amount) > RD_ACT_AMOUNT_MAX)
		return false;
	return *rest == '\0' ||
	       (*rest == '.' && strspn(rest + 1, "0123456789") == 2 && rest[3] == '\0');
}

enum rd_rc rd_act_check_amount(const char *amount, struct rd_err *err)
{
	if (is_amount(amount))
		return RD_OK;
	return rd_fail(err, RD_E_INPUT,
		"an amount is pounds, such as 120 or 120.50, with no sign before it (--amount)");
}

static enum rd_rc check_offer(enum rd_compensation what, const char *amount, struct rd_err *err)
{
	if (amount != NULL)
		return rd_act_check_amount(amount, err);
	if (what != RD_COMPENSATION_OFFERED)
		return RD_OK;
	return rd_fail(err, RD_E_INPUT,
		"an amount is pounds, such as 120 or 120.50; an offer has one (--amount)");
}

/* To whom the policy sends it. */
static enum rd_rc owe_compensation(
	struct rd_act *act, const struct rd_stage_act *stage, struct rd_err *err)
{
	const struct rd_provision *route =
		rd_landlord_provision(&stage->kept, RD_PROVISION_ROUTE, "compensation");
	const char *text =
		"Compensation is asked for: have it decided, and record the offer (`case "
		"compensation`).";

	if (route != NULL)
		text = rd_arena_printf(act->arena,
			"Compensation is asked for: it goes to %s; record the offer (`case "
			"compensation`).",
			rd_stanza_value(route->stanza, "To", ""));
	RD_ASSERT(text != NULL);
	if (route != NULL)
		RD_TRY(rd_routes_send(act->tx, act->office, act->policy, act->matter.id,
			route->name, stage->cause, false, act->arena, err));
	return put_task(
		act, RD_ACT_TASK_COMPENSATION, stage->cause, text, workdays_on(act, stage, 1), err);
}

enum rd_rc rd_act_compensation(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	enum rd_compensation what, const char *amount, const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;
	const char *detail;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_RECORD, err));
	RD_TRY(check_offer(what, amount, err));
	if (why != NULL)
		RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	detail = rd_arena_printf(act.arena, "%s%s%s", rd_compensation_names[what],
		amount != NULL ? " " : "", amount != NULL ? amount : "");
	RD_ASSERT(detail != NULL);
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_COMPENSATION, NULL, detail, why, err));
	if (what == RD_COMPENSATION_ASKED)
		RD_TRY(owe_compensation(&act, &stage, err));
	else
		RD_TRY(end_tasks(&act, RD_ACT_TASK_COMPENSATION, rd_compensation_names[what], err));
	return rd_stage_act_commit(&act, &stage, err);
}
