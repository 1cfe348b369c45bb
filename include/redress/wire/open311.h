/* open311: requests and answers of an Open311 server (GeoReport v2, JSON). Pure.
 *
 * What is told of a case: the service's code, the topics in the rules' own words, our reference,
 * and a fixed text for the place. The resident's new words are added where the configuration says
 * so, whatever they say; what we know of name, address and number never is.
 *
 * Source: GeoReport v2, open311.org.
 */
#ifndef REDRESS_WIRE_OPEN311_H
#define REDRESS_WIRE_OPEN311_H

#include "redress/base/arena.h"
#include "redress/wire/config.h"
#include "redress/wire/http.h"

#define RD_OPEN311_DESCRIPTION_MAX 4000 /* characters that a server must take; we count bytes */

/* The code of the first topic that has one, else the default. */
const char *rd_open311_code(
	const struct rd_open311_config *config, const char *const *topics, size_t n_topics);
/* words: "" none. Arena. */
const char *rd_open311_description(const char *const *topics, size_t n_topics,
	const char *reference, const char *words, struct rd_arena *arena);

/* The requests; the body of a POST holds the key: wipe it after use. RD_E_RANGE: the arena is full.
 */
RD_MUST_USE enum rd_rc rd_open311_build_post(const struct rd_open311_config *config,
	const char *api_key, const char *code, const char *description, const char *reference,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_open311_build_token(const struct rd_open311_config *config,
	const char *token, struct rd_arena *arena, struct rd_http_request *ret_request,
	struct rd_err *err);
/* Those of that service since from_ms. */
RD_MUST_USE enum rd_rc rd_open311_build_list(const struct rd_open311_config *config,
	const char *code, int64_t from_ms, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_open311_build_status(const struct rd_open311_config *config,
	const char *request_id, struct rd_arena *arena, struct rd_http_request *ret_request,
	struct rd_err *err);

/* What the server offers (open311_services.h reads the answers): its services, what one of them
 * asks for beside the description, and where else its endpoints are. */
RD_MUST_USE enum rd_rc rd_open311_build_services(const struct rd_open311_config *config,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err);
RD_MUST_USE enum rd_rc rd_open311_build_definition(const struct rd_open311_config *config,
	const char *code, struct rd_arena *arena, struct rd_http_request *ret_request,
	struct rd_err *err);
RD_MUST_USE enum rd_rc rd_open311_build_discovery(const struct rd_open311_config *config,
	struct rd_arena *arena, struct rd_http_request *ret_request, struct rd_err *err);
/* A POST with the key and no service: a server that looks at what it gets makes no request of it,
 * and says that a key is wrong. form: an empty RD_BUF_SECRET, of RD_OPEN311_KEY_FORM_MAX; it is the
 * body. */
#define RD_OPEN311_KEY_FORM_MAX 32768
RD_MUST_USE enum rd_rc rd_open311_build_key_trial(const struct rd_open311_config *config,
	const char *api_key, struct rd_buf *form, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);

enum rd_open311_posted {
	RD_POSTED_TAKEN = 0, /* id */
	RD_POSTED_TOKEN,     /* token: its id comes later */
	RD_POSTED_REFUSED,   /* for good: this request */
	RD_POSTED_OURS,	     /* key, jurisdiction or address are wrong: the configuration's */
	RD_POSTED_AGAIN,     /* not taken; later perhaps */
	RD_POSTED_UNCERTAIN, /* it may have been taken */
};
struct rd_open311_answer {
	enum rd_open311_posted outcome;
	const char *text; /* arena: the id or the token */
};
struct rd_open311_answer rd_open311_read_posted(
	const struct rd_http_response *response, struct rd_arena *arena);
/* The id of a token; NULL: not yet. */
const char *rd_open311_read_token(
	const struct rd_http_response *response, const char *token, struct rd_arena *arena);

enum rd_open311_listed { RD_LISTED_FOUND = 0, RD_LISTED_ABSENT, RD_LISTED_UNCLEAR };
/* Is there a request that names our reference? */
enum rd_open311_listed rd_open311_read_list(const struct rd_http_response *response,
	const char *reference, struct rd_arena *arena, const char **ret_id);

enum rd_open311_status { RD_REQUEST_OPEN = 0, RD_REQUEST_CLOSED, RD_REQUEST_UNCLEAR };
enum rd_open311_status rd_open311_read_status(const struct rd_http_response *response);

#endif
