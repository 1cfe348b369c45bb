/* Letters of which the sender cannot know whether they have gone: after a lost answer, and after a
 * crash. None goes twice, and a person settles what nothing else can. */
#include "support/sender_world.h"

#include <time.h>

/* ---- after a lost answer ---- */

/* Plays the provider's clock, which stands at the real time. */
static void at_real_time(struct world *w)
{
	w->now_ms = (int64_t)time(NULL) * 1000;
	w->config.text_hours_from_min = 0;
	w->config.text_hours_to_min = 1440;
}

static void after_a_lost_answer_the_provider_is_asked_before_sending_again(void **state)
{
	static const char *const lines[] = { "twilio-line", "notify-line" };
	static const struct {
		const char *mode;
		bool taken;
	} rows[] = { { "mode lost", true }, { "mode 500-taken", true }, { "mode 500", false },
		{ "mode slow", true } };
	struct world *w = *state;
	at_real_time(w);
	w->limits.per_address_day = 100;
	close_sender(w);
	w->limits.timeout_ms = 700;
	w->limits.ask_after_ms = 10;
	open_sender(w);
	for (size_t line = 0; line < 2; line++) {
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			at_real_time(w);
			long total = child_number(&w->provider, "total");
			long asked = child_number(&w->provider, "asked");
			int64_t id = put_letter(w, lines[line]);
			child_ask(&w->provider, rows[i].mode);
			run(w);
			assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
			assert_int_equal(child_number(&w->provider, "asked"), asked);
			child_ask(&w->provider, "mode ok");
			w->now_ms += 9;
			run(w);
			assert_int_equal(child_number(&w->provider, "asked"), asked);
			w->now_ms += 1;
			run(w);
			assert_int_equal(child_number(&w->provider, "asked"), asked + 1);
			struct rd_outbox_row row = get(w, id);
			if (row.state != RD_OUTBOX_SENT)
				print_error("%s %s\n", lines[line], rows[i].mode);
			assert_int_equal(row.state, RD_OUTBOX_SENT);
			assert_true(row.provider_id[0] != '\0');
			/* Never twice, whether it had been taken or not. */
			assert_int_equal(child_number(&w->provider, "total"), total + 1);
			assert_int_equal(row.attempts, rows[i].taken ? 1 : 2);
		}
	}
	assert_int_equal(n_tasks(w, "settle"), 0);
}

static void a_provider_that_cannot_be_asked_leaves_it_to_a_person(void **state)
{
	struct world *w = *state;
	at_real_time(w);
	int64_t id = put_letter(w, "twilio-line");
	child_ask(&w->provider, "mode lost");
	child_ask(&w->provider, "list 500");
	for (int i = 0; i < 140; i++) {
		run(w);
		if (get(w, id).asked)
			break;
		assert_int_equal(n_tasks(w, "settle"), 0);
		w->now_ms += MINUTE_MS;
	}
	assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
	assert_true(get(w, id).asked);
	assert_int_equal(n_tasks(w, "settle"), 1);
	assert_int_equal(child_number(&w->provider, "total"), 1);
}

/* Vonage's reports lag behind: asked too early they would say that nothing was taken. */
static void a_provider_whose_list_lags_is_asked_later(void **state)
{
	struct world *w = *state;
	at_real_time(w);
	int64_t id = put_letter(w, "vonage-line");
	child_ask(&w->provider, "mode lost");
	run(w);
	child_ask(&w->provider, "mode ok");
	long asked = child_number(&w->provider, "asked");
	for (int minute = 1; minute < 15; minute++) {
		w->now_ms += MINUTE_MS;
		run(w);
	}
	assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
	assert_int_equal(child_number(&w->provider, "asked"), asked);
	w->now_ms += 2 * MINUTE_MS;
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
	assert_int_equal(child_number(&w->provider, "asked"), asked + 1);
	assert_int_equal(child_number(&w->provider, "total"), 1);
	assert_int_equal(n_tasks(w, "settle"), 0);
}

static void a_receipt_comes(struct world *w, const char *line, int64_t id, const char *status)
{
	struct rd_tx *tx = NULL;
	struct rd_err err = { 0 };
	int64_t row;
	assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
	assert_int_equal(
		rd_outbox_receipt(tx, line, get(w, id).message_id, status, w->now_ms, &row, &err),
		RD_OK);
	assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
}

/* Its receipt came although its answer did not: by our own key, so that it names the row. */
static void a_receipt_proves_that_a_text_has_gone(void **state)
{
	static const char *const lines[] = { "vonage-line", "firetext-line" };
	struct world *w = *state;
	at_real_time(w);
	child_ask(&w->provider, "list empty"); /* a list that lags says that it is not there */
	for (size_t i = 0; i < 2; i++) {
		long total = child_number(&w->provider, "total");
		long asked = child_number(&w->provider, "asked");
		int64_t id = put_letter(w, lines[i]);
		child_ask(&w->provider, "mode lost");
		run(w);
		child_ask(&w->provider, "mode ok");
		assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
		a_receipt_comes(
			w, lines[1 - i], id, "delivered"); /* another line's proves nothing */
		w->now_ms += 1000;
		run(w);
		assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
		a_receipt_comes(w, lines[i], id, i ? "failed" : "delivered");
		w->now_ms += 20 * MINUTE_MS;
		run(w);
		struct rd_outbox_row row = get(w, id);
		assert_int_equal(row.state, RD_OUTBOX_SENT);
		assert_string_equal(row.delivery, i ? "failed" : "delivered");
		assert_int_equal(child_number(&w->provider, "total"), total + 1);
		assert_int_equal(child_number(&w->provider, "asked"), asked);
	}
	assert_int_equal(n_tasks(w, "settle"), 0);
	assert_int_equal(n_tasks(w, "send"), 1); /* the one that failed */
}

/* FireText has nothing to ask. */
static void one_that_offers_no_way_to_ask_leaves_it_to_a_person_at_once(void **state)
{
	struct world *w = *state;
	at_real_time(w);
	int64_t id = put_letter(w, "firetext-line");
	child_ask(&w->provider, "mode 500-taken");
	run(w);
	w->now_ms += 2 * MINUTE_MS;
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
	assert_true(get(w, id).asked);
	assert_int_equal(n_tasks(w, "settle"), 1);
	assert_int_equal(child_number(&w->provider, "total"), 1);
}

/* ---- after a crash ---- */

/* As a kill leaves it: claimed, and put on the wire or not. */
static int64_t left_sending(struct world *w, const char *outgoing, bool on_wire)
{
	struct rd_err err = { 0 };
	struct rd_outbox_row row;
	int64_t id = put_letter(w, outgoing);
	assert_int_equal(
		rd_outbox_claim(w->db, outgoing, w->now_ms, true, w->arena, &row, &err), RD_OK);
	assert_int_equal(row.id, id);
	if (on_wire) {
		RD_CLEANUP(rd_tx_rollback) struct rd_tx *tx = NULL;
		assert_int_equal(rd_tx_begin(w->db, &tx, &err), RD_OK);
		assert_int_equal(rd_outbox_on_wire(tx, id, &err), RD_OK);
		assert_int_equal(rd_tx_commit(&tx, &err), RD_OK);
	}
	return id;
}

static void a_row_only_claimed_when_the_daemon_died_just_goes(void **state)
{
	struct world *w = *state;
	int64_t id = left_sending(w, "post", false);
	close_sender(w);
	open_sender(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_QUEUED);
	assert_int_equal(get(w, id).attempts, 0);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
}

static void a_mail_on_the_wire_when_the_daemon_died_is_for_a_person(void **state)
{
	struct world *w = *state;
	long total = child_number(&w->smtp, "total");
	int64_t id = left_sending(w, "post", true);
	close_sender(w);
	open_sender(w);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_UNCERTAIN);
	assert_int_equal(n_tasks(w, "settle"), 1);
	assert_int_equal(child_number(&w->smtp, "total"), total);
}

static void files_tell_after_a_crash_whether_a_letter_had_gone(void **state)
{
	struct world *w = *state;
	w->outgoing.kind = RD_OUTGOING_MAILDIR;
	close_sender(w);
	open_sender(w);
	char path[256];
	struct stat st;
	/* Not written yet. */
	int64_t id = left_sending(w, "post", true);
	close_sender(w);
	open_sender(w);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->events[RD_SENDER_ABSENT], 1);
	snprintf(path, sizeof path, "%s/new/rd.1_example.org", w->maildir);
	assert_int_equal(stat(path, &st), 0);
	/* Written, and the daemon died before it could say so. */
	id = left_sending(w, "post", true);
	snprintf(path, sizeof path, "%s/new/rd.2_example.org", w->maildir);
	write_secret(path, "the letter");
	close_sender(w);
	open_sender(w);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->events[RD_SENDER_FOUND], 1);
	assert_int_equal(get(w, id).attempts, 1);
	/* The same for a tray. */
	id = left_sending(w, "tray-line", true);
	close_sender(w);
	open_sender(w);
	run(w);
	assert_int_equal(get(w, id).state, RD_OUTBOX_SENT);
	assert_int_equal(w->n_sent_hooks, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(after_a_lost_answer_the_provider_is_asked_before_sending_again),
		IN_WORLD(a_provider_that_cannot_be_asked_leaves_it_to_a_person),
		IN_WORLD(a_provider_whose_list_lags_is_asked_later),
		IN_WORLD(a_receipt_proves_that_a_text_has_gone),
		IN_WORLD(one_that_offers_no_way_to_ask_leaves_it_to_a_person_at_once),
		IN_WORLD(a_row_only_claimed_when_the_daemon_died_just_goes),
		IN_WORLD(a_mail_on_the_wire_when_the_daemon_died_is_for_a_person),
		IN_WORLD(files_tell_after_a_crash_whether_a_letter_had_gone),
	};
	return cmocka_run_group_tests(tests, make_world, free_world);
}
