/* api: what the landlord's own systems may ask at the listener: cases and events, to read alone.
 *
 *   GET /api/cases            a page of cases, by number
 *   GET /api/cases/REF        one
 *   GET /api/events           what happened since a number
 *   GET /api/openapi.json     the description of all this (share/openapi.json, held to this code by
 * a test)
 *
 * Each request carries `Authorization: Bearer TOKEN`; the token's stanza says which cases are seen
 * and how much of them (store/case_json.h). A case of another landlord is not there (404). All
 * tokens are compared, each in time that depends on its length alone; failures are counted by
 * address: 401, then 429. What a right token asks is counted too, in memory: beyond its stanza's
 * `Requests a minute:` the answer is 429 until the minute is over. Answers carry an ETag: 304 where
 * it is the asker's.
 *
 * Private to the listener: pure but for the store that it reads, and used by its thread alone.
 */
#ifndef REDRESS_INTAKE_API_H
#define REDRESS_INTAKE_API_H

#include "redress/base/clock.h"
#include "redress/intake/webhook_peer.h"
#include "redress/store/db.h"
#include "redress/wire/config.h"

#define RD_API_PREFIX	  "/api/"
#define RD_API_PAGE_USUAL 50
#define RD_API_PAGE_MAX	  200
#define RD_API_TOKEN_MIN  24 /* characters: one that cannot be guessed */
#define RD_API_ETAG_MAX	  40

/* The paths and the parameters that each takes, for the test that holds the description to them. */
struct rd_api_route {
	const char *path;	       /* "/api/cases/{ref}" */
	const char *const *parameters; /* NULL-ended */
};
extern const struct rd_api_route rd_api_routes[]; /* ended by a NULL path */

struct rd_api;

/* Reads the tokens. config is borrowed. */
RD_MUST_USE enum rd_rc rd_api_new(
	const struct rd_config *config, struct rd_api **ret_api, struct rd_err *err);
void rd_api_free(struct rd_api *api); /* wipes them; NULL is fine */

/* Borrowed for the call; strings never NULL. */
struct rd_api_request {
	const char *method, *path;
	const char *query; /* behind the question mark, as it came */
	const char *authorization, *if_none_match;
	struct rd_peer client;
	int64_t now_ms; /* monotonic */
	int failed_per_minute;
};

/* text and value are the api's until the next call. */
struct rd_api_answer {
	unsigned status;
	const char *type, *text;
	size_t len;
	const char *header, *value; /* one more, or NULL */
	const char *token;	    /* the name of the token that asked; "" none was right */
};
void rd_api_ask(struct rd_api *api, struct rd_db *db, const struct rd_api_request *request,
	struct rd_api_answer *ret_answer);

#endif
