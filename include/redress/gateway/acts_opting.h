/* acts_opting: a person says whether automatic letters or texts may go to an address or a number:
 * asked for on the telephone, or a letter that was called spam by mistake. Recorded in their name;
 * the audit holds a keyed hash of the contact, never the contact.
 */
#ifndef REDRESS_GATEWAY_ACTS_OPTING_H
#define REDRESS_GATEWAY_ACTS_OPTING_H

#include "redress/gateway/office.h"

/* contact: as the store keeps it. RD_E_EXISTS: it is so already, and nothing was recorded. */
RD_MUST_USE enum rd_rc rd_act_opt(struct rd_db *db, const struct rd_office *office,
	const char *contact, bool out, struct rd_err *err);

#endif
