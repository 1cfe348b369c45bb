/* difference: what two rule folders differ in, stanza by stanza and field by field, so that an
 * officer reads "points: 2 -> 2.5" and not two files.
 *
 * Rules are compared by their names wherever they stand: the shipped files as one, each landlord's
 * layer by itself. A landlord's profile is compared in the same way; a letter, a calendar, and a
 * file that cannot be read, as wholes. Knows the text format alone (stanza.h) and no field by name,
 * so that it also compares sets that would not compile. Pure.
 */
#ifndef REDRESS_RULES_DIFFERENCE_H
#define REDRESS_RULES_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/rules/ruleset.h"

enum rd_difference_kind { RD_ADDED = 0, RD_REMOVED, RD_CHANGED };
extern const char *const rd_difference_names[]; /* "added", "removed", "changed" */

struct rd_field_difference {
	const char *field;    /* as it is written: "Points"; "file" where a stanza has moved */
	const char *was, *is; /* NULL where it was not, or is no longer */
};

struct rd_difference {
	enum rd_difference_kind what;
	const char *stanza;  /* "Rule"; "" for a whole file */
	const char *name;    /* "chasing-again"; of a whole file its own name */
	const char *layer;   /* the landlord's name, "" for the shipped rules and whole files */
	const char *file;    /* where it stands, or stood */
	int line;	     /* 0 for a whole file */
	const char *trouble; /* why a file of stanzas is compared as a whole, "" */
	const struct rd_field_difference *fields; /* in the order of the file */
	size_t n_fields;
};

struct rd_differences {
	const struct rd_difference *items; /* by layer, file and line */
	size_t n_items;
	/* Files whose bytes differ and nothing else: comments, blank lines, order. */
	const char *const *cosmetic;
	size_t n_cosmetic;
};

/* Everything in the arena, or the files' own. */
RD_MUST_USE enum rd_rc rd_rulefiles_compare(const struct rd_rulefiles *was,
	const struct rd_rulefiles *is, struct rd_arena *arena, struct rd_differences *ret_diff,
	struct rd_err *err);

#endif
