/* case_acts: what the commands that act on a case share: what came of the act, told. */
#ifndef REDRESS_REDRESSCTL_CASE_ACTS_H
#define REDRESS_REDRESSCTL_CASE_ACTS_H

#include "command.h"
#include "desk.h"

/* The last letter and task that the case had before the act: what is newer came of it. */
struct rd_ctl_before {
	int64_t letter, task;
};

/* Opens the desk and finds the case; *before is of it. */
RD_MUST_USE enum rd_rc rd_ctl_begin_act(struct rd_ctl *ctl, const char *reference,
	struct rd_ctl_desk *desk, int64_t *ret_case, struct rd_ctl_before *before,
	struct rd_err *err);
/* Words of the command line: a day, untouched where word is NULL; the place of a word in a
 * NULL-ended list, where the error says which it may be. */
RD_MUST_USE enum rd_rc rd_ctl_day(const char *word, struct rd_date *ret_day, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_ctl_word_of(const char *word, const char *const *names,
	const char *option, const char *choices, int *ret_place, struct rd_err *err);
/* "RD123456-K7QF: SENTENCE", and the letters and tasks that are new; with --json the reference. */
enum rd_exit rd_ctl_tell(const struct rd_ctl *ctl, struct rd_ctl_desk *desk, int64_t id,
	const struct rd_ctl_before *before, const char *sentence);

#endif
