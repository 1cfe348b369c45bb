#include "redress/rules/probe.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKENS_MAX  (RD_REGEX_BYTES_MAX + 1)
#define FRAMES_MAX  64
#define LETTERS_MAX 48 /* characters that are tried for a class */
#define PIECE_MAX   200
#define PLACES_MAX  24 /* of a pattern, at which a text is begun anew or a part repeated */
#define VARIETY	    2  /* ways through the pattern's branches */

enum token_kind { T_ATOM, T_OPEN, T_BAR, T_CLOSE, T_NOTHING };

struct token {
	enum token_kind kind;
	const char *text; /* of an atom, in the pattern */
	size_t len;
	size_t partner; /* of a parenthesis */
	int min, max;	/* of an atom, or of a parenthesis at both ends; -1: no bound */
	char letters[LETTERS_MAX + 1]; /* that the atom takes */
};

struct prober {
	const struct rd_ruleset *set;
	const struct rd_pattern *pattern;
	struct rd_arena *arena;
	struct token *tokens;
	size_t n_tokens;
	char alphabet[LETTERS_MAX + 1];
	pcre2_match_data *data;
	pcre2_match_context *limits;
	uint32_t steps; /* of the run at hand */
	char piece[PIECE_MAX + 1];
	char worst[PIECE_MAX + 1];
	uint32_t most;
};

static int count_step(pcre2_callout_block *block, void *context)
{
	uint32_t *steps = context;

	(void)block;
	return ++*steps <= RD_PROBE_STEPS_MAX ? 0 : PCRE2_ERROR_CALLOUT;
}

/* Bytes of the escape, class or character that begins here. */
static size_t atom_len(const char *p)
{
	size_t n = 1;

	if (*p == '\\') {
		bool braces = p[1] != '\0' && strchr("xpPN", p[1]) != NULL && p[2] == '{';
		const char *close = braces ? strchr(p, '}') : NULL;
		return close != NULL ? (size_t)(close - p) + 1 : p[1] != '\0' ? 2 : 1;
	}
	if (*p == '[') {
		n += p[n] == '^';
		n += p[n] == ']';
		while (p[n] != '\0' && p[n] != ']') {
			const char *named =
				p[n] == '[' && p[n + 1] == ':' ? strstr(p + n, ":]") : NULL;
			n = named != NULL ? (size_t)(named - p) + 2 : n + (p[n] == '\\' ? 2 : 1);
		}
		return n + (p[n] == ']');
	}
	while (((unsigned char)p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static size_t read_quantifier(const char *p, int *min, int *max)
{
	char *end = NULL;
	size_t n = 0;

	*min = *max = 1;
	if (*p == '*' || *p == '+' || *p == '?') {
		*min = *p == '+';
		*max = *p == '?' ? 1 : -1;
		n = 1;
	} else if (*p == '{' && isdigit((unsigned char)p[1])) {
		*min = *max = (int)strtol(p + 1, &end, 10);
		if (*end == ',')
			*max = isdigit((unsigned char)end[1]) ? (int)strtol(end + 1, &end, 10) : -1;
		n = strcspn(p, "}");
		n += p[n] == '}';
	}
	if (n > 0 && (p[n] == '?' || p[n] == '+'))
		n++;
	return n;
}

static void find_letters(const struct prober *r, struct token *t)
{
	char source[RD_REGEX_BYTES_MAX + 16];
	int number = 0;
	PCRE2_SIZE at = 0;
	size_t n = 0;

	snprintf(source, sizeof source, "\\A(?:%.*s)\\z", (int)t->len, t->text);
	pcre2_code *code = pcre2_compile(
		(PCRE2_SPTR)source, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &number, &at, NULL);
	for (const char *c = r->alphabet; *c != '\0' && code != NULL; c++)
		if (pcre2_match(code, (PCRE2_SPTR)c, 1, 0, 0, r->data, NULL) >= 0)
			t->letters[n++] = *c;
	pcre2_code_free(code);
}

/* The pattern passed rd_regex_check and PCRE2, so that what is taken here for granted holds. */
static bool read_pattern(struct prober *r)
{
	size_t open[FRAMES_MAX], depth = 0;

	for (const char *p = r->pattern->line->value; *p != '\0';) {
		struct token *t = &r->tokens[r->n_tokens];
		*t = (struct token){ .kind = T_ATOM, .text = p, .len = 1, .min = 1, .max = 1 };
		if (*p == '(') {
			t->kind = T_OPEN;
			if (depth == sizeof open / sizeof open[0])
				return false;
			open[depth++] = r->n_tokens;
			if (p[1] == '?')
				t->len = p[2] == '<' ? 4 : 3;
		} else if (*p == ')') {
			if (depth == 0)
				return false;
			t->kind = T_CLOSE;
			t->partner = open[--depth];
			r->tokens[t->partner].partner = r->n_tokens;
		} else if (*p == '|') {
			t->kind = T_BAR;
		} else if (*p == '^' || *p == '$' ||
			   (*p == '\\' && p[1] != '\0' && strchr("bBAzZ", p[1]) != NULL)) {
			t->kind = T_NOTHING;
			t->len = *p == '\\' ? 2 : 1;
		} else {
			t->len = atom_len(p);
			find_letters(r, t);
		}
		p += t->len;
		if (t->kind == T_ATOM || t->kind == T_CLOSE)
			p += read_quantifier(p, &t->min, &t->max);
		if (t->kind == T_CLOSE) {
			r->tokens[t->partner].min = t->min;
			r->tokens[t->partner].max = t->max;
		}
		r->n_tokens++;
	}
	return depth == 0;
}

static void add_letter(struct prober *r, char c)
{
	size_t n = strlen(r->alphabet);

	if (n < LETTERS_MAX && strchr(r->alphabet, c) == NULL)
		r->alphabet[n] = c;
}

static void choose_alphabet(struct prober *r)
{
	for (const char *p = "a 1e"; *p != '\0'; p++)
		add_letter(r, *p);
	for (const char *p = r->pattern->line->value; *p != '\0'; p++)
		if ((unsigned char)*p < 0x80 && !isupper((unsigned char)*p))
			add_letter(r, *p);
}

/* In how many ways can the pattern's repetitions be spread from one place on? None of them
 * unbounded or within another: then a longer text costs more in proportion only. */
static bool is_bounded(const struct prober *r)
{
	double ways = 1;
	size_t inside = 0; /* the end of a repeated parenthesis */

	for (size_t i = 0; i < r->n_tokens; i++) {
		const struct token *t = &r->tokens[i];
		if (t->kind == T_BAR && i < inside)
			return false; /* each time round either way */
		if (t->kind != T_ATOM && t->kind != T_OPEN)
			continue;
		if (t->max < 0 || (t->min != t->max && i < inside))
			return false;
		if (t->kind == T_OPEN && t->max > 1 && t->partner > inside)
			inside = t->partner;
		ways *= t->max - t->min + 1;
	}
	return ways <= RD_PROBE_WAYS_MAX;
}

/* The alternative to be taken of those between from and to: where it begins and ends. */
static void branch(const struct prober *r, size_t from, size_t to, unsigned way, size_t *ret_from,
	size_t *ret_to)
{
	size_t n = 1, end = to;

	for (size_t i = from; i < to; i++) {
		if (r->tokens[i].kind == T_OPEN)
			i = r->tokens[i].partner;
		n += r->tokens[i].kind == T_BAR;
	}
	size_t wanted = way % n;
	*ret_from = from;
	for (size_t i = from; i < to; i++) {
		if (r->tokens[i].kind == T_OPEN) {
			i = r->tokens[i].partner;
		} else if (r->tokens[i].kind == T_BAR) {
			if (wanted == 0) {
				end = i;
				break;
			}
			wanted--;
			*ret_from = i + 1;
		}
	}
	*ret_to = end;
}

/* The alternative in which `stop` stands. */
static void branch_with(const struct prober *r, size_t from, size_t to, size_t stop,
	size_t *ret_from, size_t *ret_to)
{
	*ret_from = from;
	*ret_to = to;
	for (size_t i = from; i < stop; i++) {
		if (r->tokens[i].kind == T_OPEN && r->tokens[i].partner < stop)
			i = r->tokens[i].partner;
		else if (r->tokens[i].kind == T_OPEN)
			return;
		else if (r->tokens[i].kind == T_BAR)
			*ret_from = i + 1;
	}
}

struct frame {
	size_t i, end;
};

/* A text that tokens [from, to) may match, added to r->piece; parts with `stop` in them are written
 * up to that. prefer: a character to be taken wherever one is free to choose. */
static void write_piece(
	struct prober *r, size_t from, size_t to, size_t stop, unsigned way, char prefer)
{
	struct frame frames[FRAMES_MAX];
	size_t n = 1, len = strlen(r->piece), start = 0, end = 0;

	if (stop >= from && stop < to)
		branch_with(r, from, to, stop, &start, &end);
	else
		branch(r, from, to, way, &start, &end);
	frames[0] = (struct frame){ start, end };
	while (n > 0) {
		struct frame *f = &frames[n - 1];
		if (f->i >= f->end) {
			n--;
			continue;
		}
		size_t at = f->i;
		const struct token *t = &r->tokens[at];
		if (at == stop)
			break;
		f->i = t->kind == T_OPEN ? t->partner + 1 : at + 1;
		if (t->kind == T_BAR) {
			f->i = f->end;
		} else if (t->kind == T_OPEN && n < FRAMES_MAX && t->max != 0) {
			struct frame inner = { at + 1, t->partner };
			if (stop > at && stop < t->partner)
				branch_with(r, at + 1, t->partner, stop, &inner.i, &inner.end);
			else
				branch(r, at + 1, t->partner, way, &inner.i, &inner.end);
			frames[n++] = inner;
		} else if (t->kind == T_ATOM && t->letters[0] != '\0' && len < PIECE_MAX) {
			bool free = strchr(t->letters, prefer) != NULL;
			r->piece[len++] = free ? prefer : t->letters[way % strlen(t->letters)];
		}
	}
	r->piece[len] = '\0';
}

static bool run(struct prober *r, const char *lead, const char *again, const char *tail)
{
	char text[RD_PROBE_BYTES + 2 * PIECE_MAX + 8];
	size_t len = 0, n = strlen(again);
	const pcre2_code *code = r->pattern->counted != NULL ? r->pattern->counted
							     : rd_program_code(r->pattern->program);

	len = (size_t)snprintf(text, sizeof text, "%s", lead);
	while (n > 0 && len + n + 8 < RD_PROBE_BYTES) {
		memcpy(text + len, again, n);
		len += n;
	}
	len += (size_t)snprintf(text + len, sizeof text - len, "%s", tail);
	r->steps = 0;
	int rc = pcre2_match(code, (PCRE2_SPTR)text, len, 0, 0, r->data, r->limits);
	bool gave_up = rc < 0 && rc != PCRE2_ERROR_NOMATCH;
	if (r->steps > r->most || gave_up) {
		r->most = r->steps;
		snprintf(r->worst, sizeof r->worst, "%s", again);
	}
	return gave_up;
}

/* Ends at which a match fails late; the first two hold what PCRE2 looks for first. */
static bool run_with_ends(struct prober *r, const char *lead, const char *again)
{
	uint32_t known = 0, last = 0;
	char tails[2][4] = { "\n!", "!" };

	const pcre2_code *code = rd_program_code(r->pattern->program);
	pcre2_pattern_info(code, PCRE2_INFO_LASTCODETYPE, &known);
	pcre2_pattern_info(code, PCRE2_INFO_LASTCODEUNIT, &last);
	if (known != 0 && last > 0 && last < 0x80)
		for (size_t i = 0; i < 2; i++)
			tails[i][strlen(tails[i]) - 1] = (char)last;
	for (size_t i = 0; i < 2; i++)
		if (run(r, lead, again, tails[i]))
			return true;
	return false;
}

/* Behind token `at`: the beginning of the pattern up to there, again and again. */
static bool probe_beginning(struct prober *r, size_t at, unsigned way, char prefer)
{
	r->piece[0] = '\0';
	write_piece(r, 0, r->n_tokens, at + 1, way, prefer);
	if (r->piece[0] == '\0')
		return false;
	if (run_with_ends(r, "", r->piece))
		return true;
	strncat(r->piece, " ", PIECE_MAX - strlen(r->piece));
	return run_with_ends(r, "", r->piece);
}

/* What stands at token `at` again and again, behind what leads there. */
static bool probe_repeated(struct prober *r, size_t at, unsigned way, char prefer)
{
	char lead[PIECE_MAX + 1];
	const struct token *t = &r->tokens[at];

	r->piece[0] = '\0';
	write_piece(r, 0, r->n_tokens, at, way, prefer);
	memcpy(lead, r->piece, sizeof lead);
	r->piece[0] = '\0';
	if (t->kind == T_OPEN)
		write_piece(r, at + 1, t->partner, SIZE_MAX, way, prefer);
	else
		write_piece(r, at, at + 1, SIZE_MAX, way, prefer);
	if (r->piece[0] == '\0')
		return false;
	/* Alternatives side by side are what a repetition stumbles on. */
	if (t->kind == T_OPEN)
		write_piece(r, at + 1, t->partner, SIZE_MAX, way + 1, prefer);
	return run_with_ends(r, lead, r->piece);
}

static bool probe_all(struct prober *r)
{
	size_t step = r->n_tokens / PLACES_MAX + 1;

	for (unsigned way = 0; way < VARIETY; way++)
		for (int p = 0; p < 2; p++) {
			char prefer = "a "[p];
			for (size_t i = 0; i < r->n_tokens; i++) {
				const struct token *t = &r->tokens[i];
				bool repeats = (t->kind == T_ATOM || t->kind == T_OPEN) &&
					       (t->max < 0 || t->max > 1);
				if (repeats && probe_repeated(r, i, way, prefer))
					return true;
				bool here = repeats || i % step == 0;
				if (here && t->kind != T_BAR && probe_beginning(r, i, way, prefer))
					return true;
			}
		}
	return false;
}

struct rd_probed rd_probe(
	const struct rd_ruleset *set, const struct rd_pattern *pattern, struct rd_arena *arena)
{
	struct rd_probed probed = { .on = "" };
	struct prober *r = rd_arena_alloc(arena, sizeof *r);

	if (r == NULL)
		return probed;
	*r = (struct prober){ .set = set, .pattern = pattern, .arena = arena };
	r->tokens = rd_arena_array(arena, TOKENS_MAX, sizeof *r->tokens);
	r->data = pcre2_match_data_create(2, NULL);
	r->limits = pcre2_match_context_copy(set->limits);
	RD_ASSERT(r->data != NULL && r->limits != NULL);
	pcre2_set_callout(r->limits, count_step, &r->steps);
	choose_alphabet(r);
	if (r->tokens != NULL && read_pattern(r)) {
		probed.heavy = probe_all(r);
		probed.runs_away = probed.heavy && !is_bounded(r);
		probed.steps = r->most;
		probed.on = rd_arena_strdup(arena, r->worst);
	}
	if (probed.on == NULL)
		probed.on = "";
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->limits);
	return probed;
}
