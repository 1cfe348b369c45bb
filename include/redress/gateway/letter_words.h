/* letter_words: what a letter says that stands in the store beside its case: a person's reasons,
 * the terms of a restriction, the parts of a full answer. Private to correspondence.
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

/* Sets what the act of that cause says (reasons, terms, review_on, answer); nothing where no act
 * stands there. */
RD_MUST_USE enum rd_rc rd_letter_words(struct rd_db *db, const char *cause,
	enum rd_letter_kind letter, struct rd_arena *arena, struct rd_letter_values *values,
	struct rd_err *err);

#endif
