#include "redress/message/quote_signature.h"

#include <string.h>
#include <unictype.h>
#include <unistr.h>
#include "redress/message/quote_headers.h"
#include "redress/message/quote_intro.h"
#include "redress/message/quote_notices.h"

#define LINE_BYTES_MAX	   140
#define CLOSING_BYTES_MAX  60
#define NAME_WORDS_MAX	   5
#define LINE_WORDS_MAX	   12
#define CASELESS_WORDS_MAX 5 /* of a line in a script without capitals */
#define LOOSE_WORDS_MAX	   4
#define PHONE_DIGITS	   9
#define COUNT(list)	   (sizeof(list) / sizeof(list)[0])

static const char *const closings[] = { "regards", "kind regards", "kindest regards",
	"best regards", "warm regards", "warmest regards", "with regards", "with kind regards",
	"with best regards", "with kindest regards", "regards and thanks", "thanks and regards",
	"thanks & regards", "thank you and regards", "many thanks and regards",
	"many thanks and kind regards", "thanks and kind regards", "best wishes",
	"with best wishes", "kind wishes", "all the best", "best", "many thanks", "thanks",
	"thank you", "thanks again", "thank you again", "thank you very much", "thanks very much",
	"thanks so much", "thank you in advance", "thanks in advance", "many thanks in advance",
	"with thanks", "with many thanks", "yours sincerely", "yours faithfully", "sincerely",
	"sincerely yours", "yours truly", "yours respectfully", "respectfully", "yours", "cheers",
	"rgds", "kr", "br", "brgds", "ta", "take care", "speak soon",
	/* Welsh */
	"cofion", "cofion cynnes", "cofion gorau", "cofion caredig", "yn gywir", "yn gwyir",
	"yr eiddoch yn gywir", "yr eiddoch yn ffyddlon", "yn ffyddlon", "diolch", "diolch yn fawr",
	"llawer o ddiolch", "gyda diolch", "diolch o flaen llaw", "dymuniadau gorau",
	"gyda dymuniadau gorau", "pob dymuniad da", "hwyl",
	/* Polish */
	"pozdrawiam", "serdecznie pozdrawiam", "pozdrawiam serdecznie", "z poważaniem",
	"z powazaniem", "z wyrazami szacunku", "dziękuję", "dziekuje", "z góry dziękuję",
	"dziękuję i pozdrawiam",
	/* Romanian */
	"cu stimă", "cu stima", "cu respect", "cu drag", "mulțumesc", "multumesc", "o zi bună",
	"o zi buna", "toate cele bune",
	/* German, French, Spanish, Portuguese, Italian, Dutch */
	"mit freundlichen grüßen", "mit freundlichen gruessen", "freundliche grüße", "viele grüße",
	"liebe grüße", "beste grüße", "mfg", "vg", "lg", "danke", "vielen dank", "cordialement",
	"bien cordialement", "bien à vous", "sincères salutations", "salutations distinguées",
	"merci", "merci d'avance", "saludos", "un saludo", "saludos cordiales", "atentamente",
	"un cordial saludo", "gracias", "muchas gracias", "cumprimentos",
	"com os melhores cumprimentos", "melhores cumprimentos", "atenciosamente", "obrigado",
	"obrigada", "cordiali saluti", "distinti saluti", "saluti", "cordialmente", "grazie",
	"met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groet", "groeten",
	"mvg", "bedankt", "dank u",
	/* Lithuanian, Latvian, Hungarian, Czech, Slovak, Bulgarian, Turkish, Albanian, Somali,
	 * Russian, Ukrainian, Greek */
	"pagarbiai", "su pagarba", "ačiū", "ar cieņu", "paldies", "üdvözlettel", "tisztelettel",
	"köszönöm", "s pozdravem", "děkuji", "s pozdravom", "ďakujem", "с уважение", "поздрави",
	"благодаря", "saygılarımla", "teşekkürler", "iyi günler", "me respekt", "faleminderit",
	"mahadsanid", "с уважением", "спасибо", "з повагою", "дякую", "με εκτίμηση", "ευχαριστώ" };

/* What people put before a number or an address. */
static const char *const labels[] = { "t", "tel", "telephone", "m", "mob", "mobile", "p", "ph",
	"phone", "f", "fax", "e", "em", "email", "e-mail", "mail", "w", "web", "website", "office",
	"direct", "dial", "line", "ddi", "ext", "extension", "call", "text", "sms", "whatsapp",
	"me", "on", "or", "at", "by", "home", "work", "no", "number", "my", "is", "and", "out",
	"of", "hours", "switchboard", "main", "ffôn", "ffon", "symudol", "e-bost", "ebost", "gwe",
	"gwefan" };

/* Small words within a role or an organisation's name. */
static const char *const joiners[] = { "of", "and", "for", "the", "in", "at", "to", "on", "with",
	"de", "la", "du", "van", "der", "von", "y", "yr", "a", "o", "i", "am", "mewn", "i'r", "o'r",
	"pronouns", "she", "her", "hers", "he", "him", "his", "they", "them", "theirs", "she/her",
	"he/him", "they/them", "she/they", "he/they", "ltd", "plc", "cic", "cio", "llp", "dip",
	"hons", "cert", "ext" };

/* Lines of people who write for a living. */
static const char *const phrases[] = { "my working days are", "my working hours are",
	"my working pattern", "working days:", "working hours:", "office hours", "opening hours",
	"pronouns", "my pronouns", "follow us", "find us", "like us on", "visit our website",
	"visit us at", "please consider", "i work part time", "i work part-time", "i work monday",
	"i work tuesday", "i work wednesday", "my normal working days", "normal working days",
	"dilynwch ni", "(she/", "(he/", "(they/", "she/her", "he/him", "they/them" };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* A small letter of any script that has them. */
static bool begins_small(const char *word, size_t len)
{
	ucs4_t c;

	if ((unsigned char)*word < 0x80)
		return *word >= 'a' && *word <= 'z';
	u8_mbtouc(&c, (const uint8_t *)word, len);
	return uc_is_lower(c);
}

static bool is_one_of(const char *word, size_t len, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (rd_text_is(word, len, words[i]))
			return true;
	return false;
}

/* The next word of a line, without the marks around it; false at its end. */
static bool next_word(const char **at, const char *end, const char **ret_word, size_t *ret_len)
{
	const char *word = *at;
	size_t n;

	while (word < end && (n = rd_text_blank(word, (size_t)(end - word))) > 0)
		word += n;
	*at = word;
	while (*at < end && rd_text_blank(*at, (size_t)(end - *at)) == 0)
		++*at;
	if (word == end)
		return false;
	*ret_len = (size_t)(*at - word);
	while (*ret_len > 0 && strchr("([*\"'|-/\\:,;.&", *word) != NULL) {
		word++;
		--*ret_len;
	}
	while (*ret_len > 0 && strchr(")]*\"'|-/\\:,;.&!", word[*ret_len - 1]) != NULL)
		--*ret_len;
	*ret_word = word;
	return true;
}

static bool reaches(const char *word, size_t len)
{
	return memchr(word, '@', len) != NULL || rd_text_find(word, len, "www.") != NULL ||
	       rd_text_find(word, len, "http") != NULL;
}

/* Does the line hold a number, an address or a web page to reach someone by? */
static bool is_contact(const struct rd_quote_line *line)
{
	size_t digits = 0;

	for (size_t i = 0; i < line->len; i++)
		digits += is_digit(line->text[i]);
	return digits >= PHONE_DIGITS || reaches(line->text, line->len);
}

static bool is_all_capitals(const struct rd_quote_line *line)
{
	bool any = false;

	for (size_t i = 0; i < line->len; i++) {
		if (line->text[i] >= 'a' && line->text[i] <= 'z')
			return false;
		any = any || is_upper(line->text[i]);
	}
	return any;
}

/* A name, a role, an address, a number: words that begin with capitals or figures, no sentence. */
static bool fits(const struct rd_quote_line *line)
{
	const char *at = line->text, *end = line->text + line->len, *word;
	const bool contact = is_contact(line);
	size_t len, n = 0, n_caseless = 0;

	if (line->len > LINE_BYTES_MAX || rd_text_starts(line->text, line->len, "PS ") ||
		rd_text_starts(line->text, line->len, "PS:") ||
		rd_text_starts(line->text, line->len, "P.S"))
		return false;
	for (size_t i = 0; i < COUNT(phrases); i++)
		if (rd_text_starts(line->text, line->len, phrases[i]))
			return true;
	if (strchr("!?;", end[-1]) != NULL || (end[-1] == '.' && line->len > 50))
		return false;
	while (next_word(&at, end, &word, &len)) {
		if (len == 0)
			continue;
		n++;
		n_caseless += (unsigned char)*word >= 0xD7; /* Hebrew, Arabic, India, China */
		if (begins_small(word, len) && !reaches(word, len) &&
			!is_one_of(word, len, joiners, COUNT(joiners)) &&
			!(contact && is_one_of(word, len, labels, COUNT(labels))))
			return false;
	}
	/* "MY BOILER IS BROKEN" is no role, whoever writes in capitals */
	if (!contact && n >= 3 && is_all_capitals(line))
		return false;
	return n <= LINE_WORDS_MAX && n_caseless <= CASELESS_WORDS_MAX;
}

/* Behind a true "-- " also what is written small: "jo", "flat 3, elm court". */
static bool fits_loosely(const struct rd_quote_line *line)
{
	return fits(line) || (rd_text_words(line->text, line->len) <= LOOSE_WORDS_MAX &&
				     strchr("!?.", line->text[line->len - 1]) == NULL);
}

static bool is_closing(const struct rd_quote_line *line)
{
	const char *text = line->text;
	size_t len = line->len;

	while (len > 0 && strchr(",.! *-", text[len - 1]) != NULL)
		len--;
	while (len > 0 && strchr("* -", *text) != NULL) {
		text++;
		len--;
	}
	if (len == 0 || len > CLOSING_BYTES_MAX)
		return false;
	if (is_one_of(text, len, closings, COUNT(closings)))
		return true;
	/* "Many thanks / Diolch yn fawr" */
	for (size_t i = 1; i + 1 < len; i++) {
		const char *rest = text + i + 1;
		size_t before = i, behind = len - i - 1;

		if (text[i] != '/' && text[i] != '|')
			continue;
		while (before > 0 && text[before - 1] == ' ')
			before--;
		while (behind > 0 && *rest == ' ') {
			rest++;
			behind--;
		}
		return is_one_of(text, before, closings, COUNT(closings)) &&
		       is_one_of(rest, behind, closings, COUNT(closings));
	}
	return false;
}

enum separator { SEPARATOR_NONE, SEPARATOR_TRUE /* "-- " */, SEPARATOR_DASHES, SEPARATOR_CLOSING };

static enum separator separator_of(const struct rd_body *body, const struct rd_quote_line *line)
{
	if (line->len == 2 && memcmp(line->text, "--", 2) == 0)
		return body->len - line->from > 2 && body->text[line->from + 2] == ' '
			       ? SEPARATOR_TRUE
			       : SEPARATOR_DASHES;
	return is_closing(line) ? SEPARATOR_CLOSING : SEPARATOR_NONE;
}

/* Something else begins: earlier mail, a notice, what a phone adds. */
static bool ends_signature(struct rd_body *body, const struct rd_quote_line *line, bool *ret_notice)
{
	struct rd_intro intro;
	uint32_t next;

	*ret_notice = rd_line_notice(body, line, true, &next);
	return *ret_notice || rd_line_depth(line) > 0 || rd_line_is_device(line) ||
	       rd_line_begins_own_letter(line) ||
	       rd_line_earlier(body, line, 0) != RD_EARLIER_NOT ||
	       (rd_line_intro(body, line, 0, &intro) && intro.is != RD_INTRO_IF_QUOTED);
}

struct walk {
	int lines, contacts;
	bool named;  /* the first line is a name */
	bool notice; /* a legal notice ended it */
	uint32_t next;
};

/* From behind the separator to the first line that fits no signature. False: too long for one. */
static bool walk(struct rd_body *body, uint32_t at, bool loosely, struct walk *w)
{
	w->next = at;
	while (at < body->len) {
		struct rd_quote_line line = rd_line_at(body, at);

		at = line.next;
		if (line.len == 0) {
			loosely = loosely && w->lines == 0; /* what stands apart must be plain */
			continue;
		}
		if (ends_signature(body, &line, &w->notice)) {
			w->next = line.from;
			break;
		}
		if (!(loosely ? fits_loosely(&line) : fits(&line)))
			break;
		if (++w->lines > RD_SIGNATURE_LINES_MAX)
			return false;
		if (w->lines == 1) { /* who it is: a name of few words */
			w->named = !is_contact(&line) &&
				   rd_text_words(line.text, line.len) <= NAME_WORDS_MAX;
		}
		w->contacts += is_contact(&line);
		w->next = line.next;
	}
	return true;
}

bool rd_line_signature(struct rd_body *body, const struct rd_quote_line *line, uint32_t *ret_next)
{
	enum separator separator = separator_of(body, line);
	struct walk w = { 0 };
	bool found;

	if (separator == SEPARATOR_NONE || body->looks_left == 0)
		return false;
	found = walk(body, line->next, separator == SEPARATOR_TRUE, &w);
	if (found && separator == SEPARATOR_TRUE)
		found = w.lines > 0 || w.notice;
	else if (found && separator == SEPARATOR_DASHES)
		found = w.lines > 0 ? w.contacts > 0 : w.notice;
	else if (found)
		found = w.named && w.contacts > 0;
	if (found)
		*ret_next = w.next;
	else
		body->looks_left--;
	return found;
}
