/* timekeeper: what happens because time passes.
 *
 *   - a review that nobody decided by 09:00 on the last working day before its due date becomes a
 *     complaint by default, or alarms; of a message that joined a case, the linked complaint
 *     (promise 8);
 *   - a letter that binds a day on which it was not attempted is written anew (promise 6);
 *   - a text unsent at 16:00 on its due date waits no longer and is a person's task too (promise
 * 5);
 *   - an answered case ends when the policy's days after the answer are over (closing.h);
 *   - the landlord's people are warned of dates that come near, end or have passed, and get their
 *     digests (warnings.h);
 *   - a duty due today or past is alarmed, so that nothing is overdue without warning;
 *   - an extension whose letter did not leave before the date that it makes longer is alarmed;
 *   - messages that wait too long, a source not heard of, a clock set back and a calendar about to
 *     end are alarmed;
 *   - what was kept as long as the configuration says is erased (`Keep:`, erasing.h), once a day;
 *   - the write-ahead log is folded in at quiet moments.
 *
 * Everything it does is derived from the store and the time, so a round may be repeated, and a
 * round missed is made up for by the next. Each case is a transaction of its own.
 */
#ifndef REDRESS_GATEWAY_TIMEKEEPER_H
#define REDRESS_GATEWAY_TIMEKEEPER_H

#include "redress/gateway/office.h"

#define RD_TIMEKEEPER_ROUND_MS 60000
#define RD_TIMEKEEPER_DEFAULTS_MAX                                                                 \
	200 /* a round; the next goes on, and none outlasts the watchdog */
#define RD_WAITING_TOO_LONG_MS 600000		 /* a message without a fate */
#define RD_ALARM_SILENT	       "mailbox-silent:" /* a cause begins with it */
#define RD_EVENT_ALARM_MS      86400000		 /* the alarm of something that happened once */
#define RD_SOURCE_SILENT_MS    1800000		 /* a source whose last success is older */

struct rd_timekeeper_round {
	size_t n_letters; /* rows put in the outbox or let go: wake the sender */
	size_t n_defaults;
	bool more; /* stale letters or old cases are left: another round at once */
};

RD_MUST_USE enum rd_rc rd_timekeeper_round(struct rd_db *db, const struct rd_office *office,
	struct rd_timekeeper_round *ret_round, struct rd_err *err);

#endif
