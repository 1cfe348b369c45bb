/* The service whole, in this process: its threads, once, and the check before it starts. */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "redress/gateway/service.h"
#include "support/house.h"

#define WAIT_MS 30000

/* What a house has when nothing of it runs: folder, rules, configuration. Real time. */
static struct house *bare_house(const struct house_options *options)
{
	struct house *h = house_new(options);
	char path[128];

	house_close(h);
	unlink(h->state);
	snprintf(path, sizeof path, "%s-wal", h->state);
	unlink(path);
	snprintf(path, sizeof path, "%s-shm", h->state);
	unlink(path);
	h->now_ms = rd_now_ms(&rd_system_clock);
	return h;
}

static void make_maildir(struct house *h)
{
	static const char *const parts[] = { "complaints", "complaints/cur", "complaints/new",
		"complaints/tmp", "repairs", "repairs/cur", "repairs/new", "repairs/tmp" };
	char path[160];

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", h->dir, parts[i]);
		mkdir(path, 0700);
	}
}

static void deliver(struct house *h, int n, const char *body)
{
	char tmp[160], path[160], mail[1024];

	snprintf(tmp, sizeof tmp, "%s/complaints/tmp/%d.mail.house", h->dir, n);
	snprintf(path, sizeof path, "%s/complaints/new/%d.mail.house", h->dir, n);
	snprintf(mail, sizeof mail,
		"From: person%d@example.com\r\nTo: complaints@house.example\r\n"
		"Subject: My home\r\nMessage-ID: <live%d@example.com>\r\n\r\n%s\r\n",
		n, n, body);
	house_write(tmp, mail, strlen(mail));
	assert_int_equal(rename(tmp, path), 0);
}

/* The store, to look into while or after the service runs. */
static void look_in(struct house *h)
{
	const struct rd_store_options options = { .path = h->state };

	OK(rd_store_open(&options, &h->store, &h->err));
	OK(rd_db_open(h->store, &h->db, &h->err));
}

static void look_out(struct house *h)
{
	rd_db_close(h->db);
	rd_store_close(h->store);
	h->db = NULL;
	h->store = NULL;
}

static void end_bare(struct house *h)
{
	look_in(h);
	house_check(h);
	look_out(h);
	rd_config_free(h->config);
	rd_arena_free(h->arena);
	folder_remove(h->dir);
	free(h);
}

/* --- once --- */

static void once_reads_decides_and_sends_and_the_second_time_has_nothing_to_do(void **state)
{
	struct house *h = bare_house(&(struct house_options){ .start_from = "all" });
	bool must_wait = true;

	(void)state;
	make_maildir(h);
	deliver(h, 1, COMPLAINT);
	deliver(h, 2, UNSURE);
	OK(rd_service_once(h->config, &rd_system_clock, house_spawner, &must_wait, &h->err));
	assert_false(must_wait);
	assert_int_equal(house_count_files(h, "sent/new"), 2);
	OK(rd_service_once(h->config, &rd_system_clock, house_spawner, &must_wait, &h->err));
	assert_int_equal(house_count_files(h, "sent/new"), 2);
	look_in(h);
	assert_int_equal(house_n_cases(h), 2);
	look_out(h);
	end_bare(h);
}

static void a_second_daemon_on_the_same_state_is_told_to_come_later(void **state)
{
	struct house *h = *state; /* holds the lock */
	bool must_wait;

	assert_int_equal(
		rd_service_once(h->config, &rd_system_clock, house_spawner, &must_wait, &h->err),
		RD_E_AGAIN);
}

/* --- run --- */

static void *run_service(void *context)
{
	struct house *h = context;
	struct rd_err err = { 0 };

	return (void *)(intptr_t)rd_service_run(h->config, &rd_system_clock, house_spawner, &err);
}

/* Letters to residents; alarms go out by the same way. */
static bool n_sent_is(struct house *h, size_t n)
{
	const enum rd_outbox_state sent = RD_OUTBOX_SENT;
	const struct rd_outbox_filter filter = { .state = &sent };
	struct rd_outbox_row *rows;
	size_t n_rows, n_letters = 0;

	look_in(h);
	OK(rd_outbox_list(h->db, &filter, h->arena, &rows, &n_rows, &h->err));
	for (size_t i = 0; i < n_rows; i++)
		n_letters += rows[i].case_id != 0;
	look_out(h);
	return n_letters >= n;
}

static bool port_is_told(struct house *h, size_t n)
{
	char path[128];

	(void)n;
	snprintf(path, sizeof path, "%s.port", h->state);
	return access(path, R_OK) == 0;
}

static bool history_is(struct house *h, size_t n)
{
	struct rd_activation *history;
	size_t found;

	look_in(h);
	OK(rd_rulesets_history(h->db, h->arena, &history, &found, &h->err));
	look_out(h);
	return found >= n;
}

static bool refusal_is_alarmed(struct house *h, size_t n)
{
	bool is;

	(void)n;
	look_in(h);
	is = house_alarm(h, "reload-refused");
	look_out(h);
	return is;
}

static void wait_until(
	struct house *h, bool (*is_so)(struct house *h, size_t n), size_t n, const char *what)
{
	const int64_t until = rd_monotonic_ms() + WAIT_MS;

	while (!is_so(h, n)) {
		const struct timespec moment = { .tv_nsec = 20000000 };

		if (rd_monotonic_ms() > until)
			fail_msg("%s: not within %d s", what, WAIT_MS / 1000);
		nanosleep(&moment, NULL);
	}
}

static void the_service_takes_mail_follows_rules_and_stops_when_told(void **state)
{
	struct house *h = bare_house(&(struct house_options){ .start_from = "all" });
	struct rd_status_counts counts;
	sigset_t set, was;
	pthread_t thread;
	void *rc;

	(void)state;
	make_maildir(h);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, &was); /* for the service's own signalfd */
	assert_int_equal(pthread_create(&thread, NULL, run_service, h), 0);
	wait_until(h, port_is_told, 0, "the port");
	wait_until(h, history_is, 1, "the first rules");
	for (int n = 1; n <= 20; n++)
		deliver(h, n, n % 2 == 0 ? COMPLAINT : REQUEST);
	wait_until(h, n_sent_is, 20, "twenty letters");

	house_write_rules(h, "Ruleset: broken\nPionts: 1\n");
	kill(getpid(), SIGHUP);
	wait_until(h, refusal_is_alarmed, 0, "the refusal's alarm");
	house_write_rules(
		h, rd_arena_printf(h->arena,
			   "%s\nRule: taps\nMeans: Taps\nTopic: a tap\nGroup: taps\nPoints: 6\n"
			   "Phrase: tap\nMust match: the tap\nMust not match: I am well\n",
			   house_rules));
	kill(getpid(), SIGHUP);
	wait_until(h, history_is, 2, "the new rules");
	deliver(h, 21, REQUEST);
	wait_until(h, n_sent_is, 21, "the letter after the swap");

	kill(getpid(), SIGTERM);
	pthread_join(thread, &rc);
	assert_int_equal((intptr_t)rc, RD_OK);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	look_in(h);
	OK(rd_status_counts(h->db, &counts, &h->err));
	assert_int_equal(counts.accepted, 21);
	assert_int_equal(counts.processed, 21);
	assert_false(house_alarm(h, "reload-refused"));
	look_out(h);
	end_bare(h);
}

/* --- check --- */

static void the_check_refuses_example_numbers_once_a_provider_is_real(void **state)
{
	static const char real[] = "\nMailbox: real\nKind: imap\nHost: mail.example.org\n"
				   "User: help\nPassword: file %s/token\n";
	struct house *h = *state;
	char *stanza = rd_arena_printf(h->arena, real, h->dir);
	bool refuse = true;

	OK(rd_service_check(h->config, &rd_system_clock, &refuse, &h->err));
	assert_false(refuse);
	h->options.config = stanza;
	rd_config_free(h->config);
	house_configure(h);
	OK(rd_service_check(h->config, &rd_system_clock, &refuse, &h->err));
	assert_true(refuse);
	h->desk.office.config = h->config;
}

static void the_check_names_the_fault_in_the_rules(void **state)
{
	struct house *h = *state;
	bool refuse = false;

	house_write_rules(h, "Ruleset: house\nRequest below: two\n");
	assert_int_not_equal(
		rd_service_check(h->config, &rd_system_clock, &refuse, &h->err), RD_OK);
	assert_non_null(strstr(h->err.msg, "core.rules:2:"));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			once_reads_decides_and_sends_and_the_second_time_has_nothing_to_do),
		house_test(a_second_daemon_on_the_same_state_is_told_to_come_later),
		cmocka_unit_test(the_service_takes_mail_follows_rules_and_stops_when_told),
		house_test(the_check_refuses_example_numbers_once_a_provider_is_real),
		house_test(the_check_names_the_fault_in_the_rules),
	};
	int failed;

	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}
