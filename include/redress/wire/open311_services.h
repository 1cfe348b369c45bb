/* open311_services: what an Open311 server says that it offers (GeoReport v2, JSON). Pure.
 *
 * Each function gives what the answer holds, in the arena; false where it is none of that sort. A
 * code with a control character in it, or longer than RD_OPEN311_CODE_MAX, is left out.
 *
 * Source: GeoReport v2, open311.org.
 */
#ifndef REDRESS_WIRE_OPEN311_SERVICES_H
#define REDRESS_WIRE_OPEN311_SERVICES_H

#include "redress/base/arena.h"
#include "redress/wire/http.h"

#define RD_OPEN311_CODE_MAX	  200
#define RD_OPEN311_OFFERS_MAX	  500 /* services of one server that are looked at */
#define RD_OPEN311_ATTRIBUTES_MAX 100 /* of one service */

struct rd_open311_offer {
	const char *code;
	bool asks_more;	  /* it has attributes: ask for its definition */
	bool never_tells; /* "blackbox": its requests' status is never told */
};
bool rd_open311_read_services(const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_open311_offer **ret_offers, size_t *ret_n);

struct rd_open311_attribute {
	const char *code;
	bool required;
	bool holds_text; /* any words; not a number, a date, one of a list */
};
bool rd_open311_read_definition(const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_open311_attribute **ret_attributes, size_t *ret_n);

/* The first endpoint for requests that are meant; "" where it names none. */
const char *rd_open311_read_discovery(
	const struct rd_http_response *response, struct rd_arena *arena);

enum rd_open311_key { RD_KEY_TAKEN = 0, RD_KEY_REFUSED, RD_KEY_UNCLEAR };
/* Of the answer to a key's trial. RD_KEY_TAKEN: something else was wrong with it, as was meant. */
enum rd_open311_key rd_open311_read_key_trial(const struct rd_http_response *response);

#endif
