/* The stanzas for the landlord's own systems: what is read, and what is refused in plain words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "redress/wire/config.h"

#define HEAD                                                                                       \
	"Gateway: north\nState: /tmp/state\nLandlord: code-2024\nListen: 127.0.0.1:0\n\n"          \
	"Mailbox: help\nKind: maildir\nPath: /tmp/help\n\n"                                        \
	"Outgoing: out\nKind: maildir\nPath: /tmp/out\nFrom: help@example.org\n\n"

static struct rd_config *read_whole(const char *stanza)
{
	struct rd_config *config = NULL;
	struct rd_err err = { 0 };
	char text[4096];

	snprintf(text, sizeof text, HEAD "%s", stanza);
	if (rd_config_parse("redress.conf", text, strlen(text), &config, &err) != RD_OK)
		fail_msg("%s", err.msg);
	return config;
}

static void is_refused(const char *stanza, const char *words)
{
	struct rd_config *config = NULL;
	struct rd_err err = { 0 };
	char text[4096];

	snprintf(text, sizeof text, HEAD "%s", stanza);
	assert_int_equal(
		rd_config_parse("redress.conf", text, strlen(text), &config, &err), RD_E_INPUT);
	if (strstr(err.msg, words) == NULL)
		fail_msg("%s", err.msg);
}

static void a_webhook_is_told_everything_unless_said(void **state)
{
	struct rd_config *config = read_whole("Webhook: crm\nURL: https://crm.example.org/hook\n"
					      "Secret: credential crm\nSecret: file /etc/old\n");
	const struct rd_hook_config *hook = &config->hooks[0];

	(void)state;
	assert_int_equal(config->n_hooks, 1);
	assert_string_equal(hook->url, "https://crm.example.org/hook");
	assert_int_equal(hook->n_secrets, 2);
	assert_string_equal(hook->secrets[1].name, "/etc/old");
	assert_false(hook->allow_internal);
	for (size_t i = 0; i < RD_N_CASE_EVENTS; i++)
		assert_true(hook->events[i]);
	rd_config_free(config);
}

static void a_webhook_names_its_events(void **state)
{
	struct rd_config *config =
		read_whole("Webhook: crm\nURL: http://[::1]:8080/hook\nSecret: file /etc/secret\n"
			   "Events: opened , closed\nAllow internal: yes\nLandlord: one-housing\n");

	(void)state;
	assert_true(config->hooks[0].events[RD_CASE_OPENED]);
	assert_true(config->hooks[0].events[RD_CASE_CLOSED]);
	assert_false(config->hooks[0].events[RD_CASE_ASSIGNED]);
	assert_string_equal(config->hooks[0].landlord, "one-housing");
	rd_config_free(config);
}

static void what_would_do_harm_is_refused(void **state)
{
	static const struct {
		const char *lines, *words;
	} wrong[] = {
		{ "URL: https://crm.example.org/\n", "Secret: credential" },
		{ "Secret: credential crm\n", "URL" },
		{ "URL: http://crm.example.org/\nSecret: credential crm\n", "write https://" },
		{ "URL: https://a:b@crm.example.org/\nSecret: credential crm\n", "password" },
		{ "URL: ftp://crm.example.org/\nSecret: credential crm\n", "can be called" },
		{ "URL: https:///hook\nSecret: credential crm\n", "can be called" },
		{ "URL: https://localhost/\nSecret: credential crm\n", "Allow internal: yes" },
		{ "URL: https://crm.example.org/\nSecret: whsec_abc\n", "never written here" },
		{ "URL: https://crm.example.org/\nSecret: credential a\nSecret: credential b\n"
		  "Secret: credential c\n",
			"at most 2 secrets" },
		{ "URL: https://crm.example.org/\nSecret: credential crm\nEvents: opened, clsed\n",
			"did you mean `closed`" },
		{ "URL: https://crm.example.org/\nSecret: credential crm\nAllow internal: si\n",
			"yes" },
	};
	char stanza[512];

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		snprintf(stanza, sizeof stanza, "Webhook: crm\n%s", wrong[i].lines);
		is_refused(stanza, wrong[i].words);
	}
	is_refused("Webhook: crm\nURL: https://crm.example.org/\nSecret: credential crm\n\n"
		   "Webhook: crm\nURL: https://crm.example.org/\nSecret: credential crm\n",
		"two webhooks");
}

static void a_token_has_a_cap(void **state)
{
	static const char *const wrong[] = { "0", "6001", "many", "-5", "30 a minute" };
	char stanza[256];
	struct rd_config *config =
		read_whole("API token: crm\nToken: credential crm\n\n"
			   "API token: bi\nToken: credential bi\nRequests a minute: 30\n");

	(void)state;
	assert_int_equal(config->api_tokens[0].requests_a_minute, RD_API_REQUESTS_USUAL);
	assert_int_equal(config->api_tokens[1].requests_a_minute, 30);
	rd_config_free(config);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		snprintf(stanza, sizeof stanza,
			"API token: crm\nToken: credential crm\nRequests a minute: %s\n", wrong[i]);
		is_refused(stanza, "a number from 1 to 6000");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_webhook_is_told_everything_unless_said),
		cmocka_unit_test(a_webhook_names_its_events),
		cmocka_unit_test(what_would_do_harm_is_refused),
		cmocka_unit_test(a_token_has_a_cap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
