/* The caps of the gateway's stanza: what one correspondent may set going. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/wire/config.h"

static enum rd_rc parse(const char *lines, struct rd_config **ret, struct rd_err *err)
{
	char text[1024];

	snprintf(text, sizeof text,
		"Gateway: one\nState: /var/lib/redress/redress.db\nLandlord: code-2024\n%s"
		"\nMailbox: complaints\nKind: maildir\nPath: /var/mail/complaints\n"
		"\nOutgoing: letters\nKind: maildir\nPath: /var/mail/sent\n"
		"From: Complaints <complaints@landlord.example>\n",
		lines);
	return rd_config_parse("redress.conf", text, strlen(text), ret, err);
}

static void caps_have_defaults_and_are_read(void **state)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *usual = NULL;
	RD_CLEANUP(rd_config_cleanup) struct rd_config *own = NULL;
	struct rd_err err = { 0 };

	(void)state;
	assert_int_equal(parse("", &usual, &err), RD_OK);
	assert_int_equal(usual->caps.letters_hour, RD_LETTERS_AN_HOUR_MAX);
	assert_int_equal(usual->caps.letters_day, RD_LETTERS_A_DAY_MAX);
	assert_int_equal(usual->caps.messages_hour, RD_MESSAGES_AN_HOUR_MAX);
	assert_int_equal(usual->caps.messages_day, RD_MESSAGES_A_DAY_MAX);
	assert_false(rd_config_writes_many(usual, "surveys@agency.example"));
	assert_int_equal(parse("Letters per hour: 1\nLetters per day: 2\nMessages per hour: 3\n"
			       "Messages per day: 4\nMany messages from: surveys@agency.example\n"
			       "Many messages from: @forms.example\n",
				 &own, &err),
		RD_OK);
	assert_int_equal(own->caps.letters_hour, 1);
	assert_int_equal(own->caps.letters_day, 2);
	assert_int_equal(own->caps.messages_hour, 3);
	assert_int_equal(own->caps.messages_day, 4);
	assert_true(rd_config_writes_many(own, "Surveys@Agency.example"));
	assert_true(rd_config_writes_many(own, "any@forms.example"));
	assert_false(rd_config_writes_many(own, "any@agency.example"));
	assert_false(rd_config_writes_many(own, "any@sub.forms.example"));
	assert_false(rd_config_writes_many(own, "forms.example"));
	assert_false(rd_config_writes_many(own, ""));
}

static void what_is_no_cap_is_told_by_its_line(void **state)
{
	static const char *const bad[] = { "Letters per hour: 0\n", "Letters per day: -1\n",
		"Messages per hour: many\n", "Messages per day: 20 a day\n",
		"Messages per day: 100001\n", "Many messages from: agency.example\n",
		"Many messages from: a@b@c.example\n", "Many messages from: a@b.example, c\n",
		"Many messages from: a@\n" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct rd_config *config = NULL;
		struct rd_err err = { 0 };

		if (parse(bad[i], &config, &err) != RD_E_INPUT)
			fail_msg("taken: %s", bad[i]);
		assert_non_null(strstr(err.msg, "redress.conf:4:"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caps_have_defaults_and_are_read),
		cmocka_unit_test(what_is_no_cap_is_told_by_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
