#include "redress/intake/imap_scan.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { IN_LINE, IN_NUMBER, AFTER_BRACE, AFTER_CR };

#define DIGITS_MAX 10 /* 4294967295: RFC 3501 9, nz-number */

void rd_imap_scan_init(struct rd_imap_scan *scan, uint64_t literal_max)
{
	memset(scan, 0, sizeof *scan);
	scan->literal_max = literal_max;
}

void rd_imap_words(const char *text, char *out, size_t size)
{
	size_t len = 0;
	for (; *text && len + 1 < size; text++)
		out[len++] = *text >= ' ' && *text <= '~' ? *text : '?';
	out[len] = '\0';
}

/* One flag of RFC 3501 9: an atom, `\\` before it or not, or `\\*`. NULL: it is none. */
static const char *skip_flag(const char *at)
{
	static const char atom[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				   "!#$&'+,-./:;<=>?@^_`|~";
	if (strncmp(at, "\\*", 2) == 0)
		return at + 2;
	at += *at == '\\';
	size_t len = strspn(at, atom);
	return len > 0 ? at + len : NULL;
}

/* "[PERMANENTFLAGS (" flags ")] " and words, exactly, or not there at all. */
static bool permanent_flags_fine(const char *line)
{
	const char *at = strcasestr(line, "PERMANENTFLAGS");
	if (!at)
		return true;
	at += strlen("PERMANENTFLAGS");
	if (strncmp(at, " (", 2) != 0)
		return false;
	at += 2;
	while (*at != ')') {
		at = skip_flag(at);
		if (!at || (*at != ' ' && *at != ')'))
			return false;
		at += at[0] == ' ' && at[1] != ')';
	}
	if (strncmp(at, ")] ", 3) != 0 || !at[3])
		return false;
	for (at += 3; *at; at++)
		if (*at < ' ' || *at > '~')
			return false;
	return true;
}

/* The word behind the `*` of an untagged answer, however many blanks libetpan would pass over; ""
 * for any other line. */
static const char *untagged_word(const char *head)
{
	return *head == '*' ? head + 1 + strspn(head + 1, " \t") : "";
}

/* "* 5 FETCH ": we ask for nothing else that holds a literal. In the words of any other answer a
 * `{5}` is text to libetpan, and what came behind it would pass here unseen. */
static bool may_hold_literal(const char *head)
{
	const char *word = untagged_word(head);
	size_t digits = strspn(word, "0123456789");
	return digits > 0 && strncasecmp(word + digits, " FETCH ", 7) == 0;
}

static enum rd_rc check_line(struct rd_imap_scan *scan, struct rd_err *err)
{
	char *head = scan->head;
	if (scan->head_len > 0 && head[scan->head_len - 1] == '\r')
		scan->head_len--;
	head[scan->head_len] = '\0';
	const char *word = untagged_word(head);
	if (strncasecmp(word, "BYE", 3) == 0 && (word[3] == ' ' || !word[3])) {
		char words[200];
		rd_imap_words(word[3] ? word + 4 : "", words, sizeof words);
		return rd_fail(err, RD_E_AGAIN, "the server ended the session: %s", words);
	}
	if (strncasecmp(word, "NAMESPACE", 9) == 0)
		return rd_fail(
			err, RD_E_INPUT, "the server sent a NAMESPACE that nobody asked for");
	if (strcasestr(head, "[BADCHARSET"))
		return rd_fail(
			err, RD_E_INPUT, "the server speaks of a charset that nobody gave it");
	if (!permanent_flags_fine(head))
		return rd_fail(err, RD_E_INPUT, "the server sent a broken PERMANENTFLAGS");
	return RD_OK;
}

static enum rd_rc end_line(struct rd_imap_scan *scan, bool literal, struct rd_err *err)
{
	if (literal) {
		if (scan->number > scan->literal_max)
			return rd_fail(err, RD_E_RANGE,
				"the server announced a piece of %llu bytes; at most %llu were "
				"asked "
				"for",
				(unsigned long long)scan->number,
				(unsigned long long)scan->literal_max);
		scan->head[scan->head_len] = '\0';
		if (!may_hold_literal(scan->head))
			return rd_fail(err, RD_E_INPUT,
				"the server announced a piece where none has its place");
		scan->literal_left = scan->number;
		scan->state = IN_LINE; /* the line goes on behind the literal */
		return RD_OK;
	}
	RD_TRY(check_line(scan, err));
	scan->state = IN_LINE;
	scan->line_bytes = 0;
	scan->head_len = 0;
	scan->depth = 0;
	return RD_OK;
}

static enum rd_rc next_state(struct rd_imap_scan *scan, char c, struct rd_err *err)
{
	if (c == '{') {
		scan->state = IN_NUMBER;
		scan->number = 0;
		scan->digits = 0;
		return RD_OK;
	}
	switch (scan->state) {
	case IN_NUMBER:
		if (c >= '0' && c <= '9') {
			scan->number = scan->number * 10 + (uint64_t)(c - '0');
			if (++scan->digits > DIGITS_MAX || scan->number > UINT32_MAX)
				return rd_fail(err, RD_E_RANGE,
					"the server announced a piece longer than IMAP allows");
			return RD_OK;
		}
		if (c == '+' &&
			scan->digits) /* LITERAL+ has no place in an answer, but costs nothing */
			return RD_OK;
		scan->state = c == '}' && scan->digits ? AFTER_BRACE : IN_LINE;
		return RD_OK;
	case AFTER_BRACE:
		scan->state = c == '\r' ? AFTER_CR : IN_LINE;
		return RD_OK;
	default:
		scan->state = IN_LINE;
		return RD_OK;
	}
}

enum rd_rc rd_imap_scan_feed(
	struct rd_imap_scan *scan, const void *data, size_t len, struct rd_err *err)
{
	const char *at = data;
	const char *end = at + len;
	while (at < end) {
		if (scan->literal_left) {
			uint64_t skip = (uint64_t)(end - at);
			if (skip > scan->literal_left)
				skip = scan->literal_left;
			scan->literal_left -= skip;
			at += skip;
			continue;
		}
		char c = *at++;
		if (++scan->line_bytes > RD_IMAP_LINE_MAX)
			return rd_fail(err, RD_E_RANGE,
				"the server sent a line of more than %u bytes", RD_IMAP_LINE_MAX);
		if (c == '\n') {
			RD_TRY(end_line(
				scan, scan->state == AFTER_BRACE || scan->state == AFTER_CR, err));
			continue;
		}
		if (c == '\0') /* RFC 3501 9, TEXT-CHAR */
			return rd_fail(err, RD_E_INPUT, "the server sent a NUL in a line");
		scan->head[scan->head_len++] = c; /* never more than line_bytes */
		if (c == '(' && ++scan->depth > RD_IMAP_DEPTH_MAX)
			return rd_fail(err, RD_E_INPUT,
				"the server sent brackets nested more than %d deep",
				RD_IMAP_DEPTH_MAX);
		if (c == ')' && scan->depth)
			scan->depth--;
		RD_TRY(next_state(scan, c, err));
	}
	return RD_OK;
}
