#include "support/store_world.h"

#include "redress/store/outbox.h"
#include "redress/store/outbox_wire.h"

static struct rd_outbox_row letter(const char *cause, const char *message_id)
{
	return (struct rd_outbox_row){
		.letter = "acknowledgement",
		.stage = RD_STAGE_1,
		.cause = cause,
		.outgoing = "out",
		.recipient = "Ann@example.org",
		.subject = "Your complaint",
		.payload = "Subject: Your complaint\r\n\r\nDear\0Ann",
		.payload_len = 35,
		.message_id = message_id,
		.letter_version = "acknowledgement.email 1",
		.meets_clock = "stage1.acknowledge",
	};
}

static int64_t put(struct store_world *w, const struct rd_outbox_row *row)
{
	int64_t id = 0;

	TX(rd_outbox_put(tx, row, NOW_MS, &id, &w->err));
	return id;
}

static struct rd_outbox_row get(struct store_world *w, int64_t id)
{
	struct rd_outbox_row row;

	OK(rd_outbox_get(w->db, id, w->arena, &row, &w->err));
	return row;
}

static enum rd_rc claim(struct store_world *w, int64_t now_ms, struct rd_outbox_row *row)
{
	return rd_outbox_claim(w->db, NULL, now_ms, true, w->arena, row, &w->err);
}

static void a_letter_is_stored_exactly_as_it_will_be_sent(void **state)
{
	struct store_world *w = *state;
	struct rd_outbox_row row = letter("message:1", "rd.1@example.net");
	int64_t id = put(w, &row);
	struct rd_outbox_row back = get(w, id);

	assert_int_equal(back.payload_len, row.payload_len);
	assert_memory_equal(back.payload, row.payload, row.payload_len);
	assert_string_equal(back.recipient, row.recipient);
	assert_string_equal(back.message_id, row.message_id);
	assert_string_equal(back.letter_version, row.letter_version);
	assert_string_equal(back.meets_clock, "stage1.acknowledge");
	assert_int_equal(back.state, RD_OUTBOX_QUEUED);
	assert_false(rd_date_is_set(back.written_for));
}

static void one_letter_goes_for_each_case_kind_stage_and_cause(void **state)
{
	struct store_world *w = *state;
	struct rd_outbox_row row = letter("message:1", "rd.1@example.net");
	int64_t id = put(w, &row), again = 0;

	row.message_id = "rd.2@example.net";
	TX_FAILS(RD_E_EXISTS, rd_outbox_put(tx, &row, NOW_MS, &again, &w->err));
	assert_int_equal(id, again);
	row.stage = RD_STAGE_2;
	put(w, &row);
	row = letter("message:2", "rd.3@example.net");
	put(w, &row);
	row = letter("message:1", "rd.4@example.net");
	row.case_id = world_open_case(w, "ann@example.org");
	put(w, &row);
	/* A cancelled row frees its key, not its Message-ID. */
	TX(rd_outbox_cancel(tx, id, "why", NOW_MS, &w->err));
	row = letter("message:1", "rd.1@example.net");
	TX_FAILS(RD_E_BUG, rd_outbox_put(tx, &row, NOW_MS, &again, &w->err));
	row.message_id = "rd.5@example.net";
	put(w, &row);
	world_ledger_holds(w);
}

static void a_claim_is_committed_before_the_wire_and_its_end_is_recorded(void **state)
{
	struct store_world *w = *state;
	struct rd_outbox_row row = letter("message:1", "rd.1@example.net"), got;
	int64_t id = put(w, &row);

	OK(claim(w, NOW_MS + 5, &got));
	assert_int_equal(got.id, id);
	assert_int_equal(got.attempts, 1);
	world_close(w);
	world_open(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENDING);
	FAILS(RD_E_MISSING, claim(w, NOW_MS + 6, &got));
	TX(rd_outbox_sent(tx, id, "queue-id", "250 ok", NOW_MS + 7, &w->err));
	got = get(w, id);
	assert_int_equal(got.state, RD_OUTBOX_SENT);
	assert_int_equal(got.sent_ms, NOW_MS + 7);
	assert_string_equal(got.response, "250 ok");
	assert_string_equal(got.provider_id, "queue-id");
}

static void a_deferred_letter_waits_and_a_failed_one_waits_for_a_person(void **state)
{
	struct store_world *w = *state;
	struct rd_outbox_row row = letter("message:1", "rd.1@example.net"), got;
	int64_t id = put(w, &row), due = 0;

	OK(claim(w, NOW_MS, &got));
	TX(rd_outbox_defer(tx, id, "451 later", NOW_MS + 60000, &w->err));
	FAILS(RD_E_MISSING, claim(w, NOW_MS + 59999, &got));
	OK(rd_outbox_next_due(w->db, &due, &w->err));
	assert_int_equal(due, NOW_MS + 60000);
	OK(claim(w, NOW_MS + 60000, &got));
	assert_int_equal(got.attempts, 2);
	assert_string_equal(got.trouble, "451 later");
	TX(rd_outbox_unclaim(tx, id, NOW_MS + 60000, &w->err));
	assert_int_equal(get(w, id).attempts, 1);
	OK(claim(w, NOW_MS + 60000, &got));
	TX(rd_outbox_fail(tx, id, "550 no such user", &w->err));
	FAILS(RD_E_MISSING, claim(w, NOW_MS + 99999999, &got));
	TX(rd_outbox_retry(tx, id, NOW_MS + 70000, &w->err));
	OK(claim(w, NOW_MS + 70000, &got));
}

static void what_was_on_its_way_at_a_kill_is_uncertain(void **state)
{
	struct store_world *w = *state;
	enum rd_settle hows[] = { RD_SETTLE_SENT, RD_SETTLE_SEND_AGAIN, RD_SETTLE_CANCEL };
	enum rd_outbox_state ends[] = { RD_OUTBOX_SENT, RD_OUTBOX_QUEUED, RD_OUTBOX_CANCELLED };
	struct rd_outbox_filter unasked = { .unasked = true };
	struct rd_outbox_row *rows = NULL, got;
	size_t n = 0;

	for (size_t i = 0; i < 3; i++) {
		char message_id[] = "rd.0@example.net";
		message_id[3] = (char)('0' + i);
		struct rd_outbox_row row = letter(message_id, message_id);
		int64_t id = put(w, &row);

		OK(claim(w, NOW_MS, &got));
		TX(rd_outbox_on_wire(tx, id, &w->err));
		OK(rd_queue_start_run(w->db, NOW_MS, &w->run, &w->err));
		assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
		FAILS(RD_E_MISSING, claim(w, NOW_MS, &got));
		OK(rd_outbox_list(w->db, &unasked, w->arena, &rows, &n, &w->err));
		assert_int_equal(n, 1);
		TX(rd_outbox_set_asked(tx, id, &w->err));
		OK(rd_outbox_list(w->db, &unasked, w->arena, &rows, &n, &w->err));
		assert_int_equal(n, 0);
		TX(rd_outbox_settle(tx, id, hows[i], "Sam", "asked them", NOW_MS, &w->err));
		assert_int_equal(get(w, id).state, ends[i]);
		if (ends[i] == RD_OUTBOX_QUEUED)
			TX(rd_outbox_cancel(tx, id, "", NOW_MS, &w->err));
	}
	world_ledger_holds(w);
}

static void what_was_claimed_and_not_on_the_wire_is_sent_after_all(void **state)
{
	struct store_world *w = *state;
	struct rd_outbox_row row = letter("message:1", "rd.1@example.net"), got;
	int64_t id = put(w, &row);

	OK(claim(w, NOW_MS, &got));
	OK(rd_queue_start_run(w->db, NOW_MS, &w->run, &w->err));
	got = get(w, id);
	assert_int_equal(got.state, RD_OUTBOX_QUEUED);
	assert_int_equal(got.attempts, 0);
	/* On the wire once and deferred, then claimed again: the wire has not seen this attempt. */
	OK(claim(w, NOW_MS, &got));
	TX(rd_outbox_on_wire(tx, id, &w->err));
	TX(rd_outbox_defer(tx, id, "451", NOW_MS, &w->err));
	OK(claim(w, NOW_MS, &got));
	OK(rd_queue_start_run(w->db, NOW_MS, &w->run, &w->err));
	assert_int_equal(get(w, id).state, RD_OUTBOX_QUEUED);
}

/* Each act and the states in which it is allowed; every other is refused. */
static void acts_are_refused_in_the_wrong_state(void **state)
{
	struct store_world *w = *state;
	enum { SENT, DEFER, UNCLAIM, FAIL, UNCERTAIN, ASKED, SETTLE, RETRY, APPROVE, HOLD, CANCEL };
	static const struct {
		const char *why;
		int act;
		const char *allowed; /* letters of q h s S f u c: queued ... cancelled */
	} acts[] = {
		{ "sent, only what was on its way", SENT, "su" },
		{ "deferred, only what was on its way", DEFER, "s" },
		{ "given back, only what was on its way", UNCLAIM, "s" },
		{ "failed, only what was on its way", FAIL, "s" },
		{ "uncertain, only what was on its way", UNCERTAIN, "s" },
		{ "asked about, only an uncertain one", ASKED, "u" },
		{ "settled, only an uncertain one", SETTLE, "u" },
		{ "retried, only a failed one", RETRY, "f" },
		{ "approved, only a held one (none here awaits approval)", APPROVE, "h" },
		{ "held, only what has not left", HOLD, "qh" },
		{ "cancelled, only what is not on its way", CANCEL, "qhf" },
	};
	static const struct {
		char letter;
		const char *sql;
	} states[] = {
		{ 'q', "UPDATE outbox SET state = 'queued', hold_reason = '', sent_ms = NULL" },
		{ 'h', "UPDATE outbox SET state = 'held', hold_reason = 'x', sent_ms = NULL" },
		{ 's', "UPDATE outbox SET state = 'sending', hold_reason = '', sent_ms = NULL" },
		{ 'S', "UPDATE outbox SET state = 'sent', hold_reason = '', sent_ms = 1" },
		{ 'f', "UPDATE outbox SET state = 'failed', hold_reason = '', sent_ms = NULL" },
		{ 'u', "UPDATE outbox SET state = 'uncertain', hold_reason = '', sent_ms = NULL" },
		{ 'c', "UPDATE outbox SET state = 'cancelled', hold_reason = '', sent_ms = NULL" },
	};
	struct rd_outbox_row row = letter("message:1", "rd.1@example.net"), got;
	int64_t id = put(w, &row);

	OK(claim(w, NOW_MS, &got));
	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
		for (size_t j = 0; j < sizeof states / sizeof *states; j++) {
			struct rd_tx *tx = NULL;
			enum rd_rc rc = RD_OK;

			OK(rd_tx_begin(w->db, &tx, &w->err));
			OK(rd_sql_change(tx, states[j].sql, RD_NO_ARGS, NULL, &w->err));
			switch (acts[i].act) {
			case SENT:
				rc = rd_outbox_sent(tx, id, "p", "r", NOW_MS, &w->err);
				break;
			case DEFER:
				rc = rd_outbox_defer(tx, id, "t", NOW_MS, &w->err);
				break;
			case UNCLAIM:
				rc = rd_outbox_unclaim(tx, id, NOW_MS, &w->err);
				break;
			case FAIL:
				rc = rd_outbox_fail(tx, id, "t", &w->err);
				break;
			case UNCERTAIN:
				rc = rd_outbox_uncertain(tx, id, "t", &w->err);
				break;
			case ASKED:
				rc = rd_outbox_set_asked(tx, id, &w->err);
				break;
			case SETTLE:
				rc = rd_outbox_settle(
					tx, id, RD_SETTLE_SENT, "Sam", "w", NOW_MS, &w->err);
				break;
			case RETRY:
				rc = rd_outbox_retry(tx, id, NOW_MS, &w->err);
				break;
			case APPROVE:
				rc = rd_outbox_approve(tx, id, "Sam", NOW_MS, &w->err);
				break;
			case HOLD:
				rc = rd_outbox_hold(tx, id, "x", &w->err);
				break;
			default:
				rc = rd_outbox_cancel(tx, id, "w", NOW_MS, &w->err);
				break;
			}
			rd_tx_rollback(&tx);
			bool allowed = strchr(acts[i].allowed, states[j].letter) != NULL;
			if (rc != (allowed ? RD_OK : RD_E_REFUSED))
				fail_msg("%s: in state %c it gave %d", acts[i].why,
					states[j].letter, (int)rc);
		}
	}
	TX_FAILS(RD_E_MISSING, rd_outbox_retry(tx, 999, NOW_MS, &w->err));
}

static void a_letter_that_binds_its_day_goes_on_that_day_or_is_written_anew(void **state)
{
	struct store_world *w = *state;
	struct rd_date today = rd_date_of(NOW_MS), tomorrow = rd_date_add(today, 1);
	int64_t next_day_ms = rd_date_at_ms(tomorrow, 9, 0), id = 0, fresh = 0;
	struct rd_outbox_row row = letter("message:1", "rd.1@example.net"), got;
	struct rd_outbox_row *stale = NULL;
	size_t n = 0;

	row.written_for = today;
	row.binds_day = true;
	id = put(w, &row);
	FAILS(RD_E_MISSING, claim(w, next_day_ms, &got));
	OK(rd_outbox_stale(w->db, today, NOW_MS, w->arena, &stale, &n, &w->err));
	assert_int_equal(n, 0);
	OK(rd_outbox_stale(w->db, tomorrow, next_day_ms, w->arena, &stale, &n, &w->err));
	assert_int_equal(n, 1);
	row.written_for = tomorrow;
	row.message_id = "rd.2@example.net";
	TX(rd_outbox_rewrite(tx, id, &row, next_day_ms, &fresh, &w->err));
	assert_int_equal(get(w, id).state, RD_OUTBOX_CANCELLED);
	OK(claim(w, next_day_ms, &got));
	assert_int_equal(got.id, fresh);
	/* Attempted, it keeps its date. */
	TX(rd_outbox_defer(tx, fresh, "later", next_day_ms + 86400000, &w->err));
	TX_FAILS(RD_E_REFUSED, rd_outbox_rewrite(tx, fresh, &row, next_day_ms, &id, &w->err));
	OK(claim(w, next_day_ms + 86400000, &got));
	assert_int_equal(got.id, fresh);
}

static void texts_keep_to_their_hours_but_for_emergencies(void **state)
{
	struct store_world *w = *state;
	struct rd_outbox_row row = letter("message:1", "rd.1@example.net"), got;

	row.channel = RD_CHANNEL_SMS;
	row.recipient = "+447700900001";
	int64_t plain = put(w, &row);
	FAILS(RD_E_MISSING, rd_outbox_claim(w->db, NULL, NOW_MS, false, w->arena, &got, &w->err));
	row = letter("message:2", "rd.2@example.net");
	row.channel = RD_CHANNEL_SMS;
	row.emergency = true;
	int64_t urgent = put(w, &row);
	OK(rd_outbox_claim(w->db, NULL, NOW_MS, false, w->arena, &got, &w->err));
	assert_int_equal(got.id, urgent);
	OK(rd_outbox_claim(w->db, "out", NOW_MS, true, w->arena, &got, &w->err));
	assert_int_equal(got.id, plain);
	TX(rd_outbox_defer(tx, plain, "", NOW_MS, &w->err));
	FAILS(RD_E_MISSING, rd_outbox_claim(w->db, NULL, NOW_MS, false, w->arena, &got, &w->err));
	TX(rd_outbox_ignore_hours(tx, plain, &w->err));
	OK(rd_outbox_claim(w->db, NULL, NOW_MS, false, w->arena, &got, &w->err));
	FAILS(RD_E_MISSING, rd_outbox_claim(w->db, "other", NOW_MS, true, w->arena, &got, &w->err));
}

static void a_held_letter_never_goes_by_itself(void **state)
{
	struct store_world *w = *state;
	struct rd_outbox_row row = letter("message:1", "rd.1@example.net"), got;

	row.hold_reason = "old mail";
	int64_t id = put(w, &row);
	FAILS(RD_E_MISSING, claim(w, NOW_MS + INT64_C(99999999999), &got));
	TX(rd_outbox_approve(tx, id, "Sam", NOW_MS, &w->err));
	OK(claim(w, NOW_MS, &got));
	assert_string_equal(got.approved_by, "Sam");
	/* Awaiting approval it goes by itself, late. */
	row = letter("message:2", "rd.2@example.net");
	row.needs_approval = true;
	row.not_before_ms = NOW_MS + 1000;
	id = put(w, &row);
	FAILS(RD_E_MISSING, claim(w, NOW_MS + 999, &got));
	TX(rd_outbox_approve(tx, id, "Sam", NOW_MS, &w->err));
	OK(claim(w, NOW_MS, &got));
}

static void attempts_are_counted_by_recipient_and_in_all(void **state)
{
	struct store_world *w = *state;
	struct rd_outbox_row got;
	int64_t n = 0;

	for (int i = 0; i < 4; i++) {
		char message_id[] = "rd.0@example.net";
		message_id[3] = (char)('0' + i);
		struct rd_outbox_row row = letter(message_id, message_id);
		row.recipient = i == 3 ? "bob@example.org" : "ann@example.org";
		put(w, &row);
		if (i > 0)
			OK(claim(w, NOW_MS + i * 1000, &got));
	}
	OK(rd_outbox_rate(w->db, "ANN@example.org", NOW_MS, &n, &w->err));
	assert_int_equal(n, 3);
	OK(rd_outbox_rate(w->db, "ann@example.org", NOW_MS + 2000, &n, &w->err));
	assert_int_equal(n, 2);
	OK(rd_outbox_rate(w->db, NULL, NOW_MS, &n, &w->err));
	assert_int_equal(n, 3);
}

static void receipts_find_their_letter_even_when_they_come_first(void **state)
{
	struct store_world *w = *state;
	struct rd_outbox_row row = letter("message:1", "rd.1@example.net"), got;
	int64_t id = put(w, &row), found = 0;

	OK(claim(w, NOW_MS, &got));
	TX(rd_outbox_receipt(tx, "out", "SM9", "delivered", NOW_MS + 9, &found, &w->err));
	assert_int_equal(found, 0);
	TX(rd_outbox_sent(tx, id, "SM9", "201", NOW_MS + 10, &w->err));
	assert_string_equal(get(w, id).delivery, "delivered");
	assert_int_equal(get(w, id).delivery_ms, NOW_MS + 9);
	TX(rd_outbox_receipt(tx, "out", "SM9", "sent", NOW_MS + 20, &found, &w->err));
	assert_int_equal(found, id);
	assert_string_equal(get(w, id).delivery, "delivered");
	TX_FAILS(RD_E_EXISTS,
		rd_outbox_receipt(tx, "out", "SM9", "sent", NOW_MS + 20, &found, &w->err));
	OK(rd_outbox_by_provider_id(w->db, "other", "SM9", &found, &w->err));
	assert_int_equal(found, 0);
	OK(rd_outbox_by_message_id(w->db, "rd.1@example.net", &found, &w->err));
	assert_int_equal(found, id);
	TX(rd_outbox_set_payload_sent(tx, id, "as sent", 7, &w->err));
	assert_string_equal(get(w, id).payload_sent, "as sent");
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_letter_is_stored_exactly_as_it_will_be_sent),
		T(one_letter_goes_for_each_case_kind_stage_and_cause),
		T(a_claim_is_committed_before_the_wire_and_its_end_is_recorded),
		T(a_deferred_letter_waits_and_a_failed_one_waits_for_a_person),
		T(what_was_on_its_way_at_a_kill_is_uncertain),
		T(what_was_claimed_and_not_on_the_wire_is_sent_after_all),
		T(acts_are_refused_in_the_wrong_state),
		T(a_letter_that_binds_its_day_goes_on_that_day_or_is_written_anew),
		T(texts_keep_to_their_hours_but_for_emergencies),
		T(a_held_letter_never_goes_by_itself),
		T(attempts_are_counted_by_recipient_and_in_all),
		T(receipts_find_their_letter_even_when_they_come_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
