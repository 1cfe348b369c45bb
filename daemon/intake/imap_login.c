#include "redress/intake/imap_login.h"

#include <gnutls/gnutls.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/buf.h"
#include "redress/intake/imap_scan.h"

#define STEP_MS	   30000
#define STEP_BYTES (256u << 10)
#define STEP_LINES 200
#define LINE_MAX_  (16u << 10) /* of ours: a user and a password, base64 */

enum answer { ANSWER_OK, ANSWER_NO, ANSWER_BAD, ANSWER_CONTINUE };

struct dialogue {
	struct rd_stream *stream;
	unsigned tag;
	char words[200]; /* the server's, behind OK, NO or BAD */
	struct rd_imap_abilities abilities;
};

bool rd_imap_is_clean(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool starts(const char *line, const char *with)
{
	return strncasecmp(line, with, strlen(with)) == 0;
}

static void read_abilities(const char *list, struct rd_imap_abilities *ret)
{
	static const struct {
		const char *word;
		size_t offset;
	} known[] = {
		{ "STARTTLS", offsetof(struct rd_imap_abilities, starttls) },
		{ "LOGINDISABLED", offsetof(struct rd_imap_abilities, login_disabled) },
		{ "AUTH=PLAIN", offsetof(struct rd_imap_abilities, auth_plain) },
		{ "SASL-IR", offsetof(struct rd_imap_abilities, sasl_ir) },
		{ "IDLE", offsetof(struct rd_imap_abilities, idle) },
		{ "UIDPLUS", offsetof(struct rd_imap_abilities, uidplus) },
		{ "MOVE", offsetof(struct rd_imap_abilities, move) },
	};
	memset(ret, 0, sizeof *ret);
	while (*list) {
		list += strspn(list, " ");
		size_t len = strcspn(list, " ");
		for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
			if (strlen(known[i].word) == len &&
				strncasecmp(list, known[i].word, len) == 0)
				*(bool *)((char *)ret + known[i].offset) = true;
		list += len;
	}
}

/* Reads up to the tagged answer, or to a `+` where one is awaited. */
static enum rd_rc read_answer(
	struct dialogue *d, bool may_continue, enum answer *ret_answer, struct rd_err *err)
{
	char tag[16];
	snprintf(tag, sizeof tag, "r%u ", d->tag);
	for (int n = 0; n < STEP_LINES; n++) {
		const char *line = NULL;
		RD_TRY(rd_stream_line(d->stream, &line, err));
		if (line[0] == '+' && may_continue) {
			*ret_answer = ANSWER_CONTINUE;
			return RD_OK;
		}
		if (starts(line, "* CAPABILITY ")) {
			read_abilities(line + strlen("* CAPABILITY "), &d->abilities);
			continue;
		}
		if (starts(line, "* BYE")) {
			rd_imap_words(line + 5, d->words, sizeof d->words);
			return rd_fail(
				err, RD_E_AGAIN, "the server ended the session:%s", d->words);
		}
		if (line[0] == '*')
			continue;
		if (!starts(line, tag))
			return rd_fail(err, RD_E_INPUT, "the server's answer is not IMAP");
		line += strlen(tag);
		rd_imap_words(line, d->words, sizeof d->words);
		*ret_answer = starts(line, "OK")   ? ANSWER_OK
			      : starts(line, "NO") ? ANSWER_NO
						   : ANSWER_BAD;
		return RD_OK;
	}
	return rd_fail(err, RD_E_RANGE, "the server talks without answering");
}

static enum rd_rc send_command(struct dialogue *d, const char *command, struct rd_err *err)
{
	char line[128];
	rd_stream_begin(d->stream, STEP_MS, STEP_BYTES);
	snprintf(line, sizeof line, "r%u %s\r\n", ++d->tag, command);
	return rd_stream_write(d->stream, line, strlen(line), err);
}

static enum rd_rc read_greeting(struct dialogue *d, struct rd_err *err)
{
	const char *line = NULL;
	rd_stream_begin(d->stream, STEP_MS, STEP_BYTES);
	RD_TRY(rd_stream_line(d->stream, &line, err));
	if (starts(line, "* PREAUTH"))
		return rd_fail(err, RD_E_REFUSED,
			"the server says that we are logged in before it knows who we are "
			"(PREAUTH); "
			"that would skip the security asked for");
	if (starts(line, "* BYE")) {
		rd_imap_words(line + 5, d->words, sizeof d->words);
		return rd_fail(err, RD_E_AGAIN, "the server turned us away:%s", d->words);
	}
	if (!starts(line, "* OK"))
		return rd_fail(err, RD_E_INPUT,
			"what answers does not greet as an IMAP server; is this the right port for "
			"the `Security:` given?");
	return RD_OK;
}

static enum rd_rc ask_abilities(struct dialogue *d, struct rd_err *err)
{
	enum answer answer = ANSWER_BAD;
	memset(&d->abilities, 0, sizeof d->abilities);
	RD_TRY(send_command(d, "CAPABILITY", err));
	RD_TRY(read_answer(d, false, &answer, err));
	if (answer != ANSWER_OK)
		return rd_fail(err, RD_E_INPUT, "the server refuses CAPABILITY: %s", d->words);
	return RD_OK;
}

static enum rd_rc start_tls(struct dialogue *d, struct rd_err *err)
{
	enum answer answer = ANSWER_BAD;
	if (!d->abilities.starttls)
		return rd_fail(err, RD_E_REFUSED,
			"the server does not offer STARTTLS; use `Security: tls` with its port, "
			"usually 993. Nothing was sent to it.");
	RD_TRY(send_command(d, "STARTTLS", err));
	RD_TRY(read_answer(d, false, &answer, err));
	if (answer != ANSWER_OK)
		return rd_fail(err, RD_E_REFUSED, "the server refuses STARTTLS: %s", d->words);
	RD_TRY(rd_stream_secure(d->stream, err));
	return ask_abilities(d, err); /* what was said before TLS counts for nothing */
}

static void wipe_buf(struct rd_buf *buf)
{
	if (buf->data)
		gnutls_memset(buf->data, 0, buf->size);
	rd_buf_free(buf);
}

/* RFC 4616 2: NUL user NUL password, base64. */
static enum rd_rc make_plain(
	const char *user, const char *password, struct rd_buf *out, struct rd_err *err)
{
	RD_CLEANUP(wipe_buf) struct rd_buf raw = RD_BUF(LINE_MAX_);
	RD_TRY(rd_buf_add(&raw, "", 1, err));
	RD_TRY(rd_buf_add_str(&raw, user, err));
	RD_TRY(rd_buf_add(&raw, "", 1, err));
	RD_TRY(rd_buf_add_str(&raw, password, err));
	gnutls_datum_t in = { (unsigned char *)raw.data, (unsigned)raw.len }, text = { 0 };
	if (gnutls_base64_encode2(&in, &text) < 0)
		return rd_fail(err, RD_E_AGAIN, "no memory to log in");
	enum rd_rc rc = rd_buf_add(out, text.data, text.size, err);
	gnutls_memset(text.data, 0, text.size);
	gnutls_free(text.data);
	return rc;
}

static enum rd_rc authenticate_plain(struct dialogue *d, const char *user, const char *password,
	enum answer *ret_answer, struct rd_err *err)
{
	RD_CLEANUP(wipe_buf) struct rd_buf line = RD_BUF(LINE_MAX_);
	if (d->abilities.sasl_ir) {
		rd_stream_begin(d->stream, STEP_MS, STEP_BYTES);
		RD_TRY(rd_buf_printf(&line, err, "r%u AUTHENTICATE PLAIN ", ++d->tag));
	} else {
		RD_TRY(send_command(d, "AUTHENTICATE PLAIN", err));
		RD_TRY(read_answer(d, true, ret_answer, err));
		if (*ret_answer != ANSWER_CONTINUE)
			return RD_OK;
	}
	RD_TRY(make_plain(user, password, &line, err));
	RD_TRY(rd_buf_add_str(&line, "\r\n", err));
	RD_TRY(rd_stream_write(d->stream, line.data, line.len, err));
	return read_answer(d, false, ret_answer, err);
}

/* RFC 3501 4.3: a quoted string is ASCII; anything else goes as a literal, for which the server
 * asks with `+`. */
static enum rd_rc add_string(struct dialogue *d, const char *text, struct rd_buf *line,
	enum answer *ret_answer, struct rd_err *err)
{
	bool ascii = true;
	for (const char *at = text; *at; at++)
		ascii = ascii && (unsigned char)*at < 0x80;
	if (!ascii) {
		RD_TRY(rd_buf_printf(line, err, "{%zu}\r\n", strlen(text)));
		RD_TRY(rd_stream_write(d->stream, line->data, line->len, err));
		rd_buf_clear(line);
		RD_TRY(read_answer(d, true, ret_answer, err));
		if (*ret_answer != ANSWER_CONTINUE)
			return RD_OK;
		return rd_buf_add_str(line, text, err);
	}
	RD_TRY(rd_buf_add_str(line, "\"", err));
	for (const char *at = text; *at; at++) {
		if (*at == '"' || *at == '\\')
			RD_TRY(rd_buf_add_str(line, "\\", err));
		RD_TRY(rd_buf_add(line, at, 1, err));
	}
	return rd_buf_add_str(line, "\"", err);
}

static enum rd_rc login(struct dialogue *d, const char *user, const char *password,
	enum answer *ret_answer, struct rd_err *err)
{
	RD_CLEANUP(wipe_buf) struct rd_buf line = RD_BUF(LINE_MAX_);
	rd_stream_begin(d->stream, STEP_MS, STEP_BYTES);
	*ret_answer = ANSWER_CONTINUE;
	RD_TRY(rd_buf_printf(&line, err, "r%u LOGIN ", ++d->tag));
	RD_TRY(add_string(d, user, &line, ret_answer, err));
	if (*ret_answer != ANSWER_CONTINUE)
		return RD_OK;
	RD_TRY(rd_buf_add_str(&line, " ", err));
	RD_TRY(add_string(d, password, &line, ret_answer, err));
	if (*ret_answer != ANSWER_CONTINUE)
		return RD_OK;
	RD_TRY(rd_buf_add_str(&line, "\r\n", err));
	RD_TRY(rd_stream_write(d->stream, line.data, line.len, err));
	return read_answer(d, false, ret_answer, err);
}

static enum rd_rc prove_who_we_are(
	struct dialogue *d, const char *user, const char *password, struct rd_err *err)
{
	if (!rd_imap_is_clean(user) || !rd_imap_is_clean(password))
		return rd_fail(err, RD_E_INPUT,
			"the user or the password holds a line end or another control character");
	enum answer answer = ANSWER_BAD;
	if (d->abilities.auth_plain)
		RD_TRY(authenticate_plain(d, user, password, &answer, err));
	else if (d->abilities.login_disabled)
		return rd_fail(err, RD_E_REFUSED,
			"the server takes no password on this connection (LOGINDISABLED); use "
			"`Security: tls`");
	else
		RD_TRY(login(d, user, password, &answer, err));
	if (answer == ANSWER_OK)
		return RD_OK;
	/* RFC 5530 3: these pass by themselves. */
	if (strcasestr(d->words, "[UNAVAILABLE]") || strcasestr(d->words, "[INUSE]") ||
		strcasestr(d->words, "[LIMIT]"))
		return rd_fail(err, RD_E_AGAIN, "the server cannot log us in now: %s", d->words);
	return rd_fail(err, RD_E_REFUSED,
		"the server refuses the user or the password (%s); check `User:` and `Password:`",
		d->words);
}

enum rd_rc rd_imap_login(struct rd_stream *stream, enum rd_security security, const char *user,
	const char *password, struct rd_imap_abilities *ret_abilities, struct rd_err *err)
{
	struct dialogue d = { .stream = stream };
	RD_TRY(read_greeting(&d, err));
	RD_TRY(ask_abilities(&d, err));
	if (security == RD_SECURITY_STARTTLS)
		RD_TRY(start_tls(&d, err));
	RD_TRY(prove_who_we_are(&d, user, password, err));
	RD_TRY(ask_abilities(&d, err));
	*ret_abilities = d.abilities;
	return RD_OK;
}
