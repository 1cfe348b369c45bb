/* program: phrases as one PCRE2 program, compiled when it is first run. For daemon/rules alone.
 *
 * Most phrases are told from their words (outline.h) and never ask PCRE2; to compile all of them
 * would take longer than everything else at a start, and most of the memory. A rule set may be used
 * by several threads at once: whoever comes first compiles, and a second who did so meanwhile drops
 * his own. A program that cannot be compiled is too large: lint says so (rd_program_check), and a
 * message that needs it all the same fails at its rule.
 */
#ifndef REDRESS_RULES_PROGRAM_H
#define REDRESS_RULES_PROGRAM_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdatomic.h>
#include <stddef.h>
#include "redress/rules/phrase.h"

struct rd_line;

struct rd_program {
	const struct rd_line *lines; /* a phrase each, that was read without a fault */
	size_t n_lines;
	size_t regex_len; /* of all of them together */
	struct rd_phrase_lists *lists;
	pcre2_code *_Atomic code; /* NULL: not compiled yet */
};

/* How all patterns of the house are compiled. A new context; aborts without memory. */
pcre2_compile_context *rd_program_context(void);
/* On top of PCRE2_UTF and without \C. The code, or NULL and PCRE2's number and place. */
pcre2_code *rd_program_compile(const pcre2_compile_context *context, const char *regex,
	uint32_t options, int *ret_number, size_t *ret_at);

/* Shared, until rd_program_free; NULL where it cannot be compiled. */
const pcre2_code *rd_program_code(struct rd_program *program);
/* Adds what is wrong to problems, and returns false. One so short that it cannot be too large is
 * not compiled for that. */
bool rd_program_check(struct rd_program *program, struct rd_problems *problems);
void rd_program_free(struct rd_program *program);

#endif
