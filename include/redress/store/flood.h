/* flood: how many mails a sender has written lately, and the one task that stands for all that were
 * too many.
 *
 * A From can be anybody's: mail is counted by its From and by what is proved of it. What passed the
 * mail server's checks, what failed them, what it said nothing of and what a web form names
 * (form.h) are counts apart, so that nobody's mail is one too many for what others wrote in that
 * name. All mail without a From is one sender's.
 *
 * The task's cause says whose and which landlord's they are (a keyed hash, no address). It stands
 * until a person has done it; a flood that goes on after that has a new one.
 */
#ifndef REDRESS_STORE_FLOOD_H
#define REDRESS_STORE_FLOOD_H

#include "redress/base/date.h"
#include "redress/message/message.h"
#include "redress/store/db.h"

#define RD_FLOOD_CAUSE_MAX 96

const char *rd_flood_cause(struct rd_db *db, const struct rd_message *message, const char *landlord,
	char out[static RD_FLOOD_CAUSE_MAX]);

/* Messages of this one's sender received in (from_ms, to_ms] that were decided already; counts to
 * max. */
RD_MUST_USE enum rd_rc rd_flood_count(struct rd_db *db, const struct rd_message *message,
	int64_t from_ms, int64_t to_ms, int max, int *ret_n, struct rd_err *err);

/* The case of the task that stands, where it has one that is not closed; 0: none. */
RD_MUST_USE enum rd_rc rd_flood_case(
	struct rd_db *db, const char *cause, int64_t *ret_case_id, struct rd_err *err);

/* One more message: a new task, or the one that stands counts it. case_id: where the flood has got
 * a case of its own with this message; 0 else. */
struct rd_flood_note {
	const char *cause, *text, *landlord;
	int64_t case_id, message_id;
	struct rd_date due;
};
RD_MUST_USE enum rd_rc rd_flood_note(
	struct rd_tx *tx, const struct rd_flood_note *note, int64_t now_ms, struct rd_err *err);

#endif
