/* anonymise: staff's words about a case without what could tell whose it was, for a case study.
 *
 * Left out: anything with a digit in it (numbers, dates, amounts, references, postcodes), addresses
 * of mail and web, every name that is given, a word behind a title (Mr, Mrs, ...), and every word
 * with a capital letter in the middle of a sentence, for it may be a name or a street, but for a
 * few that cannot be. It takes out too much rather than too little; what it cannot know is a name
 * at the beginning of a sentence that the case does not hold. So a person reads a study before it
 * goes anywhere.
 */
#ifndef REDRESS_POLICY_ANONYMISE_H
#define REDRESS_POLICY_ANONYMISE_H

#include <stddef.h>
#include "redress/base/buf.h"
#include "redress/base/err.h"

#define RD_ANONYMISE_LEFT_OUT "[left out]"

/* names: of people of the case, "Ola Owner"; each of their words of two letters or more counts. */
RD_MUST_USE enum rd_rc rd_anonymise(const char *text, const char *const *names, size_t n_names,
	struct rd_buf *out, struct rd_err *err);

#endif
