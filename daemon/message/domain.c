#include "redress/message/domain.h"

#include <libpsl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* Set once, before threads and seal; never freed: it lives as long as the process. */
static _Atomic(const psl_ctx_t *) newest;

static void read_newest(void)
{
	atomic_store(&newest, psl_latest(NULL));
}

void rd_domain_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, read_newest);
}

/* Small letters, without a dot at the end; false: no domain name. */
static bool take(const char *domain, size_t len, char out[static RD_DOMAIN_MAX + 1])
{
	while (len > 0 && domain[len - 1] == '.')
		len--;
	if (len == 0 || len > RD_DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		const char c = domain[i];

		if (c == '[' || c == ':' || (unsigned char)c <= ' ')
			return false;
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	out[len] = '\0';
	return true;
}

/* Below which nobody else registers; the domain itself where there is no such. */
static const char *organisation(const char *domain)
{
	const psl_ctx_t *list = atomic_load(&newest);
	const char *last = strrchr(domain, '.');
	const char *found;

	if (last != NULL && last[1 + strspn(last + 1, "0123456789")] == '\0')
		return domain; /* an address of four numbers */
	found = psl_registrable_domain(list != NULL ? list : psl_builtin(), domain);
	return found != NULL ? found : domain;
}

bool rd_domain_aligned(const char *domain, size_t len, const char *with)
{
	char one[RD_DOMAIN_MAX + 1], other[RD_DOMAIN_MAX + 1];

	if (!take(domain, len, one) || !take(with, strlen(with), other))
		return false;
	return strcmp(organisation(one), organisation(other)) == 0;
}
