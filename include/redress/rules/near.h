/* near: does a text come near to a rule, though the rule does not hit in it? For daemon/rules
 * alone.
 *
 * A counter-example proves something only where the rule might have hit. It comes near to a phrase
 * where
 *   - the phrase matches, and only what holds the rule back (an Unless, At least, Look in ...)
 * stops it; or
 *   - it misses the phrase by one thing: one of its words or alternatives is missing or is another,
 *     a gap is too short or too long, or the text does not begin, end or ask where it should; or
 *   - the phrase is one word, and the text has one that begins with the same three letters or
 *     differs in one letter (from six letters on, in two).
 * To a Regex it comes near where the text has a word (three letters or more) of it.
 */
#ifndef REDRESS_RULES_NEAR_H
#define REDRESS_RULES_NEAR_H

#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"
#include "redress/rules/compiled.h"

enum rd_nearness {
	RD_NEAR_NOT = 0,
	RD_NEAR_BY_ONE,	 /* misses by one thing */
	RD_NEAR_STOPPED, /* a phrase matches; something holds the rule back */
};

struct rd_near {
	enum rd_nearness how;
	const struct rd_line *nearest; /* of RD_NEAR_NOT: the phrase that shares most with it */
	unsigned n_shared, n_parts;    /* so many of its so many parts stand in the text */
};

/* def: a rule of the set, no combine. arena: of the call. */
RD_MUST_USE enum rd_rc rd_near(const struct rd_ruleset *set, const struct rd_definition *def,
	const struct rd_message *message, int64_t today_ms, struct rd_arena *arena,
	struct rd_near *ret_near, struct rd_err *err);
/* Has the rule anything that can hold it back where a phrase of it matches? `Look in` and `Channel`
 * are not asked, for an example is tried where they say. */
bool rd_rule_holds_back(const struct rd_definition *def);

#endif
