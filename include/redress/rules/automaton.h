/* automaton: one pass over a text finds which of thousands of strings stand in it (Aho and
 * Corasick, "Efficient string matching", Comm. ACM 18(6), 1975), as a table over the bytes that
 * occur in them.
 *
 * Each string stands for an owner, a number below n_owners; several strings may share one.
 * Immutable once built, shared between threads.
 */
#ifndef REDRESS_RULES_AUTOMATON_H
#define REDRESS_RULES_AUTOMATON_H

#include <stddef.h>
#include <stdint.h>
#include "redress/base/err.h"

#define RD_AUTOMATON_STATES_MAX 1500000

struct rd_automaton;

struct rd_needle {
	const char *text; /* borrowed for the call; never empty */
	uint32_t owner;
};

RD_MUST_USE enum rd_rc rd_automaton_build(const struct rd_needle *needles, size_t n_needles,
	struct rd_automaton **ret_automaton, struct rd_err *err);
void rd_automaton_free(struct rd_automaton *automaton); /* NULL is fine */

/* Calls found for every owner of every string that ends at text[at], in order of `at`. */
void rd_automaton_run(const struct rd_automaton *automaton, const char *text, size_t len,
	void (*found)(void *context, uint32_t owner, uint32_t at), void *context);

#endif
