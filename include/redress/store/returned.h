/* returned: what became of a letter after it had gone: a mail server's report, a complaint of
 * abuse. The outbox row keeps the worst of it (`delivery`), the receipts keep each.
 *
 * A letter that came back has told nobody anything: what it met is open again, but where another
 * letter met it too.
 */
#ifndef REDRESS_STORE_RETURNED_H
#define REDRESS_STORE_RETURNED_H

#include "redress/message/message.h"
#include "redress/store/db.h"
#include "redress/store/outbox.h"

/* "delivered", "delayed", "soft", "full", "blocked", "hard": the words of outbox.delivery. */
const char *rd_returned_word(enum rd_bounce_kind kind);
/* Does that word say that the letter did not arrive? "failed" of a text does. */
bool rd_returned_is_lost(const char *delivery);
#define RD_RETURNED_COMPLAINT "complaint" /* it arrived, and was called spam */

/* The newest mail that was sent for a case to this address, 0: none. */
RD_MUST_USE enum rd_rc rd_returned_letter_to(struct rd_db *db, int64_t case_id, const char *address,
	int64_t *ret_outbox_id, struct rd_err *err);

/* why: for staff, "" keeps what is there. The row's delivery never goes from lost to anything
 * better. *ret_new: no report of that word came before for that letter. */
RD_MUST_USE enum rd_rc rd_returned_record(struct rd_tx *tx, const struct rd_outbox_row *row,
	const char *delivery, const char *why, int64_t at_ms, bool *ret_new, struct rd_err *err);

/* The clock that the row met runs again, and the case counts as not acknowledged where this letter
 * was its acknowledgement. *ret_open false: another letter met it, it is cancelled, the case is
 * answered or closed, or the row met none. */
RD_MUST_USE enum rd_rc rd_returned_reopen(
	struct rd_tx *tx, const struct rd_outbox_row *row, bool *ret_open, struct rd_err *err);

/* Texts that went to a number for open and closed cases of a landlord since then, newest first. */
struct rd_sent_text {
	int64_t case_id;
	const char *letter;
};
RD_MUST_USE enum rd_rc rd_returned_texts_to(struct rd_db *db, const char *number,
	const char *landlord, int64_t since_ms, struct rd_arena *arena,
	struct rd_sent_text **ret_texts, size_t *ret_n, struct rd_err *err);

#endif
