/* The sender: what becomes of a letter on its way, when it goes, and what must not go. */
#include "support/sender_world.h"

#include "redress/store/audit.h"
#include "redress/store/contact.h"
#include "redress/wire/providers/notify.h"

static void a_letter_goes_and_everything_that_hangs_on_it(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	long total = child_number(&w->smtp, "total");
	int64_t id = put_letter(w, "post");
	run(w);
	struct rd_outbox_row row = get(w, id);
	assert_int_equal(row.state, RD_OUTBOX_SENT);
	assert_non_null(strstr(row.response, "250 2.0.0 kept"));
	assert_true(row.sent_ms == w->now_ms);
	assert_int_equal(w->n_sent_hooks, 1);
	assert_true(w->n_beats > 0);
	int64_t on_wire = 0;
	assert_int_equal(rd_outbox_last_on_wire(w->db, &on_wire, &err), RD_OK);
	assert_true(on_wire == id);
	struct rd_case_clock *clocks;
	size_t n;
	assert_int_equal(rd_case_clocks(w->db, w->case_id, w->arena, &clocks, &n, &err), RD_OK);
	assert_int_equal(n, 1);
	assert_true(clocks[0].met_ms == w->now_ms);
	struct rd_audit_row *rows;
	assert_int_equal(
		rd_audit_list(w->db, w->case_id, 0, 0, 100, w->arena, &rows, &n, &err), RD_OK);
	assert_string_equal(rows[n - 1].what, "letter_sent");
	run(w);
	assert_int_equal(child_number(&w->smtp, "total"), total + 1);
}

static void every_outcome_of_smtp_is_recorded(void **state)
{
	static const struct {
		const char *mode;
		enum rd_outbox_state state;
		size_t n_send;
		size_t n_settle;
		enum rd_sender_event event;
	} rows[] = {
		{ "mode rcpt-4", RD_OUTBOX_QUEUED, 0, 0, RD_SENDER_DEFERRED },
		{ "mode rcpt-5", RD_OUTBOX_FAILED, 1, 0, RD_SENDER_REFUSED },
		{ "mode data-5", RD_OUTBOX_FAILED, 2, 0, RD_SENDER_REFUSED },
		{ "mode drop-data", RD_OUTBOX_UNCERTAIN, 2, 1, RD_SENDER_UNCERTAIN },
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int64_t id = put_letter(w, "post");
		child_ask(&w->smtp, rows[i].mode);
		memset(w->events, 0, sizeof w->events);
		run(w);
		struct rd_outbox_row row = get(w, id);
		if (row.state != rows[i].state)
			print_error("%s: %s\n", rows[i].mode, row.trouble);
		assert_int_equal(row.state, rows[i].state);
		assert_int_equal(n_tasks(w, "send"), rows[i].n_send);
		assert_int_equal(n_tasks(w, "settle"), rows[i].n_settle);
		assert_int_equal(w->events[rows[i].event], 1);
	}
	/* Uncertain for good: hours later it still has not been sent again. */
	long total = child_number(&w->smtp, "total");
	child_ask(&w->smtp, "mode rcpt-5");
	w->now_ms += 5 * HOUR_MS;
	run(w);
	assert_int_equal(child_number(&w->smtp, "total"), total);
	assert_int_equal(w->n_sent_hooks, 0);
}

static void back_off_doubles_up_to_four_hours_and_ends_after_two_days(void **state)
{
	struct world *w = *state;
	int64_t last_ms = 0;
	for (int n = 1; n < 30; n++) {
		int64_t ms = rd_sender_backoff_ms(7, n);
		int64_t whole = n > 8 ? 4 * HOUR_MS : MINUTE_MS << (n - 1);
		if (whole > 4 * HOUR_MS)
			whole = 4 * HOUR_MS;
		assert_true(ms <= whole && ms >= whole - whole / 5);
		assert_true(n > 8 || ms > last_ms);
		last_ms = ms;
	}
	assert_true(rd_sender_backoff_ms(7, 5) != rd_sender_backoff_ms(8, 5));
	int64_t start_ms = w->now_ms;
	int64_t id = put_letter(w, "post");
	child_ask(&w->smtp, "mode rcpt-4");
	while (get(w, id).state == RD_OUTBOX_QUEUED) {
		int64_t next_ms = run(w);
		assert_true(next_ms > w->now_ms);
		assert_true(w->now_ms - start_ms < 60 * HOUR_MS);
		w->now_ms = next_ms;
	}
	assert_int_equal(get(w, id).state, RD_OUTBOX_FAILED);
	assert_true(w->now_ms - start_ms >= 48 * HOUR_MS);
	assert_int_equal(w->events[RD_SENDER_GAVE_UP], 1);
	assert_int_equal(n_tasks(w, "send"), 1);
}

static void a_route_in_trouble_rests_and_the_others_go_on(void **state)
{
	struct world *w = *state;
	child_ask(&w->smtp, "mode mail-5"); /* our own side: no letter is to blame */
	for (int i = 0; i < 5; i++)
		put_letter(w, "post");
	int64_t text = put_letter(w, "tray-line");
	run(w);
	assert_int_equal(get(w, text).state, RD_OUTBOX_SENT);
	assert_int_equal(w->events[RD_SENDER_OWN_TROUBLE], 1);
	assert_int_equal(w->events[RD_SENDER_DEFERRED], 1);
	child_ask(&w->smtp, "mode ok");
	w->now_ms += 5 * MINUTE_MS;
	run(w);
	assert_int_equal(w->events[RD_SENDER_SENT], 6);
}

static void a_route_that_stays_in_trouble_rests_ever_longer(void **state)
{
	static const int64_t rests_s[] = { 30, 60, 120, 240, 300, 300 };
	struct world *w = *state;
	close_sender(w);
	w->limits.per_address_day = 100;
	open_sender(w);
	child_ask(&w->smtp, "mode mail-5");
	for (int i = 0; i < 10; i++)
		put_letter(w, "post");
	run(w);
	for (int i = 0; i < (int)(sizeof rests_s / sizeof rests_s[0]); i++) {
		assert_int_equal(w->events[RD_SENDER_OWN_TROUBLE], i + 1);
		w->now_ms += rests_s[i] * 1000 - 1;
		run(w);
		assert_int_equal(w->events[RD_SENDER_OWN_TROUBLE], i + 1);
		w->now_ms += 1;
		run(w);
	}
	assert_int_equal(w->events[RD_SENDER_OWN_TROUBLE], 7);
	child_ask(&w->smtp, "mode ok");
	w->now_ms += 5 * MINUTE_MS;
	run(w);
	child_ask(&w->smtp, "mode mail-5"); /* it was well: the next rest is short again */
	put_letter(w, "post");
	put_letter(w, "post");
	run(w);
	w->now_ms += 30000;
	run(w);
	assert_int_equal(w->events[RD_SENDER_OWN_TROUBLE], 9);
}

static void a_text_over_each_provider_is_recorded_with_its_id(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	struct rd_outbox_row notify = letter(w, "notify-line");
	assert_int_equal(rd_notify_payload(w->texts[1].template_id, "the words", w->arena,
				 &notify.payload, &err),
		RD_OK);
	notify.payload_len = strlen(notify.payload);
	int64_t twilio_id = put_letter(w, "twilio-line");
	int64_t notify_id = put(w, &notify);
	int64_t tray_id = put_letter(w, "tray-line");
	run(w);
	assert_int_equal(get(w, twilio_id).state, RD_OUTBOX_SENT);
	assert_int_equal(strncmp(get(w, twilio_id).provider_id, "SM", 2), 0);
	struct rd_outbox_row row = get(w, notify_id);
	assert_int_equal(row.state, RD_OUTBOX_SENT);
	assert_int_equal(strlen(row.provider_id), 36);
	assert_non_null(strstr(row.response, "version 4"));
	assert_string_equal(row.payload_sent, "Home: the words");
	assert_int_equal(get(w, tray_id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->n_sent_hooks, 3);
}

static void what_a_provider_refuses_is_recorded(void **state)
{
	static const struct {
		const char *mode;
		enum rd_outbox_state state;
	} rows[] = {
		{ "mode 429", RD_OUTBOX_QUEUED },
		{ "mode daily", RD_OUTBOX_QUEUED },
		{ "mode 21610", RD_OUTBOX_FAILED },
		{ "mode 401", RD_OUTBOX_QUEUED },
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		child_ask(&w->provider, rows[i].mode);
		int64_t id = put_letter(w, "notify-line");
		run(w);
		struct rd_outbox_row row = get(w, id);
		assert_int_equal(row.state, rows[i].state);
		if (strcmp(rows[i].mode, "mode daily") == 0) /* at midnight UTC */
			assert_int_equal(row.next_try_ms % (24 * HOUR_MS), 0);
		w->now_ms += 10 * MINUTE_MS;
	}
	assert_int_equal(child_number(&w->provider, "total"), 0);
}

/* ---- what must not go ---- */

static void the_seventh_letter_of_a_day_to_one_address_is_held_for_a_person(void **state)
{
	struct world *w = *state;
	int64_t ids[8];
	for (int i = 0; i < 8; i++)
		ids[i] = put_letter(w, "post");
	struct rd_outbox_row other = letter(w, "post");
	other.recipient = "b@example.com";
	int64_t other_id = put(w, &other);
	run(w);
	for (int i = 0; i < 8; i++)
		assert_int_equal(get(w, ids[i]).state, i < 6 ? RD_OUTBOX_SENT : RD_OUTBOX_HELD);
	assert_int_equal(get(w, other_id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->events[RD_SENDER_HELD], 2);
	assert_int_equal(n_tasks(w, "send"), 2);
	/* A person may let it go. */
	struct rd_err err = { 0 };
	struct rd_tx *tx = NULL;
	assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
	assert_int_equal(rd_outbox_approve(tx, ids[7], "pat", w->now_ms, &err), RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
	run(w);
	assert_int_equal(get(w, ids[7]).state, RD_OUTBOX_SENT);
	/* A day later the address may be written to again. */
	w->now_ms += 25 * HOUR_MS;
	int64_t late = put_letter(w, "post");
	run(w);
	assert_int_equal(get(w, late).state, RD_OUTBOX_SENT);
}

static void over_the_total_all_but_emergencies_wait(void **state)
{
	struct world *w = *state;
	close_sender(w);
	w->limits.per_hour = 3;
	open_sender(w);
	int64_t ids[5];
	for (int i = 0; i < 5; i++)
		ids[i] = put_letter(w, "post");
	int64_t next_ms = run(w);
	assert_true(next_ms > w->now_ms);
	assert_int_equal(get(w, ids[2]).state, RD_OUTBOX_SENT);
	assert_int_equal(get(w, ids[3]).state, RD_OUTBOX_QUEUED);
	assert_int_equal(w->events[RD_SENDER_WAITS], 1);
	struct rd_outbox_row urgent = letter(w, "post");
	urgent.emergency = true;
	int64_t urgent_id = put(w, &urgent);
	run(w);
	assert_int_equal(get(w, urgent_id).state, RD_OUTBOX_SENT);
	assert_int_equal(get(w, ids[3]).state, RD_OUTBOX_QUEUED);
	w->now_ms += HOUR_MS + 1;
	run(w);
	assert_int_equal(get(w, ids[4]).state, RD_OUTBOX_SENT);
}

static void a_full_hour_that_keeps_nothing_waiting_is_no_trouble(void **state)
{
	struct world *w = *state;
	close_sender(w);
	w->limits.per_hour = 3;
	open_sender(w);
	for (int i = 0; i < 3; i++)
		put_letter(w, "post");
	run(w);
	assert_int_equal(w->events[RD_SENDER_WAITS], 0);
}

static void texts_keep_their_hours_and_emergencies_do_not(void **state)
{
	struct world *w = *state;
	const struct rd_date day = rd_date_of(w->now_ms);
	w->now_ms = rd_date_at_ms(day, 20, 0); /* eight in the evening is too late */
	int64_t text = put_letter(w, "tray-line");
	struct rd_outbox_row urgent = letter(w, "tray-line");
	urgent.emergency = true;
	int64_t urgent_id = put(w, &urgent);
	int64_t mail = put_letter(w, "post");
	run(w);
	assert_int_equal(get(w, text).state, RD_OUTBOX_QUEUED);
	assert_int_equal(get(w, urgent_id).state, RD_OUTBOX_SENT);
	assert_int_equal(get(w, mail).state, RD_OUTBOX_SENT);
	w->now_ms = rd_date_at_ms(rd_date_add(day, 1), 7, 59);
	run(w);
	assert_int_equal(get(w, text).state, RD_OUTBOX_QUEUED);
	w->now_ms = rd_date_at_ms(rd_date_add(day, 1), 8, 0);
	run(w);
	assert_int_equal(get(w, text).state, RD_OUTBOX_SENT);
}

static void a_letter_whose_day_has_passed_is_left_alone_unless_attempted(void **state)
{
	struct world *w = *state;
	child_ask(&w->smtp, "mode rcpt-4");
	struct rd_outbox_row attempted = letter(w, "post");
	attempted.binds_day = true;
	int64_t attempted_id = put(w, &attempted);
	run(w);
	struct rd_outbox_row late = letter(w, "tray-line");
	late.binds_day = true;
	w->now_ms = rd_date_at_ms(rd_date_of(w->now_ms), 21, 0); /* after hours */
	int64_t late_id = put(w, &late);
	run(w);
	assert_int_equal(get(w, late_id).state, RD_OUTBOX_QUEUED);
	child_ask(&w->smtp, "mode ok");
	w->now_ms = rd_date_at_ms(rd_date_add(rd_date_of(w->now_ms), 1), 9, 0);
	run(w);
	assert_int_equal(get(w, attempted_id).state, RD_OUTBOX_SENT); /* keeps its date */
	assert_int_equal(get(w, late_id).state, RD_OUTBOX_QUEUED);
	assert_int_equal(w->events[RD_SENDER_SENT], 1);
}

static void a_number_that_opted_out_gets_no_text(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	struct rd_tx *tx = NULL;
	int64_t id = put_letter(w, "tray-line");
	assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
	assert_int_equal(rd_contact_opt_out(tx, "+447700900123", w->now_ms, &err), RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_FAILED);
	assert_int_equal(n_tasks(w, "send"), 1);
}

static void a_clock_before_the_last_act_stops_sending(void **state)
{
	struct world *w = *state;
	put_letter(w, "post");
	run(w); /* its audit row stands at this time */
	w->now_ms -= HOUR_MS;
	int64_t id = put_letter(w, "post");
	run(w);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_QUEUED);
	assert_int_equal(w->events[RD_SENDER_CLOCK_BACK], 1);
	w->now_ms += HOUR_MS;
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
}

static void a_hook_that_fails_does_not_hide_that_the_letter_has_gone(void **state)
{
	struct world *w = *state;
	long total = child_number(&w->smtp, "total");
	w->hook_rc = RD_E_STORE;
	int64_t id = put_letter(w, "post");
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->events[RD_SENDER_CALL_FAILED], 1);
	assert_int_equal(n_tasks(w, "look"), 1);
	/* In passing trouble the record waits, and nothing else is sent meanwhile. */
	w->hook_rc = RD_E_AGAIN;
	struct rd_err err = { 0 };
	bool did;
	int64_t next_ms;
	int64_t second = put_letter(w, "post");
	int64_t third = put_letter(w, "post");
	assert_int_equal(rd_sender_step(w->sender, &did, &next_ms, &err), RD_E_AGAIN);
	assert_int_equal(rd_sender_step(w->sender, &did, &next_ms, &err), RD_E_AGAIN);
	assert_int_equal(child_number(&w->smtp, "total"), total + 2);
	w->hook_rc = RD_OK;
	run(w);
	assert_int_equal(get(w, second).state, RD_OUTBOX_SENT);
	assert_int_equal(get(w, third).state, RD_OUTBOX_SENT);
	assert_int_equal(child_number(&w->smtp, "total"), total + 3);
}

static void one_run_tries_each_row_once_and_says_what_must_wait(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	bool must_wait = true;
	put_letter(w, "post");
	assert_int_equal(rd_sender_run_once(w->sender, &must_wait, &err), RD_OK);
	assert_false(must_wait);
	child_ask(&w->smtp, "mode rcpt-4");
	int64_t id = put_letter(w, "post");
	assert_int_equal(rd_sender_run_once(w->sender, &must_wait, &err), RD_OK);
	assert_true(must_wait);
	assert_int_equal(get(w, id).attempts, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_letter_goes_and_everything_that_hangs_on_it),
		IN_WORLD(every_outcome_of_smtp_is_recorded),
		IN_WORLD(back_off_doubles_up_to_four_hours_and_ends_after_two_days),
		IN_WORLD(a_route_in_trouble_rests_and_the_others_go_on),
		IN_WORLD(a_route_that_stays_in_trouble_rests_ever_longer),
		IN_WORLD(a_text_over_each_provider_is_recorded_with_its_id),
		IN_WORLD(what_a_provider_refuses_is_recorded),
		IN_WORLD(the_seventh_letter_of_a_day_to_one_address_is_held_for_a_person),
		IN_WORLD(over_the_total_all_but_emergencies_wait),
		IN_WORLD(a_full_hour_that_keeps_nothing_waiting_is_no_trouble),
		IN_WORLD(texts_keep_their_hours_and_emergencies_do_not),
		IN_WORLD(a_letter_whose_day_has_passed_is_left_alone_unless_attempted),
		IN_WORLD(a_number_that_opted_out_gets_no_text),
		IN_WORLD(a_clock_before_the_last_act_stops_sending),
		IN_WORLD(a_hook_that_fails_does_not_hide_that_the_letter_has_gone),
		IN_WORLD(one_run_tries_each_row_once_and_says_what_must_wait),
	};
	return cmocka_run_group_tests(tests, make_world, free_world);
}
