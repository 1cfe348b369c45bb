#include "redress/gateway/act.h"

#include <string.h>

#include "redress/gateway/acts.h"
#include "redress/gateway/acts_ombudsman.h"
#include "redress/gateway/acts_record.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/correspondence.h"
#include "redress/gateway/progress.h"
#include "redress/message/automatic.h"
#include "redress/store/erasure.h"
#include "redress/store/outbox.h"
#include "redress/store/review.h"
#include "redress/store/tasks.h"

#define ACT_ARENA_BYTES (16u << 20)

void rd_act_end(struct rd_act *act)
{
	rd_tx_rollback(&act->tx);
	rd_arena_free(act->arena);
}

enum rd_rc rd_act_begin(
	struct rd_act *act, struct rd_db *db, const struct rd_office *office, struct rd_err *err)
{
	act->db = db;
	act->office = office;
	act->arena = rd_arena_new(ACT_ARENA_BYTES);
	act->now_ms = rd_office_now(office);
	return rd_tx_begin(db, &act->tx, err);
}

enum rd_rc rd_act_take_case(struct rd_act *act, int64_t case_id, struct rd_err *err)
{
	RD_TRY(rd_case_get(rd_tx_db(act->tx), case_id, act->arena, &act->matter, err));
	return rd_office_policy(act->office, act->matter.landlord, &act->policy, err);
}

enum rd_rc rd_act_begin_on_case(struct rd_act *act, struct rd_db *db,
	const struct rd_office *office, int64_t case_id, struct rd_err *err)
{
	bool erased = false;

	RD_TRY(rd_act_begin(act, db, office, err));
	RD_TRY(rd_act_take_case(act, case_id, err));
	RD_TRY(rd_case_is_erased(rd_tx_db(act->tx), case_id, &erased, err));
	if (erased)
		return rd_fail(err, RD_E_REFUSED,
			"case %s was erased: nothing is added to it any more (it could not be "
			"erased again); open a new case (`case open`)",
			act->matter.reference);
	return RD_OK;
}

enum rd_rc rd_act_record_and_commit(struct rd_act *act, const char *what, int64_t outbox_id,
	const char *detail, struct rd_err *err)
{
	RD_TRY(rd_casework_audit(
		act->tx, act->office, what, act->matter.id, 0, outbox_id, detail, err));
	return rd_tx_commit(&act->tx, err);
}

enum rd_rc rd_act_check_text(const char *text, const char *what, struct rd_err *err)
{
	if (text == NULL || text[strspn(text, " \t\r\n")] == '\0')
		return rd_fail(err, RD_E_INPUT, "%s is missing; say it in a few words", what);
	if (strlen(text) > RD_ACT_TEXT_MAX)
		return rd_fail(err, RD_E_RANGE,
			"%s is longer than %d bytes; put the rest in a note", what,
			RD_ACT_TEXT_MAX);
	return RD_OK;
}

enum rd_rc rd_act_check_topics(const char *const *topics, size_t n, struct rd_err *err)
{
	if (n > RD_ACT_TOPICS_MAX)
		return rd_fail(err, RD_E_RANGE, "more than %d topics", RD_ACT_TOPICS_MAX);
	for (size_t i = 0; i < n; i++) {
		const char *topic = topics[i];

		if (topic[strspn(topic, " ")] == '\0' || strlen(topic) > RD_ACT_TOPIC_MAX)
			return rd_fail(err, RD_E_INPUT,
				"a topic is a few words, %d bytes at most, such as `a leak`",
				RD_ACT_TOPIC_MAX);
		for (const char *p = topic; *p != '\0'; p++)
			if ((unsigned char)*p < ' ' || *p == 0x7f)
				return rd_fail(err, RD_E_INPUT,
					"a topic stands in a line of a letter; write it without "
					"line breaks or tabs");
	}
	return RD_OK;
}

static enum rd_rc main_contact(
	struct rd_act *act, struct rd_case_contact *ret_contact, struct rd_err *err)
{
	RD_TRY(rd_casework_main_contact(
		rd_tx_db(act->tx), act->matter.id, act->arena, ret_contact, err));
	if (ret_contact->channel == RD_BY_EMAIL && rd_automatic_no_reply(ret_contact->address))
		return rd_fail(err, RD_E_REFUSED,
			"the address on case %s takes no replies; reach the resident another way "
			"and record it",
			act->matter.reference);
	if (ret_contact->address[0] != '\0' &&
		(ret_contact->channel == RD_BY_EMAIL || ret_contact->channel == RD_BY_SMS))
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"case %s has no e-mail address or mobile number to write to; do it another way and "
		"record it",
		act->matter.reference);
}

enum rd_rc rd_act_send_letter(struct rd_act *act, enum rd_letter_kind letter, bool meets_clock,
	struct rd_date due, const char *cause, int64_t *ret_outbox_id, struct rd_err *err)
{
	struct rd_case_contact to = { 0 };
	struct rd_letter_order order = {
		.case_id = act->matter.id,
		.letter = letter,
		.cause = cause,
		.meets_clock = meets_clock,
		.day_zero = rd_date_of(act->now_ms),
		.due = due,
		.emergency_health = act->matter.flags[RD_HEALTH_SAFETY],
		.emergency_heat = act->matter.flags[RD_HEAT_LOSS],
		.approved = true,
	};

	if (act->matter.held)
		return rd_fail(err, RD_E_REFUSED,
			"case %s is held for safeguarding: no letter goes until a person lifts the "
			"hold with a reason, for what is sent may be read by another",
			act->matter.reference);
	if (act->matter.contact_proposed)
		return rd_fail(err, RD_E_REFUSED,
			"a colleague passed case %s on, and nobody has said yet who the resident "
			"is; see `redressctl case show`, then say it with `redressctl case "
			"contact`",
			act->matter.reference);
	RD_TRY(main_contact(act, &to, err));
	order.recipient = to.address;
	order.channel = to.channel == RD_BY_EMAIL ? RD_CHANNEL_EMAIL : RD_CHANNEL_SMS;
	act->by_text = order.channel == RD_CHANNEL_SMS;
	if (order.channel == RD_CHANNEL_SMS && letter == RD_LETTER_DEFINITION &&
		rd_letters_find(act->policy->letters, letter, RD_CHANNEL_SMS) == NULL)
		order.letter = RD_LETTER_LATER;
	return rd_correspondence_put(act->tx, act->office, &order, act->arena, ret_outbox_id, err);
}

enum rd_rc rd_act_owe_telling(struct rd_act *act, const char *cause, struct rd_date due,
	const char *text, struct rd_err *err)
{
	struct rd_err past_calendar = { 0 };
	struct rd_task task = {
		.kind = RD_ACT_TASK_TELL,
		.case_id = act->matter.id,
		.cause = cause,
		.text = text,
		.landlord = act->matter.landlord,
		.due = due,
		.n = 1,
	};
	int64_t id;
	bool is_new;

	if (!rd_date_is_set(due) && rd_workday_next(act->policy->calendar, rd_date_of(act->now_ms),
					    &task.due, &past_calendar) != RD_OK)
		task.due = rd_date_of(act->now_ms);
	return rd_task_put(act->tx, &task, act->now_ms, &id, &is_new, err);
}

enum rd_rc rd_act_cancel_letters(
	struct rd_act *act, enum rd_letter_kind letter, const char *why, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = act->matter.id,
		.letter = rd_letter_names[letter] };
	struct rd_outbox_row *rows;
	size_t n;

	RD_TRY(rd_outbox_list(rd_tx_db(act->tx), &filter, act->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++)
		if (rows[i].state == RD_OUTBOX_QUEUED || rows[i].state == RD_OUTBOX_HELD)
			RD_TRY(rd_outbox_cancel(act->tx, rows[i].id, why, act->now_ms, err));
	return RD_OK;
}

enum rd_rc rd_act_end_review_task(
	struct rd_act *act, int64_t message_id, const char *how, struct rd_err *err)
{
	struct rd_task *tasks;
	size_t n;

	RD_TRY(rd_task_list_case(rd_tx_db(act->tx), act->matter.id, act->arena, &tasks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (tasks[i].done_ms == 0 && tasks[i].message_id == message_id &&
			strcmp(tasks[i].kind, rd_task_names[RD_TASK_REVIEW]) == 0)
			RD_TRY(rd_task_done(act->tx, tasks[i].id, act->office->actor.name, how,
				act->now_ms, err));
	return RD_OK;
}

/* What nobody has decided yet keeps the kind that its case has: there is nothing left to decide. */
static enum rd_rc end_reviews(struct rd_act *act, const char *why, struct rd_err *err)
{
	struct rd_review *reviews;
	size_t n;

	RD_TRY(rd_review_list(
		rd_tx_db(act->tx), act->matter.id, false, act->arena, &reviews, &n, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_review_decide(act->tx, reviews[i].id, reviews[i].best,
			act->office->actor.name, act->office->actor.uid, why, false, act->now_ms,
			err));
	return RD_OK;
}

/* A person at risk, what was promised or ordered and how a resident is restricted outlive the case.
 */
static bool outlives_the_case(const char *kind)
{
	return strcmp(kind, rd_task_names[RD_TASK_SAFEGUARDING]) == 0 ||
	       strcmp(kind, RD_ACT_TASK_ACTION) == 0 ||
	       strcmp(kind, RD_ACT_TASK_RESTRICTION) == 0 ||
	       strcmp(kind, RD_ACT_TASK_OMBUDSMAN) == 0;
}

static enum rd_rc end_tasks(struct rd_act *act, struct rd_err *err)
{
	struct rd_task *tasks;
	size_t n;

	RD_TRY(rd_task_list_case(rd_tx_db(act->tx), act->matter.id, act->arena, &tasks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (tasks[i].done_ms == 0 && !outlives_the_case(tasks[i].kind))
			RD_TRY(rd_task_done(act->tx, tasks[i].id, act->office->actor.name,
				"the case was closed", act->now_ms, err));
	return RD_OK;
}

enum rd_rc rd_act_end_case(struct rd_act *act, const char *why, struct rd_err *err)
{
	const int64_t case_id = act->matter.id;
	int64_t n;

	RD_TRY(end_reviews(act, why, err));
	RD_TRY(rd_outbox_cancel_case(
		act->tx, case_id, "the case was closed", act->now_ms, &n, err));
	RD_TRY(rd_case_cancel_clock(act->tx, case_id, NULL, act->now_ms, err));
	RD_TRY(end_tasks(act, err));
	return rd_case_set_status(act->tx, case_id, RD_STATUS_CLOSED, why, act->now_ms, err);
}
