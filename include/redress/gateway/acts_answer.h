/* acts_answer: a full answer that staff wrote (policy/answer.h), taken with its case. Private to
 * rd_act_respond (acts_stage.h).
 */
#ifndef REDRESS_GATEWAY_ACTS_ANSWER_H
#define REDRESS_GATEWAY_ACTS_ANSWER_H

#include "redress/gateway/stage_act.h"
#include "redress/policy/answer.h"

/* Refuses one that is not whole, is not this case's, or names who worked on it. */
RD_MUST_USE enum rd_rc rd_answer_take(struct rd_act *act, const struct rd_stage_act *stage,
	const struct rd_act_response *response, struct rd_answer *ret_answer, struct rd_err *err);
/* What it promises: actions with their tasks, money as an offer; each with its row and audit. */
RD_MUST_USE enum rd_rc rd_answer_promise(struct rd_act *act, struct rd_stage_act *stage,
	const struct rd_answer *answer, struct rd_err *err);

#endif
