/* compiled: what a rule set is made of once it is compiled. For daemon/rules alone (and its tests).
 *
 * After rd_ruleset_build nothing changes but that programs are compiled when first run (program.h),
 * so that any number of threads score with it at once.
 */
#ifndef REDRESS_RULES_COMPILED_H
#define REDRESS_RULES_COMPILED_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "redress/rules/automaton.h"
#include "redress/rules/condition.h"
#include "redress/rules/definition.h"
#include "redress/rules/leaning.h"
#include "redress/rules/outline.h"
#include "redress/rules/phrase.h"
#include "redress/rules/program.h"
#include "redress/rules/ruleset.h"

#define RD_RULES_ARENA_BYTES (256u << 20)

struct rd_pattern {
	struct rd_program *program; /* of a Regex: compiled by rd_ruleset_build */
	uint32_t rule;
	bool is_regex; /* run on segments */
	pcre2_code
		*counted; /* the same with callouts that count its steps; NULL where not needed */
	bool question;	  /* only in a unit with a question mark */
	bool at_start, at_end; /* only in the field's first or last unit */
	bool sentence_start;   /* only at a unit's beginning */
	const uint8_t
		*first; /* bits of the bytes that a Regex at_start can begin with; NULL: any */
	bool confined;	/* a Regex that matches within one sentence */
	bool whole; /* it may begin where no word does: where its outline fits, all of the unit is
		       searched */
	const struct rd_line *line;
	struct rd_outline outline; /* of a phrase */
	/* Its key (outline.h): a match begins so many words before a word of it. */
	uint16_t least, most;
	struct rd_literals literals; /* of a Regex, one of which must stand in the segment; of a
					phrase, symbols that can stand for the words of its key */
};

struct rd_unless_code {
	enum rd_side side;
	int window;
	struct rd_program *program;
	struct rd_outline outline;
	bool whole; /* as a pattern's */
	const struct rd_unless *from;
};

/* Which patterns a word makes worth trying, by its class or by its shape, and which needs of other
 * patterns it meets. */
struct rd_wanting {
	uint32_t pattern;
	uint32_t also; /* the need that the sentence must meet as well; 0: none */
};

struct rd_word_index {
	const uint32_t *from; /* [class or shape]; one more than those */
	const struct rd_wanting *patterns;
	const uint32_t *needs_from;
	const uint32_t *needs; /* from 1 up */
};

/* Where a pattern may match: bit 2 * where + channel (enum rd_where, enum rd_channel). */
#define RD_PLACE_BIT(where, channel) (1u << (2 * (unsigned)(where) + (unsigned)(channel)))

struct rd_rule {
	const struct rd_definition *def;
	const char *place; /* "core.rules:14" */
	bool runs;	   /* a rule that is not disabled, or a combine */
	bool used;	   /* named by a combine */
	bool off;	   /* switched off: never tried (rd_ruleset_switch_off) */
	uint32_t group;	   /* index into groups; UINT32_MAX for none */
	const struct rd_unless_code *unless;
	size_t n_unless;
	struct rd_condition condition;
};

struct rd_ruleset {
	struct rd_arena *arena; /* owns everything below but the codes and the automaton */
	char sha256[RD_RULESET_NAME_MAX];
	const char *landlord;
	struct rd_definitions definitions;
	struct rd_rule *rules; /* as definitions.rules, same index */
	uint32_t n_rules;
	struct rd_pattern *patterns;
	uint32_t n_patterns;
	struct rd_unless_code *unless;
	uint32_t n_unless;
	const uint8_t *places;	/* [pattern] */
	const uint32_t *always; /* patterns without literal or key */
	uint32_t n_always;
	const uint32_t *combines; /* in the order in which they can be worked out */
	uint32_t n_combines;
	struct rd_phrase_lists lists;
	const struct rd_leaning_index *leanings;
	const uint32_t *leaning_rules; /* the Leanings that run */
	uint32_t n_leanings;
	struct rd_labels labels; /* of the outlines */
	struct rd_word_index by_class, by_shape;
	uint32_t n_needs; /* one more than the largest */
	/* NULL where there is nothing to look for: literals of Regex, symbols of phrases. */
	struct rd_automaton *by_text, *by_symbol;
	pcre2_match_context *limits;
};

/* Compiles as far as it can and adds every fault to problems (whose arena must outlive nothing of
 * the rule set: texts are copied). landlord NULL: the shipped rules alone. ret_rules is set where
 * RD_OK is returned, faults or not; a rule with a fault does not run. */
RD_MUST_USE enum rd_rc rd_ruleset_build(const struct rd_rulefiles *files, const char *landlord,
	int64_t today_ms, struct rd_problems *problems, struct rd_ruleset **ret_rules,
	struct rd_err *err);

/* Of the rules that stand in `layer` ("" the shipped ones): tells the phrases that PCRE2 finds too
 * large, and compiles those that are long enough to be. */
void rd_ruleset_check_programs(
	struct rd_ruleset *rules, const char *layer, struct rd_problems *problems);

/* Private to daemon/rules/compile.c: draws the outlines of all patterns (sketches: by pattern;
 * those of Regex are not looked at) and exclusions, and makes the indexes. */
RD_MUST_USE enum rd_rc rd_ruleset_index(struct rd_ruleset *set, const struct rd_sketch *sketches,
	const struct rd_sketch *unless_sketches, struct rd_err *err);

#endif
