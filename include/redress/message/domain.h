/* domain: which domains belong to one organisation, by the Public Suffix List (libpsl).
 *
 * mail.example.co.uk and example.co.uk do, example.co.uk and other.co.uk do not: co.uk is a suffix
 * below which anybody registers. The list is the newest of libpsl's own and the system's
 * (publicsuffix), read by rd_domain_init; without that it is libpsl's own.
 */
#ifndef REDRESS_MESSAGE_DOMAIN_H
#define REDRESS_MESSAGE_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>

#define RD_DOMAIN_MAX 255 /* RFC 1035 2.3.4 */

/* Reads the list, once a process, before it is sealed; again does nothing. */
void rd_domain_init(void);
/* Relaxed alignment (RFC 7489 3.1): the same organisational domain, in any case of letters. len: of
 * domain, which need not end there. */
bool rd_domain_aligned(const char *domain, size_t len, const char *with);

#endif
