/* matching: which rules hit in one message, and where. For daemon/rules alone (and its tests).
 *
 * The words of each field are looked up once (wording.h); those of a phrase's key name the phrases
 * that could match and the sentences in which, and a pass over the bytes does the same for Regex.
 * Where the phrase's outline fits too, PCRE2 is asked: it alone tells a match and its place. A rule
 * is done at its first place that nothing stops (or at its `At least`th).
 *
 * All work is counted, and the counts have limits (language.h), so that the same text gives the
 * same answer on any machine. A rule that could not be tried to the end has failed, which is never
 * "no match".
 */
#ifndef REDRESS_RULES_MATCHING_H
#define REDRESS_RULES_MATCHING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "redress/message/message.h"
#include "redress/rules/compiled.h"
#include "redress/rules/language.h"
#include "redress/rules/prepare.h"
#include "redress/rules/score.h"
#include "redress/rules/wording.h"

struct rd_spot {
	enum rd_where where;
	uint32_t from, to; /* in the prepared text */
};

struct rd_outcome {
	bool hit, failed;
	bool untried;	     /* failed for the message's budget was used up, by whatever rules */
	bool selected;	     /* by the literal pass, of a rule that is switched off */
	struct rd_spot spot; /* of the hit: its first place found */
	bool stopped;	     /* at least one place was stopped by an Unless */
	struct rd_spot stopped_spot;
	const char *by;		/* arena: "not, 2 words before" */
	const char *by_place;	/* arena: "core.rules:18" */
	double lean;		/* of a Leaning: its points */
	const char *lean_words; /* and its words, for a person */
	struct rd_spot *places; /* only under `At least` */
	unsigned n_places;
	uint32_t steps; /* of its Regex, where they were counted */
};

/* What was done so far for one message. */
struct rd_effort {
	uint64_t bytes_run;  /* given to PCRE2 */
	uint64_t word_steps; /* of outlines */
	uint32_t steps;	     /* of Regex */
	uint32_t n_runs;     /* how often PCRE2 was asked */
	bool exhausted;	     /* the budget was used up: what was not tried counts as failed */
};

struct rd_matching {
	const struct rd_ruleset *rules;
	struct rd_arena *arena;
	enum rd_channel channel;
	int64_t received_ms;
	struct rd_normal normal[2]; /* by enum rd_where */
	struct rd_prepared field[2];
	struct rd_wording wording[2];
	uint32_t n_words;	      /* of the body, plus one; 0 while nobody asked */
	struct rd_outcome **outcomes; /* by rule; NULL where nothing of it was found */
	const uint32_t *touched;      /* the rules with an outcome, in order */
	uint32_t n_touched;
	bool truncated; /* more text than is scored */
	struct rd_effort effort;
};

/* Subject and body as the rules read them. Arena: both. */
RD_MUST_USE enum rd_rc rd_matching_normalise(const struct rd_message *message,
	struct rd_arena *arena, struct rd_normal ret_normal[static 2], struct rd_err *err);

RD_MUST_USE enum rd_rc rd_matching_run(const struct rd_ruleset *rules, enum rd_channel channel,
	const struct rd_normal normal[static 2], int64_t received_ms, struct rd_arena *arena,
	struct rd_matching *ret_matching, struct rd_err *err);

/* rd_score_message behind rd_matching_normalise, for measuring one without the other. normal: the
 * message's own, by enum rd_where. */
RD_MUST_USE enum rd_rc rd_score_normalised(const struct rd_ruleset *rules,
	const struct rd_message *message, const struct rd_normal normal[static 2],
	int64_t received_ms, struct rd_arena *arena, struct rd_score *ret_score,
	struct rd_err *err);

/* Is a date in the text [from, to) at least so many months before the day of receipt? */
bool rd_dates_older(const char *text, uint32_t from, uint32_t to, int months, int64_t received_ms);

#endif
