/* esendex: Esendex, a UK provider.
 *
 * Push notifications are XML and carry no signature. The address that Esendex is told ends in a
 * secret, https://redress.landlord.example/sms/NAME?token=SECRET: `Token:`. Esendex repeats until
 * it is answered 200, for 72 hours. InboundMessage is a text; MessageDelivered and MessageFailed
 * are receipts; OptOut says that a number wants no more texts.
 *
 * Sending is POST /v1.0/messagedispatcher with Basic authentication: `User:` and `API key:` (the
 * API password), `Account:` is the account reference. After a lost answer the sent messages are
 * listed, newest first, page by page back to the attempt; where the number and the beginning fit,
 * the whole words are fetched and compared. Anything to the same number since the attempt that
 * reads otherwise is unclear, for Esendex exchanges characters that it cannot send.
 *
 * Received texts are listed by /v1.0/inbox/ACCOUNT/messages with the beginning of their words; the
 * rest is fetched for those that are not known. MessageId of the push is the header's id.
 *
 * Source: developers.esendex.com; facts of its published SDKs.
 */
#ifndef REDRESS_WIRE_PROVIDERS_ESENDEX_H
#define REDRESS_WIRE_PROVIDERS_ESENDEX_H

#include "redress/wire/providers/provider.h"

/* Static. */
extern const struct rd_provider rd_esendex;

#endif
