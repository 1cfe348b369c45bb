/* imap: the whole work of one IMAP mailbox: nothing missed, nothing marked before it is stored.
 *
 * What decides is the UID watermark of the mailbox's UIDVALIDITY, never \Seen and never a date: a
 * mail that staff have opened comes in like any other. Mails are listed above the watermark,
 * fetched in runs and stored in batches; raw bytes and watermark stand in one transaction; only
 * after its commit is a mail marked, as `Afterwards` says: a keyword, a move, or nothing. A mark
 * that was not made (a crash, a dropped line) is made at the next connection. Where the server
 * cannot keep keywords or move, nothing is done, with one warning. Promises 1 and 2.
 *
 * Start from: `now` begins with the UIDNEXT of the first connection; DAY with the lowest UID
 * received on that London day or later; `all` with the first. A new UIDVALIDITY is walked from its
 * beginning, but for what the server received before that first start (less an hour, for its
 * clock); the content key, further on, knows the mails that were here before.
 *
 * Each hour, and after each first catching up, the UIDs listed are held against the store: one at
 * or below the watermark that is not there is fetched and alarmed. A mail that the server lists and
 * refuses to give three times is stored as an empty, cut one, for a person, and alarmed.
 *
 * A mail above `Size limit` is stored up to it and marked as cut. The connection is dropped and
 * made anew, with growing pauses and jitter, after anything but a clean answer.
 */
#ifndef REDRESS_INTAKE_IMAP_H
#define REDRESS_INTAKE_IMAP_H

#include "redress/base/err.h"
#include "redress/base/thread.h"
#include "redress/intake/source.h"

/* For tests; 0 is the default everywhere. */
struct rd_imap_tuning {
	int connect_ms;
	int read_ms;
	int64_t command_ms;	/* no command may last longer */
	int64_t idle_ms;	/* 9 minutes: RFC 2177 wants less than 29, firewalls less than 10 */
	int64_t poll_ms;	/* 30 s, without IDLE */
	int64_t reconcile_ms;	/* 1 hour */
	int64_t pause_first_ms; /* 1 s, doubled up to */
	int64_t pause_most_ms;	/* 5 minutes */
	int64_t alarm_after_ms; /* out of reach for so long: 10 minutes */
};

/* The body of a mailbox's thread: until rd_thread_stopping. A wake-up makes it connect anew. */
void rd_imap_run(struct rd_thread *self, const struct rd_intake_source *source,
	const struct rd_imap_tuning *tuning);

/* How long to stay away after a connection that failed. *grown_ms: what the pause has grown to, 0
 * after one that was once in order. refused: the server does not want us. chance spreads it. */
int64_t rd_imap_pause_ms(
	const struct rd_imap_tuning *tuning, bool refused, uint32_t chance, int64_t *grown_ms);

/* One connection: takes in what is there, marks, reconciles, leaves. For `redressd --once`.
 * wake_fd: as of struct rd_stream_options. RD_E_AGAIN, RD_E_REFUSED, ...: see err. */
RD_MUST_USE enum rd_rc rd_imap_once(const struct rd_intake_source *source,
	const struct rd_imap_tuning *tuning, int wake_fd, struct rd_err *err);

#endif
