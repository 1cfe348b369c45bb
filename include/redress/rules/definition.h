/* definition: what rule files say, read and checked field by field, before anything is compiled.
 *
 * Every fault is added to problems and reading goes on with the next field, so that one run names
 * them all. A rule keeps its lines, each with its place: a landlord's layer replaces lines of a
 * rule, and the merged lines are then read as one rule. Everything lies in one arena.
 */
#ifndef REDRESS_RULES_DEFINITION_H
#define REDRESS_RULES_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/date.h"
#include "redress/base/err.h"
#include "redress/base/stanza.h"
#include "redress/rules/kind.h"
#include "redress/rules/language.h"
#include "redress/rules/problem.h"
#include "redress/rules/ruleset.h"

struct rd_line {
	const char *name;
	const char *value;
	struct rd_place at; /* of the value */
	struct rd_place name_at;
};

struct rd_lines {
	const struct rd_line *items;
	size_t n_items;
};

enum rd_side { RD_BEFORE = 0, RD_AFTER, RD_NEAR };

struct rd_unless {
	enum rd_side side;
	int window;		       /* words; 0: the whole sentence */
	const struct rd_line *phrases; /* one a comma-separated part */
	size_t n_phrases;
};

/* Words that lean (rules/leaning.h): "not been", "thank*". */
struct rd_lean {
	const char *words;
	double points;
	struct rd_place at;
};

struct rd_definition {
	bool is_combine, is_leaning;
	const char *id;
	struct rd_place at;	  /* of its stanza, or of the layer's that changed it */
	const char *layer;	  /* "" or the landlord's name */
	const char *layer_reason; /* why the landlord changed it, "" */
	bool overridden;	  /* by an Override of the layer */
	bool disabled;
	struct rd_date disabled_until; /* the last day */
	bool faulty; /* a line of it is wrong: what would follow from that is not told too */
	struct rd_lines lines;

	const char *means, *topic, *group, *owner;
	const char *review; /* why a person must look where it hits, "" */
	bool has_points;
	double points;
	enum rd_kind for_kind;
	bool decides;
	enum rd_kind decides_kind;
	bool flags[RD_N_FLAGS];
	bool any_flag;
	const char *const *marks;
	size_t n_marks;
	bool in_subject, in_body, by_email, by_sms;
	struct rd_lines phrases, regexes;
	struct rd_line condition; /* If: of a combine; name NULL where missing */
	int words_from, words_to; /* 0..; words_to 0: no bound at all */
	int at_least;
	int older_months;      /* 0: not asked for */
	struct rd_lean *leans; /* of a Leaning */
	size_t n_leans, leans_size;
	double cap, base; /* of a Leaning */
	const struct rd_unless *unless;
	size_t n_unless;
	struct rd_lines must, must_not;
	struct rd_date review_by;
	struct rd_place review_at;
};

struct rd_words_def {
	const char *name;
	struct rd_place at;
	struct rd_lines words; /* one a comma-separated part */
};

struct rd_group_def {
	const char *name;
	struct rd_place at;
	double cap; /* < 0: the head's */
	bool named; /* has a stanza of its own */
};

struct rd_head {
	const char *name;
	struct rd_place at; /* line 0 where there is none */
	double request_below, complaint_from, cap;
	bool review_nothing; /* Nothing found: review */
	/* "", or the landlord whose layer changed the thresholds, why, and where. */
	const char *layer, *layer_reason;
	struct rd_place layer_at;
};

struct rd_definitions {
	struct rd_head head;
	struct rd_definition *rules; /* and combines, in order of file and line */
	size_t n_rules;
	struct rd_words_def *words;
	size_t n_words;
	struct rd_group_def *groups; /* every group that is named anywhere */
	size_t n_groups;
	bool layered; /* the landlord has a file of rules */
	/* A file or stanza could not be taken at all: that something is missing proves nothing. */
	bool incomplete;
};

/* A fault is told once, where it stands: what only follows from it (a rule that does nothing,
 * because its points are no number) is not. A stanza that begins without an empty line before it is
 * read as one all the same.
 * landlord: NULL for the shipped set alone. Fails only where the arena is full; faults are
 * problems. */
RD_MUST_USE enum rd_rc rd_definitions_read(const struct rd_rulefiles *files, const char *landlord,
	int64_t today_ms, struct rd_arena *arena, struct rd_problems *problems,
	struct rd_definitions *ret_definitions, struct rd_err *err);

struct rd_definition *rd_definition_find(const struct rd_definitions *all, const char *id);
struct rd_group_def *rd_group_find(const struct rd_definitions *all, const char *name);

/* Private to the readers in daemon/rules. What may stand in each kind of stanza; an Override holds
 * the fields of the rule that it changes. */
enum rd_rule_form {
	RD_FORM_RULE = 0,
	RD_FORM_COMBINE,
	RD_FORM_LEANING,
	RD_FORM_WORDS,
	RD_FORM_GROUP,
	RD_FORM_RULESET,
	RD_FORM_OVERRIDE,
	RD_FORM_DISABLE,
	RD_N_FORMS,
};
extern const struct rd_stanza_form rd_rule_forms[RD_N_FORMS];
/* Where the field belongs, else what it may have been meant for. known: those of its stanza. */
void rd_definition_unknown_field(
	const struct rd_line *line, const char *const *known, struct rd_problems *problems);
/* The fields of one merged rule or combine. */
void rd_definition_fields(
	struct rd_definition *rule, struct rd_arena *arena, struct rd_problems *problems);
/* "a, b [c, d]" -> parts split at the commas outside of brackets, each with its place. */
struct rd_lines rd_line_split(const struct rd_line *line, struct rd_arena *arena);

#endif
