/* marked: for the tests of what is whose in a mail, read from its text or from its HTML: an arena,
 * a letter for each kind of span, and the CPU time that all of them may take.
 */
#ifndef REDRESS_SUPPORT_MARKED_H
#define REDRESS_SUPPORT_MARKED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "redress/base/arena.h"
#include "redress/message/quotes.h"

/* For all tests of a program: minutes under a sanitizer, seconds without, hours if something
 * squares. */
#define MARKED_CPU_S 240

static inline int marked_set_up(void **state)
{
	*state = rd_arena_new(32u << 20);
	return 0;
}

static inline int marked_tear_down(void **state)
{
	rd_arena_free(*state);
	return 0;
}

static inline char marked_kind_letter(enum rd_span_kind kind)
{
	static const char letters[] = "NQFSDO";

	return letters[kind];
}

static inline void marked_limit_cpu(void)
{
	const struct rlimit cpu = { MARKED_CPU_S, MARKED_CPU_S };

	assert_int_equal(setrlimit(RLIMIT_CPU, &cpu), 0);
}

#endif
