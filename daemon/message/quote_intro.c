#include "redress/message/quote_intro.h"

#include <string.h>

#define INTRO_LINES	4
#define INTRO_BYTES_MAX 500
#define DATE_BYTES	24 /* in which its date begins */
#define NAME_WORDS_MAX	6  /* between the date and "wrote" */

/* What an introduction begins with, where it does not begin with a date or a name. */
static const char *const openings[] = { "On ", "At ", "Le ", "Am ", "Den ", "El ", "Il ", "Em ",
	"A ", "Op ", "W dniu ", "Dnia ", "În ", "In data ", "Pe ", "La data ", "Ar ", "Quoting ",
	"Στις ", "На ", "Më ", "---- On " };

/* "wrote", as it stands before a colon or before the name. */
static const char *const verbs[] = { "wrote", "writes", "said", "ysgrifennodd", "a écrit",
	"schrieb", "schreef", "skrev", "escribió", "ha scritto", "escreveu", "napisa", "pisze",
	"a scris", "kirjoitti", "şunu yazdı", "ezt írta", "napsal", "napísal", "rašė", "rakstīja",
	"shkroi", "piše:", "je napisao", "je napisala", "пишет", "пише", "написа", "έγραψε", "كتب",
	"نے لکھا", "ਲਿਖਿਆ", "লিখেছেন", "写道", "寫道" };

/* A person's own sentence about somebody, whatever its capital. */
static const char *const nobody_names[] = { "your ", "my ", "our ", "the ", "a ", "an ", "this ",
	"that ", "someone ", "somebody ", "he ", "she ", "they ", "we ", "you ", "i ", "one ",
	"his ", "her ", "their ", "another " };

/* The joined lines of what may be an introduction. */
struct joined {
	char text[INTRO_BYTES_MAX];
	size_t len;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool ends_with(const struct joined *j, const char *what)
{
	size_t n = strlen(what);

	return j->len >= n && memcmp(j->text + j->len - n, what, n) == 0;
}

static bool is_ascii_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A colon of any width, or Zoho's "wrote ----". */
static bool is_ended(const struct joined *j)
{
	return ends_with(j, ":") || ends_with(j, "：") || ends_with(j, "wrote ---") ||
	       ends_with(j, "wrote ----");
}

/* Could an introduction begin so? Most lines of most mails could not. */
static bool may_begin(const struct rd_quote_line *line)
{
	if (line->len < 8)
		return false;
	if (is_digit(line->text[0]) || memchr(line->text, '@', line->len) != NULL)
		return true;
	for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++)
		if (rd_text_starts(line->text, line->len, openings[i]))
			return true;
	/* "wt., 3 lis 2026", "Tue, 3 Nov 2026": the name of a day in some language */
	for (size_t i = 1; i < 10 && i + 2 < line->len; i++)
		if (line->text[i] == ',' || line->text[i] == '.')
			return true;
	/* "ti 3. marrask.", "tir 3. nov": two or three letters and a figure */
	for (size_t i = 2; i < 7 && i + 1 < line->len; i++)
		if (line->text[i] == ' ')
			return is_digit(line->text[i + 1]);
	return false;
}

/* The last verb of the line; "wrote" and not "rewrote". */
static const char *find_verb(const char *text, size_t len, size_t *ret_len)
{
	const char *best = NULL, *end = text + len;

	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		const char *at = best ? best + 1 : text;

		while ((at = rd_text_find(at, (size_t)(end - at), verbs[i])) != NULL) {
			if (!is_ascii_letter(*at) || at == text || !is_ascii_letter(at[-1])) {
				best = at;
				*ret_len = strlen(verbs[i]);
			}
			at++;
		}
	}
	return best;
}

static bool begins_with_one_of(const char *text, size_t len, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rd_text_starts(text, len, words[i]))
			return true;
	return false;
}

static bool names_nobody(const char *name, size_t len)
{
	return begins_with_one_of(
		name, len, nobody_names, sizeof nobody_names / sizeof nobody_names[0]);
}

static bool opens(const char *text, size_t len)
{
	return is_digit(text[0]) ||
	       begins_with_one_of(text, len, openings, sizeof openings / sizeof openings[0]);
}

/* A program's date stands at the beginning: behind "On", or the name of a day. */
static bool begins_with_date(const char *text, size_t len)
{
	for (size_t i = 0; i < len && i < DATE_BYTES; i++)
		if (is_digit(text[i]))
			return true;
	return false;
}

/* Is there a name between a date's last comma, or figure, and the verb (or behind the verb)? */
static bool names_somebody(const char *text, const char *verb, size_t verb_len, const char *end)
{
	const char *name = verb, *to = verb;

	while (to > text && to[-1] == ' ')
		to--;
	name = to;
	while (name > text && name[-1] != ',' && !is_digit(name[-1]))
		name--;
	if (name == to) { /* it stands behind: "schrieb Repairs:" */
		name = verb + verb_len;
		to = end;
	}
	while (name < to && (*name == ' ' || *name == '"' || *name == '\''))
		name++;
	if (rd_text_starts(name, (size_t)(to - name), "AM ") ||
		rd_text_starts(name, (size_t)(to - name), "PM "))
		name += 3;
	if (name >= to || *name == ':' || names_nobody(name, (size_t)(to - name)) ||
		rd_text_words(name, (size_t)(to - name)) > NAME_WORDS_MAX)
		return false;
	return (*name >= 'A' && *name <= 'Z') || (unsigned char)*name >= 0x80;
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && *at == ' ')
		at++;
	return at;
}

/* Where a program puts the address: "<a@b>" anywhere, "(a@b) wrote:", ", a@b wrote:". */
static bool is_placed(const char *text, const char *end, const char *verb, const char *address,
	const char *address_end)
{
	const char *behind;

	if (address == text)
		return skip_blanks(address_end, end) == verb;
	if (address[-1] == '<' ||
		(address - text > 8 && rd_text_starts(address - 8, 8, "<mailto:")))
		return true;
	while (address_end < end &&
		(*address_end == ')' || *address_end == '>' || *address_end == '"'))
		address_end++;
	behind = skip_blanks(address_end, end);
	if (address[-1] == '(')
		return behind == verb || (behind + 1 == end && *behind == ':');
	return behind == verb && address - text > 2 && address[-1] == ' ' && address[-2] == ',';
}

static bool judge(const struct joined *j, enum rd_intro_is *ret_is)
{
	const char *text = j->text, *end = j->text + j->len, *address = NULL;
	size_t verb_len = 0, address_len = 0;
	const char *verb = find_verb(text, j->len, &verb_len);
	bool date, time, placed;

	if (names_nobody(text, j->len) && !opens(text, j->len))
		return false;
	rd_text_dates(text, j->len, &date, &time);
	placed = rd_text_address(text, j->len, &address, &address_len) &&
		 is_placed(text, end, verb ? verb : end, address, address + address_len);
	*ret_is = RD_INTRO_SURE;
	if (placed && (verb || rd_text_starts(text, j->len, "Quoting ")) &&
		(date || time || address + address_len + 3 >= (verb ? verb : end - 2)))
		return true;
	/* "2026-11-03 17:21 GMT+00:00 Repairs <repairs@example.org>:", and the Russian of Gmail */
	if (placed && date && ends_with(j, ">:"))
		return true;
	if (!verb || (!date && !time) || !opens(text, j->len) || !begins_with_date(text, j->len))
		return false;
	/* Without an address a person may have written it: "On 12/11/2026 at 10:30 your surveyor
	 * wrote:". */
	*ret_is = date && time && (memchr(text, ',', j->len) || verb[0] == 's') &&
				  names_somebody(text, verb, verb_len, end)
			  ? RD_INTRO_LIKELY
			  : RD_INTRO_IF_QUOTED;
	return true;
}

/* Keeps where in the body the address stands, for the joined text goes. */
static void note_address(const struct rd_body *body, uint32_t from, struct rd_intro *intro)
{
	if (!rd_text_address(
		    body->text + from, intro->next - from, &intro->address, &intro->address_len))
		intro->address = NULL;
}

bool rd_line_intro(const struct rd_body *body, const struct rd_quote_line *line, unsigned depth,
	struct rd_intro *ret_intro)
{
	struct joined joined = { .len = 0 };
	struct rd_intro intro = { 0 };
	struct rd_quote_line next = rd_line_unquoted(line, depth);

	if (!may_begin(&next))
		return false;
	for (int i = 0; i < INTRO_LINES; i++) {
		if (next.len == 0 || next.len + 2 > sizeof joined.text - joined.len)
			return false;
		if (i > 0)
			joined.text[joined.len++] = ' ';
		memcpy(joined.text + joined.len, next.text, next.len);
		joined.len += next.len;
		if (is_ended(&joined) && judge(&joined, &intro.is)) {
			intro.next = next.next;
			note_address(body, line->from, &intro);
			*ret_intro = intro;
			return true;
		}
		if (next.next >= body->len)
			return false;
		next = rd_line_at(body, next.next);
		if (rd_line_depth(&next) < depth)
			return false;
		next = rd_line_unquoted(&next, depth);
	}
	return false;
}
