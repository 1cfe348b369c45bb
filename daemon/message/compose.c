#include "redress/message/compose.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include "redress/base/date.h"
#include "redress/base/limits.h"
#include "redress/message/charset.h"

#define LINE_BYTES_MAX	 76 /* RFC 2045 section 6.7: of an encoded line; also where headers fold */
#define HEADER_VALUE_MAX 2000
#define HEADER_NAME_MAX	 60
#define NAME_BYTES_MAX	 200
#define ENCODED_WORD_DATA                                                                          \
	45 /* bytes a word: 60 of base64, with its frame 72 (RFC 2047 section 2) */
#define BODY_PLAIN_LINE 76
#define BOUNDARY_ID_MAX 60 /* RFC 2046 section 5.1.1: a boundary has 70 characters */
#define BOUNDARY_CHARACTERS                                                                        \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+_,-./:=?"

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool is_ascii(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return false;
	return true;
}

/* CR, LF and every other control character: none belongs in a header (RFC 5322 section 2.2). */
static bool has_control(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7F)
			return true;
	return false;
}

_Bool rd_address_fit(const char *address)
{
	const char *at = strrchr(address, '@');
	size_t len = strlen(address);

	if (!at || at == address || at[1] == '\0' || len > RD_ADDRESS_BYTES_MAX ||
		at - address > 64)
		return false;
	for (const char *p = address; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7F ||
			strchr("<>()[]\\,;:\"", *p))
			return false;
	if (strchr(address, '@') != at || at[1] == '.' || at[1] == '-' || at[-1] == '.')
		return false;
	for (const char *p = at + 1; *p != '\0'; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
			    (*p >= '0' && *p <= '9') || *p == '-' || *p == '.') ||
			(*p == '.' && (p[1] == '.' || p[1] == '\0')))
			return false;
	return true;
}

/* What may stand between < and > (RFC 5322 section 3.6.4). */
static bool id_fit(const char *id)
{
	size_t len = strlen(id);

	if (len == 0 || len > RD_MESSAGE_ID_BYTES_MAX - 20)
		return false;
	for (const char *p = id; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7F || *p == '<' ||
			*p == '>')
			return false;
	return true;
}

static bool name_fit(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > HEADER_NAME_MAX)
		return false;
	for (const char *p = name; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7F || *p == ':')
			return false;
	return true;
}

/* One RFC 2047 word, "B" encoded. */
static enum rd_rc add_word(
	struct rd_buf *out, const unsigned char *data, size_t len, struct rd_err *err)
{
	RD_TRY(rd_buf_add_str(out, "=?utf-8?B?", err));
	for (size_t i = 0; i < len; i += 3) {
		unsigned a = data[i], b = i + 1 < len ? data[i + 1] : 0;
		unsigned c = i + 2 < len ? data[i + 2] : 0;
		char four[4] = { base64_digits[a >> 2], base64_digits[(a & 3) << 4 | b >> 4],
			i + 1 < len ? base64_digits[(b & 15) << 2 | c >> 6] : '=',
			i + 2 < len ? base64_digits[c & 63] : '=' };

		RD_TRY(rd_buf_add(out, four, 4, err));
	}
	return rd_buf_add_str(out, "?=", err);
}

/* Encoded words, folded; no character is cut apart. used: bytes on the line so far. */
static enum rd_rc add_encoded(struct rd_buf *out, const char *text, size_t used, struct rd_err *err)
{
	size_t len = strlen(text);

	for (size_t at = 0; at < len;) {
		size_t frame = used + strlen("=?utf-8?B?") + strlen("?=");
		size_t room = frame + 8 < LINE_BYTES_MAX ? (LINE_BYTES_MAX - frame) / 4 * 3 : 0;
		size_t n = rd_utf8_cut(
			text + at, len - at, room < ENCODED_WORD_DATA ? room : ENCODED_WORD_DATA);

		if (n > 0)
			RD_TRY(add_word(out, (const unsigned char *)text + at, n, err));
		at += n;
		if (at < len)
			RD_TRY(rd_buf_add_str(out, "\r\n ", err));
		used = 1;
	}
	return RD_OK;
}

/* ASCII folded at blanks before LINE_BYTES_MAX where it has any; used: bytes on the line so far. */
static enum rd_rc add_folded(struct rd_buf *out, const char *text, size_t used, struct rd_err *err)
{
	while (*text != '\0') {
		size_t word = strcspn(text, " ");
		size_t blanks = strspn(text + word, " ");

		RD_TRY(rd_buf_add(out, text, word, err));
		used += word;
		text += word;
		if (*text == '\0')
			break;
		if (text[blanks] != '\0' &&
			used + blanks + strcspn(text + blanks, " ") > LINE_BYTES_MAX) {
			RD_TRY(rd_buf_add_str(out, "\r\n", err));
			used = 0;
		}
		RD_TRY(rd_buf_add(out, text, blanks, err));
		used += blanks;
		text += blanks;
	}
	return RD_OK;
}

static enum rd_rc add_header(
	struct rd_buf *out, const char *name, const char *value, struct rd_err *err)
{
	if (!name_fit(name))
		return rd_fail(err, RD_E_INPUT,
			"a mail header's name may hold printable ASCII but no colon or blank");
	if (has_control(value) || strlen(value) > HEADER_VALUE_MAX ||
		rd_utf8_valid(value, strlen(value)) != strlen(value))
		return rd_fail(err, RD_E_INPUT,
			"the value of the mail header %s holds a line end or another control "
			"character, is not UTF-8, or is longer than %d bytes",
			name, HEADER_VALUE_MAX);
	RD_TRY(rd_buf_printf(out, err, "%s: ", name));
	/* what looks like an encoded word must not be taken for one */
	if (is_ascii(value) && !strstr(value, "=?") && strcspn(value, " ") < 900)
		RD_TRY(add_folded(out, value, strlen(name) + 2, err));
	else
		RD_TRY(add_encoded(out, value, strlen(name) + 2, err));
	return rd_buf_add_str(out, "\r\n", err);
}

static enum rd_rc add_from(struct rd_buf *out, const struct rd_address *from, struct rd_err *err)
{
	const char *name = from->name ? from->name : "";
	bool quoted = false;

	if (!rd_address_fit(from->address))
		return rd_fail(err, RD_E_INPUT,
			"the From address is not fit for mail: want local@domain in ASCII");
	if (has_control(name) || strlen(name) > NAME_BYTES_MAX ||
		rd_utf8_valid(name, strlen(name)) != strlen(name))
		return rd_fail(err, RD_E_INPUT,
			"the From name holds control characters, is not UTF-8, or is longer than "
			"%d bytes",
			NAME_BYTES_MAX);
	if (name[0] == '\0')
		return rd_buf_printf(out, err, "From: %s\r\n", from->address);
	RD_TRY(rd_buf_add_str(out, "From: ", err));
	if (!is_ascii(name) || strstr(name, "=?")) {
		RD_TRY(add_encoded(out, name, strlen("From: "), err));
	} else {
		/* a quoted string always does (RFC 5322 section 3.2.4) */
		quoted = true;
		RD_TRY(rd_buf_add_str(out, "\"", err));
		for (const char *p = name; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				RD_TRY(rd_buf_add_str(out, "\\", err));
			RD_TRY(rd_buf_add(out, p, 1, err));
		}
		RD_TRY(rd_buf_add_str(out, "\"", err));
	}
	return rd_buf_printf(out, err, "%s <%s>\r\n",
		quoted && strlen(name) + strlen(from->address) < LINE_BYTES_MAX - 12 ? "" : "\r\n",
		from->address);
}

static enum rd_rc add_date(struct rd_buf *out, int64_t date_ms, struct rd_err *err)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec" };
	struct rd_date day = rd_date_of(date_ms);
	int minute = rd_london_minute_of_day(date_ms), offset = rd_london_offset_min(date_ms);
	int64_t second = date_ms / 1000 % 60;

	return rd_buf_printf(out, err, "Date: %s, %d %s %d %02d:%02d:%02d +%02d%02d\r\n",
		days[rd_date_weekday(day)], day.day, months[day.month - 1], day.year, minute / 60,
		minute % 60, (int)(second < 0 ? second + 60 : second), offset / 60, offset % 60);
}

/* Message-IDs one a line; of too many the first, which began the thread, and the last. */
static enum rd_rc add_references(
	struct rd_buf *out, const struct rd_outgoing_mail *mail, struct rd_err *err)
{
	bool reply = mail->in_reply_to && id_fit(mail->in_reply_to);
	size_t n_fit = 0, at = 0, n_kept = 0;
	bool last_is_reply = false;

	if (reply)
		RD_TRY(rd_buf_printf(out, err, "In-Reply-To: <%s>\r\n", mail->in_reply_to));
	for (size_t i = 0; i < mail->n_references; i++)
		n_fit += id_fit(mail->references[i]);
	for (size_t i = 0; i < mail->n_references; i++) {
		const char *id = mail->references[i];

		if (!id_fit(id))
			continue;
		if (at++ > 0 && n_fit - at >= RD_COMPOSE_REFERENCES_MAX - 1)
			continue;
		RD_TRY(rd_buf_printf(
			out, err, "%s <%s>\r\n", n_kept++ == 0 ? "References:" : "", id));
		last_is_reply = reply && strcmp(id, mail->in_reply_to) == 0;
	}
	if (reply && !last_is_reply)
		RD_TRY(rd_buf_printf(out, err, "%s <%s>\r\n", n_kept == 0 ? "References:" : "",
			mail->in_reply_to));
	return RD_OK;
}

/* Can the body leave as it is? ASCII, short lines, no control characters, no blank at a line's end
 * and no line that some mail store would change ("From "). */
static bool is_plain_body(const char *body)
{
	for (const char *line = body; *line != '\0';) {
		size_t n = strcspn(line, "\n");

		if (n > BODY_PLAIN_LINE || strncmp(line, "From ", 5) == 0)
			return false;
		for (size_t i = 0; i < n; i++)
			if ((unsigned char)line[i] >= 0x7F ||
				((unsigned char)line[i] < 0x20 && line[i] != '\t'))
				return false;
		if (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'))
			return false;
		line += n + (line[n] == '\n' ? 1 : 0);
	}
	return true;
}

static enum rd_rc add_plain_body(struct rd_buf *out, const char *body, struct rd_err *err)
{
	while (*body != '\0') {
		size_t n = strcspn(body, "\n");

		RD_TRY(rd_buf_add(out, body, n, err));
		RD_TRY(rd_buf_add_str(out, "\r\n", err));
		body += n + (body[n] == '\n' ? 1 : 0);
	}
	return RD_OK;
}

/* RFC 2045 section 6.7. */
static enum rd_rc add_quoted_printable(struct rd_buf *out, const char *body, struct rd_err *err)
{
	static const char hex[] = "0123456789ABCDEF";

	while (*body != '\0') {
		size_t n = strcspn(body, "\n"), used = 0;

		for (size_t i = 0; i < n; i++) {
			unsigned char c = (unsigned char)body[i];
			bool last = i + 1 == n;
			bool literal = c >= 0x21 && c <= 0x7E && c != '=';
			char escaped[4] = { '=', hex[c >> 4], hex[c & 15], '\0' };

			if ((c == ' ' || c == '\t') && !last)
				literal = true;
			/* SMTP and mbox stores mind these at the start of a line */
			if (used == 0 &&
				(c == '.' || (c == 'F' && strncmp(body + i, "From ", 5) == 0)))
				literal = false;
			if (used + (literal ? 1 : 3) > LINE_BYTES_MAX - 1) {
				RD_TRY(rd_buf_add_str(out, "=\r\n", err));
				used = 0;
			}
			if (literal)
				RD_TRY(rd_buf_add(out, &body[i], 1, err));
			else
				RD_TRY(rd_buf_add_str(out, escaped, err));
			used += literal ? 1 : 3;
		}
		RD_TRY(rd_buf_add_str(out, "\r\n", err));
		body += n + (body[n] == '\n' ? 1 : 0);
	}
	return RD_OK;
}

static enum rd_rc add_extra(
	struct rd_buf *out, const struct rd_outgoing_mail *mail, struct rd_err *err)
{
	static const char *const ours[] = { "From", "To", "Cc", "Bcc", "Subject", "Date",
		"Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type",
		"Content-Transfer-Encoding", "Auto-Submitted", "X-Auto-Response-Suppress" };

	for (size_t i = 0; i < mail->n_extra; i++) {
		for (size_t k = 0; k < sizeof ours / sizeof ours[0]; k++)
			if (strcasecmp(mail->extra[i].name, ours[k]) == 0)
				return rd_fail(err, RD_E_INPUT,
					"the mail header %s is set from its own field", ours[k]);
		RD_TRY(add_header(out, mail->extra[i].name, mail->extra[i].value, err));
	}
	return RD_OK;
}

/* One piece of text with its own head. kind: "plain", "html". */
static enum rd_rc add_text(
	struct rd_buf *out, const char *kind, const char *body, struct rd_err *err)
{
	const bool plain = is_plain_body(body) && strstr(body, "--=_") == NULL;

	RD_TRY(rd_buf_printf(out, err,
		"Content-Type: text/%s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n",
		kind, plain ? "7bit" : "quoted-printable"));
	return plain ? add_plain_body(out, body, err) : add_quoted_printable(out, body, err);
}

/* RFC 2046 section 5.1.4: the richest form last. The boundary comes of the Message-ID, so that the
 * same mail is the same bytes; what holds "--=_" leaves as quoted-printable, in which it cannot
 * stand. */
static enum rd_rc add_alternatives(
	struct rd_buf *out, const struct rd_outgoing_mail *mail, struct rd_err *err)
{
	const int left = (int)strcspn(mail->message_id, "@");
	const int n = left < BOUNDARY_ID_MAX ? left : BOUNDARY_ID_MAX;
	const char *id = mail->message_id;

	if (strspn(id, BOUNDARY_CHARACTERS) < (size_t)n)
		return rd_fail(err, RD_E_INPUT, "the Message-ID holds what no boundary may");
	RD_TRY(rd_buf_printf(out, err,
		"Content-Type: multipart/alternative;\r\n boundary=\"=_%.*s\"\r\n\r\n--=_%.*s\r\n",
		n, id, n, id));
	RD_TRY(add_text(out, "plain", mail->body, err));
	RD_TRY(rd_buf_printf(out, err, "\r\n--=_%.*s\r\n", n, id));
	RD_TRY(add_text(out, "html", mail->html, err));
	return rd_buf_printf(out, err, "\r\n--=_%.*s--\r\n", n, id);
}

static enum rd_rc compose(
	const struct rd_outgoing_mail *mail, struct rd_buf *out, struct rd_err *err)
{
	if (!rd_address_fit(mail->to))
		return rd_fail(err, RD_E_INPUT,
			"the recipient's address is not fit for mail: want local@domain in ASCII");
	if (!id_fit(mail->message_id) || !strchr(mail->message_id, '@'))
		return rd_fail(err, RD_E_INPUT, "the Message-ID is not fit: want left@right");
	if (rd_utf8_valid(mail->body, strlen(mail->body)) != strlen(mail->body))
		return rd_fail(err, RD_E_INPUT, "the body of the mail is not UTF-8");
	if (mail->html != NULL &&
		rd_utf8_valid(mail->html, strlen(mail->html)) != strlen(mail->html))
		return rd_fail(err, RD_E_INPUT, "the HTML of the mail is not UTF-8");
	RD_TRY(add_from(out, &mail->from, err));
	RD_TRY(rd_buf_printf(out, err, "To: %s\r\n", mail->to));
	RD_TRY(add_header(out, "Subject", mail->subject, err));
	RD_TRY(add_date(out, mail->date_ms, err));
	RD_TRY(rd_buf_printf(out, err, "Message-ID: <%s>\r\n", mail->message_id));
	RD_TRY(add_references(out, mail, err));
	if (mail->auto_submitted) {
		RD_TRY(add_header(out, "Auto-Submitted", mail->auto_submitted, err));
		/* not "All": that would ask Exchange for no bounces either (MS-OXCMAIL 2.1.3.2.20)
		 */
		RD_TRY(add_header(out, "X-Auto-Response-Suppress", "OOF, AutoReply", err));
	}
	if (mail->loop)
		RD_TRY(add_header(out, "X-Loop", mail->loop, err));
	RD_TRY(add_extra(out, mail, err));
	RD_TRY(rd_buf_add_str(out, "MIME-Version: 1.0\r\n", err));
	return mail->html != NULL ? add_alternatives(out, mail, err)
				  : add_text(out, "plain", mail->body, err);
}

enum rd_rc rd_compose_mail(
	const struct rd_outgoing_mail *mail, struct rd_buf *out, struct rd_err *err)
{
	RD_CLEANUP(rd_buf_free) struct rd_buf composed = RD_BUF(RD_COMPOSED_BYTES_MAX);

	/* whole or not at all: out stays as it was on failure */
	RD_TRY(compose(mail, &composed, err));
	return rd_buf_add(out, composed.data, composed.len, err);
}
