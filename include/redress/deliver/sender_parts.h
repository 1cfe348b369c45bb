/* sender_parts: what sender.c shares with its halves. Private to deliver/. */
#ifndef REDRESS_DELIVER_SENDER_PARTS_H
#define REDRESS_DELIVER_SENDER_PARTS_H

#include "redress/deliver/result.h"
#include "redress/deliver/sender.h"
#include "redress/deliver/smtp.h"
#include "redress/deliver/text.h"

#define RD_SENDER_ROUTES_MAX (RD_TEXTS_MAX + 1)

struct rd_sender_route {
	const char *name;
	const struct rd_outgoing_config *outgoing; /* one of these two */
	const struct rd_texts_config *texts;
	struct rd_smtp *smtp;	     /* outgoing of kind smtp */
	struct rd_text_sender *text; /* texts */
	int64_t rests_until_ms;
	int64_t rest_ms; /* the last one; 0: its own side was well */
};

struct rd_sender {
	const struct rd_config *config;
	const struct rd_clock *clock;
	const struct rd_sender_calls *calls;
	struct rd_sender_limits limits;
	struct rd_db *db;
	struct rd_arena *arena;
	struct rd_sender_route routes[RD_SENDER_ROUTES_MAX];
	size_t n_routes;
	size_t turn; /* the route to look at first */

	/* A letter has gone and the store could not take that down yet: nothing else is sent. */
	bool unrecorded;
	struct rd_outbox_row row;
	struct rd_deliver_result result;
	int64_t sent_ms;

	int64_t chores_ms; /* next look at stale and uncertain rows */
	bool clock_back;   /* said already */
	bool waits;	   /* said already */
	int n_put_off;	   /* in this run of --once */
};

struct rd_sender_route *rd_sender_route_of(struct rd_sender *sender, const char *name);
void rd_sender_tell(const struct rd_sender *sender, enum rd_sender_event event,
	const struct rd_outbox_row *row, const char *detail);

/* sender_record.c: each in a transaction of its own. */
RD_MUST_USE enum rd_rc rd_sender_record(struct rd_sender *sender, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_sender_record_sent(struct rd_sender *sender,
	const struct rd_outbox_row *row, const struct rd_deliver_result *result, int64_t sent_ms,
	struct rd_err *err);
/* Uncertain for good: a person settles it. */
RD_MUST_USE enum rd_rc rd_sender_leave_to_person(struct rd_sender *sender,
	const struct rd_outbox_row *row, const char *why, struct rd_err *err);
/* A claimed row that must not go: held, or failed, with a task. */
RD_MUST_USE enum rd_rc rd_sender_withhold(struct rd_sender *sender, const struct rd_outbox_row *row,
	bool hold, const char *why, const char *task, struct rd_err *err);
/* A claimed row that may not go yet: held for that reason, its attempt given back, nobody's task.
 */
RD_MUST_USE enum rd_rc rd_sender_put_back(struct rd_sender *sender, const struct rd_outbox_row *row,
	const char *why, struct rd_err *err);

/* sender_ask.c */
RD_MUST_USE enum rd_rc rd_sender_ask_uncertain(
	struct rd_sender *sender, int64_t now_ms, bool *ret_left, struct rd_err *err);

#endif
