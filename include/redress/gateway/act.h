/* act: one act of staff on its way: its transaction, its memory, the case it is about. Private to
 * the acts (acts.h); every act begins with one of the begins, ends with record_and_commit, and
 * rolls back on every other way out.
 *
 *	RD_CLEANUP(rd_act_end) struct rd_act act = { 0 };
 *	RD_TRY(rd_act_begin_on_case(&act, db, office, case_id, err));
 */
#ifndef REDRESS_GATEWAY_ACT_H
#define REDRESS_GATEWAY_ACT_H

#include "redress/gateway/office.h"
#include "redress/policy/letter.h"
#include "redress/store/casebook.h"

struct rd_act {
	struct rd_db *db;
	const struct rd_office *office;
	struct rd_tx *tx;
	struct rd_arena *arena;
	int64_t now_ms;
	struct rd_case matter; /* id 0: about none */
	const struct rd_policy *policy;
	bool by_text; /* the last letter went by text */
};

RD_MUST_USE enum rd_rc rd_act_begin(
	struct rd_act *act, struct rd_db *db, const struct rd_office *office, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_act_take_case(struct rd_act *act, int64_t case_id, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_act_begin_on_case(struct rd_act *act, struct rd_db *db,
	const struct rd_office *office, int64_t case_id, struct rd_err *err);
/* The audit's row in the actor's name; detail: JSON object, NULL for none. */
RD_MUST_USE enum rd_rc rd_act_record_and_commit(struct rd_act *act, const char *what,
	int64_t outbox_id, const char *detail, struct rd_err *err);
void rd_act_end(struct rd_act *act);

/* Something was said, and not too much; what names it in the error. */
RD_MUST_USE enum rd_rc rd_act_check_text(const char *text, const char *what, struct rd_err *err);

/* A topic is printed by letters in the middle of a sentence. */
RD_MUST_USE enum rd_rc rd_act_check_topics(const char *const *topics, size_t n, struct rd_err *err);

/* A letter that a person asks for: it needs no further approval. Refused while the case is held,
 * the resident is not known yet, or there is nowhere to write to. due: the day that it must not
 * miss; unset for none. */
RD_MUST_USE enum rd_rc rd_act_send_letter(struct rd_act *act, enum rd_letter_kind letter,
	bool meets_clock, struct rd_date due, const char *cause, int64_t *ret_outbox_id,
	struct rd_err *err);
/* What no letter tells the resident is a person's task, RD_ACT_TASK_TELL, by that day; unset: by
 * the next working day. */
RD_MUST_USE enum rd_rc rd_act_owe_telling(struct rd_act *act, const char *cause, struct rd_date due,
	const char *text, struct rd_err *err);

/* The review of this message alone is done: one that joined waits for its own decision. */
RD_MUST_USE enum rd_rc rd_act_end_review_task(
	struct rd_act *act, int64_t message_id, const char *how, struct rd_err *err);

/* Those of that letter that have not left: what they say is no longer so. */
RD_MUST_USE enum rd_rc rd_act_cancel_letters(
	struct rd_act *act, enum rd_letter_kind letter, const char *why, struct rd_err *err);

/* The case is closed: its reviews are decided, its unsent letters and running clocks cancelled, its
 * tasks done, but for those that outlive it: safeguarding, promised and ordered actions,
 * restrictions. */
RD_MUST_USE enum rd_rc rd_act_end_case(struct rd_act *act, const char *why, struct rd_err *err);

/* An address or number that a person gave, as the store keeps it: *ret_contact in the act's arena,
 * or the caller's own words, "" for none; *ret_channel: what letters can go by, untouched where it
 * is a number that takes no texts. */
RD_MUST_USE enum rd_rc rd_act_check_contact(struct rd_act *act, const char *contact,
	const char **ret_contact, enum rd_case_channel *ret_channel, struct rd_err *err);

#endif
