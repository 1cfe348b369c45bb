/* firetext: FireText, a UK provider.
 *
 * Webhooks are forms without a signature. The address that FireText is told carries a user and a
 * password (https://USER:PASSWORD@redress.landlord.example/sms/NAME), which come as Basic
 * authentication: `User:` and `Token:`.
 *
 * A text has no id of its own: the id is a hash of source, destination, time and words, the same
 * for the webhook and for the list.
 *
 * Sending is POST /api/sendsms/json; code 0 is taken. `reference` is our row's key, which receipts
 * carry. What was sent cannot be asked for: a row whose answer was lost is for a person.
 *
 * One text takes RD_FIRETEXT_GSM_MAX septets; a longer letter leaves as two.
 *
 * Receipts: status 0 delivered, 1 failed, 2 on its way; code says why.
 *
 * Codes 2 (destination) and 5 (message) are refused for good; any other that is not 0 (key, sender,
 * credit) is our account's trouble, tried again until a person mends it.
 *
 * Source: firetext.co.uk/docs. Unverified, no published sample was found: the member names of
 * receivedmessages/json beyond data, receivedFrom and message (sentTo and receivedOn are taken, and
 * destination and time as well).
 */
#ifndef REDRESS_WIRE_PROVIDERS_FIRETEXT_H
#define REDRESS_WIRE_PROVIDERS_FIRETEXT_H

#include "redress/wire/providers/provider.h"

#define RD_FIRETEXT_GSM_MAX  612 /* four parts of 153 */
#define RD_FIRETEXT_UCS2_MAX 264 /* four parts of 66 */

/* Static. */
extern const struct rd_provider rd_firetext;

/* The id of a text that has none. from and to: as we keep numbers; time: as the provider gave it,
 * by webhook or list, for it is the instant that counts where it can be read. Arena; NULL when it
 * is full. */
const char *rd_firetext_id(struct rd_arena *arena, const char *from, const char *to,
	const char *time, const char *words);

#endif
