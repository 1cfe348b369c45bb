/* answer: the full answer to a complaint, as staff write it: a file in the stanza format.
 *
 * `redressctl case respond REF --stage N --skeleton` prints one to fill in (rd_answer_skeleton),
 * `--answer FILE` takes it. One stanza for the whole, one for each point that the resident made,
 * one for each thing that is still to be done:
 *
 *   Answer: RD123456-K7QF         the case
 *   Stage: 1                      1 | 2
 *   Complaint: ...                the complaint definition
 *   Decision: partly              upheld | partly | not_upheld
 *   Reasons: ...                  a line a paragraph; may stand more than once, like the others
 *   Policy and law: ...           what the decision rests on; good practice too
 *   Apology: ...                  none only where nothing is upheld
 *   Remedy: ...                   what we do to put it right, and by when; or none
 *   Money: 120.00                 pounds, or none
 *   Money for: ...                what it is for; where money is offered
 *   Records: ...                  what was corrected; or none
 *   Prevention: ...               what keeps it from happening again; or none
 *   Reconsidered: ...             stage 2: which decisions were looked at again or changed
 *   Learning: ...                 optional: for the landlord, in no letter
 *
 *   Point: a delay
 *   Finding: ...                  our answer to it
 *
 *   Action: Mend the roof
 *   By: 2026-12-18
 *   To: the repairs team          optional: who does it
 *
 * A part that is left empty is refused by its name with file:line:column; a part that does not
 * apply says `none`, so that nobody forgets one. What was promised before and is not done stands in
 * the letter by itself. What each is for: Complaint Handling Code 6.9 and
 * 6.20, and what the five policies want of an answer (POLICIES.md, B6).
 *
 * Pure. Strings lie in the arena given, never NULL; "" where a part says none.
 */
#ifndef REDRESS_POLICY_ANSWER_H
#define REDRESS_POLICY_ANSWER_H

#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/policy/case_words.h"
#include "redress/policy/landlord.h"

#define RD_ANSWER_FILE_MAX    (24u << 10) /* of the file: its letter must fit in a mail */
#define RD_ANSWER_POINTS_MAX  30
#define RD_ANSWER_ACTIONS_MAX 20
#define RD_ANSWER_AMOUNT_MAX  12 /* bytes of "12345.00" */

struct rd_answer_point {
	const char *point, *finding;
	int line;
};

struct rd_answer_action {
	const char *text, *owner; /* owner: "" for nobody named */
	struct rd_date by;
	int line;
};

struct rd_answer {
	const char *reference;
	enum rd_stage stage;
	enum rd_found found; /* never unknown */
	const char *complaint, *reasons, *law, *apology, *remedy;
	const char *money, *money_for; /* money: "120.00"; "" none */
	const char *records, *prevention, *reconsidered, *learning;
	const struct rd_answer_point *points;
	size_t n_points;
	const struct rd_answer_action *actions;
	size_t n_actions;
};

/* file: for messages. Refuses an empty part, and what cannot be (a date that is none). */
RD_MUST_USE enum rd_rc rd_answer_parse(const char *file, const char *text, size_t len,
	struct rd_arena *arena, struct rd_answer *ret_answer, struct rd_err *err);

/* What a case brings to its answer. Borrowed. */
struct rd_answer_case {
	const char *reference;
	enum rd_stage stage;
	const char *definition; /* "" not yet */
	const char *const *topics;
	size_t n_topics;
	struct rd_date today;
	const struct rd_answer_action *promised; /* before, and not done yet */
	size_t n_promised;
};

/* Is it the answer of this case, and is every topic of the case a point of it? */
RD_MUST_USE enum rd_rc rd_answer_check(const char *file, const struct rd_answer *answer,
	const struct rd_answer_case *of, struct rd_err *err);

/* The file to fill in, with what the landlord's policy wants of it said above. */
RD_MUST_USE enum rd_rc rd_answer_skeleton(const struct rd_answer_case *of,
	const struct rd_landlord *landlord, struct rd_buf *out, struct rd_err *err);

/* The file as a person reads it who filled in nothing of it: without its comments, no two blank
 * lines together, and no byte that steers a terminal. NULL: it does not fit in the arena. */
const char *rd_answer_readable(const char *text, struct rd_arena *arena);

#endif
