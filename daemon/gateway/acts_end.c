/* Excluding, withdrawing, going to the Ombudsman. */
#include "redress/gateway/acts_end.h"

#include <string.h>

#include "redress/base/buf.h"
#include "redress/gateway/acts.h"
#include "redress/gateway/stage_act.h"

#define NAMES_BYTES_MAX 1000

/* --- excluding --- */

static enum rd_rc no_such_reason(
	const struct rd_landlord *landlord, const char *reason, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf names = RD_BUF(NAMES_BYTES_MAX);

	for (size_t i = 0; i < landlord->n_provisions; i++)
		if (landlord->provisions[i].kind == RD_PROVISION_EXCLUSION)
			RD_TRY(rd_buf_printf(&names, err, "%s%s", names.len > 0 ? ", " : "",
				landlord->provisions[i].name));
	if (names.len == 0)
		return rd_fail(err, RD_E_REFUSED,
			"the policy of %s has no reason to refuse a complaint; answer it",
			landlord->full_name);
	return rd_fail(err, RD_E_INPUT, "say with --reason one of %s%s%s%s", rd_buf_str(&names),
		reason != NULL ? " (not `" : "", reason != NULL ? reason : "",
		reason != NULL ? "`)" : "");
}

/* Each on its merits (Code 2.5): what the policy itself excepts was looked at, by whom it says. */
static enum rd_rc check_exclusion(const struct rd_provision *provision,
	const struct rd_act_exclusion *exclusion, struct rd_err *err)
{
	const char *unless = rd_stanza_value(provision->stanza, "Unless", NULL);
	const char *decides = rd_stanza_value(provision->stanza, "Decided by", NULL);

	if (unless != NULL && exclusion->why == NULL)
		return rd_fail(err, RD_E_REFUSED,
			"the policy makes an exception: %s. Say with --why, in words for the "
			"resident, why that is not so here",
			unless);
	if (exclusion->why != NULL)
		RD_TRY(rd_act_check_text(exclusion->why, "the reason (--why)", err));
	if (decides != NULL && exclusion->decided_by == NULL)
		return rd_fail(err, RD_E_REFUSED,
			"the policy lets %s decide that: name who it was with --decided-by",
			decides);
	if (exclusion->decided_by == NULL)
		return RD_OK;
	return rd_stage_act_check_person(
		exclusion->decided_by, "who decided it (--decided-by)", err);
}

/* The policy's own words, then staff's. */
static const char *reasons_of(struct rd_act *act, const struct rd_provision *provision,
	const struct rd_act_exclusion *exclusion)
{
	const char *reasons = rd_arena_printf(act->arena, "Because %s.%s%s",
		rd_stanza_value(provision->stanza, "Says", ""), exclusion->why != NULL ? "\n" : "",
		exclusion->why != NULL ? exclusion->why : "");

	RD_ASSERT(reasons != NULL);
	return reasons;
}

enum rd_rc rd_act_exclude(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const struct rd_act_exclusion *exclusion, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	const struct rd_provision *provision = NULL;
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_EXCLUDE, err));
	if (exclusion->reason != NULL)
		provision = rd_landlord_provision(
			&stage.kept, RD_PROVISION_EXCLUSION, exclusion->reason);
	if (provision == NULL)
		return no_such_reason(&stage.kept, exclusion->reason, err);
	RD_TRY(check_exclusion(provision, exclusion, err));
	RD_TRY(rd_stage_act_on(&act, &stage, exclusion->given_on,
		rd_date_of(act.matter.received_ms), "the day on which the resident was told", err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_EXCLUDED, exclusion->decided_by,
		provision->name, reasons_of(&act, provision, exclusion), err));
	RD_TRY(rd_act_end_case(&act,
		rd_arena_printf(act.arena, "no complaint under the policy: %s", provision->name),
		err));
	RD_TRY(rd_stage_act_tell(&act, &stage, RD_LETTER_EXCLUSION,
		rd_date_is_set(exclusion->given_on), stage.today,
		"Tell the resident why this is no complaint under the policy, and that the "
		"Ombudsman can look at that: the text gives no reasons.",
		err));
	return rd_stage_act_commit(&act, &stage, err);
}

/* --- withdrawing, referring --- */

enum rd_rc rd_act_withdraw(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_WITHDRAW, err));
	RD_TRY(rd_act_check_text(why, "how the resident said it (--why)", err));
	RD_TRY(rd_stage_act_put(&act, &stage, RD_DID_WITHDRAWN, NULL, NULL, why, err));
	RD_TRY(rd_act_end_case(
		&act, rd_arena_printf(act.arena, "withdrawn by the resident: %s", why), err));
	/* No letter goes of it. After the end, which does all other tasks. */
	RD_TRY(rd_act_owe_telling(&act, stage.cause, (struct rd_date){ 0 },
		"Tell the resident that the complaint is closed because they withdrew it, and "
		"that it can be opened again (`case reopen`).",
		err));
	return rd_stage_act_commit(&act, &stage, err);
}

enum rd_rc rd_act_refer(struct rd_db *db, const struct rd_office *office, int64_t case_id,
	struct rd_date on, const char *why, struct rd_err *err)
{
	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
	struct rd_stage_act stage;

	RD_TRY(rd_stage_act_begin(&act, &stage, db, office, case_id, RD_MOVE_REFER, err));
	RD_TRY(rd_stage_act_on(&act, &stage, on, rd_date_of(act.matter.received_ms),
		"the day on which it went to the Ombudsman", err));
	if (why != NULL)
		RD_TRY(rd_act_check_text(why, "the reason (--why)", err));
	RD_TRY(rd_stage_act_put(
		&act, &stage, RD_DID_REFERRED, NULL, stage.kept.ombudsman.name, why, err));
	return rd_stage_act_commit(&act, &stage, err);
}
