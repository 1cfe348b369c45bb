/* letter_words: what a letter says that stands in the store beside its case: a person's reasons,
 * the terms of a restriction, the parts of a full answer. Private to correspondence and the acts.
 *
 * They lie with the act that asked for the letter, whose number stands in the letter's cause, so
 * that one written anew says the same.
 */
#ifndef REDRESS_GATEWAY_LETTER_WORDS_H
#define REDRESS_GATEWAY_LETTER_WORDS_H

#include "redress/policy/letter.h"
#include "redress/store/db.h"

/* The words of a `restricted` act: its terms in the first line, then the reasons. */
#define RD_RESTRICTION_BETWEEN '\n'

/* A copy of a letter, for whoever speaks for the resident: the cause of its row is that of the
 * letter behind this. */
#define RD_COPY_CAUSE "copy:"

/* The words of a `consent` act: who speaks for the resident in the first line, then the address
 * that gets copies; the address as it stands by the last such act; "" where nobody gets any. */
#define RD_CONSENT_BETWEEN '\n'
RD_MUST_USE enum rd_rc rd_copies_to(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	const char **ret_address, struct rd_err *err);

/* What was promised for the case and is not done: its words and its day, and no owner, for a letter
 * names no member of staff. */
RD_MUST_USE enum rd_rc rd_promised_before(struct rd_db *db, int64_t case_id, struct rd_arena *arena,
	struct rd_answer_action **ret_actions, size_t *ret_n, struct rd_err *err);

/* Sets what the act of that cause says (reasons, terms, review_on, answer); nothing where no act
 * stands there. An answer says what was promised before it too. */
RD_MUST_USE enum rd_rc rd_letter_words(struct rd_db *db, const char *cause,
	enum rd_letter_kind letter, struct rd_arena *arena, struct rd_letter_values *values,
	struct rd_err *err);

#endif
