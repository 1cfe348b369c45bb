#include "redress/gateway/acts.h"

#include <inttypes.h>
#include <string.h>

#include "redress/gateway/act.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/correspondence.h"
#include "redress/gateway/settling.h"
#include "redress/message/compose.h"
#include "redress/message/sms.h"
#include "redress/policy/clocks.h"
#include "redress/policy/letter_plan.h"
#include "redress/policy/life.h"
#include "redress/store/case_actions.h"
#include "redress/store/labels.h"
#include "redress/store/review.h"
#include "redress/store/tasks.h"

static enum rd_rc check_open(const struct rd_act *act, struct rd_err *err)
{
	if (act->matter.status != RD_STATUS_CLOSED)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"case %s is closed; open a new one (`redressctl case open`)",
		act->matter.reference);
}

static enum rd_rc check_complaint(const struct rd_act *act, struct rd_err *err)
{
	RD_TRY(check_open(act, err));
	if (act->matter.kind == RD_COMPLAINT && act->matter.stage == RD_STAGE_1)
		return RD_OK;
	if (act->matter.kind == RD_COMPLAINT && act->matter.stage == RD_STAGE_2)
		return rd_fail(err, RD_E_REFUSED,
			"case %s is at stage 2, which `case accept REF` acknowledges",
			act->matter.reference);
	return rd_fail(err, RD_E_REFUSED,
		"case %s is not a complaint at stage 1; decide its review or reclassify it first",
		act->matter.reference);
}

/* --- opening --- */

static bool looks_like_number(const char *contact)
{
	return strchr(contact, '@') == NULL;
}

enum rd_rc rd_act_check_contact(struct rd_act *act, const char *contact, const char **ret_contact,
	enum rd_case_channel *ret_channel, struct rd_err *err)
{
	char number[RD_PHONE_MAX];

	*ret_contact = "";
	if (contact == NULL || contact[0] == '\0')
		return RD_OK;
	if (looks_like_number(contact)) {
		if (!rd_phone_canonical(contact, number))
			return rd_fail(err, RD_E_INPUT,
				"the contact is neither an e-mail address nor a telephone number");
		*ret_contact = rd_arena_strdup(act->arena, number);
		RD_ASSERT(*ret_contact != NULL); /* the arena is new */
		if (rd_phone_is_uk_mobile(number))
			*ret_channel = RD_BY_SMS;
		return RD_OK;
	}
	if (!rd_address_fit(contact))
		return rd_fail(err, RD_E_INPUT,
			"the contact is not an e-mail address that can be written to");
	*ret_contact = contact;
	*ret_channel = RD_BY_EMAIL;
	return RD_OK;
}

/* Letters go where the contact can get them; the case keeps the channel that the resident used. */
static enum rd_rc open_with_contact(struct rd_act *act, const struct rd_act_open *open,
	struct rd_matter *matter, int64_t *ret_case, struct rd_err *err)
{
	enum rd_case_channel letters_by = open->channel;
	struct rd_facts facts = { 0 };
	struct rd_verdict verdict;
	const bool none[RD_N_FLAGS] = { false };

	RD_TRY(rd_act_check_contact(act, open->contact, &matter->address, &letters_by, err));
	facts.channel = letters_by == RD_BY_EMAIL ? RD_CHANNEL_EMAIL : RD_CHANNEL_SMS;
	facts.no_address = letters_by != RD_BY_EMAIL && letters_by != RD_BY_SMS;
	facts.received_ms = open->received_ms;
	facts.first_seen_ms = open->received_ms;
	facts.now_ms = act->now_ms;
	rd_decide_settled(open->kind, &facts, open->flags != NULL ? open->flags : none,
		open->n_topics, &act->policy->landlord, act->policy->calendar, &verdict);
	verdict.fate = RD_FATE_OPENED;
	memcpy(verdict.flags, open->flags != NULL ? open->flags : none, sizeof verdict.flags);
	matter->channel = open->channel;
	matter->letters_by = letters_by;
	return rd_casework_apply(act->tx, act->office, matter, &verdict, act->arena, ret_case, err);
}

enum rd_rc rd_act_open(struct rd_db *db, const struct rd_office *office,
	const struct rd_act_open *open, int64_t *ret_case, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_matter matter = {
		.landlord = open->landlord,
		.name = open->name != NULL ? open->name : "",
		.source = "",
		.subject = open->subject != NULL ? open->subject : "",
		.outcome = open->outcome != NULL ? open->outcome : "",
		.topics = open->topics,
		.n_topics = open->n_topics,
		.about = open->about,
		.n_about = open->n_about,
		.received_ms = open->received_ms,
		.cause = "act:open",
	};

	RD_TRY(rd_act_begin(&act, db, office, err));
	if (open->received_ms > act.now_ms)
		return rd_fail(err, RD_E_INPUT, "the day of receipt lies in the future");
	RD_TRY(rd_act_check_topics(open->topics, open->n_topics, err));
	RD_TRY(rd_act_check_topics(open->about, open->n_about, err));
	RD_TRY(rd_office_policy(office, open->landlord, &act.policy, err));
	RD_TRY(open_with_contact(&act, open, &matter, ret_case, err));
	RD_TRY(rd_act_take_case(&act, *ret_case, err));
	if (matter.address[0] == '\0') /* else the case would have come from nowhere */
		RD_TRY(rd_case_add_note(act.tx, *ret_case, office->actor.name,
			"Opened by hand; neither an address nor a number is known.", act.now_ms,
			err));
	return rd_act_record_and_commit(&act, "opened_by_staff", 0, NULL, err);
}

/* --- acknowledging and defining --- */

static enum rd_rc add_outcome(struct rd_act *act, const char *outcome, struct rd_err *err)
{
	if (outcome == NULL)
		return RD_OK;
	RD_TRY(rd_act_check_text(outcome, "the outcome wanted (--outcome)", err));
	return rd_case_set_outcome(act->tx, act->matter.id, outcome, err);
}

static enum rd_rc check_given(struct rd_act *act, struct rd_date given_on, struct rd_err *err)
{
	if (rd_date_compare(given_on, rd_date_of(act->now_ms)) <= 0 &&
		rd_date_compare(given_on, rd_date_of(act->matter.received_ms)) >= 0)
		return RD_OK;
	return rd_fail(err, RD_E_INPUT,
		"the acknowledgement was given on a day between receipt and today");
}

/* The acknowledgement that came back was asked to be given another way: it was. */
static enum rd_rc end_returned(struct rd_act *act, struct rd_err *err)
{
	struct rd_outbox_row letter;
	struct rd_task *tasks;
	size_t n;

	RD_TRY(rd_task_list_case(rd_tx_db(act->tx), act->matter.id, act->arena, &tasks, &n, err));
	for (size_t i = 0; i < n; i++) {
		if (tasks[i].done_ms != 0 || tasks[i].outbox_id == 0 ||
			strcmp(tasks[i].kind, rd_task_names[RD_TASK_OTHER_CHANNEL]) != 0)
			continue;
		RD_TRY(rd_outbox_get(
			rd_tx_db(act->tx), tasks[i].outbox_id, act->arena, &letter, err));
		if (strcmp(letter.meets_clock, rd_clock_names[RD_CLOCK_STAGE1_ACKNOWLEDGE]) == 0)
			RD_TRY(rd_task_done(act->tx, tasks[i].id, act->office->actor.name,
				"acknowledged in another way", act->now_ms, err));
	}
	return RD_OK;
}

/* Where no letter can go the way out is said with the reason. */
static enum rd_rc send_acknowledgement(struct rd_act *act, enum rd_letter_kind letter,
	bool meets_clock, const char *cause, int64_t *ret_outbox_id, struct rd_err *err)
{
	struct rd_err why = { 0 };
	const enum rd_rc rc = rd_act_send_letter(
		act, letter, meets_clock, (struct rd_date){ 0 }, cause, ret_outbox_id, &why);

	if (rc == RD_E_REFUSED)
		return rd_fail(err, RD_E_REFUSED,
			"%.400s. Acknowledge it in another way, then record it with `case "
			"acknowledge %s --given DAY`",
			why.msg, act->matter.reference);
	if (rc != RD_OK)
		*err = why;
	return rc;
}

/* It was given by telephone, post or in person: recorded, and the answer's clock starts. */
static enum rd_rc record_given(struct rd_act *act, struct rd_date given_on, struct rd_err *err)
{
	const struct rd_outbox_row given = {
		.case_id = act->matter.id,
		.letter = rd_letter_names[RD_LETTER_ACKNOWLEDGEMENT],
		.meets_clock = rd_clock_names[RD_CLOCK_STAGE1_ACKNOWLEDGE],
		.written_for = given_on,
	};
	int64_t n;

	RD_TRY(check_given(act, given_on, err));
	RD_TRY(end_returned(act, err));
	RD_TRY(rd_outbox_cancel_case(
		act->tx, act->matter.id, "acknowledged in another way", act->now_ms, &n, err));
	return rd_correspondence_gone(act->tx, act->office, &given,
		rd_date_compare(given_on, rd_date_of(act->now_ms)) == 0
			? act->now_ms
			: rd_date_at_ms(given_on, 12, 0),
		act->arena, err);
}

static enum rd_rc acknowledge_complaint(struct rd_act *act, const struct rd_act_acknowledge *how,
	const char *cause, int64_t *ret_outbox_id, struct rd_err *err)
{
	int64_t n;

	RD_TRY(check_complaint(act, err));
	if (act->matter.acknowledged_ms != 0)
		return rd_fail(err, RD_E_REFUSED, "case %s was acknowledged already",
			act->matter.reference);
	if (act->matter.n_topics + how->n_topics == 0)
		return rd_fail(err, RD_E_REFUSED,
			"case %s: an acknowledgement says what it is about; name it with --topic",
			act->matter.reference);
	if (rd_date_is_set(how->given_on))
		return record_given(act, how->given_on, err);
	RD_TRY(rd_outbox_cancel_case(
		act->tx, act->matter.id, "a person acknowledges", act->now_ms, &n, err));
	return send_acknowledgement(
		act, RD_LETTER_ACKNOWLEDGEMENT, true, cause, ret_outbox_id, err);
}

static enum rd_rc check_not_answered(
	struct rd_act *act, enum rd_letter_kind letter, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = act->matter.id,
		.letter = rd_letter_names[letter] };
	struct rd_outbox_row *rows;
	size_t n;

	RD_TRY(rd_outbox_list(rd_tx_db(act->tx), &filter, act->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++)
		if (rows[i].state == RD_OUTBOX_SENT || rows[i].state == RD_OUTBOX_SENDING ||
			rows[i].state == RD_OUTBOX_UNCERTAIN)
			return rd_fail(err, RD_E_REFUSED,
				"case %s: its letter `%s` has gone already, or may have (see "
				"`redressctl outbox show %" PRId64 "`)",
				act->matter.reference, rows[i].letter, rows[i].id);
	return RD_OK;
}

/* No clock hangs on it; what is owed is the answer that could not go by itself. */
static enum rd_rc acknowledge_other(struct rd_act *act, const struct rd_act_acknowledge *how,
	const char *cause, int64_t *ret_outbox_id, struct rd_err *err)
{
	const struct rd_letter_choice choice = rd_letter_for(act->matter.kind, false,
		act->matter.flags, act->matter.n_topics, RD_CHANNEL_EMAIL, false);
	const bool given = rd_date_is_set(how->given_on);
	int64_t n;

	if (act->matter.status == RD_STATUS_REVIEW)
		return rd_fail(err, RD_E_REFUSED,
			"case %s waits for a person to decide what it is; the decision sends the "
			"letter (`redressctl review list`, `review decide`)",
			act->matter.reference);
	if (choice.letter == RD_LETTER_NONE && !given)
		return rd_fail(err, RD_E_REFUSED,
			"there is no letter for a case of kind %s; reclassify it first",
			rd_kind_names[act->matter.kind]);
	if (given)
		RD_TRY(check_given(act, how->given_on, err));
	else
		RD_TRY(check_not_answered(act, choice.letter, err));
	RD_TRY(rd_outbox_cancel_case(
		act->tx, act->matter.id, "a person acknowledges", act->now_ms, &n, err));
	if (!given)
		RD_TRY(send_acknowledgement(act, choice.letter, false, cause, ret_outbox_id, err));
	return rd_task_done_of_case(act->tx, act->matter.id, rd_task_names[RD_TASK_ACKNOWLEDGE],
		act->office->actor.name, given ? "acknowledged in another way" : "a letter goes",
		act->now_ms, NULL, err);
}

enum rd_rc rd_act_acknowledge(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const struct rd_act_acknowledge *how, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	int64_t outbox_id = 0;
	const char *cause;

	RD_TRY(rd_act_begin_on_case(&act, db, office, case_id, err));
	RD_TRY(check_open(&act, err));
	RD_TRY(rd_act_check_topics(how->topics, how->n_topics, err));
	RD_TRY(rd_case_add_topics(act.tx, case_id, how->topics, how->n_topics, err));
	RD_TRY(add_outcome(&act, how->outcome, err));
	cause = rd_arena_printf(act.arena, "act:acknowledge:%" PRId64, act.now_ms);
	if (act.matter.kind == RD_COMPLAINT)
		RD_TRY(acknowledge_complaint(&act, how, cause, &outbox_id, err));
	else
		RD_TRY(acknowledge_other(&act, how, cause, &outbox_id, err));
	return rd_act_record_and_commit(&act,
		outbox_id != 0 ? "acknowledged_by_staff" : "acknowledgement_recorded", outbox_id,
		NULL, err);
}

/* An acknowledgement that has not left says what a person has understood since. */
static enum rd_rc renew_acknowledgement(struct rd_act *act, struct rd_err *err)
{
	const struct rd_outbox_filter filter = { .case_id = act->matter.id,
		.letter = rd_letter_names[RD_LETTER_ACKNOWLEDGEMENT] };
	struct rd_outbox_row *rows;
	size_t n;

	RD_TRY(rd_outbox_list(rd_tx_db(act->tx), &filter, act->arena, &rows, &n, err));
	for (size_t i = 0; i < n; i++)
		if (rows[i].state == RD_OUTBOX_QUEUED || rows[i].state == RD_OUTBOX_HELD)
			RD_TRY(rd_correspondence_renew(
				act->tx, act->office, &rows[i], act->arena, err));
	return RD_OK;
}

enum rd_rc rd_act_define(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *definition, const char *outcome, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_err why = { 0 };
	int64_t outbox_id = 0;
	const char *cause;
	enum rd_rc rc;

	RD_TRY(rd_act_begin_on_case(&act, db, office, case_id, err));
	if (act.matter.kind != RD_COMPLAINT || act.matter.stage != RD_STAGE_2)
		RD_TRY(check_complaint(&act, err));
	RD_TRY(check_open(&act, err));
	RD_TRY(rd_act_check_text(definition, "the complaint definition (--definition)", err));
	RD_TRY(rd_case_set_definition(act.tx, case_id, definition, err));
	RD_TRY(add_outcome(&act, outcome, err));
	rc = rd_case_meet_clock(
		act.tx, case_id, rd_clock_names[RD_CLOCK_STAGE1_DEFINE], act.now_ms, err);
	if (rc != RD_OK && rc != RD_E_MISSING)
		return rc;
	RD_TRY(rd_task_done_of_case(act.tx, case_id, rd_task_names[RD_TASK_DEFINE],
		office->actor.name, "defined", act.now_ms, NULL, err));
	RD_TRY(renew_acknowledgement(&act, err));
	cause = rd_arena_printf(act.arena, "act:define:%" PRId64, act.now_ms);
	rc = rd_act_send_letter(
		&act, RD_LETTER_DEFINITION, false, (struct rd_date){ 0 }, cause, &outbox_id, &why);
	if (rc == RD_E_STORE || rc == RD_E_AGAIN || rc == RD_E_BUG) {
		*err = why;
		return rc;
	}
	/* Defined all the same: the duty is the person's work, not the letter. */
	if (rc != RD_OK)
		RD_TRY(rd_act_owe_telling(&act, cause, (struct rd_date){ 0 },
			rd_arena_printf(act.arena,
				"Tell the resident what we have understood and that she may "
				"correct "
				"it: no letter went, because %.300s.",
				why.msg),
			err));
	return rd_act_record_and_commit(&act, "defined", outbox_id, NULL, err);
}

/* --- reclassifying and deciding --- */

/* The review that the correction answers: the one, or the sample, that waits for the message (0:
 * staff opened the case), else one of its own. *ret_id 0: a decided one stays as it is, and so does
 * the one of a linked case's message, which was decided where it came in. */
static enum rd_rc find_review(
	struct rd_act *act, int64_t message_id, int64_t *ret_id, struct rd_err *err)
{
	const struct rd_review fresh = {
		.message_id = message_id,
		.case_id = act->matter.id,
		.best = act->matter.kind,
		.reasons = "reclassified by a person",
	};
	struct rd_review *reviews, there = { 0 };
	struct rd_db *db = rd_tx_db(act->tx);
	size_t n;

	*ret_id = 0;
	if (message_id != 0) {
		enum rd_rc rc = rd_review_of_message(db, message_id, act->arena, &there, err);
		if (rc != RD_OK && rc != RD_E_MISSING)
			return rc;
	} else {
		RD_TRY(rd_review_list(db, act->matter.id, true, act->arena, &reviews, &n, err));
		for (size_t i = 0; i < n; i++)
			if (reviews[i].message_id == 0)
				there = reviews[i];
	}
	if (there.id == 0)
		return rd_review_put(act->tx, &fresh, act->now_ms, ret_id, err);
	if (there.decided_ms == 0)
		*ret_id = there.id;
	return RD_OK;
}

/* What a person made of the message that opened the case, for rules to learn from. */
static enum rd_rc label(struct rd_act *act, int64_t message_id, enum rd_kind kind, const char *why,
	struct rd_err *err)
{
	const struct rd_label row = {
		.message_id = message_id,
		.case_id = act->matter.id,
		.how = RD_LABEL_RECLASSIFY,
		.was = act->matter.kind,
		.kind = kind,
		.by = act->office->actor.name,
		.by_uid = act->office->actor.uid,
		.why = why,
	};

	int64_t review;

	RD_TRY(find_review(act, message_id, &review, err));
	if (review != 0)
		RD_TRY(rd_review_decide(
			act->tx, review, kind, row.by, row.by_uid, why, false, act->now_ms, err));
	return rd_label_put(act->tx, &row, act->now_ms, err);
}

/* A clock as staff know it, and what meets it; the clock's own name where no act of theirs does. */
static const char *duty_words(const char *clock)
{
	static const struct {
		const char *clock, *words;
	} duties[] = {
		{ "stage1.acknowledge", "the acknowledgement (`case acknowledge REF`)" },
		{ "stage1.define", "the definition (`case define REF --definition TEXT`)" },
		{ "stage1.contact", "the first contact (`case contacted REF`)" },
		{ "stage1.respond", "the answer (`case respond REF --stage 1`)" },
		{ "stage1.extended", "the answer (`case respond REF --stage 1`)" },
		{ "stage2.accept",
			"a word about stage 2 (`case accept REF`, `case refuse REF --why TEXT`)" },
		{ "stage2.acknowledge", "the acknowledgement of stage 2 (`case accept REF`)" },
		{ "stage2.contact", "the first contact of stage 2 (`case contacted REF`)" },
		{ "stage2.respond", "the last answer (`case respond REF --stage 2`)" },
		{ "stage2.extended", "the last answer (`case respond REF --stage 2`)" },
		{ "enquiry.respond", "the answer (`case answered REF`)" },
		{ "survey.contact", "the contact about the survey (`case contacted REF`)" },
		{ "feedback.respond",
			"the answer (`case respond REF --stage 1`, or `case answered REF`)" },
		{ "conduct.respond", "the answer (`case respond REF --stage 1`)" },
		{ "hazard.emergency",
			"making the home safe (`case hazard REF --state made_safe`)" },
		{ "hazard.investigate", "looking into the hazard (`case hazard REF --state "
					"investigated`, or not_found)" },
		{ "hazard.summary",
			"the summary to the tenant (`case hazard REF --state summary`)" },
		{ "hazard.make_safe",
			"making the home safe (`case hazard REF --state made_safe`)" },
	};

	for (size_t i = 0; i < sizeof duties / sizeof duties[0]; i++)
		if (strcmp(duties[i].clock, clock) == 0)
			return duties[i].words;
	return clock;
}

/* What was promised to the resident, and is not done. */
static enum rd_rc check_no_action(struct rd_act *act, const char *otherwise, struct rd_err *err)
{
	struct rd_case_action *actions;
	size_t n;

	RD_TRY(rd_case_action_list(
		rd_tx_db(act->tx), act->matter.id, act->arena, &actions, &n, err));
	for (size_t i = 0; i < n; i++)
		if (actions[i].done_ms == 0)
			return rd_fail(err, RD_E_REFUSED,
				"action %" PRId64 " of case %s is not done yet (`case action done "
				"REF --action %" PRId64 "`); do it first, or %s with --force and "
				"say why nothing is owed",
				actions[i].id, act->matter.reference, actions[i].id, otherwise);
	return RD_OK;
}

/* otherwise: what is done to it with --force. */
static enum rd_rc check_nothing_owed(struct rd_act *act, const char *otherwise, struct rd_err *err)
{
	struct rd_case_clock *clocks;
	size_t n;

	RD_TRY(rd_case_clocks(rd_tx_db(act->tx), act->matter.id, act->arena, &clocks, &n, err));
	for (size_t i = 0; i < n; i++)
		if (clocks[i].met_ms == 0 && clocks[i].cancelled_ms == 0 &&
			rd_clock_is_owed(clocks[i].name))
			return rd_fail(err, RD_E_REFUSED,
				"case %s still owes %s; meet it first, or %s with --force and say "
				"why nothing is owed",
				act->matter.reference, duty_words(clocks[i].name), otherwise);
	return check_no_action(act, otherwise, err);
}

static const char *kinds_as_json(struct rd_act *act, enum rd_kind from, enum rd_kind to)
{
	return rd_arena_printf(act->arena, "{\"from\":\"%s\",\"to\":\"%s\"}", rd_kind_names[from],
		rd_kind_names[to]);
}

enum rd_rc rd_act_reclassify(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	enum rd_kind kind, const char *why, bool force, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	const char *cause;
	bool was_complaint;
	int64_t opener;

	RD_TRY(rd_act_begin_on_case(&act, db, office, case_id, err));
	RD_TRY(check_open(&act, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	if (act.matter.kind == kind && act.matter.status != RD_STATUS_REVIEW)
		return rd_fail(err, RD_E_REFUSED, "case %s is a %s already", act.matter.reference,
			rd_kind_names[kind]);
	was_complaint = act.matter.kind == RD_COMPLAINT && act.matter.stage != RD_STAGE_NONE;
	if (was_complaint && !force)
		RD_TRY(check_nothing_owed(&act, "reclassify", err));
	RD_TRY(rd_case_opener(rd_tx_db(act.tx), case_id, &opener, err));
	RD_TRY(label(&act, opener, kind, why, err));
	RD_TRY(rd_act_end_review_task(&act, opener, "reclassified", err));
	cause = rd_arena_printf(act.arena, "act:reclassify:%" PRId64, act.now_ms);
	RD_TRY(rd_settling_case(act.tx, office, case_id, kind, cause, act.arena, err));
	if (was_complaint)
		RD_TRY(rd_act_owe_telling(&act, cause, (struct rd_date){ 0 },
			"Tell the resident that this is no longer treated as a complaint, and why, "
			"and that they can ask the Ombudsman about that.",
			err));
	return rd_act_record_and_commit(
		&act, "reclassified", 0, kinds_as_json(&act, act.matter.kind, kind), err);
}

enum rd_rc rd_act_decide(struct rd_db *db, const struct rd_office *office, int64_t review_id,
	enum rd_kind kind, const char *why, int64_t *ret_case, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_review review;
	int64_t about;

	RD_TRY(rd_act_begin(&act, db, office, err));
	RD_TRY(rd_review_get(rd_tx_db(act.tx), review_id, act.arena, &review, err));
	RD_TRY(rd_act_take_case(&act, review.case_id, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	if (review.is_sample)
		RD_TRY(rd_settling_sample(
			act.tx, office, &review, kind, why, act.arena, &about, err));
	else
		RD_TRY(rd_settling_review(
			act.tx, office, &review, kind, why, false, act.arena, &about, err));
	RD_TRY(rd_act_record_and_commit(&act,
		review.is_sample ? "sample_checked" : "review_decided", 0,
		kinds_as_json(&act, review.best, kind), err));
	*ret_case = about;
	return RD_OK;
}

/* --- notes, closing, holds --- */

enum rd_rc rd_act_note(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *text, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };

	RD_TRY(rd_act_begin_on_case(&act, db, office, case_id, err));
	if (text[strspn(text, " \t\r\n")] == '\0')
		return rd_fail(err, RD_E_INPUT, "the note is empty");
	RD_TRY(rd_case_add_note(act.tx, case_id, office->actor.name, text, act.now_ms, err));
	return rd_act_record_and_commit(&act, "noted", 0, NULL, err);
}

enum rd_rc rd_act_close(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *why, bool force, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };

	RD_TRY(rd_act_begin_on_case(&act, db, office, case_id, err));
	RD_TRY(check_open(&act, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	if (!force)
		RD_TRY(check_nothing_owed(&act, "close", err));
	RD_TRY(rd_act_end_case(&act, why, err));
	if (act.matter.kind == RD_COMPLAINT)
		RD_TRY(rd_act_owe_telling(&act,
			rd_arena_printf(act.arena, "act:close:%" PRId64, act.now_ms),
			(struct rd_date){ 0 },
			"Tell the resident that the complaint is closed, and why, and that it can "
			"be opened again (`case reopen`).",
			err));
	return rd_act_record_and_commit(&act, "closed", 0, force ? "{\"force\":true}" : NULL, err);
}

enum rd_rc rd_act_lift_hold(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };

	RD_TRY(rd_act_begin_on_case(&act, db, office, case_id, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	if (!act.matter.held)
		return rd_fail(err, RD_E_REFUSED, "case %s is not held for safeguarding",
			act.matter.reference);
	RD_TRY(rd_case_lift_hold(act.tx, case_id, office->actor.name, why, act.now_ms, err));
	RD_TRY(rd_task_done_of_case(act.tx, case_id, rd_task_names[RD_TASK_SAFEGUARDING],
		office->actor.name, "the hold was lifted", act.now_ms, NULL, err));
	return rd_act_record_and_commit(&act, "hold_lifted", 0, NULL, err);
}
