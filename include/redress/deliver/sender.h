/* sender: takes the outbox's due rows one at a time, sends each, and records what became of it.
 *
 * A row is `sending` and committed before anything is opened, and marked as on the wire (store/
 * outbox_wire.h) before the first byte that counts; then its outcome is recorded:
 *
 *   sent       with the answer; its clock is met, an audit row written and calls->on_sent called,
 *              all in the one transaction
 *   refused    failed, and a task for a person, today, but where calls->on_refused finds another
 *              way
 *   again      queued with back-off: a minute doubled up to four hours, spread by the row's number;
 *              given up after two days (and eight tries at least): failed, and a task
 *   uncertain  after a minute the provider is asked (where letters are files, the file is looked
 *              for), then: sent, or queued again; a letter by SMTP, an unclear answer, or two hours
 *              without any answer: a task for a person (`outbox settle`)
 *
 * Before sending: a wall clock before the last audit row stops everything; a row that binds a day
 * that has passed unattempted is left alone (the timekeeper writes it anew); no more than per_hour
 * letters leave in an hour (then all but emergencies and alarm mails wait) and no more than
 * per_address_day automatic ones to one address in 24 hours (then the row is held, and a person
 * owes it); texts keep to the configured hours unless they are emergencies; a number that has opted
 * out gets none, and a person owes it; to an address that called a letter spam no automatic one
 * goes (it is held). Rows that a person approved are not automatic.
 *
 * A route (the Outgoing stanza, each Texts stanza) whose own side is in trouble rests, the others
 * go on. Promises 3, 5, 6, 11. It logs nothing: it tells calls->on_event.
 */
#ifndef REDRESS_DELIVER_SENDER_H
#define REDRESS_DELIVER_SENDER_H

#include <stdbool.h>
#include <stdint.h>
#include "redress/base/clock.h"
#include "redress/store/outbox.h"
#include "redress/wire/config.h"

#define RD_SENDER_PER_HOUR	   600
#define RD_SENDER_PER_ADDRESS_DAY  6
#define RD_SENDER_FIRST_BACKOFF_MS 60000
#define RD_SENDER_LAST_BACKOFF_MS  (4 * 3600 * (int64_t)1000)
#define RD_SENDER_GIVE_UP_MS	   (48 * 3600 * (int64_t)1000)
#define RD_SENDER_GIVE_UP_TRIES	   8
#define RD_SENDER_ASK_AFTER_MS	   60000
#define RD_SENDER_ASK_UNTIL_MS	   (2 * 3600 * (int64_t)1000)
#define RD_SENDER_CLOCK_GRACE_MS   2000

enum rd_sender_event {
	RD_SENDER_SENT = 0,
	RD_SENDER_REFUSED,
	RD_SENDER_DEFERRED,
	RD_SENDER_GAVE_UP,
	RD_SENDER_UNCERTAIN,
	RD_SENDER_FOUND,      /* asked: it had gone */
	RD_SENDER_ABSENT,     /* asked: it had not; queued again */
	RD_SENDER_HELD,	      /* over the cap of its address */
	RD_SENDER_UNFIT,      /* calls->why_not kept it back */
	RD_SENDER_WAITS,      /* over the cap in total */
	RD_SENDER_CLOCK_BACK, /* the wall clock stands before the last audit row: nothing is sent */
	RD_SENDER_OWN_TROUBLE, /* a route's own side; detail says what, never to whom */
	RD_SENDER_CALL_FAILED, /* recorded as sent without its call: a person must look */
	RD_N_SENDER_EVENTS,
};
extern const char *const rd_sender_event_names[RD_N_SENDER_EVENTS + 1];

struct rd_sender_calls {
	void *context;
	/* In the transaction that records the row as sent: starts what starts when a letter has
	 * gone (stage1.respond). sent_ms: when it went. NULL will do, and so below. */
	enum rd_rc (*on_sent)(void *context, struct rd_tx *tx, const struct rd_outbox_row *row,
		int64_t sent_ms, struct rd_err *err);
	/* In the transaction that records the row as refused for good or given up: *ret_elsewhere
	 * true where its words go another way, and no person owes them for it. */
	enum rd_rc (*on_refused)(void *context, struct rd_tx *tx, const struct rd_outbox_row *row,
		bool *ret_elsewhere, struct rd_err *err);
	/* Asked before a row is put on the wire: *ret_why NULL lets it go, a reason holds it
	 * (RD_SENDER_UNFIT), the attempt given back. */
	enum rd_rc (*why_not)(void *context, const struct rd_outbox_row *row, const char **ret_why,
		struct rd_err *err);
	/* row: NULL where none is concerned; never log its recipient, subject or payload. */
	void (*on_event)(void *context, enum rd_sender_event event, const struct rd_outbox_row *row,
		const char *detail);
	void (*beat)(void *context); /* about once a second while a step waits for the other side */
};

struct rd_sender_limits {
	int per_hour;
	int per_address_day;
	int64_t ask_after_ms;
	int64_t timeout_ms; /* of one transaction; 0: each route's own */
};
extern const struct rd_sender_limits rd_sender_usual_limits;

struct rd_sender;

/* Opens a store handle of its own. config, store, clock and calls are borrowed. limits NULL: usual,
 * with the configuration's `Letters per day:`.
 * Call rd_queue_start_run first: it sorts what an earlier run left sending. */
RD_MUST_USE enum rd_rc rd_sender_new(const struct rd_config *config, struct rd_store *store,
	const struct rd_clock *clock, const struct rd_sender_calls *calls,
	const struct rd_sender_limits *limits, struct rd_sender **ret_sender, struct rd_err *err);
void rd_sender_free(struct rd_sender *sender); /* NULL is fine */

/* Does one thing, or finds nothing due: *ret_next_ms is when to come again at the latest (wall
 * clock) and *ret_did whether something was done (then: come again at once). */
RD_MUST_USE enum rd_rc rd_sender_step(
	struct rd_sender *sender, bool *ret_did, int64_t *ret_next_ms, struct rd_err *err);

/* For --once: tries each due row once. *ret_must_wait: a send was put off, is uncertain and not yet
 * asked about, or must wait for hours or caps. */
RD_MUST_USE enum rd_rc rd_sender_run_once(
	struct rd_sender *sender, bool *ret_must_wait, struct rd_err *err);

/* The back-off behind attempt n (from 1) of a row. Pure. */
int64_t rd_sender_backoff_ms(int64_t row_id, int attempts);

#endif
