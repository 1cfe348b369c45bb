#include "redress/policy/letter_html.h"

#include <string.h>
#include <unistr.h>

#define INK	   "#111111"
#define PAPER	   "#ffffff"
#define LINK_INK   "#003078"
#define TEL_DIGITS 10 /* fewer are no number to ring by a touch: 999 by accident */

static const char *const language_codes[RD_N_LANGUAGES] = { "en-GB", "cy" };

/* --- words --- */

static enum rd_rc add_words(struct rd_buf *out, const char *text, size_t len, struct rd_err *err)
{
	for (size_t at = 0; at < len;) {
		ucs4_t c = 0;
		const int n = u8_mbtouc(&c, (const uint8_t *)text + at, len - at);
		const size_t bytes = n > 0 ? (size_t)n : 1;
		const char *instead = NULL;

		if (c == '<')
			instead = "&lt;";
		else if (c == '>')
			instead = "&gt;";
		else if (c == '&')
			instead = "&amp;";
		else if (c == '"')
			instead = "&quot;";
		/* Controls, and marks that turn the direction of what follows. */
		else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
			 (c >= 0x2066 && c <= 0x2069))
			instead = " ";
		if (instead != NULL)
			RD_TRY(rd_buf_add_str(out, instead, err));
		else
			RD_TRY(rd_buf_add(out, text + at, bytes, err));
		at += bytes;
	}
	return RD_OK;
}

/* --- links --- */

static bool begins(const char *text, size_t len, const char *with)
{
	const size_t n = strlen(with);

	return len > n && strncmp(text, with, n) == 0;
}

/* Punctuation behind an address belongs to the sentence. */
static size_t without_stop(const char *word, size_t len)
{
	while (len > 0 && strchr(".,;:!?)\"'", word[len - 1]) != NULL)
		len--;
	return len;
}

static bool is_web(const char *word, size_t len)
{
	return begins(word, len, "www.") || begins(word, len, "https://");
}

static bool is_address(const char *word, size_t len)
{
	const char *at = memchr(word, '@', len);

	return at != NULL && at > word && memchr(at, '.', len - (size_t)(at - word)) != NULL;
}

/* How many bytes of a telephone number begin here, "0300 111 3000"; 0: none. */
static size_t number_here(const char *text, size_t len)
{
	size_t end = 0, digits = 0;

	if (len == 0 || (text[0] != '0' && text[0] != '+'))
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			digits++;
			end = i + 1;
		} else if (!(i == 0 && text[i] == '+') &&
			   !(text[i] == ' ' && i + 1 < len && text[i + 1] >= '0' &&
				   text[i + 1] <= '9')) {
			break;
		}
	}
	return digits >= TEL_DIGITS ? end : 0;
}

static enum rd_rc add_link(struct rd_buf *out, const char *scheme, const char *target,
	size_t target_len, const char *text, size_t len, struct rd_err *err)
{
	RD_TRY(rd_buf_printf(out, err, "<a href=\"%s", scheme));
	RD_TRY(add_words(out, target, target_len, err));
	RD_TRY(rd_buf_add_str(out,
		"\" style=\"color:" LINK_INK ";font-weight:bold;text-decoration:none\">", err));
	RD_TRY(add_words(out, text, len, err));
	return rd_buf_add_str(out, "</a>", err);
}

static enum rd_rc add_number(struct rd_buf *out, const char *text, size_t len, struct rd_err *err)
{
	char digits[40];
	size_t n = 0;

	for (size_t i = 0; i < len && n < sizeof digits; i++)
		if (text[i] != ' ')
			digits[n++] = text[i];
	return add_link(out, "tel:", digits, n, text, len, err);
}

/* One line of words, with its addresses and numbers as links. */
static enum rd_rc add_line(struct rd_buf *out, const char *text, size_t len, struct rd_err *err)
{
	for (size_t at = 0; at < len;) {
		const size_t number = number_here(text + at, len - at);
		const char *word = text + at;
		size_t blank = 0, n = 0;

		if (number > 0) {
			RD_TRY(add_number(out, word, number, err));
			at += number;
		}
		while (at + n < len && text[at + n] != ' ')
			n++;
		while (at + n + blank < len && text[at + n + blank] == ' ')
			blank++;
		word = text + at;
		const size_t name = number > 0 ? 0 : without_stop(word, n);
		size_t linked = name;

		if (is_web(word, name))
			RD_TRY(add_link(out, begins(word, name, "www.") ? "https://" : "", word,
				name, word, name, err));
		else if (is_address(word, name))
			RD_TRY(add_link(out, "mailto:", word, name, word, name, err));
		else
			linked = 0;
		RD_TRY(add_words(out, word + linked, n + blank - linked, err));
		at += n + blank;
	}
	return RD_OK;
}

/* --- pieces --- */

static const char *language_of(const struct rd_letter_part *part)
{
	return part->language == RD_ENGLISH ? "" : " lang=\"cy\"";
}

/* A paragraph's lines are paragraphs of their own. */
static enum rd_rc add_paragraphs(
	struct rd_buf *out, const struct rd_letter_part *part, struct rd_err *err)
{
	const bool bold = part->kind == RD_PART_EMERGENCY;
	const char *text = part->text;

	while (*text != '\0') {
		const size_t len = strcspn(text, "\n");

		if (len > 0) {
			RD_TRY(rd_buf_printf(out, err, "<p%s style=\"margin:0 0 1em 0%s\">",
				language_of(part), bold ? ";font-weight:bold" : ""));
			RD_TRY(add_line(out, text, len, err));
			RD_TRY(rd_buf_add_str(out, "</p>\n", err));
		}
		text += len + (text[len] == '\n');
	}
	return RD_OK;
}

static enum rd_rc add_heading(
	struct rd_buf *out, const struct rd_letter_part *part, struct rd_err *err)
{
	const size_t len = strlen(part->text);

	RD_TRY(rd_buf_printf(out, err,
		"<h2%s style=\"font-size:1.15em;line-height:1.3;margin:1.5em 0 0.5em 0\">",
		language_of(part)));
	RD_TRY(add_words(out, part->text, len - (part->text[len - 1] == ':'), err));
	return rd_buf_add_str(out, "</h2>\n", err);
}

enum rd_rc rd_letter_html(
	const struct rd_rendered *rendered, bool largest, struct rd_buf *out, struct rd_err *err)
{
	RD_TRY(rd_buf_printf(out, err,
		"<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<title>",
		language_codes[RD_ENGLISH]));
	RD_TRY(add_words(out, rendered->subject, strlen(rendered->subject), err));
	RD_TRY(rd_buf_printf(out, err,
		"</title>\n</head>\n<body style=\"margin:1em;background-color:" PAPER ";color:" INK
		";font-family:Arial,Helvetica,sans-serif;font-size:%dpt;"
		"line-height:1.5;text-align:left;max-width:40em\">\n"
		"<h1 style=\"font-size:1.3em;line-height:1.3;margin:0 0 1em 0\">",
		largest ? 18 : 16));
	RD_TRY(add_words(out, rendered->subject, strlen(rendered->subject), err));
	RD_TRY(rd_buf_add_str(out, "</h1>\n", err));
	for (size_t i = 0; i < rendered->n_parts; i++) {
		const struct rd_letter_part *part = &rendered->parts[i];

		if (part->kind == RD_PART_HEADING)
			RD_TRY(add_heading(out, part, err));
		else
			RD_TRY(add_paragraphs(out, part, err));
	}
	return rd_buf_add_str(out, "</body>\n</html>\n", err);
}
