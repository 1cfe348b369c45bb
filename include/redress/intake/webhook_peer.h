/* webhook_peer: who is asking: addresses, proxies, and what is counted of each. Private to webhook.
 *
 * An address is 16 bytes; IPv4 as ::ffff:a.b.c.d. What is counted of an IPv6 address is counted of
 * its /64: one subscriber has them all.
 */
#ifndef REDRESS_INTAKE_WEBHOOK_PEER_H
#define REDRESS_INTAKE_WEBHOOK_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define RD_PEER_PROXIES_MAX 16
#define RD_PEER_FAILED_SETS 512 /* of 8 addresses each; beyond, the oldest is forgotten */

struct rd_peer {
	uint8_t bytes[16];
};

/* With or without brackets and port; false where it is no address. */
bool rd_peer_parse(const char *text, size_t len, struct rd_peer *ret_peer);
bool rd_peer_of(const struct sockaddr *address, struct rd_peer *ret_peer);
bool rd_peer_same(const struct rd_peer *a, const struct rd_peer *b);
bool rd_peer_is_loopback(const struct rd_peer *peer);
struct rd_peer rd_peer_counted(const struct rd_peer *peer);

struct rd_peer_proxies {
	struct rd_peer items[RD_PEER_PROXIES_MAX];
	size_t n;
};
bool rd_peer_trusted(const struct rd_peer_proxies *proxies, const struct rd_peer *peer);
/* forwarded_for: all X-Forwarded-For values, joined by commas in their order; "" for none. */
struct rd_peer rd_peer_client(const struct rd_peer_proxies *proxies, const struct rd_peer *peer,
	const char *forwarded_for);

struct rd_peer_failed {
	struct {
		struct rd_peer peer;
		int64_t since_ms; /* monotonic; 0: free */
		int n;
	} sets[RD_PEER_FAILED_SETS][8];
};
/* Counts one more failed check; true when it is over the limit of this minute. */
bool rd_peer_fails(struct rd_peer_failed *failed, const struct rd_peer *peer, int64_t now_ms,
	int limit_per_minute);
/* The same of a number that texts come from. */
bool rd_peer_sends(
	struct rd_peer_failed *senders, const char *number, int64_t now_ms, int limit_per_minute);

#endif
