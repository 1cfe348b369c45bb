#include "redress/message/sms.h"

#include <string.h>
#include <unistr.h>
#include "redress/base/limits.h"
#include "redress/message/charset.h"
#include "redress/message/plain.h"

/* E.164 section 6: at most fifteen digits. */
#define E164_DIGITS_MIN	 8
#define E164_DIGITS_MAX	 15
#define NUMBER_CHARS_MAX 64

#define GSM_ONE_PART  160
#define GSM_PART      153
#define UCS2_ONE_PART 70
#define UCS2_PART     67

#define WORD_CHARS_MAX 64

/* 3GPP TS 23.038 section 6.2.1, what stands beyond ASCII in the basic character set. */
static const unsigned short gsm_beyond_ascii[] = { 0x00A1, 0x00A3, 0x00A4, 0x00A5, 0x00A7, 0x00BF,
	0x00C4, 0x00C5, 0x00C6, 0x00C7, 0x00C9, 0x00D1, 0x00D6, 0x00D8, 0x00DC, 0x00DF, 0x00E0,
	0x00E4, 0x00E5, 0x00E6, 0x00E8, 0x00E9, 0x00EC, 0x00F1, 0x00F2, 0x00F6, 0x00F8, 0x00F9,
	0x00FC, 0x0393, 0x0394, 0x0398, 0x039B, 0x039E, 0x03A0, 0x03A3, 0x03A6, 0x03A8, 0x03A9 };

/* Septets of a character, 0 where GSM 7 bit does not hold it. */
static unsigned gsm_septets(ucs4_t c)
{
	if (c == 0x20AC || c == '\f')
		return 2;
	if (c < 0x80) {
		if (strchr("^{}\\[~]|", (int)c) && c != 0)
			return 2;
		if (c == '\n' || c == '\r')
			return 1;
		return c >= 0x20 && c != '`' && c != 0x7F ? 1 : 0;
	}
	for (size_t i = 0; i < sizeof gsm_beyond_ascii / sizeof gsm_beyond_ascii[0]; i++)
		if (gsm_beyond_ascii[i] == c)
			return 1;
	return 0;
}

static size_t next_char(const char *text, size_t len, ucs4_t *ret_c)
{
	int n = u8_mbtouc(ret_c, (const uint8_t *)text, len);

	return n > 0 ? (size_t)n : 1;
}

struct rd_sms_size rd_sms_size(const char *text, size_t len)
{
	struct rd_sms_size size = { .gsm7 = true };
	unsigned one, part, used = 0;
	ucs4_t c;

	for (size_t i = 0; i < len && size.gsm7; i += next_char(text + i, len - i, &c)) {
		(void)next_char(text + i, len - i, &c);
		size.gsm7 = gsm_septets(c) > 0;
	}
	one = size.gsm7 ? GSM_ONE_PART : UCS2_ONE_PART;
	part = size.gsm7 ? GSM_PART : UCS2_PART;
	/* Packed greedily: what does not fit whole into a part begins the next. */
	for (size_t i = 0; i < len;) {
		unsigned need;

		i += next_char(text + i, len - i, &c);
		need = size.gsm7 ? gsm_septets(c) : (c > 0xFFFF ? 2 : 1);
		size.units += need;
		if (size.parts == 0 || used + need > part) {
			size.parts++;
			used = 0;
		}
		used += need;
	}
	if (size.units > 0 && size.units <= one)
		size.parts = 1;
	return size;
}

bool rd_phone_canonical(const char *number, char out[static RD_PHONE_MAX])
{
	char digits[NUMBER_CHARS_MAX + 1];
	size_t n = 0, len;
	bool plus = false, is_number = true;

	while (*number == ' ' || *number == '\t' || *number == '\r' || *number == '\n')
		number++;
	len = strlen(number);
	while (len > 0 && strchr(" \t\r\n", number[len - 1]))
		len--;
	for (size_t i = 0; i < len && is_number; i++) {
		char c = number[i];

		if (c >= '0' && c <= '9' && n < NUMBER_CHARS_MAX)
			digits[n++] = c;
		else if (c == '+' && n == 0 && !plus)
			plus = true;
		else if (!strchr(" ()-./", c))
			is_number = false;
	}
	digits[n] = '\0';
	if (is_number && n > 2 && !plus && strncmp(digits, "00", 2) == 0) {
		plus = true;
		memmove(digits, digits + 2, n - 1);
		n -= 2;
	}
	if (is_number && !plus && n >= 10 && n <= 11 && digits[0] == '0') {
		/* a national number: 0 and nine or ten digits */
		memmove(digits + 2, digits + 1, n);
		memcpy(digits, "44", 2);
		n++;
		plus = true;
	} else if (is_number && !plus && (n == 11 || n == 12) && strncmp(digits, "44", 2) == 0) {
		plus = true; /* as Notify and most carriers write it */
	}
	/* +44 (0)7700 ...: the 0 is the national prefix, and no UK number begins with one */
	if (plus && n > 3 && strncmp(digits, "440", 3) == 0) {
		memmove(digits + 2, digits + 3, n - 2);
		n--;
	}
	if (is_number && plus && n >= E164_DIGITS_MIN && n <= E164_DIGITS_MAX && digits[0] != '0') {
		out[0] = '+';
		memcpy(out + 1, digits, n + 1);
		return true;
	}
	if (len > RD_PHONE_MAX - 1)
		len = rd_utf8_cut(number, len, RD_PHONE_MAX - 1);
	memcpy(out, number, len);
	out[len] = '\0';
	return false;
}

bool rd_phone_is_uk_mobile(const char *canonical)
{
	/* Ofcom's National Telephone Numbering Plan: 071 to 075 and 077 to 079; 070 are personal
	 * numbers and 076 pagers, but for 07624, the Isle of Man's mobiles. */
	if (strncmp(canonical, "+447", 4) != 0 || strlen(canonical) != 13)
		return false;
	if (canonical[4] == '0')
		return false;
	return canonical[4] != '6' || strncmp(canonical + 4, "624", 3) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Twilio's words, then those that AWS adds, then the Welsh for STOP and START: each ends, or
 * begins, all texts to a number by convention. */
static const struct {
	const char *word;
	enum rd_bare_word means;
	bool may_answer;
} words[] = {
	{ "stop", RD_WORD_OPT_OUT, false },
	{ "stopall", RD_WORD_OPT_OUT, false },
	{ "stop all", RD_WORD_OPT_OUT, false },
	{ "unsubscribe", RD_WORD_OPT_OUT, false },
	{ "end", RD_WORD_OPT_OUT, true },
	{ "quit", RD_WORD_OPT_OUT, true },
	{ "cancel", RD_WORD_OPT_OUT, true },
	{ "revoke", RD_WORD_OPT_OUT, true },
	{ "optout", RD_WORD_OPT_OUT, false },
	{ "opt-out", RD_WORD_OPT_OUT, false },
	{ "opt out", RD_WORD_OPT_OUT, false },
	{ "arret", RD_WORD_OPT_OUT, false },
	{ "remove", RD_WORD_OPT_OUT, true },
	{ "td", RD_WORD_OPT_OUT, true },
	{ "stopiwch", RD_WORD_OPT_OUT, false },
	{ "start", RD_WORD_OPT_IN, false },
	{ "yes", RD_WORD_OPT_IN, true },
	{ "unstop", RD_WORD_OPT_IN, false },
	{ "dechrau", RD_WORD_OPT_IN, false },
};

#define N_WORDS (sizeof words / sizeof words[0])

/* The place of a whole text in the list; N_WORDS: it is none of them. *ret_word: small letters,
 * trimmed, to look for ours in. */
static size_t find_word(const char *text, size_t len, char word[static WORD_CHARS_MAX + 1])
{
	size_t from = 0, n = 0, at;

	word[0] = '\0';
	while (from < len && is_blank(text[from]))
		from++;
	while (len > from && is_blank(text[len - 1]))
		len--;
	if (len == from || len - from > WORD_CHARS_MAX)
		return N_WORDS;
	for (size_t i = from; i < len; i++)
		word[n++] =
			text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
	word[n] = '\0';
	at = n;
	if (word[n - 1] == '.' || word[n - 1] == '!') {
		at--;
		while (at > 0 && is_blank(word[at - 1]))
			at--;
	}
	for (size_t i = 0; i < N_WORDS; i++)
		if (strlen(words[i].word) == at && memcmp(word, words[i].word, at) == 0)
			return i;
	return N_WORDS;
}

/* "COMPLAINT", 'Complaint!', *complaint*: our own word with any punctuation around it. */
static bool is_complaint(const char *word)
{
	static const char around[] = " \t\r\n.,;:!?'\"()[]<>*_-";
	const char *from = word + strspn(word, around);
	size_t n = strlen(from);

	while (n > 0 && strchr(around, from[n - 1]))
		n--;
	return n == strlen("complaint") && memcmp(from, "complaint", n) == 0;
}

enum rd_bare_word rd_bare_word(const char *text, size_t len)
{
	char word[WORD_CHARS_MAX + 1];
	const size_t at = find_word(text, len, word);

	if (at < N_WORDS)
		return words[at].means;
	return is_complaint(word) ? RD_WORD_COMPLAINT : RD_WORD_NONE;
}

bool rd_word_may_answer(const char *text, size_t len)
{
	char word[WORD_CHARS_MAX + 1];
	const size_t at = find_word(text, len, word);

	return at < N_WORDS && words[at].may_answer;
}

enum rd_bare_word rd_message_word(const struct rd_message *message)
{
	char text[4 * WORD_CHARS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < message->n_spans; i++) {
		const struct rd_span *span = &message->spans[i];
		const char *from = message->body + span->from;
		size_t len = span->to - span->from;

		if (span->kind != RD_SPAN_NEW)
			continue;
		/* Blank lines between quoted blocks may be long; words may not. */
		while (len > 0 && is_blank(*from)) {
			from++;
			len--;
		}
		while (len > 0 && is_blank(from[len - 1]))
			len--;
		if (len == 0)
			continue;
		if (n + len + 1 > sizeof text)
			return RD_WORD_NONE;
		if (n > 0)
			text[n++] = '\n';
		memcpy(text + n, from, len);
		n += len;
	}
	return rd_bare_word(text, n);
}

enum rd_rc rd_sms_message(const char *from, const char *body, size_t len, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_err *err)
{
	char number[RD_PHONE_MAX];
	struct rd_plain plain = {
		.channel = RD_CHANNEL_SMS, .from = number, .body = body, .body_len = len
	};

	(void)rd_phone_canonical(from, number);
	return rd_plain_message(&plain, arena, ret_message, err);
}
