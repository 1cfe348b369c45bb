/* redress.conf: what is read, and what is refused with file:line:column and what to do. */
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

#include "redress/wire/config.h"
#include "redress/wire/credential.h"

#define HEAD "Gateway: north\nState: /tmp/x.db\nLandlord: code-2024\nListen: 127.0.0.1:8425\n"
#define MAILBOX                                                                                    \
	"\nMailbox: complaints\nHost: imap.example.org\nUser: u@example.org\nPassword: "           \
	"credential "                                                                              \
	"m\n"
#define OUT	     "\nOutgoing: smtp\nHost: smtp.example.org\nFrom: Team <c@example.org>\n"
#define NUMBER(kind) "\nTexts: t\nKind: " kind "\nNumber: +447700900000\nToken: credential t\n"
#define TEXTS                                                                                      \
	"\nTexts: texts\nKind: tray\nNumber: +447700900000\nPath: /tmp/tray\nToken: file "         \
	"/tmp/token\n"

static enum rd_rc parse(const char *text, struct rd_config **config, struct rd_err *err)
{
	return rd_config_parse("redress.conf", text, strlen(text), config, err);
}

static void what_is_left_out_has_its_default(void **state)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	struct rd_err err = { 0 };

	(void)state;
	if (parse(HEAD MAILBOX OUT, &config, &err) != RD_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(config->text_pause_s, 90);
	assert_int_equal(config->text_hours_from_min, 480);
	assert_int_equal(config->text_hours_to_min, 1200);
	assert_int_equal(config->mailboxes[0].port, 993);
	assert_int_equal(config->mailboxes[0].security, RD_SECURITY_TLS);
	assert_int_equal(config->mailboxes[0].start_from, RD_START_NOW);
	assert_int_equal(config->mailboxes[0].afterwards, RD_AFTER_NOTHING);
	assert_int_equal(config->mailboxes[0].size_limit_bytes, 64u << 20);
	assert_string_equal(config->mailboxes[0].folder, "INBOX");
	assert_string_equal(config->mailboxes[0].landlord, "code-2024");
	assert_string_equal(config->outgoing->envelope_sender, "");
	assert_int_equal(config->outgoing->port, 465);
	assert_true(rd_config_is_real(config));
}

static void the_embedded_default_is_not_real(void **state)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	struct rd_err err = { 0 };

	(void)state;
	if (parse(HEAD "\nMailbox: m\nKind: maildir\nPath: /tmp/m\n" TEXTS
		       "\nOutgoing: o\nKind: maildir\nPath: /tmp/o\nFrom: c@example.org\n",
		    &config, &err) != RD_OK)
		fail_msg("%s", err.msg);
	assert_false(rd_config_is_real(config));
}

static void staff_are_known_by_domain_or_address(void **state)
{
	static const struct {
		const char *address;
		bool staff;
	} rows[] = { { "pat@landlord.example", true }, { "Pat@LANDLORD.example", true },
		{ "sam@housing.example", true }, { "temp@agency.example", true },
		{ "other@agency.example", false }, { "pat@evil-landlord.example", false },
		{ "pat@landlord.example.net", false }, { "pat@sub.landlord.example", false },
		{ "@landlord.example", false }, { "landlord.example", false }, { "", false } };
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	struct rd_err err = { 0 };

	(void)state;
	if (parse(HEAD "Staff: @landlord.example , @housing.example\nStaff: "
		       "temp@agency.example\n" MAILBOX OUT,
		    &config, &err) != RD_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(config->n_staff, 3);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rd_config_is_staff(config, rows[i].address) != rows[i].staff)
			fail_msg("%s", rows[i].address);
}

static void homes_are_the_gateways_landlords_or_anothers(void **state)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	struct rd_err err = { 0 };

	(void)state;
	if (parse(HEAD "Homes: 12400\nHomes: one-housing  900\n" MAILBOX OUT, &config, &err) !=
		RD_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(rd_config_homes(config, "code-2024"), 12400);
	assert_int_equal(rd_config_homes(config, "one-housing"), 900);
	assert_int_equal(rd_config_homes(config, "later-living"), 0);
}

static void words_are_kept_six_years_or_as_is_said(void **state)
{
	RD_CLEANUP(rd_config_cleanup) struct rd_config *config = NULL;
	RD_CLEANUP(rd_config_cleanup) struct rd_config *said = NULL;
	struct rd_err err = { 0 };

	(void)state;
	if (parse(HEAD MAILBOX OUT, &config, &err) != RD_OK ||
		parse(HEAD "Keep: complaint for ever\nKeep: 2 years\nKeep: compliment 1 month\n"
			   "Keep: no_case 18 months\n" MAILBOX OUT,
			&said, &err) != RD_OK)
		fail_msg("%s", err.msg);
	for (int kind = 0; kind < RD_N_KINDS; kind++)
		assert_int_equal(config->keep.months[kind], 72);
	assert_int_equal(config->keep.no_case_months, 72);
	assert_int_equal(said->keep.months[RD_COMPLAINT], 0);
	assert_int_equal(said->keep.months[RD_COMPLIMENT], 1);
	assert_int_equal(said->keep.months[RD_ENQUIRY], 24);
	assert_int_equal(said->keep.no_case_months, 18);
}

static const struct {
	const char *why;
	const char *text;
	const char *says; /* stands in the message */
} wrong[] = {
	{ "nothing in it", "", "no `Gateway:` stanza" },
	{ "a misspelt field", HEAD "Landlrod: x\n" MAILBOX OUT, "5:1: " },
	{ "did you mean", HEAD MAILBOX "Hots: x\n" OUT, "Host" },
	{ "an unknown stanza", HEAD "\nMailbx: m\n", "Mailbox" },
	{ "no empty line before a stanza", HEAD "Mailbox: m\nKind: maildir\nPath: /tmp/m\n" OUT,
		"5:1: a new `Mailbox:` stanza needs an empty line before it" },
	{ "none between two of a kind", HEAD MAILBOX "Mailbox: m2\nHost: h\n" OUT,
		"a new `Mailbox:` stanza needs an empty line before it" },
	{ "a field in the wrong stanza", HEAD MAILBOX "Listen: 127.0.0.1:8425\n" OUT,
		"`Listen:` belongs in the `Gateway:` stanza" },
	{ "one that two others have", HEAD "Host: h\n" MAILBOX OUT,
		"`Host:` belongs in the `Mailbox:` or the `Outgoing:` stanza" },
	{ "an empty line too many", HEAD "\nListen: 127.0.0.1:8425\n" MAILBOX OUT,
		"empty line too many" },
	{ "a relative state", "Gateway: n\nState: x.db\nLandlord: l\n" MAILBOX OUT, "2:8: " },
	{ "no landlord", "Gateway: n\nState: /x\n" MAILBOX OUT, "`Landlord:`" },
	{ "nothing to listen to", HEAD OUT, "nothing to listen to" },
	{ "no way to answer", HEAD MAILBOX, "`Outgoing:`" },
	{ "a secret in the file", HEAD "\nMailbox: m\nHost: h\nUser: u\nPassword: hunter2\n" OUT,
		"never written here" },
	{ "plain text over the network", HEAD MAILBOX "Security: plain\n" OUT, "unprotected" },
	{ "an unknown security", HEAD MAILBOX "Security: ssl\n" OUT, "ssl" },
	{ "a port that is none", HEAD MAILBOX "Port: 70000\n" OUT, "Port" },
	{ "a start that is none", HEAD MAILBOX "Start from: yesterday\n" OUT, "yesterday" },
	{ "a day that is none", HEAD MAILBOX "Start from: 2026-02-30\n" OUT, "2026-02-30" },
	{ "a mark that is none", HEAD MAILBOX "Afterwards: delete\n" OUT, "delete" },
	{ "a keyword that injects", HEAD MAILBOX "Afterwards: keyword a) b\n" OUT, "plain word" },
	{ "a size above the most", HEAD MAILBOX "Size limit: 65 MB\n" OUT, "64 MB" },
	{ "a size of nothing", HEAD MAILBOX "Size limit: 0\n" OUT, "64 MB" },
	{ "hours that end before they begin", HEAD "Text hours: 20:00-08:00\n" MAILBOX OUT,
		"stretch of the day" },
	{ "a pause too long", HEAD "Text pause: 2 h\n" MAILBOX OUT, "pause" },
	{ "two of one name", HEAD MAILBOX MAILBOX OUT, "a name of its own" },
	{ "two ways out", HEAD MAILBOX OUT OUT, "a second `Outgoing:`" },
	{ "texts without a listener", "Gateway: n\nState: /x\nLandlord: l\n" TEXTS,
		"`Listen: 127.0.0.1:8425`" },
	{ "Twilio without its public address",
		HEAD
		"\nTexts: t\nKind: twilio\nNumber: +447700900000\nAccount: AC1\nToken: credential "
		"t\n",
		"Public URL" },
	{ "Notify without a template",
		HEAD "\nTexts: t\nKind: notify\nNumber: +447700900000\nToken: credential t\n",
		"Template" },
	{ "Vonage without its account", HEAD NUMBER("vonage") "API key: credential k\n",
		"`Account: abcd1234`" },
	{ "Vonage without its secret", HEAD NUMBER("vonage") "Account: abcd1234\n",
		"`API key: credential vonage-secret`" },
	{ "a signature that is none",
		HEAD NUMBER("vonage") "Account: a\nAPI key: credential k\nSignature: rot13\n",
		"rot13" },
	{ "Esendex without its user",
		HEAD NUMBER("esendex") "Account: EX1\nAPI key: credential k\n", "`User:" },
	{ "FireText without its user", HEAD NUMBER("firetext") "API key: credential k\n",
		"`User:" },
	{ "a pause between looks that is none",
		HEAD NUMBER("firetext") "User: u\nAPI key: credential k\nPoll every: day\n",
		"`5 min`" },
	{ "looks without an end",
		HEAD NUMBER("firetext") "User: u\nAPI key: credential k\nPoll every: 1 s\n",
		"from 10 s to 60 min" },
	{ "a list that is none", HEAD NUMBER("tray") "Path: /tmp/t\nPoll every: 5 min\n",
		"no list of received texts" },
	{ "a listener without a port", "Gateway: n\nState: /x\nLandlord: l\nListen: 127.0.0.1\n",
		"an address and a port" },
	{ "kept for no time", HEAD "Keep: a while\n" MAILBOX OUT, "5:7: `a while` says no time" },
	{ "kept for no unit", HEAD "Keep: complaint 6\n" MAILBOX OUT, "says no time" },
	{ "kept of no kind", HEAD "Keep: complaints 6 years\n" MAILBOX OUT, "says no time" },
	{ "kept too long", HEAD "Keep: 101 years\n" MAILBOX OUT, "says no time" },
	{ "no number of homes", HEAD "Homes: many\n" MAILBOX OUT,
		"5:8: `many` is not a number of homes" },
	{ "no homes", HEAD "Homes: 0\n" MAILBOX OUT, "5:8: `0` is not a number of homes" },
	{ "homes twice", HEAD "Homes: 900\nHomes: code-2024 901\n" MAILBOX OUT,
		"6:8: a second number of homes for code-2024" },
	{ "staff without an at", HEAD "Staff: landlord.example\n" MAILBOX OUT,
		"`@landlord.example` for everybody there" },
	{ "staff at nothing", HEAD "Staff: @\n" MAILBOX OUT, "5:8: `@` is neither a domain" },
	{ "a name among staff", HEAD "Staff: Pat <pat@landlord.example>\n" MAILBOX OUT,
		"neither a domain nor an address" },
	{ "nothing behind a comma", HEAD "Staff: @landlord.example,\n" MAILBOX OUT,
		"neither a domain nor an address" },
	{ "a proxy by name", HEAD "Trusted proxy: proxy.example.org\n" MAILBOX OUT, "IP address" },
	{ "a name with a slash", HEAD "\nMailbox: a/b\nKind: maildir\nPath: /x\n" OUT,
		"not a name" },
	{ "From is no address", HEAD MAILBOX "\nOutgoing: o\nHost: h\nFrom: nobody\n", "e-mail" },
};

/* Each provider with what it must have and nothing else. */
static void every_provider_has_its_usual_settings(void **state)
{
	static const struct {
		const char *text, *api_url, *signature;
		int64_t poll_ms;
	} rows[] = {
		{ NUMBER("vonage") "Account: a\nAPI key: credential k\n", "https://rest.nexmo.com",
			"sha256", 300000 },
		{ NUMBER("vonage") "Account: a\nAPI key: credential k\nSignature: md5hash\n"
				   "Poll every: 30 min\n",
			"https://rest.nexmo.com", "md5hash", 1800000 },
		{ NUMBER("esendex") "Account: EX1\nUser: u\nAPI key: credential k\n"
				    "Poll every: never\n",
			"https://api.esendex.com", "", 0 },
		{ NUMBER("firetext") "User: u\nAPI key: credential k\nPoll every: 30 s\n",
			"https://www.firetext.co.uk", "", 30000 },
		{ NUMBER("notify") "API key: credential k\nTemplate: x\n",
			"https://api.notifications.service.gov.uk", "", 300000 },
		{ NUMBER("tray") "Path: /tmp/t\n", "", "", 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rd_config *config = NULL;
		struct rd_err err = { 0 };
		char text[600];

		snprintf(text, sizeof text,
			"Gateway: n\nState: /x\nLandlord: l\nListen: 127.0.0.1:0\n%s",
			rows[i].text);
		if (parse(text, &config, &err) != RD_OK)
			fail_msg("%s: %s", rows[i].text, err.msg);
		assert_string_equal(config->texts[0].api_url, rows[i].api_url);
		assert_string_equal(config->texts[0].signature, rows[i].signature);
		assert_int_equal(config->texts[0].poll_ms, rows[i].poll_ms);
		rd_config_free(config);
	}
}

static void what_is_wrong_is_refused_and_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct rd_config *config = NULL;
		struct rd_err err = { 0 };

		if (parse(wrong[i].text, &config, &err) == RD_OK) {
			rd_config_free(config);
			fail_msg("%s: was taken", wrong[i].why);
		}
		if (strstr(err.msg, wrong[i].says) == NULL ||
			strstr(err.msg, "redress.conf") == NULL)
			fail_msg("%s: says \"%s\", not \"%s\"", wrong[i].why, err.msg,
				wrong[i].says);
		assert_null(config);
	}
}

static const struct {
	const char *host;
	bool loopback;
} hosts[] = { { "127.0.0.1", true }, { "127.8.9.1", true }, { "::1", true }, { "localhost", true },
	{ "128.0.0.1", false }, { "localhost.example.org", false }, { "0.0.0.0", false },
	{ "127.0.0.1.example.org", false }, { "", false } };

static void only_loopback_is_loopback(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
		if (rd_host_is_loopback(hosts[i].host) != hosts[i].loopback)
			fail_msg("%s", hosts[i].host);
}

/* --- secrets --- */

static int make_folder(void **state)
{
	char *folder = strdup("/tmp/redress-secret-XXXXXX");

	*state = mkdtemp(folder);
	return *state == NULL ? -1 : 0;
}

static int drop_folder(void **state)
{
	char path[200];

	snprintf(path, sizeof path, "%s/secret", (char *)*state);
	unlink(path);
	snprintf(path, sizeof path, "%s/redress_secret", (char *)*state);
	unlink(path);
	rmdir(*state);
	free(*state);
	unsetenv("CREDENTIALS_DIRECTORY");
	return 0;
}

static void write_secret(
	const char *folder, const char *name, const char *text, size_t len, mode_t mode)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
}

static void a_secret_is_one_private_line(void **state)
{
	static const struct {
		const char *why, *text;
		size_t len;
		mode_t mode;
		bool fine;
	} rows[] = {
		{ "a line", "s3cret\n", 7, 0600, true },
		{ "without its end", "s3cret", 6, 0400, true },
		{ "others can read it", "s3cret\n", 7, 0644, false },
		{ "the group can read it", "s3cret\n", 7, 0640, false },
		{ "two lines: a command injection", "a\nLOGOUT\n", 9, 0600, false },
		{ "a NUL inside", "a\0b\n", 4, 0600, false },
		{ "empty", "\n", 1, 0600, false },
	};
	char path[200];

	snprintf(path, sizeof path, "%s/secret", (char *)*state);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct rd_secret_place place = { RD_SECRET_FILE, path };
		struct rd_secret secret;
		struct rd_err err = { 0 };
		enum rd_rc rc;

		write_secret(*state, "secret", rows[i].text, rows[i].len, rows[i].mode);
		rc = rd_credential_read(&place, &secret, &err);
		if ((rc == RD_OK) != rows[i].fine)
			fail_msg("%s: %s", rows[i].why, err.msg);
		if (rc == RD_OK)
			assert_string_equal(secret.text, "s3cret");
		else if (strstr(err.msg, "s3cret") != NULL)
			fail_msg("%s: the error tells the secret", rows[i].why);
	}
}

static void a_credential_is_found_under_both_names(void **state)
{
	static const char *const names[] = { "redress_secret", "secret" };
	const struct rd_secret_place place = { RD_SECRET_CREDENTIAL, "secret" };
	struct rd_secret secret;
	struct rd_err err = { 0 };

	setenv("CREDENTIALS_DIRECTORY", *state, 1);
	for (size_t i = 0; i < 2; i++) {
		write_secret(*state, names[i], names[i], strlen(names[i]), 0400);
		if (rd_credential_read(&place, &secret, &err) != RD_OK)
			fail_msg("%s", err.msg);
		assert_string_equal(secret.text, names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(the_embedded_default_is_not_real),
		cmocka_unit_test(staff_are_known_by_domain_or_address),
		cmocka_unit_test(homes_are_the_gateways_landlords_or_anothers),
		cmocka_unit_test(words_are_kept_six_years_or_as_is_said),
		cmocka_unit_test(every_provider_has_its_usual_settings),
		cmocka_unit_test(what_is_wrong_is_refused_and_named),
		cmocka_unit_test(only_loopback_is_loopback),
		cmocka_unit_test_setup_teardown(
			a_secret_is_one_private_line, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(
			a_credential_is_found_under_both_names, make_folder, drop_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
