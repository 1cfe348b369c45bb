/* twilio_api: the sending half of providers/twilio.h; private to that module's table.
 *
 * Answers to a send: 201 taken; 429 certainly not taken; 401, 403, 404 and those codes that speak
 * of our number or account our own configuration, tried again until a person mends it; any other
 * 4xx refused for good (21610: opted out); 5xx and whatever cannot be read uncertain.
 */
#ifndef REDRESS_WIRE_PROVIDERS_TWILIO_API_H
#define REDRESS_WIRE_PROVIDERS_TWILIO_API_H

#include "redress/wire/providers/json.h"
#include "redress/wire/providers/provider.h"

#define RD_TWILIO_OPTED_OUT	 "21610"
#define RD_TWILIO_OPTED_OUT_CODE 21610

/* "Fri, 24 May 2019 17:44:50 +0000" */
bool rd_twilio_date(const char *text, int64_t *ret_ms);
/* Where a list goes on, at our own host alone: the credentials never go to one that an answer
 * names. *ret_url NULL: it ends here. false: it goes on, and where cannot be said. */
bool rd_twilio_next(const struct rd_provider_account *account, const json_t *root,
	struct rd_arena *arena, const char **ret_url);
enum rd_rc rd_twilio_build_send(const struct rd_provider_account *account,
	const struct rd_provider_send *send, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);
void rd_twilio_read_sent(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_sent *ret_sent);
enum rd_rc rd_twilio_build_ask(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);
enum rd_rc rd_twilio_read_asked(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_asked *ret_asked, struct rd_err *err);

#endif
