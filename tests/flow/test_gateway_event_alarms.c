/* Alarms of what happened once, which nothing can undo: they stand for a day. */
#include "support/house.h"

#include "redress/gateway/alarms.h"
#include "redress/gateway/timekeeper.h"
#include "redress/intake/source.h"

static void make_round(struct house *h)
{
	struct rd_timekeeper_round round;

	OK(rd_timekeeper_round(h->db, &h->desk.office, &round, &h->err));
}

/* What was missed is being fetched, what is withheld has its case: `status` must not say so for
 * good, or nobody looks any more. */
static void what_happened_in_a_mailbox_is_told_for_a_day(void **state)
{
	static const char *const events[] = { RD_ALARM_MISSED ":inbox",
		RD_ALARM_WITHHELD ":inbox" };
	struct house *h = *state;

	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		rd_alarms_raise(h->db, &h->desk.office, events[i], "It happened.");
	house_at(h, "2026-11-17T22:59:00Z");
	make_round(h);
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		assert_true(house_alarm(h, events[i]));
	house_at(h, "2026-11-18T12:01:00Z");
	make_round(h);
	for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
		assert_false(house_alarm(h, events[i]));
}

/* What stands until somebody puts it right is no such event. */
static void what_has_not_passed_stays(void **state)
{
	static const char refused[] = RD_ALARM_REFUSED ":inbox";
	struct house *h = *state;

	rd_alarms_raise(h->db, &h->desk.office, refused, "The password is wrong.");
	house_at(h, "2026-11-20T10:00:00Z");
	make_round(h);
	assert_true(house_alarm(h, refused));
}

int main(int argc, char **argv)
{
	house_main(argc, argv);
	const struct CMUnitTest tests[] = {
		house_test(what_happened_in_a_mailbox_is_told_for_a_day),
		house_test(what_has_not_passed_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
