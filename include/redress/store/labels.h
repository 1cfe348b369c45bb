/* labels: what people said that a message is, kept for rules to learn from.
 *
 * Each correction is a row of its own and none is ever changed: who said it, when, what it was
 * taken for and what it is. The last one of a message counts. A label names its message and its
 * case by number and holds no word of the resident's, so it stays as long as the message's row
 * does, erased or not; `why` is what a member of staff wrote about somebody, and is emptied when
 * that person is erased.
 *
 * What nobody judged is no label: a complaint by default, a case that was closed undecided.
 */
#ifndef REDRESS_STORE_LABELS_H
#define REDRESS_STORE_LABELS_H

#include "redress/rules/kind.h"
#include "redress/store/db.h"

enum rd_label_how {
	RD_LABEL_REVIEW = 0, /* a review was decided */
	RD_LABEL_RECLASSIFY, /* a case was never what it was taken for */
	RD_LABEL_SAMPLE,     /* a sampled request was checked */
	RD_N_LABEL_HOWS,
};
extern const char *const rd_label_how_names[RD_N_LABEL_HOWS + 1]; /* "review", ... */

struct rd_label {
	int64_t id;
	int64_t message_id; /* 0: a case that staff opened, nothing to learn from */
	int64_t case_id;
	enum rd_label_how how;
	enum rd_kind was, kind;
	const char *by;
	int64_t by_uid;
	int64_t at_ms;
	const char *why; /* "" once erased */
};

RD_MUST_USE enum rd_rc rd_label_put(
	struct rd_tx *tx, const struct rd_label *label, int64_t now_ms, struct rd_err *err);
/* Everything said about a message, or about a case (0: any), oldest first. */
RD_MUST_USE enum rd_rc rd_label_list(struct rd_db *db, int64_t message_id, int64_t case_id,
	struct rd_arena *arena, struct rd_label **ret_labels, size_t *ret_n, struct rd_err *err);
/* The one that counts of each message that was read, by message: the newest max of them, of one
 * landlord where not NULL. */
RD_MUST_USE enum rd_rc rd_label_latest(struct rd_db *db, const char *landlord, size_t max,
	struct rd_arena *arena, struct rd_label **ret_labels, size_t *ret_n, struct rd_err *err);

#endif
