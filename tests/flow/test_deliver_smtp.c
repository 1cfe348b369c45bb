#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "redress/deliver/maildir.h"
#include "redress/deliver/smtp.h"
#include "support/child.h"

#define MAIL(id)                                                                                   \
	"Message-ID: <" id ">\r\nFrom: Homes <homes@example.org>\r\nTo: a@example.com\r\n"         \
	"Subject: Auto: Your complaint\r\n\r\nOur reference: RD100001-K7QF\r\n.a dotted line\r\n"

struct world {
	char dir[64];
	char ca[128];
	char other_ca[128];
	char secret[128];
	int n_wire;
	bool refuse_wire;
};

static int make_world(void **state)
{
	struct world *w = calloc(1, sizeof *w);
	struct child maker = { 0 };
	snprintf(w->dir, sizeof w->dir, "/tmp/redress-smtp-XXXXXX");
	if (!mkdtemp(w->dir))
		return -1;
	child_start(&maker, (const char *[]){ "certificates.py", w->dir, NULL });
	child_stop(&maker);
	snprintf(w->ca, sizeof w->ca, "%s/ca.pem", w->dir);
	snprintf(w->other_ca, sizeof w->other_ca, "%s/other-ca.pem", w->dir);
	snprintf(w->secret, sizeof w->secret, "%s/secret", w->dir);
	FILE *file = fopen(w->secret, "we");
	if (!file)
		return -1;
	fputs("correct horse\n", file);
	fclose(file);
	chmod(w->secret, 0600);
	*state = w;
	return 0;
}

static int free_world(void **state)
{
	static const char *const names[] = { "ca.pem", "ca.key", "ca.srl", "other-ca.pem",
		"other-ca.key", "good.pem", "good.key", "good.csr", "good.ext", "wrong.pem",
		"wrong.key", "wrong.csr", "wrong.ext", "secret" };
	struct world *w = *state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char path[128];
		snprintf(path, sizeof path, "%s/%s", w->dir, names[i]);
		unlink(path);
	}
	rmdir(w->dir);
	free(w);
	return 0;
}

static enum rd_rc on_wire(void *context, struct rd_err *err)
{
	struct world *w = context;
	w->n_wire++;
	if (w->refuse_wire)
		return rd_fail(err, RD_E_AGAIN, "the store is full");
	return RD_OK;
}

static struct rd_outgoing_config config_of(const struct child *server, enum rd_security security)
{
	return (struct rd_outgoing_config){
		.name = "post",
		.kind = RD_OUTGOING_SMTP,
		.path = "",
		.host = security == RD_SECURITY_PLAIN ? "127.0.0.1" : "localhost",
		.port = server->port,
		.security = security,
		.ca_file = "",
		.user = "",
		.from = "Homes <homes@gateway.example.org>",
		.envelope_sender = "",
	};
}

static struct rd_deliver_result send_to(
	struct world *w, struct rd_smtp *smtp, const char *recipient, const char *mail)
{
	struct rd_deliver_result result;
	const struct rd_deliver_calls calls = { .context = w, .on_wire = on_wire };
	w->n_wire = 0;
	rd_smtp_send(smtp, recipient, mail, strlen(mail), &calls, &result);
	return result;
}

static struct rd_deliver_result send_once(struct world *w, const struct rd_outgoing_config *config,
	const char *recipient, const char *mail)
{
	struct rd_smtp *smtp;
	struct rd_err err = { 0 };
	assert_int_equal(rd_smtp_new(config, &smtp, &err), RD_OK);
	rd_smtp_set_timeout(smtp, 1500);
	struct rd_deliver_result result = send_to(w, smtp, recipient, mail);
	rd_smtp_free(smtp);
	return result;
}

static void a_letter_arrives_whole_from_the_null_sender(void **state)
{
	struct child server = { 0 };
	child_start(&server, (const char *[]){ "smtp_server.py", NULL });
	struct rd_outgoing_config config = config_of(&server, RD_SECURITY_PLAIN);
	struct rd_deliver_result result =
		send_once(*state, &config, "a@example.com", MAIL("one@example.org"));
	assert_int_equal(result.outcome, RD_SEND_DONE);
	assert_string_equal(result.response, "250 2.0.0 kept as 1");
	assert_string_equal(child_ask(&server, "sender"), "<> a@example.com");
	assert_string_equal(child_ask(&server, "ehlo"), "gateway.example.org");
	assert_string_equal(child_ask(&server, "body"),
		"Message-ID: <one@example.org>|From: Homes <homes@example.org>|To: a@example.com|"
		"Subject: Auto: Your complaint||Our reference: RD100001-K7QF|.a dotted line|");
	config.envelope_sender = "bounces@example.org";
	result = send_once(*state, &config, "a@example.com", MAIL("two@example.org"));
	assert_int_equal(result.outcome, RD_SEND_DONE);
	assert_string_equal(child_ask(&server, "sender"), "<bounces@example.org> a@example.com");
	child_stop(&server);
}

static void the_connection_is_kept_and_replaced_when_it_has_died(void **state)
{
	struct child server = { 0 };
	struct rd_smtp *smtp;
	struct rd_err err = { 0 };
	child_start(&server, (const char *[]){ "smtp_server.py", NULL });
	struct rd_outgoing_config config = config_of(&server, RD_SECURITY_PLAIN);
	assert_int_equal(rd_smtp_new(&config, &smtp, &err), RD_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
			send_to(*state, smtp, "a@example.com", MAIL("k@example.org")).outcome,
			RD_SEND_DONE);
	assert_int_equal(child_number(&server, "sessions"), 1);
	child_ask(&server, "drop");
	assert_int_equal(send_to(*state, smtp, "a@example.com", MAIL("k@example.org")).outcome,
		RD_SEND_DONE);
	assert_int_equal(child_number(&server, "sessions"), 2);
	assert_int_equal(child_number(&server, "total"), 4);
	/* A recipient that is refused does not spoil the next letter. */
	child_ask(&server, "mode rcpt-5");
	assert_int_equal(send_to(*state, smtp, "b@example.com", MAIL("k@example.org")).outcome,
		RD_SEND_REFUSED);
	child_ask(&server, "mode ok");
	assert_int_equal(send_to(*state, smtp, "a@example.com", MAIL("k@example.org")).outcome,
		RD_SEND_DONE);
	rd_smtp_free(smtp);
	child_stop(&server);
}

static void every_end_has_its_outcome(void **state)
{
	static const struct {
		const char *mode;
		enum rd_send outcome;
		bool ours;
		int n_wire;
		long kept;
		const char *response;
	} rows[] = {
		{ "mode rcpt-4", RD_SEND_AGAIN, false, 0, 0, "450 4.2.1 mailbox busy" },
		{ "mode rcpt-5", RD_SEND_REFUSED, false, 0, 0, "550 5.1.1 no such mailbox" },
		{ "mode mail-5", RD_SEND_AGAIN, true, 0, 0, "550 5.7.60 sender not allowed" },
		{ "mode size-5", RD_SEND_REFUSED, false, 0, 0, "552 5.3.4 too large" },
		{ "mode data-4", RD_SEND_AGAIN, false, 1, 0, "451 4.3.0 try later" },
		{ "mode data-5", RD_SEND_REFUSED, false, 1, 0, "554 5.6.0 refused content" },
		{ "mode drop-data", RD_SEND_UNCERTAIN, false, 1, 1, "" },
		{ "mode hang", RD_SEND_UNCERTAIN, false, 1, 1, "" },
	};
	struct world *w = *state;
	struct child server = { 0 };
	child_start(&server, (const char *[]){ "smtp_server.py", NULL });
	struct rd_outgoing_config config = config_of(&server, RD_SECURITY_PLAIN);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		long before = child_number(&server, "total");
		child_ask(&server, rows[i].mode);
		struct rd_deliver_result result =
			send_once(w, &config, "a@example.com", MAIL("m@example.org"));
		if (result.outcome != rows[i].outcome)
			print_error("%s: %s\n", rows[i].mode, result.response);
		assert_int_equal(result.outcome, rows[i].outcome);
		assert_int_equal(result.ours, rows[i].ours);
		assert_int_equal(w->n_wire, rows[i].n_wire);
		assert_int_equal(child_number(&server, "total"), before + rows[i].kept);
		/* What is known of it may stand behind the server's own words. */
		if (rows[i].response[0])
			assert_memory_equal(
				result.response, rows[i].response, strlen(rows[i].response));
	}
	child_stop(&server);
}

/* More than curl's buffer and the socket's together: the end cannot have left. */
static void a_mail_cut_off_in_the_middle_was_not_sent(void **state)
{
	struct child server = { 0 };
	size_t len = 32u << 20;
	char *mail = malloc(len + 1);
	assert_non_null(mail);
	memset(mail, 'x', len);
	for (size_t i = 100; i + 1 < len; i += 100)
		memcpy(mail + i, "\r\n", 2);
	mail[len] = '\0';
	child_start(&server, (const char *[]){ "smtp_server.py", NULL });
	struct rd_outgoing_config config = config_of(&server, RD_SECURITY_PLAIN);
	child_ask(&server, "mode drop-early");
	struct rd_deliver_result result = send_once(*state, &config, "a@example.com", mail);
	free(mail);
	assert_int_equal(result.outcome, RD_SEND_AGAIN);
	assert_int_equal(child_number(&server, "total"), 0);
	child_stop(&server);
}

static void nothing_leaves_when_the_store_cannot_say_so_first(void **state)
{
	struct world *w = *state;
	struct child server = { 0 };
	child_start(&server, (const char *[]){ "smtp_server.py", NULL });
	struct rd_outgoing_config config = config_of(&server, RD_SECURITY_PLAIN);
	w->refuse_wire = true;
	struct rd_deliver_result result =
		send_once(w, &config, "a@example.com", MAIL("m@example.org"));
	w->refuse_wire = false;
	assert_int_equal(result.outcome, RD_SEND_AGAIN);
	assert_string_equal(result.response, "the store is full");
	assert_int_equal(child_number(&server, "total"), 0);
	child_stop(&server);
}

static void no_server_is_tried_again(void **state)
{
	struct child server = { 0 };
	child_start(&server, (const char *[]){ "smtp_server.py", NULL });
	struct rd_outgoing_config config = config_of(&server, RD_SECURITY_PLAIN);
	child_stop(&server);
	struct rd_deliver_result result =
		send_once(*state, &config, "a@example.com", MAIL("m@example.org"));
	assert_int_equal(result.outcome, RD_SEND_AGAIN);
	assert_true(result.ours);
}

static void an_address_that_is_a_command_is_refused(void **state)
{
	static const char *const rows[] = { "a@example.com>\r\nRCPT TO:<b@example.com", "",
		"nobody", "a b@example.com", "<a@example.com>", "a@example.com\n" };
	struct child server = { 0 };
	child_start(&server, (const char *[]){ "smtp_server.py", NULL });
	struct rd_outgoing_config config = config_of(&server, RD_SECURITY_PLAIN);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(send_once(*state, &config, rows[i], MAIL("m@example.org")).outcome,
			RD_SEND_REFUSED);
	config.envelope_sender = "a@example.org>\r\nRCPT TO:<b@example.com";
	assert_int_equal(send_once(*state, &config, "a@example.com", MAIL("m@example.org")).outcome,
		RD_SEND_AGAIN);
	assert_int_equal(child_number(&server, "sessions"), 0);
	child_stop(&server);
}

static void tls_is_verified_before_anything_is_said(void **state)
{
	static const struct {
		const char *why;
		const char *way; /* of the server */
		const char *certificate;
		enum rd_security security;
		bool other_ca;
		enum rd_send outcome;
	} rows[] = {
		{ "right", "--tls", "good", RD_SECURITY_TLS, false, RD_SEND_DONE },
		{ "another authority", "--tls", "good", RD_SECURITY_TLS, true, RD_SEND_AGAIN },
		{ "another name", "--tls", "wrong", RD_SECURITY_TLS, false, RD_SEND_AGAIN },
		{ "right", "--starttls", "good", RD_SECURITY_STARTTLS, false, RD_SEND_DONE },
		{ "another name", "--starttls", "wrong", RD_SECURITY_STARTTLS, false,
			RD_SEND_AGAIN },
		{ "STARTTLS not offered", NULL, "good", RD_SECURITY_STARTTLS, false,
			RD_SEND_AGAIN },
		{ "no TLS at all", NULL, "good", RD_SECURITY_TLS, false, RD_SEND_AGAIN },
	};
	struct world *w = *state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct child server = { 0 };
		char pem[128];
		char key[128];
		snprintf(pem, sizeof pem, "%s/%s.pem", w->dir, rows[i].certificate);
		snprintf(key, sizeof key, "%s/%s.key", w->dir, rows[i].certificate);
		child_start(
			&server, (const char *[]){ "smtp_server.py", rows[i].way, pem, key, NULL });
		struct rd_outgoing_config config = config_of(&server, rows[i].security);
		config.ca_file = rows[i].other_ca ? w->other_ca : w->ca;
		struct rd_deliver_result result =
			send_once(w, &config, "a@example.com", MAIL("m@example.org"));
		if (result.outcome != rows[i].outcome)
			print_error("%s: %s\n", rows[i].why, result.response);
		assert_int_equal(result.outcome, rows[i].outcome);
		assert_int_equal(
			child_number(&server, "total"), rows[i].outcome == RD_SEND_DONE ? 1 : 0);
		child_stop(&server);
	}
}

static void plaintext_leaves_for_loopback_alone(void **state)
{
	(void)state;
	struct child nobody = { .port = 25 };
	struct rd_outgoing_config config = config_of(&nobody, RD_SECURITY_PLAIN);
	struct rd_smtp *smtp;
	struct rd_err err = { 0 };
	config.host = "mx.example.org";
	assert_int_equal(rd_smtp_new(&config, &smtp, &err), RD_E_REFUSED);
}

static void a_password_is_used_where_a_user_is_configured(void **state)
{
	struct world *w = *state;
	struct child server = { 0 };
	struct rd_smtp *smtp;
	struct rd_err err = { 0 };
	child_start(&server,
		(const char *[]){ "smtp_server.py", "--auth", "homes", "correct horse", NULL });
	struct rd_outgoing_config config = config_of(&server, RD_SECURITY_PLAIN);
	config.user = "homes";
	config.password = (struct rd_secret_place){ RD_SECRET_FILE, w->secret };
	assert_int_equal(send_once(w, &config, "a@example.com", MAIL("m@example.org")).outcome,
		RD_SEND_DONE);
	assert_int_equal(rd_smtp_new(&config, &smtp, &err), RD_OK);
	assert_int_equal(rd_smtp_try(smtp, &err), RD_OK);
	rd_smtp_free(smtp);
	config.user = "another";
	struct rd_deliver_result result =
		send_once(w, &config, "a@example.com", MAIL("m@example.org"));
	assert_int_equal(result.outcome, RD_SEND_AGAIN); /* the letter is not to blame */
	assert_true(result.ours);
	assert_int_equal(rd_smtp_new(&config, &smtp, &err), RD_OK);
	enum rd_rc tried = rd_smtp_try(smtp, &err);
	if (tried != RD_E_REFUSED)
		print_error("%s\n", err.msg);
	assert_int_equal(tried, RD_E_REFUSED);
	rd_smtp_free(smtp);
	assert_int_equal(child_number(&server, "total"), 1);
	child_stop(&server);
}

static int remove_below(const char *path)
{
	char command[256];
	static const char *const folders[] = { "new", "cur", "tmp" };
	int left = 0;
	for (size_t i = 0; i < 3; i++) {
		snprintf(command, sizeof command, "%s/%s/rd.7_example.org", path, folders[i]);
		unlink(command);
		snprintf(command, sizeof command, "%s/%s/rd.7_example.org:2,S", path, folders[i]);
		unlink(command);
		snprintf(command, sizeof command, "%s/%s", path, folders[i]);
		left += rmdir(command) != 0;
	}
	return left + (rmdir(path) != 0);
}

static void a_letter_is_put_into_a_maildir_once(void **state)
{
	struct world *w = *state;
	char dir[64] = "/tmp/redress-maildir-XXXXXX";
	char from[128];
	char to[128];
	const struct rd_deliver_calls calls = { .context = w, .on_wire = on_wire };
	struct rd_deliver_result result;
	struct rd_err err = { 0 };
	bool has = true;
	struct stat st;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(rd_maildir_has(dir, "rd.7@example.org", &has, &err), RD_OK);
	assert_false(has);
	rd_maildir_put(dir, "rd.7@example.org", "words", 5, &calls, &result);
	assert_int_equal(result.outcome, RD_SEND_DONE);
	/* A reader has moved it on and flagged it: still not put again. */
	snprintf(from, sizeof from, "%s/new/rd.7_example.org", dir);
	snprintf(to, sizeof to, "%s/cur/rd.7_example.org:2,S", dir);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(rd_maildir_has(dir, "rd.7@example.org", &has, &err), RD_OK);
	assert_true(has);
	rd_maildir_put(dir, "rd.7@example.org", "words", 5, &calls, &result);
	assert_int_equal(result.outcome, RD_SEND_DONE);
	assert_int_not_equal(stat(from, &st), 0);
	assert_int_equal(stat(to, &st), 0);
	assert_int_equal(st.st_size, 5);
	assert_int_equal(remove_below(dir), 0); /* and tmp is empty */
	rd_maildir_put("/proc/nowhere", "rd.7@example.org", "words", 5, &calls, &result);
	assert_int_equal(result.outcome, RD_SEND_AGAIN);
	assert_true(result.ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_arrives_whole_from_the_null_sender),
		cmocka_unit_test(the_connection_is_kept_and_replaced_when_it_has_died),
		cmocka_unit_test(every_end_has_its_outcome),
		cmocka_unit_test(a_mail_cut_off_in_the_middle_was_not_sent),
		cmocka_unit_test(nothing_leaves_when_the_store_cannot_say_so_first),
		cmocka_unit_test(no_server_is_tried_again),
		cmocka_unit_test(an_address_that_is_a_command_is_refused),
		cmocka_unit_test(tls_is_verified_before_anything_is_said),
		cmocka_unit_test(plaintext_leaves_for_loopback_alone),
		cmocka_unit_test(a_password_is_used_where_a_user_is_configured),
		cmocka_unit_test(a_letter_is_put_into_a_maildir_once),
	};
	return cmocka_run_group_tests(tests, make_world, free_world);
}
