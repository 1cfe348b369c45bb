/* authentication: what the receiving mail server found of a mail's sender (RFC 8601,
 * Authentication-Results; Microsoft 365 leaves its own name out).
 *
 * Only the topmost header is the receiving server's; those below may be anybody's. DMARC decides
 * where it was tried; else SPF or DKIM that passes for the domain of From. What says nothing, as
 * between two mailboxes of one house, is not known.
 */
#ifndef REDRESS_MESSAGE_AUTHENTICATION_H
#define REDRESS_MESSAGE_AUTHENTICATION_H

#include "redress/message/message.h"

/* value: of the topmost header, unfolded; NULL where there is none. from: local@domain. */
enum rd_authentication rd_authentication_read(const char *value, const char *from);

#endif
