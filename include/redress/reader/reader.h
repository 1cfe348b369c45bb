/* reader: the only way to what a resident wrote: sealed children that parse, normalise and score.
 *
 * A spawner process is started by rd_spawner_start before any secret is read; it execs our own
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
#include "redress/message/origin.h"
#include "redress/rules/ruleset.h"
#include "redress/rules/score.h"

#define RD_READER_CHILDREN_MAX 8
#define RD_READER_CPU_MS       5000  /* CPU time that a child may spend on one message */
#define RD_READER_WALL_MS      60000 /* and the time by the wall after which it counts as hung */
#define RD_READER_BIG_BYTES    (4u << 20) /* a child that read a mail larger than this is replaced */
#define RD_READER_START_MS     60000	  /* a child that is not ready by then is given up */

struct rd_spawner; /* shared between threads; a reader belongs to one thread but for set_rules */
struct rd_reader;

/* Where a message's raw bytes come from, piece by piece (store pieces of at most
 * RD_RAW_PIECE_BYTES). */
struct rd_raw_source {
	/* *ret_len 0: the end. The piece is borrowed until the next call. */
	enum rd_rc (*next)(
		void *context, const void **ret_piece, size_t *ret_len, struct rd_err *err);
	/* Begins again from the first piece: a message is sent a second time when the child died
	 * that held it. NULL: it cannot, and such a message is RD_READ_FAILED. */
	enum rd_rc (*rewind)(void *context, struct rd_err *err);
	void *context;
};

/* Bytes in memory as a source: `struct rd_raw_memory memory = { bytes, len, 0 };`, borrowed. */
struct rd_raw_memory {
	const void *bytes;
	size_t len;
	size_t given; /* bytes, so far */
};
struct rd_raw_source rd_raw_from_memory(struct rd_raw_memory *memory);

struct rd_reading_request {
	enum rd_channel channel;
	const char *landlord; /* whose rules */
	int64_t received_ms;
	bool cut; /* the raw bytes are only the beginning of the mail, a text's not all of it */
	const char *from;		/* a text's number; a mail's is read from it */
	const struct rd_origin *origin; /* of a mail's mailbox; NULL: nothing is said. Borrowed */
	struct rd_raw_source raw;	/* a mail's bytes; a text's body in UTF-8 */
	/* Raw is what rd_message_encode (codec.h) makes of a message that was taken apart before:
	 * it is scored alone, as it stands. channel, cut and from are not asked for then. */
	bool taken_apart;
};

enum rd_reading_end {
	RD_READ = 0,	/* message and score are there */
	RD_READ_DIED,	/* the child died over it, or outran its CPU limit or the wall deadline */
	RD_READ_FAILED, /* the raw source failed, the arena is full, its landlord is not among
			 * those loaded, or the daemon is stopping: nothing to do with it */
};

struct rd_reading {
	enum rd_reading_end end;
	struct rd_message message; /* arena */
	struct rd_score score;	   /* arena */
	char ruleset[RD_RULESET_NAME_MAX];
	char detail[128]; /* for a person: what ended it ("signal 11", "CPU limit"); no content.
			   * "" for RD_READ */
};

/* main() of redressd, redressctl and of every test that reads calls this first thing: where argv
 * says that this process is a parse child or the spawner, it never returns. */
void rd_reader_main_if_child(int argc, char **argv);

/* Starts the spawner; call before secrets are read and threads are started, in the thread that
 * lives longest (the kernel ends the spawner with it). */
RD_MUST_USE enum rd_rc rd_spawner_start(struct rd_spawner **ret_spawner, struct rd_err *err);
void rd_spawner_stop(struct rd_spawner *spawner); /* ends every child; NULL is fine */

/* n_children: how many work at once, 1..RD_READER_CHILDREN_MAX. files: the activated rule set;
 * landlords: those in use, at most RD_READER_LANDLORDS_MAX; off: rules of it that are switched off,
 * NULL for none. All borrowed for the call.
 * Both calls have one child compile the set first: RD_E_INPUT with its words when that fails, and
 * the old set stays. A child whose set is replaced finishes its messages on the old one; what is
 * asked for after rd_reader_set_rules came back is read by the new one. set_rules may be called in
 * any thread. */
#define RD_READER_LANDLORDS_MAX 64
RD_MUST_USE enum rd_rc rd_reader_open(struct rd_spawner *spawner, int n_children,
	const struct rd_rulefiles *files, const char *const *landlords, size_t n_landlords,
	const struct rd_off_rules *off, struct rd_reader **ret_reader, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_reader_set_rules(struct rd_reader *reader,
	const struct rd_rulefiles *files, const char *const *landlords, size_t n_landlords,
	const struct rd_off_rules *off, struct rd_err *err);
void rd_reader_close(struct rd_reader *reader); /* NULL is fine */

/* Reads n messages (1..RD_READER_BATCH_MAX), spread over the children; readings[i] answers
 * requests[i]. A child's death counts against a message only where it was alone in a fresh child:
 * the one it was at is tried again so, those sent behind it are given to others. Everything
 * readings point to is in the arena; a message for which it has no room left is RD_READ_FAILED (an
 * arena of RD_READING_ARENA_BYTES holds any one). A quarter of the arena is left to the caller,
 * where more than one was read, and it is never left overflowed. stop_fd: readable ends the
 * waiting, -1 none. Errors: RD_E_AGAIN when children do not start; what was read by then stands in
 * readings. */
#define RD_READER_BATCH_MAX    1000
#define RD_READING_ARENA_BYTES (32u << 20)
RD_MUST_USE enum rd_rc rd_reader_read(struct rd_reader *reader,
	const struct rd_reading_request *requests, size_t n, int stop_fd, struct rd_arena *arena,
	struct rd_reading *readings, struct rd_err *err);

/* Another wall deadline than RD_READER_WALL_MS, for tests. */
void rd_reader_set_wall_ms(struct rd_reader *reader, int64_t wall_ms);

/* Process ids of living children, for measuring memory; returns how many. */
size_t rd_reader_children(const struct rd_reader *reader, int *pids, size_t max);

#endif
