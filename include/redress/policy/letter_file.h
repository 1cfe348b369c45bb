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
	int max_segments;
	const struct rd_letter_line *lines;
	size_t n_lines;
};

/* The placeholder of that name, or -1. */
int rd_letter_placeholder(const char *name, size_t len);

#endif
