#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <cmocka.h>

#include "redress/wire/stream.h"
#include "support/child.h"
#include "support/folder.h"

#define SILENCE_MS 60000 /* given up after, where it is not silence that ought to end it */
#define N_SIGNALS  10

struct world {
	char dir[FOLDER_MAX];
	int listener; /* a plain server that the test itself plays */
	int port;
	int peer; /* the accepted connection */
	struct rd_stream *stream;
	struct rd_trust *trust;
	struct child server;
};

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof at;
	struct child maker = { 0 };
	folder_make(w->dir, "stream");
	child_start(&maker, (const char *[]){ "certificates.py", w->dir, "more", NULL });
	child_stop(&maker);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	w->peer = -1;
	if (bind(w->listener, (struct sockaddr *)&at, len) != 0 || listen(w->listener, 5) != 0 ||
		getsockname(w->listener, (struct sockaddr *)&at, &len) != 0)
		return -1;
	w->port = ntohs(at.sin_port);
	*state = w;
	return 0;
}

static int free_world(void **state)
{
	struct world *w = *state;
	close(w->listener);
	folder_remove(w->dir);
	free(w);
	return 0;
}

static int clear(void **state)
{
	struct world *w = *state;
	rd_stream_free(w->stream);
	rd_trust_free(w->trust);
	if (w->peer >= 0)
		close(w->peer);
	child_stop(&w->server);
	w->stream = NULL;
	w->trust = NULL;
	w->peer = -1;
	return 0;
}

static void open_plain(struct world *w, int wake_fd, int read_ms)
{
	struct rd_err err = { 0 };
	const struct rd_stream_options options = {
		.host = "127.0.0.1",
		.port = w->port,
		.security = RD_SECURITY_PLAIN,
		.wake_fd = wake_fd,
		.read_ms = read_ms,
	};
	if (rd_stream_open(&options, &w->stream, &err) != RD_OK)
		fail_msg("%s", err.msg);
	w->peer = accept(w->listener, NULL, NULL);
	assert_true(w->peer >= 0);
}

static void start_tls_server(struct world *w, const char *name, const char *version)
{
	char pem[128], key[128];
	snprintf(pem, sizeof pem, "%s/%s.pem", w->dir, name);
	snprintf(key, sizeof key, "%s/%s.key", w->dir, name);
	child_start(&w->server, (const char *[]){ "imap_server.py", "--tls", pem, key,
					version ? "--version" : NULL, version, NULL });
}

static enum rd_rc open_tls(struct world *w, const char *host, const char *ca, struct rd_err *err)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s.pem", w->dir, ca);
	assert_int_equal(rd_trust_new(*ca ? path : "", &w->trust, err), RD_OK);
	const struct rd_stream_options options = {
		.host = host,
		.port = w->server.port,
		.security = RD_SECURITY_TLS,
		.trust = w->trust,
		.wake_fd = -1,
	};
	return rd_stream_open(&options, &w->stream, err);
}

static const struct {
	const char *why;
	const char *certificate, *version, *host, *ca;
	enum rd_rc rc;
	const char *says;
} handshakes[] = {
	{ "a good server", "good", NULL, "localhost", "ca", RD_OK, "" },
	{ "an address that the certificate names", "good", NULL, "127.0.0.1", "ca", RD_OK, "" },
	{ "an address that it does not name", "named", NULL, "127.0.0.1", "ca", RD_E_REFUSED,
		"it is for " },
	{ "an authority we were not given", "good", NULL, "localhost", "other-ca", RD_E_REFUSED,
		"an authority that this machine trusts" },
	{ "an authority the system does not know", "good", NULL, "localhost", "", RD_E_REFUSED,
		"an authority that this machine trusts" },
	{ "another host's certificate", "wrong", NULL, "localhost", "ca", RD_E_REFUSED,
		"it is for " },
	{ "an expired certificate", "expired", NULL, "localhost", "ca", RD_E_REFUSED, "expired" },
	{ "TLS 1.0", "good", "TLSv1", "localhost", "ca", RD_E_REFUSED, "TLS 1.2 or newer" },
	{ "TLS 1.1", "good", "TLSv1_1", "localhost", "ca", RD_E_REFUSED, "TLS 1.2 or newer" },
	{ "TLS 1.2", "good", "TLSv1_2", "localhost", "ca", RD_OK, "" },
	{ "TLS 1.3", "good", "TLSv1_3", "localhost", "ca", RD_OK, "" },
};

static void only_verified_servers_are_spoken_to(void **state)
{
	struct world *w = *state;
	for (size_t i = 0; i < sizeof handshakes / sizeof handshakes[0]; i++) {
		struct rd_err err = { 0 };
		start_tls_server(w, handshakes[i].certificate, handshakes[i].version);
		enum rd_rc rc = open_tls(w, handshakes[i].host, handshakes[i].ca, &err);
		if (rc != handshakes[i].rc || !strstr(err.msg, handshakes[i].says))
			fail_msg("%s: %d %s", handshakes[i].why, rc, err.msg);
		if (rc == RD_OK) {
			const char *line = NULL;
			assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_OK);
			assert_int_equal(strncmp(line, "* OK", 4), 0);
		}
		clear(state);
	}
}

static void a_plain_server_on_the_tls_port_is_refused_with_advice(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	child_start(&w->server, (const char *[]){ "imap_server.py", NULL });
	assert_int_equal(open_tls(w, "localhost", "ca", &err), RD_E_REFUSED);
	assert_non_null(strstr(err.msg, "right port"));
}

static void plain_text_never_leaves_this_machine(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	const struct rd_stream_options options = {
		.host = "0.0.0.0", /* reaches the test's own server, and is no loopback address */
		.port = w->port,
		.security = RD_SECURITY_PLAIN,
		.wake_fd = -1,
	};
	assert_int_equal(rd_stream_open(&options, &w->stream, &err), RD_E_REFUSED);
	assert_non_null(strstr(err.msg, "Security: tls"));
}

static void a_file_without_a_certificate_is_refused(void **state)
{
	struct world *w = *state;
	char path[128];
	struct rd_err err = { 0 };
	snprintf(path, sizeof path, "%s/good.key", w->dir);
	assert_int_equal(rd_trust_new(path, &w->trust, &err), RD_E_INPUT);
	assert_int_equal(rd_trust_new("/nowhere/ca.pem", &w->trust, &err), RD_E_INPUT);
	assert_non_null(strstr(err.msg, "/nowhere/ca.pem"));
}

static void send_all(struct world *w, const char *data, size_t len)
{
	assert_int_equal(send(w->peer, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

static void lines_come_one_by_one_however_they_are_cut(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	const char *line = NULL;
	open_plain(w, -1, 0);
	send_all(w, "* OK he", 7);
	send_all(w, "llo\r\nbare\nrest", 14);
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_OK);
	assert_string_equal(line, "* OK hello");
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_OK);
	assert_string_equal(line, "bare");
	char rest[8];
	size_t len = 0;
	assert_int_equal(rd_stream_read(w->stream, rest, sizeof rest, &len, &err), RD_OK);
	assert_int_equal(len, 4);
	assert_memory_equal(rest, "rest", 4);
}

static void a_nul_in_a_line_is_refused(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	const char *line = NULL;
	open_plain(w, -1, 0);
	send_all(w, "* OK\0PREAUTH\r\n", 14);
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_E_INPUT);
}

static void an_endless_line_is_cut_off(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	const char *line = NULL;
	open_plain(w, -1, 0);
	char *much = malloc(RD_STREAM_LINE_MAX);
	memset(much, 'A', RD_STREAM_LINE_MAX);
	send_all(w, much, RD_STREAM_LINE_MAX);
	free(much);
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_E_RANGE);
}

static void an_answer_beyond_its_budget_is_cut_off(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	const char *line = NULL;
	open_plain(w, -1, 0);
	rd_stream_begin(w->stream, 0, 10);
	send_all(w, "12345\n", 6);
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_OK);
	send_all(w, "12345\n", 6);
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_E_RANGE);
}

static void a_silent_server_is_given_up(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	const char *line = NULL;
	open_plain(w, -1, 50);
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_E_AGAIN);
	assert_non_null(strstr(err.msg, "silent"));
}

static void *drip(void *peer)
{
	while (send(*(int *)peer, "x", 1, MSG_NOSIGNAL) == 1)
		poll(NULL, 0, 5);
	return NULL;
}

static void a_dripping_server_cannot_stretch_a_command(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	const char *line = NULL;
	pthread_t thread;
	open_plain(w, -1, SILENCE_MS);
	rd_stream_begin(w->stream, 200, 0);
	pthread_create(&thread, NULL, drip, &w->peer);
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_E_AGAIN);
	assert_non_null(strstr(err.msg, "too long"));
	rd_stream_free(w->stream);
	w->stream = NULL;
	pthread_join(thread, NULL);
}

static void the_end_of_the_stream_is_an_error(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	const char *line = NULL;
	open_plain(w, -1, 0);
	send_all(w, "half a li", 9);
	close(w->peer);
	w->peer = -1;
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_E_AGAIN);
	assert_non_null(strstr(err.msg, "closed"));
}

static void writing_to_a_server_that_left_kills_nobody(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	enum rd_rc rc = RD_OK;
	open_plain(w, -1, 0);
	struct linger at_once = { .l_onoff = 1 };
	setsockopt(w->peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(w->peer);
	w->peer = -1;
	signal(SIGPIPE, SIG_DFL);
	for (int i = 0; i < 1000 && rc == RD_OK; i++)
		rc = rd_stream_write(w->stream, "noop\r\n", 6, &err);
	assert_int_equal(rc, RD_E_AGAIN);
}

static int alarmed_peer = -1;
static volatile sig_atomic_t n_alarms;

/* The last of them has the server speak. */
static void on_alarm(int number)
{
	(void)number;
	if (++n_alarms == N_SIGNALS && alarmed_peer >= 0)
		(void)!send(alarmed_peer, "x\n", 2, MSG_NOSIGNAL);
}

static void signals_do_not_disturb_a_wait(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	bool ready = false;
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerval often = { { 0, 5000 }, { 0, 5000 } }, never = { { 0, 0 }, { 0, 0 } };
	open_plain(w, -1, 0);
	sigaction(SIGALRM, &action, NULL);
	alarmed_peer = w->peer;
	n_alarms = 0;
	setitimer(ITIMER_REAL, &often, NULL);
	enum rd_rc rc = rd_stream_wait(w->stream, -1, &ready, &err);
	setitimer(ITIMER_REAL, &never, NULL);
	alarmed_peer = -1;
	assert_int_equal(rc, RD_OK);
	assert_true(ready);
	assert_true(n_alarms >= N_SIGNALS);
}

static void a_wake_up_ends_any_wait(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	bool ready = false;
	const char *line = NULL;
	uint64_t one = 1;
	int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	open_plain(w, wake, SILENCE_MS);
	assert_int_equal(write(wake, &one, sizeof one), (ssize_t)sizeof one);
	assert_int_equal(rd_stream_wait(w->stream, -1, &ready, &err), RD_E_AGAIN);
	assert_true(rd_stream_woken(w->stream));
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_E_AGAIN);
	assert_true(rd_stream_woken(w->stream));
	close(wake);
}

static void what_is_buffered_counts_as_readable(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	bool ready = false;
	const char *line = NULL;
	open_plain(w, -1, 0);
	send_all(w, "+ idling\r\n* 5 EXISTS\r\n", 22);
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_OK);
	assert_int_equal(rd_stream_wait(w->stream, 0, &ready, &err), RD_OK);
	assert_true(ready);
}

static void descriptors_beyond_1023_work(void **state)
{
	struct world *w = *state;
	struct rlimit limit;
	int extra[1200];
	int n = 0;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max < 2048 ? limit.rlim_max : 2048;
	setrlimit(RLIMIT_NOFILE, &limit);
	while (n < 1200 && (n == 0 || extra[n - 1] < 1100) && (extra[n] = dup(w->listener)) >= 0)
		n++;
	assert_true(n > 0 && extra[n - 1] >= 1024);
	open_plain(w, -1, 0);
	assert_true(rd_stream_fd(w->stream) >= 1024);
	struct rd_err err = { 0 };
	const char *line = NULL;
	send_all(w, "* OK\r\n", 6);
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_OK);
	while (n > 0)
		close(extra[--n]);
}

static void words_before_starttls_make_it_fail(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	const char *line = NULL;
	open_plain(w, -1, 0);
	send_all(w, "a OK begin TLS\r\n* CAPABILITY EVIL\r\n", 35);
	assert_int_equal(rd_stream_line(w->stream, &line, &err), RD_OK);
	assert_int_equal(rd_stream_secure(w->stream, &err), RD_E_REFUSED);
	assert_non_null(strstr(err.msg, "before TLS began"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(only_verified_servers_are_spoken_to, clear),
		cmocka_unit_test_teardown(
			a_plain_server_on_the_tls_port_is_refused_with_advice, clear),
		cmocka_unit_test_teardown(plain_text_never_leaves_this_machine, clear),
		cmocka_unit_test_teardown(a_file_without_a_certificate_is_refused, clear),
		cmocka_unit_test_teardown(lines_come_one_by_one_however_they_are_cut, clear),
		cmocka_unit_test_teardown(a_nul_in_a_line_is_refused, clear),
		cmocka_unit_test_teardown(an_endless_line_is_cut_off, clear),
		cmocka_unit_test_teardown(an_answer_beyond_its_budget_is_cut_off, clear),
		cmocka_unit_test_teardown(a_silent_server_is_given_up, clear),
		cmocka_unit_test_teardown(a_dripping_server_cannot_stretch_a_command, clear),
		cmocka_unit_test_teardown(the_end_of_the_stream_is_an_error, clear),
		cmocka_unit_test_teardown(writing_to_a_server_that_left_kills_nobody, clear),
		cmocka_unit_test_teardown(signals_do_not_disturb_a_wait, clear),
		cmocka_unit_test_teardown(a_wake_up_ends_any_wait, clear),
		cmocka_unit_test_teardown(what_is_buffered_counts_as_readable, clear),
		cmocka_unit_test_teardown(descriptors_beyond_1023_work, clear),
		cmocka_unit_test_teardown(words_before_starttls_make_it_fail, clear),
	};
	return cmocka_run_group_tests(tests, make_world, free_world);
}
