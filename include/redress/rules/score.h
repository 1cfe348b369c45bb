/* score: a message against a rule set: which rules hit, what they add up to, what that makes it.
 *
 * Pure: the same message under the same rule set gives the same answer, always. Limits that PCRE2
 * reports, bad text and truncation never pass for "no match": they set a review reason.
 *
 * Order of decision (design, section 6): `Decides` (two that differ: review, best answer complaint
 * if it is among them); else the complaint total against the two thresholds (from `Complaint from`
 * up: complaint; between: review, best answer complaint from the middle of the band up, else what
 * the rest would be below it); else the largest other total; else service_request.
 * A rule that is switched off (rd_ruleset_switch_off) never hits, and combines take it as not hit.
 * Where its literal pass selects a text, so that it would have been tried, a person must look: what
 * hung on it is then safe, under `not` too. Elsewhere it could not have hit either, so that `not`
 * holds by right.
 * Forwarded text is scored in a second pass, as if it was new. Where that decides otherwise (kind,
 * review, danger), a person must look; the answer is then that of the pass that read more, but for
 * a complaint that the new words alone make. Guards (automatic mail, duplicates) are not here: they
 * stand before the decision, in policy/.
 */
#ifndef REDRESS_RULES_SCORE_H
#define REDRESS_RULES_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"
#include "redress/rules/kind.h"

struct rd_ruleset; /* rules/ruleset.h: immutable, shared between threads */

enum rd_where { RD_WHERE_SUBJECT = 0, RD_WHERE_BODY };

struct rd_hit {
	const char *rule; /* id; static: lives as long as the rule set (arena after a reading) */
	const char *means;
	const char *topic; /* "" where the rule names none */
	const char *place; /* "core.rules:14", the layer's file and line */
	const char *
		layer; /* "" for the shipped set, else the landlord's layer that changed the rule */
	double points; /* as counted, after the group's cap; 0 for a suppressed hit */
	enum rd_where where;
	uint32_t from, to; /* bytes of the subject or the body as given; 0,0 for a Combine */
	const char *by; /* what suppressed it, in words ("not, 2 words before"); "" for a hit. The
			   words are the message's: never for the audit */
	const char *by_place; /* "core.rules:18", where the Unless stands; "" for a hit */
	const char *words; /* of a Leaning: "3 words: again +0.3, ..."; "" else. The message's own:
			      never for the audit */
};

#define RD_SCORE_RULES_MAX 64 /* failed_rules, off_rules: what is beyond is left out */

struct rd_score {
	enum rd_kind kind; /* the best single answer, even where review is set */
	bool review;	   /* a person must look */
	double total;	   /* the complaint total */
	double totals[RD_N_KINDS];
	bool flags[RD_N_FLAGS];
	const struct rd_hit *hits; /* in order of place, subject first */
	size_t n_hits;
	const struct rd_hit *suppressed;
	size_t n_suppressed;
	const char *const *topics; /* of the hits that count, in the rules' own words, none twice */
	size_t n_topics;
	const char *const *marks; /* free marks, none twice */
	size_t n_marks;
	const char *const *review_reasons; /* plain English; none where review is false */
	size_t n_review_reasons;
	/* Rules that could not be tried to the end, a limit of PCRE2 being reached: never "no
	 * match". Each is a review reason too, and for whoever counts them. Rules that were not
	 * tried since others had used up the message's budget are reasons alone: they are not to
	 * blame. */
	const char *const *failed_rules; /* ids, none twice; at most RD_SCORE_RULES_MAX */
	size_t n_failed_rules;
	const char *const *off_rules; /* switched off and yet selected: reasons too */
	size_t n_off_rules;
	double request_below, complaint_from; /* the thresholds that it was judged by */
	const char *nearest_change;	      /* "with 1 more point a person must decide" */
};

/* Text for a person: the decision, every hit with its words, place and points, kind by kind with
 * the sum, every suppressed hit with what stopped it, topics, flags, what the landlord's layer
 * changed, and which changes would have altered the answer. rules: what message was scored with. */
struct rd_buf;
RD_MUST_USE enum rd_rc rd_score_explain(const struct rd_ruleset *rules,
	const struct rd_score *score, const struct rd_message *message, struct rd_buf *out,
	struct rd_err *err);

/* landlord layers are part of the rule set (it is compiled for one landlord).
 * received_ms matters to over_12_months alone. Arena: everything in ret_score but rule's strings.
 */
RD_MUST_USE enum rd_rc rd_score_message(const struct rd_ruleset *rules,
	const struct rd_message *message, int64_t received_ms, struct rd_arena *arena,
	struct rd_score *ret_score, struct rd_err *err);

#endif
