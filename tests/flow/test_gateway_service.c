/* The service whole, in this process: its threads, once, and the check before it starts; and what
 * its parts owe each other: how long one holds the store, who notices that another hangs.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "redress/gateway/health.h"
#include "redress/gateway/service.h"
#include "redress/store/sql.h"
#include "support/house.h"
#include "support/slow_store.h"

#define WAIT_MS 120000
#define LOOK_MS 20

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

/* A daemon that stops has nothing in hand, and says so. */
static void every_run_has_ended(struct house *h)
{
	int64_t runs = 0, open = -1;

	OK(rd_sql_int(h->db, "SELECT count(*) FROM run", RD_NO_ARGS, 0, &runs, &h->err));
	OK(rd_sql_int(h->db, "SELECT count(*) FROM run WHERE ended_ms IS NULL", RD_NO_ARGS, -1,
		&open, &h->err));
	assert_true(runs > 0);
	assert_int_equal(open, 0);
}

static bool history_is(struct house *h, size_t n);

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
	every_run_has_ended(h);
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

/* A store that is not empty boots its live set and nothing newer (promise 9). */
static void a_landlord_that_is_not_live_stops_the_start_and_activates_nothing(void **state)
{
	struct house *h = bare_house(NULL);
	bool must_wait;

	(void)state;
	make_maildir(h);
	OK(rd_service_once(h->config, &rd_system_clock, house_spawner, &must_wait, &h->err));
	rd_config_free(h->config);
	h->options.config = rd_arena_printf(h->arena,
		"\nMailbox: bridgwater\nKind: maildir\nPath: %s/repairs\n"
		"Landlord: homes-in-sedgemoor\n",
		h->dir);
	house_configure(h);
	house_copy_folder(h, "landlords", "homes-in-sedgemoor.landlord", NULL, NULL);
	assert_int_equal(
		rd_service_once(h->config, &rd_system_clock, house_spawner, &must_wait, &h->err),
		RD_E_REFUSED);
	assert_non_null(strstr(h->err.msg, "\"homes-in-sedgemoor\""));
	assert_non_null(strstr(h->err.msg, "`redressctl rules activate`"));
	assert_true(history_is(h, 1));
	assert_false(history_is(h, 2));
	end_bare(h);
}

/* --- run --- */

static void *run_service(void *context)
{
	struct house *h = context;
	struct rd_err err = { 0 };

	return (void *)(intptr_t)rd_service_run(h->config, &rd_system_clock, house_spawner, &err);
}

static bool n_processed_is(struct house *h, size_t n)
{
	struct rd_status_counts counts;

	look_in(h);
	OK(rd_status_counts(h->db, &counts, &h->err));
	look_out(h);
	return counts.processed >= (int64_t)n;
}

/* The letter that answers message n; an alarm's mail is none. */
static bool letter_is_sent(struct house *h, size_t n)
{
	struct rd_outbox_row row = { 0 };
	size_t n_letters;

	look_in(h);
	n_letters = house_letters(h, house_case_of(h, (int64_t)n), NULL, &row);
	look_out(h);
	return n_letters == 1 && row.state == RD_OUTBOX_SENT;
}

/* 0: not yet. */
static int port_of(const struct house *h)
{
	char path[128], text[16] = "";
	FILE *file;

	snprintf(path, sizeof path, "%s.port", h->state);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fgets(text, sizeof text, file) == NULL)
		text[0] = '\0';
	fclose(file);
	return (int)strtol(text, NULL, 10);
}

static bool port_is_told(struct house *h, size_t n)
{
	(void)n;
	return port_of(h) > 0;
}

/* The status of GET /healthz; 0: no answer. */
static int health_status(const struct house *h)
{
	static const char request[] =
		"GET /healthz HTTP/1.1\r\nHost: house\r\nConnection: close\r\n\r\n";
	const struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port_of(h)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char answer[64] = "";
	size_t len = 0;
	ssize_t n = 0;

	assert_true(fd >= 0);
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
		send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0)
		do {
			n = recv(fd, answer + len, sizeof answer - 1 - len, 0);
			len += n > 0 ? (size_t)n : 0;
		} while (n > 0 && len < sizeof answer - 1);
	close(fd);
	return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? (int)strtol(answer + 9, NULL, 10) : 0;
}

static bool health_is_good(struct house *h, size_t n)
{
	(void)n;
	return health_status(h) == 200;
}

/* Each time an hour after the last word of any thread. */
static bool health_is_bad_an_hour_later(struct house *h, size_t n)
{
	(void)n;
	clock_turn_on(3600000);
	return health_status(h) == 503;
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
	for (int looks = 0; !is_so(h, n); looks++) {
		if (looks > WAIT_MS / LOOK_MS)
			fail_msg("%s: not within %d s", what, WAIT_MS / 1000);
		poll(NULL, 0, LOOK_MS);
	}
}

struct running {
	pthread_t thread;
	sigset_t was;
};

static struct running start_service(struct house *h)
{
	struct running running;
	sigset_t set;

	make_maildir(h);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, &running.was); /* for the service's own signalfd */
	assert_int_equal(pthread_create(&running.thread, NULL, run_service, h), 0);
	wait_until(h, port_is_told, 0, "the port");
	return running;
}

static void stop_service(const struct running *running)
{
	void *rc;

	kill(getpid(), SIGTERM);
	pthread_join(running->thread, &rc);
	assert_int_equal((intptr_t)rc, RD_OK);
	pthread_sigmask(SIG_SETMASK, &running->was, NULL);
}

/* By the rules that are live now. */
static void was_read_by_the_live_rules(struct house *h, int64_t message_id)
{
	struct rd_activation current;
	struct rd_message message;
	struct rd_score score;
	const char *ruleset;
	bool erased;

	OK(rd_rulesets_current(h->db, h->arena, &current, &h->err));
	OK(rd_reading_get(
		h->db, message_id, h->arena, &message, &score, &ruleset, &erased, &h->err));
	assert_string_equal(ruleset, current.sha256);
}

static void the_service_takes_mail_follows_rules_and_stops_when_told(void **state)
{
	struct house *h = bare_house(&(struct house_options){ .start_from = "all" });
	struct rd_status_counts counts;
	struct running running = start_service(h);

	(void)state;
	wait_until(h, history_is, 1, "the first rules");
	for (int n = 1; n <= 20; n++)
		deliver(h, n, n % 2 == 0 ? COMPLAINT : REQUEST);
	wait_until(h, n_processed_is, 20, "twenty fates");
	for (size_t n = 1; n <= 20; n++)
		wait_until(h, letter_is_sent, n, "a letter of twenty");

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
	wait_until(h, n_processed_is, 21, "the fate after the swap");
	wait_until(h, letter_is_sent, 21, "the letter after the swap");

	stop_service(&running);
	look_in(h);
	every_run_has_ended(h);
	was_read_by_the_live_rules(h, 21);
	OK(rd_status_counts(h->db, &counts, &h->err));
	assert_int_equal(counts.accepted, 21);
	assert_int_equal(counts.processed, 21);
	assert_false(house_alarm(h, "reload-refused"));
	look_out(h);
	end_bare(h);
}

static void health_is_bad_while_a_thread_is_late(void **state)
{
	struct house *h = bare_house(NULL);
	struct running running = start_service(h);

	(void)state;
	wait_until(h, health_is_good, 0, "health");
	wait_until(h, health_is_bad_an_hour_later, 0, "bad health");
	wait_until(h, health_is_good, 0, "health again"); /* when each has been heard of */
	stop_service(&running);
	end_bare(h);
}

/* --- the mailboxes' threads --- */

struct held {
	sem_t here, go;
};

/* In the mailbox's thread, which hears nothing of the world in here. */
static void hold(void *context)
{
	struct held *held = context;

	sem_post(&held->here);
	sem_wait(&held->go);
}

static void watch_until_well(struct house *h, struct rd_mailboxes *mailboxes, const char *alarm)
{
	for (int looks = 0; house_alarm(h, alarm); looks++) {
		if (looks > WAIT_MS / LOOK_MS)
			fail_msg("%s stands for %d s", alarm, WAIT_MS / 1000);
		poll(NULL, 0, LOOK_MS);
		rd_mailboxes_watch(mailboxes, &h->desk);
	}
}

static void a_mailbox_that_hangs_is_alarmed_and_the_rest_goes_on(void **state)
{
	struct house *h = house_new(&(struct house_options){ .start_from = "all" });
	struct rd_mailboxes *mailboxes = NULL;
	struct held held;

	*state = h;
	sem_init(&held.here, 0, 0);
	sem_init(&held.go, 0, 0);
	make_maildir(h);
	deliver(h, 1, COMPLAINT);
	OK(rd_mailboxes_start(
		h->store, h->config, &rd_system_clock, hold, &held, &mailboxes, &h->err));
	sem_wait(&held.here);
	rd_mailboxes_watch(mailboxes, &h->desk);
	assert_false(house_alarm(h, "mailbox-hangs:complaints"));
	clock_turn_on(300000);
	rd_mailboxes_watch(mailboxes, &h->desk);
	assert_true(house_alarm(h, "mailbox-hangs:complaints"));
	watch_until_well(h, mailboxes, "mailbox-hangs:repairs");
	assert_true(house_alarm(h, "mailbox-hangs:complaints"));
	sem_post(&held.go);
	watch_until_well(h, mailboxes, "mailbox-hangs:complaints");
	rd_mailboxes_stop(mailboxes);
	sem_destroy(&held.here);
	sem_destroy(&held.go);
}

/* --- the pipeline's transactions --- */

static void a_transaction_of_the_pipeline_ends_when_its_50_ms_are_up(void **state)
{
	struct house *h = *state;

	for (int i = 0; i < 10; i++)
		house_mail_in(h, .body = COMPLAINT);
	slow_store_begin("case_file", SQLITE_INSERT, 0);
	house_work(h);
	assert_int_equal(slow_store_end(), 10);
	for (int i = 0; i < 10; i++)
		house_mail_in(h, .body = COMPLAINT);
	slow_store_begin("case_file", SQLITE_INSERT, 50);
	house_work(h);
	assert_int_equal(slow_store_end(), 1);
	assert_int_equal(house_n_cases(h), 20);
}

/* --- health --- */

static size_t n_problems_like(struct house *h, const char *words)
{
	struct rd_health health;
	size_t n = 0;

	OK(rd_health_look(h->db, &h->desk.office, h->arena, &health, &h->err));
	for (size_t i = 0; i < health.n_problems; i++)
		n += strstr(health.problems[i], words) != NULL;
	return n;
}

/* An outcome of the only queued letter, as the sender records it. */
static void letter_ends(struct house *h,
	enum rd_rc (*ends)(struct rd_tx *tx, int64_t id, const char *trouble, struct rd_err *err))
{
	struct rd_outbox_row row;
	struct rd_tx *tx = NULL;

	OK(rd_outbox_claim(h->db, "letters", h->now_ms, true, h->arena, &row, &h->err));
	OK(rd_tx_begin(h->db, &tx, &h->err));
	OK(ends(tx, row.id, "the server is not what it was", &h->err));
	OK(rd_tx_commit(&tx, &h->err));
}

static void a_letter_that_did_not_go_is_a_problem(void **state)
{
	struct house *h = *state;

	house_mail_in(h, .body = COMPLAINT);
	house_work(h);
	assert_int_equal(n_problems_like(h, "could not be sent"), 0);
	letter_ends(h, rd_outbox_fail);
	assert_int_equal(n_problems_like(h, "could not be sent"), 1);
	house_mail_in(h, .body = COMPLAINT, .from = "ben@example.com");
	house_work(h);
	assert_int_equal(n_problems_like(h, "may or may not have arrived"), 0);
	letter_ends(h, rd_outbox_uncertain);
	assert_int_equal(n_problems_like(h, "may or may not have arrived"), 1);
	assert_int_equal(n_problems_like(h, "could not be sent"), 1);
}

/* --- check --- */

static void the_check_refuses_example_numbers_once_a_provider_is_real(void **state)
{
	static const char real[] = "\nMailbox: real\nKind: imap\nHost: mail.example.org\n"
				   "User: help\nPassword: file %s/token\n";
	struct house *h = *state;
	char *stanza = rd_arena_printf(h->arena, real, h->dir);
	bool refuse = true;

	make_maildir(h);
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
		cmocka_unit_test(a_landlord_that_is_not_live_stops_the_start_and_activates_nothing),
		cmocka_unit_test(the_service_takes_mail_follows_rules_and_stops_when_told),
		cmocka_unit_test(health_is_bad_while_a_thread_is_late),
		house_test_own(a_mailbox_that_hangs_is_alarmed_and_the_rest_goes_on),
		house_test(a_transaction_of_the_pipeline_ends_when_its_50_ms_are_up),
		house_test(a_letter_that_did_not_go_is_a_problem),
		house_test(the_check_refuses_example_numbers_once_a_provider_is_real),
		house_test(the_check_names_the_fault_in_the_rules),
	};
	int failed;

	slow_store_register();
	house_main(argc, argv);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rd_spawner_stop(house_spawner);
	return failed;
}
