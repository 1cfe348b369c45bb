/* stanza: the one text format of everything that a person edits.
 *
 * Stanzas of `Field: value` lines, a blank line between stanzas, `#` at the start of a line for a
 * comment. A value runs raw to the end of its line, outer spaces trimmed: no quotes, no escapes, no
 * indentation, no types. A field may stand more than once where its reader says so. Field names are
 * compared without regard to case. UTF-8; a byte order mark and CRLF are taken.
 *
 * Knows nothing of rules or mailboxes: readers ask for fields by name and then call
 * rd_stanza_check_fields, which names every field that the reader does not know with a
 * did-you-mean. Errors read `file:line:column: what is wrong; what to do`.
 */
#ifndef REDRESS_BASE_STANZA_H
#define REDRESS_BASE_STANZA_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/base/file.h"

#define RD_STANZA_FILE_MAX   (4u << 20) /* bytes of one file */
#define RD_STANZA_LINE_MAX   8192	/* bytes of one line */
#define RD_STANZA_FIELDS_MAX 2000	/* fields in one stanza */

struct rd_field {
	const char *name;  /* as written */
	const char *value; /* trimmed; may be "" */
	int line;	   /* from 1 */
	int name_column;   /* from 1, in bytes */
	int value_column;
};

struct rd_stanza {
	const char *file;	       /* the name given to the parser */
	const struct rd_field *fields; /* never empty */
	size_t n_fields;
};

struct rd_stanzas {
	const char *file;
	const struct rd_stanza *items;
	size_t n_items;
};

/* Everything in ret_stanzas is arena. file is only for messages. */
RD_MUST_USE enum rd_rc rd_stanzas_parse(const char *file, const char *text, size_t len,
	struct rd_arena *arena, struct rd_stanzas *ret_stanzas, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_stanzas_read(const char *path, struct rd_arena *arena,
	struct rd_stanzas *ret_stanzas, struct rd_err *err);

/* The first field of that name, or NULL. */
const struct rd_field *rd_stanza_field(const struct rd_stanza *stanza, const char *name);
/* The next of that name after `after` (NULL: from the start), or NULL. */
const struct rd_field *rd_stanza_next(
	const struct rd_stanza *stanza, const char *name, const struct rd_field *after);
const char *rd_stanza_value(
	const struct rd_stanza *stanza, const char *name, const char *otherwise);

/* known: NULL-ended. repeatable: NULL-ended, or NULL. Fails at the first unknown or repeated field;
 * the stanza's own first field once more is the next stanza without its blank line. */
RD_MUST_USE enum rd_rc rd_stanza_check_fields(const struct rd_stanza *stanza,
	const char *const *known, const char *const *repeatable, struct rd_err *err);

/* What stands in one kind of stanza; its first field is the one that such a stanza begins with. */
struct rd_stanza_form {
	const char *const *fields;     /* NULL-ended */
	const char *const *repeatable; /* NULL-ended, or NULL */
};
/* The same for a file of several kinds: a field that begins another stanza, or belongs to one, is
 * told as that. forms: every kind of the file; form: this stanza's. */
RD_MUST_USE enum rd_rc rd_stanza_check_form(const struct rd_stanza *stanza,
	const struct rd_stanza_form *forms, size_t n_forms, size_t form, struct rd_err *err);

/* Writes "`Host:` belongs in the `Mailbox:` or the `Outgoing:` stanza, not in this one", cut to
 * size; false, and nothing written, where no form has such a field. */
bool rd_stanza_home(const char *name, const struct rd_stanza_form *forms, size_t n_forms, char *out,
	size_t size);

/* Fails with `file:line:column: ...` at the field's value. */
RD_PRINTF(4, 5)
enum rd_rc rd_stanza_fail(const struct rd_stanza *stanza, const struct rd_field *field,
	struct rd_err *err, const char *format, ...);

/* The word of the list nearest to `word` by edit distance, or NULL where none is near. */
const char *rd_did_you_mean(const char *word, const char *const *known);

/* Values, each with its own message when it is wrong. */
RD_MUST_USE enum rd_rc rd_field_number(const struct rd_stanza *stanza, const struct rd_field *field,
	double min, double max, double *ret_number, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_field_choice(const struct rd_stanza *stanza, const struct rd_field *field,
	const char *const *choices, int *ret_index, struct rd_err *err);

#endif
