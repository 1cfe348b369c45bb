/* review: messages that a person must look at, and what the person decided, kept as labels. */
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
};

/* One a message: RD_E_EXISTS. */
RD_MUST_USE enum rd_rc rd_review_put(struct rd_tx *tx, const struct rd_review *review,
	int64_t now_ms, int64_t *ret_id, struct rd_err *err);
/* RD_E_EXISTS when it is decided already. The label stays for ever. */
RD_MUST_USE enum rd_rc rd_review_decide(struct rd_tx *tx, int64_t id, enum rd_kind kind,
	const char *by, int64_t by_uid, const char *why, bool is_default, int64_t now_ms,
	struct rd_err *err);
RD_MUST_USE enum rd_rc rd_review_get(struct rd_db *db, int64_t id, struct rd_arena *arena,
	struct rd_review *ret_review, struct rd_err *err);
/* Undecided ones (or all), oldest first; of one case where not 0. */
RD_MUST_USE enum rd_rc rd_review_list(struct rd_db *db, int64_t case_id, bool decided_too,
	struct rd_arena *arena, struct rd_review **ret_reviews, size_t *ret_n, struct rd_err *err);

#endif
