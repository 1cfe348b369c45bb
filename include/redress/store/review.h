/* review: messages that a person must look at, and what the person decided.
 *
 * And samples: requests for service that the rules were sure of, two in a hundred of which a person
 * looks at afterwards, so that complaints that were missed are found and learnt from. They share
 * the numbers of the reviews and nothing else: no clock waits for one, and they are in no list and
 * no figure of reviews.
 */
#ifndef REDRESS_STORE_REVIEW_H
#define REDRESS_STORE_REVIEW_H

#include "redress/rules/kind.h"
#include "redress/store/db.h"

struct rd_review {
	int64_t id;
	int64_t message_id; /* 0: a case opened by staff */
	int64_t case_id;
	const char *reasons; /* plain English, one a line; rules' words, never a resident's */
	enum rd_kind best;   /* what the rules thought */
	int64_t created_ms;
	int64_t decided_ms; /* 0: not yet */
	enum rd_kind decided;
	const char *by; /* "redressd" for the default decision */
	int64_t by_uid; /* -1 for redressd */
	const char *why;
	bool is_default; /* decided by the clock, not by a person */
	bool is_sample;
};

/* One a message: RD_E_EXISTS. */
RD_MUST_USE enum rd_rc rd_review_put(struct rd_tx *tx, const struct rd_review *review,
	int64_t now_ms, int64_t *ret_id, struct rd_err *err);
/* RD_E_EXISTS when it is decided already. */
RD_MUST_USE enum rd_rc rd_review_decide(struct rd_tx *tx, int64_t id, enum rd_kind kind,
	const char *by, int64_t by_uid, const char *why, bool is_default, int64_t now_ms,
	struct rd_err *err);
RD_MUST_USE enum rd_rc rd_review_get(struct rd_db *db, int64_t id, struct rd_arena *arena,
	struct rd_review *ret_review, struct rd_err *err);
/* Undecided ones (or all), oldest first; of one case where not 0. */
RD_MUST_USE enum rd_rc rd_review_list(struct rd_db *db, int64_t case_id, bool decided_too,
	struct rd_arena *arena, struct rd_review **ret_reviews, size_t *ret_n, struct rd_err *err);
/* The review, or sample, of a message; RD_E_MISSING: it has none. */
RD_MUST_USE enum rd_rc rd_review_of_message(struct rd_db *db, int64_t message_id,
	struct rd_arena *arena, struct rd_review *ret_review, struct rd_err *err);

/* Is the message one of the two in a hundred? By a keyed hash of its number: the same answer
 * always, and nobody outside the store can tell or bring it about. */
#define RD_SAMPLE_PER_CENT 2
bool rd_review_is_chosen(const struct rd_store *store, int64_t message_id);
/* Undecided samples whose words are still there (or all), oldest first. */
RD_MUST_USE enum rd_rc rd_review_samples(struct rd_db *db, bool decided_too, struct rd_arena *arena,
	struct rd_review **ret_samples, size_t *ret_n, struct rd_err *err);
/* How many of them wait. */
RD_MUST_USE enum rd_rc rd_review_samples_waiting(
	struct rd_db *db, int64_t *ret_n, struct rd_err *err);

#endif
