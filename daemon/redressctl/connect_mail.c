/* connect: a mailbox, and the way out for mail. */
#include "connect.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "redress/base/clock.h"
#include "redress/base/limits.h"
#include "redress/deliver/smtp.h"
#include "redress/deliver/smtp_words.h"
#include "redress/gateway/sign_ins.h"
#include "redress/intake/imap_try.h"
#include "redress/wire/oauth.h"

static enum rd_rc try_folder(const char *path, struct rd_err *err)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return RD_OK;
	return rd_fail(err, RD_E_REFUSED, "there is no folder %.300s; check `Path:`", path);
}

/* What lies in our own files, before anybody is asked: the cheapest thing to be wrong. */
static enum rd_rc try_sign_in(struct rd_trying *t, const struct rd_oauth_config *oauth,
	struct rd_provider_findings *notes, struct rd_err *err)
{
	const char *field = "OAuth";
	char words[RD_SIGN_IN_WORDS];
	struct rd_sign_in sign_in;

	if (oauth == NULL)
		return RD_OK;
	if (rd_oauth_check(oauth, &field, err) != RD_OK)
		return rd_fail_within(err, "OAuth %s, `%s:`", oauth->name, field);
	RD_TRY(rd_sign_in_look(oauth, rd_now_ms(&rd_system_clock), &sign_in, err));
	if (rd_sign_in_warns(&sign_in, words))
		rd_provider_find(notes, rd_arena_strdup(t->arena, words));
	return RD_OK;
}

void rd_connect_mailbox(struct rd_trying *t, const struct rd_mailbox_config *mailbox)
{
	struct rd_provider_findings faults = { .n = 0 }, notes = { .n = 0 };
	struct rd_err err = { 0 };
	enum rd_rc rc = try_sign_in(t, mailbox->oauth, &notes, &err);

	if (rc == RD_OK && mailbox->kind == RD_MAILBOX_IMAP)
		rc = rd_imap_try(mailbox, t->arena, &faults, &notes, &err);
	else if (rc == RD_OK)
		rc = try_folder(mailbox->path, &err);
	rd_connect_tell(t, "Mailbox", mailbox->name, rc, &err, &faults, &notes);
}

/* --- the way out --- */

static enum rd_rc no_wire(void *context, struct rd_err *err)
{
	(void)context;
	(void)err;
	return RD_OK;
}

/* What a person who gets it should know. Nothing answers it. */
static const char *test_mail(struct rd_trying *t, const struct rd_outgoing_config *outgoing)
{
	const int64_t now_ms = rd_now_ms(&rd_system_clock);
	const time_t seconds = (time_t)(now_ms / 1000);
	char date[64], domain[256];
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	rd_smtp_own_domain(outgoing->from, domain);
	return rd_arena_printf(t->arena,
		"From: %s\r\nTo: %s\r\nSubject: Redress %s: a test mail\r\nDate: %s\r\n"
		"Message-ID: <connect.%lld@%s>\r\nAuto-Submitted: auto-generated\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
		"This is a test mail of the gateway %s, sent by `redressctl connect %s`.\r\n"
		"That it is here means that letters to residents can leave by this server.\r\n",
		outgoing->from, t->send_to, t->config->gateway, date, (long long)now_ms, domain,
		t->config->gateway, outgoing->name);
}

static enum rd_rc send_test(struct rd_trying *t, const struct rd_outgoing_config *outgoing,
	struct rd_smtp *smtp, struct rd_provider_findings *notes, struct rd_err *err)
{
	const struct rd_deliver_calls calls = { .on_wire = no_wire };
	const char *mail = test_mail(t, outgoing);
	struct rd_deliver_result result;
	char says[RD_DELIVER_RESPONSE_BYTES];

	if (mail == NULL)
		return rd_fail(err, RD_E_RANGE, "no room for a test mail");
	rd_smtp_send(smtp, t->send_to, mail, strlen(mail), &calls, &result);
	if (result.outcome == RD_SEND_DONE) {
		rd_provider_find(notes,
			rd_arena_printf(t->arena,
				"A test mail was taken for %s (%s); look whether it has arrived.",
				t->send_to, result.response));
		return RD_OK;
	}
	if (result.outcome == RD_SEND_UNCERTAIN)
		return rd_fail(err, RD_E_AGAIN,
			"the login works, but no answer came to the test mail; it may have gone "
			"all the same: %.300s",
			result.response);
	if (result.ours)
		snprintf(says, sizeof says, "%s", result.response);
	else
		rd_smtp_say(outgoing, false, result.response, says, sizeof says);
	return rd_fail(err,
		result.outcome == RD_SEND_AGAIN && !result.ours ? RD_E_AGAIN : RD_E_REFUSED,
		"the login works, but the test mail to %.80s was not taken: %s", t->send_to, says);
}

static enum rd_rc try_smtp(struct rd_trying *t, const struct rd_outgoing_config *outgoing,
	struct rd_provider_findings *notes, struct rd_err *err)
{
	struct rd_smtp *smtp;
	enum rd_rc rc;

	RD_TRY(rd_smtp_new(outgoing, &smtp, err));
	rd_smtp_set_timeout(smtp, RD_CONNECT_TIMEOUT_MS);
	rc = rd_smtp_try(smtp, err);
	if (rc == RD_OK && t->send_to != NULL)
		rc = send_test(t, outgoing, smtp, notes, err);
	rd_smtp_free(smtp);
	return rc;
}

/* The sender is denied only when a mail is handed over; that can be seen coming. */
static void compare_sender(struct rd_trying *t, const struct rd_outgoing_config *outgoing,
	struct rd_provider_findings *notes)
{
	char from[RD_ADDRESS_BYTES_MAX + 1];

	rd_smtp_own_address(outgoing->from, from, sizeof from);
	if (t->send_to == NULL && outgoing->oauth != NULL &&
		outgoing->oauth->kind == RD_OAUTH_MICROSOFT &&
		strcasecmp(from, outgoing->user) != 0)
		rd_provider_find(notes,
			rd_arena_printf(t->arena,
				"`From:` is %s and `User:` is %s. Exchange refuses that "
				"(SendAsDenied) unless %s has the right to send as the other; try "
				"it with --send-to and your own address.",
				from, outgoing->user, outgoing->user));
}

void rd_connect_outgoing(struct rd_trying *t, const struct rd_outgoing_config *outgoing)
{
	struct rd_provider_findings faults = { .n = 0 }, notes = { .n = 0 };
	struct rd_err err = { 0 };
	enum rd_rc rc = try_sign_in(t, outgoing->oauth, &notes, &err);

	if (rc == RD_OK && outgoing->kind == RD_OUTGOING_SMTP)
		rc = try_smtp(t, outgoing, &notes, &err);
	else if (rc == RD_OK)
		rc = try_folder(outgoing->path, &err);
	if (rc == RD_OK && outgoing->kind != RD_OUTGOING_SMTP && t->send_to != NULL)
		rd_provider_find(&notes,
			"No test mail was sent: letters are laid into a folder (`Path:`), not "
			"handed to a server.");
	if (rc == RD_OK)
		compare_sender(t, outgoing, &notes);
	rd_connect_tell(t, "Outgoing", outgoing->name, rc, &err, &faults, &notes);
}
