/* sign_ins: how long the secrets and certificates of the `OAuth:` stanzas still work.
 *
 * The day is the certificate's own, or what `Secret expires:` says. From thirty days before it
 * `status` shows a problem; at thirty, fourteen and seven days, and when the day has come, an alarm
 * is raised, once each. With a new secret or certificate they are gone.
 */
#ifndef REDRESS_GATEWAY_SIGN_INS_H
#define REDRESS_GATEWAY_SIGN_INS_H

#include "redress/base/date.h"
#include "redress/gateway/desk.h"

#define RD_SIGN_IN_WORDS     400
#define RD_SIGN_IN_WARN_DAYS 30
#define RD_ALARM_SIGN_IN     "sign-in-expires:" /* a cause begins with it */

struct rd_sign_in {
	const struct rd_oauth_config *oauth;
	struct rd_date expires; /* not set: nobody says */
	int days_left;		/* below 0: it has expired */
};

/* Reads the certificate where there is one. */
RD_MUST_USE enum rd_rc rd_sign_in_look(const struct rd_oauth_config *oauth, int64_t now_ms,
	struct rd_sign_in *ret_sign_in, struct rd_err *err);

/* Writes what to say of it; false, and nothing written, where there is time enough. */
bool rd_sign_in_warns(const struct rd_sign_in *sign_in, char words[static RD_SIGN_IN_WORDS]);

/* Raises and clears the alarms; in the caller's thread and handle, a few times a day. */
void rd_sign_ins_watch(struct rd_desk *desk);

#endif
