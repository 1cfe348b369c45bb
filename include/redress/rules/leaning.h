/* leaning: words that lean to one kind of message, a little each and much together.
 *
 * What a phrase cannot say, hundreds of words say together: "again", "still" and "nobody" stand in
 * more complaints than requests. A Leaning adds the points of all its words that stand in the
 * message, each once, evens the sum out by length so that a long letter weighs no more than a text
 * (see rd_leaning_evened), keeps it within its own cap, adds its base (which stands for how rare
 * the kind is) and joins the total of its kind. Such words are
 * fitted to labelled messages (tests/corpus/lean.py); an officer may change, add and delete any of
 * them.
 *
 * A word is whole ("again"), a beginning ("complain*") or two words side by side in one sentence
 * ("not been"), as the text has them once made plain: small letters, apostrophes as blanks but for
 * a possessive 's, which is gone ("don't" is the two words "don t").
 */
#ifndef REDRESS_RULES_LEANING_H
#define REDRESS_RULES_LEANING_H

#include <stdint.h>
#include "redress/base/err.h"
#include "redress/rules/definition.h"

struct rd_ruleset;
struct rd_matching;

#define RD_LEANING_POINTS_MAX 3.0
#define RD_LEANING_CAP	      4.0   /* where no Cap: is given */
#define RD_LEANING_WORDS_MAX  20000 /* in one rule set */
#define RD_LEANING_EVEN	      36 /* in a message of so many words the points count as they stand */
#define RD_LEANING_EVEN_LEAST 9	 /* a shorter message counts as one of so many words */
#define RD_LEANING_SHOWN      6	 /* words that an explanation names */

/* One line `Lean: +0.3 again, still, not been`: its words are added to the rule's. Faults become
 * problems. */
void rd_leaning_read_line(struct rd_definition *rule, const struct rd_line *line,
	struct rd_arena *arena, struct rd_problems *problems);

/* The words of all Leanings of a set, to be found by a text's words. Arena. */
struct rd_leaning_index;
RD_MUST_USE enum rd_rc rd_leaning_index(const struct rd_definitions *all, struct rd_arena *arena,
	struct rd_problems *problems, const struct rd_leaning_index **ret_index,
	struct rd_err *err);

/* Sets the outcome of every Leaning that runs. */
RD_MUST_USE enum rd_rc rd_leaning_run(struct rd_matching *matching, struct rd_err *err);

/* A sum of points in a message of so many words: times the square root of RD_LEANING_EVEN / words,
 * kept within the cap, rounded to tenths. */
double rd_leaning_evened(double sum, uint32_t n_words, double cap);

#endif
