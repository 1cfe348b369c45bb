/* revision: a short name for what a rule says, so that a landlord's override can tell which wording
 * it was written for. For daemon/rules alone.
 *
 * It is made of the fields by which the rule judges (Phrase, Points, Unless ...), not of what is
 * there for people (Means, Owner, Review by, Reason, the examples). Word lists that it names are
 * not in it.
 */
#ifndef REDRESS_RULES_REVISION_H
#define REDRESS_RULES_REVISION_H

#include "redress/rules/definition.h"

#define RD_REVISION_MAX 9 /* eight hexadecimal digits and NUL */

void rd_revision(struct rd_lines lines, char out[static RD_REVISION_MAX]);

/* Holds the `Of:` of an override (NULL: it has none) against the rule as it is shipped now, and
 * says so where they differ, with what both say. shipped: before the override; changes: the
 * override. */
void rd_revision_check(const struct rd_line *of, struct rd_lines shipped, struct rd_lines changes,
	struct rd_problems *problems);

#endif
