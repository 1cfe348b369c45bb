/* case_acts: what the commands that act on a case share: their words taken from the command line,
 * and what came of the act, told. */
#ifndef REDRESS_REDRESSCTL_CASE_ACTS_H
#define REDRESS_REDRESSCTL_CASE_ACTS_H

#include "command.h"
#include "desk.h"
#include "redress/gateway/acts.h"

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

/* What stood on the command line: behind each option, by its number; NULL where it was not given,
 * "" where it takes nothing. */
#define RD_CTL_WORDS_MAX 32
struct rd_ctl_words {
	const char *of[RD_CTL_WORDS_MAX];
	const char *many[RD_ACT_TOPICS_MAX]; /* of the option that may stand more than once */
	size_t n_many;
	const char *verb;     /* NULL where the command has none */
	int64_t about;	      /* set by an act that is about another case at its end; 0: the same */
	const char *sentence; /* set by an act that ended in another way than its command says */
};

typedef enum rd_rc rd_ctl_act(
	struct rd_ctl_desk *desk, int64_t id, struct rd_ctl_words *words, struct rd_err *err);

/* Options are shared by the commands of a file, numbered from 1 below RD_CTL_WORDS_MAX; each
 * command takes those that its usage names. */
struct rd_ctl_act_options {
	const struct option *options;
	int repeated;	  /* the one that may stand more than once; 0: none */
	const char *what; /* "topics": of which there were too many */
};

/* False: *ret_exit, and it was said what is wrong. verbs: NULL-ended, what stands before the
 * reference; NULL for none. The reference is argv[optind] then. */
bool rd_ctl_read_words(struct rd_ctl *ctl, int argc, char **argv,
	const struct rd_ctl_act_options *options, const char *const *verbs,
	struct rd_ctl_words *words, enum rd_exit *ret_exit);
/* The whole command: reads the words, finds the case, acts, and tells `sentence` of it. */
enum rd_exit rd_ctl_run_act(struct rd_ctl *ctl, int argc, char **argv,
	const struct rd_ctl_act_options *options, const char *const *verbs, rd_ctl_act *act,
	const char *sentence);

#endif
