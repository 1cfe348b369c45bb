/* `Role:` stanzas, `Warnings to:` and `Warn before:`: what they say, and what is refused with which
 * words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/wire/config.h"

static enum rd_rc parse(
	const char *gateway, const char *roles, struct rd_config **ret_config, struct rd_err *err)
{
	char text[4096];

	snprintf(text, sizeof text,
		"Gateway: g\nState: /tmp/state\nLandlord: code-2024\n%s\n"
		"\nMailbox: m\nKind: maildir\nPath: /tmp/m\n"
		"\nOutgoing: o\nKind: maildir\nPath: /tmp/o\nFrom: us@landlord.example\n%s",
		gateway, roles);
	return rd_config_parse("t.conf", text, strlen(text), ret_config, err);
}

#define TWO                                                                                        \
	"\nRole: complaints manager\nTo: boss@landlord.example\nAlso called: the Customer Focus "  \
	"Manager\nHeld by: Robin Marsh\nHours: 09:00-17:30\nDays: every day\nOut of hours to: "    \
	"07700 900555\nThen up: director\nDigest: 08:15\n"                                         \
	"\nRole: director\nTo: +447700900556\n"                                                    \
	"\nRole: director\nTo: other@landlord.example\nLandlord: one-housing\n"

static void a_role_has_its_names_hours_and_addresses(void **state)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	struct rd_err err = { 0 };
	const struct rd_role_config *role;

	(void)state;
	if (parse("Warnings to: the complaints manager\nWarn before: 1, 5", TWO, &config, &err) !=
		RD_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(config->n_roles, 3);
	role = rd_config_role(config, "code-2024", "the Customer Focus Manager");
	assert_ptr_equal(role, &config->roles[0]);
	assert_ptr_equal(rd_config_role(config, "code-2024", "robin marsh"), role);
	assert_int_equal(role->hours.from_min, 540);
	assert_int_equal(role->hours.to_min, 1050);
	assert_true(role->hours.every_day);
	assert_string_equal(role->out_of_hours, "+447700900555");
	assert_true(role->wants_digest);
	assert_int_equal(role->digest_minute, 495);
	/* A landlord's own comes first; another landlord's is none of ours. */
	assert_string_equal(rd_config_role(config, "code-2024", "director")->to, "+447700900556");
	assert_string_equal(
		rd_config_role(config, "one-housing", "a Director")->to, "other@landlord.example");
	assert_null(rd_config_role(config, "code-2024", "nobody"));
	assert_int_equal(config->n_warn_before, 2);
	assert_int_equal(config->warn_before[0], 5); /* the most first */
	/* Whoever is told is no resident. */
	assert_true(rd_config_is_staff(config, "Boss@landlord.example"));
	assert_true(rd_config_is_staff(config, "+447700900555"));
	assert_false(rd_config_is_staff(config, "+447700900999"));
	assert_false(rd_config_is_staff(config, ""));
}

static void what_is_not_said_has_its_default(void **state)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	RD_CLEANUP(rd_config_cleanup) struct rd_config *never = NULL;
	struct rd_err err = { 0 };

	(void)state;
	assert_int_equal(parse("", "\nRole: a\nTo: a@landlord.example\n", &config, &err), RD_OK);
	assert_string_equal(config->warnings_to, "");
	assert_int_equal(config->n_warn_before, 2);
	assert_int_equal(config->warn_before[0], 2);
	assert_int_equal(config->warn_before[1], 1);
	assert_int_equal(config->roles[0].hours.to_min, 0);
	assert_int_equal(parse("Warn before: never", "", &never, &err), RD_OK);
	assert_int_equal(never->n_warn_before, 0);
}

static const struct {
	const char *gateway, *roles, *says;
} refused[] = {
	{ "", "\nRole: a\n", "no `To:`" },
	{ "", "\nRole: a\nTo: nowhere\n", "neither a mail address nor a mobile number" },
	{ "", "\nRole: a\nTo: a@b.example\nHours: 9-5\n", "stretch of the day" },
	{ "", "\nRole: a\nTo: a@b.example\nHours: 17:00-09:00\n", "stretch of the day" },
	{ "", "\nRole: a\nTo: a@b.example\nOut of hours to: b@b.example\n", "add `Hours:" },
	{ "", "\nRole: a\nTo: a@b.example\nDigest: noon\n", "time of the day" },
	{ "", "\nRole: a\nTo: +447700900555\nDigest: 08:00\n", "goes by mail" },
	{ "", "\nRole: a\nTo: a@b.example\nThen up: b\n", "no role is called that" },
	{ "", "\nRole: a\nTo: a@b.example\n\nRole: A\nTo: b@b.example\n", "two roles are called" },
	{ "", "\nRole: a\nTo: a@b.example\nColour: red\n", "Colour" },
	{ "Warnings to: chief", "", "no role is called that" },
	{ "Warn before: soon", "", "`2, 1`" },
	{ "Warn before: 1, 2, 3, 4, 5, 6", "", "`2, 1`" },
	{ "Warn before: 0", "", "`2, 1`" },
	{ "Warn before: 21", "", "`2, 1`" },
	{ "Warn before: 2,", "", "`2, 1`" },
};

static void what_is_wrong_is_refused_with_what_to_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
		struct rd_err err = { 0 };
		const enum rd_rc rc = parse(refused[i].gateway, refused[i].roles, &config, &err);

		if (rc != RD_E_INPUT || strstr(err.msg, refused[i].says) == NULL)
			fail_msg("row %zu: %d, `%s`", i, (int)rc, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_role_has_its_names_hours_and_addresses),
		cmocka_unit_test(what_is_not_said_has_its_default),
		cmocka_unit_test(what_is_wrong_is_refused_with_what_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
