/* letter_file: how a letter's file is read and what it must say. Private to policy/; the format is
 * described in letter.h.
 */
#ifndef REDRESS_POLICY_LETTER_FILE_H
#define REDRESS_POLICY_LETTER_FILE_H

#include <stddef.h>
#include "redress/message/message.h"
#include "redress/policy/letter.h"

struct rd_letter_line {
	int only_with;	  /* a placeholder that must have a value, or -1 */
	int only_without; /* one that must have none, or -1 */
	int drop;	  /* 1..9: may be left out of a text, the lowest first; 0: never */
	int number;	  /* in the file, from 1 */
	const char *text; /* with its {{names}}, all of them known */
};

struct rd_letter {
	const char *file;
	const char *version; /* "acknowledgement.email 1" */
	const char *subject;
	int subject_line;
	enum rd_letter_kind kind;
	enum rd_channel channel;
	enum rd_language language;
	int max_segments;
	const struct rd_letter_line *lines;
	size_t n_lines;
};

/* used: the placeholders that it names. Fails with the one that is missing, or may not stand there,
 * and the clause that wants it. */
RD_MUST_USE enum rd_rc rd_letter_check_duties(const bool used[static RD_N_PLACEHOLDERS],
	const struct rd_letter *letter, struct rd_err *err);

/* Is it an acknowledgement, in whichever form? */
bool rd_letter_acknowledges(enum rd_letter_kind kind);

/* The placeholder of that name, or -1. */
int rd_letter_placeholder(const char *name, size_t len);

#endif
