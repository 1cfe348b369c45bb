/* Cases that hang together: linked, one taken into the other, one split off. */
#include "redress/gateway/acts_end.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "redress/gateway/acts.h"
#include "redress/gateway/casework.h"
#include "redress/gateway/stage_act.h"

static const char *number_of(struct rd_act *act, int64_t case_id)
{
	const char *text = rd_arena_printf(act->arena, "%" PRId64, case_id);

	RD_ASSERT(text != NULL);
	return text;
}

/* --- linking --- */

/* Whichever is held by the link now that was not before: a person is told, the same day. */
static enum rd_rc tell_if_held(struct rd_act *act, const struct rd_stage_act *stage,
	const struct rd_case *was, struct rd_err *err)
{
	struct rd_case now;

	RD_TRY(rd_case_get(rd_tx_db(act->tx), was->id, act->arena, &now, err));
	if (was->held || !now.held)
		return RD_OK;
	return rd_casework_task(act->tx, act->office, RD_TASK_SAFEGUARDING, was->id, 0, 0,
		was->landlord, stage->today, stage->cause, false, err);
}

static enum rd_rc link_cases(struct rd_act *act, const struct rd_stage_act *stage,
	const struct rd_case *other, struct rd_err *err)
{
	RD_TRY(rd_case_link(act->tx, act->matter.id, other->id, RD_LINK_RELATED, act->now_ms, err));
	RD_TRY(tell_if_held(act, stage, &act->matter, err));
	return tell_if_held(act, stage, other, err);
}

enum rd_rc rd_act_link(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	int64_t other_id, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;
	struct rd_case other;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_LINK, err));
	RD_TRY(rd_case_get(rd_tx_db(act.tx), other_id, act.arena, &other, err));
	if (strcmp(other.landlord, act.matter.landlord) != 0)
		return rd_fail(err, RD_E_REFUSED, "the two cases are of different landlords");
	RD_TRY(rd_stage_act_put(
		&act, &stage, RD_DID_LINKED, NULL, number_of(&act, other_id), NULL, err));
	RD_TRY(link_cases(&act, &stage, &other, err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- merging --- */

/* Showing one resident another's case is a data breach: only what is hers comes in. Both are the
 * same person's now, and nobody has ever stood on the one who is unknown on the other. */
static enum rd_rc check_same_resident(
	struct rd_act *act, const struct rd_case *into, struct rd_err *err)
{
	struct rd_case_contact *contacts;
	bool same = act->matter.contact[0] != '\0' &&
		    strcasecmp(act->matter.contact, into->contact) == 0;
	size_t n;

	RD_TRY(rd_case_contacts(rd_tx_db(act->tx), act->matter.id, act->arena, &contacts, &n, err));
	for (size_t i = 0; same && i < n; i++)
		RD_TRY(rd_case_knows(rd_tx_db(act->tx), into->id, contacts[i].address, &same, err));
	if (same)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"case %s and case %s are not of one resident alone, and one resident may not see "
		"another's; link them instead (`case link REF --to OTHER`)",
		act->matter.reference, into->reference);
}

/* Its clocks end with it, so it may owe no answer of a stage that the other has not come to. */
static enum rd_rc check_from(const struct rd_act *act, struct rd_err *err)
{
	if (act->matter.stage != RD_STAGE_2 && act->matter.status != RD_STATUS_ANSWERED)
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED,
		"case %s was answered or is at stage 2, and is owed what follows from that; link "
		"the two instead (`case link REF --to OTHER`)",
		act->matter.reference);
}

static enum rd_rc check_into(struct rd_act *act, const struct rd_case *into,
	const struct rd_stage_act *stage, struct rd_err *err)
{
	struct rd_standing standing;

	if (into->id == act->matter.id)
		return rd_fail(err, RD_E_INPUT, "a case cannot be taken into itself");
	if (strcmp(into->landlord, act->matter.landlord) != 0)
		return rd_fail(err, RD_E_REFUSED, "the two cases are of different landlords");
	if (into->kind != RD_COMPLAINT)
		return rd_fail(err, RD_E_REFUSED,
			"case %s is %s, and a complaint is taken into another complaint alone; "
			"link "
			"the two instead (`case link`)",
			into->reference, rd_kind_words[into->kind]);
	RD_TRY(rd_progress_standing(
		rd_tx_db(act->tx), into, stage->today, act->arena, &standing, err));
	if (into->stage != RD_STAGE_1 || into->status != RD_STATUS_OPEN || standing.answered)
		return rd_fail(err, RD_E_REFUSED,
			"case %s is no open complaint whose stage 1 is unanswered, so nothing can "
			"be "
			"added to it any more (Code 6.8); leave case %s a complaint of its own, "
			"and "
			"link them (`case link`)",
			into->reference, act->matter.reference);
	if (into->received_ms > act->matter.received_ms)
		return rd_fail(err, RD_E_REFUSED,
			"case %s was received later than case %s, whose dates are sooner; take the "
			"later one into the earlier",
			into->reference, act->matter.reference);
	return check_same_resident(act, into, err);
}

static enum rd_rc move_into(struct rd_act *act, const struct rd_case *into, struct rd_err *err)
{
	const struct rd_case *from = &act->matter;
	int64_t *messages;
	size_t n;

	RD_TRY(rd_case_add_flags(act->tx, into->id, from->flags, err));
	RD_TRY(rd_case_add_topics(act->tx, into->id, from->topics, from->n_topics, err));
	RD_TRY(rd_case_add_marks(act->tx, into->id, from->marks, from->n_marks, err));
	RD_TRY(rd_case_messages(rd_tx_db(act->tx), from->id, act->arena, &messages, &n, err));
	for (size_t i = 0; i < n; i++)
		RD_TRY(rd_case_add_message(act->tx, into->id, messages[i], act->now_ms, err));
	return RD_OK;
}

/* The other case tells where it came from; and its resident, that it is looked into there. */
static enum rd_rc took_in(struct rd_act *act, const struct rd_stage_act *stage,
	const struct rd_case *into, struct rd_err *err)
{
	const struct rd_case from = act->matter;
	struct rd_stage_act other = *stage;

	act->matter = *into;
	RD_TRY(rd_stage_act_put(
		act, &other, RD_DID_TOOK_IN, NULL, number_of(act, from.id), NULL, err));
	RD_TRY(rd_act_owe_telling(act, other.cause, (struct rd_date){ 0 },
		"Tell the resident that what they told us in another case is looked into in this "
		"one.",
		err));
	RD_TRY(rd_casework_audit(act->tx, act->office, RD_DID_TOOK_IN, into->id, 0, 0,
		rd_arena_printf(act->arena, "{\"act\":%" PRId64 "}", other.act_id), err));
	act->matter = from;
	return RD_OK;
}

enum rd_rc rd_act_merge(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	int64_t into_id, const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;
	struct rd_case into;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_MERGE, err));
	RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	RD_TRY(rd_case_get(rd_tx_db(act.tx), into_id, act.arena, &into, err));
	RD_TRY(check_from(&act, err));
	RD_TRY(check_into(&act, &into, &stage, err));
	RD_TRY(rd_stage_act_put(
		&act, &stage, RD_DID_MERGED, NULL, number_of(&act, into_id), why, err));
	RD_TRY(move_into(&act, &into, err));
	RD_TRY(link_cases(&act, &stage, &into, err));
	RD_TRY(took_in(&act, &stage, &into, err));
	RD_TRY(rd_act_end_case(
		&act, rd_arena_printf(act.arena, "taken into case %s", into.reference), err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- splitting --- */

/* The new case, with whoever gets the letters of the old one. */
static enum rd_rc open_split(struct rd_act *act, const struct rd_stage_act *stage,
	const struct rd_act_split *split, int64_t *ret_case, struct rd_err *err)
{
	struct rd_facts facts = { .now_ms = act->now_ms,
		.received_ms = stage->at_ms,
		.first_seen_ms = stage->at_ms,
		.related_held = act->matter.held };
	struct rd_matter matter = {
		.joined_case = act->matter.id,
		.landlord = act->matter.landlord,
		.channel = act->matter.channel,
		.source = "",
		.subject = act->matter.subject,
		.outcome = "",
		.topics = split->topics,
		.n_topics = split->n_topics,
		.received_ms = stage->at_ms,
		.cause = stage->cause,
	};
	const bool no_flags[RD_N_FLAGS] = { false };
	struct rd_case_contact to = { 0 };
	struct rd_verdict verdict;

	RD_TRY(rd_casework_main_contact(rd_tx_db(act->tx), act->matter.id, act->arena, &to, err));
	matter.address = to.address;
	matter.name = to.name;
	matter.letters_by = to.channel;
	matter.proposed = to.proposed;
	facts.channel = to.channel == RD_BY_EMAIL ? RD_CHANNEL_EMAIL : RD_CHANNEL_SMS;
	facts.no_address =
		to.address[0] == '\0' || (to.channel != RD_BY_EMAIL && to.channel != RD_BY_SMS);
	rd_decide_settled(RD_COMPLAINT, &facts, no_flags, split->n_topics, &act->policy->landlord,
		act->policy->calendar, &verdict);
	verdict.fate = RD_FATE_OPENED;
	verdict.linked = true;
	return rd_casework_apply(
		act->tx, act->office, &matter, &verdict, act->arena, ret_case, err);
}

/* The letter of the new case says nothing of the old one. */
static enum rd_rc owe_word_of_split(
	struct rd_act *act, const struct rd_stage_act *stage, int64_t part_id, struct rd_err *err)
{
	const struct rd_case from = act->matter;

	RD_TRY(rd_case_get(rd_tx_db(act->tx), part_id, act->arena, &act->matter, err));
	RD_TRY(rd_act_owe_telling(act, stage->cause, (struct rd_date){ 0 },
		rd_arena_printf(act->arena,
			"Tell the resident that case %s came out of their case %s, and why both "
			"go on by themselves.",
			act->matter.reference, from.reference),
		err));
	if (act->matter.contact[0] == '\0') /* else the case would have come from nowhere */
		RD_TRY(rd_case_add_note(act->tx, part_id, act->office->actor.name,
			"Split off by hand; neither an address nor a number is known.", act->now_ms,
			err));
	act->matter = from;
	return RD_OK;
}

enum rd_rc rd_act_split(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const struct rd_act_split *split, int64_t *ret_case, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_SPLIT, err));
	RD_TRY(rd_act_check_text(split->why, "the reason (--why)", err));
	if (split->n_topics == 0)
		return rd_fail(err, RD_E_INPUT, "say with --topic what the new case is about");
	RD_TRY(rd_act_check_topics(split->topics, split->n_topics, err));
	RD_TRY(rd_stage_act_on(&act, &stage, split->received, rd_date_of(act.matter.received_ms),
		"the day on which the resident told it", err));
	/* The number of the new case stands in the link, and in its own first row of the audit. */
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_SPLIT, NULL, NULL, split->why, err));
	RD_TRY(open_split(&act, &stage, split, ret_case, err));
	RD_TRY(owe_word_of_split(&act, &stage, *ret_case, err));
	if (split->definition != NULL) {
		RD_TRY(rd_act_check_text(
			split->definition, "the complaint definition (--definition)", err));
		RD_TRY(rd_case_set_definition(act.tx, *ret_case, split->definition, err));
	}
	return rd_stage_act_commit(&act, &stage, err);
}
