/* problem: what is wrong with a rule file, gathered so that one run names every fault.
 *
 * Everything lies in the arena that the list was begun with. Beyond RD_PROBLEMS_MAX, or when the
 * arena is full, faults are counted and no longer kept: n_errors never lies.
 */
#ifndef REDRESS_RULES_PROBLEM_H
#define REDRESS_RULES_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"

#define RD_PROBLEMS_MAX 2000

/* A place in a file; file is static or arena. line 0: the file as a whole; file "": the folder. */
struct rd_place {
	const char *file;
	int line, column;
};

enum rd_severity {
	RD_SEVERITY_ERROR = 0, /* the rule set cannot go live */
	RD_SEVERITY_WARNING,   /* something is wrong, but nobody is harmed before it is mended */
	RD_SEVERITY_NOTE,      /* advice */
	RD_N_SEVERITIES,
};
extern const char *const rd_severity_names[RD_N_SEVERITIES]; /* "error" ... */

struct rd_problem {
	enum rd_severity severity;
	struct rd_place at;
	const char *text; /* plain English: what is wrong; what to do */
};

struct rd_problems {
	struct rd_arena *arena;
	struct rd_problem *items;
	size_t n_items, size;
	size_t n_errors, n_warnings, n_notes;
};

void rd_problems_begin(struct rd_problems *problems, struct rd_arena *arena);
RD_PRINTF(3, 4)
void rd_problem_error(struct rd_problems *problems, struct rd_place at, const char *format, ...);
RD_PRINTF(3, 4)
void rd_problem_warning(struct rd_problems *problems, struct rd_place at, const char *format, ...);
RD_PRINTF(3, 4)
void rd_problem_note(struct rd_problems *problems, struct rd_place at, const char *format, ...);
/* An err whose message begins with `file:line:column: `, as stanza.h makes them. */
void rd_problem_of_err(
	struct rd_problems *problems, struct rd_place otherwise, const struct rd_err *err);
/* By file, line, column; the same fault at the same place once. */
void rd_problems_sort(struct rd_problems *problems);
/* The first error by file, line and column as an err; RD_OK where there is none. */
RD_MUST_USE enum rd_rc rd_problems_rc(const struct rd_problems *problems, struct rd_err *err);

#endif
