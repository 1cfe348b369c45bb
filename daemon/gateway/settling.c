#include "redress/gateway/settling.h"

#include <inttypes.h>
#include <string.h>

#include "redress/gateway/guards.h"
#include "redress/store/labels.h"
#include "redress/gateway/staff.h"
#include "redress/store/outbox.h"
#include "redress/store/queue.h"
#include "redress/store/reading.h"
#include "redress/store/tasks.h"

/* What the decision must know of a case that is there already. */
static enum rd_rc facts_of_case(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *matter, const struct rd_case_contact *to, int64_t message_id,
	struct rd_arena *arena, struct rd_facts *facts, struct rd_err *err)
{
	struct rd_db *db = rd_tx_db(tx);

	*facts = (struct rd_facts){ 0 };
	facts->channel = to->channel == RD_BY_EMAIL ? RD_CHANNEL_EMAIL : RD_CHANNEL_SMS;
	facts->joined.present = true;
	facts->joined.kind = matter->kind;
	facts->joined.stage = matter->stage;
	facts->joined.status = matter->status;
	facts->joined.received = rd_date_of(matter->received_ms);
	memcpy(facts->joined.flags, matter->flags, sizeof matter->flags);
	facts->joined.n_topics = matter->n_topics;
	facts->joined.safeguarding_hold = matter->held;
	facts->sender_known = true;
	facts->received_ms = matter->received_ms;
	facts->first_seen_ms = matter->received_ms;
	facts->now_ms = rd_office_now(office);
	RD_TRY(rd_guards_text_answered(
		db, matter->id, arena, &facts->joined.first_text_answered, err));
	RD_TRY(rd_guards_may_answer(db, office, to->address, message_id, arena, facts, err));
	if (to->channel != RD_BY_EMAIL && to->channel != RD_BY_SMS)
		facts->no_address = true;
	return RD_OK;
}

enum rd_rc rd_settling_case(struct rd_tx *tx, const struct rd_office *office, int64_t case_id,
	enum rd_kind kind, const char *cause, struct rd_arena *arena, struct rd_err *err)
{
	struct rd_matter matter = { .cause = cause, .source = "", .subject = "", .outcome = "" };
	const struct rd_policy *policy;
	struct rd_case_contact to;
	struct rd_verdict verdict;
	struct rd_facts facts;
	struct rd_landlord kept;
	struct rd_case was;
	int64_t message_id, n;

	/* First, so that a text which never left does not count as the number's first answer. */
	RD_TRY(rd_outbox_cancel_case(
		tx, case_id, "the case was decided anew", rd_office_now(office), &n, err));
	RD_TRY(rd_case_get(rd_tx_db(tx), case_id, arena, &was, err));
	RD_TRY(rd_office_policy(office, was.landlord, &policy, err));
	RD_TRY(rd_office_case_landlord(office, rd_tx_db(tx), case_id, policy, arena, &kept, err));
	RD_TRY(rd_casework_main_contact(rd_tx_db(tx), case_id, arena, &to, err));
	RD_TRY(rd_case_opener(rd_tx_db(tx), case_id, &message_id, err));
	RD_TRY(facts_of_case(tx, office, &was, &to, message_id, arena, &facts, err));
	matter.landlord = was.landlord;
	matter.address = to.address;
	matter.name = to.name;
	matter.channel = was.channel;
	matter.letters_by = to.channel;
	matter.received_ms = was.received_ms;
	rd_decide_settled(kind, &facts, was.flags, was.n_topics, &kept, policy->calendar, &verdict);
	return rd_casework_resettle(tx, office, &was, &matter, &verdict, arena, err);
}

/* --- a message that joined --- */

/* A complaint that grew from the case and is open: a second one is not opened. */
static enum rd_rc open_linked_complaint(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	int64_t *ret_case, struct rd_err *err)
{
	struct rd_case_linked *links;
	struct rd_case other;
	size_t n;

	*ret_case = 0;
	RD_TRY(rd_case_links(db, case_id, arena, &links, &n, err));
	for (size_t i = 0; i < n && *ret_case == 0; i++) {
		if (links[i].how != RD_LINK_GREW)
			continue;
		RD_TRY(rd_case_get(db, links[i].id, arena, &other, err));
		if (other.kind == RD_COMPLAINT && other.status != RD_STATUS_CLOSED)
			*ret_case = other.id;
	}
	return RD_OK;
}

/* What stands against answering the one who wrote; where the joined case does not know him, against
 * writing to whoever gets the letters there. */
static enum rd_rc look_at_recipient(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *joined, const struct rd_message *message, int64_t message_id,
	struct rd_arena *arena, struct rd_facts *facts, struct rd_err *err)
{
	struct rd_db *db = rd_tx_db(tx);
	const char *sender = message->from.address;

	RD_TRY(rd_guards_may_answer(db, office, sender, message_id, arena, facts, err));
	/* An address that a form names, or that failed its checks, may be anybody's. */
	if (sender[0] != '\0' && !message->by_form && !facts->unauthenticated)
		RD_TRY(rd_case_knows(db, joined->id, sender, &facts->sender_known, err));
	return facts->sender_known
		       ? RD_OK
		       : rd_guards_case_contact(db, office, joined->id, arena, facts, err);
}

/* Where nobody has looked at what a colleague passed on, no letter goes for it by itself. */
static void wait_for_a_person(const struct rd_office *office, struct rd_matter *matter,
	struct rd_verdict *verdict, struct rd_arena *arena)
{
	struct rd_passed_on passed;

	rd_staff_look(office, matter->message, &passed);
	if (!passed.by_staff || office->actor.uid != -1 || verdict->letter == RD_LETTER_NONE)
		return;
	verdict->letter_waits = true;
	RD_ASSERT(verdict->n_tasks < RD_VERDICT_TASKS_MAX);
	verdict->tasks[verdict->n_tasks++] = (struct rd_verdict_task){ .kind = RD_TASK_RESIDENT,
		.day = rd_date_of(rd_office_now(office)) };
	matter->resident_task = rd_staff_task_words(&passed, true, arena);
}

/* Received on the message's day: that is when dissatisfaction was expressed (promise 12). */
static enum rd_rc open_linked(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *joined, int64_t message_id, struct rd_arena *arena, int64_t *ret_case,
	struct rd_err *err)
{
	struct rd_message message = { 0 };
	struct rd_score score = { 0 };
	const struct rd_policy *policy;
	struct rd_message_row row;
	struct rd_facts facts = { .related_held = joined->held };
	struct rd_verdict verdict;
	const char *ruleset;
	bool erased;
	struct rd_matter matter = {
		.message_id = message_id,
		.joined_case = joined->id,
		.landlord = joined->landlord,
		.outcome = "",
	};

	RD_TRY(rd_office_policy(office, joined->landlord, &policy, err));
	RD_TRY(rd_queue_show(rd_tx_db(tx), message_id, arena, &row, err));
	RD_TRY(rd_reading_get(
		rd_tx_db(tx), message_id, arena, &message, &score, &ruleset, &erased, err));
	matter.channel = row.channel == RD_CHANNEL_EMAIL ? RD_BY_EMAIL : RD_BY_SMS;
	matter.letters_by = matter.channel;
	matter.address = message.from.address;
	matter.name = message.from.name;
	matter.subject = message.subject;
	matter.message = &message;
	matter.score = &score;
	matter.received_ms = row.received_ms;
	matter.source = row.source;
	matter.cause = rd_arena_printf(arena, "message:%" PRId64, row.id);
	facts.channel = row.channel;
	facts.received_ms = row.received_ms;
	facts.now_ms = rd_office_now(office);
	RD_TRY(look_at_recipient(tx, office, joined, &message, message_id, arena, &facts, err));
	rd_decide_settled(RD_COMPLAINT, &facts, score.flags,
		score.n_topics > 0 ? score.n_topics : joined->n_topics, &policy->landlord,
		policy->calendar, &verdict);
	verdict.fate = RD_FATE_OPENED;
	verdict.linked = true;
	wait_for_a_person(office, &matter, &verdict, arena);
	memcpy(verdict.flags, score.flags, sizeof verdict.flags);
	return rd_casework_apply(tx, office, &matter, &verdict, arena, ret_case, err);
}

/* The clock that ran on the case while nobody knew whether the message was a complaint; a case of
 * nothing was kept open for that alone. */
static enum rd_rc end_doubt(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *joined, struct rd_arena *arena, struct rd_err *err)
{
	const int64_t now_ms = rd_office_now(office);
	struct rd_review *left;
	size_t n;

	if (joined->kind == RD_COMPLAINT || joined->status == RD_STATUS_REVIEW)
		return RD_OK;
	RD_TRY(rd_review_list(rd_tx_db(tx), joined->id, false, arena, &left, &n, err));
	if (n > 0)
		return RD_OK;
	RD_TRY(rd_case_cancel_clock(
		tx, joined->id, rd_clock_names[RD_CLOCK_STAGE1_ACKNOWLEDGE], now_ms, err));
	if (joined->kind != RD_OTHER || joined->status == RD_STATUS_CLOSED)
		return RD_OK;
	return rd_case_set_status(
		tx, joined->id, RD_STATUS_CLOSED, RD_CASEWORK_NOTHING_OWED, now_ms, err);
}

/* The complaint that a message on this case turns out to be: linked to it, one of its own unless
 * there is one already. *ret_case: where it is. */
static enum rd_rc have_linked_complaint(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_case *joined, int64_t message_id, struct rd_arena *arena, int64_t *ret_case,
	struct rd_err *err)
{
	*ret_case = joined->id;
	if (joined->kind == RD_COMPLAINT)
		return RD_OK;
	RD_TRY(open_linked_complaint(rd_tx_db(tx), joined->id, arena, ret_case, err));
	if (*ret_case != 0)
		return RD_OK;
	return open_linked(tx, office, joined, message_id, arena, ret_case, err);
}

static enum rd_rc settle_joined(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_review *review, enum rd_kind kind, struct rd_arena *arena,
	int64_t *ret_case, struct rd_err *err)
{
	struct rd_case joined;

	RD_TRY(rd_case_get(rd_tx_db(tx), review->case_id, arena, &joined, err));
	*ret_case = joined.id;
	if (kind == RD_COMPLAINT)
		RD_TRY(have_linked_complaint(
			tx, office, &joined, review->message_id, arena, ret_case, err));
	return end_doubt(tx, office, &joined, arena, err);
}

/* --- reviews --- */

enum rd_rc rd_settling_opened(
	struct rd_db *db, const struct rd_review *review, bool *ret_opened, struct rd_err *err)
{
	int64_t opener;

	RD_TRY(rd_case_opener(db, review->case_id, &opener, err));
	*ret_opened = review->message_id == 0 || review->message_id == opener;
	return RD_OK;
}

/* The task to decide this very message; another one of the case still waits. */
static enum rd_rc task_of_review_done(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_review *review, bool is_default, struct rd_arena *arena, struct rd_err *err)
{
	struct rd_task *tasks;
	size_t n;

	RD_TRY(rd_task_list_case(rd_tx_db(tx), review->case_id, arena, &tasks, &n, err));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(tasks[i].kind, rd_task_names[RD_TASK_REVIEW]) != 0 ||
			tasks[i].message_id != review->message_id || tasks[i].done_ms != 0)
			continue;
		RD_TRY(rd_task_done(tx, tasks[i].id, office->actor.name,
			is_default ? "a complaint by default" : "decided", rd_office_now(office),
			err));
	}
	return RD_OK;
}

static enum rd_rc put_label(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_review *review, enum rd_label_how how, enum rd_kind kind, const char *why,
	struct rd_err *err)
{
	const struct rd_label label = {
		.message_id = review->message_id,
		.case_id = review->case_id,
		.how = how,
		.was = review->best,
		.kind = kind,
		.by = office->actor.name,
		.by_uid = office->actor.uid,
		.why = why,
	};

	return rd_label_put(tx, &label, rd_office_now(office), err);
}

enum rd_rc rd_settling_review(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_review *review, enum rd_kind kind, const char *why, bool is_default,
	struct rd_arena *arena, int64_t *ret_case, struct rd_err *err)
{
	const char *cause = is_default ? "act:default"
				       : rd_arena_printf(arena, "act:review:%" PRId64, review->id);
	bool opened = false;

	RD_TRY(rd_settling_opened(rd_tx_db(tx), review, &opened, err));
	RD_TRY(rd_review_decide(tx, review->id, kind, office->actor.name, office->actor.uid, why,
		is_default, rd_office_now(office), err));
	if (!is_default)
		RD_TRY(put_label(tx, office, review, RD_LABEL_REVIEW, kind, why, err));
	RD_TRY(task_of_review_done(tx, office, review, is_default, arena, err));
	if (!opened)
		return settle_joined(tx, office, review, kind, arena, ret_case, err);
	*ret_case = review->case_id;
	return rd_settling_case(tx, office, review->case_id, kind, cause, arena, err);
}

/* --- samples --- */

static bool is_sure_request(const struct rd_matter *matter, const struct rd_verdict *verdict)
{
	return (verdict->fate == RD_FATE_OPENED || verdict->fate == RD_FATE_JOINED) &&
	       verdict->kind == RD_SERVICE_REQUEST && !verdict->review && matter->score != NULL &&
	       !verdict->old && !verdict->safeguarding_hold;
}

enum rd_rc rd_settling_take_sample(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_matter *matter, const struct rd_verdict *verdict, int64_t case_id,
	struct rd_err *err)
{
	const struct rd_review sample = {
		.message_id = matter->message_id,
		.case_id = case_id,
		.best = RD_SERVICE_REQUEST,
		.reasons = "read by the rules as a request for service",
		.is_sample = true,
	};
	struct rd_db *db = rd_tx_db(tx);
	int64_t id;

	if (!is_sure_request(matter, verdict) || verdict->stage != RD_STAGE_NONE ||
		!rd_review_is_chosen(rd_db_store(db), matter->message_id))
		return RD_OK;
	return rd_review_put(tx, &sample, rd_office_now(office), &id, err);
}

static enum rd_rc check_words_are_there(
	struct rd_db *db, int64_t message_id, struct rd_arena *arena, struct rd_err *err)
{
	struct rd_message message;
	struct rd_score score;
	const char *ruleset;
	bool erased;

	RD_TRY(rd_reading_get(db, message_id, arena, &message, &score, &ruleset, &erased, err));
	if (!erased)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"the words of this message were erased: nobody can check any more what it was");
}

enum rd_rc rd_settling_sample(struct rd_tx *tx, const struct rd_office *office,
	const struct rd_review *sample, enum rd_kind kind, const char *why, struct rd_arena *arena,
	int64_t *ret_case, struct rd_err *err)
{
	const char *cause = rd_arena_printf(arena, "act:sample:%" PRId64, sample->id);
	struct rd_db *db = rd_tx_db(tx);
	struct rd_case matter;
	bool opened = false;

	RD_TRY(check_words_are_there(db, sample->message_id, arena, err));
	RD_TRY(rd_settling_opened(db, sample, &opened, err));
	RD_TRY(rd_review_decide(tx, sample->id, kind, office->actor.name, office->actor.uid, why,
		false, rd_office_now(office), err));
	RD_TRY(put_label(tx, office, sample, RD_LABEL_SAMPLE, kind, why, err));
	RD_TRY(rd_case_get(db, sample->case_id, arena, &matter, err));
	*ret_case = matter.id;
	if (kind == matter.kind || matter.kind == RD_COMPLAINT)
		return RD_OK;
	if (opened && matter.status != RD_STATUS_CLOSED)
		return rd_settling_case(tx, office, matter.id, kind, cause, arena, err);
	if (kind != RD_COMPLAINT)
		return RD_OK;
	return have_linked_complaint(tx, office, &matter, sample->message_id, arena, ret_case, err);
}
