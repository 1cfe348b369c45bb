/* vonage_api: the sending half of providers/vonage.h; private to that module's table.
 *
 * Status of each part: 0 taken; 1, 5 and 10 tried again; 6, 7 and 33 refused for good; any other is
 * our account or configuration, tried again until a person mends it. Some parts taken and others
 * not: refused, for the resident has half a text and a person must see to the rest.
 */
#ifndef REDRESS_WIRE_PROVIDERS_VONAGE_API_H
#define REDRESS_WIRE_PROVIDERS_VONAGE_API_H

#include "redress/wire/providers/provider.h"

#define RD_VONAGE_API	      "https://rest.nexmo.com"
#define RD_VONAGE_REPORTS_API "https://api.nexmo.com"

enum rd_rc rd_vonage_build_send(const struct rd_provider_account *account,
	const struct rd_provider_send *send, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);
void rd_vonage_read_sent(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_sent *ret_sent);
enum rd_rc rd_vonage_build_ask(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);
enum rd_rc rd_vonage_read_asked(const struct rd_provider_account *account,
	const struct rd_provider_send *send, const struct rd_http_response *response,
	struct rd_arena *arena, struct rd_provider_asked *ret_asked, struct rd_err *err);
/* Windows of a day at most, the latest first. */
enum rd_rc rd_vonage_build_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *next_url, struct rd_arena *arena,
	struct rd_http_request *ret_request, struct rd_err *err);
enum rd_rc rd_vonage_read_list(const struct rd_provider_account *account,
	const struct rd_provider_window *window, const char *url,
	const struct rd_http_response *response, struct rd_arena *arena,
	struct rd_provider_listed *ret_listed, struct rd_err *err);

#endif
