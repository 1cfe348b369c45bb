/* tray: the embedded default: texts come in as Twilio's form and go out as files.
 *
 * In: POST /sms/NAME with Twilio's form fields, signed with `Token:` as Twilio signs. Account is
 * checked only where the stanza gives one.
 * Out: one file a text under `Path:`, KEY.txt (an @ becomes _), put there whole or not at all
 * (wire/spool.h): To: +447700900123 From: +447700900000 (blank line) the words A name that is there
 * already means that this text has gone: the same key never goes twice.
 */
#ifndef REDRESS_WIRE_PROVIDERS_TRAY_H
#define REDRESS_WIRE_PROVIDERS_TRAY_H

#include "redress/wire/providers/provider.h"

/* Static. */
extern const struct rd_provider rd_tray;

/* ret_was_there  the file stood there already; nothing was written */
RD_MUST_USE enum rd_rc rd_tray_put(const struct rd_provider_account *account,
	const struct rd_provider_send *send, bool *ret_was_there, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_tray_has(const struct rd_provider_account *account, const char *key,
	bool *ret_has, struct rd_err *err);

#endif
