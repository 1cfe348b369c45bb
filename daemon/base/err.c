#include "redress/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum rd_rc rd_fail(struct rd_err *err, enum rd_rc code, const char *format, ...)
{
	char text[RD_ERR_MAX]; /* the arguments may point into err->msg */
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	memcpy(err->msg, text, sizeof text);
	err->code = code;
	return code;
}

enum rd_rc rd_fail_within(struct rd_err *err, const char *format, ...)
{
	char text[RD_ERR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text - 3, format, args);
	va_end(args);
	size_t used = strlen(text);
	memcpy(text + used, ": ", 3);
	used += 2;
	size_t room = sizeof text - 1 - used;
	size_t len = strnlen(err->msg, room);
	memcpy(text + used, err->msg, len); /* what does not fit is cut */
	text[used + len] = '\0';
	memcpy(err->msg, text, sizeof text);
	return err->code;
}

_Noreturn void rd_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "<2>%s:%d: this must never be false: %s\n", file, line, condition);
	abort();
}
