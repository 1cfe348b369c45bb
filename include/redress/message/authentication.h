/* authentication: what the receiving mail server found of a mail's sender (RFC 8601,
 * Authentication-Results).
 *
 * Anybody can write such a header: only that of a server whose word is taken counts (origin.h), the
 * topmost of its own and those right below it that bear its name; where it bears none, the topmost
 * alone. DMARC decides where it was tried; else SPF or DKIM that passes for the domain of From
 * (domain.h). An explicit failure alone is one: no result, "none", a soft one and a temporary error
 * say nothing.
 */
#ifndef REDRESS_MESSAGE_AUTHENTICATION_H
#define REDRESS_MESSAGE_AUTHENTICATION_H

#include <stdbool.h>
#include "redress/message/message.h"
#include "redress/message/origin.h"

/* value: of one header, unfolded; NULL where there is none. from: local@domain. */
enum rd_authentication rd_authentication_read(const char *value, const char *from);

/* The headers of a mail, the topmost first. origin NULL: nothing is said. */
enum rd_authentication rd_authentication_of(const struct rd_result_header *headers, size_t n,
	const struct rd_origin *origin, const char *from);

#endif
