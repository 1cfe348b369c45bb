#include "support/intake_world.h"

#include "redress/intake/imap.h"
#include "support/measure.h"
#include "support/slow_store.h"

/* Against a scripted server: what none ought to do, and what a good one seldom does. */

#define SILENCE_MS 500 /* given up after, where the server falls silent on purpose */

static const struct rd_imap_tuning PATIENT = {
	.read_ms = 60000, /* a busy machine is no silent server */
	.idle_ms = 60000,
	.poll_ms = 20,
	.pause_first_ms = 5,
	.pause_most_ms = 20,
	.alarm_after_ms = 1,
};

struct scripted_world {
	struct intake_world *w;
	struct child server;
	struct rd_imap_tuning tuning; /* of the thread */
};

static int make(void **state)
{
	struct scripted_world *s = calloc(1, sizeof *s);
	struct child maker = { 0 };
	s->w = world_new("hostile");
	child_start(&maker, (const char *[]){ "certificates.py", s->w->dir, NULL });
	child_stop(&maker);
	*state = s;
	return 0;
}

static int drop(void **state)
{
	struct scripted_world *s = *state;
	world_free(s->w);
	free(s);
	return 0;
}

static int fresh(void **state)
{
	struct scripted_world *s = *state;
	char pem[128], key[128];
	snprintf(pem, sizeof pem, "%s/good.pem", s->w->dir);
	snprintf(key, sizeof key, "%s/good.key", s->w->dir);
	world_reset(s->w);
	s->tuning = PATIENT;
	child_start(&s->server, (const char *[]){ "imap_server.py", "--tls", pem, key, NULL });
	s->w->config.port = s->server.port;
	return 0;
}

static int stop(void **state)
{
	struct scripted_world *s = *state;
	rd_thread_join(s->w->thread);
	s->w->thread = NULL;
	child_stop(&s->server);
	return 0;
}

static void tell(struct scripted_world *s, const char *command)
{
	if (strcmp(child_ask(&s->server, command), "ok") != 0)
		fail_msg("%s: %s", command, s->server.line);
}

static enum rd_rc try_once(struct scripted_world *s, struct rd_err *err)
{
	return rd_imap_once(&s->w->source, &PATIENT, -1, err);
}

static size_t once(struct scripted_world *s)
{
	struct rd_err err = { 0 };
	size_t before = s->w->n_accepted;
	if (try_once(s, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return s->w->n_accepted - before;
}

#define GROWTH_KIB                                                                                 \
	(65536 * MEASURE_SLACK) /* of one attack: far below what it tries to make us take */

static const struct {
	const char *mode;
	enum rd_rc rc;
	int passwords; /* how many clients' passwords the server got to see */
	const char *says;
} attacks[] = {
	{ "greeting-crash", RD_OK, 1, "" }, /* ours to read, not libetpan's: harmless */
	{ "greeting-endless", RD_E_RANGE, 0, "line of more than" },
	{ "silent", RD_E_AGAIN, 0, "silent" },
	{ "preauth", RD_E_REFUSED, 0, "PREAUTH" },
	{ "bye", RD_E_AGAIN, 0, "too many connections" },
	{ "not-imap", RD_E_INPUT, 0, "right port" },
	{ "refuse-login", RD_E_REFUSED, 1, "`Password:`" },
	{ "flags-crash", RD_E_INPUT, 1, "PERMANENTFLAGS" },
	{ "endless-line", RD_E_RANGE, 1, "line of more than" },
	{ "literal-4g", RD_E_RANGE, 1, "4294967295" },
	{ "literal-wrap", RD_E_RANGE, 1, "longer than IMAP allows" },
	{ "literal-big", RD_E_RANGE, 1, "2000000000" },
	{ "eof", RD_E_AGAIN, 1, "terminated" },
	{ "brackets", RD_E_INPUT, 1, "nested" },
	{ "bye-late", RD_E_AGAIN, 1, "closing down" },
	{ "wrong-tag", RD_E_AGAIN, 1, "" },
	{ "nonsense", RD_E_AGAIN, 1, "makes no sense" },
	{ "flood", RD_E_RANGE, 1, "longer than any" },
};

static bool falls_silent(const char *mode)
{
	return strcmp(mode, "silent") == 0 || strcmp(mode, "wrong-tag") == 0;
}

static void no_attack_crashes_floods_or_tricks_us(void **state)
{
	struct scripted_world *s = *state;
	for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
		char command[64];
		struct rd_err err = { 0 };
		stop(state);
		fresh(state);
		snprintf(command, sizeof command, "mode %s", attacks[i].mode);
		tell(s, "box 1 500");
		tell(s, command);
		long before = measure_peak_kib();
		struct rd_imap_tuning tuning = PATIENT;
		if (falls_silent(attacks[i].mode))
			tuning.read_ms = SILENCE_MS;
		enum rd_rc rc = rd_imap_once(&s->w->source, &tuning, -1, &err);
		long passwords = child_number(&s->server, "passwords");
		if (rc != attacks[i].rc || passwords != attacks[i].passwords ||
			!strstr(err.msg, attacks[i].says) ||
			measure_peak_kib() - before > GROWTH_KIB)
			fail_msg("%s: %d \"%s\", %ld passwords, %ld KiB more", attacks[i].mode, rc,
				err.msg, passwords, measure_peak_kib() - before);
		tell(s, "mode good");
		assert_int_equal(once(s), attacks[i].rc == RD_OK ? 0 : 1);
	}
}

static void a_drip_ends_at_the_deadline(void **state)
{
	struct scripted_world *s = *state;
	struct rd_err err = { 0 };
	struct rd_imap_tuning tuning = PATIENT;
	tuning.command_ms = 400; /* minutes, else; longer than a drop takes to fall */
	tell(s, "box 1 500");
	tell(s, "mode drip");
	assert_int_equal(rd_imap_once(&s->w->source, &tuning, -1, &err), RD_E_AGAIN);
	assert_non_null(strstr(err.msg, "took too long"));
}

static void starttls_cannot_be_stripped_or_injected_into(void **state)
{
	struct scripted_world *s = *state;
	struct rd_err err = { 0 };
	char pem[128], key[128];
	snprintf(pem, sizeof pem, "%s/good.pem", s->w->dir);
	snprintf(key, sizeof key, "%s/good.key", s->w->dir);
	s->w->config.security = RD_SECURITY_STARTTLS;
	child_stop(&s->server);
	child_start(&s->server, (const char *[]){ "imap_server.py", NULL });
	s->w->config.port = s->server.port;
	assert_int_equal(try_once(s, &err), RD_E_REFUSED);
	assert_non_null(strstr(err.msg, "does not offer STARTTLS"));
	tell(s, "abilities STARTTLS AUTH=PLAIN");
	tell(s, "mode inject");
	assert_int_equal(try_once(s, &err), RD_E_REFUSED);
	assert_non_null(strstr(err.msg, "before TLS began"));
	assert_int_equal(child_number(&s->server, "passwords"), 0);
}

static void every_way_to_log_in_works(void **state)
{
	static const char *const ways[] = { "abilities SASL-IR AUTH=PLAIN", "abilities AUTH=PLAIN",
		"abilities IDLE" };
	struct scripted_world *s = *state;
	s->w->config.user = "bj\xc3\xb6rn \"the\\boss\"";
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		tell(s, ways[i]);
		once(s);
		assert_int_equal(child_number(&s->server, "passwords"), i + 1);
	}
}

static void no_line_end_gets_into_a_command(void **state)
{
	struct scripted_world *s = *state;
	struct rd_err err = { 0 };
	s->w->config.user = "alice\r\nr9 DELETE INBOX";
	assert_int_equal(try_once(s, &err), RD_E_INPUT);
	s->w->config.user = "alice";
	s->w->config.folder = "INBOX\r\nr9 DELETE INBOX";
	assert_int_equal(try_once(s, &err), RD_E_INPUT);
	s->w->config.folder = "INBOX";
	s->w->config.afterwards = RD_AFTER_KEYWORD;
	s->w->config.afterwards_word = "x)\r\nr9 DELETE INBOX";
	tell(s, "box 1 300");
	assert_int_equal(try_once(s, &err), RD_E_INPUT);
	assert_int_equal(child_number(&s->server, "commands DELETE"), 0);
}

static void a_mailbox_without_keywords_is_read_with_one_warning(void **state)
{
	struct scripted_world *s = *state;
	struct rd_err err = { 0 };
	tell(s, "mode no-keywords");
	tell(s, "box 3 300");
	s->w->config.afterwards = RD_AFTER_KEYWORD;
	s->w->config.afterwards_word = "$Redress";
	assert_int_equal(try_once(s, &err), RD_OK);
	assert_int_equal(s->w->n_accepted, 3);
	assert_int_equal(s->w->n_warnings, 1);
	assert_non_null(strstr(s->w->warning, "keywords"));
	assert_int_equal(child_number(&s->server, "commands UID-STORE"), 0);
}

static void without_move_and_uidplus_nothing_is_moved(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "abilities IDLE AUTH=PLAIN");
	tell(s, "box 2 300");
	s->w->config.afterwards = RD_AFTER_MOVE;
	s->w->config.afterwards_word = "Done";
	assert_int_equal(once(s), 2);
	assert_int_equal(s->w->n_warnings, 1);
	assert_int_equal(child_number(&s->server, "commands EXPUNGE"), 0);
	assert_int_equal(child_number(&s->server, "commands UID-COPY"), 0);
}

static void without_move_mails_are_copied_and_only_they_expunged(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "abilities UIDPLUS AUTH=PLAIN");
	tell(s, "box 2 300");
	s->w->config.afterwards = RD_AFTER_MOVE;
	s->w->config.afterwards_word = "Done";
	assert_int_equal(once(s), 2);
	assert_int_equal(child_number(&s->server, "commands UID-COPY"), 1);
	assert_int_equal(child_number(&s->server, "commands UID-EXPUNGE"), 1);
	assert_int_equal(child_number(&s->server, "commands EXPUNGE"), 0);
}

static void a_server_without_uidnext_is_begun_rightly(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "mode no-uidnext");
	tell(s, "box 5 300");
	s->w->config.start_from = RD_START_NOW;
	assert_int_equal(once(s), 0);
	tell(s, "add 2 300");
	assert_int_equal(once(s), 2);
}

static void every_byte_of_a_mail_is_stored(void **state)
{
	static const int sizes[] = { 1, 300, 524287, 524288, 524289, 1572864, 3000001 };
	struct scripted_world *s = *state;
	size_t n = sizeof sizes / sizeof sizes[0];
	char command[64], hex[65];
	tell(s, "box 0 0");
	for (size_t i = 0; i < n; i++) {
		snprintf(command, sizeof command, "add 1 %d", sizes[i]);
		tell(s, command);
	}
	assert_int_equal(once(s), n);
	for (size_t i = 0; i < n; i++) {
		struct rd_message_row row = world_message(s->w, (int64_t)i + 1);
		world_digest(s->w, row.id, hex);
		snprintf(command, sizeof command, "digest %u", row.uid);
		assert_string_equal(child_ask(&s->server, command), hex);
	}
}

static void a_server_that_gives_less_than_asked_for_is_asked_again(void **state)
{
	struct scripted_world *s = *state;
	char hex[65];
	tell(s, "box 0 0");
	tell(s, "add 1 700000");
	tell(s, "add 1 300000");
	tell(s, "add 1 2000000");
	tell(s, "mode short");
	assert_int_equal(once(s), 3);
	tell(s, "add 1 300");
	tell(s, "add 1 600000");
	tell(s, "mode overstated");
	assert_int_equal(once(s), 2);
	for (int64_t id = 1; id <= 5; id++) {
		struct rd_message_row row = world_message(s->w, id);
		char command[64];
		world_digest(s->w, row.id, hex);
		snprintf(command, sizeof command, "digest %u", row.uid);
		assert_string_equal(child_ask(&s->server, command), hex);
		assert_false(row.cut);
	}
}

static void a_mail_that_comes_in_crumbs_is_cut_and_a_person_looks(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "box 0 0");
	tell(s, "add 1 5000");
	tell(s, "mode crumbs");
	assert_int_equal(once(s), 1);
	assert_true(world_message(s->w, 1).cut);
}

static void a_mail_that_is_withheld_blocks_no_other(void **state)
{
	struct scripted_world *s = *state;
	struct rd_err err = { 0 };
	tell(s, "box 5 300");
	tell(s, "withhold 2");
	assert_int_equal(try_once(s, &err), RD_E_AGAIN);
	assert_int_equal(s->w->n_accepted, 4);
	assert_int_equal(try_once(s, &err), RD_E_AGAIN);
	assert_int_equal(s->w->n_accepted, 4);
	assert_int_equal(try_once(s, &err), RD_OK);
	assert_int_equal(s->w->n_accepted, 5);
	assert_string_equal(s->w->cause, RD_ALARM_WITHHELD);
	assert_true(world_message(s->w, 5).cut);
	tell(s, "add 1 300");
	assert_int_equal(once(s), 1);
}

static void a_no_to_one_fetch_loses_nothing(void **state)
{
	struct scripted_world *s = *state;
	struct rd_err err = { 0 };
	tell(s, "box 5 300");
	tell(s, "mode no-fetch");
	if (try_once(s, &err) != RD_OK)
		tell(s, "mode good");
	while (s->w->n_accepted < 5)
		once(s);
	assert_int_equal(s->w->n_accepted, 5);
	assert_int_equal(s->w->n_alarms, 0);
}

static void a_mail_missing_below_the_watermark_is_fetched_and_alarmed(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "box 10 300");
	tell(s, "remove 4");
	assert_int_equal(once(s), 9);
	assert_int_equal(s->w->n_alarms, 0);
	tell(s, "restore 4 300"); /* a server that kept it back for a while */
	assert_int_equal(once(s), 1);
	assert_int_equal(s->w->n_alarms, 1);
	assert_string_equal(s->w->cause, RD_ALARM_MISSED);
	assert_int_equal(world_message(s->w, 10).uid, 4);
	assert_int_equal(once(s), 0);
	assert_int_equal(s->w->n_alarms, 1);
}

static void a_mail_that_went_before_we_saw_it_is_reported(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "box 3 300");
	assert_int_equal(once(s), 3);
	assert_int_equal(s->w->n_warnings, 0);
	tell(s, "add 3 300");
	tell(s, "remove 5");
	assert_int_equal(once(s), 2);
	assert_int_equal(s->w->n_warnings, 1);
	assert_non_null(strstr(s->w->warning, "1 mail(s) had gone"));
	assert_int_equal(once(s), 0);
	assert_int_equal(s->w->n_warnings, 1);
}

static void a_mailbox_of_100000_comes_in_and_in_bounded_memory(void **state)
{
	struct scripted_world *s = *state;
	const int rest = 100000 / MEASURE_SHARE - 2000;
	char order[32];

	tell(s, "box 2000 200");
	assert_int_equal(once(s), 2000);
	long before = measure_peak_kib();
	snprintf(order, sizeof order, "add %d 200", rest);
	tell(s, order);
	assert_int_equal(once(s), rest);
	long grown = measure_peak_kib() - before;
	if (grown > 16384 * MEASURE_SLACK)
		fail_msg("%ld KiB more", grown);
}

static void a_transaction_ends_at_100_mails_or_when_its_50_ms_are_up(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "box 750 300"); /* runs of 50, 100, 200 and 400 */
	slow_store_begin("message", SQLITE_INSERT, 0);
	assert_int_equal(once(s), 750);
	assert_int_equal(slow_store_end(), 100);
	tell(s, "add 20 300");
	slow_store_begin("message", SQLITE_INSERT, 50);
	assert_int_equal(once(s), 20);
	assert_int_equal(slow_store_end(), 1);
}

static void body(struct rd_thread *self, void *context)
{
	struct scripted_world *s = context;
	rd_imap_run(self, &s->w->source, &s->tuning);
}

static void start_thread(struct scripted_world *s)
{
	struct rd_err err = { 0 };
	assert_int_equal(rd_thread_start("mbox/homes", body, s, 0, 0, &s->w->thread, &err), RD_OK);
}

static void stop_thread(struct scripted_world *s)
{
	rd_thread_join(s->w->thread);
	s->w->thread = NULL;
}

static void a_mail_that_reappears_is_fetched_within_the_same_connection(void **state)
{
	struct scripted_world *s = *state;
	s->tuning.reconcile_ms = 50;
	tell(s, "box 10 300");
	tell(s, "remove 4");
	start_thread(s);
	world_await(s->w, &s->w->n_success, 1);
	assert_int_equal(s->w->n_accepted, 9);
	assert_int_equal(s->w->n_alarms, 0);
	tell(s, "restore 4 300"); /* below the watermark by now */
	world_await(s->w, &s->w->n_accepted, 10);
	stop_thread(s);
	assert_int_equal(s->w->n_alarms, 1);
	assert_string_equal(s->w->cause, RD_ALARM_MISSED);
	assert_int_equal(world_message(s->w, 10).uid, 4);
	assert_int_equal(child_number(&s->server, "connections"), 1);
}

static void a_full_store_is_alarmed_as_the_stores_trouble(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "box 3 3000000");
	world_close_store(s->w);
	world_open_store(s->w, 400);
	start_thread(s);
	world_await(s->w, &s->w->n_alarms, 1);
	stop_thread(s);
	assert_string_equal(s->w->cause, RD_ALARM_STORAGE);
	assert_int_equal(s->w->n_success, 0);
}

static void news_that_come_with_the_plus_are_not_missed(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "mode idle-together");
	tell(s, "box 1 300");
	start_thread(s);
	world_await(s->w, &s->w->n_accepted, 2);
}

static void without_idle_we_poll(void **state)
{
	static const char *const ways[] = { "abilities AUTH=PLAIN", "mode idle-refused" };
	struct scripted_world *s = *state;
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		stop(state);
		fresh(state);
		tell(s, ways[i]);
		tell(s, "box 1 300");
		start_thread(s);
		world_await(s->w, &s->w->n_success, 1);
		tell(s, "add 1 300");
		world_await(s->w, &s->w->n_accepted, 2);
	}
}

static void a_server_that_never_stops_talking_is_left(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "mode idle-flood");
	tell(s, "box 1 300");
	start_thread(s);
	world_await(s->w, &s->w->n_warnings, 1);
	tell(s, "mode good");
	tell(s, "add 1 300");
	world_await(s->w, &s->w->n_accepted, 2);
}

static void a_lost_connection_is_made_anew(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "box 3 300");
	tell(s, "mode eof");
	start_thread(s);
	world_await(s->w, &s->w->n_warnings, 3);
	world_await(s->w, &s->w->n_alarms, 1);
	assert_string_equal(s->w->cause, RD_ALARM_UNREACHABLE);
	assert_true(child_number(&s->server, "connections") >= 3);
	tell(s, "mode good");
	world_await(s->w, &s->w->n_accepted, 3);
	world_await(s->w, &s->w->n_success, 1);
}

static void a_refusal_is_alarmed_at_once(void **state)
{
	struct scripted_world *s = *state;
	tell(s, "mode refuse-login");
	start_thread(s);
	world_await(s->w, &s->w->n_alarms, 1);
	assert_string_equal(s->w->cause, RD_ALARM_REFUSED);
}

static void stopping_ends_an_idle(void **state)
{
	struct scripted_world *s = *state;
	s->tuning.idle_ms = 3600000; /* else the test's own time is up first */
	s->tuning.read_ms = 3600000;
	tell(s, "box 1 300");
	start_thread(s);
	world_await(s->w, &s->w->n_success, 1);
	stop_thread(s);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(no_attack_crashes_floods_or_tricks_us),
		CASE(a_drip_ends_at_the_deadline),
		CASE(starttls_cannot_be_stripped_or_injected_into),
		CASE(every_way_to_log_in_works),
		CASE(no_line_end_gets_into_a_command),
		CASE(a_mailbox_without_keywords_is_read_with_one_warning),
		CASE(without_move_and_uidplus_nothing_is_moved),
		CASE(without_move_mails_are_copied_and_only_they_expunged),
		CASE(a_server_without_uidnext_is_begun_rightly),
		CASE(every_byte_of_a_mail_is_stored),
		CASE(a_server_that_gives_less_than_asked_for_is_asked_again),
		CASE(a_mail_that_comes_in_crumbs_is_cut_and_a_person_looks),
		CASE(a_mail_that_is_withheld_blocks_no_other),
		CASE(a_no_to_one_fetch_loses_nothing),
		CASE(a_mail_missing_below_the_watermark_is_fetched_and_alarmed),
		CASE(a_mail_that_went_before_we_saw_it_is_reported),
		CASE(a_mailbox_of_100000_comes_in_and_in_bounded_memory),
		CASE(a_transaction_ends_at_100_mails_or_when_its_50_ms_are_up),
		CASE(a_mail_that_reappears_is_fetched_within_the_same_connection),
		CASE(a_full_store_is_alarmed_as_the_stores_trouble),
		CASE(news_that_come_with_the_plus_are_not_missed),
		CASE(without_idle_we_poll),
		CASE(a_server_that_never_stops_talking_is_left),
		CASE(a_lost_connection_is_made_anew),
		CASE(a_refusal_is_alarmed_at_once),
		CASE(stopping_ends_an_idle),
	};
	slow_store_register();
	return cmocka_run_group_tests(tests, make, drop);
}
