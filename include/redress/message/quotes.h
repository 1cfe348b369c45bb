/* quotes: which stretches of a body are the resident's new words.
 *
 * Line by line, one pass and a bounded look-ahead: "> " lines; "On ... wrote:" (quote_intro);
 * "-----Original Message-----", Outlook's From/Sent/To/Subject block, forwarded mail
 * (quote_headers); what machines add (quote_notices); signatures (quote_signature); our own letters
 * between `Our reference: RD...` and `End of letter RD...`. A reply between quoted lines is NEW.
 * When in doubt a line is NEW: a quoted line too many costs a review, a lost sentence a complaint.
 *
 * Within forwarded mail the same is told apart again: its words are FORWARDED, the mail that it
 * quotes is QUOTED, its signature a SIGNATURE. FORWARDED are also words of which nobody can say
 * whose they are: earlier mail without a mark at its lines where the resident says that she answers
 * "in red below", or below an introduction that a person could have written. They are scored in a
 * second pass (rules/score.h).
 */
#ifndef REDRESS_MESSAGE_QUOTES_H
#define REDRESS_MESSAGE_QUOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"

#define RD_SPANS_MAX	 4096 /* more changes than this: the rest is one NEW span */
#define RD_FORWARDED_MAX 8    /* of those who wrote forwarded mails, the outermost */

struct rd_unmarked {
	const char *subject; /* says whether the mail forwards another; NULL where not known */
	const char *body;    /* UTF-8 with "\n" or "\r\n" */
	uint32_t len;
	const struct rd_span *given; /* what is known already (from HTML), in order; or NULL */
	size_t n_given;
};

struct rd_marked {
	const struct rd_span *spans; /* arena; cover [0, len), none empty */
	size_t n_spans;
	bool nothing_new;		    /* no letter or digit is left NEW but a greeting */
	const struct rd_address *forwarded; /* arena; who wrote what is forwarded, as it says */
	size_t n_forwarded;
};

RD_MUST_USE enum rd_rc rd_quotes_mark(const struct rd_unmarked *mail, struct rd_arena *arena,
	struct rd_marked *ret_marked, struct rd_err *err);

#endif
