#include "redress/rules/regex.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "redress/rules/language.h"

#define DEPTH_MAX     20
#define REPEAT_MAX    500 /* of a counted repetition */
#define STRETCHES_MAX 2	  /* unbounded repetitions of nearly any character */

struct group {
	bool repeats;		  /* holds an unbounded repetition */
	bool varies;		  /* holds a branch or something optional */
	bool plain;		  /* `(a|b)` of mere letters: its words are literals */
	int repeat;		  /* largest product of counted repetitions within */
	struct rd_literals words; /* of a plain group's branches so far */
	bool first;
};

struct scan {
	const char *start, *p;
	struct rd_place at;
	struct rd_arena *arena;
	struct rd_problems *problems;
	struct group groups[DEPTH_MAX + 1];
	size_t depth;
	int stretches;
	/* The atom before a quantifier. */
	bool atom, atom_is_group, atom_is_wide, atom_is_plain;
	struct group closed; /* that group */
	char run[64];	     /* letters in a row, at the top or in a plain group */
	size_t run_len;
	bool branches; /* at the top level */
	bool crosses;
	struct rd_literals best, pending;
};

static bool fail(const struct scan *s, const char *where, const char *what)
{
	struct rd_place at = s->at;

	at.column += (int)(where - s->start);
	rd_problem_error(s->problems, at, "%s", what);
	return false;
}

/* Two letters, or one character that few texts have: a quotation mark, a pound sign. */
static bool is_worth_looking_for(const struct scan *s)
{
	return s->run_len >= 2 || (s->run_len == 1 && ispunct((unsigned char)s->run[0]) &&
					  strchr(".,'-_", s->run[0]) == NULL);
}

static struct rd_literals take_run(struct scan *s)
{
	struct rd_literals one = { .items = NULL };

	if (is_worth_looking_for(s))
		one = rd_literals_one(s->run, s->run_len, s->arena);
	s->run_len = 0;
	return one;
}

/* At the top a run of letters has ended: is it the best so far? */
static void end_run(struct scan *s)
{
	if (s->depth == 0)
		s->best = rd_literals_better(s->best, take_run(s));
	else
		s->groups[s->depth].plain = false;
	s->run_len = 0;
}

static void atom_wide(struct scan *s, bool wide)
{
	end_run(s);
	s->atom = true;
	s->atom_is_group = s->atom_is_plain = false;
	s->atom_is_wide = wide;
}

static void atom_plain(struct scan *s, char c)
{
	if (s->run_len < sizeof s->run)
		s->run[s->run_len++] = c;
	else if (s->depth == 0)
		end_run(s);
	else
		s->groups[s->depth].plain = false;
	s->atom = s->atom_is_plain = true;
	s->atom_is_group = s->atom_is_wide = false;
}

static bool scan_escape(struct scan *s)
{
	const char *at = s->p++;
	char c = *s->p;

	if (c == '\0')
		return fail(s, at, "a single `\\` at the end");
	s->p++;
	if ((c >= '1' && c <= '9') || c == 'g' || c == 'k')
		return fail(s, at, "back references are not taken: they can take very long");
	if (strchr("CKQEGXRco", c) != NULL)
		return fail(s, at, "this escape is not taken here");
	/* Of the escapes only these never meet a line end. */
	if (isalnum((unsigned char)c) && strchr("wdhbBtSV", c) == NULL)
		s->crosses = true;
	if (strchr("xpPN", c) != NULL && *s->p == '{') {
		const char *close = strchr(s->p, '}');
		if (close == NULL)
			return fail(s, at, "`{` without its `}`");
		s->p = close + 1;
		atom_wide(s, c == 'P');
		return true;
	}
	if (strchr("bBAzZ", c) != NULL) {
		end_run(s);
		s->atom = false;
		return true;
	}
	if (isalnum((unsigned char)c))
		atom_wide(s, strchr("DSWNHV", c) != NULL);
	else
		atom_plain(s, c);
	return true;
}

static bool scan_class(struct scan *s)
{
	const char *at = s->p++;
	bool negated = *s->p == '^', line_end = false, doubtful = false;

	if (negated)
		s->p++;
	if (*s->p == ']')
		s->p++;
	while (*s->p != '\0' && *s->p != ']') {
		if (isupper((unsigned char)*s->p))
			return fail(
				s, s->p, "a capital can never match: the text is in small letters");
		line_end = line_end || (s->p[0] == '\\' && (s->p[1] == 'n' || s->p[1] == 's'));
		doubtful = doubtful || iscntrl((unsigned char)*s->p) || *s->p == '[' ||
			   (s->p[0] == '\\' && isalnum((unsigned char)s->p[1]) &&
				   strchr("wdh", s->p[1]) == NULL);
		if (s->p[0] == '[' && s->p[1] == ':') {
			const char *close = strstr(s->p, ":]");
			if (close == NULL)
				break;
			s->p = close + 2;
		} else if (s->p[0] == '\\' && s->p[1] == 'C') {
			return fail(s, s->p, "\\C is not taken here");
		} else if (s->p[0] == '\\' && s->p[1] != '\0') {
			bool braces = strchr("xpPN", s->p[1]) != NULL && s->p[2] == '{';
			const char *close = braces ? strchr(s->p, '}') : s->p + 1;
			if (close == NULL)
				break;
			s->p = close + 1;
		} else {
			s->p++;
		}
	}
	if (*s->p != ']')
		return fail(s, at, "`[` without its `]`");
	s->p++;
	s->crosses = s->crosses || (negated ? !line_end : doubtful);
	atom_wide(s, negated);
	return true;
}

static bool scan_open(struct scan *s)
{
	const char *at = s->p++;
	bool plain = true;

	if (*s->p == '*')
		return fail(s, at, "verbs like (*...) are not taken here");
	if (*s->p == '?') {
		const char *q = s->p + 1;
		plain = *q == ':';
		if (*q == ':' || *q == '=' || *q == '!' || *q == '>') {
			s->p = q + 1;
		} else if (*q == '<' && (q[1] == '=' || q[1] == '!')) {
			s->p = q + 2;
		} else {
			return fail(s, at,
				"of the forms (?...) only (?: ) (?= ) (?! ) (?<= ) (?<! ) (?> ) "
				"are "
				"taken");
		}
	}
	if (s->depth == 0)
		s->best = rd_literals_better(s->best, take_run(s));
	else
		s->groups[s->depth].plain = false;
	if (s->depth == DEPTH_MAX)
		return fail(s, at, "parentheses more than 20 deep");
	s->run_len = 0;
	s->depth++;
	s->groups[s->depth] =
		(struct group){ .plain = plain && s->depth == 1, .repeat = 1, .first = true };
	s->atom = false;
	return true;
}

static void end_branch(struct scan *s)
{
	struct group *g = &s->groups[s->depth];
	struct rd_literals one = take_run(s);

	g->words = g->first ? one : rd_literals_either(g->words, one, s->arena);
	g->first = false;
	s->atom = false;
}

static bool scan_close(struct scan *s)
{
	if (s->depth == 0)
		return fail(s, s->p, "`)` without its `(`");
	end_branch(s);
	s->closed = s->groups[s->depth--];
	struct group *g = &s->groups[s->depth];
	g->repeats = g->repeats || s->closed.repeats;
	g->varies = g->varies || s->closed.varies;
	g->repeat = g->repeat > s->closed.repeat ? g->repeat : s->closed.repeat;
	s->pending = (struct rd_literals){ .items = NULL };
	if (s->depth == 0 && s->closed.plain)
		s->pending = s->closed.words;
	s->atom = s->atom_is_group = true;
	s->atom_is_wide = s->atom_is_plain = false;
	s->p++;
	/* Taken as needed unless a quantifier says otherwise. */
	if (*s->p != '?' && *s->p != '*' && *s->p != '{')
		s->best = rd_literals_better(s->best, s->pending);
	return true;
}

static bool read_counts(struct scan *s, int *min, int *max)
{
	const char *p = s->p + 1;
	char *end = NULL;

	if (!isdigit((unsigned char)*p))
		return false;
	*min = (int)strtol(p, &end, 10);
	*max = *min;
	if (*end == ',') {
		p = end + 1;
		*max = isdigit((unsigned char)*p) ? (int)strtol(p, &end, 10) : -1;
		if (*max < 0)
			end++;
	}
	if (*end != '}')
		return false;
	s->p = end + 1;
	return true;
}

static bool scan_quantifier(struct scan *s)
{
	const char *at = s->p;
	struct group *g = &s->groups[s->depth];
	int min = *s->p == '+' ? 1 : 0, max = *s->p == '?' ? 1 : -1;

	if (*s->p == '{') {
		if (!read_counts(s, &min, &max))
			return fail(
				s, at, "write a count like {0,6}, or \\{ for the character itself");
	} else {
		s->p++;
	}
	if (!s->atom)
		return fail(s, at, "nothing stands here that could be repeated");
	bool possessive = *s->p == '+';
	if (*s->p == '+' || *s->p == '?')
		s->p++;
	if (s->atom_is_plain && min == 0 && s->run_len > 0) {
		while (s->run_len > 1 && ((unsigned char)s->run[s->run_len - 1] & 0xc0) == 0x80)
			s->run_len--;
		s->run_len--;
	}
	end_run(s);
	if (min != max)
		g->varies = true;
	if (max < 0) {
		if (s->atom_is_group && (s->closed.repeats || s->closed.varies))
			return fail(s, at,
				"this can run away: an unbounded repetition of something that "
				"itself repeats or branches; write a bound like {0,6}");
		s->stretches += s->atom_is_wide && !possessive;
		if (s->stretches > STRETCHES_MAX)
			return fail(s, at,
				"this can run away: more than two unbounded stretches of any "
				"character; write bounds like .{0,60}");
		g->repeats = true;
	} else {
		int within = s->atom_is_group ? s->closed.repeat : 1;
		if (max > REPEAT_MAX || within * max > 2 * REPEAT_MAX)
			return fail(s, at,
				"this can run away: it repeats too often; at most 500 times, "
				"and 1,000 within one another");
		if (s->atom_is_group && s->closed.repeats && max > 20)
			return fail(s, at,
				"this can run away: unbounded repetition inside a repetition");
		g->repeat = g->repeat > within * max ? g->repeat : within * max;
	}
	if (s->atom_is_group && min > 0)
		s->best = rd_literals_better(s->best, s->pending);
	s->atom = false;
	return true;
}

static bool scan_one(struct scan *s)
{
	char c = *s->p;

	switch (c) {
	case '\\':
		return scan_escape(s);
	case '[':
		return scan_class(s);
	case '(':
		return scan_open(s);
	case ')':
		return scan_close(s);
	case '|':
		s->groups[s->depth].varies = true;
		if (s->depth == 0) {
			s->branches = true;
			s->run_len = 0;
		} else {
			end_branch(s);
		}
		s->atom = false;
		s->p++;
		return true;
	case '*':
	case '+':
	case '?':
	case '{':
		return scan_quantifier(s);
	case '.':
		atom_wide(s, true);
		s->p++;
		return true;
	case '^':
	case '$':
		s->crosses = true;
		end_run(s);
		s->atom = false;
		s->p++;
		return true;
	default:
		if (isupper((unsigned char)c))
			return fail(
				s, s->p, "a capital can never match: the text is in small letters");
		atom_plain(s, c);
		s->p++;
		return true;
	}
}

bool rd_regex_check(const char *text, struct rd_place at, struct rd_arena *arena,
	struct rd_problems *problems, struct rd_regex *ret_regex)
{
	struct scan s = {
		.start = text, .p = text, .at = at, .arena = arena, .problems = problems
	};

	s.groups[0].repeat = 1;
	if (strlen(text) > RD_REGEX_BYTES_MAX)
		return fail(&s, text, "longer than 1,000 bytes; split it");
	while (*s.p != '\0')
		if (!scan_one(&s))
			return false;
	if (s.depth > 0)
		return fail(&s, s.p, "`(` without its `)`");
	end_run(&s);
	*ret_regex = (struct rd_regex){ .branches = s.branches, .crosses = s.crosses };
	if (!s.branches)
		ret_regex->literals = s.best;
	return true;
}
