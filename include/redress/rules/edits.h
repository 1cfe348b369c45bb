/* edits: values of a rule folder changed, written as a patch: what `patch -p1 -d FOLDER` takes.
 *
 * Nothing is written to the folder. A changed line keeps everything but its value: the field as it
 * was typed, blanks, a carriage return. Names are a/NAME and b/NAME, below the folder; three lines
 * stand around each change.
 */
#ifndef REDRESS_RULES_EDITS_H
#define REDRESS_RULES_EDITS_H

#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/err.h"
#include "redress/rules/problem.h"
#include "redress/rules/ruleset.h"

struct rd_edit {
	struct rd_place at; /* of the value; of a line where a field is put behind it */
	const char *field;  /* NULL, or what the new line begins with */
	const char *value;
};

/* A field of the stanza that has a line at `stanza`: changed where it stands, put behind that line
 * where it does not. RD_E_MISSING: there is no such stanza. */
RD_MUST_USE enum rd_rc rd_edit_field(const struct rd_rulefiles *files, struct rd_place stanza,
	const char *field, const char *value, struct rd_arena *arena, struct rd_edit *ret_edit,
	struct rd_err *err);

/* Sorts the edits, of which no two are of one value. No edits: nothing is written. */
RD_MUST_USE enum rd_rc rd_edits_patch(const struct rd_rulefiles *files, struct rd_edit *edits,
	size_t n, struct rd_buf *out, struct rd_err *err);

#endif
