/* The limits of the webhook: how large, how slow, how many and how often wrong a client may be, and
 * by which address it is counted. */
#include "support/webhook_world.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include "redress/intake/webhook_peer.h"
#include "support/turned_clock.h"

static void a_body_above_the_limit_is_too_large(void **state)
{
	struct world *w = *state;
	size_t len = 3u << 20;
	char *body = malloc(len);
	assert_non_null(body);
	memset(body, 'x', len);
	start(w, 0);
	const char *const form[] = { FORM_TYPE, NULL };
	assert_int_equal(ask(w, "/sms/line", body, (64u << 10) + 1, form).status, 413);
	assert_int_equal(
		ask(w, "/sms/line", body, 64u << 10, form).status, 403); /* read, unsigned */
	struct got got = ask(w, "/sms/line", body, len, form);
	assert_true(got.status == 413 || got.rc != CURLE_OK);
	assert_int_equal(w->events[RD_WEBHOOK_TOO_LARGE], 2);
	/* Without a stated length, too. */
	const char *const chunked[] = { FORM_TYPE, "Transfer-Encoding: chunked", NULL };
	assert_int_equal(ask(w, "/sms/line", body, (64u << 10) + 1, chunked).status, 413);
	got = ask(w, "/sms/line", body, len, chunked);
	assert_int_not_equal(got.status, 200);
	free(body);
	assert_int_equal(n_stored(w), 0);
	assert_int_equal(post_text(w, "SM1", "still+here").status, 200);
	stop(w);
}

static int dial(const struct world *w)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)rd_webhook_port(w->webhook)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

/* Has the other side hung up, or does it within that time? -1: waits until it has. */
static bool hung_up(int fd, int timeout_ms)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char scrap[512];
		if (poll(&p, 1, timeout_ms) <= 0)
			return false;
		if (recv(fd, scrap, sizeof scrap, 0) <= 0)
			return true;
	}
}

static void a_slow_client_is_cut_off_however_it_drips(void **state)
{
	static const char *const starts[] = {
		"POST /sms/line HTTP/1.1\r\nHost: x\r\nX-Long: ",
		"POST /sms/line HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
	};
	struct world *w = *state;
	start(w, 0);
	for (size_t i = 0; i < 2; i++) {
		int fd = dial(w);
		assert_true(send(fd, starts[i], strlen(starts[i]), MSG_NOSIGNAL) > 0);
		do
			clock_turn_on(1000); /* a byte a second */
		while (send(fd, "x", 1, MSG_NOSIGNAL) == 1 && !hung_up(fd, 5));
		close(fd);
		assert_int_equal(w->events[RD_WEBHOOK_CUT_OFF], i + 1);
	}
	/* A silent one, too. */
	int fd = dial(w);
	do
		clock_turn_on(1000);
	while (!hung_up(fd, 5));
	close(fd);
	assert_int_equal(w->events[RD_WEBHOOK_CUT_OFF], 3);
	assert_int_equal(post_text(w, "SM1", "still+here").status, 200);
	stop(w);
}

static void one_address_cannot_hold_all_connections(void **state)
{
	struct world *w = *state;
	w->limits.connections_per_address = 4;
	start(w, 0);
	int fds[5];
	for (int i = 0; i < 4; i++) {
		fds[i] = dial(w);
		assert_false(hung_up(fds[i], 100));
	}
	fds[4] = dial(w);
	assert_true(hung_up(fds[4], -1));
	assert_int_equal(w->events[RD_WEBHOOK_TURNED_AWAY], 1);
	for (int i = 0; i < 5; i++)
		close(fds[i]);
	while (post_text(w, "SM1", "x").status != 200)
		poll(NULL, 0, 5);
	stop(w);
}

static void failed_checks_are_counted_by_address_and_never_stop_a_checked_request(void **state)
{
	struct world *w = *state;
	w->limits.failed_per_minute = 3;
	w->proxies[0] = "127.0.0.1";
	w->config.n_trusted_proxies = 1;
	start(w, 0);
	const char *const bad[] = { FORM_TYPE, "X-Forwarded-For: 203.0.113.9, 198.51.100.7", NULL };
	const char *const same[] = { FORM_TYPE, "X-Forwarded-For: 203.0.113.200, 198.51.100.7",
		NULL };
	const char *const other[] = { FORM_TYPE, "X-Forwarded-For: 198.51.100.7, 203.0.113.9",
		NULL };
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask(w, "/sms/line", "a=b", 3, bad).status, 403);
	struct got got = ask(w, "/sms/line", "a=b", 3, bad);
	assert_int_equal(got.status, 429);
	assert_non_null(strstr(got.headers, "Retry-After: 60"));
	/* What stands further left was written by the client itself. */
	assert_int_equal(ask(w, "/sms/line", "a=b", 3, same).status, 429);
	assert_int_equal(ask(w, "/sms/line", "a=b", 3, other).status, 403);
	assert_int_equal(post_signed(w, PUBLIC "/sms/line", "/sms/line",
				 "MessageSid=SM1&AccountSid=AC1&From=1&Body=x", bad + 1)
				 .status,
		200);
	stop(w);
}

static void too_many_checked_requests_are_told_to_come_again(void **state)
{
	struct world *w = *state;
	w->limits.verified_per_s = 2;
	start(w, 0);
	int n_busy = 0;
	for (int i = 0; i < 12 && n_busy == 0; i++) {
		char id[16];
		snprintf(id, sizeof id, "SM%d", i);
		struct got got = post_text(w, id, "x");
		if (got.status == 503) {
			assert_non_null(strstr(got.headers, "Retry-After: 1"));
			n_busy++;
			clock_turn_on(1000); /* asking until it passes would flood by one number */
			assert_int_equal(post_text(w, id, "x").status, 200);
		}
	}
	assert_int_equal(n_busy, 1);
	assert_true(w->events[RD_WEBHOOK_BUSY] >= 1);
	stop(w);
}

/* ---- addresses ---- */

static void the_client_is_the_right_most_that_is_no_proxy(void **state)
{
	static const struct {
		const char *why;
		const char *peer;
		const char *forwarded;
		const char *client;
	} rows[] = {
		{ "no proxy: the header is anybody's", "203.0.113.9", "1.2.3.4", "203.0.113.9" },
		{ "through the proxy", "127.0.0.1", "203.0.113.9", "203.0.113.9" },
		{ "further left is the client's own", "127.0.0.1", "1.2.3.4, 203.0.113.9",
			"203.0.113.9" },
		{ "through both proxies", "127.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9" },
		{ "no header", "127.0.0.1", "", "127.0.0.1" },
		{ "nothing that can be read", "127.0.0.1", "1.2.3.4, unknown", "127.0.0.1" },
		{ "with a port", "127.0.0.1", "203.0.113.9:4711", "203.0.113.9" },
		{ "IPv6 in brackets", "127.0.0.1", "[2001:db8::1]:443", "2001:db8::1" },
		{ "proxies all the way", "127.0.0.1", "10.0.0.2", "10.0.0.2" },
	};
	struct rd_peer_proxies proxies = { .n = 2 };
	(void)state;
	assert_true(rd_peer_parse("127.0.0.1", 9, &proxies.items[0]));
	assert_true(rd_peer_parse("10.0.0.2", 8, &proxies.items[1]));
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_peer peer;
		struct rd_peer wanted;
		assert_true(rd_peer_parse(rows[i].peer, strlen(rows[i].peer), &peer));
		assert_true(rd_peer_parse(rows[i].client, strlen(rows[i].client), &wanted));
		struct rd_peer client = rd_peer_client(&proxies, &peer, rows[i].forwarded);
		if (!rd_peer_same(&client, &wanted))
			print_error("%s\n", rows[i].why);
		assert_true(rd_peer_same(&client, &wanted));
	}
}

static void failures_are_counted_a_minute_and_by_ipv6_network(void **state)
{
	struct rd_peer_failed *failed = calloc(1, sizeof *failed);
	struct rd_peer one;
	struct rd_peer neighbour;
	struct rd_peer stranger;
	(void)state;
	assert_non_null(failed);
	assert_true(rd_peer_parse("2001:db8::1", 11, &one));
	assert_true(rd_peer_parse("2001:db8::ffff", 14, &neighbour));
	assert_true(rd_peer_parse("2001:db8:0:1::1", 15, &stranger));
	assert_false(rd_peer_fails(failed, &one, 1000, 2));
	assert_false(rd_peer_fails(failed, &neighbour, 2000, 2));
	assert_true(rd_peer_fails(failed, &one, 3000, 2));
	assert_false(rd_peer_fails(failed, &stranger, 3000, 2));
	assert_false(rd_peer_fails(failed, &one, 61000, 2));
	free(failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(a_body_above_the_limit_is_too_large),
		IN_WORLD(a_slow_client_is_cut_off_however_it_drips),
		IN_WORLD(one_address_cannot_hold_all_connections),
		IN_WORLD(failed_checks_are_counted_by_address_and_never_stop_a_checked_request),
		IN_WORLD(too_many_checked_requests_are_told_to_come_again),
		cmocka_unit_test(the_client_is_the_right_most_that_is_no_proxy),
		cmocka_unit_test(failures_are_counted_a_minute_and_by_ipv6_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
