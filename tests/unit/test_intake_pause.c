#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "redress/intake/imap.h"

#define MIDDLE 500 /* chance that spreads nothing */

static void a_mailbox_in_trouble_is_asked_ever_more_seldom(void **state)
{
	static const int64_t seconds[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 };
	int64_t grown_ms = 0;
	(void)state;
	for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++)
		assert_int_equal(
			rd_imap_pause_ms(NULL, false, MIDDLE, &grown_ms), seconds[i] * 1000);
	grown_ms = 0; /* it was in order meanwhile */
	assert_int_equal(rd_imap_pause_ms(NULL, false, MIDDLE, &grown_ms), 1000);
}

/* A wrong password asked too often locks the account. */
static void one_that_refuses_us_is_not_asked_within_a_minute(void **state)
{
	static const int64_t seconds[] = { 60, 60, 60, 60, 60, 60, 64, 128, 256, 300, 300 };
	int64_t grown_ms = 0;
	(void)state;
	for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++)
		assert_int_equal(
			rd_imap_pause_ms(NULL, true, MIDDLE, &grown_ms), seconds[i] * 1000);
}

static void chance_keeps_many_mailboxes_from_knocking_together(void **state)
{
	int64_t grown_ms = 0;
	(void)state;
	assert_int_equal(rd_imap_pause_ms(NULL, false, 0, &grown_ms), 500);
	assert_int_equal(rd_imap_pause_ms(NULL, false, 999, &grown_ms), 2998);
	assert_int_equal(rd_imap_pause_ms(NULL, false, MIDDLE, &grown_ms), 4000);
}

static void a_tuned_pause_keeps_to_its_bounds(void **state)
{
	const struct rd_imap_tuning tuning = { .pause_first_ms = 10, .pause_most_ms = 20 };
	int64_t grown_ms = 0;
	(void)state;
	assert_int_equal(rd_imap_pause_ms(&tuning, true, MIDDLE, &grown_ms), 10);
	assert_int_equal(rd_imap_pause_ms(&tuning, true, MIDDLE, &grown_ms), 20);
	assert_int_equal(rd_imap_pause_ms(&tuning, true, MIDDLE, &grown_ms), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mailbox_in_trouble_is_asked_ever_more_seldom),
		cmocka_unit_test(one_that_refuses_us_is_not_asked_within_a_minute),
		cmocka_unit_test(chance_keeps_many_mailboxes_from_knocking_together),
		cmocka_unit_test(a_tuned_pause_keeps_to_its_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
