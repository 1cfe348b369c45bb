#include "redress/policy/anonymise.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define NAME_LETTERS_MIN 2

/* Words with a capital that tell nobody. */
static const char *const known[] = { "I", "I'm", "I'll", "We", "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday", "Sunday", "January", "February", "March", "April", "May",
	"June", "July", "August", "September", "October", "November", "December", "Christmas",
	"Easter", "Ombudsman", "Ombudsman's", "Housing", "Code", "Act", "Complaint", "Handling",
	"Equality", "Awaab's", "Law", "Regulator", "Board", "English", "Welsh" };
static const char *const titles[] = { "Mr", "Mrs", "Ms", "Miss", "Mx", "Dr", "Cllr", "Councillor" };

static bool is_one_of(const char *word, size_t len, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && strncmp(list[i], word, len) == 0)
			return true;
	return false;
}

/* Letters, and what stands within a word: bytes beyond ASCII are letters of a name. */
static bool is_letter(char c)
{
	return isalpha((unsigned char)c) != 0 || (unsigned char)c >= 0x80;
}

static bool is_capital(char c)
{
	return isupper((unsigned char)c) != 0 || (unsigned char)c >= 0xc3;
}

static bool same_words(const char *a, const char *b, size_t len)
{
	return strncasecmp(a, b, len) == 0;
}

/* "Owner's" is "Owner". */
static size_t without_ending(const char *word, size_t len)
{
	return len > 2 && word[len - 1] == 's' && word[len - 2] == '\'' ? len - 2 : len;
}

static bool is_name(const char *word, size_t len, const char *const *names, size_t n_names)
{
	const size_t bare = without_ending(word, len);

	for (size_t i = 0; i < n_names; i++) {
		const char *at = names[i];

		while (*at != '\0') {
			size_t n = 0;

			while (*at != '\0' && !is_letter(*at))
				at++;
			while (at[n] != '\0' && (is_letter(at[n]) || at[n] == '\''))
				n++;
			if (n >= NAME_LETTERS_MIN && (n == len || n == bare) &&
				same_words(at, word, n))
				return true;
			at += n;
		}
	}
	return false;
}

struct word {
	const char *text; /* up to the next blank */
	size_t len;
	const char *core; /* without the marks around it */
	size_t core_len;
};

static struct word word_at(const char *text)
{
	struct word w = { .text = text, .len = strcspn(text, " \t\r\n") };

	w.core = text;
	w.core_len = w.len;
	while (w.core_len > 0 && !is_letter(w.core[0]) && !isdigit((unsigned char)w.core[0])) {
		w.core++;
		w.core_len--;
	}
	while (w.core_len > 0 && !is_letter(w.core[w.core_len - 1]) &&
		!isdigit((unsigned char)w.core[w.core_len - 1]))
		w.core_len--;
	return w;
}

static bool holds(const struct word *w, const char *what)
{
	const size_t n = strlen(what);

	for (size_t i = 0; i + n <= w->len; i++)
		if (strncasecmp(w->text + i, what, n) == 0)
			return true;
	return false;
}

static bool tells(const struct word *w, bool first, bool behind_title, bool before_capital,
	const char *const *names, size_t n_names)
{
	if (w->core_len == 0)
		return false;
	for (size_t i = 0; i < w->len; i++)
		if (isdigit((unsigned char)w->text[i]))
			return true;
	if (memchr(w->text, '@', w->len) != NULL || holds(w, "www.") || holds(w, "://"))
		return true;
	if (behind_title || is_name(w->core, w->core_len, names, n_names))
		return true;
	if (is_one_of(w->core, w->core_len, titles, sizeof titles / sizeof titles[0]))
		return true;
	return is_capital(w->core[0]) && (!first || before_capital) &&
	       !is_one_of(w->core, w->core_len, known, sizeof known / sizeof known[0]);
}

static bool ends_sentence(const struct word *w)
{
	return w->len > 0 && strchr(".!?:", w->text[w->len - 1]) != NULL;
}

/* The next word has a capital and is none of those that tell nobody: "Ola Owner came". */
static bool is_followed_by_name(const struct word *w)
{
	const struct word next = word_at(w->text + w->len + (w->text[w->len] == ' '));

	return !ends_sentence(w) && next.core_len > 1 && is_capital(next.core[0]) &&
	       !is_one_of(next.core, next.core_len, known, sizeof known / sizeof known[0]);
}

enum rd_rc rd_anonymise(const char *text, const char *const *names, size_t n_names,
	struct rd_buf *out, struct rd_err *err)
{
	bool first = true, behind_title = false, left_out = false;

	while (*text != '\0') {
		const size_t blanks = strspn(text, " \t\r\n");
		const struct word w = word_at(text + blanks);

		if (w.len == 0)
			break;
		if (memchr(text, '\n', blanks) != NULL)
			first = true;
		if (tells(&w, first, behind_title, is_followed_by_name(&w), names, n_names)) {
			if (!left_out)
				RD_TRY(rd_buf_printf(out, err, "%s%s", out->len > 0 ? " " : "",
					RD_ANONYMISE_LEFT_OUT));
			if (ends_sentence(&w))
				RD_TRY(rd_buf_add(out, w.text + w.len - 1, 1, err));
			left_out = !ends_sentence(&w);
		} else {
			RD_TRY(rd_buf_printf(
				out, err, "%s%.*s", out->len > 0 ? " " : "", (int)w.len, w.text));
			left_out = false;
		}
		behind_title =
			is_one_of(w.core, w.core_len, titles, sizeof titles / sizeof titles[0]);
		first = ends_sentence(&w) && !behind_title;
		text = w.text + w.len;
	}
	return RD_OK;
}
