#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "redress/base/backoff.h"

static const struct {
	const char *why;
	int64_t last, first, most, next;
} rows[] = {
	{ "the first wait", 0, 1000, 300000, 1000 },
	{ "the second is twice as long", 1000, 1000, 300000, 2000 },
	{ "and so on", 128000, 1000, 300000, 256000 },
	{ "the most that there is", 150000, 1000, 300000, 300000 },
	{ "twice it would be more than the most", 256000, 1000, 300000, 300000 },
	{ "it stays there", 300000, 1000, 300000, 300000 },
	{ "a first one above the most", 0, 1000, 20, 20 },
	{ "a most that was lowered meanwhile", 4000, 1000, 3000, 3000 },
	{ "nothing overflows", INT64_MAX / 2 + 1, 1, INT64_MAX, INT64_MAX },
};

static void a_wait_is_twice_the_last_up_to_the_most(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t next = rd_backoff_next(rows[i].last, rows[i].first, rows[i].most);
		if (next != rows[i].next)
			fail_msg("%s: %lld", rows[i].why, (long long)next);
	}
}

static void a_spread_wait_is_from_half_to_one_and_a_half(void **state)
{
	(void)state;
	assert_int_equal(rd_backoff_spread(1000, 0), 500);
	assert_int_equal(rd_backoff_spread(1000, 500), 1000);
	assert_int_equal(rd_backoff_spread(1000, 999), 1499);
	assert_in_range(rd_backoff_spread(300000, UINT32_MAX), 150000, 450000);
	assert_int_equal(rd_backoff_spread(0, 999), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_is_twice_the_last_up_to_the_most),
		cmocka_unit_test(a_spread_wait_is_from_half_to_one_and_a_half),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
