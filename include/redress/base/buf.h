/* buf: a growing string of bytes that was given its maximum when it was made.
 *
 * Always NUL-terminated behind len, so data can be read as a C string. Growth beyond max fails with
 * RD_E_RANGE and leaves the buffer as it was; running out of memory aborts (RD_ASSERT).
 * Owned: rd_buf_free, which takes a NULL data too; fit for RD_CLEANUP(rd_buf_free).
 *
 * One for a secret (RD_BUF_SECRET) leaves none of it behind: whatever memory it gives up, by
 * growing or in the end, is overwritten first, and what it is cleared of too.
 */
#ifndef REDRESS_BASE_BUF_H
#define REDRESS_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include "redress/base/err.h"

struct rd_buf {
	char *data; /* NULL while nothing was added */
	size_t len;
	size_t size; /* allocated */
	size_t max;  /* len may never exceed this */
	bool wipes;  /* it holds a secret */
};

#define RD_BUF(max_bytes)                                                                          \
	{                                                                                          \
		.data = NULL, .len = 0, .size = 0, .max = (max_bytes)                              \
	}

#define RD_BUF_SECRET(max_bytes)                                                                   \
	{                                                                                          \
		.data = NULL, .len = 0, .size = 0, .max = (max_bytes), .wipes = true               \
	}

RD_MUST_USE enum rd_rc rd_buf_add(
	struct rd_buf *buf, const void *data, size_t len, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_buf_add_str(struct rd_buf *buf, const char *text, struct rd_err *err);
RD_PRINTF(3, 4)
RD_MUST_USE enum rd_rc rd_buf_printf(
	struct rd_buf *buf, struct rd_err *err, const char *format, ...);

/* The text so far, "" while empty. Borrowed until the next change. */
const char *rd_buf_str(const struct rd_buf *buf);

/* Empties it and keeps the memory. */
void rd_buf_clear(struct rd_buf *buf);
void rd_buf_free(struct rd_buf *buf);

#endif
