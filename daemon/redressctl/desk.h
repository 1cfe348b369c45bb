/* desk: what a command that needs the store opens: configuration, state file, live rules, and an
 * office in the name of whoever runs it. The daemon may run or not.
 */
#ifndef REDRESS_REDRESSCTL_DESK_H
#define REDRESS_REDRESSCTL_DESK_H

#include "command.h"
#include "redress/base/arena.h"
#include "redress/gateway/desk.h"

#define RD_CTL_CONFIG	   "/etc/redress/redress.conf"
#define RD_CTL_ARENA_BYTES (256u << 20)

struct rd_ctl_desk {
	struct rd_config *config;
	struct rd_store *store;
	struct rd_desk desk;
	struct rd_arena *arena;
};

/* Zero it first; fit for RD_CLEANUP(rd_ctl_close) at once. */
RD_MUST_USE enum rd_rc rd_ctl_open(
	const struct rd_ctl *ctl, struct rd_ctl_desk *desk, struct rd_err *err);
/* The same without the live rules: for audit, backup and a first activation. */
RD_MUST_USE enum rd_rc rd_ctl_open_store(
	const struct rd_ctl *ctl, bool create, struct rd_ctl_desk *desk, struct rd_err *err);
void rd_ctl_close(struct rd_ctl_desk *desk);

/* Who acts: --by, SUDO_USER, or the login name; an act without a name is refused. */
RD_MUST_USE enum rd_rc rd_ctl_actor(
	const struct rd_ctl *ctl, struct rd_actor *ret_actor, struct rd_err *err);

/* A case by reference or bare number; says what is wrong. */
RD_MUST_USE enum rd_rc rd_ctl_case(
	struct rd_ctl_desk *desk, const char *reference, int64_t *ret_case, struct rd_err *err);
/* RD123456-K7QF, in the desk's arena. */
const char *rd_ctl_reference(struct rd_ctl_desk *desk, int64_t case_id);
/* Reasons that stand one a line, as one: "a; b". In the desk's arena. */
const char *rd_ctl_in_one_line(struct rd_ctl_desk *desk, const char *lines);
/* 1 to max; says itself what is wrong. */
bool rd_ctl_number_of_days(const char *text, int max, int *ret_days);
/* A row number, 1 and up. */
RD_MUST_USE enum rd_rc rd_ctl_row(const char *text, int64_t *ret_row, struct rd_err *err);

#endif
