#include "redress/rules/second_pass.h"

#include <string.h>

#define REASONS_MORE 3 /* that this file adds */

/* Flags that change what is done: one that stands in the forwarded text alone is a person's. */
static const enum rd_flag weighty_flags[] = { RD_HEALTH_SAFETY, RD_SAFEGUARDING, RD_PERSONAL_INJURY,
	RD_HEAT_LOSS, RD_STAGE2_REQUEST };

static bool holds_forwarded(const struct rd_message *message)
{
	for (size_t i = 0; i < message->n_spans; i++)
		if (message->spans[i].kind == RD_SPAN_FORWARDED)
			return true;
	return false;
}

/* The same message, its forwarded text new. */
static enum rd_rc with_forwarded(const struct rd_message *message, struct rd_arena *arena,
	struct rd_message *ret_message, struct rd_err *err)
{
	struct rd_span *spans = rd_arena_array(arena, message->n_spans + 1, sizeof *spans);

	if (spans == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	memcpy(spans, message->spans, message->n_spans * sizeof *spans);
	for (size_t i = 0; i < message->n_spans; i++)
		if (spans[i].kind == RD_SPAN_FORWARDED)
			spans[i].kind = RD_SPAN_NEW;
	*ret_message = *message;
	ret_message->spans = spans;
	ret_message->nothing_new = false;
	return RD_OK;
}

/* Reasons of both, none twice, and room for more. */
static enum rd_rc join_reasons(const struct rd_score *a, const struct rd_score *b, const char *more,
	struct rd_arena *arena, struct rd_score *score, struct rd_err *err)
{
	const struct rd_score *const both[] = { a, b };
	size_t n = 0, room = (a != NULL ? a->n_review_reasons : 0) + b->n_review_reasons;
	const char **reasons = rd_arena_array(arena, room + REASONS_MORE, sizeof *reasons);

	if (reasons == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	if (more != NULL)
		reasons[n++] = more;
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; both[k] != NULL && i < both[k]->n_review_reasons; i++) {
			bool told = false;

			for (size_t j = 0; j < n; j++)
				told = told || strcmp(reasons[j], both[k]->review_reasons[i]) == 0;
			if (!told)
				reasons[n++] = both[k]->review_reasons[i];
		}
	score->review_reasons = reasons;
	score->n_review_reasons = n;
	score->review = score->review || n > 0;
	return RD_OK;
}

/* Both lists, none twice, and no more than RD_SCORE_RULES_MAX. */
static enum rd_rc join_rules(const char *const *a, size_t n_a, const char *const *b, size_t n_b,
	struct rd_arena *arena, const char *const **ret_rules, size_t *ret_n, struct rd_err *err)
{
	const char **rules = rd_arena_array(arena, n_a + n_b + 1, sizeof *rules);
	size_t n = n_a;

	if (rules == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	for (size_t i = 0; i < n; i++)
		rules[i] = a[i];
	for (size_t i = 0; i < n_b; i++) {
		bool told = false;

		for (size_t j = 0; j < n; j++)
			told = told || strcmp(rules[j], b[i]) == 0;
		if (!told && n < RD_SCORE_RULES_MAX)
			rules[n++] = b[i];
	}
	*ret_rules = rules;
	*ret_n = n;
	return RD_OK;
}

/* What neither pass may lose: flags and marks of the own words, and the rules that failed in either
 * or are switched off. */
static enum rd_rc join_both(const struct rd_score *without, const struct rd_score *with,
	struct rd_arena *arena, struct rd_score *score, struct rd_err *err)
{
	for (int i = 0; i < RD_N_FLAGS; i++)
		score->flags[i] = score->flags[i] || without->flags[i];
	RD_TRY(join_rules(without->failed_rules, without->n_failed_rules, with->failed_rules,
		with->n_failed_rules, arena, &score->failed_rules, &score->n_failed_rules, err));
	RD_TRY(join_rules(without->off_rules, without->n_off_rules, with->off_rules,
		with->n_off_rules, arena, &score->off_rules, &score->n_off_rules, err));
	return join_rules(without->marks, without->n_marks, score->marks, score->n_marks, arena,
		&score->marks, &score->n_marks, err);
}

/* A flag that only the forwarded text sets, and that must be seen. */
static bool finds_danger(const struct rd_score *without, const struct rd_score *with)
{
	for (size_t i = 0; i < sizeof weighty_flags / sizeof weighty_flags[0]; i++)
		if (with->flags[weighty_flags[i]] && !without->flags[weighty_flags[i]])
			return true;
	return false;
}

/* What only a forwarded text can say is a person's to read, whatever the new words say. */
static enum rd_rc differ(const struct rd_score *without, const struct rd_score *with,
	struct rd_arena *arena, struct rd_score *ret_score, struct rd_err *err)
{
	struct rd_score score = *with;
	const char *why;

	if (with->kind != without->kind)
		why = rd_arena_printf(arena,
			"it forwards other text: by its own words it is %s, with what it forwards "
			"%s",
			rd_kind_words[without->kind], rd_kind_words[with->kind]);
	else if (finds_danger(without, with))
		why = "what it forwards speaks of danger, injury, a person at risk, no heating or "
		      "stage 2, and its own words do not";
	else
		why = "it forwards other text, and whether that counts changes what is to be done";
	if (why == NULL)
		return rd_fail(err, RD_E_RANGE, "no room left to score this message");
	/* The one mistake that is not made: a sure complaint does not become anything else. */
	if (without->kind == RD_COMPLAINT && !without->review)
		score.kind = RD_COMPLAINT;
	RD_TRY(join_reasons(without, with, why, arena, &score, err));
	RD_TRY(join_both(without, with, arena, &score, err));
	*ret_score = score;
	return RD_OK;
}

static enum rd_rc score_twice(const struct rd_ruleset *rules, const struct rd_message *message,
	const struct rd_message *whole, int64_t received_ms, struct rd_arena *arena,
	struct rd_score *ret_score, struct rd_err *err)
{
	struct rd_score without, with;

	RD_TRY(rd_score_once(rules, message, received_ms, arena, &without, err));
	RD_TRY(rd_score_once(rules, whole, received_ms, arena, &with, err));
	if (with.kind != without.kind || with.review != without.review ||
		finds_danger(&without, &with))
		return differ(&without, &with, arena, ret_score, err);
	/* "Please log this as a complaint": what it is about stands in the forward. */
	*ret_score = without.n_topics == 0 && with.n_topics > 0 ? with : without;
	if (ret_score->review)
		RD_TRY(join_reasons(&without, &with, NULL, arena, ret_score, err));
	return join_both(&without, &with, arena, ret_score, err);
}

enum rd_rc rd_score_message(const struct rd_ruleset *rules, const struct rd_message *message,
	int64_t received_ms, struct rd_arena *arena, struct rd_score *ret_score, struct rd_err *err)
{
	struct rd_message whole;
	struct rd_score score;

	if (!holds_forwarded(message))
		return rd_score_once(rules, message, received_ms, arena, ret_score, err);
	RD_TRY(with_forwarded(message, arena, &whole, err));
	if (!message->nothing_new)
		return score_twice(rules, message, &whole, received_ms, arena, ret_score, err);
	/* Only the forwarded text says anything: it alone is read, and a person looks. */
	RD_TRY(rd_score_once(rules, &whole, received_ms, arena, &score, err));
	RD_TRY(join_reasons(NULL, &score,
		"it says nothing itself: all that was read is what it forwards", arena, &score,
		err));
	*ret_score = score;
	return RD_OK;
}
