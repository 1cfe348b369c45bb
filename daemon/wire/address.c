#include "redress/wire/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct block {
	uint8_t start[16];
	unsigned bits;
};

/* iana.org/assignments/iana-ipv4-special-registry, and multicast */
static const struct block blocks_4[] = {
	{ { 0 }, 8 },		  /* this network */
	{ { 10 }, 8 },		  /* private */
	{ { 100, 64 }, 10 },	  /* shared: carriers' own */
	{ { 127 }, 8 },		  /* loopback */
	{ { 169, 254 }, 16 },	  /* link-local: clouds tell their machines secrets here */
	{ { 172, 16 }, 12 },	  /* private */
	{ { 192, 0, 0 }, 24 },	  /* protocols */
	{ { 192, 0, 2 }, 24 },	  /* documentation */
	{ { 192, 88, 99 }, 24 },  /* 6to4 relays, given up */
	{ { 192, 168 }, 16 },	  /* private */
	{ { 198, 18 }, 15 },	  /* measurements */
	{ { 198, 51, 100 }, 24 }, /* documentation */
	{ { 203, 0, 113 }, 24 },  /* documentation */
	{ { 224 }, 3 },		  /* multicast, reserved, broadcast */
};

/* What is given out is 2000::/3; of that iana-ipv6-special-registry keeps back: */
static const struct block blocks_6[] = {
	{ { 0x20, 0x01, 0x00 }, 23 },	    /* protocols, Teredo: an IPv4 address inside */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
	{ { 0x20, 0x02 }, 16 },		    /* 6to4: an IPv4 address inside */
	{ { 0x3f, 0xff, 0x00 }, 20 },	    /* documentation */
};

static bool lies_in(const uint8_t *address, const struct block *block)
{
	size_t whole = block->bits / 8;
	unsigned rest = block->bits % 8;
	if (memcmp(address, block->start, whole) != 0)
		return false;
	return rest == 0 || address[whole] >> (8 - rest) == block->start[whole] >> (8 - rest);
}

static bool four_is_public(const uint8_t *bytes)
{
	for (size_t i = 0; i < sizeof blocks_4 / sizeof blocks_4[0]; i++)
		if (lies_in(bytes, &blocks_4[i]))
			return false;
	return true;
}

static bool six_is_public(const uint8_t *bytes)
{
	/* Where a network has IPv6 alone, its translator's prefix stands before an IPv4 address
	 * (RFC 6052 2.1). */
	static const struct block translated = { { 0x00, 0x64, 0xff, 0x9b }, 96 };
	if (lies_in(bytes, &translated))
		return four_is_public(bytes + 12);
	if (bytes[0] >> 5 != 1)
		return false;
	for (size_t i = 0; i < sizeof blocks_6 / sizeof blocks_6[0]; i++)
		if (lies_in(bytes, &blocks_6[i]))
			return false;
	return true;
}

bool rd_address_is_public(const struct sockaddr *address, socklen_t len)
{
	uint8_t bytes[16];
	if (address->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
		memcpy(bytes, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
		return four_is_public(bytes);
	}
	if (address->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
		memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
		return six_is_public(bytes);
	}
	return false;
}
