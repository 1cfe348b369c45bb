/* Events of cases: made of audit rows, in the same transaction, with what the case was then. */
#include "support/store_world.h"

#include <stdio.h>

#include "redress/store/audit.h"
#include "redress/store/case_events.h"

static enum rd_rc note(struct rd_tx *tx, int64_t case_id, const char *what, struct rd_err *err)
{
	const struct rd_audit_row row = { .at_ms = NOW_MS,
		.actor = "ann",
		.actor_uid = 1000,
		.what = what,
		.case_id = case_id,
		.detail = "{}" };
	int64_t seq;

	return rd_audit_add(tx, &row, &seq, err);
}

static enum rd_rc open_case(
	struct rd_tx *tx, const char *landlord, int64_t *ret_id, struct rd_err *err)
{
	const struct rd_case_new fresh = { .landlord = landlord,
		.kind = RD_COMPLAINT,
		.stage = RD_STAGE_1,
		.status = RD_STATUS_OPEN,
		.channel = RD_BY_EMAIL,
		.address = "resident@example.org",
		.name = "Pat Resident",
		.received_ms = NOW_MS - 1000,
		.opened_ms = NOW_MS,
		.outcome = "a new boiler",
		.subject = "no heating" };

	return rd_case_open(tx, &fresh, ret_id, err);
}

static size_t list(struct store_world *w, int64_t after, struct rd_case_event **events)
{
	size_t n;

	OK(rd_case_events_list(w->db, after, NULL, 100, w->arena, events, &n, &w->err));
	return n;
}

static void an_event_holds_the_case_as_it_was_committed(void **state)
{
	struct store_world *w = *state;
	const struct rd_case_clock clock = { .name = "stage1.respond",
		.starts = { 2026, 5, 29 },
		.due = { 2026, 6, 12 },
		.source = "5.1" };
	struct rd_case_event *events;
	struct rd_tx *whole = NULL;
	int64_t id;

	OK(rd_tx_begin(w->db, &whole, &w->err));
	OK(open_case(whole, "code-2024", &id, &w->err));
	OK(note(whole, id, "case_opened", &w->err));
	OK(note(whole, id, "decided", &w->err));
	OK(note(whole, id, "noted", &w->err));
	/* After the audit row, in the same transaction. */
	struct rd_case_clock started = clock;
	started.case_id = id;
	OK(rd_case_start_clock(whole, &started, &w->err));
	OK(rd_case_set_acknowledged(whole, id, NOW_MS + 5, &w->err));
	OK(rd_tx_commit(&whole, &w->err));
	TX(note(tx, id, "decided", &w->err));
	assert_int_equal(list(w, 0, &events), 2);
	assert_int_equal(events[0].event, RD_CASE_OPENED);
	assert_int_equal(events[0].case_id, id);
	assert_string_equal(events[0].landlord, "code-2024");
	assert_int_equal(events[0].acknowledged_ms, NOW_MS + 5);
	assert_string_equal(events[0].next_clock, "stage1.respond");
	assert_int_equal(events[0].next_due.day, 12);
	assert_int_equal(strncmp(events[0].reference, "RD100001-", 9), 0);
	assert_int_equal(events[1].event, RD_CASE_MESSAGE);
	assert_int_equal(list(w, events[0].number, &events), 1);
}

static void what_is_rolled_back_never_happened(void **state)
{
	struct store_world *w = *state;
	struct rd_case_event *events;
	struct rd_tx *part = NULL;
	int64_t id, last = 0;

	TX(open_case(tx, "code-2024", &id, &w->err));
	OK(rd_tx_begin(w->db, &part, &w->err));
	OK(note(part, id, "closed", &w->err));
	rd_tx_rollback(&part);
	OK(rd_tx_begin(w->db, &part, &w->err));
	OK(rd_tx_savepoint(part, &w->err));
	OK(note(part, id, "closed", &w->err));
	OK(rd_tx_undo(part, &w->err));
	OK(note(part, id, "assigned", &w->err));
	OK(rd_tx_commit(&part, &w->err));
	assert_int_equal(list(w, 0, &events), 1);
	assert_int_equal(events[0].event, RD_CASE_ASSIGNED);
	OK(rd_case_events_last(w->db, &last, &w->err));
	assert_int_equal(last, events[0].number);
}

static void an_id_is_the_same_each_time_and_no_two_are(void **state)
{
	struct store_world *w = *state;
	struct rd_case_event *events, again;
	int64_t id;

	TX(open_case(tx, "code-2024", &id, &w->err));
	TX(note(tx, id, "assigned", &w->err));
	TX(note(tx, id, "assigned", &w->err));
	assert_int_equal(list(w, 0, &events), 2);
	OK(rd_case_event_get(w->db, events[0].number, w->arena, &again, &w->err));
	assert_string_equal(events[0].id, again.id);
	assert_string_not_equal(events[0].id, events[1].id);
	assert_int_equal(strlen(again.id), 36);
	assert_null(strchr(again.id, '.'));
}

static void a_landlord_sees_its_own(void **state)
{
	struct store_world *w = *state;
	struct rd_case_event *events;
	int64_t one, other;
	size_t n;

	TX(open_case(tx, "code-2024", &one, &w->err));
	TX(open_case(tx, "one-housing", &other, &w->err));
	TX(note(tx, one, "case_opened", &w->err));
	TX(note(tx, other, "case_opened", &w->err));
	OK(rd_case_events_list(w->db, 0, "one-housing", 100, w->arena, &events, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(events[0].case_id, other);
	OK(rd_case_events_list(w->db, 0, NULL, 1, w->arena, &events, &n, &w->err));
	assert_int_equal(n, 1);
	assert_int_equal(events[0].case_id, one);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_event_holds_the_case_as_it_was_committed),
		TEST(what_is_rolled_back_never_happened),
		TEST(an_id_is_the_same_each_time_and_no_two_are),
		TEST(a_landlord_sees_its_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
