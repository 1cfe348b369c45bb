#include "redress/intake/webhook_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "redress/wire/providers/encode.h"

#define MINUTE_MS 60000

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static struct rd_peer from_v4(const struct in_addr *address)
{
	struct rd_peer peer;
	memcpy(peer.bytes, v4_prefix, sizeof v4_prefix);
	memcpy(peer.bytes + 12, &address->s_addr, 4);
	return peer;
}

static bool is_v4(const struct rd_peer *peer)
{
	return memcmp(peer->bytes, v4_prefix, sizeof v4_prefix) == 0;
}

bool rd_peer_parse(const char *text, size_t len, struct rd_peer *ret_peer)
{
	char bare[INET6_ADDRSTRLEN];
	struct in_addr v4;
	struct in6_addr v6;
	while (len > 0 && (*text == ' ' || *text == '\t')) {
		text++;
		len--;
	}
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (len > 0 && *text == '[') {
		const char *end = memchr(text, ']', len);
		if (!end)
			return false;
		text++;
		len = (size_t)(end - text);
	} else {
		const char *colon = memchr(text, ':', len);
		if (colon && !memchr(colon + 1, ':', len - (size_t)(colon + 1 - text)))
			len = (size_t)(colon - text); /* one colon: a port behind an IPv4 address */
	}
	if (len == 0 || len >= sizeof bare)
		return false;
	memcpy(bare, text, len);
	bare[len] = '\0';
	if (inet_pton(AF_INET, bare, &v4) == 1) {
		*ret_peer = from_v4(&v4);
		return true;
	}
	if (inet_pton(AF_INET6, bare, &v6) != 1)
		return false;
	memcpy(ret_peer->bytes, v6.s6_addr, 16);
	return true;
}

bool rd_peer_of(const struct sockaddr *address, struct rd_peer *ret_peer)
{
	if (address && address->sa_family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, address, sizeof v4);
		*ret_peer = from_v4(&v4.sin_addr);
		return true;
	}
	if (address && address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;
		memcpy(&v6, address, sizeof v6);
		memcpy(ret_peer->bytes, v6.sin6_addr.s6_addr, 16);
		return true;
	}
	return false;
}

bool rd_peer_same(const struct rd_peer *a, const struct rd_peer *b)
{
	return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool rd_peer_is_loopback(const struct rd_peer *peer)
{
	static const struct rd_peer one = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } };
	return rd_peer_same(peer, &one) || (is_v4(peer) && peer->bytes[12] == 127);
}

struct rd_peer rd_peer_counted(const struct rd_peer *peer)
{
	struct rd_peer counted = *peer;
	if (!is_v4(peer))
		memset(counted.bytes + 8, 0, 8);
	return counted;
}

bool rd_peer_trusted(const struct rd_peer_proxies *proxies, const struct rd_peer *peer)
{
	for (size_t i = 0; i < proxies->n; i++)
		if (rd_peer_same(&proxies->items[i], peer))
			return true;
	return false;
}

struct rd_peer rd_peer_client(const struct rd_peer_proxies *proxies, const struct rd_peer *peer,
	const char *forwarded_for)
{
	struct rd_peer client = *peer;
	size_t end = strlen(forwarded_for);
	if (!rd_peer_trusted(proxies, peer))
		return client; /* anybody can write the header */
	while (end > 0) {
		size_t from = end;
		while (from > 0 && forwarded_for[from - 1] != ',')
			from--;
		struct rd_peer next;
		if (!rd_peer_parse(forwarded_for + from, end - from, &next))
			return client;
		client = next;
		if (!rd_peer_trusted(proxies, &client))
			return client;
		end = from > 0 ? from - 1 : 0;
	}
	return client;
}

static bool count(struct rd_peer_failed *failed, const struct rd_peer *who, int64_t now_ms,
	int limit_per_minute)
{
	uint32_t hash = 2166136261u; /* FNV-1a: spreads, and need not be secret: sets are small */
	for (size_t i = 0; i < sizeof who->bytes; i++)
		hash = (hash ^ who->bytes[i]) * 16777619u;
	size_t set = hash % RD_PEER_FAILED_SETS;
	size_t oldest = 0;
	for (size_t i = 0; i < 8; i++) {
		if (failed->sets[set][i].since_ms &&
			rd_peer_same(&failed->sets[set][i].peer, who)) {
			if (now_ms - failed->sets[set][i].since_ms >= MINUTE_MS) {
				failed->sets[set][i].since_ms = now_ms;
				failed->sets[set][i].n = 0;
			}
			if (failed->sets[set][i].n <= limit_per_minute)
				failed->sets[set][i].n++;
			return failed->sets[set][i].n > limit_per_minute;
		}
		if (failed->sets[set][i].since_ms < failed->sets[set][oldest].since_ms)
			oldest = i;
	}
	failed->sets[set][oldest].peer = *who;
	failed->sets[set][oldest].since_ms = now_ms;
	failed->sets[set][oldest].n = 1;
	return limit_per_minute < 1;
}

bool rd_peer_fails(struct rd_peer_failed *failed, const struct rd_peer *peer, int64_t now_ms,
	int limit_per_minute)
{
	struct rd_peer counted = rd_peer_counted(peer);
	return count(failed, &counted, now_ms, limit_per_minute);
}

bool rd_peer_sends(
	struct rd_peer_failed *senders, const char *number, int64_t now_ms, int limit_per_minute)
{
	struct rd_peer who;
	char hex[RD_SHA256_HEX_SIZE];
	rd_sha256_hex(number, strlen(number), hex);
	memcpy(who.bytes, hex, sizeof who.bytes);
	return count(senders, &who, now_ms, limit_per_minute);
}
