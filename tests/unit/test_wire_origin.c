/* Who wrote, by a mailbox's configuration: whose results count, and web forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "redress/wire/config.h"

#define HEAD                                                                                       \
	"Gateway: g\nState: /s\nLandlord: code-2024\n\nMailbox: m\nKind: imap\nUser: u\n"          \
	"Password: credential p\n"
#define TAIL "\nOutgoing: o\nKind: maildir\nPath: /o\nFrom: a@landlord.example\n"

static enum rd_rc parse(const char *lines, struct rd_config **ret_config, struct rd_err *err)
{
	char text[4096];

	snprintf(text, sizeof text, HEAD "%s" TAIL, lines);
	return rd_config_parse("r.conf", text, strlen(text), ret_config, err);
}

static const struct {
	const char *lines;
	enum rd_results_of trust;
	const char *first; /* NULL: none is named */
} trusts[] = {
	{ "Host: imap.landlord.example\n", RD_TRUST_TOPMOST_DOUBTS, NULL },
	{ "Host: outlook.office365.com\n", RD_TRUST_TOPMOST, NULL },
	{ "Host: imap.gmail.com\n", RD_TRUST_NAMED, "mx.google.com" },
	{ "Host: outlook.office365.com\nTrust results of: nobody\n", RD_TRUST_NOBODY, NULL },
	{ "Host: imap.landlord.example\nTrust results of: topmost\n", RD_TRUST_TOPMOST, NULL },
	{ "Host: imap.gmail.com\nTrust results of: mx.example.org\nTrust results of: mx2\n",
		RD_TRUST_NAMED, "mx.example.org" },
};

static void whose_results_count(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof trusts / sizeof trusts[0]; i++) {
		struct rd_config *config = NULL;
		struct rd_err err = { 0 };

		if (parse(trusts[i].lines, &config, &err) != RD_OK)
			fail_msg("%s: %s", trusts[i].lines, err.msg);
		assert_int_equal(config->mailboxes[0].origin.trust, trusts[i].trust);
		if (trusts[i].first != NULL)
			assert_string_equal(
				config->mailboxes[0].origin.trusted[0], trusts[i].first);
		assert_int_equal(config->mailboxes[0].origin.n_trusted,
			i == 5 ? 2 : trusts[i].first != NULL);
		rd_config_free(config);
	}
}

static void a_form_is_taken_with_its_labels(void **state)
{
	struct rd_config *config = NULL;
	const struct rd_origin *origin;
	struct rd_err err = { 0 };

	(void)state;
	if (parse("Host: h\nForm sender: no-reply@landlord.example\nForm field: email = E-mail "
		  "address:\nForm field: words=Your message\n",
		    &config, &err) != RD_OK)
		fail_msg("%s", err.msg);
	origin = rd_config_origin_of(config, "m");
	assert_non_null(origin);
	assert_null(rd_config_origin_of(config, "n"));
	assert_string_equal(origin->form_senders[0], "no-reply@landlord.example");
	assert_int_equal(origin->n_form_labels, 2);
	assert_int_equal(origin->form_labels[0].field, RD_PART_EMAIL);
	assert_string_equal(origin->form_labels[0].label, "E-mail address");
	assert_int_equal(origin->form_labels[1].field, RD_PART_WORDS);
	assert_string_equal(origin->form_labels[1].label, "Your message");
	rd_config_free(config);
}

static const struct {
	const char *lines, *says;
} faults[] = {
	{ "Trust results of: mx one\n", "r.conf:10:19: `mx one` is not the name of a mail server" },
	{ "Trust results of: mx.example.org\nTrust results of: topmost\n", "stand alone" },
	{ "Trust results of: nobody\nTrust results of: mx.example.org\n", "stand alone" },
	{ "Form sender: no-reply\n", "r.conf:10:14: `no-reply` is not an e-mail address" },
	{ "Form sender: a@b.example\nForm field: email = E\n", "Form field: words" },
	{ "Form field: words = W\n", "no form is named" },
	{ "Form sender: a@b.example\nForm field: mail = E\n", "does not begin with email" },
	{ "Form sender: a@b.example\nForm field: email\n", "does not begin with email" },
	{ "Form sender: a@b.example\nForm field: words = :\n", "the label is what stands" },
	{ "Form sender: a@b.example\nForm field: words = W\nForm field: name = w\n",
		"a second field with the label" },
};

static void every_fault_says_what_to_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
		struct rd_config *config = NULL;
		struct rd_err err = { 0 };
		char lines[512];

		snprintf(lines, sizeof lines, "Host: h\n%s", faults[i].lines);
		assert_int_equal(parse(lines, &config, &err), RD_E_INPUT);
		if (strstr(err.msg, faults[i].says) == NULL)
			fail_msg("[%s] says [%s]", faults[i].lines, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whose_results_count),
		cmocka_unit_test(a_form_is_taken_with_its_labels),
		cmocka_unit_test(every_fault_says_what_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
