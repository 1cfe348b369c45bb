#include "redress/policy/letter_file.h"

#include <string.h>
#include <unistr.h>
#include "redress/base/stanza.h"
#include "redress/message/sms.h"
#include "redress/policy/letter_welsh.h"

#define DROP_MAX 9

const char *const rd_placeholder_names[RD_N_PLACEHOLDERS + 1] = {
	"reference",
	"landlord",
	"kind",
	"stage",
	"topics",
	"outcome",
	"understood",
	"reasons",
	"date",
	"received_on",
	"respond_by",
	"read_by",
	"acknowledge_by",
	"handler",
	"responsible",
	"not_responsible",
	"help",
	"help_number",
	"help_address",
	"help_email",
	"ombudsman",
	"ombudsman_phone",
	"ombudsman_post",
	"ombudsman_web",
	"other_matters",
	"terms",
	"review_on",
	"close_on",
	"escalate_by",
	"third_party",
	"spoken_for",
	"copies",
	"decision",
	"points",
	"law",
	"apology",
	"remedy",
	"money",
	"records",
	"actions",
	"prevention",
	"reconsidered",
	NULL,
};

const char *const rd_letter_names[RD_N_LETTERS + 1] = {
	"none",
	"acknowledgement",
	"received",
	"added",
	"service_request",
	"compliment",
	"asb_report",
	"survey_feedback",
	"enquiry",
	"definition",
	"choice",
	"later",
	"extension",
	"stage2_acknowledgement",
	"refusal",
	"exclusion",
	"closing",
	"agree",
	"closing_check",
	"restriction",
	"stage1_response",
	"stage2_response",
	"third_party",
	"mp_councillor",
	NULL,
};

const char *const rd_language_names[RD_N_LANGUAGES + 1] = { "english", "welsh", NULL };

static const char *const channel_names[] = { "email", "sms", NULL };
static const char *const head_fields[] = { "Letter", "Channel", "Language", "Version", "Subject",
	"Max segments", NULL };

bool rd_letter_parse_kind(const char *name, enum rd_letter_kind *ret_kind)
{
	for (int i = 1; i < RD_N_LETTERS; i++) {
		if (strcmp(rd_letter_names[i], name) != 0)
			continue;
		*ret_kind = (enum rd_letter_kind)i;
		return true;
	}
	return false;
}

int rd_letter_placeholder(const char *name, size_t len)
{
	for (int i = 0; i < RD_N_PLACEHOLDERS; i++)
		if (strlen(rd_placeholder_names[i]) == len &&
			strncmp(rd_placeholder_names[i], name, len) == 0)
			return i;
	return -1;
}

/* Where the file is being read. */
struct place {
	const char *file;
	int line;
	const char *start; /* of the line */
	bool used[RD_N_PLACEHOLDERS];
};

static enum rd_rc unknown_name(
	const struct place *place, const char *at, const char *name, size_t len, struct rd_err *err)
{
	char word[64];
	size_t n = len < sizeof word - 1 ? len : sizeof word - 1;

	memcpy(word, name, n);
	word[n] = '\0';
	const char *near = rd_did_you_mean(word, rd_placeholder_names);
	return rd_fail(err, RD_E_INPUT, "%s:%d:%d: no letter knows {{%s}}%s%s%s", place->file,
		place->line, (int)(at - place->start) + 1, word,
		near != NULL ? "; did you mean {{" : "", near != NULL ? near : "",
		near != NULL ? "}}?" : "");
}

/* The end of a {{...}} that begins at `open`. */
static enum rd_rc find_close(
	const struct place *place, const char *open, const char **ret_close, struct rd_err *err)
{
	const char *close = strstr(open, "}}");

	if (close == NULL)
		return rd_fail(err, RD_E_INPUT, "%s:%d:%d: {{ without its }}", place->file,
			place->line, (int)(open - place->start) + 1);
	*ret_close = close;
	return RD_OK;
}

/* Every {{name}} of a text must be known; marks which are used. */
static enum rd_rc check_names(struct place *place, const char *text, struct rd_err *err)
{
	const char *open = text;

	while ((open = strstr(open, "{{")) != NULL) {
		const char *close = open;
		RD_TRY(find_close(place, open, &close, err));
		int name = rd_letter_placeholder(open + 2, (size_t)(close - open - 2));
		if (name < 0)
			return unknown_name(place, open, open + 2, (size_t)(close - open - 2), err);
		place->used[name] = true;
		open = close + 2;
	}
	return RD_OK;
}

/* {{?name}}, {{!name}} and {{drop N}} at the start of a line. */
static enum rd_rc parse_prefixes(struct place *place, const char **text, enum rd_channel channel,
	struct rd_letter_line *line, struct rd_err *err)
{
	const char *p = *text;

	while (strncmp(p, "{{?", 3) == 0 || strncmp(p, "{{!", 3) == 0 ||
		strncmp(p, "{{drop ", 7) == 0) {
		const char *close = p;
		RD_TRY(find_close(place, p, &close, err));
		if (p[2] == 'd') {
			int n = p[7] - '0';
			if (close != p + 8 || n < 1 || n > DROP_MAX || channel != RD_CHANNEL_SMS)
				return rd_fail(err, RD_E_INPUT,
					"%s:%d:%d: {{drop N}} takes 1 to %d, in letters by sms "
					"alone",
					place->file, place->line, (int)(p - place->start) + 1,
					DROP_MAX);
			line->drop = n;
		} else {
			int name = rd_letter_placeholder(p + 3, (size_t)(close - p - 3));
			if (name < 0)
				return unknown_name(place, p, p + 3, (size_t)(close - p - 3), err);
			if (p[2] == '?')
				line->only_with = name;
			else
				line->only_without = name;
			place->used[name] = true;
		}
		p = close + 2;
	}
	*text = p;
	return RD_OK;
}

static enum rd_rc parse_line(struct place *place, const char *text, size_t len,
	enum rd_channel channel, struct rd_arena *arena, struct rd_letter_line *line,
	struct rd_err *err)
{
	if (len > 0 && text[len - 1] == '\r')
		len--;
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	const uint8_t *bad = u8_check((const uint8_t *)text, len);
	if (bad != NULL || memchr(text, '\0', len) != NULL)
		return rd_fail(err, RD_E_INPUT,
			"%s:%d:%d: this is not UTF-8; save the file as UTF-8", place->file,
			place->line, bad != NULL ? (int)(bad - (const uint8_t *)text) + 1 : 1);
	const char *copy = rd_arena_copy(arena, text, len);
	if (copy == NULL)
		return rd_fail(err, RD_E_RANGE, "%s: too large", place->file);
	*line = (struct rd_letter_line){
		.only_with = -1, .only_without = -1, .number = place->line
	};
	place->start = copy;
	RD_TRY(parse_prefixes(place, &copy, channel, line, err));
	line->text = copy;
	if (channel == RD_CHANNEL_SMS && !rd_sms_size(copy, strlen(copy)).gsm7)
		return rd_fail(err, RD_E_INPUT,
			"%s:%d:1: a character here would make every text cost double; use plain "
			"quotes and letters",
			place->file, place->line);
	return check_names(place, copy, err);
}

static enum rd_rc parse_body(struct place *place, const char *text, size_t len,
	struct rd_arena *arena, struct rd_letter *letter, struct rd_err *err)
{
	struct rd_letter_line *lines = rd_arena_array(arena, RD_LETTER_LINES_MAX, sizeof *lines);
	const char *end = text + len;

	if (lines == NULL)
		return rd_fail(err, RD_E_RANGE, "%s: too large", place->file);
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line_len = (size_t)((newline != NULL ? newline : end) - text);
		if (letter->n_lines == RD_LETTER_LINES_MAX)
			return rd_fail(err, RD_E_RANGE, "%s:%d:1: a letter has at most %d lines",
				place->file, place->line, RD_LETTER_LINES_MAX);
		RD_TRY(parse_line(place, text, line_len, letter->channel, arena,
			&lines[letter->n_lines], err));
		letter->n_lines++;
		place->line++;
		text = newline != NULL ? newline + 1 : end;
	}
	/* Blank lines around the body say nothing. */
	size_t first = 0;
	while (first < letter->n_lines && lines[first].text[0] == '\0')
		first++;
	while (letter->n_lines > first && lines[letter->n_lines - 1].text[0] == '\0')
		letter->n_lines--;
	letter->lines = lines + first;
	letter->n_lines -= first;
	if (letter->n_lines == 0)
		return rd_fail(err, RD_E_INPUT, "%s:%d:1: the letter says nothing", place->file,
			place->line);
	return RD_OK;
}

static const char *language_suffix(enum rd_language language)
{
	return language == RD_WELSH ? ".welsh" : "";
}

static enum rd_rc parse_head(const struct rd_stanza *head, struct rd_arena *arena,
	struct rd_letter *letter, struct rd_err *err)
{
	const struct rd_field *first = &head->fields[0];
	const struct rd_field *field;
	int choice;
	double number;

	RD_TRY(rd_stanza_check_fields(head, head_fields, NULL, err));
	field = rd_stanza_field(head, "Letter");
	if (field == NULL)
		return rd_stanza_fail(head, first, err, "a letter begins with `Letter: KIND`");
	RD_TRY(rd_field_choice(head, field, rd_letter_names + 1, &choice, err));
	letter->kind = (enum rd_letter_kind)(choice + 1);
	field = rd_stanza_field(head, "Channel");
	if (field == NULL)
		return rd_stanza_fail(
			head, first, err, "`Channel: email` or `Channel: sms` is missing");
	RD_TRY(rd_field_choice(head, field, channel_names, &choice, err));
	letter->channel = (enum rd_channel)choice;
	field = rd_stanza_field(head, "Language");
	choice = RD_ENGLISH;
	if (field != NULL)
		RD_TRY(rd_field_choice(head, field, rd_language_names, &choice, err));
	letter->language = (enum rd_language)choice;
	field = rd_stanza_field(head, "Version");
	if (field == NULL || field->value[0] == '\0')
		return rd_stanza_fail(head, first, err, "`Version:` is missing; begin with 1");
	letter->version = rd_arena_printf(arena, "%s.%s%s %s", rd_letter_names[letter->kind],
		channel_names[letter->channel], language_suffix(letter->language), field->value);
	field = rd_stanza_field(head, "Subject");
	if ((field != NULL) != (letter->channel == RD_CHANNEL_EMAIL))
		return rd_stanza_fail(head, field != NULL ? field : first, err,
			"a letter by email has a `Subject:`, one by sms has none");
	letter->subject = field != NULL ? field->value : "";
	letter->subject_line = field != NULL ? field->line : 0;
	field = rd_stanza_field(head, "Max segments");
	if ((field != NULL) != (letter->channel == RD_CHANNEL_SMS))
		return rd_stanza_fail(head, field != NULL ? field : first, err,
			"a letter by sms has `Max segments:`, one by email has none");
	if (field == NULL)
		return RD_OK;
	RD_TRY(rd_field_number(head, field, 1, RD_LETTER_SEGMENTS_MAX, &number, err));
	letter->max_segments = (int)number;
	return RD_OK;
}

/* Where the body begins: behind a line of three hyphens. */
static const char *find_body(const char *text, size_t len, size_t *ret_head_len, int *ret_line)
{
	const char *end = text + len;
	const char *p = text;
	int line = 1;

	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		size_t line_len = (size_t)((newline != NULL ? newline : end) - p);
		if (line_len > 0 && p[line_len - 1] == '\r')
			line_len--;
		if (line_len == 3 && memcmp(p, "---", 3) == 0) {
			*ret_head_len = (size_t)(p - text);
			*ret_line = line + 1;
			return newline != NULL ? newline + 1 : end;
		}
		p = newline != NULL ? newline + 1 : end;
		line++;
	}
	return NULL;
}

enum rd_rc rd_letter_parse(const char *file, const char *text, size_t len, struct rd_arena *arena,
	const struct rd_letter **ret_letter, struct rd_err *err)
{
	struct place place = { .file = rd_arena_strdup(arena, file) };
	struct rd_letter *letter = rd_arena_alloc(arena, sizeof *letter);
	struct rd_stanzas head;
	size_t head_len = 0;

	if (letter == NULL || place.file == NULL)
		return rd_fail(err, RD_E_RANGE, "%s: too large", file);
	if (len > RD_LETTER_FILE_MAX)
		return rd_fail(err, RD_E_RANGE, "%s: a letter has at most %u bytes", file,
			RD_LETTER_FILE_MAX);
	const char *body = find_body(text, len, &head_len, &place.line);
	if (body == NULL)
		return rd_fail(err, RD_E_INPUT,
			"%s:1:1: no line `---` between the letter's head and its words", file);
	RD_TRY(rd_stanzas_parse(place.file, text, head_len, arena, &head, err));
	if (head.n_items != 1)
		return rd_fail(
			err, RD_E_INPUT, "%s:1:1: a letter has one stanza above `---`", file);
	letter->file = place.file;
	RD_TRY(parse_head(&head.items[0], arena, letter, err));
	RD_TRY(parse_body(&place, body, len - (size_t)(body - text), arena, letter, err));
	if (letter->channel == RD_CHANNEL_EMAIL) {
		place.start = letter->subject;
		place.line = letter->subject_line;
		RD_TRY(check_names(&place, letter->subject, err));
	}
	RD_TRY(rd_letter_check_duties(place.used, letter, err));
	*ret_letter = letter;
	return RD_OK;
}

struct rd_letters {
	const struct rd_letter *of[RD_N_LETTERS][2][RD_N_LANGUAGES];
	const struct rd_welsh_words *welsh;
};

const struct rd_letter *rd_letters_find_in(const struct rd_letters *letters,
	enum rd_letter_kind kind, enum rd_channel channel, enum rd_language language)
{
	return letters->of[kind][channel][language];
}

const struct rd_letter *rd_letters_find(
	const struct rd_letters *letters, enum rd_letter_kind kind, enum rd_channel channel)
{
	return rd_letters_find_in(letters, kind, channel, RD_ENGLISH);
}

const struct rd_welsh_words *rd_letters_welsh(const struct rd_letters *letters)
{
	return letters->welsh;
}

enum rd_letter_kind rd_letter_kind_of(const struct rd_letter *letter)
{
	return letter->kind;
}

const char *rd_letter_version(const struct rd_letter *letter)
{
	return letter->version;
}

static bool is_letter_file(const char *name)
{
	static const char folder[] = "letters/";
	static const char ending[] = ".letter";
	size_t len = strlen(name);

	return strncmp(name, folder, sizeof folder - 1) == 0 && len > sizeof ending - 1 &&
	       strcmp(name + len - (sizeof ending - 1), ending) == 0;
}

static bool is_needed(enum rd_letter_kind kind, enum rd_channel channel)
{
	if (kind >= RD_LETTER_EXTENSION)
		return false; /* sets from before these letters go on; a person does their work */
	if (channel == RD_CHANNEL_EMAIL)
		return kind != RD_LETTER_LATER;
	return kind != RD_LETTER_ADDED && kind != RD_LETTER_DEFINITION;
}

enum rd_rc rd_letters_parse(const struct rd_rulefiles *files, struct rd_arena *arena,
	struct rd_letters **ret_letters, struct rd_err *err)
{
	struct rd_letters *letters = rd_arena_alloc(arena, sizeof *letters);

	if (letters == NULL)
		return rd_fail(err, RD_E_RANGE, "no memory left for the letters");
	for (size_t i = 0; i < files->n_items; i++) {
		const struct rd_rulefile *file = &files->items[i];
		const struct rd_letter *letter;
		if (!is_letter_file(file->name))
			continue;
		RD_TRY(rd_letter_parse(file->name, file->bytes, file->len, arena, &letter, err));
		char *name = rd_arena_printf(arena, "letters/%s.%s%s.letter",
			rd_letter_names[letter->kind], channel_names[letter->channel],
			language_suffix(letter->language));
		if (name == NULL || strcmp(name, file->name) != 0)
			return rd_fail(err, RD_E_INPUT,
				"%s:1:1: by what it says this file must be named %s", file->name,
				name != NULL ? name : "otherwise");
		letters->of[letter->kind][letter->channel][letter->language] = letter;
	}
	const struct rd_rulefile *words = rd_rulefiles_find(files, RD_WELSH_WORDS_FILE);
	if (words != NULL)
		RD_TRY(rd_welsh_words_parse(
			words->name, words->bytes, words->len, arena, &letters->welsh, err));
	for (int kind = 1; kind < RD_N_LETTERS; kind++)
		for (int channel = 0; channel < 2; channel++)
			if (letters->of[kind][channel][RD_ENGLISH] == NULL &&
				is_needed((enum rd_letter_kind)kind, (enum rd_channel)channel))
				return rd_fail(err, RD_E_INPUT,
					"letters/%s.%s.letter is missing; take the shipped one",
					rd_letter_names[kind], channel_names[channel]);
	*ret_letters = letters;
	return RD_OK;
}
