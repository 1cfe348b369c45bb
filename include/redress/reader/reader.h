/* reader: the only way to what a resident wrote: sealed children that parse, normalise and score.
 *
 * A spawner process is started by rd_reader_prepare before any secret is read; it execs our own
 * binary again as a `parse` child whenever one is needed. A child gets its rule sets over the
 * socketpair, opens the charset converters it will need, seals itself (seccomp, rlimits) and from
 * then on has no network, no files, no secrets and no database. Hostile input can end one child
 * and with it one attempt of one message.
 *
 * A reading is what the child said, checked on the way in like anything from outside.
 */
#ifndef REDRESS_READER_READER_H
#define REDRESS_READER_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/arena.h"
#include "redress/base/err.h"
#include "redress/message/message.h"
#include "redress/rules/ruleset.h"
#include "redress/rules/score.h"

struct rd_spawner;
struct rd_reader;

/* Where a message's raw bytes come from, piece by piece (store pieces of at most RD_RAW_PIECE_BYTES). */
struct rd_raw_source {
	/* *ret_len 0: the end. The piece is borrowed until the next call. */
	enum rd_rc (*next)(void *context, const void **ret_piece, size_t *ret_len, struct rd_err *err);
	void *context;
};

struct rd_reading_request {
	enum rd_channel channel;
	const char *landlord;  /* whose rules */
	int64_t received_ms;
	bool cut;              /* the raw bytes are only the beginning of the mail */
	const char *from;      /* a text's number; a mail's is read from it */
	struct rd_raw_source raw; /* a mail's bytes; a text's body in UTF-8 */
};

enum rd_reading_end {
	RD_READ = 0,        /* message and score are there */
	RD_READ_DIED,       /* the child died over it, or outran its CPU limit or the wall deadline */
	RD_READ_FAILED,     /* the raw source failed, or the daemon is stopping: nothing to do with it */
};

struct rd_reading {
	enum rd_reading_end end;
	struct rd_message message; /* arena */
	struct rd_score score;     /* arena */
	char ruleset[RD_RULESET_NAME_MAX];
	char detail[128];          /* for a person: what ended it ("signal 11", "CPU limit"); no content */
};

/* main() of redressd calls this first thing: where argv says that this process is a parse child or
 * the spawner, it never returns. */
void rd_reader_main_if_child(int argc, char **argv);

/* Starts the spawner; call before secrets are read and threads are started. */
RD_MUST_USE enum rd_rc rd_spawner_start(struct rd_spawner **ret_spawner, struct rd_err *err);
void rd_spawner_stop(struct rd_spawner *spawner); /* ends every child; NULL is fine */

/* n_children: how many work at once, 1..8. files: the activated rule set; landlords: those in use.
 * A child whose set is replaced finishes its message on the old one. */
RD_MUST_USE enum rd_rc rd_reader_open(struct rd_spawner *spawner, int n_children,
	const struct rd_rulefiles *files, const char *const *landlords, size_t n_landlords,
	struct rd_reader **ret_reader, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_reader_set_rules(struct rd_reader *reader,
	const struct rd_rulefiles *files, const char *const *landlords, size_t n_landlords,
	struct rd_err *err);
void rd_reader_close(struct rd_reader *reader); /* NULL is fine */

/* Reads n messages, spread over the children; readings[i] answers requests[i]. A child's death marks
 * only the message that it was at and those sent to it behind are given to another: their own end
 * is theirs. Everything readings point to is in the arena. stop: readable ends the waiting, -1 none. */
RD_MUST_USE enum rd_rc rd_reader_read(struct rd_reader *reader,
	const struct rd_reading_request *requests, size_t n, int stop_fd, struct rd_arena *arena,
	struct rd_reading *readings, struct rd_err *err);

/* Process ids of living children, for measuring memory; returns how many. */
size_t rd_reader_children(const struct rd_reader *reader, int *pids, size_t max);

#endif
