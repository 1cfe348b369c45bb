#include "redress/message/form.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "redress/base/limits.h"
#include "redress/message/automatic.h"
#include "redress/message/charset.h"
#include "redress/message/compose.h"
#include "redress/message/quotes.h"

#define NAME_MAX_BYTES	200
#define VALUE_MAX_BYTES 500
#define PHONE_DIGITS	6 /* fewer are no number */

const char *const rd_form_part_names[RD_N_FORM_PARTS + 1] = { "email", "name", "phone", "address",
	"words", "other", NULL };

/* What one label labels: bytes [from, to) of the body. */
struct field {
	const struct rd_form_label *label;
	uint32_t from, to;
};

struct reading {
	const struct rd_message *m;
	const struct rd_origin *origin;
	struct field fields[RD_FORM_LABELS_MAX];
	size_t n_fields;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* --- labels --- */

static bool is_seen(const struct reading *r, const struct rd_form_label *label)
{
	for (size_t i = 0; i < r->n_fields; i++)
		if (r->fields[i].label == label)
			return true;
	return false;
}

/* What a writer of plain text puts before a label: "* ", "**", "- ", "| ". */
static const char *skip_marks(const char *at, const char *end)
{
	while (at < end && strchr(" \t*_-|#", *at) != NULL)
		at++;
	return at;
}

/* Behind a label: a required field's "*", the closing mark of a bold one, one colon or bar. */
static const char *skip_separator(const char *at, const char *end, bool *ret_separated)
{
	*ret_separated = false;
	while (at < end && (is_blank(*at) || *at == '*' || *at == '_'))
		at++;
	if (at < end && (*at == ':' || *at == '|' || *at == '=')) {
		*ret_separated = true;
		at++;
	}
	while (at < end && (is_blank(*at) || *at == '*' || *at == '_' || *at == '|'))
		at++;
	return at;
}

static bool looks_right(enum rd_form_part field, const char *value, size_t len)
{
	size_t digits = 0;

	if (field == RD_PART_EMAIL)
		return memchr(value, '@', len) != NULL;
	if (field != RD_PART_PHONE)
		return false;
	for (size_t i = 0; i < len; i++)
		digits += isdigit((unsigned char)value[i]) != 0;
	return digits >= PHONE_DIGITS;
}

/* Is `label` what the line begins with, as a label? within: among the resident's words, where a
 * bare beginning ("Name of the man who came") is more likely hers. */
static bool begins_with(const struct rd_form_label *label, const char *line, const char *end,
	bool within, const char **ret_value)
{
	const size_t len = strlen(label->label);
	bool separated;

	line = skip_marks(line, end);
	if ((size_t)(end - line) < len || strncasecmp(line, label->label, len) != 0)
		return false;
	line += len;
	if (line < end && (isalnum((unsigned char)*line) || (unsigned char)*line >= 0x80))
		return false;
	*ret_value = skip_separator(line, end, &separated);
	return separated || *ret_value == end || !within ||
	       looks_right(label->field, *ret_value, (size_t)(end - *ret_value));
}

/* The longest that fits: "Email address" before "Email". */
static const struct rd_form_label *label_of(const struct reading *r, const char *line,
	const char *end, bool within, const char **ret_value)
{
	const struct rd_form_label *best = NULL;

	for (size_t i = 0; i < r->origin->n_form_labels; i++) {
		const struct rd_form_label *label = &r->origin->form_labels[i];
		const char *value;

		if (is_seen(r, label) || !begins_with(label, line, end, within, &value) ||
			(best != NULL && strlen(best->label) >= strlen(label->label)))
			continue;
		best = label;
		*ret_value = value;
	}
	return best;
}

static void find_fields(struct reading *r)
{
	const char *body = r->m->body, *end = body + r->m->body_len;
	struct field *open = NULL;

	for (const char *line = body; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		const char *line_end = stop != NULL ? stop : end, *value = NULL;
		const bool within = open != NULL && open->label->field == RD_PART_WORDS;
		const struct rd_form_label *label;

		while (line_end > line && is_blank(line_end[-1]))
			line_end--;
		label = label_of(r, line, line_end, within, &value);
		if (label != NULL && r->n_fields < RD_FORM_LABELS_MAX) {
			open = &r->fields[r->n_fields++];
			open->label = label;
			open->from = open->to = (uint32_t)(value - body);
		}
		if (open != NULL && line_end > line && line_end - body > (ptrdiff_t)open->to)
			open->to = (uint32_t)(line_end - body);
		line = stop != NULL ? stop + 1 : end;
	}
	for (size_t i = 0; i < r->n_fields; i++)
		while (r->fields[i].from < r->fields[i].to &&
			isspace((unsigned char)body[r->fields[i].from]))
			r->fields[i].from++;
}

/* --- what they say --- */

/* The first of a field that says anything. */
static const struct field *first_of(const struct reading *r, enum rd_form_part field)
{
	for (size_t i = 0; i < r->n_fields; i++)
		if (r->fields[i].label->field == field && r->fields[i].to > r->fields[i].from)
			return &r->fields[i];
	return NULL;
}

/* One line of it, or all of them, in one line; cut between two characters. */
static const char *value_of(const struct reading *r, enum rd_form_part field, bool all_lines,
	size_t max, struct rd_arena *arena)
{
	const struct field *found = first_of(r, field);
	const char *text = found != NULL ? r->m->body + found->from : NULL;
	size_t len = found != NULL ? found->to - found->from : 0;
	char *copy;

	if (found == NULL)
		return "";
	if (!all_lines && memchr(text, '\n', len) != NULL)
		len = (size_t)((const char *)memchr(text, '\n', len) - text);
	if (len > max)
		len = rd_utf8_cut(text, len, max);
	copy = rd_arena_copy(arena, text, len);
	if (copy == NULL)
		return "";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)copy[i] < ' ' || copy[i] == 0x7f)
			copy[i] = ' ';
	while (len > 0 && copy[len - 1] == ' ')
		copy[--len] = '\0';
	return copy;
}

/* "<ada@example.org>", "ada@example.org <mailto:ada@example.org>". */
static const char *address_in(const char *text, struct rd_arena *arena)
{
	static const char apart[] = " \t<>()[]\"',;";

	while (*text != '\0') {
		size_t len;

		text += strspn(text, apart);
		if (strncasecmp(text, "mailto:", 7) == 0)
			text += 7;
		len = strcspn(text, apart);
		if (memchr(text, '@', len) != NULL && len <= RD_ADDRESS_BYTES_MAX) {
			char *copy = rd_arena_copy(arena, text, len);

			for (char *p = copy != NULL ? strchr(copy, '@') : NULL;
				p != NULL && *p != '\0'; p++)
				*p = (char)tolower((unsigned char)*p);
			if (copy != NULL && rd_address_fit(copy))
				return copy;
		}
		text += len;
	}
	return "";
}

static bool is_sender(const struct rd_origin *origin, const char *address)
{
	for (size_t i = 0; i < origin->n_form_senders; i++)
		if (address[0] != '\0' && strcasecmp(origin->form_senders[i], address) == 0)
			return true;
	return false;
}

static const char *resident_of(const struct reading *r, struct rd_arena *arena)
{
	const char *line = value_of(r, RD_PART_EMAIL, true, VALUE_MAX_BYTES, arena);
	const char *address = address_in(line, arena);

	if (address[0] == '\0')
		address = address_in(r->m->reply_to, arena);
	/* the form's own address answers to nobody */
	return is_sender(r->origin, address) ? "" : address;
}

/* --- spans --- */

struct spans {
	struct rd_span *items;
	size_t n, size;
};

static enum rd_rc add_span(struct spans *s, enum rd_span_kind kind, uint32_t from, uint32_t to,
	struct rd_arena *arena, struct rd_err *err)
{
	if (to <= from)
		return RD_OK;
	if (s->n == s->size) {
		const size_t size = s->size > 0 ? s->size * 2 : 64;
		struct rd_span *grown = rd_arena_array(arena, size, sizeof *grown);

		if (grown == NULL)
			return rd_fail(err, RD_E_RANGE, "the message is too large for its memory");
		if (s->n > 0)
			memcpy(grown, s->items, s->n * sizeof *grown);
		s->items = grown;
		s->size = size;
	}
	s->items[s->n++] = (struct rd_span){ kind, from, to };
	return RD_OK;
}

/* Within her words earlier mail and signatures are told apart as ever. */
static enum rd_rc mark_words(struct spans *s, const struct rd_message *m, const struct field *words,
	bool *nothing_new, struct rd_arena *arena, struct rd_err *err)
{
	const struct rd_unmarked part = { .body = m->body + words->from,
		.len = words->to - words->from };
	struct rd_marked marked = { 0 };

	RD_TRY(rd_quotes_mark(&part, arena, &marked, err));
	for (size_t i = 0; i < marked.n_spans; i++)
		RD_TRY(add_span(s, marked.spans[i].kind, words->from + marked.spans[i].from,
			words->from + marked.spans[i].to, arena, err));
	*nothing_new = *nothing_new && marked.nothing_new;
	return RD_OK;
}

static enum rd_rc mark_form(
	const struct reading *r, struct rd_message *m, struct rd_arena *arena, struct rd_err *err)
{
	struct spans s = { 0 };
	bool nothing_new = true;
	uint32_t at = 0;

	for (size_t i = 0; i < r->n_fields; i++) {
		const struct field *field = &r->fields[i];

		if (field->label->field != RD_PART_WORDS || field->to <= field->from)
			continue;
		RD_TRY(add_span(&s, RD_SPAN_FORM, at, field->from, arena, err));
		RD_TRY(mark_words(&s, m, field, &nothing_new, arena, err));
		at = field->to;
	}
	RD_TRY(add_span(&s, RD_SPAN_FORM, at, m->body_len, arena, err));
	m->spans = s.items;
	m->n_spans = s.n;
	m->nothing_new = nothing_new;
	return RD_OK;
}

/* --- the message it is then --- */

/* Somebody at that address answers or passes on a form's mail, which stands quoted below. */
static bool answers_another(const struct rd_message *m)
{
	static const char *const beginnings[] = { "re:", "fw:", "fwd:" };

	for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
		if (strncasecmp(m->subject, beginnings[i], strlen(beginnings[i])) == 0)
			return true;
	return m->n_references > 0;
}

static bool may_be_form(const struct rd_message *m, const struct rd_origin *origin)
{
	return m->channel == RD_CHANNEL_EMAIL && origin != NULL &&
	       is_sender(origin, m->from.address) &&
	       m->authentication != RD_AUTHENTICATION_FAILED && !m->automatic.delivery_report &&
	       !m->automatic.read_receipt && !m->automatic.from_redress && !answers_another(m);
}

static bool has_words_label(const struct reading *r)
{
	for (size_t i = 0; i < r->n_fields; i++)
		if (r->fields[i].label->field == RD_PART_WORDS)
			return true;
	return false;
}

enum rd_rc rd_form_apply(struct rd_message *m, const struct rd_origin *origin,
	struct rd_arena *arena, struct rd_err *err)
{
	struct reading r = { .m = m, .origin = origin };

	if (!may_be_form(m, origin))
		return RD_OK;
	find_fields(&r);
	if (!has_words_label(&r))
		return RD_OK;
	m->by_form = true;
	m->form.sender = m->from.address;
	m->form.phone = value_of(&r, RD_PART_PHONE, false, NAME_MAX_BYTES, arena);
	m->form.address = value_of(&r, RD_PART_ADDRESS, true, VALUE_MAX_BYTES, arena);
	m->from.address = resident_of(&r, arena);
	m->from.name = value_of(&r, RD_PART_NAME, false, NAME_MAX_BYTES, arena);
	RD_TRY(mark_form(&r, m, arena, err));
	m->authentication = RD_AUTHENTICATION_UNKNOWN;
	m->automatic = (struct rd_automatic){ .own_loop = "",
		.no_reply_address = rd_automatic_no_reply(m->from.address) };
	/* all of it is the web site's */
	m->subject = "";
	m->subject_len = 0;
	m->return_path = "";
	m->n_references = 0;
	m->n_forwarded = 0;
	return RD_OK;
}
