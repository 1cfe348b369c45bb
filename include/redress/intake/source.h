/* source: what every kind of mailbox is run with, and how it tells what it sees.
 *
 * Intake writes no log and raises no alarm itself: it calls these, and gateway/ logs, counts,
 * alarms and wakes the pipeline. All are called from the mailbox's own thread, outside any
 * transaction; each may be NULL. Sentences name mailboxes, servers, UIDs and numbers of messages,
 * never a resident.
 */
#ifndef REDRESS_INTAKE_SOURCE_H
#define REDRESS_INTAKE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "redress/base/clock.h"
#include "redress/base/thread.h"
#include "redress/store/db.h"
#include "redress/wire/config.h"

/* Causes of an alarm: stable words, one alarm standing for each mailbox and cause. */
#define RD_ALARM_UNREACHABLE "mailbox-unreachable" /* may pass by itself; cleared by success() */
#define RD_ALARM_REFUSED     "mailbox-refused"	/* wants a person: password, certificate, folder */
#define RD_ALARM_MISSED	     "mailbox-missed"	/* listed, below the watermark, not in the store */
#define RD_ALARM_WITHHELD    "mailbox-withheld" /* the server lists a mail and does not give it */
/* The store refuses: nothing is taken in or marked; cleared by success(). */
#define RD_ALARM_STORAGE "storage"

struct rd_intake_events {
	void *context;
	void (*warning)(void *context, const char *mailbox, const char *sentence);
	void (*alarm)(void *context, const char *mailbox, const char *cause, const char *sentence);
	/* So many more messages are committed (their marks may still be due). */
	void (*accepted)(void *context, const char *mailbox, size_t n_messages);
	/* All that the mailbox held has been taken in. Clears unreachable, refused and storage. */
	void (*success)(void *context, const char *mailbox);
	void (*beat)(void *context);
	/* Ends the work at the next message. */
	bool (*stopping)(void *context);
};

struct rd_intake_source {
	struct rd_store *store;			/* shared; each run opens a handle of its own */
	const struct rd_mailbox_config *config; /* borrowed */
	const struct rd_clock *clock;
	const struct rd_intake_events *events;
};

/* A transaction ends at whichever comes first. */
#define RD_BATCH_MESSAGES_MAX 100
#define RD_BATCH_MS_MAX	      50
#define RD_BATCH_BYTES_MAX    (4u << 20) /* held in memory before it is stored */

/* Why a mailbox is in trouble, said once a change: for rd_imap_run and rd_maildir_run. */
void rd_source_warn(const struct rd_intake_source *source, const char *sentence);
RD_PRINTF(3, 4)
void rd_source_alarm(
	const struct rd_intake_source *source, const char *cause, const char *format, ...);
void rd_source_beat(const struct rd_intake_source *source);
bool rd_source_stopping(const struct rd_intake_source *source);
void rd_source_accepted(const struct rd_intake_source *source, size_t n_messages);
void rd_source_success(const struct rd_intake_source *source);

#endif
