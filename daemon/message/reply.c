#include "redress/message/reply.h"

#include <stdbool.h>
#include <string.h>

#define GREETING_WORDS_MAX 4
#define NAME_WORDS_MAX	   3 /* behind a sign-off, on its line or the next */

const char *const rd_reply_names[RD_N_REPLIES + 1] = { "none", "thanks", "agrees", "withdraws",
	"stage2", "content", NULL };

/* As what is written comes to be spelt: small letters and digits, one blank between words, no
 * apostrophes. */
static const char *const thanks[] = { "thank you", "thanks", "thank you very much",
	"thank you so much", "thanks very much", "thanks so much", "many thanks", "thanks a lot",
	"ok thanks", "ok thank you", "okay thanks", "okay thank you", "great thanks",
	"great thank you", "lovely thanks", "lovely thank you", "perfect thanks",
	"perfect thank you", "brilliant thanks", "brilliant thank you", "thats great thanks",
	"thats great thank you", "that is great thank you", "thank you for your help",
	"thanks for your help", "thank you for all your help", "thanks for all your help",
	"thank you for letting me know", "thanks for letting me know", "thank you for your reply",
	"thanks for your reply", "thank you for your email", "thanks for your email",
	"thank you for your letter", "thanks for your letter", "thank you for your response",
	"thanks for your response", "thank you for your message", "thanks for your message",
	"thank you for getting back to me", "thanks for getting back to me", "noted thank you",
	"noted thanks", "cheers", "diolch", "diolch yn fawr", NULL };

/* Behind thanks: there is nothing more that she wants. */
static const char *const content[] = { "that is fine", "thats fine", "that is fine now",
	"thats fine now", "that is all fine", "thats all fine", "that is all fine now",
	"thats all fine now", "all is fine now", "it is all fine now", "its all fine now",
	"everything is fine now", "all is well now", "all good", "all good now", "that is all",
	"thats all", "it is all sorted", "its all sorted", "it is all sorted now",
	"its all sorted now", "it is sorted now", "its sorted now", "it is mended now",
	"its mended now", "it is fixed now", "its fixed now", "i am happy with that",
	"im happy with that", "i am happy now", "im happy now", NULL };

static const char *const agrees[] = { "yes", "yes thats right", "yes that is right",
	"yes thats correct", "yes that is correct", "thats right", "that is right", "thats correct",
	"that is correct", "correct", "yes correct", "i agree", "yes i agree", "agreed",
	"yes agreed", "i agree with that", "i agree with this", "i agree with the definition",
	"i agree with your understanding", "yes that is my complaint", "that is my complaint",
	"yes thats my complaint", "you have understood it correctly",
	"you have understood my complaint", NULL };

static const char *const withdraws[] = { "i withdraw my complaint",
	"i would like to withdraw my complaint", "id like to withdraw my complaint",
	"i want to withdraw my complaint", "i wish to withdraw my complaint",
	"please withdraw my complaint", "please close my complaint", "please close my case",
	"please close the case", "please close the complaint", "please cancel my complaint",
	"i want to cancel my complaint", "i would like to cancel my complaint",
	"i no longer want to complain", "i no longer wish to complain",
	"i do not want to complain any more", "i dont want to complain any more",
	"i dont want to complain anymore", "i do not want to complain anymore",
	"i do not want to continue with my complaint", "i dont want to continue with my complaint",
	"i do not wish to continue with my complaint", "i dont want to go on with my complaint",
	"i do not want to go on with my complaint", NULL };

static const char *const stage2[] = { "stage 2", "stage two", "i want stage 2", "i want stage two",
	"i would like stage 2", "i would like stage two", "i ask for stage 2",
	"i ask for stage two", "i want to go to stage 2", "i want to go to stage two",
	"i would like to go to stage 2", "i would like to go to stage two",
	"id like to go to stage 2", "escalate", "escalate my complaint",
	"escalate my complaint to stage 2", "escalate my complaint to stage two",
	"escalate this to stage 2", "escalate this to stage two", "escalate it to stage 2",
	"escalate to stage 2", "i want to escalate my complaint",
	"i would like to escalate my complaint", "i want to escalate my complaint to stage 2",
	"i would like to escalate my complaint to stage 2", "take my complaint to stage 2",
	"take my complaint to stage two", "move my complaint to stage 2",
	"move my complaint to stage two", "take this to stage 2", "take this to stage two",
	"i am not happy with your answer i want stage 2", NULL };

/* --- spelling --- */

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* ' and the curly one, which is three bytes of UTF-8. */
static size_t apostrophe(const char *at, size_t left)
{
	if (*at == '\'')
		return 1;
	return left >= 3 && memcmp(at, "\xe2\x80\x99", 3) == 0 ? 3 : 0;
}

/* One line of it; returns its words. A byte that is no ASCII letter, digit or mark stands for a
 * word that no list has. */
static size_t spell(const char *line, size_t len, char *out, size_t size)
{
	size_t n = 0, n_words = 0;

	for (size_t i = 0; i < len && n + 2 < size;) {
		const size_t skip = apostrophe(line + i, len - i);
		const char c = small(line[i]);

		i += skip > 0 ? skip : 1;
		if (skip > 0)
			continue;
		if (is_word(c) || (unsigned char)c >= 0x80) {
			if (n == 0 || out[n - 1] == ' ')
				n_words++;
			out[n++] = (unsigned char)c >= 0x80 ? '?' : c;
		} else if (n > 0 && out[n - 1] != ' ') {
			out[n++] = ' ';
		}
	}
	while (n > 0 && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return n_words;
}

/* --- lines --- */

static bool is_one_of(const char *text, const char *const *list)
{
	for (size_t i = 0; list[i] != NULL; i++)
		if (strcmp(text, list[i]) == 0)
			return true;
	return false;
}

static bool begins_with_any(const char *line, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		const size_t len = strlen(words[i]);

		if (strncmp(line, words[i], len) == 0 && (line[len] == '\0' || line[len] == ' '))
			return true;
	}
	return false;
}

/* "Hello", "Dear Sir or Madam", and whomever a comma names; never "hello nobody came". */
static bool is_greeting(const char *line, size_t n_words, const char *as_written, size_t len)
{
	static const char *const words[] = { "hi", "hello", "dear", "good morning",
		"good afternoon", "good evening", NULL };
	static const char *const whole[] = { "hi", "hello", "good morning", "good afternoon",
		"good evening", "hi there", "hello there", "hi all", "hello all", "hi team",
		"hello team", "dear team", "dear all", "dear sir", "dear madam",
		"dear sir or madam", "dear sir madam", "dear sirs", "dear complaints team",
		"hi complaints team", "hello complaints team", NULL };

	while (len > 0 && (as_written[len - 1] == ' ' || as_written[len - 1] == '\r'))
		len--;
	return is_one_of(line, whole) ||
	       (n_words <= GREETING_WORDS_MAX && len > 0 && as_written[len - 1] == ',' &&
		       begins_with_any(line, words));
}

/* The length of the sign-off that the line begins with; 0: none. */
static size_t sign_off_len(const char *line)
{
	static const char *const words[] = { "regards", "kind regards", "best regards",
		"warm regards", "best wishes", "yours sincerely", "yours faithfully", "yours truly",
		"sincerely", NULL };

	for (size_t i = 0; words[i] != NULL; i++) {
		const size_t len = strlen(words[i]);

		if (strncmp(line, words[i], len) == 0 && (line[len] == '\0' || line[len] == ' '))
			return len;
	}
	return 0;
}

/* Every word begins with a capital or a figure, as a name and a flat do. Whatever stands behind a
 * sign-off and is none is something that she says. */
static bool is_name(const char *as_written, size_t len)
{
	bool in_word = false;

	for (size_t i = 0; i < len; i++) {
		const char c = as_written[i];
		const bool letter = is_word(small(c)) || (unsigned char)c >= 0x80;

		if (letter && !in_word && c >= 'a' && c <= 'z')
			return false;
		in_word = letter || c == '\'' || c == '-';
	}
	return true;
}

struct words {
	char text[RD_REPLY_BYTES_MAX * 2];
	size_t len;
	bool signed_off, named;
	bool too_much;
};

static void add_line(struct words *words, const char *line, size_t len)
{
	char spelt[RD_REPLY_BYTES_MAX + 3];
	const size_t n_words = spell(line, len, spelt, sizeof spelt);

	/* A question is not yet a word of hers. */
	words->too_much = words->too_much || memchr(line, '?', len) != NULL;
	if (n_words == 0 || (words->len == 0 && is_greeting(spelt, n_words, line, len)))
		return;
	if (words->signed_off) {
		words->too_much = words->too_much || words->named || n_words > NAME_WORDS_MAX ||
				  !is_name(line, len);
		words->named = true;
		return;
	}
	if (words->len > 0 && sign_off_len(spelt) > 0) {
		words->signed_off = true;
		words->too_much = words->too_much || spelt[sign_off_len(spelt)] != '\0';
		return;
	}
	if (words->len + strlen(spelt) + 2 > sizeof words->text) {
		words->too_much = true;
		return;
	}
	if (words->len > 0)
		words->text[words->len++] = ' ';
	memcpy(words->text + words->len, spelt, strlen(spelt) + 1);
	words->len += strlen(spelt);
}

static void add_lines(struct words *words, const char *text, size_t len)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		const size_t n = end != NULL ? (size_t)(end - text) : len;

		add_line(words, text, n);
		text += n < len ? n + 1 : n;
		len -= n < len ? n + 1 : n;
	}
}

/* --- what it is --- */

/* "please" before, "please" and thanks behind change nothing but of thanks themselves. */
static void trim_courtesies(char *text)
{
	static const char *const tails[] = { " please", " thank you", " thanks", " many thanks",
		NULL };

	if (strncmp(text, "please ", 7) == 0 && strncmp(text, "please withdraw", 15) != 0 &&
		strncmp(text, "please close", 12) != 0 && strncmp(text, "please cancel", 13) != 0)
		memmove(text, text + 7, strlen(text + 7) + 1);
	for (size_t i = 0; tails[i] != NULL; i++) {
		const size_t len = strlen(text), tail = strlen(tails[i]);

		if (len > tail && strcmp(text + len - tail, tails[i]) == 0)
			text[len - tail] = '\0';
	}
}

static bool is_content(const char *text)
{
	for (size_t i = 0; thanks[i] != NULL; i++) {
		const size_t len = strlen(thanks[i]);

		if (strncmp(text, thanks[i], len) == 0 && text[len] == ' ' &&
			is_one_of(text + len + 1, content))
			return true;
	}
	return false;
}

bool rd_message_asks_stage2(const struct rd_message *message)
{
	for (size_t i = 0; i < message->n_spans; i++) {
		const struct rd_span *span = &message->spans[i];
		const char *at = message->body + span->from, *end = message->body + span->to;

		if (span->kind != RD_SPAN_NEW)
			continue;
		while (at < end) {
			char spelt[RD_REPLY_BYTES_MAX + 3];
			size_t len = 0;

			while (at + len < end && strchr(".!?\n", at[len]) == NULL)
				len++;
			if (len <= RD_REPLY_BYTES_MAX && (at + len == end || at[len] != '?')) {
				spell(at, len, spelt, sizeof spelt);
				trim_courtesies(spelt);
				if (is_one_of(spelt, stage2))
					return true;
			}
			at += at + len < end ? len + 1 : len;
		}
	}
	return false;
}

enum rd_reply rd_message_reply(const struct rd_message *message)
{
	struct words words = { .len = 0 };
	size_t n_bytes = 0;

	if (message->nothing_new || rd_message_troubled(message))
		return RD_REPLY_NONE;
	for (size_t i = 0; i < message->n_spans; i++) {
		const struct rd_span *span = &message->spans[i];

		if (span->kind != RD_SPAN_NEW)
			continue;
		n_bytes += span->to - span->from;
		if (n_bytes > RD_REPLY_BYTES_MAX)
			return RD_REPLY_NONE;
		add_lines(&words, message->body + span->from, span->to - span->from);
	}
	if (words.too_much || words.len == 0)
		return RD_REPLY_NONE;
	if (is_one_of(words.text, thanks))
		return RD_REPLY_THANKS;
	if (is_content(words.text))
		return RD_REPLY_CONTENT;
	trim_courtesies(words.text);
	if (is_one_of(words.text, agrees))
		return RD_REPLY_AGREES;
	if (is_one_of(words.text, withdraws))
		return RD_REPLY_WITHDRAWS;
	return is_one_of(words.text, stage2) ? RD_REPLY_STAGE2 : RD_REPLY_NONE;
}
