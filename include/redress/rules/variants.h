/* variants: changed copies of one rule, built into a small rule set of their own and tried on
 * texts: how lint and test find out what each line of a rule is good for. For daemon/rules alone.
 *
 * A rule's variants share the word lists that it names and know nothing of any other rule. They are
 * numbered from 0 in the order in which they are added.
 */
#ifndef REDRESS_RULES_VARIANTS_H
#define REDRESS_RULES_VARIANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/buf.h"
#include "redress/base/err.h"
#include "redress/message/message.h"
#include "redress/rules/compiled.h"
#include "redress/rules/score.h"

struct rd_variants {
	const struct rd_definition *def; /* whose copies they are */
	struct rd_buf text;		 /* their rule file */
	size_t n;
	struct rd_ruleset *set; /* NULL before it is built */
};

/* What one text makes of one variant. */
struct rd_variant_result {
	bool hit;
	enum rd_where where; /* the hit's first place */
	uint32_t from, to;
	const char *by; /* arena: what stopped a place, "" for nothing */
};

/* Fit for RD_CLEANUP(rd_variants_end). from: the rule set that holds def. */
RD_MUST_USE enum rd_rc rd_variants_begin(struct rd_variants *variants,
	const struct rd_ruleset *from, const struct rd_definition *def, struct rd_err *err);
void rd_variants_end(struct rd_variants *variants);
/* Are there so many that they had better be tried before more are added (to others)? RD_E_RANGE of
 * the calls below: one rule is larger than all of them may be. */
bool rd_variants_full(const struct rd_variants *variants);

/* One phrase or Regex with nothing that would hold it back. */
RD_MUST_USE enum rd_rc rd_variants_add_bare(
	struct rd_variants *variants, const struct rd_line *line, struct rd_err *err);
/* The rule without one of its lines (NULL: the whole rule): a phrase, a Regex or a condition (Look
 * in, At least ...). */
RD_MUST_USE enum rd_rc rd_variants_add_without(
	struct rd_variants *variants, const struct rd_line *line, struct rd_err *err);
/* The rule without one phrase of one of its Unless lines. */
RD_MUST_USE enum rd_rc rd_variants_add_lax(struct rd_variants *variants,
	const struct rd_unless *unless, size_t phrase, struct rd_err *err);
/* A phrase of the caller's own, that may not be one: such a variant never hits. */
RD_MUST_USE enum rd_rc rd_variants_add_phrase(
	struct rd_variants *variants, const char *phrase, struct rd_err *err);

RD_MUST_USE enum rd_rc rd_variants_build(
	struct rd_variants *variants, int64_t today_ms, struct rd_err *err);
/* ret_results: one a variant. arena: of the call, for the caller to reset. */
RD_MUST_USE enum rd_rc rd_variants_try(const struct rd_variants *variants,
	const struct rd_message *message, int64_t received_ms, struct rd_arena *arena,
	struct rd_variant_result *ret_results, struct rd_err *err);

/* Is the line one of those that keep a rule from hitting where a phrase of it stands? */
bool rd_line_is_condition(const struct rd_line *line);

#endif
