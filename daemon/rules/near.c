#include "redress/rules/near.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "redress/rules/phrase_tokens.h"
#include "redress/rules/variants.h"

#define RANGES_MAX 600 /* runs of tokens still to be looked at, of one phrase */
#define ITEMS_MAX  RD_PHRASE_TOKENS_MAX
#define WORD_BYTES 64
#define LONG_WORD  6	/* letters, from which on two may differ */
#define WORDS_MAX  4000 /* of a text, that are compared by their letters */
#define ALIKE_MIN  3	/* letters that two words begin with, or that a Regex has in a row */

/* One example, and the variants that are being gathered for it. */
struct search {
	const struct rd_ruleset *set;
	struct rd_arena *arena;
	struct rd_variants *variants;
	const char *text;	/* the message made plain, both fields */
	bool alike;		/* a word of it is like a phrase's only one */
	struct rd_tokens *room; /* for taking a phrase apart */
};

/* One thing of a phrase: a word, a parenthesis, a list, a gap, an anchor: [from, to). */
struct item {
	size_t from, to;
	enum rd_token_kind kind;
	bool optional;
	int min, max;
};

struct range {
	const struct rd_token *items;
	size_t from, to;
};

bool rd_rule_holds_back(const struct rd_definition *def)
{
	return def->n_unless > 0 || def->at_least > 1 || def->older_months > 0 || def->words_to > 0;
}

static bool is_anchor(enum rd_token_kind kind)
{
	return kind == RD_TOKEN_START || kind == RD_TOKEN_END || kind == RD_TOKEN_S_START ||
	       kind == RD_TOKEN_S_END || kind == RD_TOKEN_QUESTION;
}

static size_t find_items(const struct range *r, struct item *out)
{
	size_t n = 0;

	for (size_t i = r->from; i < r->to && n < ITEMS_MAX;) {
		const struct rd_token *t = &r->items[i];
		size_t to = t->kind == RD_TOKEN_OPEN ? t->partner + 1 : i + 1;
		out[n++] = (struct item){ i, to, t->kind, t->optional, t->min, t->max };
		i = to;
	}
	return n;
}

/* The tokens as an officer would write them. */
static enum rd_rc write_tokens(const struct rd_token *items, size_t from, size_t to,
	struct rd_buf *out, struct rd_err *err)
{
	for (size_t i = from; i < to; i++) {
		const struct rd_token *t = &items[i];
		const char *optional = t->optional ? "?" : "";
		bool closes = t->kind == RD_TOKEN_CLOSE || t->kind == RD_TOKEN_BAR;
		if (out->len > 0 && !closes && !(t->glued && i > from))
			RD_TRY(rd_buf_add_str(out, " ", err));
		if (t->kind == RD_TOKEN_WORD)
			RD_TRY(rd_buf_printf(
				out, err, "%.*s%s", (int)t->len, t->text, t->prefix ? "*" : ""));
		else if (t->kind == RD_TOKEN_OPEN)
			RD_TRY(rd_buf_add_str(out, "(", err));
		else if (t->kind == RD_TOKEN_BAR)
			RD_TRY(rd_buf_add_str(out, "|", err));
		else if (t->kind == RD_TOKEN_CLOSE)
			RD_TRY(rd_buf_printf(out, err, ")%s", optional));
		else if (t->kind == RD_TOKEN_GAP)
			RD_TRY(rd_buf_printf(out, err, "[%d-%d words]", t->min, t->max));
		else if (t->kind == RD_TOKEN_LIST)
			RD_TRY(rd_buf_printf(out, err, "<%s>%s", t->list->name, optional));
		else if (t->kind == RD_TOKEN_BUILT_IN)
			RD_TRY(rd_buf_printf(out, err, "[%.*s]%s", (int)t->len, t->text, optional));
	}
	return RD_OK;
}

/* The phrase without its anchors, with item `lost` missing or another word in its place, and with
 * wide gaps where lost is a gap; false where nothing would be left. */
static enum rd_rc write_relaxed(const struct range *r, const struct item *items, size_t n,
	size_t lost, struct rd_buf *out, bool *ret_any, struct rd_err *err)
{
	int gap = 0; /* words that may stand here */
	bool any = false;

	rd_buf_clear(out);
	for (size_t i = 0; i < n; i++) {
		if (is_anchor(items[i].kind))
			continue;
		if (items[i].kind == RD_TOKEN_GAP) {
			gap += i == lost ? RD_PHRASE_GAP_MAX : items[i].max;
			continue;
		}
		if (i == lost || items[i].optional) {
			gap++;
			continue;
		}
		if (gap > 0 && any)
			RD_TRY(rd_buf_printf(out, err, " [0-%d words]",
				gap < RD_PHRASE_GAP_MAX ? gap : RD_PHRASE_GAP_MAX));
		RD_TRY(write_tokens(r->items, items[i].from, items[i].to, out, err));
		gap = 0;
		any = true;
	}
	*ret_any = any;
	return RD_OK;
}

static unsigned distance(const char *a, size_t n_a, const char *b, size_t n_b)
{
	unsigned row[WORD_BYTES + 1];

	for (size_t k = 0; k <= n_b; k++)
		row[k] = (unsigned)k;
	for (size_t i = 1; i <= n_a; i++) {
		unsigned corner = row[0];
		row[0] = (unsigned)i;
		for (size_t k = 1; k <= n_b; k++) {
			unsigned best = corner + (a[i - 1] != b[k - 1]);
			best = best < row[k] + 1 ? best : row[k] + 1;
			best = best < row[k - 1] + 1 ? best : row[k - 1] + 1;
			corner = row[k];
			row[k] = best;
		}
	}
	return row[n_b];
}

static bool is_like(const char *a, size_t n_a, const char *b, size_t n_b)
{
	size_t n = n_a < n_b ? n_a : n_b;

	if (n < ALIKE_MIN || n_a > WORD_BYTES || n_b > WORD_BYTES)
		return n_a == n_b && memcmp(a, b, n) == 0;
	return memcmp(a, b, ALIKE_MIN) == 0 || distance(a, n_a, b, n_b) <= (n >= LONG_WORD ? 2 : 1);
}

/* Has the text a word like this one? */
static bool has_like(const char *text, const char *word, size_t len)
{
	size_t n_words = 0;

	for (const char *p = text; *p != '\0' && n_words < WORDS_MAX; n_words++) {
		size_t n = strcspn(p, " \n.,;:!?()\"");
		if (n > 0 && is_like(p, n, word, len))
			return true;
		p += n;
		p += strspn(p, " \n.,;:!?()\"");
	}
	return false;
}

static struct range take_apart(const struct rd_line *line, struct search *s, bool lists)
{
	struct range none = { NULL, 0, 0 };
	struct rd_phrase_lists known = s->set->lists;
	struct rd_problems problems;
	struct rd_normal normal;
	struct rd_err err = { 0 };
	size_t len = strlen(line->value);
	struct rd_tokens *room = s->room;

	rd_problems_begin(&problems, s->arena);
	if (room == NULL || len > RD_PHRASE_BYTES_MAX ||
		rd_normalise(line->value, (uint32_t)len, NULL, 0, 4 * RD_PHRASE_BYTES_MAX, s->arena,
			&normal, &err) != RD_OK)
		return none;
	rd_tokens_read(room, &normal, line->at, lists ? &known : NULL, &problems);
	struct rd_token *items = rd_arena_array(s->arena, room->n_items + 1, sizeof *items);
	if (room->failed || items == NULL)
		return none;
	memcpy(items, room->items, room->n_items * sizeof *items);
	return (struct range){ items, 0, room->n_items };
}

/* A phrase that is one parenthesis or one list is as many phrases as that has alternatives. */
static size_t spread(struct search *s, const struct range *r, struct range *out, size_t size)
{
	const struct rd_token *first = &r->items[r->from];
	size_t n = 0, from = r->from + 1;

	if (first->kind == RD_TOKEN_OPEN && first->partner + 1 == r->to && !first->optional) {
		for (size_t i = from; i < r->to && n < size; i++) {
			if (r->items[i].kind == RD_TOKEN_OPEN) {
				i = r->items[i].partner;
			} else if (r->items[i].kind == RD_TOKEN_BAR || i + 1 == r->to) {
				out[n++] = (struct range){ r->items, from, i };
				from = i + 1;
			}
		}
	} else if (first->kind == RD_TOKEN_LIST && r->from + 1 == r->to) {
		for (size_t i = 0; i < s->set->definitions.n_words; i++) {
			const struct rd_words_def *def = &s->set->definitions.words[i];
			if (strcasecmp(def->name, first->list->name) != 0)
				continue;
			for (size_t k = 0; k < def->words.n_items && n < size; k++) {
				struct range word = take_apart(&def->words.items[k], s, false);
				if (word.to > word.from)
					out[n++] = word;
			}
		}
	}
	return n;
}

static enum rd_rc relax(struct search *s, const struct range *r, struct rd_err *err)
{
	struct item items[ITEMS_MAX];
	size_t n = find_items(r, items), n_words = 0;
	RD_CLEANUP(rd_buf_free) struct rd_buf phrase = RD_BUF(4 * RD_PHRASE_BYTES_MAX);

	for (size_t i = 0; i < n; i++)
		n_words += items[i].kind != RD_TOKEN_GAP && !is_anchor(items[i].kind) &&
			   !items[i].optional;
	for (size_t i = 0; i <= n; i++) { /* n: nothing but its anchors is missing */
		bool any = false;
		if (i < n && (items[i].optional || is_anchor(items[i].kind)))
			continue;
		RD_TRY(write_relaxed(r, items, n, i, &phrase, &any, err));
		if (any)
			RD_TRY(rd_variants_add_phrase(s->variants, rd_buf_str(&phrase), err));
	}
	if (n_words == 1)
		for (size_t i = r->from; i < r->to && !s->alike; i++)
			s->alike = r->items[i].kind == RD_TOKEN_WORD &&
				   has_like(s->text, r->items[i].text, r->items[i].len);
	return RD_OK;
}

/* Letters in a row, as they stand in the pattern. */
static bool shares_word_of_regex(const char *text, const char *regex)
{
	char word[WORD_BYTES];

	for (const char *p = regex; *p != '\0';) {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz");
		bool escaped = p > regex && p[-1] == '\\';
		if (n >= ALIKE_MIN && n < sizeof word && !escaped) {
			snprintf(word, sizeof word, "%.*s", (int)n, p);
			if (strstr(text, word) != NULL)
				return true;
		}
		p += n > 0 ? n : 1;
	}
	return false;
}

static enum rd_rc any_hit(const struct search *s, const struct rd_message *message,
	int64_t today_ms, bool *ret_any, struct rd_err *err)
{
	struct rd_variant_result *results =
		rd_arena_array(s->arena, s->variants->n + 1, sizeof *results);

	*ret_any = false;
	if (results == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to try an example");
	RD_TRY(rd_variants_build(s->variants, today_ms, err));
	RD_TRY(rd_variants_try(s->variants, message, today_ms, s->arena, results, err));
	for (size_t i = 0; i < s->variants->n; i++)
		*ret_any = *ret_any || results[i].hit;
	return RD_OK;
}

static enum rd_rc matches_bare(struct search *s, const struct rd_definition *def,
	const struct rd_message *message, int64_t today_ms, bool *ret_any, struct rd_err *err)
{
	RD_CLEANUP(rd_variants_end) struct rd_variants variants = { .def = def };

	s->variants = &variants;
	RD_TRY(rd_variants_begin(&variants, s->set, def, err));
	for (size_t i = 0; i < def->phrases.n_items; i++)
		RD_TRY(rd_variants_add_bare(&variants, &def->phrases.items[i], err));
	for (size_t i = 0; i < def->regexes.n_items; i++)
		RD_TRY(rd_variants_add_bare(&variants, &def->regexes.items[i], err));
	return any_hit(s, message, today_ms, ret_any, err);
}

/* Tries what was gathered so far, and begins anew. */
static enum rd_rc try_relaxed(struct search *s, const struct rd_definition *def,
	const struct rd_message *message, int64_t today_ms, bool *ret_any, struct rd_err *err)
{
	RD_TRY(any_hit(s, message, today_ms, ret_any, err));
	rd_variants_end(s->variants);
	return rd_variants_begin(s->variants, s->set, def, err);
}

static enum rd_rc relax_phrase(struct search *s, const struct rd_definition *def, size_t phrase,
	const struct rd_message *message, int64_t today_ms, bool *ret_any, struct rd_err *err)
{
	struct range waiting[RANGES_MAX];
	size_t n = 1;

	waiting[0] = take_apart(&def->phrases.items[phrase], s, true);
	if (waiting[0].to == 0)
		return RD_OK;
	while (n > 0 && !*ret_any && !s->alike) {
		struct range r = waiting[--n];
		size_t more = spread(s, &r, waiting + n, RANGES_MAX - n);
		n += more;
		if (more == 0)
			RD_TRY(relax(s, &r, err));
		if (rd_variants_full(s->variants))
			RD_TRY(try_relaxed(s, def, message, today_ms, ret_any, err));
	}
	return RD_OK;
}

static enum rd_rc misses_by_one(struct search *s, const struct rd_definition *def,
	const struct rd_message *message, int64_t today_ms, bool *ret_any, struct rd_err *err)
{
	RD_CLEANUP(rd_variants_end) struct rd_variants variants = { .def = def };
	bool any = false;

	s->variants = &variants;
	s->alike = false;
	RD_TRY(rd_variants_begin(&variants, s->set, def, err));
	for (size_t i = 0; i < def->phrases.n_items && !any && !s->alike; i++)
		RD_TRY(relax_phrase(s, def, i, message, today_ms, &any, err));
	if (!any && !s->alike)
		RD_TRY(any_hit(s, message, today_ms, &any, err));
	any = any || s->alike;
	for (size_t i = 0; i < def->regexes.n_items && !any; i++)
		any = shares_word_of_regex(s->text, def->regexes.items[i].value);
	*ret_any = any;
	return RD_OK;
}

/* The phrase of which the most stands in the text. */
static enum rd_rc find_nearest(struct search *s, const struct rd_definition *def,
	const struct rd_message *message, int64_t today_ms, struct rd_near *near,
	struct rd_err *err)
{
	RD_CLEANUP(rd_variants_end) struct rd_variants variants = { .def = def };
	RD_CLEANUP(rd_buf_free) struct rd_buf part = RD_BUF(4 * RD_PHRASE_BYTES_MAX);
	struct item items[ITEMS_MAX];
	size_t *end = rd_arena_array(s->arena, def->phrases.n_items + 1, sizeof *end);
	bool any = false;

	s->variants = &variants;
	RD_TRY(rd_variants_begin(&variants, s->set, def, err));
	for (size_t i = 0; i < def->phrases.n_items && end != NULL; i++) {
		struct range r = take_apart(&def->phrases.items[i], s, true);
		size_t n = find_items(&r, items);
		for (size_t k = 0; k < n; k++) {
			if (items[k].kind == RD_TOKEN_GAP || is_anchor(items[k].kind))
				continue;
			rd_buf_clear(&part);
			RD_TRY(write_tokens(r.items, items[k].from, items[k].to, &part, err));
			RD_TRY(rd_variants_add_phrase(&variants, rd_buf_str(&part), err));
		}
		end[i] = variants.n;
	}
	RD_TRY(any_hit(s, message, today_ms, &any, err));
	struct rd_variant_result *results =
		rd_arena_array(s->arena, variants.n + 1, sizeof *results);
	if (def->phrases.n_items == 0)
		near->nearest = &def->regexes.items[0];
	if (results == NULL || end == NULL)
		return RD_OK;
	RD_TRY(rd_variants_try(&variants, message, today_ms, s->arena, results, err));
	for (size_t i = 0; i < def->phrases.n_items; i++) {
		size_t from = i > 0 ? end[i - 1] : 0;
		unsigned shared = 0, parts = (unsigned)(end[i] - from);
		for (size_t k = from; k < end[i]; k++)
			shared += results[k].hit;
		if (near->nearest == NULL || shared * near->n_parts > near->n_shared * parts) {
			near->nearest = &def->phrases.items[i];
			near->n_shared = shared;
			near->n_parts = parts;
		}
	}
	return RD_OK;
}

static const char *plain_text(const struct rd_message *message, struct rd_arena *arena)
{
	struct rd_normal subject, body;
	struct rd_err err = { 0 };

	if (rd_normalise(message->subject, message->subject_len, NULL, 0, message->subject_len * 4,
		    arena, &subject, &err) != RD_OK ||
		rd_normalise(message->body, message->body_len, NULL, 0, message->body_len * 4,
			arena, &body, &err) != RD_OK)
		return "";
	const char *both = rd_arena_printf(arena, "%s %s", subject.text, body.text);
	return both != NULL ? both : "";
}

static enum rd_rc look(const struct rd_ruleset *set, const struct rd_definition *def,
	const struct rd_message *message, int64_t today_ms, struct rd_arena *arena,
	struct rd_near *ret_near, struct rd_err *err)
{
	struct search s = { .set = set, .arena = arena, .text = plain_text(message, arena) };
	struct rd_near near = { .how = RD_NEAR_NOT };
	bool any = false;

	s.room = rd_arena_alloc(arena, sizeof *s.room);
	RD_TRY(matches_bare(&s, def, message, today_ms, &any, err));
	if (any)
		near.how = RD_NEAR_STOPPED;
	if (near.how == RD_NEAR_NOT) {
		RD_TRY(misses_by_one(&s, def, message, today_ms, &any, err));
		if (any)
			near.how = RD_NEAR_BY_ONE;
	}
	if (near.how == RD_NEAR_NOT)
		RD_TRY(find_nearest(&s, def, message, today_ms, &near, err));
	*ret_near = near;
	return RD_OK;
}

enum rd_rc rd_near(const struct rd_ruleset *set, const struct rd_definition *def,
	const struct rd_message *message, int64_t today_ms, struct rd_arena *arena,
	struct rd_near *ret_near, struct rd_err *err)
{
	enum rd_rc rc = look(set, def, message, today_ms, arena, ret_near, err);

	/* A rule too large to be taken apart refuses no example. */
	if (rc == RD_E_RANGE)
		*ret_near = (struct rd_near){ .how = RD_NEAR_STOPPED };
	return rc == RD_E_RANGE ? RD_OK : rc;
}
