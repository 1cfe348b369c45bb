/* listening: what the gateway makes of what happens at its HTTP listener: log lines, figures,
 * alarms and one task, however many requests come.
 *
 *   texts-flood:NAME     more texts of one number, or requests in all, than are taken; a person has
 *                        one task, to look at what floods
 *   texts-unsigned:NAME  many requests failed their check within a minute: a wrong secret, or
 *                        somebody who tries
 *
 * Both go an hour after the last such request, with the next one of any kind. Used by the
 * listener's thread alone; what it writes, it writes once a minute at most.
 */
#ifndef REDRESS_GATEWAY_LISTENING_H
#define REDRESS_GATEWAY_LISTENING_H

#include "redress/base/buf.h"
#include "redress/gateway/desk.h"
#include "redress/intake/webhook.h"

#define RD_ALARM_TEXTS_FLOOD	"texts-flood"
#define RD_ALARM_TEXTS_UNSIGNED "texts-unsigned"
#define RD_UNSIGNED_A_MINUTE	20 /* as many failed checks are an alarm */

struct rd_listening {
	struct rd_desk *desk; /* borrowed; of the listener's thread */
	int64_t counts[RD_N_WEBHOOK_EVENTS];
	int64_t logged_ms; /* monotonic, and so below; 0: never */
	struct rd_listening_line {
		int64_t minute_ms; /* start of the running minute, and its failed checks */
		int unsigned_requests;
		int64_t flood_ms, unsigned_ms; /* last of such a request */
		int64_t flood_told_ms, unsigned_told_ms;
	} lines[RD_TEXTS_MAX];
};

/* What an earlier run raised stands for an hour from now. desk is borrowed. */
void rd_listening_begin(struct rd_listening *listening, struct rd_desk *desk);
/* As rd_webhook_calls.on_event has it. */
void rd_listening_event(struct rd_listening *listening, enum rd_webhook_event event,
	const char *texts, const char *detail);
/* Its figures, as OpenMetrics. */
RD_MUST_USE enum rd_rc rd_listening_metrics(
	const struct rd_listening *listening, struct rd_buf *out, struct rd_err *err);

#endif
