/* health: how the gateway is, for `redressctl status`, /healthz and /metrics.
 *
 * Problems are what makes it unwell (status exit 1): alarms that stand, letters whose fate a person
 * must settle, and what shows in the store at the moment of asking, be the daemon alive or dead:
 * nobody at work, a mailbox unread, messages undecided, dates and tasks overdue, a secret or a
 * certificate that soon expires. Notices are worth
 * knowing and do no harm: rule files that differ from what is live, a source that was never read.
 * Sentences in plain English with what to do next; nothing of a resident.
 */
#ifndef REDRESS_GATEWAY_HEALTH_H
#define REDRESS_GATEWAY_HEALTH_H

#include "redress/base/buf.h"
#include "redress/gateway/office.h"
#include "redress/gateway/sign_ins.h"
#include "redress/store/intake.h"
#include "redress/store/status.h"

#define RD_HEALTH_LINES_MAX  200
#define RD_HEALTH_UNREAD_MS  3600000 /* a mailbox whose last success is older */
#define RD_METRICS_BYTES_MAX (256u << 10)

struct rd_health {
	struct rd_status_counts counts;
	struct rd_source_status *sources;
	size_t n_sources;
	struct rd_sign_in sign_ins[RD_OAUTH_MAX];
	size_t n_sign_ins;
	const char *problems[RD_HEALTH_LINES_MAX];
	size_t n_problems;
	const char *notices[RD_HEALTH_LINES_MAX];
	size_t n_notices;
};

/* Arena: everything. */
RD_MUST_USE enum rd_rc rd_health_look(struct rd_db *db, const struct rd_office *office,
	struct rd_arena *arena, struct rd_health *ret_health, struct rd_err *err);

/* OpenMetrics text, ended by "# EOF". */
RD_MUST_USE enum rd_rc rd_health_metrics(
	struct rd_db *db, const struct rd_office *office, struct rd_buf *out, struct rd_err *err);

#endif
