#include "redress/message/quote_lines.h"

#include <string.h>
#include <strings.h>

#define ATTRIBUTION_LINES     4
#define ATTRIBUTION_BYTES_MAX 500
#define HEADER_BLOCK_LINES    8
#define DEVICE_BYTES_MAX      100
#define DISCLAIMER_BYTES_MAX  4096
#define SIGNATURE_LINE_BYTES  100
#define CLOSING_BYTES_MAX     40
#define NAME_WORDS_MAX	      5

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool starts(const char *text, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && strncasecmp(text, with, n) == 0;
}

static bool equals(const struct rd_line *line, const char *with)
{
	return line->len == strlen(with) && strncasecmp(line->text, with, line->len) == 0;
}

static const char *find(const char *text, size_t len, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= len; i++)
		if (strncasecmp(text + i, what, n) == 0)
			return text + i;
	return NULL;
}

/* Blanks, among them the no-break space that HTML leaves behind. */
static size_t blank_at(const char *text, size_t len)
{
	if (len > 0 && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\f'))
		return 1;
	return len >= 2 && memcmp(text, "\xC2\xA0", 2) == 0 ? 2 : 0;
}

static void trim(struct rd_line *line)
{
	size_t n;

	while ((n = blank_at(line->text, line->len)) > 0) {
		line->text += n;
		line->len -= n;
	}
	for (;;) {
		if (line->len >= 1 && blank_at(line->text + line->len - 1, 1) == 1)
			line->len -= 1;
		else if (line->len >= 2 && blank_at(line->text + line->len - 2, 2) == 2)
			line->len -= 2;
		else
			return;
	}
}

struct rd_line rd_line_at(const struct rd_body *body, uint32_t at)
{
	const char *end = memchr(body->text + at, '\n', body->len - at);
	struct rd_line line = { .text = body->text + at, .from = at };

	line.len = end ? (size_t)(end - line.text) : body->len - at;
	line.next = at + (uint32_t)line.len + (end ? 1 : 0);
	trim(&line);
	return line;
}

bool rd_line_is_quoted(const struct rd_line *line)
{
	return line->len > 0 && line->text[0] == '>';
}

struct rd_line rd_line_unquoted(const struct rd_line *line)
{
	struct rd_line bare = *line;

	while (bare.len > 0 && bare.text[0] == '>') {
		bare.text++;
		bare.len--;
		trim(&bare);
	}
	return bare;
}

static bool names_reference(const struct rd_line *line, const char *words)
{
	struct rd_line bare = rd_line_unquoted(line);
	size_t n = strlen(words);

	if (bare.len > 0 && bare.text[0] == '*') { /* bold, as some turn HTML into text */
		bare.text++;
		bare.len--;
	}
	return starts(bare.text, bare.len, words) && bare.len > n + 2 && bare.len < n + 40 &&
	       is_digit(bare.text[n + 2]) && starts(bare.text + n, bare.len - n, "RD");
}

bool rd_line_begins_own_letter(const struct rd_line *line)
{
	return names_reference(line, "Our reference: ");
}

bool rd_line_ends_own_letter(const struct rd_line *line)
{
	return names_reference(line, "End of letter ");
}

/* A year, a time of day, a date in figures: what an attribution line is made of. */
static void look_for_date(const char *text, size_t len, bool *ret_date, bool *ret_time)
{
	*ret_date = *ret_time = false;
	for (size_t i = 0; i + 3 < len; i++) {
		bool starts_number = i == 0 || !is_digit(text[i - 1]);

		if (starts_number && is_digit(text[i]) && is_digit(text[i + 1]) &&
			is_digit(text[i + 2]) && is_digit(text[i + 3]) &&
			(starts(text + i, len - i, "19") || starts(text + i, len - i, "20")))
			*ret_date = true;
		if (starts_number && is_digit(text[i])) {
			size_t k = i + (is_digit(text[i + 1]) ? 2 : 1);

			if (k + 2 < len && (text[k] == ':' || text[k] == '.') &&
				is_digit(text[k + 1]) && is_digit(text[k + 2]))
				*ret_time = true;
			if (k + 2 < len && (text[k] == '/' || text[k] == '.' || text[k] == '-') &&
				is_digit(text[k + 1]) &&
				(text[k + 2] == text[k] || (k + 3 < len && text[k + 3] == text[k])))
				*ret_date = true;
		}
	}
}

/* First words and last words by language; where last is "", the line begins with a date. */
static const struct {
	const char *first, *last;
} attributions[] = {
	{ "On ", "wrote:" },
	{ "On ", "wrote :" },
	{ "On ", "said:" },
	{ "At ", "wrote:" },
	{ "Le ", "a écrit" },
	{ "Am ", "schrieb" },
	{ "Den ", "skrev" },
	{ "El ", "escribi\xC3\xB3" },
	{ "Il ", "ha scritto" },
	{ "Em ", "escreveu" },
	{ "Op ", "schreef" },
	{ "W dniu ", "napisa" },
	{ "W dniu ", "pisze" },
	{ "Dnia ", "napisa" },
	{ "\xC3\x8En ", "a scris" },
	{ "In data ", "ha scritto" },
	{ "Pe ", "a scris" },
	{ "Ar ", "ysgrifennodd" },
	{ "", "yazd\xC4\xB1" },
	{ "", "\xD0\xBF\xD0\xB8\xD1\x88\xD0\xB5\xD1\x82" },		    /* pishet */
	{ "", "\xD0\xBD\xD0\xB0\xD0\xBF\xD0\xB8\xD1\x81\xD0\xB0\xD0\xBB" }, /* napisal */
	{ "", "\xD9\x83\xD8\xAA\xD8\xA8" },				    /* kataba */
	{ "", "\xC3\xADrta" },
};

static bool is_attribution(const char *text, size_t len)
{
	bool date, time;

	look_for_date(text, len, &date, &time);
	if (!date && !time)
		return false;
	for (size_t i = 0; i < sizeof attributions / sizeof attributions[0]; i++) {
		if (!starts(text, len, attributions[i].first))
			continue;
		if (attributions[i].first[0] == '\0' && !memchr(text, '@', len))
			continue;
		if (find(text, len, attributions[i].last))
			return true;
	}
	/* 2026-11-03 17:21 GMT+00:00 Repairs <repairs@example.org>: */
	return date && is_digit(text[0]) && len > 2 && text[len - 2] == '>' &&
	       memchr(text, '@', len) != NULL;
}

bool rd_line_attribution(
	const struct rd_body *body, const struct rd_line *line, uint32_t *ret_next, bool *ret_sure)
{
	char text[ATTRIBUTION_BYTES_MAX];
	struct rd_line next = rd_line_unquoted(line);
	size_t n = 0;
	bool date = false, time = false;

	for (int i = 0; i < ATTRIBUTION_LINES; i++) {
		if (next.len == 0 || next.len + 2 > sizeof text - n)
			return false;
		if (i > 0)
			text[n++] = ' ';
		memcpy(text + n, next.text, next.len);
		n += next.len;
		if (text[n - 1] == ':' && is_attribution(text, n)) {
			look_for_date(text, n, &date, &time);
			*ret_next = next.next;
			/* With an address in it, or the full date, time and commas of a program's
			 * line, no person wrote it. */
			*ret_sure = memchr(text, '@', n) != NULL ||
				    (date && time && memchr(text, ',', n) != NULL);
			return true;
		}
		if (next.next >= body->len)
			return false;
		next = rd_line_at(body, next.next);
		next = rd_line_unquoted(&next);
	}
	return false;
}

static bool is_header_line(const struct rd_line *line, const char *const *names)
{
	const char *text = line->text;
	size_t len = line->len;

	while (len > 0 && (*text == '*' || *text == '|')) { /* *From:* */
		text++;
		len--;
	}
	for (size_t i = 0; names[i]; i++) {
		size_t n = strlen(names[i]);

		if (!starts(text, len, names[i]))
			continue;
		while (n < len && (text[n] == '*' || blank_at(text + n, len - n) > 0))
			n += blank_at(text + n, len - n) == 2 ? 2 : 1;
		if (n < len && text[n] == ':')
			return true;
	}
	return false;
}

/* From: ... with at least two of Sent, To and Subject in the lines behind it. */
static bool is_header_block(const struct rd_body *body, const struct rd_line *line)
{
	static const char *const from[] = { "From", "Von", "De", "Da", "Van", "Od", "Fra", "Gan",
		"\xD0\x9E\xD1\x82", NULL };
	static const char *const others[][9] = {
		{ "Sent", "Date", "Gesendet", "Envoy\xC3\xA9", "Enviado", "Inviato", "Verzonden",
			"Wysłano", NULL },
		{ "To", "An", "\xC3\x80", "Para", "A", "Aan", "Do", "At", NULL },
		{ "Subject", "Betreff", "Objet", "Asunto", "Oggetto", "Onderwerp", "Temat", "Pwnc",
			NULL },
	};
	bool seen[3] = { false };
	struct rd_line next = *line;

	if (!is_header_line(line, from))
		return false;
	for (int i = 0; i < HEADER_BLOCK_LINES && next.next < body->len; i++) {
		next = rd_line_at(body, next.next);
		if (rd_line_is_quoted(line))
			next = rd_line_unquoted(&next);
		for (size_t k = 0; k < 3; k++)
			seen[k] = seen[k] || is_header_line(&next, others[k]);
	}
	return (seen[0] && seen[1]) || (seen[0] && seen[2]) || (seen[1] && seen[2]);
}

static bool is_rule(const struct rd_line *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (line->text[i] != '_')
			return false;
	return line->len >= 10;
}

enum rd_span_kind rd_line_begins_earlier_mail(
	const struct rd_body *body, const struct rd_line *line)
{
	static const struct {
		const char *words;
		enum rd_span_kind kind;
	} dividers[] = {
		{ "Original Message", RD_SPAN_QUOTED },
		{ "Original Appointment", RD_SPAN_QUOTED },
		{ "Ursprüngliche Nachricht", RD_SPAN_QUOTED },
		{ "Message d'origine", RD_SPAN_QUOTED },
		{ "Message d\xE2\x80\x99origine", RD_SPAN_QUOTED },
		{ "Mensaje original", RD_SPAN_QUOTED },
		{ "Messaggio originale", RD_SPAN_QUOTED },
		{ "Mensagem original", RD_SPAN_QUOTED },
		{ "Oorspronkelijk bericht", RD_SPAN_QUOTED },
		{ "Wiadomość oryginalna", RD_SPAN_QUOTED },
		{ "Oryginalna wiadomość", RD_SPAN_QUOTED },
		{ "Mesaj original", RD_SPAN_QUOTED },
		{ "Исходное сообщение", RD_SPAN_QUOTED },
		{ "Neges wreiddiol", RD_SPAN_QUOTED },
		{ "Forwarded message", RD_SPAN_FORWARDED },
		{ "Forwarded by", RD_SPAN_FORWARDED },
		{ "Weitergeleitete Nachricht", RD_SPAN_FORWARDED },
		{ "Message transféré", RD_SPAN_FORWARDED },
		{ "Mensaje reenviado", RD_SPAN_FORWARDED },
		{ "Messaggio inoltrato", RD_SPAN_FORWARDED },
		{ "Przekazana wiadomość", RD_SPAN_FORWARDED },
		{ "Пересылаемое сообщение", RD_SPAN_FORWARDED },
	};
	size_t dashes = 0;

	if (line->len == 0)
		return RD_SPAN_NEW;
	if (starts(line->text, line->len, "Begin forwarded message:") && line->len < 40)
		return RD_SPAN_FORWARDED;
	while (dashes < line->len && (line->text[dashes] == '-' || line->text[dashes] == '_' ||
					     line->text[dashes] == '='))
		dashes++;
	if (dashes >= 2 && line->len < 120) {
		struct rd_line words = *line;

		words.text += dashes;
		words.len -= dashes;
		trim(&words);
		for (size_t i = 0; i < sizeof dividers / sizeof dividers[0]; i++)
			if (starts(words.text, words.len, dividers[i].words))
				return dividers[i].kind;
	}
	if (is_header_block(body, line))
		return RD_SPAN_QUOTED;
	if (is_rule(line) && line->next < body->len) {
		struct rd_line next = rd_line_at(body, line->next);

		if (next.len == 0 && next.next < body->len)
			next = rd_line_at(body, next.next);
		if (is_header_block(body, &next))
			return RD_SPAN_QUOTED;
	}
	return RD_SPAN_NEW;
}

static size_t count_words(const char *text, size_t len)
{
	size_t n = 0;
	bool within = false;

	for (size_t i = 0; i < len; i++) {
		bool blank = blank_at(text + i, len - i) > 0;

		n += !blank && !within;
		within = !blank;
	}
	return n;
}

bool rd_line_is_device(const struct rd_line *line)
{
	static const char *const whole[] = { "Sent from Outlook", "Get Outlook for",
		"Sent from Yahoo Mail", "Sent from Mail for Windows", "Sent from Samsung",
		"Sent from Gmail", "Sent from AOL", "Sent from the all new AOL",
		"Sent from BlueMail", "Sent from Aqua Mail", "Sent from Proton Mail",
		"Sent from ProtonMail", "Sent with Proton", "Sent using Hushmail", "Sent from Sky",
		"Sent via BT Email App", "Sent from TypeApp", "Sent from Nine",
		"Sent with BlackBerry", "Sent from Hotmail", "Sent via the Samsung",
		"Sent from Windows Mail", "Sent from EE", "Sent from Virgin Media",
		"Von meinem iPhone gesendet", "Envoy\xC3\xA9 de mon iPhone",
		"Enviado desde mi iPhone", "Inviato da iPhone", "Wysłane z iPhone'a" };
	static const char *const devices[] = { "iphone", "ipad", "ipod", "android", "samsung",
		"galaxy", "huawei", "blackberry", "windows phone", "htc", "nokia", "sony", "xperia",
		"moto", "pixel", "oneplus", "xiaomi", "redmi", "oppo", "honor", "tablet", "mobile",
		"smartphone", "phone", "mac", "kindle" };
	static const char *const beginnings[] = { "Sent from my ", "Sent via my ", "Sent using my ",
		"Sent from an ", "Sent on my " };

	if (line->len < 10 || line->len > DEVICE_BYTES_MAX)
		return false;
	for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
		if (starts(line->text, line->len, whole[i]))
			return count_words(line->text, line->len) <= 12;
	for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++) {
		size_t n = strlen(beginnings[i]);

		if (!starts(line->text, line->len, beginnings[i]) ||
			count_words(line->text, line->len) > 9)
			continue;
		for (size_t k = 0; k < sizeof devices / sizeof devices[0]; k++) {
			const char *at = find(line->text + n, line->len - n, devices[k]);

			/* "Sent from my mobile as the phone line has been dead a week" is news */
			if (at && count_words(line->text + n, (size_t)(at - line->text) - n) <= 2 &&
				count_words(at, line->len - (size_t)(at - line->text)) <= 5)
				return true;
		}
	}
	return false;
}

bool rd_line_disclaimer(struct rd_body *body, const struct rd_line *line, uint32_t *ret_next)
{
	static const char *const beginnings[] = { "This email", "This e-mail", "This message",
		"This communication", "This transmission", "The information contained in this",
		"The information in this", "The contents of this", "The content of this",
		"Confidentiality", "Disclaimer", "CONFIDENTIAL", "Privacy notice",
		"If you are not the intended", "Any views", "Caution: this email",
		"Caution: external", "External email", "[External", "Important notice",
		"Internet communications", "Notice:", "Legal notice", "*****" };
	static const char *const signs[] = { "intended recipient", "intended solely",
		"intended only", "addressee", "privileged", "unauthorised", "unauthorized", "virus",
		"received this", "received it in error", "in error", "copying", "disclos",
		"distribut", "registered in england", "registered office", "registered charity",
		"outside of the organi", "outside the organi", "outside our organi", "click links",
		"recognise the sender", "recognize the sender", "confidential", "sole use of",
		"necessarily represent", "necessarily those of" };
	struct rd_line next = *line;
	const char *text = line->text;
	size_t len;
	int n_signs = 0;
	bool begins = false;

	if (starts(line->text, line->len, "Please consider the environment before print") ||
		starts(line->text, line->len, "Virus-free. www.") ||
		starts(line->text, line->len, "Virus-free.www.")) {
		*ret_next = line->next;
		return line->len < 160;
	}
	for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
		begins = begins || starts(line->text, line->len, beginnings[i]);
	if (!begins || body->looks_left == 0)
		return false;
	body->looks_left--;
	while (next.next < body->len && next.next - line->from < DISCLAIMER_BYTES_MAX) {
		struct rd_line after = rd_line_at(body, next.next);

		if (after.len == 0)
			break;
		next = after;
	}
	len = (size_t)(body->text + next.next - text);
	if (len > DISCLAIMER_BYTES_MAX)
		len = DISCLAIMER_BYTES_MAX;
	/* Two signs: "this email is confidential, please don't tell my ex" is a resident's word */
	for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
		n_signs += find(text, len, signs[i]) != NULL;
	*ret_next = next.next;
	return n_signs >= 2;
}

/* Does it hold a number, an address, a postcode or a web page to reach someone by? */
static bool is_contact(const struct rd_line *line)
{
	size_t digits = 0;

	for (size_t i = 0; i < line->len; i++)
		digits += is_digit(line->text[i]);
	return digits >= 9 || memchr(line->text, '@', line->len) != NULL ||
	       find(line->text, line->len, "www.") != NULL ||
	       find(line->text, line->len, "http") != NULL;
}

/* A name, a role, an address, a number: words that begin with capitals or figures, no sentence. */
static bool fits_signature(const struct rd_line *line)
{
	size_t words = 0, small = 0;
	char last;

	if (line->len > SIGNATURE_LINE_BYTES)
		return false;
	if (is_contact(line))
		return count_words(line->text, line->len) <= 10;
	last = line->text[line->len - 1];
	if (last == '!' || last == '?' || last == ';')
		return false;
	for (size_t i = 0; i < line->len; i++) {
		bool begins = i == 0 || blank_at(line->text + i - 1, 1) > 0;

		if (!begins || !is_letter(line->text[i]))
			continue;
		words++;
		if (line->text[i] >= 'a' && line->text[i] <= 'z' &&
			!starts(line->text + i, line->len - i, "of ") &&
			!starts(line->text + i, line->len - i, "and ") &&
			!starts(line->text + i, line->len - i, "for ") &&
			!starts(line->text + i, line->len - i, "the "))
			small++;
	}
	return words <= 10 && small == 0;
}

static bool is_closing(const struct rd_line *line)
{
	static const char *const closings[] = { "regards", "kind regards", "kindest regards",
		"best regards", "warm regards", "best wishes", "many thanks", "thanks", "thank you",
		"yours sincerely", "yours faithfully", "sincerely", "yours", "cheers",
		"thanks in advance", "many thanks in advance", "with kind regards", "rgds", "kr",
		"yours truly", "with regards", "best", "all the best", "cofion" };
	struct rd_line bare = *line;

	while (bare.len > 0 && (bare.text[bare.len - 1] == ',' || bare.text[bare.len - 1] == '.'))
		bare.len--;
	if (bare.len == 0 || bare.len > CLOSING_BYTES_MAX)
		return false;
	for (size_t i = 0; i < sizeof closings / sizeof closings[0]; i++)
		if (equals(&bare, closings[i]))
			return true;
	return false;
}

/* Walks what follows, up to earlier mail or the end; false where a line is no signature's. */
static bool walk_signature(struct rd_body *body, uint32_t at, bool strict, uint32_t *ret_next)
{
	int lines = 0, contacts = 0;
	bool named = false;

	while (at < body->len) {
		struct rd_line line = rd_line_at(body, at);
		uint32_t ignored_next;
		bool ignored_sure;

		if (line.len == 0) {
			at = line.next;
			continue;
		}
		if (rd_line_is_quoted(&line) || rd_line_is_device(&line) ||
			rd_line_begins_own_letter(&line) ||
			rd_line_begins_earlier_mail(body, &line) != RD_SPAN_NEW ||
			rd_line_attribution(body, &line, &ignored_next, &ignored_sure) ||
			rd_line_disclaimer(body, &line, &ignored_next))
			break;
		if (++lines > RD_SIGNATURE_LINES_MAX || (strict && !fits_signature(&line)))
			return false;
		/* the first line is who it is: a name of few words */
		if (lines == 1)
			named = count_words(line.text, line.len) <= NAME_WORDS_MAX &&
				!is_contact(&line);
		contacts += is_contact(&line);
		at = line.next;
	}
	*ret_next = at;
	return !strict || (named && contacts > 0);
}

bool rd_line_signature(struct rd_body *body, const struct rd_line *line, uint32_t *ret_next)
{
	bool dashes = line->len == 2 && memcmp(line->text, "--", 2) == 0;

	if ((!dashes && !is_closing(line)) || body->looks_left == 0)
		return false;
	if (walk_signature(body, line->next, !dashes, ret_next))
		return true;
	if (body->looks_left > 0)
		body->looks_left--;
	return false;
}
