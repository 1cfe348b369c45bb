/* log: one sentence a line, with fields, to the journal.
 *
 * Used by gateway/, redressd and redressctl alone. A line never carries a resident's words, address
 * or number, nor a secret: only references, row numbers, names of mailboxes and rules, and sizes.
 * Writes `<N>sentence FIELD=value ...` to standard error (systemd reads the level), or through
 * sd-journal with true fields where JOURNAL_STREAM says that standard error is the journal.
 * Lines are cut at 2,000 bytes; control characters become spaces. Safe in any thread.
 */
#ifndef REDRESS_BASE_LOG_H
#define REDRESS_BASE_LOG_H

#include "redress/base/err.h"

enum rd_log_level {
	RD_LOG_ALERT = 1, /* alarms: residents would notice */
	RD_LOG_ERROR = 3,
	RD_LOG_WARNING = 4,
	RD_LOG_NOTICE = 5,
	RD_LOG_INFO = 6,
	RD_LOG_DEBUG = 7,
};

void rd_log_set_level(enum rd_log_level most_detailed); /* before threads start; INFO by default */

/* fields: name and value pairs as strings, ended by NULL; names in capitals ("CASE",
 * "MESSAGE_ROW"). */
void rd_log(enum rd_log_level level, const char *sentence, ...) __attribute__((sentinel));
RD_PRINTF(2, 3)
void rd_logf(enum rd_log_level level, const char *format, ...);

#endif
