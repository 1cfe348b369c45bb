/* second_pass: a message that forwards another is scored without and with what it forwards.
 *
 * RD_SPAN_FORWARDED is nobody's new words, and may yet hold all that matters: "see below" above a
 * tenant's mail. Where both passes decide alike the first stands (or the second, where only that
 * one knows what it is about). Where they differ, in the kind, in whether a person must look, or in
 * a flag that must never be missed, a person looks, with the better-informed answer before them.
 * Spans of hits are offsets in the body as given, in both passes.
 */
#ifndef REDRESS_RULES_SECOND_PASS_H
#define REDRESS_RULES_SECOND_PASS_H

#include "redress/rules/score.h"

/* One pass over what is new (where nothing is: over everything). For rd_score_message. */
RD_MUST_USE enum rd_rc rd_score_once(const struct rd_ruleset *rules,
	const struct rd_message *message, int64_t received_ms, struct rd_arena *arena,
	struct rd_score *ret_score, struct rd_err *err);

#endif
