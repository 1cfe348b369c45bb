/* What mail servers write when a mail of ours does not arrive: one sample a file in bounces/, each
 * about a letter to ann@example.com. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>

#include "redress/message/bounce.h"
#include "redress/message/mime.h"

#define OUR_ID	    "rd.5e1f0c9a77b2d4e6@house.example"
#define OUR_REF	    "RD100001-K7QF"
#define COUNT(list) (sizeof(list) / sizeof(list)[0])

static const char *const kinds[RD_N_BOUNCES] = { "none", "delivered", "delayed", "soft", "full",
	"blocked", "hard" };

/* How a sample leads to the letter. */
enum leads { BY_ID = 1, BY_THREAD = 2, BY_REFERENCE = 4 };

static const struct {
	const char *file;
	enum rd_bounce_kind kind;
	const char *code, *why;
	int leads;
} samples[] = {
	{ "postfix-unknown", RD_BOUNCE_HARD, "5.1.1", "User unknown", BY_ID | BY_REFERENCE },
	{ "postfix-headers-only", RD_BOUNCE_FULL, "5.2.2", "over quota", BY_ID | BY_REFERENCE },
	{ "postfix-delayed", RD_BOUNCE_DELAYED, "4.4.1", "timed out", BY_ID },
	{ "postfix-expired", RD_BOUNCE_SOFT, "4.4.1", "timed out", BY_ID },
	{ "postfix-delivered", RD_BOUNCE_DELIVERED, "2.0.0", "250 2.0.0 Ok", BY_ID },
	{ "m365-not-found", RD_BOUNCE_HARD, "5.1.10", "RecipientNotFound", BY_ID | BY_THREAD },
	{ "m365-access-denied", RD_BOUNCE_HARD, "5.4.1", "Access denied", BY_ID },
	{ "m365-restricted", RD_BOUNCE_BLOCKED, "5.7.133", "authentication", BY_ID },
	{ "m365-full", RD_BOUNCE_FULL, "5.2.2", "mailbox full", BY_ID },
	{ "m365-delayed", RD_BOUNCE_DELAYED, "4.4.7", "delayed", BY_ID },
	{ "exchange-relayed", RD_BOUNCE_DELIVERED, "2.0.0", "", BY_ID },
	{ "gmail-not-found", RD_BOUNCE_HARD, "5.1.1", "does not exist", BY_ID | BY_THREAD },
	{ "gmail-blocked", RD_BOUNCE_BLOCKED, "5.7.26", "blocked", BY_ID },
	{ "gmail-incomplete", RD_BOUNCE_DELAYED, "4.4.1", "did not accept", BY_ID },
	{ "forwarded-full", RD_BOUNCE_FULL, "5.0.0", "mailbox is full", BY_ID | BY_REFERENCE },
	{ "eai", RD_BOUNCE_BLOCKED, "5.6.7", "internationalised", BY_ID },
	{ "two-recipients", RD_BOUNCE_HARD, "5.1.1", "no such user", BY_ID },
	{ "no-report-type", RD_BOUNCE_HARD, "5.1.2", "", BY_ID },
	{ "status-without-recipient", RD_BOUNCE_FULL, "", "exceeded its storage", BY_ID },
	{ "sendmail-deferred", RD_BOUNCE_DELAYED, "4.4.2", "", BY_ID },
	{ "exim-unknown", RD_BOUNCE_HARD, "", "550 No Such User Here", BY_ID },
	{ "exim-unrouteable", RD_BOUNCE_HARD, "", "Unrouteable", BY_ID },
	{ "exim-blocked", RD_BOUNCE_BLOCKED, "", "looks like spam", BY_ID },
	{ "exim-warning", RD_BOUNCE_DELAYED, "", "", BY_REFERENCE },
	{ "qmail-unknown", RD_BOUNCE_HARD, "5.1.1", "mailbox not found", BY_ID },
	{ "qmail-queue", RD_BOUNCE_SOFT, "4.4.3", "CNAME lookup", BY_ID },
	{ "qmail-quota", RD_BOUNCE_FULL, "5.2.2", "allowed quota", BY_ID },
	{ "qmail-no-return-path", RD_BOUNCE_HARD, "5.1.1", "no mailbox here", BY_ID },
	{ "domino", RD_BOUNCE_HARD, "", "not listed in", BY_REFERENCE },
	{ "exchange-old", RD_BOUNCE_HARD, "5.1.1", "#5.1.1", BY_REFERENCE },
	{ "sendmail-old", RD_BOUNCE_HARD, "", "User unknown", BY_ID },
	{ "yahoo", RD_BOUNCE_HARD, "", "doesn't have", BY_ID },
	{ "greylisted-for-days", RD_BOUNCE_SOFT, "4.7.1", "Greylisted", 0 },
	{ "version-is-no-code", RD_BOUNCE_SOFT, "", "", 0 },
};

static int make(void **state)
{
	rd_mime_init();
	*state = rd_arena_new(RD_MIME_ARENA_BYTES);
	return 0;
}

static int drop(void **state)
{
	rd_arena_free(*state);
	return 0;
}

static struct rd_message read_sample(struct rd_arena *arena, const char *name)
{
	char path[512], *bytes = rd_arena_alloc(arena, 1u << 16);
	struct rd_message message = { 0 };
	struct rd_err err = { 0 };
	size_t len;
	FILE *file;

	snprintf(path, sizeof path, "%s/tests/unit/bounces/%s.eml", RD_SOURCE_DIR, name);
	file = fopen(path, "re");
	if (file == NULL)
		fail_msg("no sample %s", path);
	len = fread(bytes, 1, 1u << 16, file);
	fclose(file);
	assert_int_equal(rd_mime_parse(bytes, len, false, arena, &message, &err), RD_OK);
	return message;
}

static bool is_among(const char *const *items, size_t n, const char *wanted)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(items[i], wanted) == 0)
			return true;
	return false;
}

static bool leads_right(const struct rd_message *m, int leads)
{
	if ((leads & BY_ID) && !is_among(m->report_ids, m->n_report_ids, OUR_ID))
		return false;
	if ((leads & BY_THREAD) && !is_among(m->references, m->n_references, OUR_ID))
		return false;
	return !(leads & BY_REFERENCE) || strstr(m->bounce.subject, OUR_REF) != NULL ||
	       strstr(m->body, OUR_REF) != NULL;
}

static void every_server_is_understood(void **state)
{
	int n_wrong = 0;

	for (size_t i = 0; i < COUNT(samples); i++) {
		struct rd_message m;
		const char *wanted = strcmp(samples[i].file, "forwarded-full") == 0
					     ? "ann+home@example.com"
					     : "ann@example.com";
		bool right;

		rd_arena_reset(*state);
		m = read_sample(*state, samples[i].file);
		right = m.automatic.delivery_report && m.bounce.kind == samples[i].kind &&
			strcmp(m.bounce.code, samples[i].code) == 0 &&
			strcasestr(m.bounce.why, samples[i].why) != NULL &&
			is_among(m.bounce.recipients, m.bounce.n_recipients, wanted) &&
			leads_right(&m, samples[i].leads);
		if (right)
			continue;
		n_wrong++;
		print_error("%s: report %d, %s (wanted %s), code `%s`, why `%s`, %zu recipients, "
			    "%zu ids, subject `%s`\n",
			samples[i].file, m.automatic.delivery_report, kinds[m.bounce.kind],
			kinds[samples[i].kind], m.bounce.code, m.bounce.why, m.bounce.n_recipients,
			m.n_report_ids, m.bounce.subject);
	}
	assert_int_equal(n_wrong, 0);
}

static void a_complaint_of_abuse_names_who_complains(void **state)
{
	struct rd_message m = read_sample(*state, "abuse");

	assert_true(m.automatic.abuse_report && m.automatic.abuse_complains);
	assert_false(m.automatic.delivery_report);
	assert_int_equal(m.bounce.kind, RD_BOUNCE_NONE);
	assert_true(is_among(m.bounce.recipients, m.bounce.n_recipients, "ann@example.com"));
	assert_true(is_among(m.report_ids, m.n_report_ids, OUR_ID));
	m = read_sample(*state, "not-spam");
	assert_true(m.automatic.abuse_report);
	assert_false(m.automatic.abuse_complains);
	{
		static const char failure[] = "Feedback-Type: auth-failure\nAuth-Failure: spf\n";
		struct rd_bounce bounce = { 0 };
		struct rd_err err = { 0 };
		bool complains = true;

		assert_int_equal(rd_abuse_read(failure, strlen(failure), "", *state, &bounce,
					 &complains, &err),
			RD_OK);
		assert_false(complains);
	}
}

static void a_receipt_is_known_by_its_part_alone(void **state)
{
	struct rd_message m = read_sample(*state, "read-receipt");

	assert_true(m.automatic.read_receipt);
	assert_false(m.automatic.delivery_report);
	assert_int_equal(m.bounce.kind, RD_BOUNCE_NONE);
}

/* --- whom nobody must silence --- */

static struct rd_message read_text(struct rd_arena *arena, const char *raw)
{
	struct rd_message m = { 0 };
	struct rd_err err = { 0 };

	assert_int_equal(rd_mime_parse(raw, strlen(raw), false, arena, &m, &err), RD_OK);
	return m;
}

static void a_resident_who_speaks_of_bounces_is_heard(void **state)
{
	static const char *const mails[] = {
		"Return-Path: <ann@example.com>\nFrom: ann@example.com\nSubject: Undeliverable: my "
		"complaint\n\nYour message to repairs@house.example couldn't be delivered, it "
		"says.\n550 5.1.1 user unknown\n",
		"From: ann@example.com\nSubject: fwd\n\nThis is the mail system at host x.\n",
		"Return-Path: <postmaster@example.com>\nFrom: postmaster@example.com\nSubject: "
		"Failure notice\n\nThis is the mail system at host x, and I live at 4 Elm Way.\n",
		"From: postmaster@example.com\nSubject: leak\n\nI run this server and my roof "
		"leaks.\n",
	};

	for (size_t i = 0; i < COUNT(mails); i++) {
		const struct rd_message m = read_text(*state, mails[i]);

		if (m.automatic.delivery_report || m.bounce.kind != RD_BOUNCE_NONE)
			fail_msg("mail %zu was taken for a report", i);
	}
}

/* --- codes and words --- */

static void codes_say_what_the_registry_says(void **state)
{
	static const struct {
		const char *code;
		enum rd_bounce_kind kind;
	} rows[] = {
		{ "5.1.1", RD_BOUNCE_HARD },
		{ "5.1.10", RD_BOUNCE_HARD },
		{ "4.1.1", RD_BOUNCE_SOFT },
		{ "5.1.8", RD_BOUNCE_BLOCKED },
		{ "5.2.1", RD_BOUNCE_HARD },
		{ "5.2.2", RD_BOUNCE_FULL },
		{ "4.2.2", RD_BOUNCE_FULL },
		{ "4.3.1", RD_BOUNCE_FULL },
		{ "5.3.4", RD_BOUNCE_BLOCKED },
		{ "5.4.4", RD_BOUNCE_HARD },
		{ "4.4.4", RD_BOUNCE_SOFT },
		{ "5.4.310", RD_BOUNCE_HARD },
		{ "4.4.7", RD_BOUNCE_SOFT },
		{ "5.6.1", RD_BOUNCE_BLOCKED },
		{ "5.7.26", RD_BOUNCE_BLOCKED },
		{ "5.7.17", RD_BOUNCE_HARD },
		{ "2.1.5", RD_BOUNCE_DELIVERED },
		{ "5.0.0", RD_BOUNCE_NONE },
		{ "5.7.1", RD_BOUNCE_NONE },
		{ "5.5.0", RD_BOUNCE_NONE },
		{ "5.1", RD_BOUNCE_NONE },
		{ "5.1.1.1", RD_BOUNCE_NONE },
		{ "5.1.9999", RD_BOUNCE_NONE },
		{ "five", RD_BOUNCE_NONE },
		{ "", RD_BOUNCE_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rd_bounce_of_code(rows[i].code) != rows[i].kind)
			fail_msg("%s is %s", rows[i].code, kinds[rd_bounce_of_code(rows[i].code)]);
}

static void a_code_is_found_among_versions_and_addresses(void **state)
{
	static const struct {
		const char *text, *code;
	} rows[] = {
		{ "550 5.1.1 no such user", "5.1.1" },
		{ "550-5.7.26 blocked", "5.7.26" },
		{ "over quota (#5.2.2)", "5.2.2" },
		{ "Exim 4.4.2 says 550 5.1.1 no", "5.1.1" },
		{ "Status code: 550 5.1.10", "5.1.10" },
		{ "host 5.1.1.4 refused", "" },
		{ "version 4.4.2-rc1", "" },
		{ "mta-4.4.2", "" },
		{ "x5.1.1", "" },
		{ "5.9.1", "" },
		{ "5.1.", "" },
		{ "5.1.1", "5.1.1" },
		{ "", "" },
	};
	char code[RD_BOUNCE_CODE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		(void)rd_bounce_find_code(rows[i].text, strlen(rows[i].text), code);
		if (strcmp(code, rows[i].code) != 0)
			fail_msg("`%s` gives `%s`", rows[i].text, code);
	}
	assert_int_equal(rd_bounce_find_reply("said: 552 no", 12), 5);
	assert_int_equal(rd_bounce_find_reply("after 451-later", 15), 4);
	assert_int_equal(rd_bounce_find_reply("in 250 flats or 5500 more, 999 x", 32), 0);
}

static struct rd_bounce read_status(struct rd_arena *arena, const char *fields)
{
	const struct rd_bounce_source source = { .status = fields, .status_len = strlen(fields) };
	struct rd_bounce bounce = { 0 };
	struct rd_err err = { 0 };

	assert_int_equal(rd_bounce_read(&source, arena, &bounce, &err), RD_OK);
	return bounce;
}

#define STATUS(action, code, said)                                                                 \
	"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; ann@example.com\nAction: " action       \
	"\nStatus: " code "\nDiagnostic-Code: smtp; " said "\n"

static void words_decide_where_a_code_says_nothing(void **state)
{
	static const struct {
		const char *why, *fields;
		enum rd_bounce_kind kind;
	} rows[] = {
		{ "a general code", STATUS("failed", "5.0.0", "550 5.1.1 gone"), RD_BOUNCE_HARD },
		{ "policy by words", STATUS("failed", "5.7.1", "554 listed by spamhaus"),
			RD_BOUNCE_BLOCKED },
		{ "no mailbox by words", STATUS("failed", "5.7.1", "550 no such user"),
			RD_BOUNCE_HARD },
		{ "full whatever the code", STATUS("failed", "5.1.1", "550 over quota"),
			RD_BOUNCE_FULL },
		{ "a failure with a 4 is given up", STATUS("failed", "4.4.7", "expired"),
			RD_BOUNCE_SOFT },
		{ "delayed whatever the code", STATUS("delayed", "5.1.1", "550 no such user"),
			RD_BOUNCE_DELAYED },
		{ "delivered", STATUS("delivered", "2.0.0", "250 ok"), RD_BOUNCE_DELIVERED },
		{ "expanded by a list", STATUS("expanded", "2.0.0", "250 ok"),
			RD_BOUNCE_DELIVERED },
		{ "no reason at all, 5", STATUS("failed", "5.0.0", ""), RD_BOUNCE_HARD },
		{ "no reason at all, 4", STATUS("failed", "4.0.0", ""), RD_BOUNCE_SOFT },
		{ "a success code on a failure", STATUS("failed", "2.0.0", "550 user unknown"),
			RD_BOUNCE_HARD },
		{ "an action with a comment", STATUS("failed (bounced)", "5.1.1", ""),
			RD_BOUNCE_HARD },
		{ "capitals", STATUS("FAILED", "5.1.1 (no user)", ""), RD_BOUNCE_HARD },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct rd_bounce b = read_status(*state, rows[i].fields);

		if (b.kind != rows[i].kind)
			fail_msg("%s: %s", rows[i].why, kinds[b.kind]);
		assert_int_equal(b.n_recipients, 1);
	}
}

/* Our letter behind the report speaks of policies and of what is full and blocked. */
static void the_copy_of_our_letter_says_nothing(void **state)
{
	static const char text[] = "Something went wrong.\n\n--- Below this line is a copy of the "
				   "message.\n\nThe quota, the spam, no such user 5.2.2 "
				   "eve@example.net";
	const struct rd_bounce_source source = { .text = text, .text_len = strlen(text) };
	struct rd_bounce bounce = { 0 };
	struct rd_err err = { 0 };

	assert_int_equal(rd_bounce_read(&source, *state, &bounce, &err), RD_OK);
	assert_int_equal(bounce.kind, RD_BOUNCE_SOFT);
	assert_string_equal(bounce.code, "");
	assert_int_equal(bounce.n_recipients, 0);
}

static void what_is_endless_has_an_end(void **state)
{
	const size_t len = 4u << 20;
	char *text = malloc(len);
	const struct rd_bounce_source source = {
		.status = text, .status_len = len, .text = text, .text_len = len, .failed = ""
	};
	struct rd_bounce bounce = { 0 };
	struct rd_err err = { 0 };

	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = "a@b.c\n A:\n\n"[i % 11];
	assert_int_equal(rd_bounce_read(&source, *state, &bounce, &err), RD_OK);
	assert_true(bounce.n_recipients <= RD_BOUNCE_RECIPIENTS_MAX);
	memset(text, ' ', len);
	memcpy(text, "Diagnostic-Code: x", 18);
	assert_int_equal(rd_bounce_read(&source, *state, &bounce, &err), RD_OK);
	assert_true(strlen(bounce.why) <= RD_BOUNCE_WHY_MAX);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, drop)
		T(every_server_is_understood),
		T(a_complaint_of_abuse_names_who_complains),
		T(a_receipt_is_known_by_its_part_alone),
		T(a_resident_who_speaks_of_bounces_is_heard),
		T(codes_say_what_the_registry_says),
		T(a_code_is_found_among_versions_and_addresses),
		T(words_decide_where_a_code_says_nothing),
		T(the_copy_of_our_letter_says_nothing),
		T(what_is_endless_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
