#include "redress/intake/imap_login.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/base/buf.h"
#include "redress/intake/imap_scan.h"
#include "redress/wire/sasl.h"

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
		{ "AUTH=XOAUTH2", offsetof(struct rd_imap_abilities, auth_xoauth2) },
		{ "AUTH=OAUTHBEARER", offsetof(struct rd_imap_abilities, auth_oauthbearer) },
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
			rd_sasl_hide(d->words);
			return rd_fail(
				err, RD_E_AGAIN, "the server ended the session:%s", d->words);
		}
		if (line[0] == '*')
			continue;
		if (!starts(line, tag))
			return rd_fail(err, RD_E_INPUT, "the server's answer is not IMAP");
		line += strlen(tag);
		rd_imap_words(line, d->words, sizeof d->words);
		rd_sasl_hide(d->words);
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

/* RFC 4616 2: NUL user NUL password, base64. */
static enum rd_rc make_plain(
	const char *user, const char *password, struct rd_buf *out, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf raw = RD_BUF_SECRET(LINE_MAX_);
	RD_TRY(rd_buf_add(&raw, "", 1, err));
	RD_TRY(rd_buf_add_str(&raw, user, err));
	RD_TRY(rd_buf_add(&raw, "", 1, err));
	RD_TRY(rd_buf_add_str(&raw, password, err));
	return rd_buf_add_base64(out, raw.data, raw.len, err);
}

/* Begins AUTHENTICATE with that mechanism: line is then what the response is put behind, the
 * command itself where the server takes both at once (RFC 4959). */
static enum rd_rc begin_authenticate(struct dialogue *d, const char *mechanism, struct rd_buf *line,
	enum answer *ret_answer, struct rd_err *err)
{
	char command[40];
	*ret_answer = ANSWER_CONTINUE;
	if (d->abilities.sasl_ir) {
		rd_stream_begin(d->stream, STEP_MS, STEP_BYTES);
		return rd_buf_printf(line, err, "r%u AUTHENTICATE %s ", ++d->tag, mechanism);
	}
	snprintf(command, sizeof command, "AUTHENTICATE %s", mechanism);
	RD_TRY(send_command(d, command, err));
	return read_answer(d, true, ret_answer, err);
}

static enum rd_rc send_line(struct dialogue *d, struct rd_buf *line, struct rd_err *err)
{
	RD_TRY(rd_buf_add_str(line, "\r\n", err));
	return rd_stream_write(d->stream, line->data, line->len, err);
}

static enum rd_rc authenticate_plain(struct dialogue *d, const char *user, const char *password,
	enum answer *ret_answer, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf line = RD_BUF_SECRET(LINE_MAX_);
	RD_TRY(begin_authenticate(d, "PLAIN", &line, ret_answer, err));
	if (*ret_answer != ANSWER_CONTINUE)
		return RD_OK;
	RD_TRY(make_plain(user, password, &line, err));
	RD_TRY(send_line(d, &line, err));
	return read_answer(d, false, ret_answer, err);
}

/* A token that is not taken is answered by `+` and a few words in JSON; the client says an empty
 * line (XOAUTH2) or ^A in base64 (RFC 7628 3.2.3), and then the server says NO. */
static enum rd_rc authenticate_bearer(struct dialogue *d, const struct rd_imap_proof *proof,
	enum answer *ret_answer, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf line = RD_BUF_SECRET(LINE_MAX_);
	bool standard = d->abilities.auth_oauthbearer;
	const char *over = standard ? "AQ==\r\n" : "\r\n";
	RD_TRY(begin_authenticate(d, standard ? "OAUTHBEARER" : "XOAUTH2", &line, ret_answer, err));
	if (*ret_answer != ANSWER_CONTINUE)
		return RD_OK;
	if (standard)
		RD_TRY(rd_sasl_oauthbearer(
			proof->user, proof->host, proof->port, proof->token, &line, err));
	else
		RD_TRY(rd_sasl_xoauth2(proof->user, proof->token, &line, err));
	RD_TRY(send_line(d, &line, err));
	RD_TRY(read_answer(d, true, ret_answer, err));
	if (*ret_answer != ANSWER_CONTINUE)
		return RD_OK;
	RD_TRY(rd_stream_write(d->stream, over, strlen(over), err));
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
	RD_CLEANUP(rd_buf_free) struct rd_buf line = RD_BUF_SECRET(LINE_MAX_);
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

/* RFC 5530 3: these pass by themselves. */
static bool may_pass(const char *words)
{
	return strcasestr(words, "[UNAVAILABLE]") || strcasestr(words, "[INUSE]") ||
	       strcasestr(words, "[LIMIT]");
}

static enum rd_rc prove_by_token(
	struct dialogue *d, struct rd_imap_proof *proof, struct rd_err *err)
{
	enum answer answer = ANSWER_BAD;
	if (!d->abilities.auth_xoauth2 && !d->abilities.auth_oauthbearer)
		return rd_fail(err, RD_E_REFUSED,
			"the server takes no tokens (it offers neither XOAUTH2 nor OAUTHBEARER); "
			"write `Password:` in place of `OAuth:`, or check `Host:`");
	RD_TRY(authenticate_bearer(d, proof, &answer, err));
	if (answer == ANSWER_OK)
		return RD_OK;
	if (may_pass(d->words))
		return rd_fail(err, RD_E_AGAIN, "the server cannot log us in now: %s", d->words);
	proof->token_refused = true;
	snprintf(proof->words, sizeof proof->words, "%s", d->words);
	return rd_fail(err, RD_E_REFUSED, "the server refuses the token (%s)", d->words);
}

static enum rd_rc no_password_taken(const struct dialogue *d, struct rd_err *err)
{
	if (d->abilities.auth_xoauth2 || d->abilities.auth_oauthbearer)
		return rd_fail(err, RD_E_REFUSED,
			"the server takes no password, only tokens; write an `OAuth:` stanza and "
			"name it here in place of `Password:`");
	return rd_fail(err, RD_E_REFUSED,
		"the server takes no password on this connection (LOGINDISABLED); use "
		"`Security: tls`");
}

static enum rd_rc prove_by_password(
	struct dialogue *d, const struct rd_imap_proof *proof, struct rd_err *err)
{
	enum answer answer = ANSWER_BAD;
	if (d->abilities.auth_plain)
		RD_TRY(authenticate_plain(d, proof->user, proof->password, &answer, err));
	else if (d->abilities.login_disabled)
		return no_password_taken(d, err);
	else
		RD_TRY(login(d, proof->user, proof->password, &answer, err));
	if (answer == ANSWER_OK)
		return RD_OK;
	if (may_pass(d->words))
		return rd_fail(err, RD_E_AGAIN, "the server cannot log us in now: %s", d->words);
	if (d->abilities.auth_xoauth2)
		return rd_fail(err, RD_E_REFUSED,
			"the server refuses the user or the password (%s). It takes tokens too: "
			"Microsoft 365 takes nothing else, and Google no account's own password; "
			"write an `OAuth:` stanza and name it here in place of `Password:`",
			d->words);
	return rd_fail(err, RD_E_REFUSED,
		"the server refuses the user or the password (%s); check `User:` and `Password:`",
		d->words);
}

static enum rd_rc prove_who_we_are(
	struct dialogue *d, struct rd_imap_proof *proof, struct rd_err *err)
{
	proof->token_refused = false;
	if (!rd_imap_is_clean(proof->user) ||
		!rd_imap_is_clean(proof->token ? proof->token : proof->password))
		return rd_fail(err, RD_E_INPUT,
			"the user or the password holds a line end or another control character");
	return proof->token ? prove_by_token(d, proof, err) : prove_by_password(d, proof, err);
}

enum rd_rc rd_imap_login(struct rd_stream *stream, enum rd_security security,
	struct rd_imap_proof *proof, struct rd_imap_abilities *ret_abilities, struct rd_err *err)
{
	struct dialogue d = { .stream = stream };
	RD_TRY(read_greeting(&d, err));
	RD_TRY(ask_abilities(&d, err));
	if (security == RD_SECURITY_STARTTLS)
		RD_TRY(start_tls(&d, err));
	RD_TRY(prove_who_we_are(&d, proof, err));
	RD_TRY(ask_abilities(&d, err));
	*ret_abilities = d.abilities;
	return RD_OK;
}
