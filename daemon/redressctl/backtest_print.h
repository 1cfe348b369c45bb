/* backtest_print: what a backtest found, for people and for machines: each flip as it is found, so
 * that memory does not grow with them, then the sums. And the bar that tells how far it is.
 *
 * On paper and in JSON a message is named by its number and its case's reference; of its words only
 * those that a rule hit are shown, to whoever runs the command.
 */
#ifndef REDRESS_REDRESSCTL_BACKTEST_PRINT_H
#define REDRESS_REDRESSCTL_BACKTEST_PRINT_H

#include <jansson.h>
#include "redress/gateway/rehearsal.h"
#include "redress/store/replay.h"

struct rd_backtest_print {
	bool json;
	bool with_bar; /* standard error is a terminal, and people read */
	bool bar_stands;
	int64_t bar_ms;		/* when it was drawn last */
	size_t n_flips;		/* printed */
	struct rd_arena *arena; /* of one flip */
	json_t *lost, *gained;	/* what the flips call their messages */
	/* Messages that got other points and stand where they stood. */
	size_t n_moved;
	struct {
		json_t *id;	     /* owned; NULL: none */
		double was, is, far; /* points, and how far from a threshold now */
		double request_below, complaint_from;
	} nearest;
};

/* Who it is: the number of a stored message, or the id of a line. */
struct rd_backtest_name {
	json_t *id;	       /* borrowed */
	const char *reference; /* "" where it has no case */
	enum rd_channel channel;
};

/* Fit for RD_CLEANUP(rd_backtest_print_free). */
void rd_backtest_print_begin(struct rd_backtest_print *print, bool json);
void rd_backtest_print_free(struct rd_backtest_print *print);

/* Prints the message where it stands elsewhere now; else keeps in mind what it moved. */
RD_MUST_USE enum rd_rc rd_backtest_print_flip(struct rd_backtest_print *print,
	const struct rd_backtest_name *name, const struct rd_rehearsed *message,
	struct rd_err *err);

/* share: 0..1 done, below 0 where nobody knows; n: messages so far. */
void rd_backtest_print_bar(struct rd_backtest_print *print, double share, int64_t n);
void rd_backtest_print_wipe(struct rd_backtest_print *print); /* the bar, from the terminal */

struct rd_backtest_sums {
	const struct rd_backtest *found;
	const char *was, *is; /* the two sets, in words */
	const char *sha256_was, *sha256_is;
	const struct rd_replay_counts *counts; /* NULL: no store was replayed */
	int64_t n_elsewhere;
	const char *blind;
	int n_days;			   /* that were looked at; 0: not known */
	struct rd_date from, to, received; /* of a store: asked for, and the oldest; may be unset */
};
/* The rest of the answer; for JSON all of it but what stands already. */
void rd_backtest_print_sums(struct rd_backtest_print *print, const struct rd_backtest_sums *sums);

/* "12 request -> unsure, 3 complaint -> request", "none". */
#define RD_FLIPS_WORDS_MAX 240
void rd_backtest_flips_words(const struct rd_backtest *found, char out[static RD_FLIPS_WORDS_MAX]);
/* A number a day, to one digit; n_days 0: nothing sensible. */
double rd_backtest_a_day(size_t n, int n_days);

#endif
