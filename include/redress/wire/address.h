/* address: is an address out in the world, or inside, where only we could reach it?
 *
 * For requests to places that somebody else named: by name or number they must never lead to our
 * own machine, to the landlord's network or to a cloud's metadata service.
 */
#ifndef REDRESS_WIRE_ADDRESS_H
#define REDRESS_WIRE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* false: loopback, private, shared, link-local, multicast or reserved (IANA's special-purpose
 * registries), IPv6 that carries an IPv4 address (but for a translator's, which is as that address
 * is), and whatever is neither IPv4 nor IPv6. */
bool rd_address_is_public(const struct sockaddr *address, socklen_t len);

#endif
