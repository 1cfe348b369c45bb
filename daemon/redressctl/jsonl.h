/* jsonl: messages as lines of JSON, {"id","channel","subject","body","from","received"}, as
 * classify and the tools that try rules take them.
 */
#ifndef REDRESS_REDRESSCTL_JSONL_H
#define REDRESS_REDRESSCTL_JSONL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "redress/base/buf.h"
#include "redress/message/plain.h"

#define RD_JSONL_LINE_BYTES_MAX (8u << 20)
#define RD_JSONL_TOO_LONG	"longer than 8 MiB"

/* One line of at most line->max bytes, without its end; *ret_long where it was longer (and is
 * skipped). False at the end of the file. */
bool rd_jsonl_read(FILE *in, struct rd_buf *line, bool *ret_long);

/* Nothing but blanks: no message, and no fault. */
bool rd_jsonl_is_blank(const struct rd_buf *line);

/* Members that may be misspelt, over all lines: `lable` for `label`. Begin with { .n = 0 }. */
#define RD_JSONL_STRAYS_MAX 8
struct rd_jsonl_strays {
	struct {
		char name[32];
		const char *meant;
		size_t n_lines;
	} items[RD_JSONL_STRAYS_MAX];
	size_t n;
};
/* On standard error, one line each. */
void rd_jsonl_tell_strays(const struct rd_jsonl_strays *strays);

struct rd_jsonl {
	json_t *object; /* owned: rd_jsonl_free; what follows points into it */
	json_t *id;	/* a string or a whole number */
	struct rd_plain plain;
	int64_t received_ms; /* 0: not given */
};
/* What is wrong is told without the line's number. ret_line may be freed either way. */
RD_MUST_USE enum rd_rc rd_jsonl_parse(const char *text, size_t len, struct rd_jsonl_strays *strays,
	struct rd_jsonl *ret_line, struct rd_err *err);
/* What a person said that the message is: enum rd_kind, or RD_KIND_NONE where it is missing or
 * null, which is a fault where it is needed. */
RD_MUST_USE enum rd_rc rd_jsonl_label(
	const struct rd_jsonl *line, bool needed, int *ret_kind, struct rd_err *err);
void rd_jsonl_free(struct rd_jsonl *line); /* fit for RD_CLEANUP */

#endif
