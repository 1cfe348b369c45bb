#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "redress/wire/address.h"
#include "redress/wire/http.h"
#include "support/child.h"

struct servers {
	char dir[64];
	char ca[128];
	char other_ca[128];
	struct child plain;
	struct child good;
	struct child wrong;
};

static void start_tls(struct child *child, const char *dir, const char *name)
{
	char pem[128];
	char key[128];
	snprintf(pem, sizeof pem, "%s/%s.pem", dir, name);
	snprintf(key, sizeof key, "%s/%s.key", dir, name);
	child_start(child, (const char *[]){ "provider_server.py", "--tls", pem, key, NULL });
}

static int start(void **state)
{
	struct servers *s = calloc(1, sizeof *s);
	struct child maker = { 0 };
	snprintf(s->dir, sizeof s->dir, "/tmp/redress-http-XXXXXX");
	if (!mkdtemp(s->dir))
		return -1;
	child_start(&maker, (const char *[]){ "certificates.py", s->dir, NULL });
	child_stop(&maker);
	snprintf(s->ca, sizeof s->ca, "%s/ca.pem", s->dir);
	snprintf(s->other_ca, sizeof s->other_ca, "%s/other-ca.pem", s->dir);
	child_start(&s->plain, (const char *[]){ "provider_server.py", NULL });
	start_tls(&s->good, s->dir, "good");
	start_tls(&s->wrong, s->dir, "wrong");
	*state = s;
	return 0;
}

static int stop(void **state)
{
	static const char *const names[] = { "ca.pem", "ca.key", "ca.srl", "other-ca.pem",
		"other-ca.key", "good.pem", "good.key", "good.csr", "good.ext", "wrong.pem",
		"wrong.key", "wrong.csr", "wrong.ext" };
	struct servers *s = *state;
	child_stop(&s->plain);
	child_stop(&s->good);
	child_stop(&s->wrong);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char path[128];
		snprintf(path, sizeof path, "%s/%s", s->dir, names[i]);
		unlink(path);
	}
	rmdir(s->dir);
	free(s);
	return 0;
}

struct outcome {
	enum rd_rc rc;
	long status;
	bool reached;
	int64_t retry_after_s;
	char body[256];
	struct rd_err err;
};

static struct outcome ask_where(
	const char *ca, const char *method, const char *url, int64_t timeout_ms, bool public_only)
{
	struct outcome out = { 0 };
	RD_CLEANUP(rd_http_cleanup) struct rd_http *http = NULL;
	RD_CLEANUP(rd_http_response_free) struct rd_http_response response = { 0 };
	struct rd_http_request request = {
		.method = method,
		.url = url,
		.content_type = "application/x-www-form-urlencoded",
		.body = "To=1&Body=hello",
		.body_len = 15,
		.user = "us",
		.password = "secret",
		.timeout_ms = timeout_ms,
		.public_only = public_only,
	};
	assert_int_equal(rd_http_new(ca, &http, &out.err), RD_OK);
	out.rc = rd_http_ask(http, &request, &response, &out.reached, &out.err);
	out.status = response.status;
	out.retry_after_s = response.retry_after_s;
	if (out.rc == RD_OK)
		snprintf(out.body, sizeof out.body, "%s", rd_buf_str(&response.body));
	return out;
}

static struct outcome ask(const char *ca, const char *method, const char *url, int64_t timeout_ms)
{
	return ask_where(ca, method, url, timeout_ms, false);
}

static const char *url_of(const char *scheme, const char *host, int port, const char *path)
{
	static char url[256];
	snprintf(url, sizeof url, "%s://%s:%d%s", scheme, host, port, path);
	return url;
}

#define MESSAGES "/2010-04-01/Accounts/AC/Messages.json"

static void a_verified_server_is_answered(void **state)
{
	struct servers *s = *state;
	struct outcome out =
		ask(s->ca, "GET", url_of("https", "localhost", s->good.port, "/plain?a=1"), 0);
	assert_int_equal(out.rc, RD_OK);
	assert_int_equal(out.status, 200);
	assert_true(out.reached);
	assert_non_null(strstr(out.body, "/plain?a=1"));
	assert_string_equal(child_ask(&s->good, "auth"), "Basic dXM6c2VjcmV0");
}

static void a_server_that_cannot_be_verified_never_sees_the_request(void **state)
{
	struct servers *s = *state;
	const struct {
		const char *why;
		const char *ca;
		const char *host;
		struct child *server;
	} rows[] = {
		{ "signed by another authority", s->other_ca, "localhost", &s->good },
		{ "not in the system's store", "", "localhost", &s->good },
		{ "another host's certificate", s->ca, "localhost", &s->wrong },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		long before = child_number(rows[i].server, "requests");
		struct outcome out = ask(rows[i].ca, "POST",
			url_of("https", rows[i].host, rows[i].server->port, MESSAGES), 0);
		if (out.rc != RD_E_AGAIN)
			print_error("%s\n", rows[i].why);
		assert_int_equal(out.rc, RD_E_AGAIN);
		assert_false(out.reached);
		assert_int_equal(child_number(rows[i].server, "requests"), before);
	}
}

static void plain_http_is_for_loopback_alone(void **state)
{
	struct servers *s = *state;
	struct outcome out =
		ask("", "GET", url_of("http", "127.0.0.1", s->plain.port, "/plain"), 0);
	assert_int_equal(out.rc, RD_OK);
	static const char *const refused[] = { "http://198.51.100.7/", "http://api.example.org/",
		"ftp://localhost/", "file:///etc/passwd", "http://localhost@api.example.org/",
		"not an address", "gopher://127.0.0.1/" };
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		out = ask("", "GET", refused[i], 0);
		if (out.rc != RD_E_REFUSED)
			print_error("%s\n", refused[i]);
		assert_int_equal(out.rc, RD_E_REFUSED);
		assert_false(out.reached);
	}
}

/* A picture's address is named by whoever wrote: no name in it leads into our own network. */
static void an_address_inside_is_never_connected_to(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost" };
	struct servers *s = *state;
	long before = child_number(&s->plain, "requests");
	for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
		struct outcome out = ask_where(
			"", "GET", url_of("http", hosts[i], s->plain.port, "/plain"), 0, true);
		assert_int_equal(out.rc, RD_E_REFUSED);
		assert_false(out.reached);
		assert_non_null(strstr(out.err.msg, "inside"));
	}
	assert_int_equal(child_number(&s->plain, "requests"), before);
}

static void a_redirect_leads_to_a_whole_address(void **state)
{
	static const struct {
		const char *location, *url; /* NULL: nowhere */
	} rows[] = {
		{ "https://b.example.org/y", "https://b.example.org/y" },
		{ "/y?z=1", "https://a.example.org/y?z=1" },
		{ "//b.example.org/y", "https://b.example.org/y" },
		{ "", NULL },
		{ "https://b.example.org:99999/", NULL },
	};
	char url[RD_HTTP_URL_BYTES_MAX + 1];
	char long_one[RD_HTTP_URL_BYTES_MAX + 1];
	struct rd_err err = { 0 };
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum rd_rc rc =
			rd_http_follow("https://a.example.org/x?q=1", rows[i].location, url, &err);
		if (rc != (rows[i].url ? RD_OK : RD_E_REFUSED))
			print_error("%s\n", rows[i].location);
		assert_int_equal(rc, rows[i].url ? RD_OK : RD_E_REFUSED);
		if (rows[i].url)
			assert_string_equal(url, rows[i].url);
	}
	memset(long_one, 'a', sizeof long_one - 1);
	long_one[0] = '/';
	long_one[sizeof long_one - 1] = '\0';
	assert_int_equal(
		rd_http_follow("https://a.example.org/x", long_one, url, &err), RD_E_REFUSED);
}

static bool is_public(const char *text)
{
	struct sockaddr_in four = { .sin_family = AF_INET };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
		return rd_address_is_public((const void *)&four, sizeof four);
	assert_int_equal(inet_pton(AF_INET6, text, &six.sin6_addr), 1);
	return rd_address_is_public((const void *)&six, sizeof six);
}

static void addresses_inside_are_known(void **state)
{
	static const char *const inside[] = { "0.0.0.0", "10.255.0.1", "100.64.0.1",
		"100.127.255.255", "127.9.9.9", "169.254.169.254", "172.16.0.1", "172.31.255.255",
		"192.168.1.1", "198.19.0.1", "224.0.0.1", "255.255.255.255", "::", "::1",
		"::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "fc00::1", "fd12::1",
		"fe80::1", "ff02::1", "2002:a00:1::", "2001:0:a00:1::" };
	static const char *const outside[] = { "8.8.8.8", "11.0.0.1", "100.63.255.255",
		"100.128.0.1", "172.15.0.1", "172.32.0.1", "192.167.1.1", "223.255.255.1",
		"2001:4860:4860::8888", "64:ff9b::808:808", "2a00:1450:4009::1" };
	const struct sockaddr other = { .sa_family = AF_UNIX };
	(void)state;
	for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
		if (is_public(inside[i]))
			print_error("%s\n", inside[i]);
		assert_false(is_public(inside[i]));
	}
	for (size_t i = 0; i < sizeof outside / sizeof outside[0]; i++) {
		if (!is_public(outside[i]))
			print_error("%s\n", outside[i]);
		assert_true(is_public(outside[i]));
	}
	assert_false(rd_address_is_public(&other, sizeof other));
}

static void a_redirect_is_an_answer_and_not_followed(void **state)
{
	struct servers *s = *state;
	child_ask(&s->plain, "mode 307");
	long before = child_number(&s->plain, "requests");
	struct outcome out =
		ask("", "POST", url_of("http", "127.0.0.1", s->plain.port, MESSAGES), 0);
	child_ask(&s->plain, "mode ok");
	assert_int_equal(out.rc, RD_OK);
	assert_int_equal(out.status, 307);
	assert_int_equal(child_number(&s->plain, "requests"), before + 1);
}

static void an_answer_beyond_the_limit_is_refused(void **state)
{
	struct servers *s = *state;
	child_ask(&s->plain, "mode huge");
	struct outcome out =
		ask("", "POST", url_of("http", "127.0.0.1", s->plain.port, MESSAGES), 0);
	child_ask(&s->plain, "mode ok");
	assert_int_equal(out.rc, RD_E_RANGE);
	assert_true(out.reached);
}

static void retry_after_is_read(void **state)
{
	struct servers *s = *state;
	child_ask(&s->plain, "mode 429");
	struct outcome out =
		ask("", "POST", url_of("http", "127.0.0.1", s->plain.port, MESSAGES), 0);
	child_ask(&s->plain, "mode ok");
	assert_int_equal(out.status, 429);
	assert_int_equal(out.retry_after_s, 7);
}

static void a_lost_answer_says_that_the_request_may_have_been_seen(void **state)
{
	struct servers *s = *state;
	long before = child_number(&s->plain, "total");
	child_ask(&s->plain, "mode lost");
	struct outcome out =
		ask("", "POST", url_of("http", "127.0.0.1", s->plain.port, MESSAGES), 0);
	assert_int_equal(out.rc, RD_E_AGAIN);
	assert_true(out.reached);
	child_ask(&s->plain, "mode slow"); /* answered, if we waited as long as ever */
	out = ask("", "POST", url_of("http", "127.0.0.1", s->plain.port, MESSAGES), 300);
	assert_int_equal(out.rc, RD_E_AGAIN);
	assert_true(out.reached);
	child_ask(&s->plain, "mode ok");
	/* Once each: libcurl must not have tried again by itself. */
	assert_int_equal(child_number(&s->plain, "total"), before + 2);
}

static void a_post_is_never_repeated_over_a_kept_connection(void **state)
{
	struct servers *s = *state;
	RD_CLEANUP(rd_http_cleanup) struct rd_http *http = NULL;
	struct rd_err err = { 0 };
	char url[128];
	bool reached;
	snprintf(url, sizeof url, "http://127.0.0.1:%d" MESSAGES, s->plain.port);
	assert_int_equal(rd_http_new("", &http, &err), RD_OK);
	struct rd_http_request request = { .method = "POST",
		.url = url,
		.content_type = "application/x-www-form-urlencoded",
		.body = "To=1&Body=x",
		.body_len = 11 };
	struct rd_http_response response = { 0 };
	assert_int_equal(rd_http_ask(http, &request, &response, &reached, &err), RD_OK);
	rd_http_response_free(&response);
	long before = child_number(&s->plain, "total");
	child_ask(&s->plain, "mode lost");
	assert_int_equal(rd_http_ask(http, &request, &response, &reached, &err), RD_E_AGAIN);
	child_ask(&s->plain, "mode ok");
	assert_int_equal(child_number(&s->plain, "total"), before + 1);
}

static void a_closed_port_was_never_reached(void **state)
{
	(void)state;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	struct outcome out = ask("", "POST",
		url_of("http", "127.0.0.1", ntohs(address.sin_port), MESSAGES "?secret=1"), 0);
	close(fd);
	assert_int_equal(out.rc, RD_E_AGAIN);
	assert_false(out.reached);
	assert_null(strstr(out.err.msg, "secret"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verified_server_is_answered),
		cmocka_unit_test(a_server_that_cannot_be_verified_never_sees_the_request),
		cmocka_unit_test(plain_http_is_for_loopback_alone),
		cmocka_unit_test(an_address_inside_is_never_connected_to),
		cmocka_unit_test(a_redirect_leads_to_a_whole_address),
		cmocka_unit_test(addresses_inside_are_known),
		cmocka_unit_test(a_redirect_is_an_answer_and_not_followed),
		cmocka_unit_test(an_answer_beyond_the_limit_is_refused),
		cmocka_unit_test(retry_after_is_read),
		cmocka_unit_test(a_lost_answer_says_that_the_request_may_have_been_seen),
		cmocka_unit_test(a_post_is_never_repeated_over_a_kept_connection),
		cmocka_unit_test(a_closed_port_was_never_reached),
	};
	return cmocka_run_group_tests(tests, start, stop);
}
