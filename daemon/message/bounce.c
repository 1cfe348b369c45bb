#include "redress/message/bounce.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "redress/base/limits.h"
#include "redress/message/charset.h"
#include "redress/message/quote_lines.h"

#define VALUE_BYTES_MAX 1024 /* of one field's value, unfolded */
#define NAME_BYTES_MAX	60

/* A report being read. */
struct reading {
	struct rd_arena *arena;
	struct rd_bounce bounce;
	const char **recipients;
	size_t n_recipients;
};

/* One field of a report: "Status: 5.1.1". */
struct field {
	char name[NAME_BYTES_MAX + 1];
	char value[VALUE_BYTES_MAX + 1];
};

struct fields {
	const char *text;
	size_t len, at;
	int n_lines;
};

/* What a report says of one recipient. */
struct group {
	bool any;
	char action[16], code[RD_BOUNCE_CODE_MAX];
	char diagnostic[VALUE_BYTES_MAX + 1];
};

/* --- small things --- */

/* A line that may be shown and kept: UTF-8, no controls, single blanks. */
static const char *clean_line(const char *text, size_t len, size_t max, struct rd_arena *arena)
{
	struct rd_decoded decoded = { .text = "" };
	struct rd_err ignored = { 0 };
	size_t n = 0;
	char *out;

	if (rd_charset_decode(text, len, NULL, max, arena, &decoded, &ignored) != RD_OK)
		return "";
	out = rd_arena_copy(arena, decoded.text, decoded.len);
	if (!out)
		return "";
	for (size_t i = 0; i < decoded.len; i++) {
		const unsigned char c = (unsigned char)out[i];
		/* C1 controls too, C2 80 to C2 9F in UTF-8: a terminal obeys them */
		const bool c1 = c == 0xC2 && (unsigned char)out[i + 1] < 0xA0;
		const bool blank = c <= 0x20 || c == 0x7F || c1;

		i += c1;
		if (!blank)
			out[n++] = (char)c;
		else if (n > 0 && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return out;
}

static bool is_address_char(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || (c != '\0' && strchr(".!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* The address around an "@" at `at`; false where none is. */
static bool address_around(
	const char *text, size_t len, size_t at, size_t *ret_from, size_t *ret_to)
{
	size_t from = at, to = at + 1;

	while (from > 0 && is_address_char((unsigned char)text[from - 1]))
		from--;
	while (to < len && (isalnum((unsigned char)text[to]) || text[to] == '-' || text[to] == '.'))
		to++;
	while (to > at + 1 && (text[to - 1] == '.' || text[to - 1] == '-'))
		to--;
	while (from < at && strchr("'=.", text[from]) != NULL)
		from++;
	if (from == at || to == at + 1 || to - from > RD_ADDRESS_BYTES_MAX ||
		!memchr(text + at, '.', to - at))
		return false;
	*ret_from = from;
	*ret_to = to;
	return true;
}

static void add_recipient(struct reading *r, const char *text, size_t len)
{
	const char *address;

	if (r->n_recipients == RD_BOUNCE_RECIPIENTS_MAX)
		return;
	address = clean_line(text, len, RD_ADDRESS_BYTES_MAX, r->arena);
	for (size_t i = 0; i < r->n_recipients; i++)
		if (strcasecmp(r->recipients[i], address) == 0)
			return;
	if (address[0] != '\0')
		r->recipients[r->n_recipients++] = address;
}

/* Every address that stands in a text. */
static void add_addresses(struct reading *r, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t from, to;

		if (text[i] != '@' || !address_around(text, len, i, &from, &to))
			continue;
		add_recipient(r, text + from, to - from);
		i = to;
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* RFC 3461 section 4: xtext, "+2B" for "+". In place. */
static void undo_xtext(char *text)
{
	char *out = text;

	for (const char *in = text; *in != '\0'; in++) {
		if (*in == '+' && hex_digit(in[1]) >= 0 && hex_digit(in[2]) >= 0) {
			const int c = hex_digit(in[1]) * 16 + hex_digit(in[2]);

			*out++ = c > 0x20 && c < 0x7F ? (char)c : '?';
			in += 2;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
}

/* --- fields --- */

/* The next line without its end; false: there is none. */
static bool next_line(struct fields *fields, const char **ret_line, size_t *ret_len)
{
	const char *line = fields->text + fields->at;
	const char *end;

	if (fields->at >= fields->len || fields->n_lines == RD_BOUNCE_LINES_MAX)
		return false;
	fields->n_lines++;
	end = memchr(line, '\n', fields->len - fields->at);
	*ret_len = end ? (size_t)(end - line) : fields->len - fields->at;
	fields->at += *ret_len + (end ? 1 : 0);
	while (*ret_len > 0 && line[*ret_len - 1] == '\r')
		(*ret_len)--;
	*ret_line = line;
	return true;
}

static void append(char *value, const char *text, size_t len)
{
	size_t n = strlen(value);

	for (size_t i = 0; i < len && n < VALUE_BYTES_MAX; i++)
		value[n++] = text[i] == '\0' ? ' ' : text[i];
	value[n] = '\0';
}

static void trim(char *value)
{
	size_t from = strspn(value, " \t"), n = strlen(value);

	while (n > from && (value[n - 1] == ' ' || value[n - 1] == '\t'))
		n--;
	memmove(value, value + from, n - from);
	value[n - from] = '\0';
}

/* The next field, unfolded. *ret_blank: a blank line ends the group instead. False: the end. */
static bool next_field(struct fields *fields, struct field *field, bool *ret_blank)
{
	const char *line, *colon;
	size_t len;

	*ret_blank = false;
	field->name[0] = field->value[0] = '\0';
	do {
		if (!next_line(fields, &line, &len))
			return false;
		if (len == 0) {
			*ret_blank = true;
			return true;
		}
		colon = memchr(line, ':', len);
	} while (!colon || colon == line || colon - line > NAME_BYTES_MAX);
	memcpy(field->name, line, (size_t)(colon - line));
	field->name[colon - line] = '\0';
	trim(field->name);
	append(field->value, colon + 1, len - (size_t)(colon - line) - 1);
	while (fields->at < fields->len &&
		(fields->text[fields->at] == ' ' || fields->text[fields->at] == '\t') &&
		next_line(fields, &line, &len))
		append(field->value, line, len);
	trim(field->value);
	return true;
}

/* "rfc822; ann@example.com" -> its right half. */
static char *behind_type(char *value)
{
	char *semicolon = strchr(value, ';');

	if (!semicolon)
		return value;
	semicolon++;
	return semicolon + strspn(semicolon, " \t");
}

static void copy_word(char *out, size_t max, const char *value)
{
	size_t n = 0;

	while (n + 1 < max && value[n] != '\0' && !strchr(" \t;(", value[n])) {
		out[n] = (char)tolower((unsigned char)value[n]);
		n++;
	}
	out[n] = '\0';
}

/* --- what it comes to --- */

/* A 5.0.0 with a 550 5.1.1 in the other server's words. */
static void take_better_code(char code[static RD_BOUNCE_CODE_MAX], const char *text, size_t len)
{
	char found[RD_BOUNCE_CODE_MAX];

	if (code[0] != '\0' && rd_bounce_of_code(code) != RD_BOUNCE_NONE)
		return;
	if (rd_bounce_find_code(text, len, found) &&
		(code[0] == '\0' || rd_bounce_of_code(found) != RD_BOUNCE_NONE))
		memcpy(code, found, sizeof found);
}

/* It was given up: why? diagnostic: what the other server said; text: what the reporting one tells
 * people. */
static enum rd_bounce_kind failed_kind(char code[static RD_BOUNCE_CODE_MAX], const char *diagnostic,
	size_t diagnostic_len, const char *text, size_t text_len)
{
	enum rd_bounce_kind words = rd_bounce_of_words(diagnostic, diagnostic_len);
	enum rd_bounce_kind kind;
	int reply;

	take_better_code(code, diagnostic, diagnostic_len);
	if (words == RD_BOUNCE_NONE)
		take_better_code(code, text, text_len);
	kind = rd_bounce_of_code(code);
	if (words == RD_BOUNCE_FULL)
		return words;
	if (kind == RD_BOUNCE_DELIVERED) /* a code of success on a failure says nothing */
		kind = RD_BOUNCE_NONE;
	if (kind != RD_BOUNCE_NONE)
		return kind;
	if (words == RD_BOUNCE_NONE)
		words = rd_bounce_of_words(text, text_len);
	if (words != RD_BOUNCE_NONE)
		return words;
	if (code[0] != '\0')
		return code[0] == '5' ? RD_BOUNCE_HARD : RD_BOUNCE_SOFT;
	reply = rd_bounce_find_reply(diagnostic, diagnostic_len);
	if (reply == 0)
		reply = rd_bounce_find_reply(text, text_len);
	return reply == 5 ? RD_BOUNCE_HARD : RD_BOUNCE_SOFT;
}

static enum rd_bounce_kind kind_of_group(struct group *group, const char *text, size_t text_len)
{
	const char *action = group->action;

	if (strcmp(action, "delivered") == 0 || strcmp(action, "relayed") == 0 ||
		strcmp(action, "expanded") == 0)
		return RD_BOUNCE_DELIVERED;
	if (strcmp(action, "delayed") == 0)
		return RD_BOUNCE_DELAYED;
	if (strcmp(action, "failed") != 0) {
		if (group->code[0] == '2')
			return RD_BOUNCE_DELIVERED;
		if (rd_bounce_says_delayed(text, text_len))
			return RD_BOUNCE_DELAYED;
	}
	return failed_kind(
		group->code, group->diagnostic, strlen(group->diagnostic), text, text_len);
}

/* The worst of all recipients is what became of the mail. */
static void end_group(struct reading *r, struct group *group, const char *text, size_t text_len)
{
	enum rd_bounce_kind kind;
	const char *why;

	if (group->any) {
		kind = kind_of_group(group, text, text_len);
		if (kind > r->bounce.kind) {
			why = behind_type(group->diagnostic);
			r->bounce.kind = kind;
			r->bounce.code = clean_line(
				group->code, strlen(group->code), RD_BOUNCE_CODE_MAX, r->arena);
			r->bounce.why = clean_line(why, strlen(why), RD_BOUNCE_WHY_MAX, r->arena);
		}
	}
	*group = (struct group){ .any = false };
}

static void take_field(struct reading *r, struct group *group, struct field *field)
{
	char *value = field->value;

	if (strcasecmp(field->name, "Action") == 0) {
		group->any = true;
		copy_word(group->action, sizeof group->action, value);
	} else if (strcasecmp(field->name, "Status") == 0) {
		group->any = true;
		copy_word(group->code, sizeof group->code, value);
		if (rd_bounce_of_code(group->code) == RD_BOUNCE_NONE &&
			!rd_bounce_find_code(value, strlen(value), group->code))
			group->code[0] = '\0';
	} else if (strcasecmp(field->name, "Diagnostic-Code") == 0) {
		memcpy(group->diagnostic, value, strlen(value) + 1);
	} else if (strcasecmp(field->name, "Final-Recipient") == 0 ||
		   strcasecmp(field->name, "Original-Recipient") == 0) {
		undo_xtext(value);
		add_addresses(r, value, strlen(value));
	}
}

static void read_status(struct reading *r, const struct rd_bounce_source *source, size_t own)
{
	struct fields fields = { .text = source->status, .len = source->status_len };
	struct group group = { .any = false };
	struct field field;
	bool blank;

	if (fields.len > RD_BOUNCE_TEXT_MAX)
		fields.len = RD_BOUNCE_TEXT_MAX;
	while (next_field(&fields, &field, &blank)) {
		if (blank)
			end_group(r, &group, source->text, own);
		else
			take_field(r, &group, &field);
	}
	end_group(r, &group, source->text, own);
}

/* --- prose --- */

/* The line that holds the code, or the refusal, or says what is wrong. */
static const char *telling_line(
	const char *text, size_t len, const char *code, struct rd_arena *arena)
{
	struct fields lines = { .text = text, .len = len };
	const char *line, *best = "";
	size_t n, n_best = 0;
	bool sure = false;

	while (!sure && next_line(&lines, &line, &n)) {
		const bool has_code = code[0] != '\0' && rd_text_find(line, n, code) != NULL;

		sure = has_code || rd_bounce_find_reply(line, n) != 0;
		if (sure || (n_best == 0 && rd_bounce_of_words(line, n) != RD_BOUNCE_NONE)) {
			best = line;
			n_best = n;
		}
	}
	return clean_line(best, n_best, RD_BOUNCE_WHY_MAX, arena);
}

static void read_prose(struct reading *r, const char *text, size_t own)
{
	char code[RD_BOUNCE_CODE_MAX] = "";

	if (rd_bounce_says_delayed(text, own)) {
		r->bounce.kind = RD_BOUNCE_DELAYED;
		(void)rd_bounce_find_code(text, own, code);
	} else {
		r->bounce.kind = failed_kind(code, text, own, "", 0);
	}
	r->bounce.code = clean_line(code, strlen(code), RD_BOUNCE_CODE_MAX, r->arena);
	r->bounce.why = telling_line(text, own, code, r->arena);
}

/* --- all of it --- */

static enum rd_rc begin(struct reading *r, struct rd_arena *arena, struct rd_err *err)
{
	*r = (struct reading){ .arena = arena, .bounce = { .code = "", .why = "", .subject = "" } };
	r->recipients = rd_arena_array(arena, RD_BOUNCE_RECIPIENTS_MAX, sizeof *r->recipients);
	return r->recipients ? RD_OK
			     : rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
}

static enum rd_rc end(
	struct reading *r, const char *returned, struct rd_bounce *ret_bounce, struct rd_err *err)
{
	if (returned)
		r->bounce.subject =
			clean_line(returned, strlen(returned), RD_SUBJECT_BYTES_MAX, r->arena);
	r->bounce.recipients = r->recipients;
	r->bounce.n_recipients = r->n_recipients;
	if (rd_arena_overflowed(r->arena))
		return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
	*ret_bounce = r->bounce;
	return RD_OK;
}

enum rd_rc rd_bounce_read(const struct rd_bounce_source *source, struct rd_arena *arena,
	struct rd_bounce *ret_bounce, struct rd_err *err)
{
	struct rd_bounce_source s = *source;
	struct reading r;
	size_t own;

	RD_TRY(begin(&r, arena, err));
	if (!s.text) {
		s.text = "";
		s.text_len = 0;
	}
	own = rd_bounce_own_words(
		s.text, s.text_len < RD_BOUNCE_TEXT_MAX ? s.text_len : RD_BOUNCE_TEXT_MAX);
	if (s.status)
		read_status(&r, &s, own);
	if (s.failed)
		add_addresses(&r, s.failed, strlen(s.failed));
	/* Some write a status part without a recipient, or none that says what happened. */
	if (r.bounce.kind == RD_BOUNCE_NONE)
		read_prose(&r, s.text, own);
	add_addresses(&r, s.text, own);
	return end(&r, s.returned, ret_bounce, err);
}

/* Not `not-spam`, and not what a checker of domains or viruses reports without anybody's asking
 * (auth-failure, RFC 6591). */
static bool is_complaint(const char *type)
{
	static const char *const complaints[] = { "abuse", "fraud", "opt-out", "other" };

	for (size_t i = 0; i < sizeof complaints / sizeof complaints[0]; i++)
		if (strncasecmp(type, complaints[i], strlen(complaints[i])) == 0)
			return true;
	return false;
}

enum rd_rc rd_abuse_read(const char *text, size_t len, const char *returned, struct rd_arena *arena,
	struct rd_bounce *ret_bounce, bool *ret_complains, struct rd_err *err)
{
	struct fields fields = { .text = text,
		.len = len < RD_BOUNCE_TEXT_MAX ? len : RD_BOUNCE_TEXT_MAX };
	struct reading r;
	struct field field;
	bool blank, complains = false;

	RD_TRY(begin(&r, arena, err));
	while (next_field(&fields, &field, &blank)) {
		if (strcasecmp(field.name, "Feedback-Type") == 0) {
			complains = is_complaint(field.value);
			r.bounce.why = clean_line(
				field.value, strlen(field.value), RD_BOUNCE_WHY_MAX, arena);
		} else if (strcasecmp(field.name, "Original-Rcpt-To") == 0 ||
			   strcasecmp(field.name, "Removal-Recipient") == 0) {
			add_addresses(&r, field.value, strlen(field.value));
		}
	}
	RD_TRY(end(&r, returned, ret_bounce, err));
	*ret_complains = complains;
	return RD_OK;
}
