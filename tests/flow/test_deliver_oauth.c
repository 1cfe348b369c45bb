#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "redress/deliver/smtp.h"
#include "redress/wire/oauth.h"
#include "support/child.h"
#include "support/folder.h"

/* Letters that leave by a server which takes nothing but tokens, as Microsoft's does. */

#define MAIL "Message-ID: <m@example.org>\r\nSubject: Auto\r\n\r\nOur reference: RD100001-K7QF\r\n"

struct world {
	char dir[FOLDER_MAX];
	char secret[128], url[64];
	struct child tokens, server;
	struct rd_oauth_config oauth;
	struct rd_outgoing_config config;
	struct rd_smtp *smtp;
};

static int make(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	char port[16];
	folder_make(w->dir, "smtp-oauth");
	snprintf(w->secret, sizeof w->secret, "%s/secret", w->dir);
	FILE *file = fopen(w->secret, "we");
	fputs("client-secret\n", file);
	fclose(file);
	chmod(w->secret, 0600);
	child_start(&w->tokens, (const char *[]){ "oauth_server.py", NULL });
	snprintf(port, sizeof port, "%d", w->tokens.port);
	child_start(&w->server, (const char *[]){ "smtp_oauth_server.py", port, NULL });
	snprintf(w->url, sizeof w->url, "http://127.0.0.1:%d/token", w->tokens.port);
	*state = w;
	return 0;
}

static int drop(void **state)
{
	struct world *w = *state;
	child_stop(&w->server);
	child_stop(&w->tokens);
	folder_remove(w->dir);
	free(w);
	return 0;
}

static int fresh(void **state)
{
	struct world *w = *state;
	struct rd_err err = { 0 };
	child_ask(&w->tokens, "mode ok");
	child_ask(&w->tokens, "refuse 0");
	child_ask(&w->tokens, "user homes@gateway.example.org");
	child_ask(&w->server, "offer XOAUTH2");
	child_ask(&w->server, "mode ok");
	w->oauth = (struct rd_oauth_config){ .name = "m365",
		.kind = RD_OAUTH_MICROSOFT,
		.tenant = "t",
		.client = "c",
		.secret = { RD_SECRET_FILE, w->secret },
		.certificate = "",
		.token_url = w->url,
		.scope = "s",
		.ca_file = "",
		.tokens = rd_tokens_new() };
	w->config = (struct rd_outgoing_config){
		.name = "post",
		.kind = RD_OUTGOING_SMTP,
		.path = "",
		.host = "127.0.0.1",
		.port = w->server.port,
		.security = RD_SECURITY_PLAIN,
		.ca_file = "",
		.user = "homes@gateway.example.org",
		.oauth = &w->oauth,
		.from = "Homes <homes@gateway.example.org>",
		.envelope_sender = "",
	};
	assert_int_equal(rd_smtp_new(&w->config, &w->smtp, &err), RD_OK);
	rd_smtp_set_timeout(w->smtp, 30000);
	return 0;
}

static int end(void **state)
{
	struct world *w = *state;
	rd_smtp_free(w->smtp);
	rd_tokens_free(w->oauth.tokens);
	return 0;
}

static enum rd_rc on_wire(void *context, struct rd_err *err)
{
	(void)context;
	(void)err;
	return RD_OK;
}

static struct rd_deliver_result send_one(struct world *w)
{
	const struct rd_deliver_calls calls = { .on_wire = on_wire };
	struct rd_deliver_result result;
	rd_smtp_send(w->smtp, "a@example.com", MAIL, strlen(MAIL), &calls, &result);
	assert_null(strstr(result.response, "tok-"));
	assert_null(strstr(result.response, "client-secret"));
	return result;
}

static void is_sent(struct world *w)
{
	struct rd_deliver_result result = send_one(w);
	if (result.outcome != RD_SEND_DONE)
		fail_msg("%s", result.response);
}

static void a_letter_leaves_with_a_token(void **state)
{
	struct world *w = *state;
	is_sent(w);
	assert_string_equal(child_ask(&w->server, "logins"), "homes@gateway.example.org XOAUTH2");
	assert_non_null(strstr(child_ask(&w->server, "body"), "RD100001-K7QF"));
}

static void the_standard_mechanism_is_taken_where_it_is_offered(void **state)
{
	struct world *w = *state;
	child_ask(&w->server, "offer XOAUTH2 OAUTHBEARER PLAIN");
	is_sent(w);
	assert_non_null(
		strstr(child_ask(&w->server, "logins"), ";homes@gateway.example.org OAUTHBEARER"));
}

static void a_connection_and_a_token_serve_many_letters(void **state)
{
	struct world *w = *state;
	long sessions = child_number(&w->server, "sessions");
	long asked = child_number(&w->tokens, "asked");
	for (int i = 0; i < 5; i++)
		is_sent(w);
	assert_int_equal(child_number(&w->server, "sessions"), sessions + 1);
	assert_int_equal(child_number(&w->tokens, "asked"), asked + 1);
}

static void a_token_refused_once_is_fetched_anew_and_the_letter_goes(void **state)
{
	struct world *w = *state;
	long asked = child_number(&w->tokens, "asked");
	child_ask(&w->tokens, "refuse 1");
	is_sent(w);
	assert_int_equal(child_number(&w->tokens, "asked"), asked + 2);
}

static void a_session_that_outlives_its_token_logs_in_anew(void **state)
{
	struct world *w = *state;
	is_sent(w);
	long sessions = child_number(&w->server, "sessions");
	long asked = child_number(&w->tokens, "asked");
	child_ask(&w->tokens, "revoke");
	child_ask(&w->server, "forget");
	is_sent(w);
	assert_int_equal(child_number(&w->server, "sessions"), sessions + 1);
	assert_int_equal(child_number(&w->tokens, "asked"), asked + 1);
}

static void a_new_token_closes_the_connection_of_the_old_one(void **state)
{
	struct world *w = *state;
	is_sent(w);
	long sessions = child_number(&w->server, "sessions");
	long open = child_number(&w->server, "open");
	rd_tokens_turn(w->oauth.tokens, 3600 * 1000);
	is_sent(w);
	is_sent(w);
	assert_int_equal(child_number(&w->server, "open"), open);
	assert_int_equal(child_number(&w->server, "sessions"), sessions + 1);
}

static void each_refusal_is_ours_and_says_what_to_do(void **state)
{
	static const struct {
		const char *server, *tokens;
		bool ours;
		enum rd_send outcome;
		const char *says;
	} rows[] = {
		{ "mode ok", "user somebody@example.org", true, RD_SEND_AGAIN,
			"Add-MailboxPermission" },
		{ "mode disabled", "mode ok", true, RD_SEND_AGAIN,
			"SmtpClientAuthenticationDisabled" },
		{ "mode echo", "mode ok", true, RD_SEND_AGAIN, "what is ****" },
		{ "mode busy", "mode ok", true, RD_SEND_AGAIN, "454" },
		{ "mode sendas", "mode ok", true, RD_SEND_AGAIN,
			"does not let homes@gateway.example.org send as" },
		{ "mode sendas-mail", "mode ok", true, RD_SEND_AGAIN, "does not let" },
		{ "mode relay", "mode ok", false, RD_SEND_REFUSED, "554 5.7.1" },
		{ "offer PLAIN LOGIN", "mode ok", true, RD_SEND_AGAIN, "" },
		{ "offer none", "mode ok", true, RD_SEND_AGAIN, "" },
		{ "mode ok", "mode answer 401 {\"error_description\":\"AADSTS7000215: no\"}", true,
			RD_SEND_AGAIN, "secret is wrong" },
		{ "mode ok", "mode answer 500 {}", true, RD_SEND_AGAIN, "HTTP 500" },
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (i > 0)
			fresh(state);
		long kept = child_number(&w->server, "total");
		child_ask(&w->server, rows[i].server);
		child_ask(&w->tokens, rows[i].tokens);
		struct rd_deliver_result result = send_one(w);
		if (result.outcome != rows[i].outcome || result.ours != rows[i].ours ||
			!strstr(result.response, rows[i].says))
			fail_msg("%s, %s: %s", rows[i].server, rows[i].tokens, result.response);
		assert_int_equal(child_number(&w->server, "total"), kept);
		if (i + 1 < sizeof rows / sizeof rows[0])
			end(state);
	}
}

static void a_refused_token_is_tried_twice_and_no_more(void **state)
{
	struct world *w = *state;
	child_ask(&w->tokens, "user somebody@example.org");
	long tries = child_number(&w->server, "tries");
	send_one(w);
	assert_int_equal(child_number(&w->server, "tries"), tries + 2);
}

static void no_password_is_ever_tried_in_place_of_a_token(void **state)
{
	struct world *w = *state;
	child_ask(&w->server, "offer PLAIN LOGIN CRAM-MD5");
	long tries = child_number(&w->server, "tries");
	send_one(w);
	assert_int_equal(child_number(&w->server, "tries"), tries);
}

static void connect_tells_what_the_server_takes(void **state)
{
	static const struct {
		const char *offer;
		bool oauth;
		enum rd_rc rc;
		const char *says;
	} rows[] = {
		{ "offer XOAUTH2", true, RD_OK, "" },
		{ "offer PLAIN LOGIN", true, RD_E_REFUSED, "takes no tokens" },
		{ "offer XOAUTH2", false, RD_E_REFUSED, "only tokens" },
		{ "offer none", false, RD_E_REFUSED, "takes no login here" },
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rd_err err = { 0 };
		child_ask(&w->server, rows[i].offer);
		w->config.oauth = rows[i].oauth ? &w->oauth : NULL;
		w->config.password = (struct rd_secret_place){ RD_SECRET_FILE, w->secret };
		enum rd_rc rc = rd_smtp_try(w->smtp, &err);
		if (rc != rows[i].rc || !strstr(err.msg, rows[i].says))
			fail_msg("%s: %s", rows[i].offer, err.msg);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_letter_leaves_with_a_token),
		CASE(the_standard_mechanism_is_taken_where_it_is_offered),
		CASE(a_connection_and_a_token_serve_many_letters),
		CASE(a_token_refused_once_is_fetched_anew_and_the_letter_goes),
		CASE(a_session_that_outlives_its_token_logs_in_anew),
		CASE(a_new_token_closes_the_connection_of_the_old_one),
		CASE(each_refusal_is_ours_and_says_what_to_do),
		CASE(a_refused_token_is_tried_twice_and_no_more),
		CASE(no_password_is_ever_tried_in_place_of_a_token),
		CASE(connect_tells_what_the_server_takes),
	};
	return cmocka_run_group_tests(tests, make, drop);
}
