#include "redress/base/stanza.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 64 /* longest field name, and longest word that a did-you-mean is looked for */

struct parser {
	const char *file;
	struct rd_arena *arena;
	struct rd_stanza *stanzas;
	struct rd_field *fields;
	size_t n_stanzas, n_fields; /* read so far */
	size_t first;		    /* field at which the stanza being read begins */
};

static enum rd_rc fail_at(const char *file, int line, int column, enum rd_rc code,
	struct rd_err *err, const char *what)
{
	return rd_fail(err, code, "%s:%d:%d: %s", file, line, column, what);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Length of the UTF-8 sequence at the start of s, 0 where it is none (RFC 3629 section 4). */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	if (s[0] < 0x80)
		return 1;
	size_t n = 0;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
		(s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static enum rd_rc check_characters(
	const char *file, int line, const char *text, size_t len, struct rd_err *err)
{
	for (size_t i = 0; i < len;) {
		unsigned char c = (unsigned char)text[i];
		size_t n = utf8_length((const unsigned char *)text + i, len - i);
		if (n == 0)
			return fail_at(file, line, (int)i + 1, RD_E_INPUT, err,
				"this is not UTF-8; save the file as UTF-8");
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return fail_at(file, line, (int)i + 1, RD_E_INPUT, err,
				"an invisible control character stands here; delete it");
		i += n;
	}
	return RD_OK;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || strchr(" -_.'/()", c) != NULL;
}

static enum rd_rc take_field(
	struct parser *p, int line, const char *text, size_t len, struct rd_err *err)
{
	if (is_blank(text[0]))
		return fail_at(p->file, line, 1, RD_E_INPUT, err,
			"a line must not begin with a space; write `Field: value` in one line "
			"from its start");
	const char *colon = memchr(text, ':', len);
	if (colon == NULL)
		return fail_at(p->file, line, 1, RD_E_INPUT, err,
			"no `:` in this line; write `Field: value`, or begin a comment with `#`");
	size_t name_len = (size_t)(colon - text);
	size_t from = name_len + 1, to = len;
	while (name_len > 0 && is_blank(text[name_len - 1]))
		name_len--;
	if (name_len == 0 || !isalpha((unsigned char)text[0]))
		return fail_at(p->file, line, 1, RD_E_INPUT, err,
			"a field's name begins with a letter; write `Field: value`");
	if (name_len > WORD_MAX)
		return fail_at(p->file, line, 1, RD_E_INPUT, err,
			"too long for a field's name; write `Field: value`");
	for (size_t i = 0; i < name_len; i++)
		if (text[i] == '\0' || !is_name_char(text[i]))
			return fail_at(p->file, line, (int)i + 1, RD_E_INPUT, err,
				"this character cannot stand in a field's name; write "
				"`Field: value`");
	while (from < to && is_blank(text[from]))
		from++;
	while (to > from && is_blank(text[to - 1]))
		to--;
	if (p->n_fields - p->first >= RD_STANZA_FIELDS_MAX)
		return fail_at(p->file, line, 1, RD_E_RANGE, err,
			"more than 2000 fields in one stanza; put a blank line between stanzas");
	struct rd_field *field = &p->fields[p->n_fields];
	field->name = rd_arena_copy(p->arena, text, name_len);
	field->value = rd_arena_copy(p->arena, text + from, to - from);
	if (field->name == NULL || field->value == NULL)
		return fail_at(p->file, line, 1, RD_E_RANGE, err, "this file is too large");
	field->line = line;
	field->name_column = 1;
	field->value_column = (int)from + 1;
	p->n_fields++;
	return RD_OK;
}

static void end_stanza(struct parser *p)
{
	if (p->n_fields == p->first)
		return;
	p->stanzas[p->n_stanzas++] = (struct rd_stanza){
		.file = p->file, .fields = p->fields + p->first, .n_fields = p->n_fields - p->first
	};
	p->first = p->n_fields;
}

static enum rd_rc take_line(
	struct parser *p, int line, const char *text, size_t len, struct rd_err *err)
{
	if (len > RD_STANZA_LINE_MAX)
		return fail_at(p->file, line, RD_STANZA_LINE_MAX + 1, RD_E_RANGE, err,
			"this line is longer than 8192 bytes; shorten it");
	RD_TRY(check_characters(p->file, line, text, len, err));
	size_t blank = 0;
	while (blank < len && is_blank(text[blank]))
		blank++;
	if (blank == len) {
		end_stanza(p);
		return RD_OK;
	}
	if (text[0] == '#')
		return RD_OK;
	return take_field(p, line, text, len, err);
}

enum rd_rc rd_stanzas_parse(const char *file, const char *text, size_t len, struct rd_arena *arena,
	struct rd_stanzas *ret_stanzas, struct rd_err *err)
{
	struct parser p = { .file = rd_arena_strdup(arena, file), .arena = arena };
	size_t n_lines = 1;

	if (len > RD_STANZA_FILE_MAX)
		return rd_fail(err, RD_E_RANGE, "%s:1:1: more than 4 MiB; split the file", file);
	for (size_t i = 0; i < len; i++)
		n_lines += text[i] == '\n';
	p.fields = rd_arena_array(arena, n_lines, sizeof *p.fields);
	p.stanzas = rd_arena_array(arena, n_lines / 2 + 1, sizeof *p.stanzas);
	if (p.file == NULL || p.fields == NULL || p.stanzas == NULL)
		return rd_fail(err, RD_E_RANGE, "%s:1:1: this file is too large", file);

	size_t at = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	for (int line = 1; at < len; line++) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t line_len = end != NULL ? (size_t)(end - (text + at)) : len - at;
		size_t next = at + line_len + (end != NULL ? 1 : 0);
		if (line_len > 0 && text[at + line_len - 1] == '\r')
			line_len--;
		RD_TRY(take_line(&p, line, text + at, line_len, err));
		at = next;
	}
	end_stanza(&p);
	*ret_stanzas =
		(struct rd_stanzas){ .file = p.file, .items = p.stanzas, .n_items = p.n_stanzas };
	return RD_OK;
}

enum rd_rc rd_stanzas_read(const char *path, struct rd_arena *arena, struct rd_stanzas *ret_stanzas,
	struct rd_err *err)
{
	const char *text;
	size_t len;

	RD_TRY(rd_file_read(path, RD_STANZA_FILE_MAX, arena, &text, &len, err));
	return rd_stanzas_parse(path, text, len, arena, ret_stanzas, err);
}

const struct rd_field *rd_stanza_next(
	const struct rd_stanza *stanza, const char *name, const struct rd_field *after)
{
	size_t i = after != NULL ? (size_t)(after - stanza->fields) + 1 : 0;

	for (; i < stanza->n_fields; i++)
		if (strcasecmp(stanza->fields[i].name, name) == 0)
			return &stanza->fields[i];
	return NULL;
}

const struct rd_field *rd_stanza_field(const struct rd_stanza *stanza, const char *name)
{
	return rd_stanza_next(stanza, name, NULL);
}

const char *rd_stanza_value(const struct rd_stanza *stanza, const char *name, const char *otherwise)
{
	const struct rd_field *field = rd_stanza_field(stanza, name);

	return field != NULL ? field->value : otherwise;
}

static bool is_listed(const char *word, const char *const *list)
{
	for (; list != NULL && *list != NULL; list++)
		if (strcasecmp(word, *list) == 0)
			return true;
	return false;
}

static enum rd_rc fail_at_name(const struct rd_stanza *stanza, const struct rd_field *field,
	struct rd_err *err, const char *what)
{
	return fail_at(stanza->file, field->line, field->name_column, RD_E_INPUT, err, what);
}

bool rd_stanza_home(const char *name, const struct rd_stanza_form *forms, size_t n_forms, char *out,
	size_t size)
{
	bool any = false;
	size_t used = 0;

	for (size_t i = 0; i < n_forms && used < size; i++) {
		if (!is_listed(name, forms[i].fields))
			continue;
		if (any)
			snprintf(out + used, size - used, " or the `%s:`", forms[i].fields[0]);
		else
			snprintf(out, size, "`%s:` belongs in the `%s:`", name, forms[i].fields[0]);
		used = strlen(out);
		any = true;
	}
	if (any && used < size)
		snprintf(out + used, size - used, " stanza, not in this one");
	return any;
}

static enum rd_rc fail_unknown(const struct rd_stanza *stanza, const struct rd_field *field,
	const struct rd_stanza_form *forms, size_t n_forms, size_t form, struct rd_err *err)
{
	const char *near = rd_did_you_mean(field->name, forms[form].fields);
	char what[RD_ERR_MAX];

	if (rd_stanza_home(field->name, forms, n_forms, what, sizeof what))
		return fail_at_name(stanza, field, err, what);
	if (near != NULL)
		snprintf(what, sizeof what, "unknown field `%s`; did you mean `%s`?", field->name,
			near);
	else
		snprintf(what, sizeof what,
			"unknown field `%s`; delete the line, or begin it with `#` to keep it as a "
			"comment",
			field->name);
	return fail_at_name(stanza, field, err, what);
}

static bool begins_a_stanza(const char *name, const struct rd_stanza_form *forms, size_t n_forms)
{
	for (size_t i = 0; i < n_forms; i++)
		if (strcasecmp(name, forms[i].fields[0]) == 0)
			return true;
	return false;
}

enum rd_rc rd_stanza_check_form(const struct rd_stanza *stanza, const struct rd_stanza_form *forms,
	size_t n_forms, size_t form, struct rd_err *err)
{
	const struct rd_stanza_form *own = &forms[form];
	char what[RD_ERR_MAX];

	for (size_t i = 0; i < stanza->n_fields; i++) {
		const struct rd_field *field = &stanza->fields[i];
		const struct rd_field *first = rd_stanza_field(stanza, field->name);
		bool known = is_listed(field->name, own->fields);
		if (known && (first == field || is_listed(field->name, own->repeatable)))
			continue;
		if (i > 0 && begins_a_stanza(field->name, forms, n_forms)) {
			snprintf(what, sizeof what,
				"a new `%s:` stanza needs an empty line before it", field->name);
			return fail_at_name(stanza, field, err, what);
		}
		if (!known)
			return fail_unknown(stanza, field, forms, n_forms, form, err);
		snprintf(what, sizeof what,
			"`%s` stands here for the second time (first in line %d); keep one of them",
			field->name, first->line);
		return fail_at_name(stanza, field, err, what);
	}
	return RD_OK;
}

enum rd_rc rd_stanza_check_fields(const struct rd_stanza *stanza, const char *const *known,
	const char *const *repeatable, struct rd_err *err)
{
	const struct rd_stanza_form form = { known, repeatable };

	return rd_stanza_check_form(stanza, &form, 1, 0, err);
}

enum rd_rc rd_stanza_fail(const struct rd_stanza *stanza, const struct rd_field *field,
	struct rd_err *err, const char *format, ...)
{
	char text[RD_ERR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return rd_fail(err, RD_E_INPUT, "%s:%d:%d: %s", stanza->file, field->line,
		field->value_column, text);
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Letters to insert, delete, change or swap with their neighbour; without regard to case. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= m; j++) {
		last[j] = j;
		before[j] = j;
	}
	for (size_t i = 1; i <= n; i++) {
		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			int x = tolower((unsigned char)a[i - 1]);
			int y = tolower((unsigned char)b[j - 1]);
			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
				y == tolower((unsigned char)a[i - 2]) && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		size_t *free_row = before;
		before = last;
		last = now;
		now = free_row;
	}
	return last[m];
}

const char *rd_did_you_mean(const char *word, const char *const *known)
{
	size_t n = strlen(word);
	size_t allowed = n <= 2 ? 0 : n <= 4 ? 1 : n <= 8 ? 2 : 3;
	const char *best = NULL;
	size_t best_distance = allowed + 1;

	if (n > WORD_MAX)
		return NULL;
	for (; *known != NULL; known++) {
		size_t m = strlen(*known);
		if (m > WORD_MAX || m > n + allowed || n > m + allowed)
			continue;
		size_t distance = edit_distance(word, n, *known, m);
		if (distance < best_distance) {
			best_distance = distance;
			best = *known;
		}
	}
	return best;
}

/* An optional sign, digits, and perhaps a point with digits behind it: strtod takes more. */
static bool looks_like_number(const char *text)
{
	size_t i = text[0] == '-' || text[0] == '+' ? 1 : 0;
	size_t digits = strspn(text + i, "0123456789");

	i += digits;
	if (digits == 0 || digits > 15)
		return false;
	if (text[i] == '.') {
		size_t behind = strspn(text + i + 1, "0123456789");
		if (behind == 0 || behind > 15)
			return false;
		i += 1 + behind;
	}
	return text[i] == '\0';
}

enum rd_rc rd_field_number(const struct rd_stanza *stanza, const struct rd_field *field, double min,
	double max, double *ret_number, struct rd_err *err)
{
	if (!looks_like_number(field->value))
		return rd_stanza_fail(stanza, field, err,
			"`%s` needs a number such as 2 or 1.5, not `%.60s`", field->name,
			field->value);
	double number = strtod(field->value, NULL);
	if (number < min || number > max)
		return rd_stanza_fail(stanza, field, err, "`%s` is %s; it may be from %g to %g",
			field->name, field->value, min, max);
	*ret_number = number;
	return RD_OK;
}

enum rd_rc rd_field_choice(const struct rd_stanza *stanza, const struct rd_field *field,
	const char *const *choices, int *ret_index, struct rd_err *err)
{
	char all[256] = "";
	size_t used = 0;

	for (int i = 0; choices[i] != NULL; i++)
		if (strcasecmp(field->value, choices[i]) == 0) {
			*ret_index = i;
			return RD_OK;
		}
	const char *near = rd_did_you_mean(field->value, choices);
	if (near != NULL)
		return rd_stanza_fail(stanza, field, err,
			"`%s` cannot be `%.60s`; did you mean `%s`?", field->name, field->value,
			near);
	for (int i = 0; choices[i] != NULL && used < sizeof all - 1; i++) {
		snprintf(all + used, sizeof all - used, "%s%s", i > 0 ? ", " : "", choices[i]);
		used += strlen(all + used);
	}
	return rd_stanza_fail(stanza, field, err, "`%s` cannot be `%.60s`; write one of: %s",
		field->name, field->value, all);
}
