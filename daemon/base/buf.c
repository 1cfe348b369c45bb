#include "redress/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* realloc may leave a copy where nobody can reach it any more. */
static char *grow(struct rd_buf *buf, size_t size)
{
	char *data;

	if (!buf->wipes)
		return realloc(buf->data, size);
	data = malloc(size);
	if (data != NULL && buf->data != NULL) {
		memcpy(data, buf->data, buf->len + 1);
		explicit_bzero(buf->data, buf->size);
		free(buf->data);
	}
	return data;
}

/* Room for len more bytes and the NUL behind them. */
static enum rd_rc buf_reserve(struct rd_buf *buf, size_t len, struct rd_err *err)
{
	if (len > buf->max || buf->len > buf->max - len)
		return rd_fail(err, RD_E_RANGE, "more than the %zu bytes allowed here", buf->max);
	size_t need = buf->len + len + 1;
	if (need <= buf->size)
		return RD_OK;
	size_t size = buf->size > 0 && buf->size < need ? buf->size * 2 : 64;
	if (size < need)
		size = need;
	char *data = grow(buf, size);
	RD_ASSERT(data != NULL);
	buf->data = data;
	buf->size = size;
	return RD_OK;
}

enum rd_rc rd_buf_add(struct rd_buf *buf, const void *data, size_t len, struct rd_err *err)
{
	RD_TRY(buf_reserve(buf, len, err));
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
	return RD_OK;
}

enum rd_rc rd_buf_add_str(struct rd_buf *buf, const char *text, struct rd_err *err)
{
	return rd_buf_add(buf, text, strlen(text), err);
}

enum rd_rc rd_buf_printf(struct rd_buf *buf, struct rd_err *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		return rd_fail(err, RD_E_BUG, "a text could not be put together");
	RD_TRY(buf_reserve(buf, (size_t)n, err));
	va_start(args, format);
	vsnprintf(buf->data + buf->len, (size_t)n + 1, format, args);
	va_end(args);
	buf->len += (size_t)n;
	return RD_OK;
}

const char *rd_buf_str(const struct rd_buf *buf)
{
	return buf->data != NULL ? buf->data : "";
}

void rd_buf_clear(struct rd_buf *buf)
{
	if (buf->wipes && buf->data != NULL)
		explicit_bzero(buf->data, buf->size);
	buf->len = 0;
	if (buf->data != NULL)
		buf->data[0] = '\0';
}

void rd_buf_free(struct rd_buf *buf)
{
	if (buf->wipes && buf->data != NULL)
		explicit_bzero(buf->data, buf->size);
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->size = 0;
}
