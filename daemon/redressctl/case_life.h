/* case_life: what was done with a case, as `case show` prints it. */
#ifndef REDRESS_REDRESSCTL_CASE_LIFE_H
#define REDRESS_REDRESSCTL_CASE_LIFE_H

#include <jansson.h>

#include "command.h"
#include "desk.h"

RD_MUST_USE enum rd_rc rd_ctl_acts_json(
	struct rd_ctl_desk *desk, int64_t id, json_t **ret_list, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_ctl_actions_json(
	struct rd_ctl_desk *desk, int64_t id, json_t **ret_list, struct rd_err *err);
/* What the Ombudsman decided and asked for (case_ombudsman.c). */
RD_MUST_USE enum rd_rc rd_ctl_decrees_json(
	struct rd_ctl_desk *desk, int64_t id, json_t **ret_list, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_ctl_show_decrees(
	struct rd_ctl_desk *desk, int64_t id, struct rd_err *err);
/* What was promised, what the Ombudsman said, then what was done. */
RD_MUST_USE enum rd_rc rd_ctl_show_acts(struct rd_ctl_desk *desk, int64_t id, struct rd_err *err);

#endif
